using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks.Targets;
using static System.FormattableString;

namespace Heartwood.Lab.Questions;

/// <summary>Overlap of every pair of subnetworks against chance.</summary>
/// <param name="Sparsities">the pairs of each sparsity</param>
public sealed record OverlapsFacts(IReadOnlyList<OverlapFacts> Sparsities);

/// <summary>What every pair of subnetworks shares, against chance.</summary>
sealed class Overlaps : IQuestion<OverlapsFacts>
{
    const int MostWithWords = 45;

    public string Name => "overlap";

    public int Version => 2;

    public string? Missing(Subject subject) => subject.Settings.Seeded ? null
        : $"What pairs of seeds share says nothing here ({CoreFacts.NotSeeded}), so that overlap was left out.";

    public OverlapsFacts? Ask(Subject subject) => subject.Found is null ? null
        : new([.. subject.BySparsity().Select(s => Pairs(subject, s.Sparsity, s.Kept))]);

    static OverlapFacts Pairs(Subject subject, Target sparsity, IReadOnlyList<IReadOnlyCollection<Part>> kept)
    {
        IReadOnlyList<ulong> seeds = subject.Settings.Seeds;
        return new(sparsity, [.. Overlap.AllPairs(subject.Universe, kept).Select(o =>
            new PairFacts(seeds[o.A], seeds[o.B], o.Shared, o.Jaccard, o.Expected, o.Low, o.High, o.PValue, o.Corrected))]);
    }

    public string Words(OverlapsFacts facts, Findings findings)
    {
        IEnumerable<string> lines = facts.Sparsities.Where(o => o.Pairs.Count > 0).Select(o => Invariant(
            $"at {o.TargetSparsity:0.##}: {o.Pairs.Count} pairs share {o.Pairs.Average(p => p.Shared):0.0} parts on average (by chance ")
            + Invariant($"{o.Pairs.Average(p => p.Expected):0.0}); {o.Pairs.Count(p => p.Corrected < 0.05)} of them more than chance ")
            + "gives (p < 0.05 after Holm's correction)\n");
        return string.Concat(lines);
    }

    public IReadOnlyList<Figure> Draw(OverlapsFacts facts, Findings findings)
    {
        if (findings.Asking) return [];
        List<Target> order = [.. findings.Measured?.Sparsities ?? []];
        OverlapFacts[] shown = [.. facts.Sparsities.Where(o => o.Pairs.Count > 0).OrderBy(o => order.IndexOf(o.TargetSparsity))];
        if (shown.Length == 0) return [];
        var pairs = shown.SelectMany(o => o.Pairs);
        Scale x = Scale.Around([0, .. pairs.SelectMany(p => (double[])[p.Shared, p.High, p.Low])], 0, 1);
        string[] columns = ["target sparsity", "seed a", "seed b", "shared", "jaccard", "expected", "low", "high", "p-value", "corrected"];
        object?[] Row(Target sparsity, PairFacts p) =>
            [sparsity, p.SeedA, p.SeedB, p.Shared, p.Jaccard, p.Expected, p.Low, p.High, p.PValue, p.Corrected];
        Markup[] panels = [.. shown.Select((o, i) => Panel(o, First(o), x, $"overlap-{i}"))];
        return [new("overlap", "Overlap against chance", string.Join(" ", shown.Select(Reading)),
            panels[..Math.Min(panels.Length, Fold.Beside)],
            [Chart.Key(Shape.Disc, "sub", "parts that both keep"), Chart.Key(Shape.Ring, "random", "expected by chance"),
                Chart.BandKey("chance's 95\u00A0% interval")],
            $"""
            Rows are pairs of seeds, those that share most first. Chance: random subnetworks with the same numbers of heads and of MLPs.
            At the right, p-values after Holm's correction for the number of pairs.
            """,
            [new("overlap", "overlap of pairs against chance", columns,
                [.. shown.SelectMany(o => o.Pairs.Select(p => Row(o.TargetSparsity, p)))])])
        {
            Folded = [new("The other pairs", [.. shown.SelectMany((o, i) => Rest(o).Count == 0 ? []
                : (Markup[])[Panel(o, Rest(o), x, $"overlap-{i}-more")])]),
                new("The same at other sparsities", panels[Math.Min(panels.Length, Fold.Beside)..])],
        }];
    }

    static IReadOnlyList<PairFacts> Ordered(OverlapFacts o) =>
        [.. o.Pairs.OrderByDescending(p => p.Shared).ThenBy(p => p.SeedA).ThenBy(p => p.SeedB)];

    static IReadOnlyList<PairFacts> First(OverlapFacts o) =>
        [.. Ordered(o).Take(o.Pairs.Count <= Fold.Rows + 2 ? o.Pairs.Count : Fold.Rows)];

    static IReadOnlyList<PairFacts> Rest(OverlapFacts o) => [.. Ordered(o).Skip(First(o).Count)];

    static Markup Panel(OverlapFacts o, IReadOnlyList<PairFacts> pairs, Scale x, string id)
    {
        return Strips.Draw(id, Wording.Sparsity(o.TargetSparsity),
            $"Parts shared by each pair of subnetworks at {Wording.Sparsity(o.TargetSparsity)}, against chance",
            $"{Wording.Count(pairs.Count, "pair")}. {Reading(o)}",
            [.. pairs.Select(p => Row(p, o.Pairs.Count <= MostWithWords))], x, "shared parts", false);
    }

    static Strip Row(PairFacts p, bool words)
    {
        string pair = $"seeds {p.SeedA} and {p.SeedB}";
        string chance = $"{Wording.Number(p.Expected, "0.0")} parts ({Wording.Number(p.Low, "0")} to {Wording.Number(p.High, "0")})";
        string probability = $"{Wording.Probability(p.PValue)}, corrected {Wording.Probability(p.Corrected)}";
        string found = $"{p.Shared} shared parts, Jaccard {Wording.Number(p.Jaccard, "0.00")}\n{probability}";
        Mark[] marks = [new(p.Expected, "random", Shape.Ring, $"{pair}: chance\n{chance}"),
            new(p.Shared, "sub", Shape.Disc, $"{pair}\n{found}")];
        return new($"{p.SeedA} and {p.SeedB}", marks, Band: (p.Low, p.High), Right: words ? Wording.Probability(p.Corrected) : "");
    }

    static string Reading(OverlapFacts o)
    {
        int least = o.Pairs.Min(p => p.Shared), most = o.Pairs.Max(p => p.Shared);
        string interval = $"95\u00A0% between {Wording.Number(o.Pairs.Min(p => p.Low), "0")} and "
            + $"{Wording.Number(o.Pairs.Max(p => p.High), "0")}";
        return $"At {Wording.Sparsity(o.TargetSparsity)} pairs share {(least == most ? $"{least}" : $"{least} to {most}")} parts where "
            + "chance gives "
            + $"{Wording.Number(o.Pairs.Average(p => p.Expected), "0.0")} ({interval}); {o.Pairs.Count(p => p.Corrected < 0.05)} of "
            + $"{Wording.Count(o.Pairs.Count, "pair")} {(o.Pairs.Count == 1 ? "overlaps" : "overlap")} more than chance at 5\u00A0% after "
            + "correction.";
    }
}
