extern alias bench;

using bench::Heartwood.Bench;
using bench::Heartwood.Bench.Harness;

namespace Heartwood.Tests.Bench;

/// <summary>The benchmark's entries and how they run, without judging any time.</summary>
public class EntryTests
{
    static Case Brief(string size, Action? action = null) =>
        Case.Timed(size, () => action ?? (() => Thread.SpinWait(100))) with { Seconds = 0.001 };

    static (IReadOnlyList<EntryResults> Results, string Said) Run(Entry entry, CancellationToken stop = default)
    {
        using PeerPool pool = new();
        using StringWriter said = new();
        return (new Run(pool, new(said, redirected: true), stop) { Threads = [1] }.Measure([entry]), said.ToString());
    }

    [Fact]
    public void Help_lists_every_entry_with_a_line_about_it()
    {
        using StringWriter output = new();
        Assert.Equal(0, CommandLine.Run(["--help"], output, TextWriter.Null));
        foreach (Entry entry in Entries.All) Assert.Contains($"  {entry.Name} ", output.ToString());
        string[] taken = ["all", "page", "checkpoint", Results.ThreadsEntry];
        Assert.Equal(Entries.All.Count + taken.Length, Entries.All.Select(e => e.Name).Concat(taken).Distinct().Count());
    }

    [Fact]
    public void An_unknown_entry_is_refused()
    {
        using StringWriter error = new();
        Assert.NotEqual(0, CommandLine.Run(["gem"], TextWriter.Null, error));
        Assert.Contains("gem", error.ToString());
    }

    [Fact]
    public void Sizes_are_unique_and_what_peers_are_asked_for_is_written_in_their_scripts()
    {
        string peers = Repository.Path("bench", "peers");
        string Scripts(string pattern) => string.Join('\n', Directory.GetFiles(peers, pattern).Select(File.ReadAllText));
        string python = Scripts("*.py"), node = Scripts("*.mjs");
        // the cases of models write checkpoints, so only those of operations are made
        string[] ofOperations = ["gemm", "gemm-ragged", "gemm-gradients", "gemm-avx2", "ops", "op-table"];
        Assert.Empty(ofOperations.Except(Entries.All.Select(e => e.Name)));
        foreach (Entry entry in Entries.All.Where(e => ofOperations.Contains(e.Name)))
        {
            Case[] cases = [.. entry.Cases()];
            Assert.NotEmpty(cases);
            Assert.Equal(cases.Length, cases.Select(c => c.Size).Distinct().Count());
            foreach (Peer peer in cases.SelectMany(c => c.Peers))
            {
                string name = peer.Request["case"]!.GetValue<string>();
                if (peer.Program == PeerProgram.Torch) Assert.Matches($@"@case\s+def {name}\(", python);
                else Assert.Matches($@"\b{name}\(", node);
            }
        }
    }

    [Fact]
    public void A_peer_that_is_not_there_is_absent_with_its_reason()
    {
        Peer nobody = new(new PeerProgram("nobody", "nobody_peer.py", new PeerEnvironment("")), []);
        var (results, _) = Run(new("sample", "", () => [Brief("small") with { Peers = [nobody], Target = Target.Faster }]));
        Row row = Assert.Single(results.Single().Rows);
        Assert.True(row.Ours > 0);
        Assert.Null(row.Peers["nobody"]);
        Assert.NotEmpty(row.Absent!["nobody"]);
        Assert.Null(row.Ratio);
    }

    [Fact]
    public void Rivals_peak_and_summaries_stand_in_the_rows()
    {
        Rival other = new("other", () => () => Thread.SpinWait(100));
        Case timed = Brief("small") with { Operations = 1e3, Rivals = [other] };
        Case figured = Case.Figured("weight", _ => new(12, "bytes", "noted"));
        Entry entry = new("sample", "", () => [timed, figured])
        {
            Summaries = rows => [new Row { Entry = rows[0].Entry, Size = $"all {rows.Count}", Threads = rows[0].Threads }],
        };
        IReadOnlyList<Row> rows = Run(entry).Results.Single().Rows;
        Assert.Equal(["small", "weight", "all 2"], rows.Select(r => r.Size));
        Assert.True(rows[0].PeakShare > 0);
        Assert.Equal(rows[0].Ours / rows[0].Peers["other"], rows[0].Ratio);
        Assert.Equal((12.0, "bytes", "noted"), (rows[1].Ours!.Value, rows[1].Unit, rows[1].Note));
    }

    [Fact]
    public void A_stop_keeps_the_rows_measured_so_far()
    {
        using CancellationTokenSource stop = new();
        Entry entry = new("sample", "", () => [Brief("first"), Brief("second", stop.Cancel), Brief("third")]);
        var (results, said) = Run(entry, stop.Token);
        Assert.Equal(["first"], results.Single().Rows.Select(r => r.Size));
        Assert.StartsWith("sample, first, 1 thread: ", said);
    }
}
