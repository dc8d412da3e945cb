using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Questions;

/// <summary>
/// The first figure of <see cref="Emergence"/>: accuracy over training, and what ablating each head loses at each checkpoint.
/// </summary>
static class EmergenceMaps
{
    // below so many of the others that ever matter, how early they do says nothing: the order is that of whether
    const int Few = 3;

    /// <summary>The figure.</summary>
    public static Figure Draw(EmergenceFacts facts, Measurements study)
    {
        List<Markup> panels = [Training(study, facts), Map("in-domain", "emergence-in", facts, l => l.InDomain, h => h.FirstInDomain)];
        if (facts.Checkpoints.Any(c => c.Full.OutOfDomain is not null))
            panels.Add(Map("out of domain", "emergence-out", facts, l => l.OutOfDomain, h => h.FirstOutOfDomain));
        return new("emergence", "When in training do the core's heads begin to matter?", Reading(facts), panels,
            [Chart.Key(Shape.Disc, "full", "in-domain"), Chart.Key(Shape.Diamond, "sub", "out of domain"),
                Chart.Key(Shape.Ring, "random", "unseen"),
                Chart.BandKey("95\u00A0% interval over examples")],
            $"""
            In the maps rows are heads, the core's of the trained model above the gap; numbers are the accuracy lost without the head, in
            points. Coloured is what lies above (blue: below) zero with its whole interval,
            which holds for all {Wording.Count(facts.Tests)} at once; an outline marks the first checkpoint at which the head matters, of
            those whose model has come at least half the way from guessing to the trained one.
            """, [CheckpointTable(facts), HeadTable(facts)]);
    }

    static Table CheckpointTable(EmergenceFacts facts)
    {
        object?[] Row(CheckpointFacts c) =>
            [c.Name, c.Step, .. Table.CellsOf(c.Full.InDomain), .. Table.CellsOf(c.Full.OutOfDomain), .. Table.CellsOf(c.Full.Unseen)];
        return new("training", "the model at each checkpoint",
            ["checkpoint", "step", .. Table.ColumnsOf("in-domain"), .. Table.ColumnsOf("out of domain"), .. Table.ColumnsOf("unseen")],
            [.. facts.Checkpoints.Select(Row)]);
    }

    static Table HeadTable(EmergenceFacts facts)
    {
        object?[] Row(HeadFacts h, CheckpointFacts c, LossFacts l) => [h.Part, h.Core ? "yes" : "no", c.Name, c.Step,
            l.InDomain.Value, l.InDomain.Low, l.InDomain.High, l.OutOfDomain?.Value, l.OutOfDomain?.Low, l.OutOfDomain?.High];
        return new("emergence", "accuracy lost by ablating each head at each checkpoint",
            ["head", "core", "checkpoint", "step", "in-domain lost", "low", "high", "out of domain lost", "low ", "high "],
            [.. facts.Heads.SelectMany(h => facts.Checkpoints.Select((c, i) => Row(h, c, h.Lost[i])))]);
    }

    /// <summary>The axis of checkpoints: evenly spaced, with their steps in words.</summary>
    internal static (Scale Axis, IReadOnlyList<(double At, string Words)> Ticks) Steps(IReadOnlyList<long> steps) =>
        (BandChart.Along(0, Math.Max(1, steps.Count - 1)), [.. steps.Select((s, i) => ((double)i, Wording.Count(s)))]);

    static Markup Training(Measurements study, EmergenceFacts facts)
    {
        var (x, ticks) = Steps([.. facts.Checkpoints.Select(c => c.Step)]);
        BandLine Line(string kind, Shape shape, DataSet set, Func<Measured, Proportion?> share)
        {
            BandPoint? At(CheckpointFacts c, int place) => share(c.Full) is not { } p ? null
                : new(place, new(p.Value, p.Low, p.High, p.N), $"step {Wording.Count(c.Step)}\n{Measurements.Name(set)} {Wording.Full(p)}");
            return new(kind, shape, [.. facts.Checkpoints.Select(At).OfType<BandPoint>()]);
        }
        BandLine[] lines = [Line("random", Shape.Ring, DataSet.Unseen, m => m.Unseen),
            Line("sub", Shape.Diamond, DataSet.OutOfDomain, m => m.OutOfDomain),
                Line("full", Shape.Disc, DataSet.InDomain, m => m.InDomain)];
        var ends = lines.SelectMany(l => l.Points).SelectMany(p => (double[])[p.Y.Low, p.Y.High]);
        return BandChart.Draw("emergence-training", "accuracy of the model over training",
            "Accuracy of the model at each checkpoint of its training",
            $"{Wording.Count(facts.Checkpoints.Count, "checkpoint")}.", lines, x, ticks, BandChart.Up([1, .. ends], 1),
            ("step (checkpoints evenly spaced)", "accuracy"), true, [(study.Chance(DataSet.InDomain), "chance")]);
    }

