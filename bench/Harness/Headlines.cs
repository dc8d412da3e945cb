using System.Globalization;

namespace Heartwood.Bench.Harness;

/// <summary>The few rows that README and docs/performance.md show: whole pieces of work on a model of BERT-base's size.</summary>
static class Headlines
{
    const string Mnli = "BERT-base, 32 pairs, 1218 tokens, longest 82; padded to the longest in the peers";

    /// <summary>What is shown: in words, and which rows they are.</summary>
    public static IReadOnlyList<(string Words, string Entry, string Size)> Shown { get; } =
    [
        ("forward, 16 sequences of 64 tokens", "encoder", "BERT-base, 16 × 64 tokens"),
        ("forward, 32 pairs of MNLI's lengths (others pad)", "mnli", Mnli),
        ("a training step, 16 sequences of 64 tokens", "training", "BERT-base, 16 × 64 tokens"),
        ("a training step, the 32 pairs", "training", "BERT-base, 32 pairs of MNLI's lengths, padded to the longest in PyTorch"),
        ("a step of mask learning, the 32 pairs, next to the published recipe in PyTorch", "mask-step",
            "against the published recipe: padded to 128, full model run as well"),
        ("the same, next to that recipe with padding and reference scores optimized", "mask-step",
            "against the recipe with its padding and reference scores optimized"),
        ("a subnetwork of half the heads and half the MLPs, cut, next to the full model", "cut", "BERT-base, 16 × 64 tokens"),
        ("all 156 parts ablated one at a time, next to as many evaluations", "ablations",
            "144 heads and 12 MLPs, 64 pairs of MNLI's lengths"),
    ];

    /// <summary>Our time as a share of the best other's, with two digits, as README shows it; empty where it was not measured.</summary>
    public static string Share(IReadOnlyList<EntryResults> results, string entry, string size, int threads) =>
        Found(results, entry, size, threads) is { } row ? string.Create(CultureInfo.InvariantCulture, $"{row.Ratio ?? row.Ours:0.00}") : "";

    /// <summary>The table: one line for each of <see cref="Shown"/> and number of threads that was measured.</summary>
    public static string Markdown(IReadOnlyList<EntryResults> results)
    {
        List<string> lines =
        [
            "| BERT-base | threads | Heartwood | the best other | time, of the best other's |",
            "| --- | ---: | ---: | ---: | ---: |",
        ];
        foreach (var (words, entry, size) in Shown)
            foreach (int threads in (int[])[1, 2])
                if (Found(results, entry, size, threads) is { } row) lines.Add(Line(words, row));
        return string.Join('\n', lines);
    }

    static string Line(string words, Row row)
    {
        string ours = row.Timed ? Tables.Value(row.Ours, null) : "";
        var best = row.Peers.Where(p => p.Value is not null).OrderBy(p => p.Value).FirstOrDefault();
        string other = best.Key is null ? "" : $"{best.Key} {Tables.Value(best.Value, row.Unit)}";
        string share = row.Ratio is null ? Tables.Value(row.Ours, "") : Tables.RatioText(row);
        return $"| {words} | {row.Threads} | {ours} | {other} | {share} |";
    }

    static Row? Found(IReadOnlyList<EntryResults> results, string entry, string size, int threads) => results
        .Where(e => e.Entry == entry).SelectMany(e => e.Rows)
        .FirstOrDefault(r => r.Size == size && r.Threads == threads && r.Ours is not null);
}
