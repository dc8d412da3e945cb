using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Heartwood.App.Commands;

/// <summary>The help of System.CommandLine with a verb's examples below; for the whole program, the first example of each verb.</summary>
sealed class HelpWithExamples : SynchronousCommandLineAction
{
    readonly HelpAction help;

    /// <summary>Help of a width.</summary>
    public HelpWithExamples(HelpAction help, int width)
    {
        help.MaxWidth = width;
        this.help = help;
    }

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        Command command = parseResult.CommandResult.Command;
        IEnumerable<string> examples = command is Verb verb ? verb.Examples : command.Subcommands.OfType<Verb>().Select(v => v.Examples[0]);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine(examples.Count() == 1 ? "Example:" : "Examples:");
        foreach (string example in examples) output.WriteLine($"  heartwood {example}");
        return code;
    }
}
