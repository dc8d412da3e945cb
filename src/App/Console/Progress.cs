using Report = Heartwood.Lab.Runs.Progress;

namespace Heartwood.App.Console;

/// <summary>
/// Shows the progress of several stages at once, reported from several threads: bars on a terminal, and plain lines,
/// a few seconds apart, everywhere else. Always on the error stream, so that results can be piped. Times and rates leave out
/// the time in which the process was stopped.
/// </summary>
abstract class Progress(TimeProvider clock) : IProgress<Report>, IDisposable
{
    readonly WorkingTime worked = new(clock);
    readonly Dictionary<string, Pace> stages = [];
    readonly Lock gate = new();
    bool closed;

    /// <summary>The progress display that fits these surroundings.</summary>
    public static Progress In(Surroundings world) =>
        world.Terminal is { } terminal ? new ProgressBars(terminal, world.Clock) : new ProgressLines(world.Error, world.Clock);

    /// <summary>Takes a report; returns when it is shown or noted.</summary>
    public void Report(Report report)
    {
        lock (gate)
        {
            if (closed) return;
            bool begins = !stages.TryGetValue(report.Stage, out Pace? pace);
            if (begins) stages.Add(report.Stage, pace = new(worked));
            pace!.Take(report);
            if (begins) Began(report.Stage, pace);
            Moved(report.Stage, pace);
            if (pace.Ended && stages.Remove(report.Stage)) Ended(report.Stage, pace);
        }
    }

    /// <summary>Takes the display down; what is reported later is not shown.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (closed) return;
            closed = true;
            worked.Dispose();
            Closed();
        }
    }

    protected abstract void Began(string stage, Pace pace);
    protected abstract void Moved(string stage, Pace pace);
    protected abstract void Ended(string stage, Pace pace);
    protected abstract void Closed();
}

/// <summary>Progress as plain lines: one per stage every five seconds, and one when it ends.</summary>
sealed class ProgressLines(TextWriter output, TimeProvider clock) : Progress(clock)
{
    static readonly TimeSpan Apart = TimeSpan.FromSeconds(5);
    readonly Dictionary<string, TimeSpan> next = [];

    protected override void Began(string stage, Pace pace) => next[stage] = Apart;

    protected override void Moved(string stage, Pace pace)
    {
        if (pace.Ended || pace.Elapsed < next[stage]) return;
        next[stage] = pace.Elapsed + Apart;
        output.WriteLine($"{stage}: {pace.Sofar()}");
    }

    protected override void Ended(string stage, Pace pace) => output.WriteLine($"{stage}: {pace.Outcome()}");

    protected override void Closed() => output.Flush();
}
