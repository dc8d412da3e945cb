using System.CommandLine;
using Heartwood.App.Console;
using Heartwood.Lab.Studies;

namespace Heartwood.App.Commands;

/// <summary>What a verb is given besides its options: where to show progress and results, and when to stop.</summary>
/// <param name="World">the streams, the terminal, the clock; <see cref="Surroundings.Say"/> is for what the user must know before the
/// end</param>
/// <param name="Command">the command line, for the manifest</param>
/// <param name="Json">whether the result is wanted as JSON</param>
/// <param name="Progress">where long work reports to, from any thread</param>
/// <param name="Stop">cancelled by Ctrl+C and SIGTERM</param>
sealed record Session(Surroundings World, string Command, bool Json, IProgress<Lab.Runs.Progress> Progress, CancellationToken Stop)
{
    /// <summary>What names on the command line are looked up in.</summary>
    public Tenants Tenants { get; init; } = Tenants.Usual;

    /// <summary>The whole command line, in which a verb that runs others finds them.</summary>
    public required RootCommand Root { get; init; }

    /// <summary>Whether the result is wanted both in words and as JSON.</summary>
    public bool Both { get; init; }

    /// <summary>The result as JSON, where <see cref="Both"/> was asked for; null while there is none.</summary>
    public string? FoundAsJson { get; private set; }

    /// <summary>What the verb found, as it is printed when it has ended; null while there is none.</summary>
    public string? Found { get; private set; }

    /// <summary>What came out, in a sentence or two, where the words begin with something else; null where they do not.</summary>
    public string? Headline { get; set; }

    /// <summary>Sets the result: as JSON where that was asked for, in words otherwise.</summary>
    /// <param name="json">the result as JSON</param>
    /// <param name="words">the same for people, at most one screen</param>
    public void Result(Func<string> json, Func<string> words)
    {
        Found = (Json ? json() : words()).TrimEnd();
        if (Both) FoundAsJson = json().TrimEnd();
    }
}
