using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Evaluation;

/// <summary>A subnetwork and its figures.</summary>
/// <param name="Seed">the seed it was found (or drawn) with</param>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="Sparsity">the sparsity it has: fraction of parts that are ablated</param>
/// <param name="Parts">addresses of the kept parts</param>
/// <param name="Measured">its figures on every set</param>
/// <param name="LargestDifference">largest difference of a logit between the cut model (which was measured) and the masked one; NaN
/// where there is no cut</param>
public sealed record MeasuredSubnetwork(
    ulong Seed, Target TargetSparsity, double Sparsity, IReadOnlyList<string> Parts, Measured Measured, double LargestDifference)
{
    /// <summary>What it has of the full model; null where nothing but a sparsity was asked for.</summary>
    public SizeShares? Size { get; init; }

    /// <summary>What it has of what was asked for: the sparsity, or the share of weights, bytes or time.</summary>
    internal double Reached => TargetSparsity.Unit switch
    {
        SizeUnit.Weights => Size?.Weights ?? double.NaN,
        SizeUnit.Bytes => Size?.Bytes ?? double.NaN,
        SizeUnit.Time => Size?.Time ?? double.NaN,
        _ => Sparsity,
    };

    /// <summary>The cut model that it is, as it would be stored, with the mask's file.</summary>
    public StoredModel? Stored { get; init; }
}
