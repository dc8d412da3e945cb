using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training.Objectives;
using Heartwood.Tensors;

namespace Heartwood.Lab.Discovery;

/// <summary>
/// Slopes of an objective by the mask, for finders that attribute: the objective is the one that the user named, else the loss of the
/// right answers (cross entropy of labels, squared error of scores, margin of pairs, logit difference of prompts, next tokens of text).
/// </summary>
sealed class MaskSlopes
{
    const int BatchesAtOnce = 8;

    readonly Search search;
    readonly IObjective objective;
    readonly IReadOnlyList<Example>[] batches;

    /// <summary>Prepares slopes.</summary>
    /// <param name="search">what is asked</param>
    /// <param name="most">most examples, spread evenly; 0 for all</param>
    /// <param name="batch">examples in a batch</param>
    public MaskSlopes(Search search, int most, int batch)
    {
        this.search = search;
        objective = search.ObjectiveOr(OfAnswers(search.Problem));
        batches = [.. Thinning.Thinned(search.Examples, most).Chunk(batch)];
    }

    /// <summary>How many runs of batches there are, each a step.</summary>
    public int Runs => (batches.Length + BatchesAtOnce - 1) / BatchesAtOnce;

    /// <summary>The usual objective: the loss of the right answers.</summary>
    static IObjective OfAnswers(IProblem problem)
    {
        IObjective[] all = [new CrossEntropy(), new SquaredError(), new PairMargin(), new LogitDifference(), new NextToken()];
        return all.First(objective => objective.WhyNot(problem) is null);
    }

    /// <summary>Visits the batches of a run in their order, whatever the number of threads.</summary>
    /// <param name="run">which run, from 0</param>
    /// <param name="mask">one number per part, the point at which slopes are taken</param>
    /// <param name="visit">
    /// told a batch's weight and the slope of its weighted sum of losses, [part]
    /// </param>
    public void Visit(int run, float[] mask, Action<double, float[]> visit)
    {
        IReadOnlyList<Example>[] here = [.. batches.Skip(run * BatchesAtOnce).Take(BatchesAtOnce)];
        (double Weight, float[] Slope)[] slopes = new (double, float[])[here.Length];
        Parallelism.For(here.Length, i =>
        {
            search.Stop.ThrowIfCancellationRequested();
            slopes[i] = Slope(here[i], mask);
        });
        foreach (var (weight, slope) in slopes) visit(weight, slope);
    }

    (double Weight, float[] Slope) Slope(IReadOnlyList<Example> examples, float[] at)
    {
        using Scope scope = Scope.Open();
        (IModel model, IProblem problem) = (search.Model, search.Problem);
        Tensor mask = Tensor.From(at, at.Length).Track();
        Batch batch = problem.BatchOf(examples);
        var (pass, full) = ComparedPasses.Run(objective, problem, model, search.Masked(mask, batch, examples), model, batch);
        double[] weights = objective.Weights(problem, pass, examples);
        Tensor losses = objective.Losses(problem, pass, full, examples);
        Tensor sum = (losses * Tensor.From([.. weights.Select(w => (float)w)], weights.Length)).Sum();
        return (weights.Sum(), sum.Gradients(mask)[0].Values.ToArray());
    }

    /// <summary>A mask with one number for all parts.</summary>
    public static float[] Filled(int parts, double value)
    {
        float[] mask = new float[parts];
        Array.Fill(mask, (float)value);
        return mask;
    }
}
