using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training.Objectives;

/// <summary>−ln of the probability of each example's label, nats.</summary>
public sealed class CrossEntropy : IObjective
{
    /// <inheritdoc/>
    public string Name => "cross-entropy";

    /// <inheritdoc/>
    public string Meaning => "cross entropy of the labels, nats";

    /// <inheritdoc/>
    public bool NeedsReference => false;

    /// <inheritdoc/>
    public string? WhyNot(IProblem problem) => problem is Classification ? null : $"reads labels, and {problem.Words.Name} has none";

    /// <inheritdoc/>
    public Tensor Losses(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples) =>
        pass.Scores(problem.Tokens).CrossEntropies(LabelsOf(examples));

    /// <inheritdoc/>
    public Tensor Mean(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples) =>
        pass.Scores(problem.Tokens).CrossEntropy(LabelsOf(examples));

    static int[] LabelsOf(IReadOnlyList<Example> examples) => [.. examples.Select(e => e.Label)];
}
