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
    ulong Seed, double TargetSparsity, double Sparsity, IReadOnlyList<string> Parts, Measured Measured, double LargestDifference);
