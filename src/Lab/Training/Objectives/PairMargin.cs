using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training.Objectives;

/// <summary>
/// ln of the bad sentence's probability minus ln of the good one's, nats: minus the difference that minimal pairs are measured by
/// (Warstadt et al. 2020), so that lower is better.
/// </summary>
public sealed class PairMargin : IObjective
{
    /// <inheritdoc/>
    public string Name => "pair-margin";

    /// <inheritdoc/>
    public string Meaning => "how much likelier the bad sentence is, nats";

    /// <inheritdoc/>
    public bool NeedsReference => false;

    /// <inheritdoc/>
    public string? WhyNot(IProblem problem) =>
        problem is MinimalPairs ? null : $"compares the two sentences of a pair, and this is {problem.Words.Name}";

    /// <inheritdoc/>
    public Tensor Losses(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples)
    {
        Tensor each = NextToken.OfTargets(problem, pass, examples);
        Tensor[] margins = new Tensor[examples.Count];
        for (int e = 0, at = 0; e < margins.Length; e++)
        {
            Tensor good = SumOver(examples[e].Input.Ids.Length - 1), bad = SumOver(examples[e].Second!.Value.Ids.Length - 1);
            margins[e] = (good - bad).As(1);

            Tensor SumOver(int count) => each.Slice(0, (at += count) - count, count).Sum();
        }
        return Movement.Concatenate(0, margins);
    }
}
