using Heartwood.Lab.Evaluation;

namespace Heartwood.Lab.Questions;

/// <summary>Cuts that were trained for a short while, each measured before and after.</summary>
/// <param name="Steps">how many steps each was trained</param>
/// <param name="Loss">the terms of the loss, as --heal-loss names them</param>
/// <param name="LearningRate">the highest learning rate</param>
/// <param name="TokensPerBatch">most tokens of a step</param>
/// <param name="Seed">seed of the order of the examples, the same for all</param>
/// <param name="Examples">how many examples of the training data they were drawn from</param>
/// <param name="Healed">what was healed: the cut that was written first, then the random one</param>
/// <param name="NoRandom">why no random cut was healed as long; null where one was</param>
public sealed record HealingFacts(
    int Steps, string Loss, double LearningRate, int TokensPerBatch, ulong Seed, int Examples, IReadOnlyList<HealedFacts> Healed,
    string? NoRandom);

/// <summary>One cut that was trained.</summary>
/// <param name="From">the name of the candidate that it began as</param>
/// <param name="IsRandom">whether that one's parts were drawn at random</param>
/// <param name="Parts">addresses of the parts that it keeps</param>
/// <param name="Stored">the healed model as it is written</param>
/// <param name="Before">what the cut reaches on every set</param>
/// <param name="After">the same of the healed model, as it is stored</param>
public sealed record HealedFacts(
    string From, bool IsRandom, IReadOnlyList<string> Parts, StoredModel Stored, Measured Before, Measured After)
{
    /// <summary>What stands after the name of the candidate that it began as.</summary>
    internal const string Ending = "-healed";

    /// <summary>Its name among the candidates.</summary>
    internal string Name => From + Ending;
}
