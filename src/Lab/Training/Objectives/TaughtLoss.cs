using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training.Objectives;

/// <summary>
/// A loss with the teachers that it compares with. Of several it is the mean over teachers of what the loss is with each (You et al. 2017,
/// "Learning from multiple teacher networks", eq. 5): of outputs that has the gradient of the divergence from the mean of the teachers'
/// distributions. Terms that compare with nobody are computed once.
/// </summary>
sealed class TaughtLoss
{
    readonly IProblem problem;
    readonly IModel model;
    readonly IObjective? alone;
    readonly (IObjective Loss, IModel Model)[] taught;

    /// <summary>Prepares it for one training.</summary>
    /// <param name="objective">the loss</param>
    /// <param name="problem">what is asked</param>
    /// <param name="model">the model that is trained</param>
    /// <param name="teachers">at least one where the loss compares with one</param>
    /// <param name="seed">seed of weights that the loss draws</param>
    internal TaughtLoss(IObjective objective, IProblem problem, IModel model, IReadOnlyList<IModel> teachers, ulong seed)
    {
        (this.problem, this.model) = (problem, model);
        IObjective? compared = objective.NeedsReference ? objective : null;
        alone = compared is null ? objective : null;
        if (teachers.Count > 1 && objective is LossTerms terms) (alone, compared) = terms.Parted();
        taught = compared is null ? []
            : [.. teachers.Select((teacher, i) => (compared.WithWeights(problem, model, teacher, new(seed, $"teacher {i}")), teacher))];
        Own = taught.SelectMany((one, i) => one.Loss.Own.Select(w => KeyValuePair.Create($"loss.{i}.{w.Key}", w.Value))).ToDictionary();
    }

    /// <summary>Weights of the loss that are trained along.</summary>
    internal IReadOnlyDictionary<string, Tensor> Own { get; }

    /// <summary>The pass of the model that is trained, and each teacher's.</summary>
    internal (Pass Pass, Pass[] Taught) Run(IProbe probe, Batch batch)
    {
        Pass[] passes = [.. taught.Select(one => ComparedPasses.OfFull(one.Loss, problem, model, one.Model, batch))];
        Site[] sites = [.. taught.SelectMany(one => one.Loss.Sites(problem, model, one.Model)).Select(pair => pair.Own).Distinct()];
        return (sites.Length == 0 ? Pass.Run(model, batch, probe, problem.Tokens)
            : Pass.Recorded(model, batch, probe, problem.Tokens, sites), passes);
    }

    /// <summary>The mean over the batch, with its gradient.</summary>
    internal Tensor Mean(Pass pass, Pass[] passes, IReadOnlyList<Example> examples)
    {
        Tensor? sum = null;
        for (int i = 0; i < taught.Length; i++)
        {
            Tensor one = taught[i].Loss.Mean(problem, pass, passes[i], examples);
            sum = sum is null ? one : sum + one;
        }
        if (taught.Length > 1) sum = sum! * (1f / taught.Length);
        if (alone is null) return sum!;
        Tensor own = alone.Mean(problem, pass, null, examples);
        return sum is null ? own : sum + own;
    }
}
