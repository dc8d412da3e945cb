using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Reports.Paper;

/// <summary>How large the smallest subnetwork is that is as good as the model, over training.</summary>
internal static class Sizes
{
    static readonly (string Name, string Class, Shape Shape, Func<CheckpointSizes, Band?> Of)[] kinds =
        [("both", "random", Shape.Ring, c => c.Both), ("out of domain", "sub", Shape.Diamond, c => c.OutOfDomain), ("in-domain", "full", Shape.Disc, c => c.InDomain)];

    /// <summary>The figure; null where there is no grid.</summary>
    public static Figure? Draw(Findings study, PaperFacts paper)
    {
        if (paper.Sizes is not { Checkpoints.Count: > 0 } facts) return null;
        var (x, ticks) = Emerging.Steps([.. facts.Checkpoints.Select(c => c.Step)]);
        BandLine[] lines = [.. kinds.Select(k => new BandLine(k.Class, k.Shape, [.. facts.Checkpoints.Select((c, i) => (Checkpoint: c, Place: i, Size: k.Of(c))).Where(c => c.Size is not null)
            .Select(c => new BandPoint(c.Place, c.Size!, $"step {Wording.Count(c.Checkpoint.Step)}, as good {k.Name}\n{Size(c.Size!, facts.Parts)} of {facts.Parts} parts over {Wording.Count(c.Size!.N, "seed")}", Interval(c.Size!, facts.Parts)))]))];
        return new("sizes", "Does the model's effective size grow or shrink as generalization appears?", Reading(paper, facts),
            [BandChart.Draw("sizes-training", "parts of the smallest subnetwork as good as the model", "Parts of the smallest subnetwork as good as the model, at each checkpoint", $"{Wording.Count(facts.Checkpoints.Count, "checkpoint")}, {Wording.Count(facts.Sparsities.Count, "size")} each.",
                lines, x, ticks, BandChart.Up([0, facts.Parts], facts.Parts), ("step (checkpoints evenly spaced)", "parts"), false, [(facts.Parts, "level")]), Accuracies(study, paper, facts)],
            [.. kinds.Reverse().Select(k => Chart.Key(k.Shape, k.Class, k.Name == "both" ? "as good on both" : $"as good {k.Name}")), Chart.BandKey("from the smallest to the largest over seeds")],
            $"""
            A subnetwork is as good as its checkpoint's model when it lies at most {Wording.Points(paper.Tolerance)} below it; sizes are those of the grid (sparsity {string.Join(", ", facts.Sparsities.Select(s => Wording.Number(s, "0.0#")))}), and a seed without any counts the whole model (the line).
            A checkpoint counts where its model stands more than that above guessing, interval and all, and has come at least half the way from guessing to the trained model: guessing would be nearly as good otherwise.
            Upright lines are Student's 95&#160;% intervals of the mean over {Wording.Count(facts.Seeds.Count, "seed")}{(facts.Seeds.Count < 10 ? ", wide because they are few" : "")}; they are left out below {Band.Fewest} seeds, and where all agree, which sizes in the grid's steps often do.
            """,
            [new("sizes", "smallest subnetworks as good as their model, in parts", ["checkpoint", "step", "as good", "seeds", "mean", "smallest", "largest", "95 % low", "95 % high", "searches of the study"],
                [.. facts.Checkpoints.SelectMany(c => kinds.Reverse().Select(k => (object?[])[c.Name, c.Step, k.Name, k.Of(c)?.N, k.Of(c)?.Mean, k.Of(c)?.Low, k.Of(c)?.High, k.Of(c)?.IntervalLow, k.Of(c)?.IntervalHigh, c.Reused ? "yes" : "no"]))]),
                new("grid", "every subnetwork of the grid", ["checkpoint", "step", "seed", "target sparsity", "parts", .. Table.ColumnsOf("in-domain"), .. Table.ColumnsOf("out of domain")],
                    [.. facts.Checkpoints.SelectMany(c => c.Grid.Select(g => (object?[])[c.Name, c.Step, g.Seed, g.TargetSparsity, g.Parts, .. Table.CellsOf(g.InDomain), .. Table.CellsOf(g.OutOfDomain)]))])]);
    }

