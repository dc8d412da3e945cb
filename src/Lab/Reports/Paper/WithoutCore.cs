using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Reports.Paper;

/// <summary>The core's heads knocked out together at each checkpoint of training, beside random sets of as many heads.</summary>
internal static class WithoutCore
{
    sealed record Where(DataSet Set, string Begins, Func<LossFacts, PairedDifference?> Loss, Func<CheckpointFacts, bool> Counts);

    static readonly Where[] sets = [new(DataSet.InDomain, "In-domain", l => l.InDomain, c => c.LearnedInDomain), new(DataSet.OutOfDomain, "Out of domain", l => l.OutOfDomain, c => c.LearnedOutOfDomain)];

    /// <summary>The figure; null without checkpoints, or where the core has no head.</summary>
    public static Figure? Draw(Findings study, PaperFacts paper)
    {
        if (paper.Emergence is not { } facts || facts.Checkpoints.Any(c => c.WithoutCore is null)) return null;
        Where[] there = [.. sets.Where(s => facts.Checkpoints.All(c => c.Full.On(s.Set) is not null))];
        int draws = facts.Checkpoints[0].WithoutRandom.Count;
        return new("core-training", "What does the model lose without the core's heads as training goes on?", string.Join(" ", there.Select(s => Reading(facts, s))), [.. there.Select(s => Panel(study, facts, s))],
            [Chart.Key(Shape.Disc, "full", "the model, with its 95\u00A0% interval over examples"), Chart.Key(Shape.Diamond, "core", $"without the core's {Wording.Count(Heads(facts), "head")}, with the interval of what is lost"),
                .. draws > 0 ? [Chart.Key(Shape.Ring, "random", $"without as many heads at random: mean, and range over {Wording.Count(draws, "draw")}")] : (Markup[])[]],
            $"""
            The core is the trained model's, at every checkpoint. A checkpoint counts where its model stands more than {Wording.Points(paper.Tolerance)} above guessing (the dotted line), interval and all, and has come at least half the way to the trained model:
            before that there is next to nothing to lose. The random sets are the same ones at all checkpoints, so that a set's mean loss over them has one place among the others'.
            """,
            [new("core-training", "accuracy lost without the core's heads, and without as many at random, at each checkpoint", ["checkpoint", "step", "set", "counts", "without", "draw", "lost", "low", "high", "n"],
                [.. facts.Checkpoints.SelectMany(c => there.SelectMany(s => c.WithoutRandom.Prepend(c.WithoutCore!).Select((l, draw) => (object?[])[c.Name, c.Step, Findings.Name(s.Set), s.Counts(c) ? "yes" : "no",
                    draw == 0 ? "the core's heads" : "random heads", draw == 0 ? null : draw, s.Loss(l)!.Value, s.Loss(l)!.Low, s.Loss(l)!.High, s.Loss(l)!.N])))])]);
    }

    static int Heads(EmergenceFacts facts) => facts.Heads.Count(h => h.Core);

    static Proportion? On(this Measured m, DataSet set) => set == DataSet.InDomain ? m.InDomain : m.OutOfDomain;

