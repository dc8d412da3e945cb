using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;

namespace Heartwood.Lab.Evaluation;

/// <summary>The sets that a model is measured on, encoded once, with the rows they came from.</summary>
public sealed class Sets
{
    readonly List<(EvaluationSet Set, IReadOnlyList<Row> Rows, Answers Answers)> sets = [];

    /// <summary>Encodes the sets.</summary>
    /// <param name="model">the model that reads them</param>
    /// <param name="data">the sets; data to learn on is read with the same map and not measured</param>
    /// <param name="map">what the model's labels count as on the sets that have such labels, for example neutral&gt;non-entailment; see
    /// <see cref="LabelMatch"/></param>
    /// <param name="mostTokens">longest input; 0 for the model's own</param>
    /// <exception cref="InvalidDataException">a set's labels are neither the model's nor the renamed ones; or the map has names that are
    /// nobody's, or changes nothing</exception>
    /// <exception cref="ArgumentException">labels are renamed, and no set asks for any</exception>
    public Sets(LoadedModel model, DataSets data, LabelMap map, int mostTokens)
    {
        List<DataSource> labelled = [];
        bool applied = false;
        foreach (Role role in (Role[])[Role.InDomain, Role.OutOfDomain, Role.Unseen])
            Add(model, data[role], NamedData.WordFor(role), Labels, mostTokens);
        if (map.Sources.Count == 0) return;
        IReadOnlyList<DataSource> learned = data[Role.Train];
        if (learned.Count > 0 && DataSource.ProblemOf(learned) is Classification) Labels(learned);
        if (labelled.Count == 0) throw new ArgumentException(
            "--label-map says what a classifier's labels count as, and nothing that is measured asks for labels. Leave it out.");
        LabelMatch.RequireKnown(model.Labels, map, labelled, applied);

        (IReadOnlyList<string> Names, IReadOnlyList<int> Mapped) Labels(IReadOnlyList<DataSource> sources)
        {
            labelled.AddRange(sources);
            LabelMatch match = LabelMatch.Find(model.Labels, map, sources);
            applied |= match.Renamed;
            if (map.Sources.Count > 0 && !match.Renamed)
                model.Note($"{string.Join(", ", sources.Select(s => s.Name))}: the labels are the model's own "
                    + $"({string.Join(", ", model.Labels)}), so --label-map is not applied there.");
            return (match.Names, match.Mapped);
        }
    }

    static readonly string[] RightAndWrong = ["right", "wrong"];

    Sets() { }

    /// <summary>
    /// The data to choose by as the one set there is, in-domain by its place; null where there is none. The parameters are those of the
    /// constructor.
    /// </summary>
    internal static Sets? ToChoose(LoadedModel model, DataSets data, LabelMap map, int mostTokens)
    {
        if (data[Role.Choosing].Count == 0) return null;
        Sets choosing = new();
        choosing.Add(model, data[Role.Choosing], NamedData.WordFor(Role.InDomain), Labels, mostTokens);
        return choosing;

        (IReadOnlyList<string> Names, IReadOnlyList<int> Mapped) Labels(IReadOnlyList<DataSource> sources)
        {
            LabelMatch match = LabelMatch.Find(model.Labels, map, sources);
            return (match.Names, match.Mapped);
        }
    }

    // one set of the sources of a role; nothing where there are none
    void Add(LoadedModel model, IReadOnlyList<DataSource> sources, string use,
        Func<IReadOnlyList<DataSource>, (IReadOnlyList<string> Names, IReadOnlyList<int> Mapped)> labels, int mostTokens)
    {
        if (sources.Count == 0) return;
        IProblem problem = DataSource.ProblemOf(sources).For(model.Model);
        model.RefuseMixed(sources);
        var (names, mapped) = problem.OfVocabulary ? (RightAndWrong, [0, 1]) : problem.OfOneNumber ? (Regression.Labels, [0])
            : labels(sources);
        IReadOnlyList<Example>[] each = [.. sources.Select(s => model.Encode([s], names, mostTokens))];
        Example[] examples = [.. each.SelectMany(e => e)];
        EvaluationSet set = new(use, examples, names, mapped)
        {
            Problem = problem,
            Names = SetNames.Distinct([.. sources.Select(s => s.SetName)], [.. sources.Select(s => s.Name)]),
            From = [.. each.SelectMany((e, number) => Enumerable.Repeat(number, e.Count))],
        };
        sets.Add((set, [.. sources.SelectMany(s => s.Rows)], new(examples, problem: problem)));
    }

    /// <summary>The same sets with at most so many examples each, spread evenly; 0 for all.</summary>
    public Sets Thin(int most)
    {
        if (most == 0) return this;
        Sets thin = new();
        foreach (var (set, rows, _) in sets)
        {
            EvaluationSet fewer = set.Only(Thinning.Thinned([.. Enumerable.Range(0, set.Examples.Count)], most));
            thin.sets.Add((fewer, Thinning.Thinned(rows, most), new(fewer.Examples, problem: fewer.Problem)));
        }
        return thin;
    }

    /// <summary>The same sets with the examples that have what an ablation takes.</summary>
    /// <param name="ablation">the ablation</param>
    /// <param name="tell">hears how many of each set are left out</param>
    /// <exception cref="InvalidDataException">none of a set has</exception>
    public Sets ServedBy(IAblation ablation, Action<string> tell)
    {
        Sets served = new();
        foreach (var (set, rows, answers) in sets)
        {
            IReadOnlyList<Example> examples = ablation.Served(set.Problem, set.Examples, $"the set {set.Use}", tell);
            IReadOnlyList<Row> own = rows.Count == set.Examples.Count
                ? [.. rows.Where((_, i) => ablation.Serves(set.Problem, set.Examples[i]))] : rows;
            served.sets.Add(examples.Count == set.Examples.Count ? (set, rows, answers)
                : (set with { Examples = examples }, own, new(examples, problem: set.Problem)));
        }
        return served;
    }

