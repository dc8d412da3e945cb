using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Reports.Paper;

/// <summary>What <c>heartwood paper</c> adds to a study: one member per question of the paper. Each is null where its data were not given.</summary>
/// <param name="Tolerance">how far below its model a subnetwork may lie and still count as good as it, a fraction</param>
/// <param name="Curve">accuracy against sparsity</param>
/// <param name="Generalization">which subnetworks generalize to which cases</param>
/// <param name="Frequencies">how often heads are kept at one sparsity against another</param>
/// <param name="Emergence">the heads knocked out at every checkpoint of training</param>
/// <param name="Sizes">the smallest subnetworks at checkpoints of training</param>
/// <param name="Attention">what heads attend to</param>
/// <param name="Needs">what the heads outside the core need of it</param>
/// <param name="AddBack">parts added back to the core until generalization returns</param>
public sealed record PaperFacts(
    double Tolerance, IReadOnlyList<CurvePoint> Curve, GeneralizationFacts? Generalization, FrequencyShiftFacts? Frequencies, EmergenceFacts? Emergence, SizeFacts? Sizes,
    AttentionFacts? Attention = null, NeedFacts? Needs = null, AddBackFacts? AddBack = null);

/// <summary>Accuracy at one sparsity, over the seeds.</summary>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="Sparsity">the sparsity that the subnetworks have</param>
/// <param name="Subnetworks">accuracy of the subnetworks</param>
/// <param name="Random">accuracy of random masks of the same sizes</param>
public sealed record CurvePoint(double TargetSparsity, Band Sparsity, SetBands Subnetworks, SetBands Random);

/// <summary>Accuracy on each set, over the seeds.</summary>
/// <param name="InDomain">in-domain</param>
/// <param name="OutOfDomain">out of domain; null where it was not measured</param>
/// <param name="Unseen">on unseen constructions; null where it was not measured</param>
public sealed record SetBands(Band InDomain, Band? OutOfDomain, Band? Unseen);

/// <summary>Which of the subnetworks that are as good as the model in-domain generalize to which cases out of domain.</summary>
/// <param name="Subnetworks">the subnetworks (seed and target sparsity), in the order of the map: by sparsity, then by mean accuracy over the cases</param>
/// <param name="Clusters">the cases out of domain, in clusters, in the order of the map; the last cluster may hold those that no subnetwork answers otherwise than another</param>
/// <param name="Correlation">mean correlation of pairs of cases of the same label, over subnetworks, against subnetworks shuffled within their sparsity for each case alone; null where fewer than two cases differ between subnetworks</param>
/// <param name="Partial">how many of the subnetworks solve some of the model's cases and fail others: above 50 % and below 50 %, each by the whole interval</param>
/// <param name="Whole">how many fail none</param>
/// <param name="Solved">how many cases the model itself solves</param>
public sealed record GeneralizationFacts(
    IReadOnlyList<SubnetworkName> Subnetworks, IReadOnlyList<IReadOnlyList<string>> Clusters, Permutation? Correlation, int Partial, int Whole, int Solved);

/// <summary>Which subnetwork.</summary>
/// <param name="Seed">its seed</param>
/// <param name="TargetSparsity">its target sparsity</param>
public sealed record SubnetworkName(ulong Seed, double TargetSparsity);

/// <summary>How often each part is kept at the main sparsity against another.</summary>
/// <param name="Main">the main sparsity</param>
/// <param name="Other">the other</param>
/// <param name="Correlations">rank correlation of the heads' frequencies at the main sparsity with those at each other sparsity</param>
public sealed record FrequencyShiftFacts(double Main, double Other, IReadOnlyList<ShiftFacts> Correlations);

/// <summary>Heads' frequencies at the main sparsity against those at another.</summary>
/// <param name="TargetSparsity">the other sparsity</param>
/// <param name="Heads">rank correlation over heads, with its interval</param>
public sealed record ShiftFacts(double TargetSparsity, RankCorrelation Heads);

/// <summary>The heads, knocked out one at a time at every checkpoint of training.</summary>
/// <param name="Checkpoints">the checkpoints in order, the last last</param>
/// <param name="Heads">every head of the model</param>
/// <param name="Tests">how many intervals of a loss hold together at 95 %: heads × checkpoints, in-domain and out of domain each</param>
/// <param name="Earlier">how much earlier than other heads the core's heads begin to matter in-domain, in checkpoints (mean over heads; those that never do count as one after the last), against heads shuffled; null where all or none are in the core</param>
/// <param name="EarlierOutOfDomain">the same out of domain; null where that was not measured either</param>
public sealed record EmergenceFacts(IReadOnlyList<CheckpointFacts> Checkpoints, IReadOnlyList<HeadFacts> Heads, int Tests, Permutation? Earlier, Permutation? EarlierOutOfDomain = null);

