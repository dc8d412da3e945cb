using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training.Objectives;

/// <summary>Where learned matrices stand between the layers that are compared.</summary>
public enum Projections
{
    /// <summary>nowhere: layers of other widths are refused</summary>
    None,

    /// <summary>where the two models have other widths</summary>
    WhereWidthsDiffer,

    /// <summary>between all; where widths are the same they begin as the identity</summary>
    Learned,
}

/// <summary>
/// How far the residual stream after each layer is from the full model's (Jiao et al. 2020, "TinyBERT", eq. 8): the mean over layers and
/// values of squared differences, or of 1 − cosine over tokens (Sanh et al. 2019, "DistilBERT"). Where widths differ, the stream passes
/// through a matrix of the layer's own, trained along (TinyBERT's W_h; a bias as in FitNets' regressors, Romero et al. 2015).
/// </summary>
/// <param name="cosine">whether directions are compared, not values</param>
/// <param name="map">which layers are compared; null for the usual map</param>
/// <param name="projections">where matrices stand between them</param>
public sealed class LayersToFull(bool cosine = false, LayerMap? map = null, Projections projections = Projections.None) : IObjective
{
    Dictionary<SitePair, (Tensor Weight, Tensor Bias)> learned = [];

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
        if (model.Width != full.Width && projections == Projections.None)
            throw new ArgumentException($"Layers of width {model.Width} are compared with layers of width {full.Width}: the two need the "
                + "same width. Compare relations instead: they may differ in width.");
        return [.. (map ?? LayerMap.Uniform).Pairs(model, full)
            .Select(pair => new SitePair(new(pair.Own, Point.LayerOut), new(pair.Full, Point.LayerOut)))];
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> Own => learned.SelectMany(pair => new[]
    {
        KeyValuePair.Create($"{pair.Key.Own}.{pair.Key.Full}.weight", pair.Value.Weight),
        KeyValuePair.Create($"{pair.Key.Own}.{pair.Key.Full}.bias", pair.Value.Bias),
    }).ToDictionary();

    /// <inheritdoc/>
    public IObjective WithWeights(IProblem problem, IModel model, IModel full, Chance chance)
    {
        (int from, int to) = (model.Width, full.Width);
        if (projections == Projections.None || (projections == Projections.WhereWidthsDiffer && from == to)) return this;
        Tensor Drawn(SitePair pair) => Tensor.Normal(chance.At(pair.Own.Layer).At(pair.Full.Layer), MathF.Sqrt(1f / from), to, from);
        Tensor Identity() => Tensor.From([.. Enumerable.Range(0, to * from).Select(i => i / from == i % from ? 1f : 0)], to, from);
        using Scope scope = Scope.Open();
        return new LayersToFull(cosine, map, projections)
        {
            learned = Sites(problem, model, full).ToDictionary(pair => pair, pair => (
                (from == to ? Identity() : Drawn(pair)).KeepForever().Track(), Tensor.Zeros(to).KeepForever().Track())),
        };
    }

    Tensor Projected(SitePair pair, Tensor own) =>
        learned.TryGetValue(pair, out var matrix) ? own.Linear(matrix.Weight, matrix.Bias) : own;

    /// <inheritdoc/>
    public Tensor Losses(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples)
    {
        Tensor? sum = null;
        IReadOnlyList<SitePair> sites = Sites(problem, pass.Model, reference!.Value.Model);
        foreach (SitePair pair in sites)
        {
            Tensor rows = Distances(Projected(pair, pass.At(pair.Own)), reference.Value.At(pair.Full), cosine);
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
