using Heartwood.Lab.Evaluation;

namespace Heartwood.Lab.Reports.Paper;

/// <summary>Accuracy over training, and what knocking out each head loses at each checkpoint.</summary>
internal static class Emerging
{
    const string Id = "emergence", Question = "When in training do the core's heads begin to matter?";

    /// <summary>What is said where no checkpoints were given.</summary>
    const string Missing = "The run was given no checkpoints of the model's training: keep some while training (heartwood train --checkpoints 500,1000,2000) and name their folders with --checkpoints to see when each head begins to matter, and how the smallest subnetwork grows or shrinks.";

    /// <summary>The figure.</summary>
    public static Figure Draw(Findings study, PaperFacts paper) => paper.Emergence is not { } facts ? new(Id, Question, Missing, [], [], $"", []) : new(Id, Question, Reading(facts),
        [Training(study, facts), Map("in-domain", "emergence-in", facts, l => l.InDomain, h => h.FirstInDomain),
            .. facts.Checkpoints.Any(c => c.Full.OutOfDomain is not null) ? [Map("out of domain", "emergence-out", facts, l => l.OutOfDomain, h => h.FirstOutOfDomain)] : (Markup[])[]],
        [Charts.Key(Shape.Disc, "full", "in-domain"), Charts.Key(Shape.Diamond, "sub", "out of domain"), Charts.Key(Shape.Ring, "random", "unseen"), Charts.BandKey("95\u00A0% interval over examples")],
        $"""
        In the maps rows are heads, the core's of the trained model above the gap; numbers are the accuracy lost without the head, in points. Coloured is what lies above (blue: below) zero with its whole interval,
        which holds for all {Wording.Count(facts.Tests)} at once; an outline marks the first checkpoint at which the head matters, of those whose model has come at least half the way from guessing to the trained one.
        """,
        [new("training", "the model at each checkpoint", ["checkpoint", "step", .. Table.ColumnsOf("in-domain"), .. Table.ColumnsOf("out of domain"), .. Table.ColumnsOf("unseen"), "lost in-domain without the core's heads", "low", "high", "random heads: most lost", "draws"],
            [.. facts.Checkpoints.Select(c => (object?[])[c.Name, c.Step, .. Table.CellsOf(c.Full.InDomain), .. Table.CellsOf(c.Full.OutOfDomain), .. Table.CellsOf(c.Full.Unseen),
                c.WithoutCore?.InDomain.Value, c.WithoutCore?.InDomain.Low, c.WithoutCore?.InDomain.High, c.WithoutRandom.Select(r => (double?)r.InDomain.Value).Max(), c.WithoutRandom.Count])]),
            new("emergence", "accuracy lost by knocking out each head at each checkpoint", ["head", "core", "checkpoint", "step", "in-domain lost", "low", "high", "out of domain lost", "low ", "high "],
                [.. facts.Heads.SelectMany(h => facts.Checkpoints.Select((c, i) => (object?[])[h.Part, h.Core ? "yes" : "no", c.Name, c.Step, h.Lost[i].InDomain.Value, h.Lost[i].InDomain.Low, h.Lost[i].InDomain.High, h.Lost[i].OutOfDomain?.Value, h.Lost[i].OutOfDomain?.Low, h.Lost[i].OutOfDomain?.High]))])]);

    /// <summary>The axis of checkpoints: evenly spaced, with their steps in words.</summary>
    internal static (Scale Axis, IReadOnlyList<(double At, string Words)> Ticks) Steps(IReadOnlyList<long> steps) =>
        (BandChart.Along(0, Math.Max(1, steps.Count - 1)), [.. steps.Select((s, i) => ((double)i, Wording.Count(s)))]);

    static Markup Training(Findings study, EmergenceFacts facts)
    {
        var (x, ticks) = Steps([.. facts.Checkpoints.Select(c => c.Step)]);
        BandLine Line(string kind, Shape shape, DataSet set, Func<Measured, Proportion?> of) => new(kind, shape, [.. facts.Checkpoints.Select((c, i) => (c.Step, Place: i, P: of(c.Full))).Where(c => c.P is not null)
            .Select(c => new BandPoint(c.Place, new(c.P!.Value, c.P.Low, c.P.High, c.P.N), $"step {Wording.Count(c.Step)}\n{Findings.Name(set)} {Wording.Full(c.P)}"))]);
        BandLine[] lines = [Line("random", Shape.Ring, DataSet.Unseen, m => m.Unseen), Line("sub", Shape.Diamond, DataSet.OutOfDomain, m => m.OutOfDomain), Line("full", Shape.Disc, DataSet.InDomain, m => m.InDomain)];
        return BandChart.Draw("emergence-training", "accuracy of the model over training", "Accuracy of the model at each checkpoint of its training", $"{Wording.Count(facts.Checkpoints.Count, "checkpoint")}.", lines, x, ticks,
            BandChart.Up([1, .. lines.SelectMany(l => l.Points).SelectMany(p => (double[])[p.Y.Low, p.Y.High])], 1), ("step (checkpoints evenly spaced)", "accuracy"), true, [(study.Chance(DataSet.InDomain), "chance")]);
    }

