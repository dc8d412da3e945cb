namespace Heartwood.App.Console;

/// <summary>
/// A clock that stands still while the process is stopped (SIGSTOP, a computer that sleeps): it beats every second, and a beat
/// that is missing for more than ten seconds is such a stop. Slow work beats on and counts. May be read from several threads.
/// </summary>
sealed class WorkingTime : TimeProvider, IDisposable
{
    static readonly TimeSpan Beat = TimeSpan.FromSeconds(1), Longest = TimeSpan.FromSeconds(10);
    readonly TimeProvider clock;
    readonly ITimer timer;
    readonly Lock gate = new();
    long latest, stopped;

    /// <summary>Begins to beat.</summary>
    /// <param name="clock">counts all time</param>
    public WorkingTime(TimeProvider clock)
    {
        this.clock = clock;
        latest = clock.GetTimestamp();
        timer = clock.CreateTimer(_ => GetTimestamp(), null, Beat, Beat);
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => clock.TimestampFrequency;

    /// <summary>The time worked; whoever asks, beats.</summary>
    public override long GetTimestamp()
    {
        lock (gate)
        {
            long now = clock.GetTimestamp();
            if (clock.GetElapsedTime(latest, now) > Longest) stopped += now - latest;
            latest = now;
            return now - stopped;
        }
    }

    /// <summary>Ends the beating.</summary>
    public void Dispose() => timer.Dispose();
}
