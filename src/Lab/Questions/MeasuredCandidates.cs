using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Lab.Tasks;
using static System.FormattableString;

namespace Heartwood.Lab.Questions;

/// <summary>The candidates that a study measures: the full model, every subnetwork, random parts of its make, the best baseline.</summary>
public static class MeasuredCandidates
{
    /// <summary>What the full model is called.</summary>
    public const string Full = "full model";

    /// <summary>What stands before the name of random parts.</summary>
    internal const string RandomPrefix = "random";

    /// <summary>The rows, by size: the main sparsity first.</summary>
    /// <param name="facts">what was measured</param>
    /// <param name="cut">the subnetwork that was cut; null where none was</param>
    public static IReadOnlyList<Candidate> From(AccuracyFacts facts, CutFacts? cut)
    {
        Candidate full = Made(Full, CandidateKind.Full, facts.Full, facts.Stored, facts);
        List<Candidate> all = [full with { SecondsPer1000Tokens = cut?.SecondsPer1000TokensBefore }];
        foreach (Target sparsity in facts.Subnetworks.Select(s => s.TargetSparsity).Distinct().OrderBy(s => s == facts.Main ? 0 : 1)
            .ThenBy(s => s))
        {
            all.AddRange(facts.Subnetworks.Where(s => s.TargetSparsity == sparsity).Select(s => Chosen(s, facts, cut)));
            all.AddRange(facts.RandomSubnetworks.Where(s => s.TargetSparsity == sparsity)
                .Select(s => Made(NameOfRandom(s), CandidateKind.Random, s.Measured, s.Stored, facts)));
        }
        if (BestBaseline(facts) is { } best) all.Add(best);
        return all;
    }

    /// <summary>What the other finders of a run found, each with random parts of its make; the first one's stand under accuracy.</summary>
    /// <param name="finders">the table of finders</param>
    /// <param name="facts">what the sets ask</param>
    internal static IReadOnlyList<Candidate> FromFinders(FinderTable finders, AccuracyFacts facts) => [.. finders.Rows.SelectMany(row =>
        row.Subnetworks.Select(s => Made(NameApart(s), CandidateKind.Subnetwork, s.Measured, s.Stored, facts))
            .Concat(row.RandomSubnetworks.Index().Select(r => Made(
                $"{RandomPrefix}-like-{row.Method}-{r.Item.TargetSparsity.InNames}-seed-{r.Index + 1}", CandidateKind.Random,
                r.Item.Measured, r.Item.Stored, facts))))];

    // the finder "random" draws parts too, and its subnetworks are not the null of another's
    static string NameApart(MeasuredSubnetwork s) =>
        NameOf(s).StartsWith(RandomPrefix, StringComparison.Ordinal) ? $"finder-{NameOf(s)}" : NameOf(s);

    /// <summary>The same before anything is measured: the full model and what was found.</summary>
    /// <param name="full">the full model</param>
    /// <param name="found">the cut models that the subnetworks are, with the masks' files</param>
    internal static IReadOnlyList<Candidate> Unmeasured(LoadedModel full, IEnumerable<StoredModel> found)
    {
        Candidate Named(string name, CandidateKind kind, StoredModel stored) =>
            new(name, kind, null, null, null, stored.Weights, stored.Bytes, null, stored.File, false, null, null);
        return [Named(Full, CandidateKind.Full, new(full.Model.Weights.Count, full.Bytes, full.Folder)),
            .. found.Select(s => Named(Path.GetFileNameWithoutExtension(s.File!), CandidateKind.Subnetwork, s))];
    }

