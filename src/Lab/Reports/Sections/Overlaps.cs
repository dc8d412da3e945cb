using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;

namespace Heartwood.Lab.Reports.Sections;

/// <summary>Overlap of every pair of subnetworks against chance.</summary>
internal static class Overlaps
{
    const int MostWithWords = 45;

    /// <summary>The figure, or null where there are no pairs.</summary>
    public static Figure? Draw(Findings study)
    {
        var shown = study.Result.Overlap.Where(o => o.Pairs.Count > 0).OrderBy(o => study.Sparsities.ToList().IndexOf(o.TargetSparsity)).ToList();
        if (shown.Count == 0) return null;
        Scale x = Scale.Around([0, .. shown.SelectMany(o => o.Pairs).SelectMany(p => (double[])[p.Shared, p.High, p.Low])], 0, 1);
        string[] columns = ["target sparsity", "seed a", "seed b", "shared", "jaccard", "expected", "low", "high", "p-value", "corrected"];
        return new("overlap", "Overlap against chance", string.Join(" ", shown.Select(Reading)), [.. shown.Select((o, i) => Panel(o, x, $"overlap-{i}"))],
            [Chart.Key(Shape.Disc, "sub", "parts that both keep"), Chart.Key(Shape.Ring, "random", "expected by chance"), Chart.BandKey("chance's 95\u00A0% interval")],
            $"""
            Rows are pairs of seeds. Chance: random subnetworks with the same numbers of heads and of MLPs.
            At the right, p-values after Holm's correction for the number of pairs.
            """,
            [new("overlap", "overlap of pairs against chance", columns, [.. shown.SelectMany(o => o.Pairs.Select(p =>
                (object?[])[o.TargetSparsity, p.SeedA, p.SeedB, p.Shared, p.Jaccard, p.Expected, p.Low, p.High, p.PValue, p.Corrected]))])]);
    }

    static Markup Panel(OverlapFacts o, Scale x, string id) =>
        Strips.Draw(id, Wording.Sparsity(o.TargetSparsity), $"Parts shared by each pair of subnetworks at {Wording.Sparsity(o.TargetSparsity)}, against chance",
            $"{Wording.Count(o.Pairs.Count, "pair")}. {Reading(o)}",
            [.. o.Pairs.OrderByDescending(p => p.Shared).ThenBy(p => p.SeedA).ThenBy(p => p.SeedB).Select(p => Row(p, o.Pairs.Count <= MostWithWords))], x, "shared parts", false);

    static Strip Row(PairFacts p, bool words)
    {
        string pair = $"seeds {p.SeedA} and {p.SeedB}", chance = $"{Wording.Number(p.Expected, "0.0")} parts ({Wording.Number(p.Low, "0")} to {Wording.Number(p.High, "0")})";
        string found = $"{p.Shared} shared parts, Jaccard {Wording.Number(p.Jaccard, "0.00")}\n{Wording.Probability(p.PValue)}, corrected {Wording.Probability(p.Corrected)}";
        return new($"{p.SeedA} and {p.SeedB}", [new(p.Expected, "random", Shape.Ring, $"{pair}: chance\n{chance}"), new(p.Shared, "sub", Shape.Disc, $"{pair}\n{found}")],
            Band: (p.Low, p.High), Right: words ? Wording.Probability(p.Corrected) : "");
    }

    static string Reading(OverlapFacts o) =>
        $"At {Wording.Sparsity(o.TargetSparsity)} pairs share {Span(o.Pairs.Min(p => p.Shared), o.Pairs.Max(p => p.Shared))} parts where chance gives {Wording.Number(o.Pairs.Average(p => p.Expected), "0.0")} "
        + $"(95\u00A0% between {Wording.Number(o.Pairs.Min(p => p.Low), "0")} and {Wording.Number(o.Pairs.Max(p => p.High), "0")}); "
        + $"{o.Pairs.Count(p => p.Corrected < 0.05)} of {Wording.Count(o.Pairs.Count, "pair")} {(o.Pairs.Count == 1 ? "overlaps" : "overlap")} more than chance at 5\u00A0% after correction.";

    static string Span(int low, int high) => low == high ? $"{low}" : $"{low} to {high}";
}
