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

/// <summary>A clock that stands until it is moved.</summary>
sealed class Clock : TimeProvider
{
    long ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => ticks;

    public void Move(double seconds) => ticks += (long)(seconds * TimeSpan.TicksPerSecond);
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