    /// <summary>Each set with the rows that its examples are.</summary>
    internal IReadOnlyList<(EvaluationSet Set, IReadOnlyList<Row> Rows)> Each => [.. sets.Select(s => (s.Set, s.Rows))];

    /// <summary>The sets by name, with their roles, in-domain first.</summary>
    public IReadOnlyList<(string Name, string Role, int Examples)> Named =>
        [.. sets.SelectMany(s => s.Set.Pooled.Select(one => (one.Name, s.Set.Use, one.Examples.Count)))];

    /// <summary>Whether there is a set to measure on.</summary>
    public bool Any => sets.Count > 0;

    /// <summary>Number of examples in all sets.</summary>
    public int Examples => sets.Sum(s => s.Set.Examples.Count);

    /// <summary>Number of tokens in all sets.</summary>
    public long Tokens => sets.Sum(s => s.Answers.Tokens);

    /// <summary>The examples of the in-domain set.</summary>
    public IReadOnlyList<Example> InDomain => sets[0].Set.Examples;

    /// <summary>What the in-domain set asks.</summary>
    public IProblem InDomainProblem => sets[0].Set.Problem;

    /// <summary>What each set asks, by its use; null where all ask for labels.</summary>
    public IReadOnlyDictionary<string, TaskFacts>? Tasks =>
        AllLabelled ? null : sets.ToDictionary(s => s.Set.Use, s => TaskFacts.Describing(s.Set.Problem));

    /// <summary>What a model gives on every set, [example number] row by row; compared with the full model where one is given.</summary>
    public IReadOnlyList<float[]> Scores(IModel model, CancellationToken stop, Action<int>? advance = null, IModel? full = null) =>
        [.. sets.Select(s => s.Answers.Scores(model, advance, stop, full))];

    /// <summary>Scores of every set under several masks: first by mask, then by set.</summary>
    public IReadOnlyList<IReadOnlyList<float[]>> Scores(
        IModel model, IReadOnlyList<float[]> masks, Ablation ablation, CancellationToken stop, Action<int>? advance = null,
        IModel? full = null)
    {
        float[][][] bySet = [.. sets.Select(s => s.Answers.Scores(model, masks, ablation, advance, stop, full: full))];
        return [.. masks.Select((_, m) => (IReadOnlyList<float[]>)[.. bySet.Select(s => s[m])])];
    }

    /// <summary>Scores of what needs no model.</summary>
    public IReadOnlyList<float[]> Scores(IBaseline baseline) => [.. sets.Select(s => s.Rows.SelectMany(baseline.Scores).ToArray())];

    /// <summary>Figures from scores.</summary>
    public Measured Measure(IReadOnlyList<float[]> scores, IReadOnlyList<float[]>? full) =>
        Measuring.Measure([.. sets.Select(s => s.Set)], scores, full);

    /// <summary>Figures of a model.</summary>
    public Measured Measure(IModel model, IReadOnlyList<float[]>? full, CancellationToken stop) => Measure(Scores(model, stop), full);

    /// <summary>Which examples of each set are answered right, by the set's use.</summary>
    /// <param name="scores">
    /// scores of every set, as <see cref="Scores(IModel, CancellationToken, Action{int}?, IModel?)"/> gives them
    /// </param>
    public IReadOnlyDictionary<string, bool[]> Right(IReadOnlyList<float[]> scores) =>
        sets.Zip(scores).ToDictionary(s => s.First.Set.Use, s => Measuring.Right(s.First.Set, s.Second));

    /// <summary>What one answer to everything would reach on each set, by the set's use: the share of its commonest label.</summary>
    public IReadOnlyDictionary<string, double> Guessing()
    {
        return sets.ToDictionary(s => s.Set.Use, s => ShareOfCommonest(s.Set.Examples));

        static double ShareOfCommonest(IReadOnlyList<Example> examples) =>
            examples.GroupBy(e => e.Label).Select(g => (double)g.Count() / examples.Count).DefaultIfEmpty(1).Max();
    }

    /// <summary>Whether every set asks for labels.</summary>
    public bool AllLabelled => sets.All(s => s.Set.Problem is Classification);

    /// <summary>Whether every set asks for scores.</summary>
    public bool AllScored => sets.All(s => s.Set.Problem is Regression);

    /// <summary>The rows of the in-domain set.</summary>
    internal IReadOnlyList<Row> InDomainRows => sets[0].Rows;

    /// <summary>What each case is, under the name that <see cref="Measuring"/> gives its figures.</summary>
    public IReadOnlyDictionary<string, CaseFacts> Cases()
    {
        Dictionary<string, CaseFacts> cases = [];
        foreach (EvaluationSet set in sets.Select(s => s.Set).OrderBy(s => s.Use == "inDomain"))
            foreach (var one in set.Examples.Where(e => e.Case != "").GroupBy(e => e.Case))
            {
                bool ofOneLabel = set.Problem is Classification && one.Select(e => e.Label).Distinct().Count() == 1;
                string? label = ofOneLabel ? set.Labels[one.First().Label] : null;
                cases[Measuring.NameOf(cases.Keys, one.Key, set.Use)] = new(set.Use, one.First().Group, label);
            }
        return cases;
    }

    /// <summary>
    /// The same where sets ask for tokens, each case by itself; null where labels are asked for, whose cases are shown in groups.
    /// </summary>
    public IReadOnlyDictionary<string, CaseFacts>? TaskCases => AllLabelled ? null : Cases();
}