    static Markup Panel(Findings study, EmergenceFacts facts, Where where)
    {
        var (x, ticks) = Emerging.Steps([.. facts.Checkpoints.Select(c => c.Step)]);
        string name = Findings.Name(where.Set);
        BandLine Line(string kind, Shape shape, Func<CheckpointFacts, (Band? Band, string Words)> of) => new(kind, shape, [.. facts.Checkpoints.Select((c, i) => (c.Step, Place: i, Point: of(c))).Where(c => c.Point.Band is not null)
            .Select(c => new BandPoint(c.Place, c.Point.Band!, $"step {Wording.Count(c.Step)}, {name}\n{c.Point.Words}"))]);
        Proportion Full(CheckpointFacts c) => c.Full.On(where.Set)!;
        double Left(CheckpointFacts c, double lost) => Math.Clamp(Full(c).Value - lost, 0, 1);
        (Band?, string) Core(CheckpointFacts c) => where.Loss(c.WithoutCore!)! is var d ? (new(Left(c, d.Value), Left(c, d.High), Left(c, d.Low), d.N), $"without the core's {Wording.Count(Heads(facts), "head")} {Wording.Percent(Left(c, d.Value))}\nlost {Lost(d)}") : default;
        (Band?, string) Random(CheckpointFacts c) => Band.Of(c.WithoutRandom.Select(r => (double?)Left(c, where.Loss(r)!.Value))) is { } b ? (b, $"without as many random heads {Wording.Percent(b.Mean)} on average\n{Wording.Range(b.Low, b.High)} over {Wording.Count(b.N, "draw")}") : default;
        BandLine[] lines = [Line("random", Shape.Ring, Random), Line("core", Shape.Diamond, Core), Line("full", Shape.Disc, c => (new(Full(c).Value, Full(c).Low, Full(c).High, Full(c).N), $"the model {Wording.Full(Full(c))}"))];
        return BandChart.Draw($"core-training-{where.Set}", $"accuracy {name} over training", $"Accuracy {name} at each checkpoint, of the model, without the core's heads, and without as many random heads", $"{Wording.Count(facts.Checkpoints.Count, "checkpoint")}.", lines, x, ticks,
            BandChart.Up([1, .. lines.SelectMany(l => l.Points).SelectMany(p => (double[])[p.Y.Low, p.Y.High])], 1), ("step (checkpoints evenly spaced)", "accuracy"), true, [(study.Chance(where.Set), "chance")]);
    }

    static string Lost(PairedDifference d) => $"{Wording.Points(d.Value)} ({Wording.Number(100 * d.Low, "0.0")} to {Wording.Number(100 * d.High, "0.0")}, n\u00A0{Wording.Count(d.N)})";

    static string Reading(EmergenceFacts facts, Where where)
    {
        CheckpointFacts[] counted = [.. facts.Checkpoints.Where(where.Counts)];
        string all = $"the core's {Wording.Count(Heads(facts), "head")}{(Heads(facts) == 1 ? "" : " together")}";
        if (counted.Length == 0) return $"{where.Begins} the model never comes half the way from guessing to the trained one: without {all} there is nothing to lose.";
        string Step(CheckpointFacts c) => $"step {Wording.Count(c.Step)}";
        PairedDifference Core(CheckpointFacts c) => where.Loss(c.WithoutCore!)!;
        string lost = $"{where.Begins}, knocking out {all} takes {Lost(Core(counted[0]))} at {Step(counted[0])}, "
            + (counted.Length == 1 ? "the only checkpoint that counts" : $"the first checkpoint that counts, and {Lost(Core(counted[^1]))} at {Step(counted[^1])}, the last");
        int draws = counted[0].WithoutRandom.Count;
        if (draws == 0) return $"{lost}, with no random sets to compare with.";
        double[] random = [.. Enumerable.Range(0, draws).Select(i => counted.Average(c => where.Loss(c.WithoutRandom[i])!.Value))];
        double core = counted.Average(c => Core(c).Value);
        Rank rank = Rank.Of(-core, [.. random.Select(r => -r)]);
        return $"{lost}; {(counted.Length == 1 ? "there" : $"over all {counted.Length} that count it takes {Wording.Points(core)} on average, and")} {(rank.AtLeastAsHarmful == 0 ? "none" : $"{rank.AtLeastAsHarmful}")} of {Wording.Count(draws, "random set")} of as many heads "
            + $"({Wording.Number(100 * random.Min(), "0.0")} to {Wording.Points(random.Max())}) {(rank.AtLeastAsHarmful == 1 ? "takes" : "take")} at least as much ({Wording.Probability(rank.PValue)}{(rank.PValue < 0.05 ? "" : ", so not clearly worse than chance")}).";
    }
}