    /// <summary>The same of masks from anywhere.</summary>
    /// <param name="facts">the full model and baselines, measured</param>
    /// <param name="masks">the masks, each with random parts of its make</param>
    internal static IReadOnlyList<Candidate> From(
        AccuracyFacts facts, IReadOnlyList<(string Name, MeasuredSubnetwork Itself, IReadOnlyList<MeasuredSubnetwork> Random)> masks)
    {
        IReadOnlyList<Candidate> models = From(facts, cut: null);
        IEnumerable<Candidate> Rows(string name, MeasuredSubnetwork itself, IReadOnlyList<MeasuredSubnetwork> random) =>
            [Made(name, CandidateKind.Subnetwork, itself.Measured, itself.Stored, facts), .. random.Select((r, i) =>
                Made($"{RandomPrefix}-like-{name}-seed-{i + 1}", CandidateKind.Random, r.Measured, r.Stored, facts))];
        return [models[0], .. masks.SelectMany(m => Rows(m.Name, m.Itself, m.Random)), .. models.Skip(1)];
    }

    /// <summary>What failed among what a study measured.</summary>
    /// <param name="facts">what was measured</param>
    /// <param name="labels">how many labels the model has</param>
    public static IReadOnlyList<Failure> Failed(AccuracyFacts facts, int labels) => Failed(facts, labels, Tried(facts));

    /// <summary>The same of masks from anywhere, each with random parts of its make.</summary>
    internal static IReadOnlyList<Failure> Failed(AccuracyFacts facts, int labels,
        IReadOnlyList<(string Name, MeasuredSubnetwork Itself, IReadOnlyList<MeasuredSubnetwork> Random)> masks) =>
        Failed(facts, labels, masks.Select(m => new FailureRules.Tried(
            Made(m.Name, CandidateKind.Subnetwork, m.Itself.Measured, null, facts), double.NaN, m.Itself.Sparsity, m.Itself.Parts.Count,
            [.. m.Random.Select(r => Made("", CandidateKind.Random, r.Measured, null, facts))])));

    static IReadOnlyList<Failure> Failed(AccuracyFacts facts, int labels, IEnumerable<FailureRules.Tried> tried) => FailureRules.Among(
        [.. tried], [Made(Full, CandidateKind.Full, facts.Full, null, facts),
            .. facts.Baselines.Select(b => Made(b.Key, CandidateKind.Baseline, b.Value, null, facts))],
        set => Measurements.SetOf(set) is { } known ? Measurements.Chance(facts, known, labels) : double.NaN,
        facts.Tasks?.GetValueOrDefault("inDomain")?.Words.LessIsBetter ?? false);

    static IEnumerable<FailureRules.Tried> Tried(AccuracyFacts facts) => facts.Subnetworks
        .OrderBy(s => s.TargetSparsity == facts.Main ? 0 : 1).ThenBy(s => s.TargetSparsity).Select(s => new FailureRules.Tried(
            Made(NameOf(s), CandidateKind.Subnetwork, s.Measured, null, facts), s.TargetSparsity, s.Reached, s.Parts.Count,
            [.. facts.RandomSubnetworks.Where(r => r.TargetSparsity == s.TargetSparsity)
                .Select(r => Made("", CandidateKind.Random, r.Measured, null, facts))]));

    /// <summary>What failed among what was found and is not measured yet: searches that did not reach their size.</summary>
    /// <param name="found">the subnetworks, with their names</param>
    /// <param name="reached">what each has of what was asked for</param>
    internal static IReadOnlyList<Failure> Unmeasured(
        IEnumerable<(Subnetwork Found, string Name)> found, Func<Subnetwork, double> reached) =>
        [.. FailureRules.Sizes([.. found.Select(f => new FailureRules.Tried(
            new(f.Name, CandidateKind.Subnetwork, null, null, null, null, null, null, null, false, null, null), f.Found.TargetSparsity,
            reached(f.Found), f.Found.Kept.Count, []))])];

    /// <summary>The name of a subnetwork among the candidates: its file's, without ending.</summary>
    internal static string NameOf(MeasuredSubnetwork s) => s.Stored?.File is { } file ? Path.GetFileNameWithoutExtension(file) : Size(s);

    /// <summary>The sets' roles, in-domain first.</summary>
    internal static IReadOnlyList<string> SetNames { get; } = ["inDomain", "outOfDomain", "unseen"];

