using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Questions;

/// <summary>The figure of <see cref="Sizes"/>: how large the smallest subnetwork is that is as good as the model, over training.</summary>
static class SizeLines
{
    sealed record Kind(string Name, string Class, Shape Shape, Func<CheckpointSizes, Band?> Size);

    static readonly Kind[] kinds =
        [new("both", "random", Shape.Ring, c => c.Both), new("out of domain", "sub", Shape.Diamond, c => c.OutOfDomain),
        new("in-domain", "full", Shape.Disc, c => c.InDomain)];

    /// <summary>The figure of a grid with at least one checkpoint.</summary>
    public static Figure Draw(SizeFacts facts, Findings findings)
    {
        var full = findings.Facts<EmergenceFacts>()!.Checkpoints.ToDictionary(c => c.Name, c => c.Full);
        bool outside = findings.Measured!.Full.On(DataSet.OutOfDomain) is not null;
        string sparsities = string.Join(", ", facts.Sparsities.Select(s => Wording.Short(s)));
        string seeds = Wording.Count(facts.Seeds.Count, "seed");
        return new("sizes", "Does the model's effective size grow or shrink as generalization appears?", Reading(facts, full),
            [Lines(facts), Accuracies(facts, full, outside)],
            [.. kinds.Reverse().Select(k => Chart.Key(k.Shape, k.Class, k.Name == "both" ? "as good on both" : $"as good {k.Name}")),
                Chart.BandKey("from the smallest to the largest over seeds")],
            $"""
            A subnetwork is as good as its checkpoint's model when it lies at most {Wording.Points(facts.Tolerance)} below it; sizes are
            those of the grid (sparsity {sparsities}), and a seed without any counts the whole model (the line).
            A checkpoint counts where its model stands more than that above guessing, interval and all, and has come at least half the way
            from guessing to the trained model: guessing would be nearly as good otherwise.
            Upright lines are Student's 95&#160;% intervals of the mean over
            {seeds}{(facts.Seeds.Count < 10 ? ", wide because they are few" : "")}; they are left out below {Band.Fewest} seeds, and where
            all agree, which sizes in the grid's steps often do.
            """, [SizeTable(facts), GridTable(facts)]);
    }

    static Table SizeTable(SizeFacts facts)
    {
        object?[] Row(CheckpointSizes c, Kind k)
        {
            Band? b = k.Size(c);
            return [c.Name, c.Step, k.Name, b?.N, b?.Mean, b?.Low, b?.High, b?.IntervalLow, b?.IntervalHigh, c.Reused ? "yes" : "no"];
        }
        return new("sizes", "smallest subnetworks as good as their model, in parts",
            ["checkpoint", "step", "as good", "seeds", "mean", "smallest", "largest", "95 % low", "95 % high", "searches of the study"],
            [.. facts.Checkpoints.SelectMany(c => kinds.Reverse().Select(k => Row(c, k)))]);
    }

    static Table GridTable(SizeFacts facts)
    {
        object?[] Row(CheckpointSizes c, GridPoint g) =>
            [c.Name, c.Step, g.Seed, g.TargetSparsity, g.Parts, .. Table.CellsOf(g.InDomain), .. Table.CellsOf(g.OutOfDomain)];
        return new("grid", "every subnetwork of the grid",
            ["checkpoint", "step", "seed", "target sparsity", "parts", .. Table.ColumnsOf("in-domain"),
                .. Table.ColumnsOf("out of domain")],
            [.. facts.Checkpoints.SelectMany(c => c.Grid.Select(g => Row(c, g)))]);
    }

    static Markup Lines(SizeFacts facts)
    {
        var (x, ticks) = EmergenceMaps.Steps([.. facts.Checkpoints.Select(c => c.Step)]);
        BandPoint? At(Kind k, CheckpointSizes c, int place)
        {
            if (k.Size(c) is not { } size) return null;
            string over = $"{InWords(size, facts.Parts)} of {facts.Parts} parts over {Wording.Count(size.N, "seed")}";
            return new(place, size, $"step {Wording.Count(c.Step)}, as good {k.Name}\n{over}", Interval(size, facts.Parts));
        }
        BandLine Line(Kind k) => new(k.Class, k.Shape, [.. facts.Checkpoints.Select((c, i) => At(k, c, i)).OfType<BandPoint>()]);
        string checkpoints = Wording.Count(facts.Checkpoints.Count, "checkpoint");
        return BandChart.Draw("sizes-training", "parts of the smallest subnetwork as good as the model",
            "Parts of the smallest subnetwork as good as the model, at each checkpoint",
            $"{checkpoints}, {Wording.Count(facts.Sparsities.Count, "size")} each.", [.. kinds.Select(Line)], x, ticks,
            BandChart.Up([0, facts.Parts], facts.Parts), ("step (checkpoints evenly spaced)", "parts"), false, [(facts.Parts, "level")]);
    }

