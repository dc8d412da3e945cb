using Heartwood.Lab.Evaluation;

namespace Heartwood.Lab.Questions;

/// <summary>Smaller models that were trained for a short while, each measured before and after.</summary>
/// <param name="Steps">how many steps each was trained</param>
/// <param name="Losses">the terms of each loss, as --loss names them; the first is the one that the written models were trained on</param>
/// <param name="LearningRate">the highest learning rate</param>
/// <param name="TokensPerBatch">most tokens of a step</param>
/// <param name="Seeds">seeds of the order of the examples; by each all see them in the same order</param>
/// <param name="Examples">how many examples of the training data they were drawn from</param>
/// <param name="Healed">what was trained, a training each: the cut that was written first</param>
/// <param name="LeftOut">what was asked for and not trained, each with the reason</param>
public sealed record HealingFacts(
    int Steps, IReadOnlyList<string> Losses, double LearningRate, int TokensPerBatch, IReadOnlyList<ulong> Seeds, int Examples,
    IReadOnlyList<HealedFacts> Healed, IReadOnlyList<string> LeftOut)
{
    /// <summary>how many texts the full model wrote, in place of training data, of which the examples are; 0 where it wrote none</summary>
    public int Sampled { get; init; }

    /// <summary>What was trained on the first loss, by the full model where the loss has a teacher, with the first seed.</summary>
    internal IEnumerable<HealedFacts> First =>
        Healed.Where(h => h.Loss == Losses[0] && h.Teacher is null or HealedFacts.FullModel && h.Seed == Seeds[0]);
}

/// <summary>What a model is that was trained.</summary>
public enum HealingStart
{
    /// <summary>the cut that the run wrote</summary>
    Cut,

    /// <summary>another subnetwork of the run, cut</summary>
    Subnetwork,

    /// <summary>random parts, as many of each kind as the cut has</summary>
    Random,

    /// <summary>the architecture of the cut with weights drawn anew</summary>
    Scratch,
}

/// <summary>One training.</summary>
/// <param name="From">the name of the candidate that it began as; of the architecture from scratch, the name of the cut</param>
/// <param name="Start">what that is</param>
/// <param name="Loss">the terms of its loss</param>
/// <param name="Teacher">the model that the loss compares with: "full model", "untrained", or a folder; null where there is none</param>
/// <param name="Seed">seed of the order of the examples</param>
/// <param name="Parts">addresses of the parts that it keeps</param>
/// <param name="Stored">the healed model as it is, with its folder where it was kept</param>
/// <param name="Before">what it reaches on every set before</param>
/// <param name="After">the same after it, as it is stored</param>
public sealed record HealedFacts(
    string From, HealingStart Start, string Loss, string? Teacher, ulong Seed, IReadOnlyList<string> Parts, StoredModel Stored,
    Measured Before, Measured After)
{
    /// <summary>What the run's own model is called as a teacher.</summary>
    public const string FullModel = "full model";

    /// <summary>What a teacher of random weights is called.</summary>
    public const string Untrained = "untrained";

    /// <summary>What stands after the name of the candidate that it began as.</summary>
    internal const string Ending = "-healed";

    /// <summary>Its name among the candidates, where it is of the first loss and seed.</summary>
    internal string Name => Start == HealingStart.Scratch ? "from scratch" : From + Ending;
}
