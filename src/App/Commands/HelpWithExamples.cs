using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Heartwood.Lab.Studies;

namespace Heartwood.App.Commands;

/// <summary>The help of System.CommandLine with a verb's examples below; for the whole program, the first example of each verb.</summary>
sealed class HelpWithExamples : SynchronousCommandLineAction
{
    // the library lays out for lines so long that it breaks none; it was not made for narrow ones
    const int Unbroken = 4_000;

    readonly HelpAction help;
    readonly int width;
    readonly bool wraps;
    readonly Tenants tenants;

    /// <summary>Help of a width.</summary>
    /// <param name="help">the library's</param>
    /// <param name="width">characters in a line</param>
    /// <param name="wraps">whether command lines are wrapped too: where somebody reads them, and not a file</param>
    /// <param name="tenants">whose names the help lists</param>
    public HelpWithExamples(HelpAction help, int width, bool wraps, Tenants tenants)
    {
        help.MaxWidth = Unbroken;
        (this.help, this.width, this.wraps, this.tenants) = (help, width, wraps, tenants);
    }

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        InvocationConfiguration asked = parseResult.InvocationConfiguration;
        TextWriter output = asked.Output;
        using StringWriter caught = new();
        asked.Output = caught;
        int code = help.Invoke(parseResult);
        asked.Output = output;
        string filled = TenantNames.Fill(caught.ToString(), tenants).TrimEnd('\r', '\n');
        Command command = parseResult.CommandResult.Command;
        IReadOnlyList<string> lines = [.. filled.Split('\n').Select(line => line.TrimEnd('\r', ' '))];
        output.Write(HelpLayout.Wrap(command is Verb ? HelpGroups.Arrange(lines) : [.. lines.Select(Shortened)], width));
        IEnumerable<string> examples = command is Verb verb ? verb.Examples : command.Subcommands.OfType<Verb>().Select(v => v.Examples[0]);
        output.WriteLine();
        output.WriteLine(examples.Count() == 1 ? "Example:" : "Examples:");
        foreach (string example in examples) output.Write(HelpLayout.Command($"heartwood {example}", wraps ? width : null));
        return code;
    }

    // in the list of verbs the first sentence of each, a verb's own help has them all
    static string Shortened(string line)
    {
        int dot = line.IndexOf(". ", StringComparison.Ordinal);
        return line.StartsWith("  ", StringComparison.Ordinal) && line.Length > 2 && char.IsAsciiLetterLower(line[2]) && dot > 0
            && !line.StartsWith("  heartwood", StringComparison.Ordinal) ? line[..(dot + 1)] : line;
    }
}
