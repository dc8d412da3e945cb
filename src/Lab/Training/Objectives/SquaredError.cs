using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training.Objectives;

/// <summary>(score − the data's score)², in squares of the data's unit.</summary>
public sealed class SquaredError : IObjective
{
    /// <inheritdoc/>
    public string Name => "squared-error";

    /// <inheritdoc/>
    public string Meaning => "squared error of the scores";

    /// <inheritdoc/>
    public bool NeedsReference => false;

    /// <inheritdoc/>
    public string? WhyNot(IProblem problem) => SquaredErrorToFull.WhyNoNumber(problem);

    /// <inheritdoc/>
    public Tensor Losses(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples)
    {
        Tensor wanted = Tensor.From([.. examples.Select(e => (float)e.Score)], examples.Count, 1);
        Tensor difference = pass.Scores(problem.Tokens) - wanted;
        return (difference * difference).As(examples.Count);
    }
}
