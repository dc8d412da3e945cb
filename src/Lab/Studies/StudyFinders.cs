using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies;

public sealed partial class Study
{
    const int MostForAreas = 500, RandomRankings = 5;

    /// <summary>
    /// All methods of the study in one table; null where there is only one. Accuracy and areas are measured where there is an in-domain
    /// set.
    /// </summary>
    public FinderTable? CompareFinders()
    {
        if (methods.Count < 2) return null;
        Find();
        return folder.Stage("finders", () =>
        {
            Ablation ablation = Absent();
            Sets? few = inDomain.Count > 0 ? sets.Thin(MostForAreas) : null;
            Action<int> advance = Advance("areas over sizes", Rankings(), "rankings");
            double[]? exact = methods.FirstOrDefault(m => m.Finder.Facts.Name == "ablation") is { } each ? MeanScores(each) : null;
            FinderRow[] rows = [.. methods.Select(m => Row(m, ablation, few, exact, advance))];
            FinderAreas? random = few is null ? null
                : MeanAreas([.. Enumerable.Range(1, RandomRankings).Select(draw => Areas(few, RandomRanking(draw), ablation, advance))]);
            Dictionary<string, int> examples = few?.Each.ToDictionary(s => s.Set.Use, s => s.Set.Examples.Count) ?? [];
            return new FinderTable(rows, random, random is null ? 0 : RandomRankings, examples);
        });
    }

    /// <summary>The table of a finished run; null where it had one method.</summary>
    public static FinderTable? FindersIn(RunFolder folder) =>
        folder.Has("stages/finders.json") ? folder.ReadJson<FinderTable>("stages/finders.json") : null;

    FinderRow Row(Method method, Ablation ablation, Sets? few, double[]? exact, Action<int> advance)
    {
        MethodCost cost = method.Cost(request, universe.Count, pool.Count);
        IReadOnlyList<Subnetwork> found = FoundBy(method);
        FinderAtSize[] sizes = few is null ? [] : [.. request.Sparsities.Select(s => AtSize(method, s, found))];
        bool depends = method.Finder.Facts.SizeDependent;
        FinderAreas? areas = few is null || depends ? null
            : MeanAreas([.. OnePerSeed(found).Select(f => Areas(few, Ranking(f), ablation, advance))]);
        bool compared = exact is not null && method.Finder.Facts.Name != "ablation";
        RankCorrelation? agreement = compared ? RankCorrelation.Between(MeanScores(method), exact!) : null;
        return new(method.Label, method.Finder.Facts.Seeded, cost.Searches, cost.Passes, SecondsOf(method), sizes, areas, agreement);
    }

    long Rankings() => RandomRankings + methods.Where(m => !m.Finder.Facts.SizeDependent).Sum(m => (long)m.Searches(request).Count);

    // the main method's subnetworks are measured already, the others' are measured in the same way
    FinderAtSize AtSize(Method method, double sparsity, IReadOnlyList<Subnetwork> found)
    {
        var (measured, random) = method == MainMethod ? (Evaluate().Subnetworks, Evaluate().RandomSubnetworks) : Measured(method, found);
        int[] here = [.. Enumerable.Range(0, found.Count).Where(i => found[i].TargetSparsity == sparsity)];
        return new(sparsity, Several([.. here.Select(i => measured[i])]), Several([.. here.Select(i => random[i])]));
    }

    (IReadOnlyList<MeasuredSubnetwork> Found, IReadOnlyList<MeasuredSubnetwork> Random) Measured(
        Method method, IReadOnlyList<Subnetwork> found)
    {
        OfMethod stage = folder.Stage($"finders-{method.Label}", () =>
        {
            MaskMeasuring measuring = new(Model, sets, Subject.FullScores, Absent(), stop);
            Action<int> advance = Advance($"measuring subnetworks of {method.Label}", 2L * found.Count, "subnetworks");
            List<MeasuredSubnetwork> measured = [], random = [];
            foreach (var (subnetwork, i) in found.Select((s, i) => (s, i)))
            {
                measured.Add(measuring.Of(subnetwork));
                random.Add(measuring.RandomLike(subnetwork, subnetwork.Seed, i));
                advance(2);
            }
            return new OfMethod(measured, random);
        });
        return (stage.Found, stage.Random);
    }

    // the subnetworks of a method that is not the main one, measured, with a random mask next to each
    internal sealed record OfMethod(IReadOnlyList<MeasuredSubnetwork> Found, IReadOnlyList<MeasuredSubnetwork> Random);

    static AccuracyOfSeveral Several(IReadOnlyList<MeasuredSubnetwork> measured) => new(measured.Count,
        MeanAndRange.Over([.. measured.Select(m => m.InDomain.Value)])!,
        MeanAndRange.Over([.. measured.Select(m => m.OutOfDomain).OfType<Proportion>().Select(share => share.Value)]));

    // the scores of each seed, once
    IEnumerable<Subnetwork> OnePerSeed(IReadOnlyList<Subnetwork> found) => found.Where(f => f.TargetSparsity == request.Sparsities[0]);

    double[] MeanScores(Method method)
    {
        Subnetwork[] each = [.. OnePerSeed(FoundBy(method))];
        return [.. universe.Parts.Select(part => each.Average(e => e.Scores[part]))];
    }

    static Part[] Ranking(Subnetwork found) =>
        [.. found.Scores.OrderByDescending(s => s.Value).ThenBy(s => s.Key).Select(s => s.Key)];

    Part[] RandomRanking(int draw)
    {
        Part[] parts = [.. universe.Parts];
        new Chance(request.Seeds[0], "random rankings").At(draw).Stream().Shuffle<Part>(parts);
        return parts;
    }

    // m is the mean log-probability of the right answer with 0, 1 … all parts of the ranking kept
    FinderAreas Areas(Sets few, Part[] ranking, Ablation ablation, Action<int> advance)
    {
        float[][] masks = [.. Enumerable.Range(0, ranking.Length + 1).Select(kept => Only(ranking.Take(kept)))];
        Dictionary<string, AreaFacts> exact = [], benchmark = [];
        foreach (EvaluationSet set in few.Each.Select(s => s.Set))
        {
            AnswerMeasure measure = new(Model, ablation, set.Problem, set.Labels, set.MapLabel);
            double[] m = [.. measure.Of(set.Examples, masks, masks[0], stop).Select(worth => worth.Tie)];
            if (AreaOverSizes.Exact(m) is { } every) exact[set.Use] = new(every.Cpr, every.Cmd);
            if (AreaOverSizes.AtBenchmarkShares(m) is { } ten) benchmark[set.Use] = new(ten.Cpr, ten.Cmd);
        }
        advance(1);
        return new(exact, benchmark);
    }

    float[] Only(IEnumerable<Part> kept)
    {
        float[] mask = new float[universe.Count];
        foreach (Part part in kept) mask[universe.PlaceOf(part)] = 1;
        return mask;
    }

    static FinderAreas MeanAreas(IReadOnlyList<FinderAreas> areas)
    {
        return new(Mean(a => a.Exact), Mean(a => a.Benchmark));

        Dictionary<string, AreaFacts> Mean(Func<FinderAreas, IReadOnlyDictionary<string, AreaFacts>> of) =>
            areas.SelectMany(of).GroupBy(a => a.Key, a => a.Value)
                .ToDictionary(g => g.Key, g => new AreaFacts(g.Average(a => a.Cpr), g.Average(a => a.Cmd)));
    }
}
