using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training.Objectives;

/// <summary>
/// How far the residual stream after each layer is from the full model's (Jiao et al. 2020, "TinyBERT", eq. 8, without a projection, for
/// a cut is as wide as its full model): the mean over layers and values of squared differences, or of 1 − cosine over tokens (Sanh et
/// al. 2019, "DistilBERT").
/// </summary>
/// <param name="cosine">whether directions are compared, not values</param>
public sealed class LayersToFull(bool cosine = false) : IObjective
{
    /// <inheritdoc/>
    public string Name => cosine ? "directions-to-full" : "layers-to-full";

    /// <inheritdoc/>
    public string Meaning => cosine ? "1 − cosine with the full model's layers, mean over tokens and layers"
        : "squared difference from the full model's layers, mean over values and layers";

    /// <inheritdoc/>
    public bool NeedsReference => true;

    /// <inheritdoc/>
    public string? WhyNot(IProblem problem) => null;

    /// <inheritdoc/>
    public IReadOnlyList<SitePair> Sites(IProblem problem, IModel model, IModel full)
    {
        if (model.Width != full.Width)
            throw new ArgumentException($"Layers of width {model.Width} are compared with layers of width {full.Width}: the two need the "
                + "same width. Compare relations instead: they may differ in width.");
        int[] map = LayerMap.Uniform(model, full);
        return [.. map.Select((layer, own) => new SitePair(new(own, Point.LayerOut), new(layer, Point.LayerOut)))];
    }

    /// <inheritdoc/>
    public Tensor Losses(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples)
    {
        Tensor? sum = null;
        IReadOnlyList<SitePair> sites = Sites(problem, pass.Model, reference!.Value.Model);
        foreach (SitePair pair in sites)
        {
            Tensor rows = Distances(pass.At(pair.Own), reference.Value.At(pair.Full), cosine);
            Tensor each = rows.MeansOf(Rows(problem, pass.Batch, examples, rows.Count));
            sum = sum is null ? each : sum + each;
        }
        return sum! * (1f / sites.Count);
    }

    /// <summary>One number for each token: the mean of squared differences, or 1 − cosine.</summary>
    internal static Tensor Distances(Tensor own, Tensor full, bool cosine)
    {
        (int tokens, int width) = (own.Shape[0], own.Shape.Last);
        if (!cosine)
        {
            Tensor difference = own - full;
            return (difference * difference).SumTo(new(tokens, 1)).As(tokens) * (1f / width);
        }
        Tensor Dot(Tensor a, Tensor b) => (a * b).SumTo(new(tokens, 1)).As(tokens);
        return 1 - Dot(own, full) / ((Dot(own, own) + 1e-12f).Sqrt() * (Dot(full, full) + 1e-12f).Sqrt());
    }

    /// <inheritdoc/>
    public double[] Weights(IProblem problem, Pass pass, IReadOnlyList<Example> examples) =>
        [.. TokensOf(problem, examples).Select(tokens => (double)tokens)];

    // of the last layer, an ordinary pass computes only what is read: one row for each sequence
    static int[] Rows(IProblem problem, Batch batch, IReadOnlyList<Example> examples, int rows) => rows == batch.Tokens
        ? TokensOf(problem, examples) : [.. examples.Select(example => problem.Inputs(example).Count)];

    internal static int[] TokensOf(IProblem problem, IReadOnlyList<Example> examples) =>
        [.. examples.Select(example => problem.Inputs(example).Sum(input => input.Ids.Length))];
}
