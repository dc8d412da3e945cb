using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training.Objectives;

/// <summary>
/// (score − the full model's score)², in squares of the score's unit: how far a changed model of one number is from the full one.
/// </summary>
public sealed class SquaredErrorToFull : IObjective
{
    /// <inheritdoc/>
    public string Name => "squared-error-to-full";

    /// <inheritdoc/>
    public string Meaning => "squared difference from the full model's score";

    /// <inheritdoc/>
    public bool NeedsReference => true;

    /// <inheritdoc/>
    public string? WhyNot(IProblem problem) => WhyNoNumber(problem);

    /// <inheritdoc/>
    public Tensor Losses(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples)
    {
        Tensor difference = pass.Scores(problem.Tokens) - reference!.Value.Scores(problem.Tokens);
        return (difference * difference).As(examples.Count);
    }

    internal static string? WhyNoNumber(IProblem problem) =>
        problem.OfOneNumber ? null : $"compares one number per example, and {problem.Words.Name} has none";
}
