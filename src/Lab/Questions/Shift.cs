using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Questions;

/// <summary>How often each head is kept at the main sparsity against others.</summary>
/// <param name="Main">the main sparsity</param>
/// <param name="Other">the other that is drawn: the one nearest to 0.2 below the main one</param>
/// <param name="Correlations">rank correlation of the heads' frequencies at the main sparsity with those at each other sparsity</param>
public sealed record ShiftFacts(Target Main, Target Other, IReadOnlyList<ShiftCorrelation> Correlations);

/// <summary>Heads' frequencies at the main sparsity against those at another.</summary>
/// <param name="TargetSparsity">the other sparsity</param>
/// <param name="Heads">rank correlation over heads, with its interval</param>
public sealed record ShiftCorrelation(Target TargetSparsity, RankCorrelation Heads);

/// <summary>How often parts are kept at the main sparsity against another.</summary>
sealed class Shift : IQuestion<ShiftFacts>
{
    const double Apart = 0.2;

    public string Name => "shift";

    public int Version => 2;

    public bool Usual => false;

    public ShiftFacts? Ask(Subject subject) => subject.Facts<FrequenciesFacts>() is { } frequencies
        ? Between(frequencies, subject.Settings.Sparsities[0]) : null;

    /// <summary>The comparison; null where there is only one sparsity, or no head in play.</summary>
    internal static ShiftFacts? Between(FrequenciesFacts frequencies, Target main)
    {
        FrequencyFacts own = frequencies.At(main)!;
        FrequencyFacts[] others = [.. frequencies.Sparsities.Where(f => f.TargetSparsity != main).OrderBy(f => f.TargetSparsity)];
        string[] heads = [.. own.Kept.Keys.Where(p => Subject.IsHead(Part.Parse(p)))];
        if (others.Length == 0 || heads.Length == 0) return null;
        double[] Kept(FrequencyFacts f) => [.. heads.Select(h => (double)f.Kept[h])];
        Target nearest = others.MinBy(f => Math.Abs(f.TargetSparsity.Gone - (main.Gone - Apart)))!.TargetSparsity;
        return new(main, nearest,
            [.. others.Select(f => new ShiftCorrelation(f.TargetSparsity, RankCorrelation.Between(Kept(own), Kept(f))))]);
    }

    public IReadOnlyList<Figure> Draw(ShiftFacts facts, Findings findings)
    {
        FrequenciesFacts all = findings.Facts<FrequenciesFacts>()!;
        FrequencyFacts main = all.At(facts.Main)!, other = all.At(facts.Other)!;
        FrequencyFacts[] rising = [.. all.Sparsities.OrderBy(f => f.TargetSparsity)];
        string moved = $"in the third, how many more do at {Wording.Sparsity(facts.Other)} (blue: fewer), in percent of the subnetworks.";
        return [new("shift", "Do subnetworks of other sizes keep the same parts?", Reading(facts),
            [Map("shift-main", main, findings.Kinds), Map("shift-other", other, findings.Kinds),
                Difference(main, other, findings.Kinds), .. Correlations(facts)],
            [Chart.BandKey("95\u00A0% interval over heads")],
            $"In the first two maps a number says how many subnetworks keep the part; {moved}",
            [new("shift", "how many subnetworks keep each part, at every sparsity",
                ["part", .. rising.Select(f => Wording.Sparsity(f.TargetSparsity))],
                [.. main.Kept.Keys.Select(p => (object?[])[p, .. rising.Select(f => (object?)f.Kept[p])])]),
                new("shift-correlation", "rank correlation of heads' frequencies with those at the main sparsity",
                    ["sparsity", "heads", "rho", "low", "high"],
                    [.. facts.Correlations.Select(c =>
                        (object?[])[c.TargetSparsity, c.Heads.N, c.Heads.Rho, c.Heads.Low, c.Heads.High])])])];
    }

