using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Comparison;

/// <summary>
/// Overlap of all pairs of subnetworks at one sparsity against random subnetworks with the same numbers of heads and of MLPs.
/// </summary>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="Pairs">each pair</param>
public sealed record OverlapFacts(Target TargetSparsity, IReadOnlyList<PairFacts> Pairs);

/// <summary>Overlap of one pair.</summary>
/// <param name="SeedA">seed of the first</param>
/// <param name="SeedB">seed of the second</param>
/// <param name="Shared">how many parts both keep</param>
/// <param name="Jaccard">shared / kept by either</param>
/// <param name="Expected">how many shared parts chance gives</param>
/// <param name="Low">lower end of chance's 95 % interval</param>
/// <param name="High">upper end of chance's 95 % interval</param>
/// <param name="PValue">probability of at least as many by chance, exact</param>
/// <param name="Corrected">the same after Holm's correction for the number of pairs</param>
public sealed record PairFacts(ulong SeedA, ulong SeedB, int Shared, double Jaccard, double Expected, double Low, double High,
    double PValue, double Corrected);

/// <summary>How many of the subnetworks at one sparsity keep each part.</summary>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="Subnetworks">how many subnetworks there are</param>
/// <param name="Kept">address of every part of the model, with how many subnetworks keep it</param>
public sealed record FrequencyFacts(Target TargetSparsity, int Subnetworks, IReadOnlyDictionary<string, int> Kept);

/// <summary>The parts that all (or a stated share) of several subnetworks keep.</summary>
/// <param name="TargetSparsity">sparsity of the subnetworks</param>
/// <param name="Share">the share of subnetworks that must keep a part, 1 for all</param>
/// <param name="Subnetworks">how many subnetworks there are</param>
/// <param name="Parts">addresses of the core's parts</param>
/// <param name="ExpectedByChance">how many parts random subnetworks of the same sizes would share</param>
/// <param name="Low">lower end of chance's 95 % interval</param>
/// <param name="High">upper end of chance's 95 % interval</param>
/// <param name="PValue">probability of a core at least as large by chance</param>
/// <param name="Method">"exact", "permutation, N draws", or <see cref="NotSeeded"/></param>
/// <param name="Kinds">how many parts of each kind it has, in words: "5 heads, 4 MLPs"</param>
public sealed record CoreFacts(
    Target TargetSparsity, double Share, int Subnetworks, IReadOnlyList<string> Parts, double ExpectedByChance, double Low, double High,
    double PValue, string Method, string Kinds = "")
{
    /// <summary>Says why chance is not spoken of: the finder draws nothing, so every seed gives the same subnetwork.</summary>
    public const string NotSeeded = "not applicable: the finder is not seeded";

    /// <summary>The one subnetwork of a finder that is not seeded: no expectation, no interval, no p-value.</summary>
    /// <param name="sparsity">the sparsity that was asked for</param>
    /// <param name="share">the share of subnetworks that was asked for</param>
    /// <param name="parts">its parts</param>
    /// <param name="kinds">how many of each kind, in words</param>
    public static CoreFacts Single(Target sparsity, double share, IReadOnlyList<string> parts, string kinds) =>
        new(sparsity, share, 1, parts, double.NaN, double.NaN, double.NaN, double.NaN, NotSeeded, kinds);

    /// <summary>Whether the core is that of subnetworks which chance could have made others.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool Applies => Method != NotSeeded;
}

/// <summary>Over the subnetworks of one sparsity: in-domain loss against out-of-domain accuracy.</summary>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="N">how many subnetworks</param>
/// <param name="Pearson">correlation coefficient; NaN is written as null</param>
/// <param name="Low">lower end of its 95 % interval (Fisher's z), null below 4 subnetworks</param>
/// <param name="High">upper end</param>
public sealed record CorrelationFacts(Target TargetSparsity, int N, double? Pearson, double? Low, double? High);
