using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Questions;

/// <summary>The figure of <see cref="AddBack"/>: accuracy of the core with parts added.</summary>
static class AddBackLines
{
    /// <summary>The figure.</summary>
    public static Figure Draw(AddBackFacts facts)
    {
        string seeds = Wording.Count(PathsOf(facts, "learned").Length, "seed");
        string draws = Wording.Count(PathsOf(facts, "random").Length, "draw");
        object?[] Row(AddBackPath p, AddBackPoint q) => [p.Kind, p.Seed, q.Added, q.Added == 0 ? "" : p.Order[q.Added - 1],
            .. Table.CellsOf(q.InDomain), .. Table.CellsOf(q.OutOfDomain)];
        return new("add-back", "Which parts, added back to the core, bring generalization back?", Reading(facts),
            [Lines(facts, "outOfDomain", "out of domain", p => p.OutOfDomain, facts.OutOfDomain),
                Lines(facts, "inDomain", "in-domain", p => p.InDomain, facts.InDomain)],
            [Chart.Key(Shape.Disc, "core", "added greedily, with its 95\u00A0% interval over examples"),
                Chart.Key(Shape.Diamond, "sub", $"in the order of masks learned next to the core, with the range over {seeds}"),
                Chart.Key(Shape.Ring, "random", $"as many heads and MLPs at random, with the range over {draws}")],
            $"""
            The line across is the full model, the broken one {Wording.Points(facts.Tolerance)} below it. Greedy adding took at each step
            the part that raised accuracy most on {Wording.Count(facts.Chosen, "example")} out of domain (between equals, the probability of
            the correct label), and the masks were learned on them;
            all paths out of domain are measured on {Wording.Count(facts.OutOfDomain.N)} others. The greedy path:
            {string.Join(", ", Greedy(facts).Order)}.
            """,
            [new("add-back", "the core with parts added",
                ["path", "seed or draw", "added", "part", .. Table.ColumnsOf("in-domain"), .. Table.ColumnsOf("out of domain")],
                [.. facts.Paths.SelectMany(p => p.Points.Select(q => Row(p, q)))])]);
    }

    static AddBackPath[] PathsOf(AddBackFacts facts, string kind) => [.. facts.Paths.Where(p => p.Kind == kind)];

    static AddBackPath Greedy(AddBackFacts facts) => PathsOf(facts, "greedy")[0];

    static Markup Lines(AddBackFacts facts, string id, string where, Func<AddBackPoint, Proportion> share, Proportion full)
    {
        BandLine Over(string kind, string colour, Shape shape, string each)
        {
            BandPoint At(int added, IEnumerable<AddBackPoint> points)
            {
                Band band = Band.Over(points.Select(p => (double?)share(p).Value))!;
                string range = $"{Wording.Range(band.Low, band.High)} over {Wording.Count(band.N, each)}";
                return new(added, band, $"{Wording.Count(added, "part")} added, {kind}\n{where} {Wording.Percent(band.Mean)} on "
                    + $"average\n{range}");
            }
            var sizes = PathsOf(facts, kind).SelectMany(p => p.Points).GroupBy(p => p.Added).OrderBy(g => g.Key);
            return new(colour, shape, [.. sizes.Select(g => At(g.Key, g))]);
        }
        AddBackPath greedy = Greedy(facts);
        BandPoint Step(AddBackPoint p)
        {
            string added = p.Added == 0 ? "the core alone"
                : $"{Wording.Count(p.Added, "part")} added greedily, {greedy.Order[p.Added - 1]} last";
            return new(p.Added, new(share(p).Value, share(p).Low, share(p).High, share(p).N), $"{added}\n{where} {Wording.Full(share(p))}");
        }
        BandLine[] lines = [Over("random", "random", Shape.Ring, "draw"), Over("learned", "sub", Shape.Diamond, "seed"),
            new("core", Shape.Disc, [.. greedy.Points.Select(Step)])];
        int last = lines.Max(l => (int)l.Points[^1].X);
        double goal = full.Value - facts.Tolerance;
        var ends = lines.SelectMany(l => l.Points).SelectMany(p => (double[])[p.Y.Low, p.Y.High]);
        return BandChart.Draw($"add-back-{id}", $"accuracy {where}", $"Accuracy {where} of the core with parts added",
            $"{Wording.Count(facts.Paths.Count, "path")} of up to {Wording.Count(last, "part")}.", lines, BandChart.Along(0, last),
            [.. Enumerable.Range(0, last + 1).Select(n => ((double)n, $"{n}"))], BandChart.Up([1, goal, .. ends], 1),
            ("parts added to the core", "accuracy"), true, [(full.Value, "level"), (goal, "chance")]);
    }

    static string Reading(AddBackFacts facts)
    {
        AddBackPath greedy = Greedy(facts);
        Proportion alone = greedy.Points[0].OutOfDomain;
        string goal = $"within {Wording.Points(facts.Tolerance)} of the full model's {Wording.Short(facts.OutOfDomain)}";
        if (greedy.Back == 0) return $"The core alone is {goal} out of domain already: {Wording.Full(alone)}.";
        return $"{First(facts, greedy, goal)}{InLearnedOrder(facts)}{AtRandom(facts, greedy)}.";
    }

    static string First(AddBackFacts facts, AddBackPath greedy, string goal)
    {
        string alone = Wording.Short(greedy.Points[0].OutOfDomain);
        if (greedy.Back is not { } back)
            return $"{Wording.Count(greedy.Order.Count, "part")} added greedily bring the core from {alone} to "
                + $"{Wording.Full(greedy.Points[^1].OutOfDomain)} out of domain, not {goal}";
        string parts = $"{Wording.Count(back, "part")} ({Wording.List([.. greedy.Order.Take(back)])}), chosen greedily on other examples,";
        AddBackPoint there = greedy.Points[back];
        string inside = $"in-domain from {Wording.Percent(greedy.Points[0].InDomain.Value)} to {Wording.Percent(there.InDomain.Value)}, "
            + $"the model {Wording.Percent(facts.InDomain.Value)}";
        return $"{parts} {(back == 1 ? "brings" : "bring")} the core from {alone} to {Wording.Full(there.OutOfDomain)} out of domain, "
            + $"{goal} ({inside})";
    }

    static string InLearnedOrder(AddBackFacts facts)
    {
        AddBackPath[] learned = PathsOf(facts, "learned");
        int[] sizes = [.. learned.Select(p => p.Back).OfType<int>().Order()];
        string seeds = Wording.Count(learned.Length, "seed");
        if (learned.Length == 0) return "";
        if (sizes.Length == 0) return $"; no order of learned masks ({seeds}) gets there";
        string range = sizes[0] == sizes[^1] ? $"{sizes[0]}" : $"{sizes[0]} to {sizes[^1]}";
        return $"; in the order of learned masks it takes {range} ({sizes.Length} of {seeds} get there)";
    }

    static string AtRandom(AddBackFacts facts, AddBackPath greedy)
    {
        AddBackPath[] random = PathsOf(facts, "random");
        if (random.Length == 0) return "";
        int reached = random.Count(p => p.Back is not null), asFew = greedy.Back is { } b ? random.Count(p => p.Back <= b) : reached;
        string few = asFew == 0 ? "none gets" : asFew == 1 ? "one gets" : $"{asFew} get";
        string most = Wording.Count(random.Max(p => p.Order.Count), "part");
        return $"; of {random.Length} random orders {few} there with as few, {(reached == 0 ? "none" : $"{reached}")} with {most} or fewer";
    }
}
