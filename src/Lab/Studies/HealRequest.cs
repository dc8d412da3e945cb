using Heartwood.Lab.Questions;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies;

/// <summary>What <c>heartwood heal</c> is asked: which models of a run are trained for a short while, on what, and how often.</summary>
public sealed record HealRequest
{
    /// <summary>Stands for the loss that is taken where nobody names one: <see cref="UsualFor"/>.</summary>
    public const string UsualLoss = "";

    /// <summary>
    /// The loss where nobody names one: the full model's outputs, which bring back out of domain what labels do and, where the data hold
    /// no counterexamples, more (docs/results.md).
    /// </summary>
    /// <param name="problem">what is asked</param>
    public static string UsualFor(IProblem problem) => problem.OfOneNumber ? "outputs" : "outputs=1,temperature=2";

    /// <summary>Losses as they were asked for, the usual one by its terms.</summary>
    internal static IReadOnlyList<string> Named(IReadOnlyList<string> losses, IProblem problem) =>
        [.. losses.Select(loss => loss == UsualLoss ? UsualFor(problem) : loss).Distinct()];

    /// <summary>for how many steps each is trained</summary>
    public int Steps { get; init; } = NextTraining.Steps;

    /// <summary>the losses, each a list of terms (<see cref="Training.Objectives.LossTerms.Parse"/>); the written models are trained on the
    /// first</summary>
    public IReadOnlyList<string> Losses { get; init; } = [UsualLoss];

    /// <summary>seeds of the order of the examples</summary>
    public IReadOnlyList<ulong> Seeds { get; init; } = [0];

    /// <summary>the highest learning rate; 0 for what <see cref="NextTraining.LearningRate"/> says for the model</summary>
    public double LearningRate { get; init; }

    /// <summary>
    /// other teachers next to the full model, for losses that have one: folders of models of the same kind, or "untrained"
    /// </summary>
    public IReadOnlyList<string> Teachers { get; init; } = [];

    /// <summary>whether every subnetwork of the run's first sparsity is healed, and not only the one that was written</summary>
    public bool All { get; init; }

    /// <summary>whether the architecture of the cut is trained from scratch as long</summary>
    public bool Scratch { get; init; }

    /// <summary>Refuses what cannot be asked.</summary>
    /// <exception cref="ArgumentException">names the option and its range</exception>
    public void Check()
    {
        if (Steps < 1) throw new ArgumentException($"--steps is a number of steps, at least 1, not {Steps}.");
        if (Losses.Count == 0 || Losses.Distinct().Count() != Losses.Count)
            throw new ArgumentException("--loss needs at least one list of terms, each once.");
        if (Seeds.Count == 0 || Seeds.Distinct().Count() != Seeds.Count)
            throw new ArgumentException("--seeds needs at least one seed, each once.");
        if (LearningRate < 0) throw new ArgumentException($"--learning-rate is above 0, not {LearningRate}.");
        foreach (string teacher in Teachers)
            if (teacher != HealedFacts.Untrained && !Directory.Exists(teacher))
                throw new DirectoryNotFoundException($"The teacher '{teacher}' is no folder. --teacher takes folders of models, or "
                    + $"{HealedFacts.Untrained}; the full model is a teacher without being named.");
    }
}
