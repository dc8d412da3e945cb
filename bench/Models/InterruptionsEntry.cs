using System.Diagnostics;
using Heartwood.Bench.Harness;

namespace Heartwood.Bench.Models;

/// <summary>How steady the machine is: a thread that only reads the clock, and the gaps in what it reads.</summary>
static class InterruptionsEntry
{
    const double Seconds = 2, Gap = 5e-6;

    /// <summary>The share of the time that something else has the processor.</summary>
    public static Entry Interruptions { get; } = new("interruptions", "how much of the time something else has the processor: a thread that only reads the clock",
        () => [Case.Figured(FormattableString.Invariant($"gaps of {Gap * 1e6:0} µs or more, in {Seconds:0} seconds"), _ => Measure()) with { Threads = [1] }]);

    static Figure Measure()
    {
        List<double> gaps = [];
        long begin = Stopwatch.GetTimestamp(), before = begin, now = begin;
        for (; Stopwatch.GetElapsedTime(begin, now).TotalSeconds < Seconds; before = now)
        {
            now = Stopwatch.GetTimestamp();
            double gap = Stopwatch.GetElapsedTime(before, now).TotalSeconds;
            if (gap >= Gap) gaps.Add(gap);
        }
        string note = gaps.Count == 0 ? "none" : FormattableString.Invariant($"{gaps.Count / Seconds:0} a second; the middle one {Measuring.Median(gaps) * 1e6:0} µs, the longest {gaps.Max() * 1e6:0} µs");
        return new(100 * gaps.Sum() / Seconds, "% of the time", note);
    }
}
