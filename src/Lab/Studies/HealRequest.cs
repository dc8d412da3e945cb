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
    /// other teachers next to the full model, for losses that have one: folders of models of the same kind, or "untrained", or several
    /// of these and "full" with + between them, which teach together
    /// </summary>
    public IReadOnlyList<string> Teachers { get; init; } = [];

    /// <summary>
    /// how many texts the full model, a language model, writes for the others to be trained on, in place of the run's data; 0 for none
    /// </summary>
    public int Sampled { get; init; }

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
        if (Sampled < 0) throw new ArgumentException($"--sampled is a number of texts, at least 0, not {Sampled}.");
        if (LearningRate < 0) throw new ArgumentException($"--learning-rate is above 0, not {LearningRate}.");
        foreach (string teacher in Teachers)
        {
            IReadOnlyList<string> together = Studies.Teachers.In(teacher);
            if (together is [Studies.Teachers.Full])
                throw new ArgumentException("The full model is a teacher without being named. With others: "
                    + $"--teacher {Studies.Teachers.Full}+FOLDER");
            foreach (string name in together)
                if (name is not (HealedFacts.Untrained or Studies.Teachers.Full) && !Studies.Teachers.Exists(name))
                    throw new DirectoryNotFoundException($"The teacher '{name}' is no folder. --teacher takes folders of models, or "
                        + $"{HealedFacts.Untrained}, or several with + between them that teach together; the full model is a teacher "
                        + "without being named.");
        }
    }
}
