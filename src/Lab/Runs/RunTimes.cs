using System.Globalization;
using System.Text;

namespace Heartwood.Lab.Runs;

/// <summary>
/// How long a run has taken: every process keeps from when to when it was at it in a file of its own, <c>times/…</c>; time that
/// several shared counts once.
/// </summary>
sealed class RunTimes
{
    /// <summary>The folder of these files in a run's folder.</summary>
    public const string Name = "times";

    readonly string folder, own;
    readonly TimeProvider clock;
    readonly long opened;
    readonly DateTimeOffset from;

    /// <summary>Begins to measure.</summary>
    /// <param name="run">the run's folder</param>
    /// <param name="clock">the time</param>
    public RunTimes(string run, TimeProvider clock)
    {
        (folder, this.clock, opened, from) = (Path.Combine(run, Name), clock, clock.GetTimestamp(), clock.GetUtcNow());
        own = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{from.UtcTicks}-{Environment.ProcessId}"));
    }

    DateTimeOffset Now => from + clock.GetElapsedTime(opened);

    /// <summary>Seconds in which at least one process was at the run, this one's until now.</summary>
    public double Seconds
    {
        get
        {
            List<(long From, long Until)> spans = [(from.UtcTicks, Now.UtcTicks)];
            string[] others = Directory.Exists(folder) ? [.. Directory.GetFiles(folder).Where(f => f != own)] : [];
            spans.AddRange(others.Select(Read).OfType<(long, long)>());
            long total = 0, covered = long.MinValue;
            foreach (var (start, end) in spans.OrderBy(s => s.From))
            {
                total += Math.Max(0, end - Math.Max(start, covered));
                covered = Math.Max(covered, end);
            }
            return total / (double)TimeSpan.TicksPerSecond;
        }
    }

    /// <summary>Keeps this process's time until now.</summary>
    public void Keep()
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{from.UtcTicks} {Now.UtcTicks}");
        Atomic.WriteFile(own, stream => stream.Write(Encoding.UTF8.GetBytes(line)));
    }

    static (long From, long Until)? Read(string file)
    {
        if (file.EndsWith(Atomic.Unfinished, StringComparison.Ordinal)) return null;
        string[] words = File.ReadAllText(file).Split(' ');
        return words.Length == 2 && long.TryParse(words[0], CultureInfo.InvariantCulture, out long from)
            && long.TryParse(words[1], CultureInfo.InvariantCulture, out long until) ? (from, until) : null;
    }
}
