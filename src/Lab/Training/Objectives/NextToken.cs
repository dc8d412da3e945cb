using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training.Objectives;

/// <summary>
/// −ln of the probability of the token that comes next, nats per token: a mean over the tokens of a window that are scored. A mean over a
/// batch is one over tokens, so that a window weighs as many as it has. The scores over the vocabulary are computed in pieces and once
/// more on the way back, so that they are never all in memory.
/// </summary>
public sealed class NextToken : IObjective
{
    /// <inheritdoc/>
    public string Name => "next-token";

    /// <inheritdoc/>
    public string Meaning => "cross entropy of the next token, nats per token";

    /// <inheritdoc/>
    public bool NeedsReference => false;

    /// <inheritdoc/>
    public string? WhyNot(IProblem problem) => problem is LanguageModelling ? null
        : $"is of running text, and this is {problem.Words.Name}";

    /// <inheritdoc/>
    public Tensor Losses(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples) =>
        OfTargets(problem, pass, examples).MeansOf(PlacesOfExamples.Counts(problem, pass.Batch, examples));

    /// <inheritdoc/>
    public double[] Weights(IProblem problem, Pass pass, IReadOnlyList<Example> examples) =>
        PlacesOfExamples.Weights(problem, pass.Batch, examples);

    /// <summary>−ln of the probability of the token that is wanted at each place, [place].</summary>
    internal static Tensor OfTargets(IProblem problem, Pass pass, IReadOnlyList<Example> examples)
    {
        int[] places = problem.Places(pass.Batch, examples)!, targets = problem.Targets(pass.Batch, examples)!;
        return NextTokens.ByPlace(pass, places, (scores, here) => scores.CrossEntropies(targets[here.Range]));
    }
}
