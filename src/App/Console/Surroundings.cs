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
    public static Surroundings OfThisProcess() => new(SystemConsole.Out, SystemConsole.Error, ErrorTerminal(), TimeProvider.System);

    /// <summary>How many characters a line holds.</summary>
    public int Width => Terminal?.Profile.Width is > 0 and int width ? width : 100;

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
            ColorSystem = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        return terminal.Profile.Capabilities.Ansi ? terminal : null;
    }
}
