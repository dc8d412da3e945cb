using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Questions;

/// <summary>What was measured, arranged for drawing: which sets and sparsities it has, and everything measured in one shape.</summary>
internal sealed class Measurements
{
    readonly AccuracyFacts facts;

    /// <summary>Arranges what was measured.</summary>
    public Measurements(AccuracyFacts facts, Findings findings)
    {
        this.facts = facts;
        Full = Entry.ForModel("full model", EntryKind.Full, facts.Full);
        Baselines = [.. facts.Baselines.Select(b => Entry.ForModel(b.Key, EntryKind.Baseline, b.Value))];
        Subnetworks = [.. facts.Subnetworks.Select(s => Entry.ForSubnetwork(s, EntryKind.Subnetwork))];
        Randoms = [.. facts.RandomSubnetworks.Select(s => Entry.ForSubnetwork(s, EntryKind.Random))];
        Sparsities = [.. facts.Subnetworks.Select(s => s.TargetSparsity).Distinct().OrderBy(s => s == facts.Main ? 0 : 1).ThenBy(s => s)];
        Sets = [.. Enum.GetValues<DataSet>().Where(set => All.Any(e => e.On(set) is not null))];
        Ablated = [.. (findings.Facts<CoreAblatedFacts>()?.Ablated ?? []).Select(Entry.ForAblated)];
        HasOverlap = facts.Tasks is null && (findings.Manifest.Data.Any(d => d.Source.StartsWith("world:", StringComparison.Ordinal))
            || Full.Cases.Keys.Concat(Full.Groups.Keys).Any(Names));
        Labels = findings.Facts<MakingFacts>()?.Model?.Labels.Count ?? 0;
    }

    /// <summary>What is known of each case, by name; null where nothing is.</summary>
    public IReadOnlyDictionary<string, CaseFacts>? Cases => facts.Cases;

    /// <summary>The sparsity that core, ablations and cut are about.</summary>
    public Target MainSparsity => facts.Main;

    /// <summary>Largest difference of a logit between each subnetwork's cut and masked model.</summary>
    public IEnumerable<double> LargestDifferences => facts.Subnetworks.Select(s => s.LargestDifference);

    /// <summary>How many labels the model has.</summary>
    int Labels { get; }

    /// <summary>The full model.</summary>
    public Entry Full { get; }

    /// <summary>What needs no model.</summary>
    public IReadOnlyList<Entry> Baselines { get; }

    /// <summary>All subnetworks found, every seed at every sparsity.</summary>
    public IReadOnlyList<Entry> Subnetworks { get; }

    /// <summary>All random masks.</summary>
    public IReadOnlyList<Entry> Randoms { get; }

    /// <summary>The full model with sets of parts ablated, in the result's order.</summary>
    public IReadOnlyList<Entry> Ablated { get; }

    /// <summary>The sparsities asked for, the main one first, then rising.</summary>
    public IReadOnlyList<Target> Sparsities { get; }

    /// <summary>The sets on which anything was measured.</summary>
    public IReadOnlyList<DataSet> Sets { get; }

    /// <summary>Everything measured on whole sets but ablations.</summary>
    public IEnumerable<Entry> All => [Full, .. Subnetworks, .. Randoms, .. Baselines];

    /// <summary>The subnetworks of the main sparsity.</summary>
    public IReadOnlyList<Entry> Main => Sparsities.Count == 0 ? [] : At(Sparsities[0]);

    /// <summary>
    /// Guessing's balanced accuracy on a set: one over the number of labels that its cases hold, or that the model has where that is not
    /// known.
    /// </summary>
    public double Chance(DataSet set) => Chance(facts, set, Labels);

    /// <summary>The same of facts that are not arranged.</summary>
    internal static double Chance(AccuracyFacts facts, DataSet set, int labels)
    {
        TaskWords words = facts.Tasks?.FirstOrDefault(t => SetOf(t.Key) == set).Value?.Words ?? Classification.Instance.Words;
        if (words.Name != Classification.Instance.Words.Name) return words.Guessing;
        int held = facts.Cases?.Values.Where(c => SetOf(c.Set) == set && c.Label is not null).Select(c => c.Label).Distinct().Count() ?? 0;
        int all = held > 1 ? held : labels;
        return all > 1 ? 1.0 / all : double.NaN;
    }

    /// <summary>How the task of a set is spoken of.</summary>
    public TaskWords Words(DataSet set) => TaskOf(set)?.Words ?? Classification.Instance.Words;

    /// <summary>What a set asks, null for labels.</summary>
    public TaskFacts? TaskOf(DataSet set) => facts.Tasks?.FirstOrDefault(t => SetOf(t.Key) == set).Value;

    /// <summary>What is called accuracy on a set, with the set: "accuracy in-domain", "pairs right out of domain".</summary>
    public string Accuracy(DataSet set) => $"{Words(set).Accuracy} {Where(set)}";

    /// <summary>What is called accuracy, where figures of all sets stand side by side.</summary>
    public string SharedAccuracy => Shared(Sets.Select(s => Words(s).Accuracy));

