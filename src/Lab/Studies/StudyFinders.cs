using System.Globalization;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies;

public sealed partial class Study
{
    const int MostForAreas = 100, RandomRankings = 5;

    /// <summary>What the areas over sizes of several methods will cost, a sentence; "" where there are none.</summary>
    public static string AreasInWords(Prepared prepared)
    {
        if (prepared.Methods.Count < 2 || prepared.Data[Role.InDomain].Count == 0) return "";
        long rankings = RandomRankings + prepared.Methods.Where(m => !m.Finder.Facts.SizeDependent)
            .Sum(m => (long)m.Searches(prepared.Request).Count);
        long examples = prepared.Sets.Thin(MostForAreas).Each.Sum(s => (long)s.Set.Examples.Count);
        return string.Create(CultureInfo.InvariantCulture,
            $"areas over sizes: {rankings} rankings, {rankings * (prepared.Universe.Count + 1) * examples:N0} passes of an example");
    }

    /// <summary>All methods of the study in one table; null where there is only one. Measured where there is an in-domain set.</summary>
    FinderTable? CompareFinders()
    {
        if (methods.Count < 2) return null;
        Find();
        Ablation ablation = OwnAblation();
        Sets? few = data[Role.InDomain].Count > 0 ? sets.Thin(MostForAreas) : null;
        Action<int> advance = Advance("areas over sizes", Rankings(), "rankings");
        double[]? exact = methods.FirstOrDefault(m => m.Finder.Facts.Name == "ablation") is { } single ? MeanScores(single) : null;
        FinderRow[] rows = [.. methods.Select(m => Row(m, ablation, few, exact, advance))];
        FinderAreas? random = few is null ? null
            : MeanAreas([.. Enumerable.Range(1, RandomRankings).Select(draw => Areas(few, RandomRanking(draw), ablation, advance))]);
        Dictionary<string, int> examples = few?.Each.ToDictionary(s => s.Set.Use, s => s.Set.Examples.Count) ?? [];
        return new FinderTable(rows, random, random is null ? 0 : RandomRankings, examples);
    }

    /// <summary>The table of finders in words; "" where there is one method.</summary>
    public string FindersInWords() => Subject.AskEach("finders").Select(a => a.Question.WordsFor(a.Facts!, new(new(folder.Manifest, [a]))))
        .SingleOrDefault("");

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
        return new(method.Label, method.Finder.Facts.Seeded, cost.Searches, cost.Passes, SecondsOf(method), sizes, areas, agreement)
        {
            Subnetworks = few is null || method == MainMethod ? [] : [.. Measured(method, found).Found.Select((m, i) => m with
            {
                Stored = m.Stored! with { File = Subject.MaskFile(found[i]) },
            })],
            RandomSubnetworks = few is null || method == MainMethod ? [] : Measured(method, found).Random,
        };
    }

    long Rankings() => RandomRankings + methods.Where(m => !m.Finder.Facts.SizeDependent).Sum(m => (long)m.Searches(request).Count);

    FinderAtSize AtSize(Method method, Target sparsity, IReadOnlyList<Subnetwork> found)
    {
        OfMethod all = Measured(method, found);
        return new(sparsity, Several([.. all.Found.Where(m => m.TargetSparsity == sparsity)]),
            Several([.. all.Random.Where(m => m.TargetSparsity == sparsity)]));
    }

    // the main method's subnetworks are measured already, the others' are measured in the same way; of random parts there are as many sets
    // at each size as seeds, so that a finder without seeds is not compared with one draw
    OfMethod Measured(Method method, IReadOnlyList<Subnetwork> found)
    {
        int draws = Math.Max(1, request.Seeds.Count * request.Sparsities.Count / found.Count);
        if (method != MainMethod) return folder.Stage($"finders-{method.Label}", () => Measure(method, found, draws, itself: true));
        AccuracyFacts known = Evaluate();
        OfMethod more = folder.Stage("more-random-parts", () => Measure(method, found, draws - 1, itself: false));
        return new(known.Subnetworks, [.. known.RandomSubnetworks, .. more.Random]);
    }

    OfMethod Measure(Method method, IReadOnlyList<Subnetwork> found, int draws, bool itself)
    {
        MaskMeasuring measuring = new(Model, sets, Subject.FullScores, OwnAblation(), stop, Costs());
        long total = (long)(draws + (itself ? 1 : 0)) * found.Count;
        Action<int> advance = Advance($"measuring subnetworks of {method.Label}", total, "subnetworks");
        List<MeasuredSubnetwork> measured = [], random = [];
        foreach (Subnetwork subnetwork in itself ? found : [])
        {
            measured.Add(measuring.Measure(subnetwork));
            advance(1);
        }
        for (int draw = itself ? 0 : 1; draw < draws + (itself ? 0 : 1); draw++)
            for (int i = 0; i < found.Count; i++)
            {
                random.Add(measuring.RandomLike(found[i], found[i].Seed, (long)draw * found.Count + i));
                advance(1);
            }
        return new(measured, random);
    }

    // the subnetworks of a method, measured, with a random mask next to each in the same order; more random masks after those
    internal sealed record OfMethod(IReadOnlyList<MeasuredSubnetwork> Found, IReadOnlyList<MeasuredSubnetwork> Random);

    static AccuracyOfSeveral Several(IReadOnlyList<MeasuredSubnetwork> measured) => new(measured.Count,
        MeanAndRange.Over([.. measured.Select(m => m.Measured.InDomain.Value)])!,
        MeanAndRange.Over([.. measured.Select(m => m.Measured.OutOfDomain).OfType<Proportion>().Select(share => share.Value)]));

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
            double[] m = [.. measure.Worths(set.Examples, masks, masks[0], stop).Select(worth => worth.Tie)];
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
