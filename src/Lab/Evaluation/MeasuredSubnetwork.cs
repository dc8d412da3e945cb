using System.Text.Json.Serialization;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Evaluation;

/// <summary>A subnetwork and its figures.</summary>
/// <param name="Seed">the seed it was found (or drawn) with</param>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="Sparsity">the sparsity it has: fraction of parts that are ablated</param>
/// <param name="Parts">addresses of the kept parts</param>
/// <param name="InDomain">accuracy in-domain</param>
/// <param name="OutOfDomain">see <see cref="Measured"/></param>
/// <param name="Unseen">see <see cref="Measured"/></param>
/// <param name="Cases">accuracy per case</param>
/// <param name="Groups">balanced accuracy and AUC per group</param>
/// <param name="InDomainLoss">cross entropy in-domain, nats per example</param>
/// <param name="Agreement">share of in-domain examples answered as the full model does</param>
/// <param name="Kl">KL divergence from the full model in-domain, nats per example</param>
/// <param name="LargestDifference">largest difference of a logit between the cut model (which was measured) and the masked one</param>
/// <param name="Figures">see <see cref="Measured"/></param>
public sealed record MeasuredSubnetwork(
    ulong Seed, double TargetSparsity, double Sparsity, IReadOnlyList<string> Parts,
    Proportion InDomain, Proportion? OutOfDomain, Proportion? Unseen,
    IReadOnlyDictionary<string, Proportion> Cases,
    IReadOnlyDictionary<string, GroupFacts> Groups,
    double? InDomainLoss, Proportion? Agreement, double? Kl, double LargestDifference,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, Quantity>>? Figures = null)
{
    /// <summary>See <see cref="Measured.Sets"/>.</summary>
    public IReadOnlyList<SetFigures> Sets { get; init; } = [];

    /// <summary>The cut model that it is, as it would be stored, with the mask's file.</summary>
    public StoredModel? Stored { get; init; }
}
