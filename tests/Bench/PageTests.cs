extern alias bench;

using bench::Heartwood.Bench;
using bench::Heartwood.Bench.Harness;

namespace Heartwood.Tests.Bench;

/// <summary>docs/performance.md and the results that it is made from.</summary>
public class PageTests
{
    static EntryResults Entry(string name, string machine, params Row[] rows) => new(name, machine, "2026-01-02", new() { [".NET"] = "10" }, rows);

    [Fact]
    public void Only_what_stands_between_the_markers_is_replaced() => Assert.Equal(
        "# Page\n\nBy hand.\n\n<!-- bench:gemm -->\n\nnew\n\n<!-- /bench:gemm -->\n\nBelow.\n",
        PerformancePage.Put("# Page\n\nBy hand.\n\n<!-- bench:gemm -->\nold | table\n<!-- /bench:gemm -->\n\nBelow.\n", "gemm", "new", "## gemm\n\n"));

    [Fact]
    public void A_block_that_the_page_lacks_is_added_under_its_heading()
    {
        string page = PerformancePage.Put("# Page\n", "gemm", "rows", "## gemm\n\n");
        Assert.Equal("# Page\n\n## gemm\n\n<!-- bench:gemm -->\n\nrows\n\n<!-- /bench:gemm -->\n", page);
        Assert.Equal(page, PerformancePage.Put(page, "gemm", "rows", "## gemm\n\n"));
    }

    [Fact]
    public void A_block_without_an_end_is_refused_and_named()
    {
        InvalidDataException refused = Assert.Throws<InvalidDataException>(() => PerformancePage.Put("<!-- bench:gemm -->\nprose", "gemm", "", ""));
        Assert.Contains("<!-- /bench:gemm -->", refused.Message);
    }

    [Fact]
    public void A_part_of_an_entry_takes_the_place_of_the_same_sizes_and_threads_of_the_same_machine()
    {
        EntryResults kept = Entry("gemm", "here", RowTests.Sample("a", 1, 1), RowTests.Sample("a", 2, 2), RowTests.Sample("b", 1, 3));
        EntryResults part = Entry("gemm", "here", RowTests.Sample("a", 2, 20), RowTests.Sample("c", 1, 30));
        Assert.Equal([1.0, 20, 3, 30], Results.Merged([kept], [part], false, ["gemm"])[0].Rows.Select(r => r.Ours!.Value));
        Assert.Equal([20.0, 30], Results.Merged([kept], [part], true, ["gemm"])[0].Rows.Select(r => r.Ours!.Value));
        Assert.Equal([20.0, 30], Results.Merged([kept], [part with { Machine = "elsewhere" }], false, ["gemm"])[0].Rows.Select(r => r.Ours!.Value));
    }

    [Fact]
    public void A_row_that_only_was_asked_for_stays_when_its_entry_is_measured_again_and_says_when_it_was_measured()
    {
        EntryResults kept = Entry("gemm", "here", RowTests.Sample("a", 1, 1), RowTests.Sample("long", 1, 9) with { Asked = true, Note = "nine" });
        EntryResults again = Entry("gemm", "here", RowTests.Sample("a", 1, 2));
        IReadOnlyList<Row> rows = Results.Merged([kept], [again], true, ["gemm"])[0].Rows;
        Assert.Equal([2.0, 9], rows.Select(r => r.Ours!.Value));
        Assert.Equal($"nine; measured on {kept.Date}", rows[1].Note);
        Assert.Equal(rows[1].Note, Results.Merged([kept with { Rows = rows }], [again], true, ["gemm"])[0].Rows[1].Note);
        Assert.Single(Results.Merged([kept], [again with { Machine = "elsewhere" }], true, ["gemm"])[0].Rows);
    }

    [Fact]
    public void Entries_stand_in_their_order_and_those_that_are_gone_leave() =>
        Assert.Equal(["b", "a"], Results.Merged([Entry("a", "here"), Entry("gone", "here")], [Entry("b", "here")], true, ["b", "a"]).Select(e => e.Entry));

    [Fact]
    public void The_page_lists_unmet_targets_with_their_limits_and_absent_peers_with_their_reasons()
    {
        Row slow = RowTests.Sample() with { Limit = "the reason", Absent = new() { ["onnxruntime"] = "there is no node on PATH" } };
        slow.Peers["torch"] = 0.25;
        slow.Peers["onnxruntime"] = null;
        string page = PerformancePage.Written("# Performance\n", [Entry("gemm", "a machine", slow.Judged(Target.Faster))], _ => "about");
        Assert.Contains("0 of 1 targets are met", page);
        Assert.Contains("- 8 × 8, 1 thread: 2.00; the reason", page);
        Assert.Contains("| absent |", page);
        Assert.Contains("onnxruntime absent in 1 row: there is no node on PATH", page);
        Assert.Contains("a machine", page);
    }

    [Fact]
    public void The_page_in_the_repository_is_the_one_that_its_results_make()
    {
        string page = File.ReadAllText(Repository.Path("docs", "performance.md"));
        Assert.Equal(page, PerformancePage.Written(page, Results.Read(Repository.Path("docs", "performance.json")), name => Entries.All.Single(e => e.Name == name).About));
    }
}
