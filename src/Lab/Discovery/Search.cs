using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training.Objectives;
using Heartwood.Tensors;

namespace Heartwood.Lab.Discovery;

/// <summary>What a finder is asked: which parts does this behaviour of the model need?</summary>
/// <param name="Model">the full model, frozen</param>
/// <param name="Universe">the parts in play; scores stand in its order</param>
/// <param name="Ablation">what stands in for ablated parts</param>
/// <param name="Problem">what is asked of the model</param>
/// <param name="Examples">examples of the behaviour</param>
public sealed record Search(IModel Model, Universe Universe, Ablation Ablation, IProblem Problem, IReadOnlyList<Example> Examples)
{
    /// <summary>
    /// The full model's scores of the labels, [example label] row by row, computed once for all searches; null to have each search
    /// compute its own. Not asked for where the problem is of the vocabulary: the full model then passes next to the changed one.
    /// </summary>
    public Func<float[]>? FullScores { get; init; }

    /// <summary>What is to be made small, where the user named it; null for the finder's usual.</summary>
    public IObjective? Objective { get; init; }

    /// <summary>How good sets of parts are; null where there is no measure (then finders that need one refuse).</summary>
    public ISetMeasure? Measure { get; init; }

    /// <summary>The target, for finders whose scores depend on it: the fraction of parts that are ablated in the end, 0 to 1.</summary>
    public double Sparsity { get; init; } = 0.5;

    /// <summary>
    /// The target in weights, bytes or time, in place of <see cref="Sparsity"/>, which is then the share that goes; null where parts are
    /// counted.
    /// </summary>
    public SizeGoal? Goal { get; init; }

    /// <summary>Seed of all that is drawn by chance.</summary>
    public ulong Seed { get; init; }

    /// <summary>Ends the work inside a step.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>See <see cref="FullScores"/>: those that were given, or computed here.</summary>
    internal float[] FullScoresOrComputed()
    {
        if (FullScores is { } given) return given();
        List<float> scores = [];
        foreach (var (batch, _) in Inputs.Packed(Examples, 1024, Problem))
        {
            Stop.ThrowIfCancellationRequested();
            using Scope pass = Scope.Open();
            scores.AddRange(Model.Forward(batch, NoProbe.Instance).Values);
        }
        return [.. scores];
    }

    /// <summary>The objective that was asked for, or the finder's usual.</summary>
    /// <exception cref="ArgumentException">it is not for the problem</exception>
    public IObjective ObjectiveOr(IObjective usual)
    {
        IObjective objective = Objective ?? usual;
        Objectives.Check(objective, Problem);
        return objective;
    }

    /// <summary>A probe that ablates parts by a mask.</summary>
    /// <param name="mask">one number per part, [part]; tracked where its gradient is wanted</param>
    /// <param name="batch">the pass's input</param>
    /// <param name="examples">the examples that it holds</param>
    public IProbe Masked(Tensor mask, Batch batch, IReadOnlyList<Example> examples) =>
        new MaskProbe(mask, Ablation, Ablation.On(Model, batch, Problem.Tokens, Problem.PairsOf(examples)));
}

/// <summary>A target in weights, bytes or time.</summary>
/// <param name="Costs">what the parts cost in that unit</param>
/// <param name="Share">the share of the full model that remains, between 0 and 1</param>
public sealed record SizeGoal(PartCosts Costs, double Share);

/// <summary>One number per part, in the universe's order; higher is kept first.</summary>
/// <param name="Values">the scores, [part]</param>
/// <param name="Errors">the standard error of each, where the method has them; null where it has none</param>
public sealed record Scores(IReadOnlyList<double> Values, IReadOnlyList<double>? Errors = null)
{
    /// <summary>
    /// The parts to keep at a sparsity: exactly (1 − sparsity) · parts, rounded, those of the highest scores; equals go to the lower
    /// address.
    /// </summary>
    /// <param name="universe">the parts that were scored</param>
    /// <param name="sparsity">the fraction of parts that are ablated, 0 to 1</param>
    /// <returns>the parts in address order</returns>
    public IReadOnlyList<Part> KeptAt(Universe universe, double sparsity) => Highest(universe, universe.KeptAt(sparsity));

