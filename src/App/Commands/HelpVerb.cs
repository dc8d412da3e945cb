using System.CommandLine;
using System.Text.Json;
using Heartwood.Lab;
using Heartwood.Lab.Json;
using Heartwood.Lab.Tasks.Tables;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood help TOPIC</c>: how data is named; the help of a verb.</summary>
static class HelpVerb
{
    const string Data = "data";

    static readonly Argument<string?> topic = new("TOPIC")
    {
        Description = "data: how data is named on the command line; or a verb. Without it the verbs.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>The verb.</summary>
    public static Verb Create() => new("help", "Explains how data is named on the command line, or a verb.", "help data", "help find")
    {
        Arguments = { topic },
        Run = (parsed, session) =>
        {
            string? asked = parsed.GetValue(topic);
            if (asked == Data)
            {
                var all = new { topic = asked, forms = Listed(DataHelp.Forms), keys = Listed(DataHelp.Keys) };
                session.Result(() => JsonSerializer.Serialize(all, JsonWriting.Published),
                    () => HelpLayout.Wrap(DataHelp.Lines, session.World.Width));
                return;
            }
            string[] verbs = [.. session.Root.Subcommands.Select(verb => verb.Name)];
            if (asked is not null && !verbs.Contains(asked))
                throw new ArgumentException($"There is no help of '{asked}'."
                    + $"{(Synonyms.Verb(asked) is { } move ? $" {move}" : Nearest.DidYouMean(asked, [Data, .. verbs]))} There is help of "
                    + $"{Data}, {string.Join(", ", verbs)}.");
            CommandLine.Parse(session.Root, asked is null ? ["--help"] : [asked, "--help"])
                .Invoke(new InvocationConfiguration { Output = session.World.Out, Error = session.World.Error });
        },
    };

    static Dictionary<string, string> Listed(IEnumerable<(string Name, string Means)> entries) =>
        entries.ToDictionary(entry => entry.Name, entry => entry.Means);
}