    static Markup[] Correlations(ShiftFacts facts)
    {
        BandPoint? At(ShiftCorrelation c)
        {
            if (c.Heads.Rho is not { } rho) return null;
            string tip = $"{Wording.Sparsity(facts.Main)} against {Wording.Short(c.TargetSparsity)}\n{InWords(c.Heads)}";
            return new(c.TargetSparsity.Gone, new(rho, c.Heads.Low ?? rho, c.Heads.High ?? rho, c.Heads.N), tip);
        }
        BandPoint[] points = [.. facts.Correlations.Select(At).OfType<BandPoint>()];
        if (points.Length == 0) return [];
        Scale x = BandChart.Along(0, 0.9), y = BandChart.Up([0, 1, .. points.Select(l => l.Y.Low)], 1, -1);
        return [BandChart.Draw("shift-correlation", $"rank correlation with {Wording.Sparsity(facts.Main)}",
            "Rank correlation of heads' frequencies with those at the main sparsity", $"{Wording.Count(points.Length, "sparsity mark")}.",
            [new("sub", Shape.Disc, points)], x, [.. x.Ticks(5).Select(t => (t, Wording.Number(t, "0.0#")))], y,
            ("sparsity", "Spearman's ρ over heads"), false)];
    }

    static Markup Map(string id, FrequencyFacts f, IReadOnlyList<PartKind> kinds)
    {
        string at = Wording.Sparsity(f.TargetSparsity);
        Cell Square(string part, int kept) => new(0.92 * kept / f.Subnetworks, kept == 0 ? "" : $"{kept}",
            $"{part}, {at}\nkept by {kept} of {f.Subnetworks}", kept == f.Subnetworks && f.Subnetworks > 1);
        return PartMap.Draw(id, at, $"How many of {Wording.Count(f.Subnetworks, "subnetwork")} keep each part at {at}",
            $"A map of {Wording.Count(f.Kept.Count, "part")}.", f.Kept.ToDictionary(k => k.Key, k => Square(k.Key, k.Value)), kinds);
    }

    static Markup Difference(FrequencyFacts main, FrequencyFacts other, IReadOnlyList<PartKind> kinds)
    {
        int more = main.Kept.Count(k => Share(other, k.Key) > Share(main, k.Key));
        int less = main.Kept.Count(k => Share(other, k.Key) < Share(main, k.Key));
        return PartMap.Draw("shift-difference", "the second minus the first", "How much more often each part is kept at the other sparsity",
            $"{more} parts are kept more often at {Wording.Sparsity(other.TargetSparsity)}, {less} less often.",
            main.Kept.Keys.ToDictionary(p => p, p => Moved(p, main, other)), kinds);
    }

    static Cell Moved(string part, FrequencyFacts main, FrequencyFacts other)
    {
        double more = Share(other, part) - Share(main, part);
        string At(FrequencyFacts f) => $"{Wording.Percent(Share(f, part))} at {Wording.Sparsity(f.TargetSparsity)}";
        return new(0.92 * more, Math.Abs(more) < 0.005 ? "" : Wording.Number(100 * more, "0"), $"{part}\n{At(main)}\n{At(other)}", false);
    }

    static double Share(FrequencyFacts f, string part) => (double)f.Kept[part] / f.Subnetworks;

    static string InWords(RankCorrelation c)
    {
        if (c.Rho is not { } rho) return "no correlation: the frequencies do not differ";
        string said = $"ρ\u00A0=\u00A0{Wording.Number(rho, "0.00")}";
        return c is { Low: { } low, High: { } high }
            ? $"{said} ({Wording.Number(low, "0.00")} to {Wording.Number(high, "0.00")}, {Wording.Count(c.N, "head")})"
            : $"{said}, too few heads for an interval";
    }

    static string Reading(ShiftFacts facts)
    {
        RankCorrelation at = facts.Correlations.Single(c => c.TargetSparsity == facts.Other).Heads;
        string meaning = at.Low > 0 ? "subnetworks of another size are made of the same heads, more or fewer of them"
            : at.Rho is null ? "there is nothing to order" : "whether other sizes keep the same heads is not settled";
        return $"How often a head is kept at {Wording.Sparsity(facts.Main)} and at {Wording.Sparsity(facts.Other)} have {InWords(at)}: "
            + $"{meaning}.";
    }
}
