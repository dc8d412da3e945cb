extern alias bench;

using bench::Heartwood.Bench;
using bench::Heartwood.Bench.Harness;

namespace Heartwood.Tests.Bench;

/// <summary>Rows that are kept: read, written, put in the place of older ones.</summary>
public sealed class ResultsTests : IDisposable
{
    readonly string file = Path.GetTempFileName();

    public void Dispose() => File.Delete(file);

    static EntryResults Entry(string name, string machine, params Row[] rows) =>
        new(name, machine, "2026-01-02", new() { [".NET"] = "10" }, rows);

    static double[] Times(IReadOnlyList<EntryResults> results) => [.. results[0].Rows.Select(r => r.Ours!.Value)];

    [Fact]
    public void Results_are_written_as_a_heading_and_a_line_for_each_row_and_read_back()
    {
        EntryResults[] results = [Entry("gemm", "here", RowTests.Sample("a", 1, 1), RowTests.Sample("b", 2, 2)), Entry("start", "here")];
        ResultsFile.Write(file, results);
        string[] lines = File.ReadAllLines(file);
        Assert.Equal("""{"entry":"gemm","machine":"here","date":"2026-01-02","versions":{".NET":"10"}}""", lines[0]);
        Assert.StartsWith("""{"entry":"gemm","size":"b","threads":2,"ours":2,""", lines[2]);
        Assert.Equal(4, lines.Length);
        Assert.Equal(File.ReadAllText(file), ResultsFile.Text(ResultsFile.Read(file)));
    }

    [Theory]
    [InlineData("""{"entry":"gemm","size":"a","threads":1}""", "no heading above it")]
    [InlineData("""{"entry":"gemm","machine":"here","date":"2026-01-02","versions":{},"speed":1}""", "speed")]
    [InlineData("[1]", "line 1")]
    [InlineData("", "line 1")]
    public void A_line_that_is_neither_heading_nor_row_is_refused_with_its_number(string line, string said)
    {
        File.WriteAllText(file, line + "\n");
        var refused = Assert.Throws<InvalidDataException>(() => ResultsFile.Read(file));
        Assert.Contains("line 1: expected an entry's heading", refused.Message);
        Assert.Contains(said, refused.Message);
    }

    [Fact]
    public void A_row_below_the_heading_of_another_entry_is_refused()
    {
        File.WriteAllText(file, ResultsFile.Text([Entry("gemm", "here")]) + """{"entry":"ops","size":"a","threads":1}""");
        Assert.Contains("line 2", Assert.Throws<InvalidDataException>(() => ResultsFile.Read(file)).Message);
    }

    [Fact]
    public void The_results_in_the_repository_are_of_entries_that_exist_and_stand_as_they_are_written()
    {
        IReadOnlyList<EntryResults> kept = ResultsFile.Read(CommandLine.KeptResults);
        Assert.NotEmpty(kept);
        Assert.Empty(kept.Select(e => e.Entry).Except(Entries.All.Select(e => e.Name)));
        Assert.Equal(File.ReadAllText(CommandLine.KeptResults), ResultsFile.Text(kept));
    }

    [Fact]
    public void A_part_of_an_entry_takes_the_place_of_the_same_sizes_and_threads_of_the_same_machine()
    {
        EntryResults kept = Entry("gemm", "here", RowTests.Sample("a", 1, 1), RowTests.Sample("a", 2, 2), RowTests.Sample("b", 1, 3));
        EntryResults part = Entry("gemm", "here", RowTests.Sample("a", 2, 20), RowTests.Sample("c", 1, 30));
        Assert.Equal([1.0, 20, 3, 30], Times(Results.Merged([kept], [part], false, ["gemm"])));
        Assert.Equal([20.0, 30], Times(Results.Merged([kept], [part], true, ["gemm"])));
        Assert.Equal([20.0, 30], Times(Results.Merged([kept], [part with { Machine = "elsewhere" }], false, ["gemm"])));
    }

    [Fact]
    public void A_row_that_only_was_asked_for_stays_when_its_entry_is_measured_again_and_says_when_it_was_measured()
    {
        Row asked = RowTests.Sample("long", 1, 9) with { Asked = true, Note = "nine" };
        EntryResults kept = Entry("gemm", "here", RowTests.Sample("a", 1, 1), asked);
        EntryResults again = Entry("gemm", "here", RowTests.Sample("a", 1, 2));
        IReadOnlyList<Row> rows = Results.Merged([kept], [again], true, ["gemm"])[0].Rows;
        Assert.Equal([2.0, 9], rows.Select(r => r.Ours!.Value));
        Assert.Equal($"nine; measured on {kept.Date}", rows[1].Note);
        Assert.Equal(rows[1].Note, Results.Merged([kept with { Rows = rows }], [again], true, ["gemm"])[0].Rows[1].Note);
        Assert.Single(Results.Merged([kept], [again with { Machine = "elsewhere" }], true, ["gemm"])[0].Rows);
    }

    [Fact]
    public void Entries_stand_in_their_order_and_those_that_are_gone_leave() => Assert.Equal(["b", "a"],
        Results.Merged([Entry("a", "here"), Entry("gone", "here")], [Entry("b", "here")], true, ["b", "a"]).Select(e => e.Entry));

    [Fact]
    public void Two_threads_are_compared_with_one_where_both_were_timed()
    {
        Row inTurn = RowTests.Sample("brief", 2, 4e-6) with { OneThread = 4e-6, GainInterval = new(0.9, 1.1) };
        Row[] rows =
        [
            RowTests.Sample(ours: 1.9), RowTests.Sample(threads: 2, ours: 1.0),
            RowTests.Sample("only one"),
            RowTests.Sample("brief", 1, 9e-6), inTurn,
            RowTests.Sample("bytes") with { Unit = "bytes" }, RowTests.Sample("bytes", 2) with { Unit = "bytes" },
        ];
        Row[] gains = [.. Results.Threads(rows)];
        Assert.Equal([("gemm: 8 × 8", true), ("gemm: brief", false)], gains.Select(g => (g.Size, g.Met!.Value)));
        Assert.Equal(1.9, gains[0].Ours!.Value, 1e-12);
        Assert.Equal("1.00 times (0.90 to 1.10)", Tables.OursText(gains[1]));    // what was measured in turn, not what was measured before
    }
}