    /// <summary>What is called accuracy over a group of a set's cases: balanced over labels where the set asks for labels.</summary>
    public string GroupAccuracy(DataSet? set) => AsksLabels(set) ? "balanced accuracy" : Words(set!.Value).Accuracy;

    /// <summary>The same, where groups of all sets stand side by side.</summary>
    public string SharedGroupAccuracy(IEnumerable<string> sets) => Shared(sets.Select(s => GroupAccuracy(SetOf(s))));

    /// <summary>Whether a set asks for labels; one that is not known does.</summary>
    public bool AsksLabels(DataSet? set) =>
        facts.Tasks is null || set is not { } known || Words(known).Name == Classification.Instance.Words.Name;

    static string Shared(IEnumerable<string> names) => names.Distinct().ToArray() is [var one] ? one : "share right";

    /// <summary>Whether any set asks for something else than labels.</summary>
    public bool AsksTokens => facts.Tasks is not null;

    /// <summary>
    /// Whether the data is about word overlap: the made-up language, or cases that name a heuristic of HANS. Sentences about
    /// counterexamples to that shortcut are said only then.
    /// </summary>
    public bool HasOverlap { get; }

    static readonly string[] heuristics = ["overlap", "subsequence", "constituent"];

    static bool Names(string name) => heuristics.Any(h => name.Contains(h, StringComparison.OrdinalIgnoreCase));

    /// <summary>The subnetworks of one sparsity.</summary>
    public IReadOnlyList<Entry> At(Target sparsity) => [.. Subnetworks.Where(s => s.Target == sparsity)];

    /// <summary>The random masks of one sparsity.</summary>
    public IReadOnlyList<Entry> RandomsAt(Target sparsity) => [.. Randoms.Where(s => s.Target == sparsity)];

    /// <summary>A set's name.</summary>
    public static string Name(DataSet set) =>
        set switch { DataSet.InDomain => "in-domain", DataSet.OutOfDomain => "out of domain", _ => "unseen" };

    /// <summary>The name of a set as result.json writes it.</summary>
    public static string Name(string set) => SetOf(set) is { } known ? Name(known) : set;

    /// <summary>The set that result.json means, null where it is none of the three.</summary>
    public static DataSet? SetOf(string set) => Enum.TryParse<DataSet>(set, ignoreCase: true, out var known) ? known : null;

    /// <summary>Where it was measured, as a sentence says it: "accuracy out of domain", "accuracy on unseen constructions".</summary>
    public static string Say(DataSet set) => set == DataSet.Unseen ? "on unseen constructions" : Name(set);

    /// <summary>The same of this result: what is unseen holds constructions only where it is classified.</summary>
    public string Where(DataSet set) =>
        set == DataSet.Unseen && Words(set).Name != Classification.Instance.Words.Name ? "on the unseen set" : Say(set);

    /// <summary>
    /// The cases in lists to be drawn side by side: one per label where the result knows them, under the headings of their sets.
    /// </summary>
    public IReadOnlyList<CaseList> CaseLists()
    {
        string[] names = [.. All.Concat(Ablated).SelectMany(e => e.Cases.Keys).Distinct()];
        if (facts.Cases is not { } known)
        {
            int half = names.Length > 12 ? (names.Length + 1) / 2 : Math.Max(1, names.Length);
            return [.. names.Chunk(half).Select(chunk => new CaseList("", [new("", chunk)]))];
        }
        return [.. names.GroupBy(n => known.GetValueOrDefault(n)?.Label)
            .Select(label => new CaseList(label.Key ?? (AsksTokens ? "" : "several labels"),
            [.. label.GroupBy(n => known.GetValueOrDefault(n)?.Set ?? "").OrderBy(s => Order(s.Key))
                .Select(s => new CaseSet(s.Key == "" ? "" : Name(s.Key), [.. s]))]))];
    }

    /// <summary>Where a set stands in lists of cases: out of domain first, for there the seeds differ; in-domain last.</summary>
    public static int Order(string set) =>
        SetOf(set) switch { DataSet.OutOfDomain => 0, DataSet.Unseen => 1, DataSet.InDomain => 2, _ => 3 };

    /// <summary>A case's or group's name as it stands under the heading of its set.</summary>
    public static string UnderHeading(string name) =>
        name.StartsWith(InDomainPrefix, StringComparison.Ordinal) ? name[InDomainPrefix.Length..] : name;

    const string InDomainPrefix = "in-domain: ";
}

/// <summary>Cases drawn in one panel.</summary>
/// <param name="Title">their label, "" where none is known</param>
/// <param name="Sets">the cases by set</param>
internal sealed record CaseList(string Title, IReadOnlyList<CaseSet> Sets)
{
    /// <summary>The same without some cases.</summary>
    public CaseList Without(IReadOnlyList<string> names) => this with
    {
        Sets = [.. Sets.Select(s => s with { Cases = [.. s.Cases.Except(names)] }).Where(s => s.Cases.Count > 0)],
    };
}

/// <summary>Cases under one heading.</summary>
/// <param name="Heading">the set's name, "" for none</param>
/// <param name="Cases">the cases' names</param>
internal sealed record CaseSet(string Heading, IReadOnlyList<string> Cases);
