using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training.Objectives;

/// <summary>
/// What a search or a training run makes small: one differentiable number per example. The same object serves pruning, attribution and
/// training. Its passes are those of a problem, of the tokens that the problem computes (<see cref="IProblem.Tokens"/>).
/// </summary>
public interface IObjective
{
    /// <summary>Its name on the command line, for example "kl-to-full".</summary>
    string Name { get; }

    /// <summary>What it is, with its unit, in a few words: "KL divergence from the full model, nats".</summary>
    string Meaning { get; }

    /// <summary>Whether it compares with a pass of the full model.</summary>
    bool NeedsReference { get; }

    /// <summary>Why it cannot be asked of a problem, as the end of a sentence that begins with its name; null where it can.</summary>
    string? WhyNot(IProblem problem);

    /// <summary>The number of every example; lower is better.</summary>
    /// <param name="problem">what is asked</param>
    /// <param name="pass">the pass of the model that is searched, changed or trained</param>
    /// <param name="reference">the full model's pass over the same batch; null where <see cref="NeedsReference"/> is false</param>
    /// <param name="examples">the batch's examples</param>
    /// <returns>[example], with its gradient by everything that is tracked</returns>
    Tensor Losses(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples);

    /// <summary>
    /// What the examples weigh in a mean over the batch, [example]. Each weighs 1, except where the figure that people know is a mean over
    /// tokens: there an example weighs as many as it has.
    /// </summary>
    /// <inheritdoc cref="Losses"/>
    double[] Weights(IProblem problem, Pass pass, IReadOnlyList<Example> examples)
    {
        double[] weights = new double[examples.Count];
        Array.Fill(weights, 1);
        return weights;
    }

    /// <summary>
    /// The weighted mean of <see cref="Losses"/> over the batch. An objective may sum in another order than example by example, so that
    /// the figure rounds as that of the formula in one go; the value is the same but for rounding.
    /// </summary>
    /// <returns>one number, with its gradient</returns>
    /// <inheritdoc cref="Losses"/>
    Tensor Mean(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples) =>
        Losses(problem, pass, reference, examples).Mean(Weights(problem, pass, examples));
}
