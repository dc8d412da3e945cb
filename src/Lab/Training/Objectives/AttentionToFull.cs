using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training.Objectives;

/// <summary>
/// Attention maps (Wang et al. 2020, "MiniLM", eq. 6, in the layers that Jiao et al. 2020, "TinyBERT", map): KL divergence of what each
/// token attends to from what it does in the full model, a mean over tokens, heads and layers, nats. In a layer that has lost heads there
/// is no telling which head is which: there the mean over its heads is compared with the mean over the full model's.
/// </summary>
/// <param name="map">which layers are compared; null for the usual map</param>
public sealed class AttentionToFull(LayerMap? map = null) : IObjective
{
    /// <inheritdoc/>
    public string Name => "attention-to-full";

    /// <inheritdoc/>
    public string Meaning => "KL divergence of attention maps from the full model's, nats";

    /// <inheritdoc/>
    public bool NeedsReference => true;

    /// <inheritdoc/>
    public string? WhyNot(IProblem problem) => null;

    /// <summary>
    /// The layers in which all tokens are computed and both models have heads: of a classifier all but the last, which computes what is
    /// read.
    /// </summary>
    /// <inheritdoc/>
    public IReadOnlyList<SitePair> Sites(IProblem problem, IModel model, IModel full)
    {
        int layers = problem.Tokens == Tokens.All ? model.Layers.Count : model.Layers.Count - 1;
        SitePair[] pairs = [.. (map ?? LayerMap.Uniform).Pairs(model, full)
            .Where(pair => pair.Own < layers && model.Layers[pair.Own].Heads > 0 && full.Layers[pair.Full].Heads > 0)
            .SelectMany(pair => ((Point[])[Point.AttentionQuery, Point.AttentionKey])
                .Select(point => new SitePair(new(pair.Own, point), new(pair.Full, point))))];
        return pairs.Length > 0 ? pairs : throw new ArgumentException("Attention is compared in layers in which both models have heads "
            + $"and all tokens are computed, and of the layers that are mapped ({(map ?? LayerMap.Uniform).Name}) there are none. Compare "
            + "outputs or layers instead.");
    }

    /// <inheritdoc/>
    public Tensor Losses(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples) =>
        RelationsToFull.ByExample(problem, examples, (offsets, some) => Mean(problem, pass, reference!.Value, offsets, some));

    /// <inheritdoc/>
    public double[] Weights(IProblem problem, Pass pass, IReadOnlyList<Example> examples) =>
        [.. LayersToFull.TokensOf(problem, examples).Select(tokens => (double)tokens)];

    /// <inheritdoc/>
    public Tensor Mean(IProblem problem, Pass pass, Pass? reference, IReadOnlyList<Example> examples) =>
        Mean(problem, pass, reference!.Value, pass.Batch.Offsets, values => values);

    Tensor Mean(IProblem problem, Pass pass, Pass reference, int[] offsets, Func<Tensor, Tensor> some)
    {
        Tensor? sum = null;
        SitePair[] layers = [.. Sites(problem, pass.Model, reference.Model).Where(pair => pair.Own.Point == Point.AttentionQuery)];
        foreach (SitePair pair in layers)
        {
            Tensor one = MapsOf(pass, pair.Own, some).AttentionKl(MapsOf(reference, pair.Full, some), offsets, pass.Model.Causal);
            sum = sum is null ? one : sum + one;
        }
        return sum! * (1f / layers.Length);
    }

    static AttentionMaps MapsOf(Pass pass, Site queries, Func<Tensor, Tensor> some)
    {
        LayerShape shape = pass.Model.Layers[queries.Layer];
        IReadOnlyList<int> groups = shape.HeadsPerKeyValueHead.Count > 0 ? shape.HeadsPerKeyValueHead
            : [.. Enumerable.Repeat(1, shape.Heads)];
        return new(some(pass.At(queries)), some(pass.At(queries with { Point = Point.AttentionKey })), groups, shape.Window,
            shape.ScoreCap);
    }
}
