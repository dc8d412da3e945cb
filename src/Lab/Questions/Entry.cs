using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Questions;

/// <summary>What an entry is, which decides how it is drawn.</summary>
internal enum EntryKind
{
    /// <summary>the full model</summary>
    Full,

    /// <summary>a subnetwork that was found</summary>
    Subnetwork,

    /// <summary>a random mask of the same size</summary>
    Random,

    /// <summary>a baseline that needs no model</summary>
    Baseline,

    /// <summary>the full model with parts ablated</summary>
    Ablated,
}

/// <summary>The sets that accuracy is measured on.</summary>
internal enum DataSet
{
    /// <summary>as in training</summary>
    InDomain,

    /// <summary>unlike training, with constructions that occur in it</summary>
    OutOfDomain,

    /// <summary>unlike training, with constructions that do not</summary>
    Unseen,
}

/// <summary>
/// Whatever was measured, in one shape: the full model, a subnetwork, a random mask, a baseline, a model with parts ablated.
/// </summary>
/// <param name="Name">what to call it</param>
/// <param name="Kind">what it is</param>
/// <param name="Sets">accuracy on each set that was given</param>
/// <param name="Cases">accuracy per case</param>
/// <param name="Groups">balanced accuracy per group</param>
internal sealed record Entry(
    string Name, EntryKind Kind, IReadOnlyDictionary<DataSet, Proportion> Sets,
    IReadOnlyDictionary<string, Proportion> Cases, IReadOnlyDictionary<string, GroupFacts> Groups)
{
    /// <summary>The seed it was found or drawn with.</summary>
    public ulong? Seed { get; private init; }

    /// <summary>The sparsity that was asked for.</summary>
    public Target? Target { get; private init; }

    /// <summary>The sparsity it has.</summary>
    public double? Sparsity { get; private init; }

    /// <summary>Cross entropy in-domain, nats per example.</summary>
    public double? Loss { get; private init; }

    /// <summary>Share of in-domain examples answered as the full model does.</summary>
    public Proportion? Agreement { get; private init; }

    /// <summary>KL divergence from the full model in-domain, nats per example.</summary>
    public double? Kl { get; private init; }

    /// <summary>The tasks' own figures, by set and name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, Quantity>> Figures { get; private init; } = none;

    /// <summary>A figure of the task, null where it was not measured.</summary>
    public Quantity? Figure(string set, string name) => Figures.GetValueOrDefault(set)?.GetValueOrDefault(name);

    /// <summary>Accuracy on a set, null where it was not measured.</summary>
    public Proportion? On(DataSet set) => Sets.TryGetValue(set, out var p) && !double.IsNaN(p.Value) ? p : null;

    /// <summary>Whatever was measured: the full model, a baseline, a model with parts ablated.</summary>
    public static Entry ForModel(string name, EntryKind kind, Measured m) =>
        new(name, kind, Measures(m), m.Cases, m.Groups)
        {
            Loss = m.InDomainLoss,
            Agreement = m.Agreement,
            Kl = m.Kl,
            Figures = m.Figures ?? none,
        };

    /// <summary>A subnetwork or a random mask.</summary>
    public static Entry ForSubnetwork(MeasuredSubnetwork m, EntryKind kind) =>
        ForModel($"{(kind == EntryKind.Random ? "random mask" : "seed")} {m.Seed}", kind, m.Measured) with
        {
            Seed = m.Seed,
            Target = m.TargetSparsity,
            Sparsity = m.Sparsity,
        };

    /// <summary>The full model with parts ablated.</summary>
    public static Entry ForAblated(AblatedFacts a) => ForModel(a.Name, EntryKind.Ablated, a.Measured);

    static readonly Dictionary<string, IReadOnlyDictionary<string, Quantity>> none = [];

    /// <summary>What a mark of it says when pointed at.</summary>
    public string Tip
    {
        get
        {
            List<string> lines = [Title];
            lines.AddRange(Sets.Where(s => !double.IsNaN(s.Value.Value))
                .Select(s => $"{Measurements.Name(s.Key)} {Wording.Full(s.Value)}"));
            if (Loss is { } loss && !double.IsNaN(loss)) lines.Add($"in-domain loss {Wording.Number(loss, "0.000")} nats");
            return string.Join("\n", lines);
        }
    }

    /// <summary>Its name with its sparsity.</summary>
    public string Title => Target is { } t ? $"{Name}, {Wording.Sparsity(t)}" : Name;

    static Dictionary<DataSet, Proportion> Measures(Measured m)
    {
        Dictionary<DataSet, Proportion> sets = new() { [DataSet.InDomain] = m.InDomain };
        if (m.OutOfDomain is not null) sets[DataSet.OutOfDomain] = m.OutOfDomain;
        if (m.Unseen is not null) sets[DataSet.Unseen] = m.Unseen;
        return sets;
    }
}