    /// <summary>What a random subnetwork that was measured is called.</summary>
    internal static string NameOfRandom(MeasuredSubnetwork s) => $"{RandomPrefix}-{Size(s)}";

    /// <summary>A model as a row.</summary>
    /// <param name="name">its name</param>
    /// <param name="kind">what it is</param>
    /// <param name="measured">its figures</param>
    /// <param name="stored">how large it is and where; null of what has no weights</param>
    /// <param name="facts">what the sets ask</param>
    internal static Candidate Made(string name, CandidateKind kind, Measured measured, StoredModel? stored, AccuracyFacts facts) =>
        new(name, kind, FigureOn("inDomain", measured, facts), FigureOn("outOfDomain", measured, facts),
            FigureOn("unseen", measured, facts), stored?.Weights, stored?.Bytes, null, stored?.File, false, null, null);

    /// <summary>What a model reaches on the sets of one role; null where that was not measured.</summary>
    /// <param name="set">one of <see cref="SetNames"/></param>
    /// <param name="measured">the model's figures</param>
    /// <param name="facts">what the sets ask</param>
    internal static CandidateFigure? FigureOn(string set, Measured measured, AccuracyFacts facts) =>
        facts.Tasks?.GetValueOrDefault(set)?.Words is { Measure.Length: > 0 } words
            ? CandidateFigure.From(words.Measure, measured.Figures?.GetValueOrDefault(set)?.GetValueOrDefault(words.Measure))
            : CandidateFigure.From(set == "inDomain" ? measured.InDomain : set == "outOfDomain" ? measured.OutOfDomain : measured.Unseen);

    static Candidate Chosen(MeasuredSubnetwork s, AccuracyFacts facts, CutFacts? cut)
    {
        string name = NameOf(s);
        Candidate row = Made(name, CandidateKind.Subnetwork, s.Measured, s.Stored, facts);
        bool written = cut?.Choice is { } choice ? choice.Subnetwork == name
            : cut is not null && s.TargetSparsity == facts.Main && s.Seed == cut.Seed;
        if (!written) return row;
        return row with
        {
            File = cut!.Folder,
            SecondsPer1000Tokens = cut.SecondsPer1000TokensAfter,
            Chosen = true,
            Reason = Why(s, facts, cut.Choice),
        };
    }

    static string Why(MeasuredSubnetwork chosen, AccuracyFacts facts, ChoiceFacts? choice)
    {
        if (choice is { By: "name" or "choosing" } and not { Losses.Count: 1 })
            return choice.By == "name" ? "It was named by cut --subnetwork." : $"It has {choice.Reason}.";
        int others = facts.Subnetworks.Count(s => s.TargetSparsity == facts.Main);
        string size = Invariant($"{facts.Main.UnitName} {facts.Main.Value:0.0###}");
        if (others == 1) return $"It is the only subnetwork at {size}.";
        TaskWords words = facts.Tasks?.GetValueOrDefault("inDomain")?.Words ?? Classification.Instance.Words;
        string[] what = words.ShortLoss.Split(", ");
        string unit = what.Length > 1 ? $" {what[1]}" : "";
        string best = chosen.Measured.InDomainLoss is { } loss ? Invariant($"the lowest {what[0]} ({loss:0.0000}{unit})")
            : "the highest accuracy in-domain";
        return $"It has {best} of {others} subnetworks at {size}; out-of-domain data does not choose.";
    }

    static string Size(MeasuredSubnetwork s) => $"{s.TargetSparsity.InNames}-seed-{s.Seed}";

    static Candidate? BestBaseline(AccuracyFacts facts)
    {
        bool less = facts.Tasks?.GetValueOrDefault("inDomain")?.Words.LessIsBetter ?? false;
        return facts.Baselines.Select(b => Made(b.Key, CandidateKind.Baseline, b.Value, null, facts))
            .Where(b => b.InDomain is not null).MaxBy(b => less ? -b.InDomain!.Value : b.InDomain!.Value);
    }
}
