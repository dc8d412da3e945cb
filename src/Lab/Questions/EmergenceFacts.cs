using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Questions;

/// <summary>The heads, ablated one at a time at every checkpoint of training.</summary>
/// <param name="Tolerance">how far above guessing a checkpoint's model must stand to count, a fraction</param>
/// <param name="Checkpoints">the checkpoints in order, the last last</param>
/// <param name="Heads">every head of the model</param>
/// <param name="Tests">how many intervals of a loss hold together at 95 %: heads × checkpoints, in-domain and out of domain each</param>
/// <param name="Earlier">how much earlier than other heads the core's heads begin to matter in-domain, in checkpoints (mean over heads;
/// those
/// that never do count as one after the last), against heads shuffled; null where all or none are in the core</param>
/// <param name="EarlierOutOfDomain">the same out of domain; null where that was not measured either</param>
public sealed record EmergenceFacts(double Tolerance, IReadOnlyList<CheckpointFacts> Checkpoints, IReadOnlyList<HeadFacts> Heads, int Tests,
    Permutation? Earlier, Permutation? EarlierOutOfDomain = null);

/// <summary>One checkpoint of training.</summary>
/// <param name="Name">its folder's name</param>
/// <param name="Step">its step</param>
/// <param name="Sha256">hash of its weights</param>
/// <param name="Full">its model's figures</param>
/// <param name="LearnedInDomain">whether its model counts in-domain: above guessing by more than the tolerance, interval and all, and at
/// least
/// half the way from guessing to the trained model</param>
/// <param name="LearnedOutOfDomain">the same out of domain; false where that was not measured</param>
/// <param name="WithoutCore">what ablating all of the core's heads loses; null where the core has none</param>
/// <param name="WithoutRandom">what as many random heads lose, one entry per draw</param>
public sealed record CheckpointFacts(string Name, long Step, string Sha256, Measured Full, bool LearnedInDomain, bool LearnedOutOfDomain,
    LossFacts? WithoutCore, IReadOnlyList<LossFacts> WithoutRandom);

/// <summary>What ablating parts loses, against the same examples with all parts present.</summary>
/// <param name="InDomain">in-domain</param>
/// <param name="OutOfDomain">out of domain; null where it was not measured</param>
public sealed record LossFacts(PairedDifference InDomain, PairedDifference? OutOfDomain);

/// <summary>One head through training.</summary>
/// <param name="Part">its address</param>
/// <param name="Core">whether the core of the trained model has it</param>
/// <param name="Lost">what ablating it loses at each checkpoint</param>
/// <param name="FirstInDomain">the first checkpoint (its place, from 0) at which the loss in-domain lies above zero with its whole
/// interval;
/// null if none</param>
/// <param name="FirstOutOfDomain">the same out of domain</param>
public sealed record HeadFacts(string Part, bool Core, IReadOnlyList<LossFacts> Lost, int? FirstInDomain, int? FirstOutOfDomain);

/// <summary>What the ablations of one checkpoint give; kept as a stage of its run.</summary>
/// <param name="Facts">the checkpoint</param>
/// <param name="Heads">what ablating each head loses</param>
public sealed record CheckpointAblations(CheckpointFacts Facts, IReadOnlyDictionary<string, LossFacts> Heads);
