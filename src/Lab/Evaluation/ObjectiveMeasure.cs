using Heartwood.Lab.Discovery;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training.Objectives;
using Heartwood.Tensors;

namespace Heartwood.Lab.Evaluation;

/// <summary>The worth of sets of parts by an objective: minus its number, as the objective weighs examples.</summary>
/// <param name="model">the full model</param>
/// <param name="ablation">what stands in for ablated parts</param>
/// <param name="problem">what is asked</param>
/// <param name="objective">what is made small</param>
/// <param name="advance">told the number of examples × masks that a batch finished; null for nobody</param>
public sealed class ObjectiveMeasure(
    IModel model, Ablation ablation, IProblem problem, IObjective objective, Action<int>? advance = null) : IExampleMeasure
{
    const int Loss = 0, Weight = 1, Both = 2;

    /// <inheritdoc/>
    public string Name => objective.Name;

    /// <inheritdoc/>
    public IReadOnlyList<Worth> Worths(
        IReadOnlyList<Example> examples, IReadOnlyList<float[]> masks, float[]? shared, CancellationToken stop) =>
        WorthsOfEach(examples, masks, shared, stop).Worths;

    /// <inheritdoc/>
    public (IReadOnlyList<Worth> Worths, IReadOnlyList<IReadOnlyList<ExampleWorth>> Each) WorthsOfEach(
        IReadOnlyList<Example> examples, IReadOnlyList<float[]> masks, float[]? shared, CancellationToken stop)
    {
        float[][] numbers = new Answers(examples, problem: new Losses(problem, objective))
            .Scores(model, masks, ablation, advance, stop, shared, objective.NeedsReference ? model : null);
        IReadOnlyList<ExampleWorth>[] each = [.. numbers.Select(n => (IReadOnlyList<ExampleWorth>)[.. Enumerable.Range(0, examples.Count)
            .Select(e => One(n[Both * e + Loss], n[Both * e + Weight]))])];
        return ([.. each.Select(all => new Worth(0, all.Sum(e => e.Sum) / all.Sum(e => e.Per)))], each);
    }

    static ExampleWorth One(float loss, float weight) => new(-(double)loss * weight, weight, double.NaN, double.NaN);

    // the same problem, of which the objective's numbers are read
    sealed class Losses(IProblem problem, IObjective objective) : IProblem
    {
        public TaskWords Words => problem.Words;

        public Tokens Tokens => problem.Tokens;

        // where the full model is compared with, it passes next to the changed one
        public bool OfVocabulary => problem.OfVocabulary || objective.NeedsReference;

        public bool OfOneNumber => problem.OfOneNumber;

        public int Numbers(IModel model) => Both;

        public IReadOnlyList<Example> Encode(IReadOnlyList<Row> rows, InputRules rules) => problem.Encode(rows, rules);

        public IReadOnlyList<Sequence> Inputs(Example example) => problem.Inputs(example);

        public IReadOnlyList<Sequence?> Pairs(Example example) => problem.Pairs(example);

        public int[]? Places(Batch batch, IReadOnlyList<Example> examples) => problem.Places(batch, examples);

        public int[]? Targets(Batch batch, IReadOnlyList<Example> examples) => problem.Targets(batch, examples);

        public ReadOnlySpan<float> Choices(ReadOnlySpan<float> numbers) => [];

        public void Read(Pass pass, Pass? full, IReadOnlyList<Example> examples, Span<float> numbers)
        {
            using Scope scope = Scope.Open();
            ReadOnlySpan<float> losses = objective.Losses(problem, pass, full, examples).Values;
            double[] weights = objective.Weights(problem, pass, examples);
            for (int e = 0; e < examples.Count; e++)
                (numbers[Both * e + Loss], numbers[Both * e + Weight]) = (losses[e], (float)weights[e]);
        }
    }
}
