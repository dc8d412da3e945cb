using System.CommandLine;
using System.CommandLine.Help;
using Heartwood.App.Console;
using Heartwood.Lab;

namespace Heartwood.App.Commands;

/// <summary>The frame around the verbs: parses, helps, runs one of them, and turns what happens into an exit code.</summary>
static class CommandLine
{
    /// <summary>The verbs, in the order in which one uses them.</summary>
    public static IReadOnlyList<Verb> Verbs => [DemoVerb.Create(), InspectVerb.Create(), GenerateVerb.Create(), TrainVerb.Create(), FindVerb.Create(), EvaluateVerb.Create(), StageVerbs.Compare(), StageVerbs.Cut(), MaskVerb.Create(), ReportVerb.Create(), PaperVerb.Create()];

    /// <summary>Runs one command.</summary>
    /// <param name="arguments">the command line's words</param>
    /// <param name="world">the streams, the terminal, the clock</param>
    /// <param name="verbs">the verbs to choose from; null for <see cref="Verbs"/></param>
    /// <param name="exit">ends the process, for the second Ctrl+C; null for the real thing</param>
    /// <returns>the exit code, see <see cref="Failures"/></returns>
    public static int Run(string[] arguments, Surroundings world, IReadOnlyList<Verb>? verbs = null, Action<int>? exit = null)
    {
        RootCommand root = Root(verbs ?? Verbs, world.Width);
        ParseResult parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (arguments.Length == 0) parsed = root.Parse(["--help"]);
        if (parsed.Errors.Count > 0) return Misunderstood(parsed, world.Error);
        if (parsed.CommandResult.Command is Verb verb && parsed.Action is null) return Run(verb, parsed, arguments, world, exit ?? Environment.Exit);
        int code = parsed.Invoke(new InvocationConfiguration { Output = world.Out, Error = world.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        return arguments.Length == 0 ? Failures.Usage : code;
    }

    static int Run(Verb verb, ParseResult parsed, string[] arguments, Surroundings world, Action<int> exit)
    {
        if (!verb.TakesOut && parsed.GetValue(SharedOptions.Out) is not null)
        {
            world.Error.WriteLine($"Error: {verb.Name} writes to no folder of its own: leave out --out. See heartwood {verb.Name} --help.");
            return Failures.Usage;
        }
        using Interruption interruption = new(world, verb.Resumes, exit);
        try
        {
            Session session;
            using (Progress progress = Progress.In(world))
                verb.Run(parsed, session = new(world, Machine.Command(arguments), parsed.GetValue(SharedOptions.Json), progress, interruption.Token));
            if (session.Found is { } found) world.Out.WriteLine(found);      // below the bars, which are gone now
            return Failures.Success;
        }
        catch (Exception e)
        {
            return Failures.Tell(e, world.Error, interruption, parsed.GetValue(SharedOptions.Verbose));
        }
    }

    static RootCommand Root(IReadOnlyList<Verb> verbs, int width)
    {
        RootCommand root = new("""
            Finds, compares, cuts out and retrains the subnetworks inside transformer language models.

            A run is one folder: --out names it, the same command resumes it after a stop, and its report.html shows what came out. Verbs are listed in the order in which one uses them.
            """);
        foreach (Option option in SharedOptions.All) root.Add(option);
        foreach (Verb verb in verbs) root.Add(verb);
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!, width);
        return root;
    }

    static int Misunderstood(ParseResult parsed, TextWriter error)
    {
        Command command = parsed.CommandResult.Command;
        string help = command is RootCommand ? "heartwood --help" : $"heartwood {command.Name} --help";
        string what = parsed.UnmatchedTokens is [var unknown, ..] ? Unknown(unknown, command, parsed.RootCommandResult.Command) : parsed.Errors[0].Message;
        error.WriteLine($"Error: {what} See {help}.");
        return Failures.Usage;
    }

    static string Unknown(string word, Command command, Command root)
    {
        if (command is Verb verb && verb.Refused.TryGetValue(word.Split('=')[0], out string? because)) return $"{verb.Name} takes no {word.Split('=')[0]}: {because}.";
        bool option = word.StartsWith('-');
        IEnumerable<string> known = option ? command.Options.Concat(root.Options.Where(o => o.Recursive)).Select(o => o.Name) : command.Subcommands.Select(c => c.Name);
        string kind = option ? "option" : command is RootCommand ? "verb" : "argument";
        return $"There is no {kind} '{word}'." + (Nearest.Of(word, known) is { } nearest ? $" Did you mean {nearest}?" : "");
    }
}
