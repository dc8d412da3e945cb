using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Discovery;

/// <summary>How far a changed model is from the full one.</summary>
public static class Imitation
{
    /// <summary>
    /// KL divergence of a changed model's outputs from the full model's, mean over examples, or over the tokens that a problem of the
    /// vocabulary scores.
    /// </summary>
    /// <param name="problem">what is asked</param>
    /// <param name="model">the full model</param>
    /// <param name="examples">the batch</param>
    /// <param name="probe">what changes the model</param>
    /// <param name="fullLogits">the full model's scores of the labels, [batch label]; null where the problem is of the vocabulary: then
    /// the full model passes next to the changed one</param>
    public static Tensor Kl(IProblem problem, IModel model, IReadOnlyList<Example> examples, IProbe probe, Tensor? fullLogits)
    {
        Batch batch = problem.BatchOf(examples);
        if (fullLogits is not null) return model.Forward(batch, probe).KlFrom(fullLogits);
        Tensor full = Scope.Within(() => model.Stream(batch, NoProbe.Instance, problem.Tokens));
        Pass changed = Pass.Of(model, batch, probe, problem.Tokens), reference = new(model, full, batch, NoProbe.Instance);
        return NextTokens.Divergence(changed, reference, problem.Places(batch, examples)!);
    }
}
