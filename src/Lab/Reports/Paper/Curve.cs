using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Reports.Paper;

/// <summary>Accuracy against sparsity, on each set.</summary>
internal static class Curve
{
    /// <summary>The figure.</summary>
    public static Figure Draw(Findings study, PaperFacts paper) => new("curve", "How much can be pruned before accuracy goes, and before generalization goes?", Reading(study, paper),
        [.. study.Sets.Where(set => paper.Curve.Any(p => On(p.Subnetworks, set) is not null)).Select(set => Panel(study, paper, set))],
        [Chart.Key(Shape.Disc, "sub", "subnetworks: mean over seeds"), Chart.Key(Shape.Ring, "random", "random masks of the same sizes: mean"), Chart.BandKey("from the lowest to the highest seed")],
        $"The line across is the full model, the dotted one guessing. Each mark stands at the sparsity that its subnetworks have.",
        [new("curve", "accuracy against sparsity, over seeds", ["target sparsity", "sparsity", "kind", "set", "seeds", "mean", "lowest", "highest", "95 % low", "95 % high"],
            [.. paper.Curve.SelectMany(p => ((string Kind, SetBands Bands)[])[("subnetworks", p.Subnetworks), ("random masks", p.Random)], (p, k) => (Point: p, k.Kind, k.Bands))
                .SelectMany(r => study.Sets.Where(s => On(r.Bands, s) is not null).Select(s => (object?[])[r.Point.TargetSparsity, r.Point.Sparsity.Mean, r.Kind, Findings.Name(s), On(r.Bands, s)!.N, On(r.Bands, s)!.Mean, On(r.Bands, s)!.Low, On(r.Bands, s)!.High, On(r.Bands, s)!.IntervalLow, On(r.Bands, s)!.IntervalHigh]))])]);

    static Band? On(SetBands bands, DataSet set) => set switch { DataSet.InDomain => bands.InDomain, DataSet.OutOfDomain => bands.OutOfDomain, _ => bands.Unseen };

    static Markup Panel(Findings study, PaperFacts paper, DataSet set)
    {
        double full = study.Full.On(set)!.Value, low = paper.Curve.Min(p => p.Sparsity.Mean), high = paper.Curve.Max(p => p.Sparsity.Mean);
        BandLine Line(string kind, Shape shape, string name, Func<CurvePoint, SetBands> of) => new(kind, shape, [.. paper.Curve.Where(p => On(of(p), set) is not null).Select(p =>
            new BandPoint(p.Sparsity.Mean, On(of(p), set)!, $"{name}, {Wording.Sparsity(p.Sparsity.Mean)}\n{Findings.Name(set)} {Wording.Percent(On(of(p), set)!.Mean)} ({Wording.Range(On(of(p), set)!.Low, On(of(p), set)!.High)} over {Wording.Count(On(of(p), set)!.N, "seed")})"))]);
        BandLine[] lines = [Line("random", Shape.Ring, "random masks", p => p.Random), Line("sub", Shape.Disc, "subnetworks", p => p.Subnetworks)];
        Scale x = BandChart.Along(Math.Min(low, 0), Math.Max(high, 0.9));
        return BandChart.Draw($"curve-{set}", Findings.Name(set), $"Accuracy {Findings.Say(set)} against sparsity", $"Subnetworks and random masks, {Wording.Count(paper.Curve.Count, "mark")} each; the full model reaches {Wording.Percent(full)}.",
            lines, x, [.. x.Ticks(5).Select(t => (t, Wording.Number(t, "0.0#")))], BandChart.Up([full, study.Chance(set), 1, .. lines.SelectMany(l => l.Points).SelectMany(p => (double[])[p.Y.Low, p.Y.High])], 1),
            ("sparsity", $"accuracy {Findings.Say(set)}"), true, [(full, "level"), (study.Chance(set), "chance")]);
    }

    static string Reading(Findings study, PaperFacts paper)
    {
        string[] held = [.. study.Sets.Where(s => s != DataSet.Unseen && study.Full.On(s) is not null).Select(s => $"{Findings.Say(s)} {(Held(study, paper, s) is { } last ? $"up to {Wording.Sparsity(last)}" : "at none of the sparsities")}")];
        CurvePoint main = paper.Curve.Single(p => p.TargetSparsity == study.Result.Core.TargetSparsity);
        string[] spans = [.. study.Sets.Where(s => s != DataSet.Unseen && On(main.Subnetworks, s) is not null).Select(s =>
            $"{Wording.Points(On(main.Subnetworks, s)!.High - On(main.Subnetworks, s)!.Low)} {Findings.Say(s)} (n\u00A0{Wording.Count(study.Full.On(s)!.N)}, one mark ±{Wording.Points(study.Main.Max(e => Spread.Half(e.On(s)!)))})")];
        return $"The mean over {Wording.Count(main.Subnetworks.InDomain.N, "seed")} stays within {Wording.Points(paper.Tolerance)} of the model {Wording.List(held)}; at {Wording.Sparsity(main.TargetSparsity)} the seeds span {Wording.List(spans)}.";
    }

    /// <summary>The largest sparsity up to which, from the smallest on, the mean stays within the tolerance.</summary>
    static double? Held(Findings study, PaperFacts paper, DataSet set) =>
        paper.Curve.TakeWhile(p => On(p.Subnetworks, set) is { } band && band.Mean >= study.Full.On(set)!.Value - paper.Tolerance).Select(p => (double?)p.TargetSparsity).LastOrDefault();
}
