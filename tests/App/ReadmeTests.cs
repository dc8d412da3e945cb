using System.CommandLine;
using System.Text.RegularExpressions;
using Heartwood.App.Commands;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;

namespace Heartwood.Tests.App;

/// <summary>The commands that the README and the page of data show: each is one that the program takes, to the last option.</summary>
public sealed partial class ReadmeTests
{
    public static TheoryData<string> Pages => ["README.md", "docs/data.md"];

    static string Text(string page) => File.ReadAllText(Path.Combine(HouseTests.Root, page));

    static IEnumerable<string> Commands(string page) => Fenced().Matches(Text(page)).SelectMany(block => block.Groups[1].Value.Replace("\\\n", " ").Split('\n'))
        .Select(line => Comment().Replace(line, "")).Where(line => line.StartsWith("heartwood ", StringComparison.Ordinal));

    static string[] Words(string command) => [.. Word().Matches(command).Select(m => m.Value.Replace("\"", "")).Skip(1)];

    [Theory, MemberData(nameof(Pages))]
    public void Every_command_that_a_page_shows_parses(string page)
    {
        string[] commands = [.. Commands(page)];
        Assert.True(commands.Length >= (page == "README.md" ? 15 : 2), $"{commands.Length} commands");
        foreach (string command in commands)
        {
            RootCommand root = new();
            foreach (Option option in SharedOptions.All) root.Add(option);
            foreach (Verb verb in CommandLine.Verbs) root.Add(verb);
            ParseResult parsed = CommandLine.Parse(root, Words(command));
            Assert.True(parsed.Errors.Count == 0 && parsed.UnmatchedTokens.Count == 0 && parsed.CommandResult.Command is Verb, $"{command}: {string.Join("; ", parsed.Errors)}");
            HashSet<string> known = [.. parsed.CommandResult.Command.Options.Concat(SharedOptions.All).SelectMany(o => o.Aliases.Append(o.Name))];
            Assert.All(Words(command).Where(w => w.StartsWith("--", StringComparison.Ordinal)), w => Assert.Contains(w, known));
            foreach (string name in (string[])["--data", "--in-domain", "--out-of-domain", "--unseen"])
                foreach (string data in parsed.CommandResult.Command.Options.FirstOrDefault(o => o.Name == name) is Option<string[]> option ? parsed.GetValue(option)! : [])
                    if (!data.StartsWith("world:", StringComparison.Ordinal)) DataSpec.Parse(NamedData.Parse(Role.Train, data).Data);
        }
    }

    [Fact]
    public void The_readme_has_a_section_for_each_reader_and_begins_with_a_sentence_a_picture_and_two_commands()
    {
        string text = Text("README.md");
        int[] places = [.. ((string[])["# Heartwood\n", "](docs/report.png)", "-- demo ", "dotnet test", "**Where to look:**", "## Make my model smaller", "## Look inside my model", "## Use it from C#"])
            .Select(part => text.IndexOf(part, StringComparison.Ordinal))];
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
        foreach (string verb in CommandLine.Verbs.Select(v => v.Name)) Assert.Matches($@"\b{verb}\b", text);
    }

    [Fact]
    public void The_page_of_data_says_what_help_says()
    {
        string text = Text("docs/data.md").Replace("\\|", "|");
        Assert.All(DataHelp.Forms, form => Assert.Matches($"(?m)^{Regex.Escape(form.Form)} +{Regex.Escape(form.Means)}$", text));
        Assert.All(DataHelp.Keys, key => Assert.Contains($"| `{key.Key}=` | {key.Means} |", text));
    }

    [GeneratedRegex(@"```\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Fenced();

    [GeneratedRegex(" {2,}# .*")]
    private static partial Regex Comment();

    [GeneratedRegex("(?:\"[^\"]*\"|\\S)+")]
    private static partial Regex Word();
}
