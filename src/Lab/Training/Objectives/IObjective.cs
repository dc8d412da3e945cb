using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
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

    /// <summary>
    /// The sites inside the two models whose values it compares; none where it reads nothing but outputs. The passes that it is given have
    /// recorded them (<see cref="Pass.At"/>).
    /// </summary>
    /// <param name="problem">what is asked</param>
    /// <param name="model">the model that is searched, changed or trained</param>
    /// <param name="full">the one to be like</param>
    /// <exception cref="ArgumentException">the two cannot be compared there</exception>
    IReadOnlyList<SitePair> Sites(IProblem problem, IModel model, IModel full) => [];

    /// <summary>Weights of its own, by name, which are trained along with the model and dropped at the end.</summary>
    IReadOnlyDictionary<string, Tensor> Own => new Dictionary<string, Tensor>();

    /// <summary>The same for one training, with weights of its own where it has such; itself where it has none.</summary>
    /// <param name="problem">what is asked</param>
    /// <param name="model">the model that is trained</param>
    /// <param name="full">the one to be like</param>
    /// <param name="chance">what its weights are drawn by</param>
    /// <exception cref="ArgumentException">the two cannot be compared</exception>
    IObjective WithWeights(IProblem problem, IModel model, IModel full, Chance chance) => this;

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

/// <summary>A site of the model that is changed, and that of the full model which it is compared with.</summary>
/// <param name="Own">where in the model that is changed</param>
/// <param name="Full">where in the full model</param>
public readonly record struct SitePair(Site Own, Site Full);

/// <summary>The passes that an objective compares.</summary>
static class ComparedPasses
{
    /// <summary>The pass of the model that is changed and, where the objective asks for it, that of the full model next to it.</summary>
    /// <param name="objective">what will read them</param>
    /// <param name="problem">what is asked</param>
    /// <param name="model">the model that is changed</param>
    /// <param name="probe">acts in its pass</param>
    /// <param name="full">the full model, or the teacher</param>
    /// <param name="batch">the input of both</param>
    public static (Pass Pass, Pass? Full) Run(
        IObjective objective, IProblem problem, IModel model, IProbe probe, IModel full, Batch batch)
    {
        if (!objective.NeedsReference) return (Pass.Run(model, batch, probe, problem.Tokens), null);
        Pass reference = OfFull(objective, problem, model, full, batch);
        IReadOnlyList<SitePair> sites = objective.Sites(problem, model, full);
        return (Pass.Recorded(model, batch, probe, problem.Tokens, [.. sites.Select(pair => pair.Own).Distinct()]), reference);
    }

    /// <summary>The full model's pass alone.</summary>
    /// <inheritdoc cref="Run"/>
    internal static Pass OfFull(IObjective objective, IProblem problem, IModel model, IModel full, Batch batch)
    {
        IReadOnlyList<SitePair> sites = objective.Sites(problem, model, full);
        IReadOnlyDictionary<Site, Tensor>? seen = null;
        Tensor stream = Scope.Within(() =>
        {
            Pass pass = Pass.Recorded(full, batch, NoProbe.Instance, problem.Tokens, [.. sites.Select(pair => pair.Full).Distinct()]);
            seen = pass.Seen;
            return pass.Stream;
        });
        return new(full, stream, batch, NoProbe.Instance) { Seen = seen };
    }
}
