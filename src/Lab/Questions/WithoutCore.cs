using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Questions;

/// <summary>
/// The second figure of <see cref="Emergence"/>: the core's heads ablated together at each checkpoint, next to random sets of as many
/// heads.
/// </summary>
static class WithoutCore
{
    sealed record Where(DataSet Set, string Begins, Func<LossFacts, PairedDifference?> Loss, Func<CheckpointFacts, bool> Counts);

    static readonly Where[] sets = [new(DataSet.InDomain, "In-domain", l => l.InDomain, c => c.LearnedInDomain),
        new(DataSet.OutOfDomain, "Out of domain", l => l.OutOfDomain, c => c.LearnedOutOfDomain)];

    /// <summary>The figure; null where the core has no head.</summary>
    public static Figure? Draw(EmergenceFacts facts, Measurements study)
    {
        if (facts.Checkpoints.Any(c => c.WithoutCore is null)) return null;
        Where[] there = [.. sets.Where(s => facts.Checkpoints.All(c => Full(c, s.Set) is not null))];
        int draws = facts.Checkpoints[0].WithoutRandom.Count;
        List<Markup> keys = [Chart.Key(Shape.Disc, "full", "the model, with its 95\u00A0% interval over examples"),
            Chart.Key(Shape.Diamond, "core", $"without the core's {Heads(facts)}, with the interval of what is lost")];
        if (draws > 0)
            keys.Add(Chart.Key(Shape.Ring, "random",
                $"without as many heads at random: mean, and range over {Wording.Count(draws, "draw")}"));
        return new("core-training", "What does the model lose without the core's heads as training goes on?",
            string.Join(" ", there.Select(s => Reading(facts, s))), [.. there.Select(s => Panel(study, facts, s))], keys,
            $"""
            The core is the trained model's, at every checkpoint. A checkpoint counts where its model stands more than
            {Wording.Points(facts.Tolerance)} above guessing (the dotted line), interval and all, and has come at least half the way to the
            trained model:
            before that there is next to nothing to lose. The random sets are the same ones at all checkpoints, so that a set's mean loss
            over them has one place among the others'.
            """, [TableOf(facts, there)]);
    }

    static Table TableOf(EmergenceFacts facts, Where[] there)
    {
        object?[] Row(CheckpointFacts c, Where s, LossFacts l, int draw)
        {
            PairedDifference d = s.Loss(l)!;
            string without = draw == 0 ? "the core's heads" : "random heads";
            return [c.Name, c.Step, Measurements.Name(s.Set), s.Counts(c) ? "yes" : "no", without, draw == 0 ? null
                : draw, d.Value, d.Low, d.High, d.N];
        }
        IEnumerable<object?[]> Rows(CheckpointFacts c, Where s) =>
            c.WithoutRandom.Prepend(c.WithoutCore!).Select((l, draw) => Row(c, s, l, draw));
        return new("core-training", "accuracy lost without the core's heads, and without as many at random, at each checkpoint",
            ["checkpoint", "step", "set", "counts", "without", "draw", "lost", "low", "high", "n"],
            [.. facts.Checkpoints.SelectMany(c => there.SelectMany(s => Rows(c, s)))]);
    }

    static string Heads(EmergenceFacts facts) => Wording.Count(facts.Heads.Count(h => h.Core), "head");

    static Proportion? Full(CheckpointFacts c, DataSet set) => set == DataSet.InDomain ? c.Full.InDomain : c.Full.OutOfDomain;