    // what the grid's subnetworks lose, mean over seeds
    static Markup Accuracies(Findings study, PaperFacts paper, SizeFacts facts)
    {
        Cell Square(CheckpointSizes c, double sparsity, bool outside)
        {
            Measured full = paper.Emergence!.Checkpoints.Single(f => f.Name == c.Name).Full;
            Proportion model = outside ? full.OutOfDomain! : full.InDomain;
            Band band = Band.Of(c.Grid.Where(g => g.TargetSparsity == sparsity).Select(g => (double?)(outside ? g.OutOfDomain! : g.InDomain).Value))!;
            double lost = model.Value - band.Mean;
            return new(Math.Sign(lost) * Math.Sqrt(Math.Min(1, Math.Abs(lost) / 0.5)) * 0.92, Math.Abs(lost) < 0.005 ? "" : Wording.Number(100 * lost, "0"),
                $"step {Wording.Count(c.Step)}, {Wording.Sparsity(sparsity)}\n{(outside ? "out of domain" : "in-domain")} {Wording.Percent(band.Mean)} ({Wording.Range(band.Low, band.High)} over {Wording.Count(band.N, "seed")}), model {Wording.Percent(model.Value)}", lost <= paper.Tolerance);
        }
        bool[] sets = study.Full.On(DataSet.OutOfDomain) is null ? [false] : [false, true];
        return HeatMap.Draw("sizes-grid", "accuracy lost by the grid's subnetworks, in points", "Accuracy lost by the subnetworks of the grid, mean over seeds", $"{Wording.Count(facts.Checkpoints.Count, "checkpoint")} by {Wording.Count(facts.Sparsities.Count, "size")}; outlined where within the tolerance.",
            [.. sets.SelectMany(outside => facts.Checkpoints.Select((c, i) => new HeatRow($"{(outside ? "out" : "in")}, step {Wording.Count(c.Step)}", [.. facts.Sparsities.Select(s => Square(c, s, outside))], outside && i == 0)))],
            [.. facts.Sparsities.Select(s => Wording.Number(s, "0.0#"))], [], "sparsity; an outline: within the tolerance");
    }

    // no size lies outside of none and all
    static (double Low, double High)? Interval(Band b, int whole) => b is { IntervalLow: { } low, IntervalHigh: { } high } ? (Math.Max(0, low), Math.Min(whole, high)) : null;

    static string Size(Band b, int whole) => $"{Wording.Number(b.Mean, "0.#")} ({(b.Low == b.High ? b.N == 1 ? "one seed" : $"all {b.N} seeds" : $"{Wording.Number(b.Low, "0")} to {Wording.Number(b.High, "0")}")}"
        + $"{(Interval(b, whole) is { } i ? $"; mean's 95\u00A0% interval {Wording.Number(i.Low, "0.0")} to {Wording.Number(i.High, "0.0")}" : "")})";

    static string Reading(PaperFacts paper, SizeFacts facts)
    {
        var counted = facts.Checkpoints.Where(c => c.InDomain is not null).ToArray();
        if (counted.Length == 0) return "At no checkpoint has the model come half the way from guessing to the trained one, so that there is no size to speak of.";
        double Outside(CheckpointSizes c) => paper.Emergence!.Checkpoints.Single(f => f.Name == c.Name).Full.OutOfDomain?.Value ?? double.NaN;
        CheckpointSizes low = counted.MinBy(Outside)!, high = counted.MaxBy(Outside)!;
        string from = $"In-domain the smallest subnetwork as good as the model has {Size(low.InDomain!, facts.Parts)} of {facts.Parts} parts where the model reaches {Wording.Percent(Outside(low))} out of domain (step {Wording.Count(low.Step)})";
        if (counted.Length == 1) return $"{from}; one checkpoint shows no trend.";
        string to = $" and {Size(high.InDomain!, facts.Parts)} where it reaches {Wording.Percent(Outside(high))} (step {Wording.Count(high.Step)}; brackets: smallest to largest of {Wording.Count(facts.Seeds.Count, "seed")}{(facts.Seeds.Count < Band.Fewest ? ", too few for an interval" : "")})";
        string trend = facts.InDomainTrend is not { } t ? "with too few checkpoints, or sizes that do not differ, for a trend"
            : $"over {Wording.Count(t.Correlation.N, "checkpoint")} the two have ρ\u00A0=\u00A0{Wording.Number(t.Correlation.Rho, "0.00")} ({Wording.Probability(t.PValue)}, checkpoints shuffled), so that the effective size {(t.PValue >= 0.05 ? "cannot be said to grow or shrink" : t.Correlation.Rho > 0 ? "grows" : "shrinks")} as generalization appears";
        string outside = high.OutOfDomain is { } o ? $"; as good out of domain takes {Size(o, facts.Parts)} there" : "";
        return $"{from}{to}{outside}; {trend}.";
    }
}
