using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Reports.Paper;

/// <summary>Parts added back to the core until generalization returns.</summary>
internal static class AddedBack
{
    /// <summary>The figure.</summary>
    public static Figure Draw(AddBackFacts facts) => new("add-back", "Which parts, added back to the core, bring generalization back?", Reading(facts),
        [Lines(facts, "outOfDomain", "out of domain", p => p.OutOfDomain, facts.OutOfDomain), Lines(facts, "inDomain", "in-domain", p => p.InDomain, facts.InDomain)],
        [Chart.Key(Shape.Disc, "core", "added greedily, with its 95\u00A0% interval over examples"), Chart.Key(Shape.Diamond, "sub", $"in the order of masks learned beside the core, with the range over {Wording.Count(Of(facts, "learned").Length, "seed")}"),
            Chart.Key(Shape.Ring, "random", $"as many heads and MLPs at random, with the range over {Wording.Count(Of(facts, "random").Length, "draw")}")], $"""
        The line across is the full model, the broken one {Wording.Points(facts.Tolerance)} below it. Greedy adding took at each step the part that raised accuracy most on {Wording.Count(facts.Chosen, "example")} out of domain (between equals, the probability of the correct label), and the masks were learned on them;
        all paths out of domain are measured on {Wording.Count(facts.OutOfDomain.N)} others. The greedy path: {string.Join(", ", Greedy(facts).Order)}.
        """,
        [new("add-back", "the core with parts added", ["path", "seed or draw", "added", "part", .. Table.ColumnsOf("in-domain"), .. Table.ColumnsOf("out of domain")],
            [.. facts.Paths.SelectMany(p => p.Points.Select(q => (object?[])[p.Kind, p.Seed, q.Added, q.Added == 0 ? "" : p.Order[q.Added - 1], .. Table.CellsOf(q.InDomain), .. Table.CellsOf(q.OutOfDomain)]))])]);

    static AddBackPath[] Of(AddBackFacts facts, string kind) => [.. facts.Paths.Where(p => p.Kind == kind)];

    static AddBackPath Greedy(AddBackFacts facts) => Of(facts, "greedy")[0];

    static Markup Lines(AddBackFacts facts, string id, string where, Func<AddBackPoint, Proportion> of, Proportion full)
    {
        BandLine Over(string kind, string colour, Shape shape, string each) => new(colour, shape, [.. Of(facts, kind).SelectMany(p => p.Points).GroupBy(p => p.Added).OrderBy(g => g.Key)
            .Select(g => (Added: g.Key, Band: Band.Of(g.Select(p => (double?)of(p).Value))!)).Select(g => new BandPoint(g.Added, g.Band, $"{Wording.Count(g.Added, "part")} added, {kind}\n{where} {Wording.Percent(g.Band.Mean)} on average\n{Wording.Range(g.Band.Low, g.Band.High)} over {Wording.Count(g.Band.N, each)}"))]);
        AddBackPath greedy = Greedy(facts);
        BandLine[] lines = [Over("random", "random", Shape.Ring, "draw"), Over("learned", "sub", Shape.Diamond, "seed"), new("core", Shape.Disc, [.. greedy.Points.Select(p => new BandPoint(p.Added, new(of(p).Value, of(p).Low, of(p).High, of(p).N),
            $"{(p.Added == 0 ? "the core alone" : $"{Wording.Count(p.Added, "part")} added greedily, {greedy.Order[p.Added - 1]} last")}\n{where} {Wording.Full(of(p))}"))])];
        int last = lines.Max(l => (int)l.Points[^1].X);
        return BandChart.Draw($"add-back-{id}", $"accuracy {where}", $"Accuracy {where} of the core with parts added", $"{Wording.Count(facts.Paths.Count, "path")} of up to {Wording.Count(last, "part")}.", lines, BandChart.Along(0, last), [.. Enumerable.Range(0, last + 1).Select(n => ((double)n, $"{n}"))],
            BandChart.Up([1, full.Value - facts.Tolerance, .. lines.SelectMany(l => l.Points).SelectMany(p => (double[])[p.Y.Low, p.Y.High])], 1), ("parts added to the core", "accuracy"), true, [(full.Value, "level"), (full.Value - facts.Tolerance, "chance")]);
    }

    static string Reading(AddBackFacts facts)
    {
        AddBackPath greedy = Greedy(facts);
        AddBackPath[] random = Of(facts, "random"), learned = Of(facts, "learned");
        Proportion alone = greedy.Points[0].OutOfDomain;
        string goal = $"within {Wording.Points(facts.Tolerance)} of the full model's {Wording.Short(facts.OutOfDomain)}";
        if (greedy.Back == 0) return $"The core alone is {goal} out of domain already: {Wording.Full(alone)}.";
        string first = greedy.Back is { } back ? $"{Wording.Count(back, "part")} ({Wording.List([.. greedy.Order.Take(back)])}), chosen greedily on other examples, {(back == 1 ? "brings" : "bring")} the core from {Wording.Short(alone)} to {Wording.Full(greedy.Points[back].OutOfDomain)} out of domain, {goal} (in-domain from {Wording.Percent(greedy.Points[0].InDomain.Value)} to {Wording.Percent(greedy.Points[back].InDomain.Value)}, the model {Wording.Percent(facts.InDomain.Value)})"
            : $"{Wording.Count(greedy.Order.Count, "part")} added greedily bring the core from {Wording.Short(alone)} to {Wording.Full(greedy.Points[^1].OutOfDomain)} out of domain, not {goal}";
        int[] sizes = [.. learned.Select(p => p.Back).OfType<int>().Order()];
        string masks = learned.Length == 0 ? "" : sizes.Length == 0 ? $"; no order of learned masks ({Wording.Count(learned.Length, "seed")}) gets there"
            : $"; in the order of learned masks it takes {(sizes[0] == sizes[^1] ? $"{sizes[0]}" : $"{sizes[0]} to {sizes[^1]}")} ({sizes.Length} of {Wording.Count(learned.Length, "seed")} get there)";
        int reached = random.Count(p => p.Back is not null), asFew = greedy.Back is { } b ? random.Count(p => p.Back <= b) : reached;
        string drawn = random.Length == 0 ? "" : $"; of {random.Length} random orders {(asFew == 0 ? "none gets" : asFew == 1 ? "one gets" : $"{asFew} get")} there with as few, {(reached == 0 ? "none" : $"{reached}")} with {Wording.Count(random.Max(p => p.Order.Count), "part")} or fewer";
        return $"{first}{masks}{drawn}.";
    }
}