    static Markup Panel(Measurements study, EmergenceFacts facts, Where where)
    {
        var (x, ticks) = EmergenceMaps.Steps([.. facts.Checkpoints.Select(c => c.Step)]);
        string name = Measurements.Name(where.Set);
        double Left(CheckpointFacts c, double lost) => Math.Clamp(Full(c, where.Set)!.Value - lost, 0, 1);
        BandLine Line(string kind, Shape shape, Func<CheckpointFacts, Band?> band, Func<CheckpointFacts, Band, string> words)
        {
            BandPoint? At(CheckpointFacts c, int place) => band(c) is not { } b ? null
                : new(place, b, $"step {Wording.Count(c.Step)}, {name}\n{words(c, b)}");
            return new(kind, shape, [.. facts.Checkpoints.Select(At).OfType<BandPoint>()]);
        }
        Band Model(CheckpointFacts c)
        {
            Proportion p = Full(c, where.Set)!;
            return new(p.Value, p.Low, p.High, p.N);
        }
        Band Core(CheckpointFacts c)
        {
            PairedDifference d = where.Loss(c.WithoutCore!)!;
            return new(Left(c, d.Value), Left(c, d.High), Left(c, d.Low), d.N);
        }
        Band? Random(CheckpointFacts c) => Band.Over(c.WithoutRandom.Select(r => (double?)Left(c, where.Loss(r)!.Value)));
        string RandomWords(CheckpointFacts c, Band b) => $"without as many random heads {Wording.Percent(b.Mean)} on average\n"
            + $"{Wording.Range(b.Low, b.High)} over {Wording.Count(b.N, "draw")}";
        string CoreWords(CheckpointFacts c, Band b) =>
            $"without the core's {Heads(facts)} {Wording.Percent(b.Mean)}\nlost {Lost(where.Loss(c.WithoutCore!)!)}";
        BandLine[] lines = [Line("random", Shape.Ring, Random, RandomWords), Line("core", Shape.Diamond, Core, CoreWords),
            Line("full", Shape.Disc, Model, (c, _) => $"the model {Wording.Full(Full(c, where.Set))}")];
        var ends = lines.SelectMany(l => l.Points).SelectMany(p => (double[])[p.Y.Low, p.Y.High]);
        return BandChart.Draw($"core-training-{where.Set}", $"accuracy {name} over training",
            $"Accuracy {name} at each checkpoint, of the model, without the core's heads, and without as many random heads",
            $"{Wording.Count(facts.Checkpoints.Count, "checkpoint")}.", lines, x, ticks, BandChart.Up([1, .. ends], 1),
            ("step (checkpoints evenly spaced)", "accuracy"), true, [(study.Chance(where.Set), "chance")]);
    }

    static string Lost(PairedDifference d) =>
        $"{Wording.Points(d.Value)} ({Wording.Number(100 * d.Low, "0.0")} to {Wording.Number(100 * d.High, "0.0")}, "
            + $"{Wording.Examples(d.N)})";

    static string Reading(EmergenceFacts facts, Where where)
    {
        CheckpointFacts[] counted = [.. facts.Checkpoints.Where(where.Counts)];
        string all = $"the core's {Heads(facts)}{(facts.Heads.Count(h => h.Core) == 1 ? "" : " together")}";
        if (counted.Length == 0)
            return $"{where.Begins} the model never comes half the way from guessing to the trained one: without {all} there is nothing to "
                + "lose.";
        string Step(CheckpointFacts c) => $"step {Wording.Count(c.Step)}";
        PairedDifference Core(CheckpointFacts c) => where.Loss(c.WithoutCore!)!;
        string until = counted.Length == 1 ? "the only checkpoint that counts"
            : $"the first checkpoint that counts, and {Lost(Core(counted[^1]))} at {Step(counted[^1])}, the last";
        string lost = $"{where.Begins}, ablating {all} takes {Lost(Core(counted[0]))} at {Step(counted[0])}, {until}";
        int draws = counted[0].WithoutRandom.Count;
        if (draws == 0) return $"{lost}, with no random sets to compare with.";
        double[] random = [.. Enumerable.Range(0, draws).Select(i => counted.Average(c => where.Loss(c.WithoutRandom[i])!.Value))];
        double core = counted.Average(c => Core(c).Value);
        Rank rank = Rank.Among(-core, [.. random.Select(r => -r)]);
        string there = counted.Length == 1 ? "there"
            : $"over all {counted.Length} that count it takes {Wording.Points(core)} on average, and";
        string few = rank.AtLeastAsHarmful == 0 ? "none" : $"{rank.AtLeastAsHarmful}";
        string range = $"{Wording.Number(100 * random.Min(), "0.0")} to {Wording.Points(random.Max())}";
        string p = $"{Wording.Probability(rank.PValue)}{(rank.PValue < 0.05 ? "" : ", so not clearly worse than chance")}";
        return $"{lost}; {there} {few} of {Wording.Count(draws, "random set")} of as many heads ({range}) "
            + $"{(rank.AtLeastAsHarmful == 1 ? "takes" : "take")} at least as much ({p}).";
    }
}
