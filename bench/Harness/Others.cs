namespace Heartwood.Bench.Harness;

/// <summary>
/// How much of the processors other programs (or other guests of the machine) take while we measure: a share above
/// <see cref="Bearable"/> makes a measurement doubtful, threads that wait for one another most of all.
/// </summary>
/// <param name="peers">processes that are measured, whose time is not others'</param>
sealed class Others(IReadOnlyCollection<PeerProcess> peers)
{
    /// <summary>What a machine does for itself.</summary>
    public const double Bearable = 0.03;

    const double TicksPerSecond = 100;                           // of /proc/stat, on every Linux that .NET runs on
    readonly (double Busy, double Ours)? before = Now(peers);
    readonly long begin = TimeProvider.System.GetTimestamp();

    /// <summary>The share of all processors that others took since the start; null where the system does not tell.</summary>
    public double? Share()
    {
        double available = TimeProvider.System.GetElapsedTime(begin).TotalSeconds * Environment.ProcessorCount;
        if (before is not { } then || Now(peers) is not { } now) return null;
        return Math.Max(0, now.Busy - then.Busy - (now.Ours - then.Ours)) / available;
    }

    static (double Busy, double Ours)? Now(IReadOnlyCollection<PeerProcess> peers)
    {
        if (!File.Exists("/proc/stat")) return null;
        // cpu user nice system idle iowait irq softirq steal …
        string[] words = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        double[] ticks = [.. words.Skip(1).Take(8).Select(double.Parse)];
        double idle = ticks[3] + ticks[4];
        return ((ticks.Sum() - idle) / TicksPerSecond, Environment.CpuUsage.TotalTime.TotalSeconds + peers.Sum(p => p.Seconds));
    }
}