    static Markup Map(string where, string id, EmergenceFacts facts, Func<LossFacts, PairedDifference?> loss, Func<HeadFacts, int?> first)
    {
        HeadFacts[] heads = [.. facts.Heads.OrderByDescending(h => h.Core)];
        double most = heads.SelectMany(h => h.Lost).Select(l => Math.Abs(loss(l)?.Value ?? 0)).Append(0.05).Max();
        Cell? Square(HeadFacts h, int i)
        {
            if (loss(h.Lost[i]) is not { } d) return null;
            double size = Math.Abs(d.Value), strength = d.Low > 0 || d.High < 0 ? Math.Sign(d.Value) * Math.Sqrt(size / most) * 0.92 : 0;
            string lost = $"{(d.Value < 0 ? "gained" : "lost")} {Wording.Points(size)}";
            string interval = $"{Wording.Number(100 * d.Low, "0.0")} to {Wording.Number(100 * d.High, "0.0")}, {Wording.Examples(d.N)}";
            string tip = $"{h.Part} ablated, step {Wording.Count(facts.Checkpoints[i].Step)}\n{where} {lost} ({interval})";
            return new(strength, size < 0.005 ? "" : Wording.Number(100 * d.Value, "0"), tip, first(h) == i);
        }
        HeatRow Row(HeadFacts h, int r) => new(h.Part, [.. Enumerable.Range(0, facts.Checkpoints.Count).Select(i => Square(h, i))],
            r > 0 && h.Core != heads[r - 1].Core);
        return HeatMap.Draw(id, $"accuracy lost {where} without each head",
            $"Accuracy lost {where} by ablating each head at each checkpoint",
            $"{Wording.Count(heads.Length, "head")}, {heads.Count(h => first(h) is not null)} of which matter at some checkpoint.",
            [.. heads.Select(Row)], [.. facts.Checkpoints.Select(c => Wording.Count(c.Step))], [], "steps of training");
    }

    static string Reading(EmergenceFacts facts)
    {
        string tests = Wording.Count(facts.Tests);
        if (!facts.Heads.Any(h => h.Core))
        {
            string matter = Known(facts, [.. facts.Heads], $"the model's {Wording.Count(facts.Heads.Count, "head")}", h => h.FirstInDomain);
            return $"The core has no head; {matter} matter in-domain at some checkpoint (intervals hold for all {tests} at once).";
        }
        Permutation?[] orders = [facts.Earlier, facts.EarlierOutOfDomain];
        Queue<double> corrected = new(Holm.Correct([.. orders.OfType<Permutation>().Select(o => o.PValue)]));
        double?[] p = [.. orders.Select(o => o is null ? (double?)null : corrected.Dequeue())];
        string both = p.All(q => q is not null) ? ", corrected for the two tests" : "";
        LossFacts one = facts.Heads[0].Lost[0];
        string inside = On(facts, "in-domain", h => h.FirstInDomain, facts.Earlier, p[0], $"heads shuffled{both}");
        string outside = one.OutOfDomain is null ? ""
            : $"; {On(facts, "out of domain", h => h.FirstOutOfDomain, facts.EarlierOutOfDomain, p[1], "likewise")}";
        string n = Wording.Count(one.InDomain.N) + (one.OutOfDomain is { } o ? $" and {Wording.Count(o.N)}" : "");
        return $"Ablated alone, {inside}{outside} (intervals that hold for all {tests} losses of a set at once, n\u00A0=\u00A0{n}).";
    }

    static string On(EmergenceFacts facts, string where, Func<HeadFacts, int?> first, Permutation? earlier, double? p, string how)
    {
        HeadFacts[] core = [.. facts.Heads.Where(h => h.Core)], others = [.. facts.Heads.Where(h => !h.Core)];
        int inCore = core.Count(h => first(h) is not null), outside = others.Count(h => first(h) is not null);
        if (inCore + outside == 0) return $"no head ever matters {where}";
        string rest = others.Length == 0 ? "" : $" and {Known(facts, others, $"the {others.Length} others", first)}";
        string cores = Known(facts, core, $"the core's {Wording.Count(core.Length, "head")}", first);
        string counts = $"{cores} {(inCore == 1 ? "comes" : "come")} to matter {where}{rest}";
        if (earlier is null || p is not { } chance) return counts;
        string known = $"{Wording.Probability(chance)}, {how}";
        if (outside < Few && inCore > outside)
            return $"{counts}: {(outside == 0 ? "only" : "nearly only")} core heads do"
                + (chance < 0.05 ? $" ({known})" : $", which is not more than chance gives ({known})");
        return chance >= 0.05 ? $"{counts}: that the core's do so earlier or oftener is not settled ({known})"
            : $"{counts}: the core's do so earlier or oftener, by {Wording.Number(earlier.Observed, "0.0")} checkpoints on average "
                + $"where a head that never does counts as one after the last ({known})";
    }

    static string Known(EmergenceFacts facts, HeadFacts[] heads, string all, Func<HeadFacts, int?> first)
    {
        int[] places = [.. heads.Select(first).OfType<int>().Order()];
        string half = places.Length == 0 ? ""
            : $" (half of them by step {Wording.Count(facts.Checkpoints[places[(places.Length - 1) / 2]].Step)})";
        return $"{(places.Length == 0 ? "none" : $"{places.Length}")} of {all}{half}";
    }
}