    static Markup Map(string where, string id, EmergenceFacts facts, Func<LossFacts, PairedDifference?> of, Func<HeadFacts, int?> first)
    {
        HeadFacts[] heads = [.. facts.Heads.OrderByDescending(h => h.Core)];
        double most = heads.SelectMany(h => h.Lost).Select(l => Math.Abs(of(l)?.Value ?? 0)).Append(0.05).Max();
        Cell? Square(HeadFacts h, int i) => of(h.Lost[i]) is not { } d ? null : new(d.Low > 0 || d.High < 0 ? Math.Sign(d.Value) * Math.Sqrt(Math.Abs(d.Value) / most) * 0.92 : 0, Math.Abs(d.Value) < 0.005 ? "" : Wording.Number(100 * d.Value, "0"),
            $"{h.Part} knocked out, step {Wording.Count(facts.Checkpoints[i].Step)}\n{where} {(d.Value < 0 ? "gained" : "lost")} {Wording.Points(Math.Abs(d.Value))} ({Wording.Number(100 * d.Low, "0.0")} to {Wording.Number(100 * d.High, "0.0")}, n\u00A0{Wording.Count(d.N)})", first(h) == i);
        return HeatMap.Draw(id, $"accuracy lost {where} without each head", $"Accuracy lost {where} by knocking out each head at each checkpoint", $"{Wording.Count(heads.Length, "head")}, {heads.Count(h => first(h) is not null)} of which matter at some checkpoint.",
            [.. heads.Select((h, r) => new HeatRow(h.Part, [.. Enumerable.Range(0, facts.Checkpoints.Count).Select(i => Square(h, i))], r > 0 && h.Core != heads[r - 1].Core))],
            [.. facts.Checkpoints.Select(c => Wording.Count(c.Step))], [], "steps of training");
    }

    static string Reading(EmergenceFacts facts)
    {
        HeadFacts[] core = [.. facts.Heads.Where(h => h.Core)], others = [.. facts.Heads.Where(h => !h.Core)];
        string Known(HeadFacts[] heads, Func<HeadFacts, int?> first) => $"{heads.Count(h => first(h) is not null)} of {heads.Length}{(Middle(facts, heads, first) is { } step ? $" (half of them by step {Wording.Count(step)})" : "")}";
        if (core.Length == 0) return $"The core has no head; of all {Wording.Count(facts.Heads.Count, "head")}, {Known(others, h => h.FirstInDomain)} matter in-domain at some checkpoint (intervals hold for all {Wording.Count(facts.Tests)} at once).";
        string order = facts.Earlier is not { } e ? "" : e.PValue < 0.05 ? $": the core's come earlier, by {Wording.Number(e.Observed, "0.0")} checkpoints on average ({Wording.Probability(e.PValue)}, heads shuffled)" : $": that the core's come earlier is not settled ({Wording.Probability(e.PValue)}, heads shuffled)";
        return $"Of the core's heads, knocked out alone, {Known(core, h => h.FirstInDomain)} begin to matter in-domain and {Known(core, h => h.FirstOutOfDomain)} out of domain, "
            + $"of the others {Known(others, h => h.FirstInDomain)} and {Known(others, h => h.FirstOutOfDomain)} (intervals that hold for all {Wording.Count(facts.Tests)} losses at once, n\u00A0{Wording.Count(facts.Heads[0].Lost[0].InDomain.N)}){order}.";
    }

    static long? Middle(EmergenceFacts facts, HeadFacts[] heads, Func<HeadFacts, int?> first)
    {
        int[] places = [.. heads.Select(first).OfType<int>().Order()];
        return places.Length == 0 ? null : facts.Checkpoints[places[(places.Length - 1) / 2]].Step;
    }
}
