using Heartwood.App.Console;
using Spectre.Console;

namespace Heartwood.Tests.App;

/// <summary>The program's surroundings, caught: what it writes, and a clock that the test moves.</summary>
sealed class World
{
    public StringWriter Out { get; } = new();
    public StringWriter Error { get; } = new();
    public Screen Screen { get; } = new();
    public Clock Time { get; } = new();

    /// <summary>Streams that go to files.</summary>
    public Surroundings Redirected() => new(Out, Error, null, Time);

    /// <summary>An error stream that is a terminal.</summary>
    public Surroundings OnTerminal(int width, bool colours)
    {
        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = colours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(Screen),
        });
        terminal.Profile.Width = width;
        return new(Out, Error, terminal, Time);
    }
}

/// <summary>A clock that stands until it is moved; its timers ring on the way.</summary>
sealed class Clock : TimeProvider
{
    readonly List<Bell> bells = [];
    long ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => ticks;

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 11, 30, 12, 0, 0, TimeSpan.Zero).AddTicks(ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Bell bell = new(this, () => callback(state));
        bell.Change(dueTime, period);
        bells.Add(bell);
        return bell;
    }

    /// <summary>Time goes by at work.</summary>
    public void Move(double seconds)
    {
        long end = ticks + (long)(seconds * TimeSpan.TicksPerSecond);
        while (bells.Where(b => b.Due <= end).MinBy(b => b.Due) is { } next)
        {
            ticks = Math.Max(ticks, next.Due);
            next.Ring();
        }
        ticks = end;
    }

    /// <summary>Time goes by while the process is stopped: nothing rings.</summary>
    public void Stop(double seconds) => ticks += (long)(seconds * TimeSpan.TicksPerSecond);

    sealed class Bell(Clock clock, Action rings) : ITimer
    {
        TimeSpan period;

        public long Due { get; private set; }

        // as the system's timers do, it rings once for all it missed
        public void Ring()
        {
            Due = clock.ticks + period.Ticks;
            rings();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            (Due, this.period) = (clock.ticks + dueTime.Ticks, period);
            return true;
        }

        public void Dispose() => clock.bells.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>What a terminal was sent; may be read while others write.</summary>
sealed class Screen : StringWriter
{
    readonly Lock gate = new();

    public override void Write(char value) { lock (gate) base.Write(value); }

    public override void Write(string? value) { lock (gate) base.Write(value); }

    public override void Write(char[] buffer, int index, int count) { lock (gate) base.Write(buffer, index, count); }

    public override string ToString() { lock (gate) return base.ToString(); }
}