/// <summary>One checkpoint of training.</summary>
/// <param name="Name">its folder's name</param>
/// <param name="Step">its step; its number in the list where the names have none</param>
/// <param name="Sha256">hash of its weights</param>
/// <param name="Full">its model's figures</param>
/// <param name="LearnedInDomain">whether its model counts in-domain: above guessing by more than the tolerance, interval and all, and at least half the way from guessing to the trained model</param>
/// <param name="LearnedOutOfDomain">the same out of domain; false where that was not measured</param>
/// <param name="WithoutCore">what knocking out all of the core's heads loses; null where the core has none</param>
/// <param name="WithoutRandom">what as many random heads lose, one entry per draw</param>
public sealed record CheckpointFacts(
    string Name, long Step, string Sha256, Measured Full, bool LearnedInDomain, bool LearnedOutOfDomain, LossFacts? WithoutCore, IReadOnlyList<LossFacts> WithoutRandom);

/// <summary>What a knock-out loses against the same examples with all parts present.</summary>
/// <param name="InDomain">in-domain</param>
/// <param name="OutOfDomain">out of domain; null where it was not measured</param>
public sealed record LossFacts(PairedDifference InDomain, PairedDifference? OutOfDomain);

/// <summary>One head through training.</summary>
/// <param name="Part">its address</param>
/// <param name="Core">whether the core of the trained model has it</param>
/// <param name="Lost">what knocking it out loses at each checkpoint</param>
/// <param name="FirstInDomain">the first checkpoint (its place, from 0) at which the loss in-domain lies above zero with its whole interval; null if none</param>
/// <param name="FirstOutOfDomain">the same out of domain</param>
public sealed record HeadFacts(string Part, bool Core, IReadOnlyList<LossFacts> Lost, int? FirstInDomain, int? FirstOutOfDomain);

/// <summary>The smallest subnetworks that are as good as their checkpoint's model.</summary>
/// <param name="Parts">how many parts the model has</param>
/// <param name="Sparsities">the sparsities of the grid, rising</param>
/// <param name="Seeds">the seeds</param>
/// <param name="Checkpoints">the checkpoints of the grid</param>
/// <param name="InDomainTrend">over checkpoints, rank correlation of the model's accuracy out of domain with the smallest size in-domain; null below 3 checkpoints</param>
public sealed record SizeFacts(int Parts, IReadOnlyList<double> Sparsities, IReadOnlyList<ulong> Seeds, IReadOnlyList<CheckpointSizes> Checkpoints, TrendFacts? InDomainTrend);

/// <summary>The smallest subnetworks at one checkpoint, in parts, over seeds; a seed without any counts the whole model. Null where the checkpoint does not count, see <see cref="CheckpointFacts"/>.</summary>
/// <param name="Name">its folder's name</param>
/// <param name="Step">its step</param>
/// <param name="InDomain">as good as the model in-domain</param>
/// <param name="OutOfDomain">as good out of domain</param>
/// <param name="Both">as good on both</param>
/// <param name="Reused">whether its searches are those of the study itself</param>
/// <param name="Grid">every subnetwork of the grid</param>
public sealed record CheckpointSizes(string Name, long Step, Band? InDomain, Band? OutOfDomain, Band? Both, bool Reused, IReadOnlyList<GridPoint> Grid);

/// <summary>One subnetwork of the grid.</summary>
/// <param name="Seed">its seed</param>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="Parts">how many parts it keeps</param>
/// <param name="InDomain">its accuracy in-domain</param>
/// <param name="OutOfDomain">out of domain</param>
public sealed record GridPoint(ulong Seed, double TargetSparsity, int Parts, Proportion InDomain, Proportion? OutOfDomain);

/// <summary>Whether one figure moves with another over checkpoints.</summary>
/// <param name="Correlation">Spearman's rank correlation</param>
/// <param name="PValue">two-sided, against shuffled checkpoints</param>
public sealed record TrendFacts(RankCorrelation Correlation, double PValue);
