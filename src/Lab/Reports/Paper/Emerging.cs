using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;

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
        [Chart.Key(Shape.Disc, "full", "in-domain"), Chart.Key(Shape.Diamond, "sub", "out of domain"), Chart.Key(Shape.Ring, "random", "unseen"), Chart.BandKey("95\u00A0% interval over examples")],
        $"""
        In the maps rows are heads, the core's of the trained model above the gap; numbers are the accuracy lost without the head, in points. Coloured is what lies above (blue: below) zero with its whole interval,
        which holds for all {Wording.Count(facts.Tests)} at once; an outline marks the first checkpoint at which the head matters, of those whose model has come at least half the way from guessing to the trained one.
        """,
        [new("training", "the model at each checkpoint", ["checkpoint", "step", .. Table.ColumnsOf("in-domain"), .. Table.ColumnsOf("out of domain"), .. Table.ColumnsOf("unseen")],
            [.. facts.Checkpoints.Select(c => (object?[])[c.Name, c.Step, .. Table.CellsOf(c.Full.InDomain), .. Table.CellsOf(c.Full.OutOfDomain), .. Table.CellsOf(c.Full.Unseen)])]),
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
        if (!facts.Heads.Any(h => h.Core))
            return $"The core has no head; {Known(facts, [.. facts.Heads], $"the model's {Wording.Count(facts.Heads.Count, "head")}", h => h.FirstInDomain)} matter in-domain at some checkpoint (intervals hold for all {Wording.Count(facts.Tests)} at once).";
        Permutation?[] orders = [facts.Earlier, facts.EarlierOutOfDomain];
        Queue<double> corrected = new(Holm.Correct([.. orders.OfType<Permutation>().Select(o => o.PValue)]));
        double?[] p = [.. orders.Select(o => o is null ? (double?)null : corrected.Dequeue())];
        string both = p.All(q => q is not null) ? ", corrected for the two tests" : "";
        string inside = On(facts, "in-domain", h => h.FirstInDomain, facts.Earlier, p[0], $"heads shuffled{both}");
        string outside = facts.Heads[0].Lost[0].OutOfDomain is null ? "" : $"; {On(facts, "out of domain", h => h.FirstOutOfDomain, facts.EarlierOutOfDomain, p[1], "likewise")}";
        string n = facts.Heads[0].Lost[0].OutOfDomain is { } o ? $"{Wording.Count(facts.Heads[0].Lost[0].InDomain.N)} and {Wording.Count(o.N)}" : Wording.Count(facts.Heads[0].Lost[0].InDomain.N);
        return $"Knocked out alone, {inside}{outside} (intervals that hold for all {Wording.Count(facts.Tests)} losses of a set at once, n\u00A0{n}).";
    }

    // below so many of the others that ever matter, how early they do says nothing: the order is that of whether
    const int Few = 3;

    static string On(EmergenceFacts facts, string where, Func<HeadFacts, int?> first, Permutation? earlier, double? p, string how)
    {
        HeadFacts[] core = [.. facts.Heads.Where(h => h.Core)], others = [.. facts.Heads.Where(h => !h.Core)];
        int inCore = core.Count(h => first(h) is not null), beside = others.Count(h => first(h) is not null);
        if (inCore + beside == 0) return $"no head ever matters {where}";
        string counts = $"{Known(facts, core, $"the core's {Wording.Count(core.Length, "head")}", first)} {(inCore == 1 ? "comes" : "come")} to matter {where}{(others.Length == 0 ? "" : $" and {Known(facts, others, $"the {others.Length} others", first)}")}";
        if (earlier is null || p is not { } chance) return counts;
        string known = $"{Wording.Probability(chance)}, {how}";
        return beside < Few && inCore > beside ? $"{counts}: {(beside == 0 ? "only" : "nearly only")} core heads do{(chance < 0.05 ? $" ({known})" : $", which is not more than chance gives ({known})")}"
            : chance >= 0.05 ? $"{counts}: that the core's do so earlier or oftener is not settled ({known})"
            : $"{counts}: the core's do so earlier or oftener, by {Wording.Number(earlier.Observed, "0.0")} checkpoints on average where a head that never does counts as one after the last ({known})";
    }

    static string Known(EmergenceFacts facts, HeadFacts[] heads, string all, Func<HeadFacts, int?> first) =>
        $"{(heads.All(h => first(h) is null) ? "none" : $"{heads.Count(h => first(h) is not null)}")} of {all}{(Middle(facts, heads, first) is { } step ? $" (half of them by step {Wording.Count(step)})" : "")}";

    static long? Middle(EmergenceFacts facts, HeadFacts[] heads, Func<HeadFacts, int?> first)
    {
        int[] places = [.. heads.Select(first).OfType<int>().Order()];
        return places.Length == 0 ? null : facts.Checkpoints[places[(places.Length - 1) / 2]].Step;
    }
}
