extern alias bench;

using System.Globalization;
using System.Text.RegularExpressions;
using bench::Heartwood.Bench;
using bench::Heartwood.Bench.Harness;

namespace Heartwood.Tests.Bench;

/// <summary>The pages that are made from the kept results, and what README shows of them.</summary>
public partial class PageTests
{
    const int MostLines = 150;

    static EntryResults Entry(string name, string machine, params Row[] rows) =>
        new(name, machine, "2026-01-02", new() { [".NET"] = "10" }, rows);

    static IReadOnlyList<EntryResults> Kept => ResultsFile.Read(CommandLine.KeptResults);

    [Fact]
    public void Only_what_stands_between_the_markers_is_replaced()
    {
        const string page = "# Page\n\nBy hand.\n\n<!-- bench:table -->\nold | table\n<!-- /bench:table -->\n\nBelow.\n";
        const string made = "# Page\n\nBy hand.\n\n<!-- bench:table -->\n\nnew\n\n<!-- /bench:table -->\n\nBelow.\n";
        Assert.Equal(made, PerformancePage.Put(page, "table", "new", "## table\n\n"));
    }

    [Fact]
    public void A_block_that_the_page_lacks_is_added_under_its_heading()
    {
        string page = PerformancePage.Put("# Page\n", "table", "rows", "## table\n\n");
        Assert.Equal("# Page\n\n## table\n\n<!-- bench:table -->\n\nrows\n\n<!-- /bench:table -->\n", page);
        Assert.Equal(page, PerformancePage.Put(page, "table", "rows", "## table\n\n"));
    }

    [Fact]
    public void A_block_without_an_end_is_refused_and_named()
    {
        var refused = Assert.Throws<InvalidDataException>(() => PerformancePage.Put("<!-- bench:table -->\nprose", "table", "", ""));
        Assert.Contains("<!-- /bench:table -->", refused.Message);
    }

    [Fact]
    public void The_page_on_demand_shows_every_row_with_its_target_and_absent_peers_with_their_reasons()
    {
        string page = PerformancePage.Whole([Entry("gemm", "a machine", Slow())], _ => "about it");
        Assert.Contains("0 of 1 targets are met", page);
        Assert.Contains("- 8 × 8, 1 thread: 2.00", page);
        Assert.Contains("## gemm\n\nAbout it.\n", page);
        Assert.Contains("| absent |", page);
        Assert.Contains("onnxruntime absent in 1 row: there is no node on PATH", page);
        Assert.Contains("`gemm`: a machine; 2026-01-02; .NET 10.", page);
    }

    [Fact]
    public void The_page_on_demand_is_printed_from_the_kept_results()
    {
        using StringWriter output = new();
        Assert.Equal(0, CommandLine.Run(["page"], output, TextWriter.Null));
        foreach (EntryResults entry in Kept) Assert.Contains($"## {entry.Entry}\n", output.ToString());
    }

    [Fact]
    public void The_short_page_lists_missed_targets_and_only_counts_the_gains_of_a_second_thread()
    {
        Row two = RowTests.Sample(threads: 2, ours: 0.4);
        string page = PerformancePage.Written("# Performance\n", [Entry("gemm", "a machine", Slow(), two)]);
        Assert.Contains("- **gemm**, faster than the best peer:\n  - 8 × 8, 1 thread: 2.00\n", page);
        Assert.Contains("- **threads**, at least 1.85 times one thread: missed by 1 rows, met by 0.", page);
        Assert.DoesNotContain("gemm: 8 × 8, 2 threads", page);
    }

    [Fact]
    public void The_performance_page_is_the_one_that_its_results_make_and_is_short()
    {
        string page = File.ReadAllText(CommandLine.ShortPage);
        Assert.Equal(page, PerformancePage.Written(page, Kept));
        Assert.InRange(page.Split('\n').Length, 1, MostLines);
    }

    [Fact]
    public void Shares_and_times_that_the_prose_of_the_performance_page_quotes_stand_in_a_row()
    {
        // versions, targets, and what was noted while measuring: the encoder's ratios of two days, the hand-over
        string[] elsewhere = ["2.10", "1.13", "0.75", "0.85", "1.85", "0.81", "0.94", "0.2", "1.7"];
        string prose = Block().Replace(File.ReadAllText(CommandLine.ShortPage), "");
        string rows = PerformancePage.Whole(Kept, Entries.About);
        Assert.NotEmpty(Decimal().Matches(prose));
        foreach (Match figure in Decimal().Matches(prose))
        {
            bool stands = Regex.IsMatch(rows, $@"(?<![\d.]){Regex.Escape(figure.Value)}(?!\d)");
            Assert.True(stands || elsewhere.Contains(figure.Value), $"no row has {figure.Value}");
        }
    }

    [GeneratedRegex(@"<!-- bench:(\w+) -->.*?<!-- /bench:\1 -->", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"(?<![\d.])\d+\.\d+(?![\d.])")]
    private static partial Regex Decimal();

    [Fact]
    public void The_readme_shows_the_shares_of_two_threads_that_were_measured()
    {
        string readme = File.ReadAllText(Repository.Path("README.md"));
        int shown = 0;
        foreach (var (words, entry, size) in Headlines.Shown)
        {
            string share = Headlines.Share(Kept, entry, size, threads: 2);
            Assert.True(double.Parse(share, CultureInfo.InvariantCulture) > 0, $"no row of {entry}, {size}");
            if (readme.Contains($"| {words} |", StringComparison.Ordinal)) shown++;
            else continue;
            Assert.Contains($"| {words} | {share} |", readme);
        }
        Assert.Equal(Headlines.Shown.Count - 1, shown);          // all but the optimized recipe, which the page shows
    }

    static Row Slow()
    {
        Row slow = RowTests.Sample() with { Absent = new() { ["onnxruntime"] = "there is no node on PATH" } };
        slow.Peers["torch"] = 0.25;
        slow.Peers["onnxruntime"] = null;
        return slow.Judged(Target.Faster);
    }
}
