using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab;

/// <summary>Models and examples small enough that a test takes milliseconds.</summary>
static class Small
{
    /// <summary>Data to measure on, by role.</summary>
    public static DataSets Sets(
        IEnumerable<DataSource> inDomain, IEnumerable<DataSource>? outOfDomain = null, IEnumerable<DataSource>? unseen = null) =>
            new([.. inDomain.Select(s => (Role.InDomain, s)), .. (outOfDomain ?? []).Select(s => (Role.OutOfDomain, s)),
                .. (unseen ?? []).Select(s => (Role.Unseen, s))]);

    const int Words = 20;

    /// <summary>A classifier whose every tensor is random, biases and norms too, and whose logits are of order one.</summary>
    public static IModel Model(
        int layers = 2, int heads = 2, int width = 8, int labels = 2, ulong seed = 1, string family = "bert",
        int words = Words, int positions = 16)
    {
        IModel fresh = UntrainedModel.Make(family, new(layers, heads, width, width + 4, positions), words,
            [.. Enumerable.Range(0, labels).Select(l => $"label {l}")], seed);
        return fresh.With(fresh.Config, fresh.Weights.Map((name, t) => IsEmbedding(name, t)
            ? Tensor.Normal(new(seed, name), 1, t.Shape.Axes).KeepForever()
            : (t + Tensor.Normal(new(seed, name), t.Shape.Rank == 1 ? 0.3f : 0.1f, t.Shape.Axes)).KeepForever()));
    }

    /// <summary>Whether a tensor is a table of embeddings, whatever its family calls it.</summary>
    public static bool IsEmbedding(string name, Tensor t) => t.Shape.Rank == 2 && (name.Contains("embed", StringComparison.Ordinal) || name.Contains(".wte.", StringComparison.Ordinal) || name.Contains(".wpe.", StringComparison.Ordinal));

    /// <summary>Random token ids, 3 to 9 of them, with labels.</summary>
    public static IReadOnlyList<Example> Examples(int count, int labels = 2, ulong seed = 1) => [.. Enumerable.Range(0, count).Select(i =>
    {
        ChanceStream chance = new Chance(seed, "examples").At(i).Stream();
        int length = 3 + chance.Below(7), split = chance.Below(length);
        return new Example(new([.. Enumerable.Range(0, length).Select(_ => chance.Below(Words))], [.. Enumerable.Range(0, length).Select(t => t < split ? 0 : 1)]), chance.Below(labels), "", "");
    })];

    public static Batch Batch(int count = 5, ulong seed = 1) => new([.. Examples(count, seed: seed).Select(e => e.Input)]);

    /// <summary>Each part with a chance of one half.</summary>
    public static IReadOnlyList<Part> Some(Universe universe, ulong draw) =>
        [.. universe.Parts.Where((_, i) => new Chance(draw, "some parts").Uniform(i) < 0.5)];

    public static Ablation Absent(IModel model, string kind) => Absent(model, model.Universe(), kind);

    public static Ablation Absent(IModel model, Universe universe, string kind) =>
        kind == "zero" ? Ablation.Zero(universe) : Ablation.Mean(model, universe, Inputs.Batches(Examples(12, seed: 7), 30));

    /// <summary>The heads and MLP blocks of a model.</summary>
    public static Universe Universe(this IModel model) => model.Universe([Heads.Kind, Mlps.Kind]);

    /// <summary>Parts of no model, for what asks only which there are.</summary>
    public static Universe Universe(params IEnumerable<Part> parts) => new(parts.Select(part =>
    {
        PartKind kind = PartKinds.Usual.Single(kind => kind.Includes(part));
        return new Place(part, kind, new(part.Layer, kind.Numbered ? Point.Heads : Point.MlpOut), kind.Numbered ? part.Index : 0, 1, [], null, null);
    }));

    /// <summary>So many heads in each layer, each layer with an MLP.</summary>
    public static Universe HeadsAndMlps(IReadOnlyList<int> headsPerLayer) => Universe(headsPerLayer.SelectMany((heads, layer) =>
        Enumerable.Range(0, heads).Select(h => Heads.Kind.Part(layer, h)).Append(Mlps.Kind.Part(layer))));

    public static void SameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(actual[i]), $"{what}: value {i} is {actual[i]:R}, expected {expected[i]:R}.");
    }

    public static void SameBits(IModel expected, IModel actual)
    {
        Assert.Equal(expected.Weights.All.Keys, actual.Weights.All.Keys);
        foreach (var (name, tensor) in expected.Weights.All) SameBits(tensor.Values, actual.Weights.All[name].Values, name);
    }

    /// <summary>Within 1e-5 of the largest value (of one, where all are smaller).</summary>
    public static void Close(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        float scale = 1;
        foreach (float v in expected) scale = Math.Max(scale, Math.Abs(v));
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-5 * scale, $"{what}: value {i} is {actual[i]}, expected {expected[i]}.");
    }
}
