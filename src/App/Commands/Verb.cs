using System.CommandLine;

namespace Heartwood.App.Commands;

/// <summary>One verb of the command line: its words, its options, examples for its help, and what it does.</summary>
/// <param name="name">the verb</param>
/// <param name="description">what it does, in a sentence or two</param>
/// <param name="examples">command lines that work, without the leading "heartwood"</param>
sealed class Verb(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Command lines that work, without the leading "heartwood".</summary>
    public IReadOnlyList<string> Examples => examples;

    /// <summary>Whether the same command, given again after a stop, goes on where it stopped.</summary>
    public bool Resumes { get; init; }

    /// <summary>Whether the verb makes or resumes the run in the folder of --out.</summary>
    public bool TakesOut
    {
        get;
        init
        {
            field = value;
            if (value) Options.Add(SharedOptions.Out);
        }
    }

    /// <summary>Whether anything that the verb does depends on chance, so that it has --seed.</summary>
    public bool Draws
    {
        get;
        init
        {
            field = value;
            if (value) Options.Add(SharedOptions.Seed);
        }
    }

    /// <summary>Of a verb that draws: why with these words nothing is drawn, so that --seed is refused; null where something is.</summary>
    public Func<ParseResult, string?> WhyNoSeed { get; init; } = _ => null;

    /// <summary>Whether the verb runs a model, so that it has --threads.</summary>
    public bool Computes
    {
        get;
        init
        {
            field = value;
            if (value) Options.Add(SharedOptions.Threads);
        }
    }

    /// <summary>Options that other verbs have and that would do nothing here, each with the reason.</summary>
    public IReadOnlyDictionary<string, string> Refused
    {
        get
        {
            Dictionary<string, string> all = new(field);
            if (!Draws) all.TryAdd(SharedOptions.Seed.Name, "it draws nothing by chance");
            if (!Computes) all.TryAdd(SharedOptions.Threads.Name, "it runs no model");
            return all;
        }
        init;
    } = new Dictionary<string, string>();

    /// <summary>
    /// Whether it writes into --out with these words, where it has that option and may leave it out; a verb that makes a run always does.
    /// </summary>
    public Func<ParseResult, bool> WritesOut { get => field ?? (_ => TakesOut); init; }

    /// <summary>
    /// Checks all that can be checked before it begins, and says what it will cost, in a line. Given false, what it reads is yet to be
    /// made: then names are checked alone, and it says null. Null where nothing is known before.
    /// </summary>
    public Func<ParseResult, Session, bool, string?>? Foresee { get; init; }

    /// <summary>What the verb does: parses into a request and calls. Failures are thrown, and told by the command line.</summary>
    public required Action<ParseResult, Session> Run { get; init; }
}
