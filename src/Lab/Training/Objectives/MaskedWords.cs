using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training.Objectives;

/// <summary>
/// −ln of the probability of the token that stands where one was masked (Devlin et al. 2019, section 3.1), nats per masked token: a mean
/// over those of a window. A mean over a batch is one over masked tokens, so that a window weighs as many as it has.
/// </summary>
public sealed class MaskedWords : IObjective
{
    /// <inheritdoc/>
    public string Name => "masked-words";

    /// <inheritdoc/>
    public string Meaning => "cross entropy of the masked words, nats per masked token";

    /// <inheritdoc/>
    public bool NeedsReference => false;

    /// <inheritdoc/>
    public string? WhyNot(IProblem problem) =>
        problem is MaskedLanguageModelling ? null : $"is of text with masked words, and this is {problem.Words.Name}";

    /// <inheritdoc/>
    public Tensor Losses(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples) =>
        NextToken.OfTargets(problem, pass, examples).MeansOf(PlacesOfExamples.Counts(problem, pass.Batch, examples));

    /// <inheritdoc/>
    public double[] Weights(IProblem problem, Pass pass, IReadOnlyList<Example> examples) =>
        PlacesOfExamples.Weights(problem, pass.Batch, examples);
}
