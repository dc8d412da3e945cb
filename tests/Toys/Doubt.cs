using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training.Objectives;
using Heartwood.Tensors;

namespace Heartwood.Tests.Toys;

/// <summary>1 − the probability of the right label.</summary>
sealed class Doubt : IObjective
{
    public string Name => "doubt";

    public string Meaning => "1 minus the probability of the right label";

    public bool NeedsReference => false;

    public string? WhyNot(IProblem problem) => problem is Classification ? null : $"reads labels, and {problem.Words.Name} has none";

    public Tensor Losses(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples)
    {
        Tensor nats = pass.Scores(problem.Tokens).CrossEntropies([.. examples.Select(example => example.Label)]);
        Tensor probabilities = nats.Affine(-1, 0).Exp();
        return probabilities.Affine(-1, 1);
    }
}
