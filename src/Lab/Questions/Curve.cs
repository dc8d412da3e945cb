using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Questions;

/// <summary>Accuracy against sparsity.</summary>
/// <param name="Tolerance">how far below the model the mean may lie and still count as there, a fraction</param>
/// <param name="Points">one point per sparsity, rising</param>
public sealed record CurveFacts(double Tolerance, IReadOnlyList<CurvePoint> Points);

/// <summary>Accuracy at one sparsity, over the seeds.</summary>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="Sparsity">the sparsity that the subnetworks have</param>
/// <param name="Subnetworks">accuracy of the subnetworks</param>
/// <param name="Random">accuracy of random masks of the same sizes</param>
public sealed record CurvePoint(Target TargetSparsity, Band Sparsity, SetBands Subnetworks, SetBands Random);

/// <summary>Accuracy on each set, over the seeds.</summary>
/// <param name="InDomain">in-domain</param>
/// <param name="OutOfDomain">out of domain; null where it was not measured</param>
/// <param name="Unseen">on unseen constructions; null where it was not measured</param>
public sealed record SetBands(Band InDomain, Band? OutOfDomain, Band? Unseen)
{
    internal Band? On(DataSet set) => set switch { DataSet.InDomain => InDomain, DataSet.OutOfDomain => OutOfDomain, _ => Unseen };
}

/// <summary>
/// Accuracy in-domain, out of domain and unseen against sparsity, with the band over seeds, next to random masks of the same sizes.
/// </summary>
sealed class Curve : IQuestion<CurveFacts>
{
    public string Name => "curve";

    public int Version => 2;

    public bool Usual => false;

    public CurveFacts? Ask(Subject subject) => subject.Facts<AccuracyFacts>() is { Subnetworks.Count: > 0 } measured
        ? new(subject.Settings.Tolerance, Points(measured)) : null;

    /// <summary>The points of what was measured.</summary>
    internal static IReadOnlyList<CurvePoint> Points(AccuracyFacts measured)
    {
        CurvePoint At(IGrouping<Target, MeasuredSubnetwork> here)
        {
            Band sparsity = Band.Over(here.Select(s => (double?)s.Sparsity))!;
            return new(here.Key, sparsity, Bands([.. here]),
                Bands([.. measured.RandomSubnetworks.Where(r => r.TargetSparsity == here.Key)]));
        }
        return [.. measured.Subnetworks.GroupBy(s => s.TargetSparsity).OrderBy(g => g.Key).Select(At)];
    }

    static SetBands Bands(MeasuredSubnetwork[] here) => new(Band.Over(here.Select(s => (double?)s.Measured.InDomain.Value))!,
        Band.Over(here.Select(s => s.Measured.OutOfDomain?.Value)), Band.Over(here.Select(s => s.Measured.Unseen?.Value)));

    public IReadOnlyList<Figure> Draw(CurveFacts facts, Findings findings)
    {
        Measurements study = findings.Measured!;
        DataSet[] sets = [.. study.Sets.Where(set => facts.Points.Any(p => p.Subnetworks.On(set) is not null))];
        IEnumerable<object?[]> Rows(CurvePoint p, string kind, SetBands bands) => study.Sets.Where(s => bands.On(s) is not null)
            .Select(s => (object?[])[p.TargetSparsity, p.Sparsity.Mean, kind, Measurements.Name(s), .. BandCells(bands.On(s)!)]);
        return [new("curve", "How much can be pruned before accuracy goes, and before generalization goes?", Reading(facts, study),
            [.. sets.Select(set => Panel(facts, study, set))],
            [Chart.Key(Shape.Disc, "sub", "subnetworks: mean over seeds"),
                Chart.Key(Shape.Ring, "random", "random masks of the same sizes: mean"),
                Chart.BandKey("from the lowest to the highest seed")],
            $"The line across is the full model, the dotted one guessing. Each mark stands at the sparsity that its subnetworks have.",
            [new("curve", "accuracy against sparsity, over seeds",
                ["target sparsity", "sparsity", "kind", "set", "seeds", "mean", "lowest", "highest", "95 % low", "95 % high"],
                [.. facts.Points.SelectMany(p => Rows(p, "subnetworks", p.Subnetworks).Concat(Rows(p, "random masks", p.Random)))])])];
    }