    /// <summary>
    /// The parts to keep at a share of weights, bytes or time (<see cref="PartCosts.Within"/>): those of the highest scores, or of the
    /// highest score for what they cost alone. A part that costs nothing is kept.
    /// </summary>
    /// <param name="goal">the share that remains, and what parts cost</param>
    /// <param name="finder">the finder, which says whether its scores weigh large parts as they are</param>
    /// <returns>the parts in address order</returns>
    public IReadOnlyList<Part> KeptWithin(SizeGoal goal, FinderFacts finder)
    {
        double[] alone = goal.Costs.Alone();
        double Worth(double score, double cost) =>
            cost <= 0 ? double.PositiveInfinity : finder.ScoresWeighSize ? score : score / cost;
        return goal.Costs.Within([.. Values.Zip(alone, Worth)], goal.Share);
    }

    /// <summary>So many parts of the highest scores, in address order; equals go to the lower address.</summary>
    public IReadOnlyList<Part> Highest(Universe universe, int count) => [.. Ranked(universe).Take(count).Order()];

    /// <summary>All parts, highest score first; equals go to the lower address.</summary>
    public IReadOnlyList<Part> Ranked(Universe universe)
    {
        var scored = universe.Parts.Select((part, i) => (Part: part, Score: Values[i]));
        return [.. scored.OrderByDescending(p => p.Score).ThenBy(p => p.Part).Select(p => p.Part)];
    }

    /// <summary>The scores by part.</summary>
    public IReadOnlyDictionary<Part, double> ByPart(Universe universe) =>
        universe.Parts.Select((part, i) => (part, Values[i])).ToDictionary(p => p.part, p => p.Item2);
}

/// <summary>Makes the files of what was found.</summary>
public static class FoundSubnetworks
{
    /// <summary>
    /// The parts of the highest scores as a subnetwork, whose <see cref="Subnetwork.ToJson"/> is a file that <c>--mask</c> reads.
    /// </summary>
    /// <param name="scores">one for each part in play</param>
    /// <param name="model">the model</param>
    /// <param name="ablation">the parts in play, and what stands in for those that are ablated</param>
    /// <param name="sparsity">the fraction of parts that are ablated, 0 to 1</param>
    /// <param name="method">how they were scored, in words</param>
    /// <param name="seed">the search's seed</param>
    public static Subnetwork ToSubnetwork(
        this Scores scores, LoadedModel model, Ablation ablation, double sparsity, string method, ulong seed = 0)
    {
        Universe parts = ablation.Universe;
        return new(seed, method, sparsity, parts.Count, scores.KeptAt(parts, sparsity), scores.ByPart(parts), ablation.Name, model.Sha256)
        {
            InPlay = [.. parts.Kinds.Select(kind => kind.Name)],
            Model = model.Model.Sizes(parts.Kinds),
        };
    }
}

/// <summary>How good sets of parts are on some examples, for finders that rank by that.</summary>
public interface ISetMeasure
{
    /// <summary>What it measures, for people: "accuracy".</summary>
    string Name { get; }

    /// <summary>The worth of the model under several masks.</summary>
    /// <param name="examples">what to measure on, some of the search's examples</param>
    /// <param name="masks">each with one number per part</param>
    /// <param name="shared">a mask that the others differ from in few parts, best in late ones; null for one of ones. It changes no
    /// figure, only the time.</param>
    /// <param name="stop">ends the work</param>
    IReadOnlyList<Worth> Worths(IReadOnlyList<Example> examples, IReadOnlyList<float[]> masks, float[]? shared, CancellationToken stop);
}
