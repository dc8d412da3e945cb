using System.Text.RegularExpressions;
using Heartwood.App.Commands;
using Heartwood.App.Console;

namespace Heartwood.Tests.App;

/// <summary>
/// Help and progress at every width of a terminal, from 1 column on: they end, throw nothing, and lose no word that can be wrapped.
/// </summary>
public sealed partial class WidthTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Verbs => ["", .. CommandLine.Verbs.Select(v => v.Name)];

    static string Help(string verb, Surroundings world, World caught)
    {
        Assert.Equal(0, CommandLine.Run([.. verb == "" ? (string[])[] : [verb], "--help"], world));
        return caught.Out.ToString();
    }

    [Theory, MemberData(nameof(Verbs))]
    public void The_help_of_every_verb_fits_every_width_and_says_the_same(string verb)
    {
        string wide = Help(verb, 2000);
        string[] lines = wide[..wide.LastIndexOf("\nExample", StringComparison.Ordinal)].Split('\n'),
            words = Words(wide), own = Words(string.Join('\n', lines));
        for (int width = 1; width <= 200; width++) Holds(HelpLayout.Wrap(lines, width), own, width);
        foreach (int width in (int[])[1, 2, 3, 13, 19, 20, 59, 60, 100]) Holds(Help(verb, width), words, width);
    }

    static void Holds(string help, string[] words, int width)
    {
        Assert.True(words.SequenceEqual(Words(help)), $"at {width} columns other words than at 2000:\n{help}");
        Assert.All(help.Split('\n'), line => Assert.True(Fits(line, width), $"at {width} columns {line.Length}: '{line}'"));
    }

    static string Help(string verb, int width)
    {
        World world = new();
        return Help(verb, world.OnTerminal(width, colours: false), world);
    }

    // or is one word, with the backslash that wraps a command line, or one in quotes
    static bool Fits(string line, int width) =>
        line.Length <= width || line.Trim().TrimEnd('\\').Trim() is var word && (!word.Contains(' ') || word is ['"', .., '"']);

    // without what wraps a command line
    static string[] Words(string help) => [.. help.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Where(word => word != "\\")];

    [Fact]
    public void Redirected_help_has_the_width_that_columns_says_or_a_hundred()
    {
        World world = new();
        Assert.Equal(100, world.Redirected().Width);
        Assert.Equal(37, (world.Redirected() with { Columns = 37 }).Width);
        Assert.Equal(37, (world.OnTerminal(90, colours: false) with { Columns = 37 }).Width);
        foreach (var (text, width) in new (string?, int?)[]
            { (null, null), ("", null), ("80", 80), ("1", 1), ("0", null), ("-3", null), ("x", null), ("99999999999", null) })
            Assert.Equal(width, Surroundings.ColumnsOf(text));
        foreach (int width in (int[])[1, 20, 200])
        {
            World narrow = new();
            string help = Help("find", narrow.Redirected() with { Columns = width }, narrow);
            Assert.All(help.Split('\n'), line => Assert.True(Fits(line, width), line));
        }
    }

    [Fact]
    public async Task Progress_bars_fit_every_width()
    {
        Task all = Task.Run(() =>
        {
            foreach (int width in (int[])[.. Enumerable.Range(1, 50), .. Enumerable.Range(0, 16).Select(i => 50 + 10 * i)])
            {
                World world = new();
                using (Progress progress = Progress.In(world.OnTerminal(width, colours: false)))
                {
                    for (int step = 0; step <= 20; step++, world.Time.Move(1))
                        foreach (int seed in (int[])[1, 2])
                            progress.Report(new($"finding subnetworks at 60 %, seed {seed}", seed * step / 2, 20,
                                "steps", "loss 0.3141, sparsity 0.42"));
                    progress.Report(new("[red]markup[/] …", 1, 10, "steps"));
                    Thread.Sleep(width <= 40 ? 120 : 0);                     // the bars are drawn ten times a second
                }
                string text = Escape().Replace(world.Screen.ToString(), "");
                string[] lines = text.Split('\n', '\r');
                Assert.All(lines, line => Assert.True(line.Length <= width, $"at {width} columns {line.Length}: '{line}'"));
                Assert.Contains("✓findingsubnetworksat60%,seed2:20stepsin", Solid(text));
            }
        }, TestContext.Current.CancellationToken);
        if (await Task.WhenAny(all, Task.Delay(Patience, TestContext.Current.CancellationToken)) != all)
            Assert.Fail("The bars do not end.");
        await all;
    }

    [Fact]
    public void What_is_said_above_the_bars_is_wrapped_and_whole()
    {
        const string note = "nli.tsv: 12 of 400 rows are longer than 128 tokens and are cut off there, of a pair the longer text first.";
        for (int width = 1; width <= 200; width++)
        {
            World world = new();
            world.OnTerminal(width, colours: false).Say(note);
            string text = Escape().Replace(world.Screen.ToString(), "");
            Assert.Equal(Solid(note), Solid(text));
            Assert.All(text.Split('\n'), line => Assert.True(line.Length <= width, $"at {width} columns: '{line}'"));
        }
    }

    static string Solid(string text) => Space().Replace(text, "");

    [GeneratedRegex(@"\s")]
    private static partial Regex Space();

    [GeneratedRegex(@"\e\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Escape();
}