    static object?[] BandCells(Band b) => [b.N, b.Mean, b.Low, b.High, b.IntervalLow, b.IntervalHigh];

    static Markup Panel(CurveFacts facts, Measurements study, DataSet set)
    {
        double full = study.Full.On(set)!.Value, low = facts.Points.Min(p => p.Sparsity.Mean);
        double high = facts.Points.Max(p => p.Sparsity.Mean);
        BandLine Line(string kind, Shape shape, string name, Func<CurvePoint, SetBands> bands)
        {
            BandPoint At(CurvePoint p)
            {
                Band band = bands(p).On(set)!;
                string over = $"{Wording.Range(band.Low, band.High)} over {Wording.Count(band.N, "seed")}";
                string tip = $"{name}, {Wording.Sparsity(p.Sparsity.Mean)}\n{Measurements.Name(set)} {Wording.Percent(band.Mean)} ({over})";
                return new(p.Sparsity.Mean, band, tip);
            }
            return new(kind, shape, [.. facts.Points.Where(p => bands(p).On(set) is not null).Select(At)]);
        }
        BandLine[] lines = [Line("random", Shape.Ring, "random masks", p => p.Random),
            Line("sub", Shape.Disc, "subnetworks", p => p.Subnetworks)];
        Scale x = BandChart.Along(Math.Min(low, 0), Math.Max(high, 0.9));
        var ends = lines.SelectMany(l => l.Points).SelectMany(p => (double[])[p.Y.Low, p.Y.High]);
        string marks = Wording.Count(facts.Points.Count, "mark");
        return BandChart.Draw($"curve-{set}", Measurements.Name(set), $"Accuracy {Measurements.Say(set)} against sparsity",
            $"Subnetworks and random masks, {marks} each; the full model reaches {Wording.Percent(full)}.", lines, x,
            [.. x.Ticks(5).Select(t => (t, Wording.Number(t, "0.0#")))], BandChart.Up([full, study.Chance(set), 1, .. ends], 1),
            ("sparsity", $"accuracy {Measurements.Say(set)}"), true, [(full, "level"), (study.Chance(set), "chance")]);
    }

    static string Reading(CurveFacts facts, Measurements study)
    {
        DataSet[] sets = [.. study.Sets.Where(s => s != DataSet.Unseen && study.Full.On(s) is not null)];
        string Held(DataSet set)
        {
            // the largest sparsity up to which, from the smallest on, the mean stays within the tolerance
            double least = study.Full.On(set)!.Value - facts.Tolerance;
            Target? last = facts.Points.TakeWhile(p => p.Subnetworks.On(set) is { } band && band.Mean >= least)
                .Select(p => (Target?)p.TargetSparsity).LastOrDefault();
            return $"{Measurements.Say(set)} {(last is { } s ? $"up to {Wording.Sparsity(s)}" : "at none of the sparsities")}";
        }
        CurvePoint main = facts.Points.Single(p => p.TargetSparsity == study.MainSparsity);
        string Span(DataSet set)
        {
            Band band = main.Subnetworks.On(set)!;
            string n = Wording.Count(study.Full.On(set)!.N), noise = Wording.Points(study.Main.Max(e => Spread.Half(e.On(set)!)));
            return $"{Wording.Points(band.High - band.Low)} {Measurements.Say(set)} (n\u00A0=\u00A0{n}, one mark ±{noise})";
        }
        string[] spans = [.. study.Sets.Where(s => s != DataSet.Unseen && main.Subnetworks.On(s) is not null).Select(Span)];
        return $"The mean over {Wording.Count(main.Subnetworks.InDomain.N, "seed")} stays within {Wording.Points(facts.Tolerance)} of the "
            + "model "
            + $"{Wording.List([.. sets.Select(Held)])}; at {Wording.Sparsity(main.TargetSparsity)} the seeds span {Wording.List(spans)}.";
    }
}
