using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Reports.Paper;

/// <summary>How often parts are kept at the main sparsity against another.</summary>
internal static class Shift
{
    /// <summary>The figure.</summary>
    public static Figure Draw(Findings study, FrequencyShiftFacts facts)
    {
        FrequencyFacts main = Of(study, facts.Main), other = Of(study, facts.Other);
        var lines = facts.Correlations.Where(c => c.Heads.Rho is not null).Select(c => new BandPoint(c.TargetSparsity, new(c.Heads.Rho!.Value, c.Heads.Low ?? c.Heads.Rho.Value, c.Heads.High ?? c.Heads.Rho.Value, c.Heads.N),
            $"{Wording.Sparsity(facts.Main)} against {Wording.Number(c.TargetSparsity, "0.0#")}\n{Said(c.Heads)}")).ToArray();
        Scale x = BandChart.Along(0, 0.9), y = BandChart.Up([0, 1, .. lines.Select(l => l.Y.Low)], 1, -1);
        return new("shift", "Do subnetworks of other sizes keep the same parts?", Reading(facts),
            [Map(study, "shift-main", main), Map(study, "shift-other", other), Difference(study, main, other),
                .. lines.Length == 0 ? [] : (Markup[])[BandChart.Draw("shift-correlation", $"rank correlation with {Wording.Sparsity(facts.Main)}", "Rank correlation of heads' frequencies with those at the main sparsity", $"{Wording.Count(lines.Length, "sparsity mark")}.",
                    [new("sub", Shape.Disc, lines)], x, [.. x.Ticks(5).Select(t => (t, Wording.Number(t, "0.0#")))], y, ("sparsity", "Spearman's ρ over heads"), false)]],
            [Chart.BandKey("95\u00A0% interval over heads")],
            $"In the first two maps a number says how many subnetworks keep the part; in the third, how many more do at {Wording.Sparsity(facts.Other)} (blue: fewer), in percent of the subnetworks.",
            [new("shift", "how many subnetworks keep each part, at every sparsity", ["part", .. Sparsities(study).Select(s => Wording.Sparsity(s))],
                [.. main.Kept.Keys.Select(p => (object?[])[p, .. Sparsities(study).Select(s => (object?)Of(study, s).Kept[p])])]),
                new("shift-correlation", "rank correlation of heads' frequencies with those at the main sparsity", ["sparsity", "heads", "rho", "low", "high"],
                    [.. facts.Correlations.Select(c => (object?[])[c.TargetSparsity, c.Heads.N, c.Heads.Rho, c.Heads.Low, c.Heads.High])])]);
    }

    static IEnumerable<double> Sparsities(Findings study) => study.Sparsities.Order();

    static FrequencyFacts Of(Findings study, double sparsity) => study.Result.Frequencies.Single(f => f.TargetSparsity == sparsity);

    static Markup Map(Findings study, string id, FrequencyFacts f) => HeadMap.Draw(id, Wording.Sparsity(f.TargetSparsity), $"How many of {Wording.Count(f.Subnetworks, "subnetwork")} keep each part at {Wording.Sparsity(f.TargetSparsity)}",
        $"A map of {Wording.Count(f.Kept.Count, "part")}.", study.Result.Model.HeadsPerLayer,
        f.Kept.ToDictionary(k => k.Key, k => new Cell(0.92 * k.Value / f.Subnetworks, k.Value == 0 ? "" : $"{k.Value}", $"{k.Key}, {Wording.Sparsity(f.TargetSparsity)}\nkept by {k.Value} of {f.Subnetworks}", k.Value == f.Subnetworks && f.Subnetworks > 1)));

    static Markup Difference(Findings study, FrequencyFacts main, FrequencyFacts other) => HeadMap.Draw("shift-difference", $"the second minus the first", "How much more often each part is kept at the other sparsity",
        $"{main.Kept.Count(k => Share(other, k.Key) > Share(main, k.Key))} parts are kept more often at {Wording.Sparsity(other.TargetSparsity)}, {main.Kept.Count(k => Share(other, k.Key) < Share(main, k.Key))} less often.", study.Result.Model.HeadsPerLayer,
        main.Kept.Keys.ToDictionary(p => p, p => Moved(p, main, other)));

    static Cell Moved(string part, FrequencyFacts main, FrequencyFacts other)
    {
        double more = Share(other, part) - Share(main, part);
        return new(0.92 * more, Math.Abs(more) < 0.005 ? "" : Wording.Number(100 * more, "0"),
            $"{part}\n{Wording.Percent(Share(main, part))} at {Wording.Sparsity(main.TargetSparsity)}\n{Wording.Percent(Share(other, part))} at {Wording.Sparsity(other.TargetSparsity)}", false);
    }

    static double Share(FrequencyFacts f, string part) => (double)f.Kept[part] / f.Subnetworks;

    static string Said(RankCorrelation c) => c.Rho is not { } rho ? "no correlation: the frequencies do not differ"
        : c is { Low: { } low, High: { } high } ? $"ρ\u00A0=\u00A0{Wording.Number(rho, "0.00")} ({Wording.Number(low, "0.00")} to {Wording.Number(high, "0.00")}, {Wording.Count(c.N, "head")})" : $"ρ\u00A0=\u00A0{Wording.Number(rho, "0.00")}, too few heads for an interval";

    static string Reading(FrequencyShiftFacts facts)
    {
        RankCorrelation at = facts.Correlations.Single(c => c.TargetSparsity == facts.Other).Heads;
        bool clear = at.Low > 0;
        return $"How often a head is kept at {Wording.Sparsity(facts.Main)} and at {Wording.Sparsity(facts.Other)} have {Said(at)}: {(clear ? "subnetworks of another size are made of the same heads, more or fewer of them" : at.Rho is null ? "there is nothing to order" : "whether other sizes keep the same heads is not settled")}.";
    }
}