    // what the grid's subnetworks lose, mean over seeds
    static Markup Accuracies(SizeFacts facts, IReadOnlyDictionary<string, Measured> full, bool outside)
    {
        Cell Square(CheckpointSizes c, Target sparsity, bool far)
        {
            Proportion model = far ? full[c.Name].OutOfDomain! : full[c.Name].InDomain;
            var here = c.Grid.Where(g => g.TargetSparsity == sparsity);
            Band band = Band.Over(here.Select(g => (double?)(far ? g.OutOfDomain! : g.InDomain).Value))!;
            double lost = model.Value - band.Mean, strength = Math.Sign(lost) * Math.Sqrt(Math.Min(1, Math.Abs(lost) / 0.5)) * 0.92;
            string over = $"{Wording.Range(band.Low, band.High)} over {Wording.Count(band.N, "seed")}";
            string tip = $"step {Wording.Count(c.Step)}, {Wording.Sparsity(sparsity)}\n{(far ? "out of domain" : "in-domain")} "
                + $"{Wording.Percent(band.Mean)} ({over}), model {Wording.Percent(model.Value)}";
            return new(strength, Math.Abs(lost) < 0.005 ? "" : Wording.Number(100 * lost, "0"), tip, lost <= facts.Tolerance);
        }
        HeatRow Row(CheckpointSizes c, bool far, bool parted) => new($"{(far ? "out" : "in")}, step {Wording.Count(c.Step)}",
            [.. facts.Sparsities.Select(s => Square(c, s, far))], parted);
        bool[] sets = outside ? [false, true] : [false];
        string checkpoints = Wording.Count(facts.Checkpoints.Count, "checkpoint"), sizes = Wording.Count(facts.Sparsities.Count, "size");
        return HeatMap.Draw("sizes-grid", "accuracy lost by the grid's subnetworks, in points",
            "Accuracy lost by the subnetworks of the grid, mean over seeds",
                $"{checkpoints} by {sizes}; outlined where within the tolerance.",
            [.. sets.SelectMany(far => facts.Checkpoints.Select((c, i) => Row(c, far, far && i == 0)))],
            [.. facts.Sparsities.Select(s => Wording.Short(s))], [], "sparsity; an outline: within the tolerance");
    }

    // no size lies outside of none and all
    static (double Low, double High)? Interval(Band b, int whole) =>
        b is { IntervalLow: { } low, IntervalHigh: { } high } ? (Math.Max(0, low), Math.Min(whole, high)) : null;

    static string InWords(Band b, int whole)
    {
        string range = b.Low != b.High ? $"{Wording.Number(b.Low, "0")} to {Wording.Number(b.High, "0")}" : b.N == 1 ? "one seed"
            : $"all {b.N} seeds";
        string interval = Interval(b, whole) is { } i
            ? $"; mean's 95\u00A0% interval {Wording.Number(i.Low, "0.0")} to {Wording.Number(i.High, "0.0")}" : "";
        return $"{Wording.Number(b.Mean, "0.#")} ({range}{interval})";
    }

    static string Reading(SizeFacts facts, IReadOnlyDictionary<string, Measured> full)
    {
        CheckpointSizes[] counted = [.. facts.Checkpoints.Where(c => c.InDomain is not null)];
        if (counted.Length == 0)
            return "At no checkpoint has the model come half the way from guessing to the trained one, so that there is no size to speak "
                + "of.";
        double Outside(CheckpointSizes c) => full[c.Name].OutOfDomain?.Value ?? double.NaN;
        string At(CheckpointSizes c) => $"{Wording.Percent(Outside(c))}";
        CheckpointSizes low = counted.MinBy(Outside)!, high = counted.MaxBy(Outside)!;
        string from = $"In-domain the smallest subnetwork as good as the model has {InWords(low.InDomain!, facts.Parts)} of {facts.Parts} "
            + "parts "
            + $"where the model reaches {At(low)} out of domain (step {Wording.Count(low.Step)})";
        if (counted.Length == 1) return $"{from}; one checkpoint shows no trend.";
        string seeds = $"{Wording.Count(facts.Seeds.Count, "seed")}{(facts.Seeds.Count < Band.Fewest ? ", too few for an interval" : "")}";
        string to = $" and {InWords(high.InDomain!, facts.Parts)} where it reaches {At(high)} (step {Wording.Count(high.Step)}; "
            + $"brackets: smallest to largest of {seeds})";
        string outside = high.OutOfDomain is { } o ? $"; as good out of domain takes {InWords(o, facts.Parts)} there" : "";
        return $"{from}{to}{outside}; {Trend(facts)}.";
    }

    static string Trend(SizeFacts facts)
    {
        if (facts.InDomainTrend is not { } t) return "with too few checkpoints, or sizes that do not differ, for a trend";
        string moves = t.PValue >= 0.05 ? "cannot be said to grow or shrink" : t.Correlation.Rho > 0 ? "grows" : "shrinks";
        return $"over {Wording.Count(t.Correlation.N, "checkpoint")} the two have "
            + $"ρ\u00A0=\u00A0{Wording.Number(t.Correlation.Rho, "0.00")} "
            + $"({Wording.Probability(t.PValue)}, checkpoints shuffled), so that the effective size {moves} as generalization appears";
    }
}
