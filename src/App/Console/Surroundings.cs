using System.Globalization;
using Spectre.Console;
using SystemConsole = System.Console;

namespace Heartwood.App.Console;

/// <summary>What the program sees of the process it runs in; tests give their own.</summary>
/// <param name="Out">where results go, and nothing else</param>
/// <param name="Error">where progress and errors go</param>
/// <param name="Terminal">the terminal that <paramref name="Error"/> is, null where it is a file or a pipe</param>
/// <param name="Clock">the time</param>
sealed record Surroundings(TextWriter Out, TextWriter Error, IAnsiConsole? Terminal, TimeProvider Clock)
{
    /// <summary>This process: its streams, its terminal (colours unless NO_COLOR is set), the system's clock.</summary>
    public static Surroundings OfThisProcess() =>
        new(SystemConsole.Out, SystemConsole.Error, ErrorTerminal(), TimeProvider.System)
        {
            Columns = ColumnsOf(Environment.GetEnvironmentVariable("COLUMNS")),
        };

    /// <summary>How many characters a line is to hold, by the variable COLUMNS; null where it says nothing.</summary>
    public int? Columns { get; init; }

    /// <summary>How many characters a line holds: what COLUMNS says, else the terminal, else 100.</summary>
    public int Width => Columns ?? (Terminal?.Profile.Width is > 0 and int width ? width : 100);

    /// <summary>Whether somebody reads what is written, at a width that is known.</summary>
    public bool IsRead => Terminal is not null || Columns is not null;

    /// <summary>What the variable COLUMNS says; null where it is no number from 1.</summary>
    public static int? ColumnsOf(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int columns) && columns > 0 ? columns : null;

    /// <summary>Writes a line to the error stream, above the progress bars where there are some.</summary>
    public void Say(string line)
    {
        if (Terminal is null) Error.WriteLine(line);
        else Terminal.WriteLine(line);
    }

    static IAnsiConsole? ErrorTerminal()
    {
        if (SystemConsole.IsErrorRedirected || Environment.GetEnvironmentVariable("TERM") == "dumb") return null;
        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(SystemConsole.Error),
            ColorSystem = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 }
                ? ColorSystemSupport.NoColors
                : ColorSystemSupport.Detect,
        });
        if (ColumnsOf(Environment.GetEnvironmentVariable("COLUMNS")) is int columns) terminal.Profile.Width = columns;
        return terminal.Profile.Capabilities.Ansi ? terminal : null;
    }
}
