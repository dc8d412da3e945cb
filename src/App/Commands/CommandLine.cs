using System.CommandLine;
using System.CommandLine.Help;
using Heartwood.App.Console;
using Heartwood.Lab;
using Heartwood.Lab.Charts;
using Heartwood.Lab.Studies;

namespace Heartwood.App.Commands;

/// <summary>The frame around the verbs: parses, helps, runs one of them, and turns what happens into an exit code.</summary>
static class CommandLine
{
    /// <summary>The verbs, in the order in which one uses them.</summary>
    public static IReadOnlyList<Verb> Verbs =>
    [
        DemoVerb.Create(), ShrinkVerb.Create(), InspectVerb.Create(), ConvertVerb.Create(), PredictVerb.Create(), GenerateVerb.Create(),
        TrainVerb.Create(), AblateVerb.Create(), FindVerb.Create(), EvaluateVerb.Create(), CompareVerb.Create(), StageVerbs.Cut(),
        HealVerb.Create(), QuantizeVerb.Create(),
        ExportVerb.Create(), MaskVerb.Create(), ReportVerb.Create(), PaperVerb.Create(), RunVerb.Create(), HelpVerb.Create(),
    ];

    /// <summary>Runs one command.</summary>
    /// <param name="arguments">the command line's words</param>
    /// <param name="world">the streams, the terminal, the clock</param>
    /// <param name="verbs">the verbs to choose from; null for <see cref="Verbs"/></param>
    /// <param name="exit">ends the process, for the second Ctrl+C; null for the real thing</param>
    /// <param name="tenants">what names are looked up in; null for what Heartwood comes with</param>
    /// <returns>the exit code, see <see cref="Failures"/></returns>
    public static int Run(string[] arguments, Surroundings world, IReadOnlyList<Verb>? verbs = null, Action<int>? exit = null,
        Tenants? tenants = null)
    {
        tenants ??= Tenants.Usual;
        RootCommand root = Root(verbs ?? Verbs, world, tenants);
        ParseResult parsed = Parse(root, arguments);
        if (arguments.Length == 0) parsed = root.Parse(["--help"]);
        string? mistyped = parsed.Action is HelpWithExamples ? null : Mistyped(arguments, parsed.CommandResult.Command, root);
        bool lost = parsed.CommandResult.Command is RootCommand && parsed.UnmatchedTokens.Count > 0;   // a wrong verb before --help
        if (mistyped is not null || lost || parsed.Errors.Count > 0) return Misunderstood(parsed, mistyped, world.Error);
        if (parsed.CommandResult.Command is Verb verb && parsed.Action is null)
            return Run(verb, parsed, root, arguments, world, exit ?? Environment.Exit, tenants);
        int code = parsed.Invoke(new InvocationConfiguration
        {
            Output = world.Out,
            Error = world.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        });
        return arguments.Length == 0 ? Failures.Usage : code;
    }

    static int Run(
        Verb verb, ParseResult parsed, RootCommand root, string[] arguments, Surroundings world, Action<int> exit, Tenants tenants)
    {
        using Interruption interruption = new(world, verb.Resumes, exit);
        try
        {
            Session session;
            using (Progress progress = Progress.In(world))
            {
                bool json = parsed.GetValue(SharedOptions.Json);
                session = new(world, Machine.Command(arguments), json, progress, interruption.Token) { Tenants = tenants, Root = root };
                verb.Run(parsed, session);
            }
            if (session.Found is { } found) world.Out.WriteLine(Wording.Plain(found));      // below the bars, which are gone now
            return Failures.Success;
        }
        catch (Exception e)
        {
            return Failures.Tell(e, world.Error, interruption, parsed.GetValue(SharedOptions.Verbose));
        }
    }

    /// <summary>Parses words; a word that begins with @ is itself.</summary>
    internal static ParseResult Parse(RootCommand root, IReadOnlyList<string> words) =>
        root.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null });

    static RootCommand Root(IReadOnlyList<Verb> verbs, Surroundings world, Tenants tenants)
    {
        RootCommand root = new(
            "Finds, compares, cuts out and retrains the subnetworks inside transformer language models.\n\n"
            + "A run is one folder: --out names it, the same command resumes it after a stop, and its report.html shows what came out. "
            + "Verbs are listed in the order in which one uses them.");
        foreach (Option option in SharedOptions.All) root.Add(option);
        foreach (Verb verb in verbs) root.Add(verb);
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!, world.Width, world.IsRead, tenants);
        return root;
    }

    // an option or an argument that takes several words would take a mistyped option as one of them
    static string? Mistyped(string[] words, Command command, Command root)
    {
        HashSet<string> known = [.. Known(command, root).SelectMany(o => o.Aliases.Append(o.Name))];
        bool IsUnknown(string word) =>
            word.StartsWith("--", StringComparison.Ordinal) && !word.Contains(' ') && !known.Contains(word.Split('=', ':')[0]);
        return command is Verb ? words.TakeWhile(w => w != "--").FirstOrDefault(IsUnknown) : null;
    }

    static IEnumerable<Option> Known(Command command, Command root) => command.Options.Concat(root.Options.Where(o => o.Recursive));

    static int Misunderstood(ParseResult parsed, string? mistyped, TextWriter error)
    {
        Command command = parsed.CommandResult.Command;
        string help = command is RootCommand ? "heartwood --help" : $"heartwood {command.Name} --help";
        Argument? absent = command.Arguments.FirstOrDefault(
            a => a.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(a) is null or { Tokens.Count: 0 });
        string what = (mistyped ?? parsed.UnmatchedTokens.FirstOrDefault()) is { } unknown
            ? Unknown(unknown, command, parsed.RootCommandResult.Command)
            : absent is { } missing ? $"{missing.Name} is missing: {missing.Description}"
            : parsed.Errors[0].Message;
        error.WriteLine($"Error: {what} See {help}.");
        return Failures.Usage;
    }

    static string Unknown(string word, Command command, Command root)
    {
        string name = word.Split('=')[0];
        if (command is Verb verb && verb.Refused.TryGetValue(name, out string? because)) return $"{verb.Name} takes no {name}: {because}.";
        if (command is Verb && name == SharedOptions.Out.Name) return $"{command.Name} writes to no folder of its own: leave out --out.";
        bool option = word.StartsWith('-');
        string[] known = [.. option ? Known(command, root).Select(o => o.Name) : command.Subcommands.Select(c => c.Name)];
        string kind = option ? "option" : command is RootCommand ? "verb" : "argument";
        string? meant = option && Synonyms.Option(name, known) is { } other ? $"It is called {other} here."
            : command is RootCommand && !option ? Synonyms.Verb(word) : null;
        return $"There is no {kind} '{word}'.{(meant is null ? Nearest.DidYouMean(word, known) : $" {meant}")}";
    }
}
