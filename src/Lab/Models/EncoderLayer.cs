using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>The sizes of an encoder: what every family says, and how many heads each layer has.</summary>
interface IEncoderSizes : IFamilySizes
{
    /// <summary>heads of each layer; 0 where its attention is cut</summary>
    IReadOnlyList<int> HeadsPerLayer { get; }
}

/// <summary>
/// What an encoder's checkpoint calls the tensors of a layer whose attention sees all of a sequence, and which is normalized after each
/// block: of these names are made the layer, its places and its fresh weights.
/// </summary>
/// <param name="Query">queries</param>
/// <param name="Key">keys</param>
/// <param name="Value">values</param>
/// <param name="Output">the matrix that reads all heads</param>
/// <param name="AttentionNorm">the norm after attention</param>
/// <param name="Up">the matrix that makes the neurons</param>
/// <param name="Down">the matrix that reads them</param>
/// <param name="MlpNorm">the norm after the MLP</param>
sealed record EncoderNames(
    string Query, string Key, string Value, string Output, string AttentionNorm, string Up, string Down, string MlpNorm)
{
    /// <summary>The layer of these weights.</summary>
    internal PostNormLayer Layer(Weights w, IEncoderSizes c, float epsilon, int layer) => new(
        new EncoderAttention(w, this, c, layer), new(w[AttentionNorm], c.Width, epsilon),
        new EncoderMlp(w[Up], w[Down], c, layer), new(w[MlpNorm], c.Width, epsilon), layer);

    /// <summary>Where its heads and neurons lie, in a layer of this whole name.</summary>
    internal LayerShape Shape(string layer, IEncoderSizes c, int i) => new()
    {
        Name = layer,
        Attention = LayerBlock.OfHeads(c.HeadsPerLayer[i], c.HeadWidth,
            [.. ((string[])[Query, Key, Value]).SelectMany(name => Series.Rows($"{layer}.{name}", c.HeadWidth))],
            new($"{layer}.{Output}.weight", 1, 0, c.HeadWidth), $"{layer}.{Output}.bias"),
        Mlp = LayerBlock.OfNeurons(
            c.NeuronsPerLayer[i], Series.Rows($"{layer}.{Up}", 1), new($"{layer}.{Down}.weight", 1, 0, 1), $"{layer}.{Down}.bias"),
    };

    /// <summary>The weights of fresh layers, whose names begin so and go on with their number.</summary>
    internal IEnumerable<FreshWeight> Fresh(string layers, FreshRequest request)
    {
        (int width, int neurons) = (request.Size.Width, request.Size.Neurons);
        return Enumerable.Range(0, request.Size.Layers).Select(i => $"{layers}.{i}").SelectMany(layer => (FreshWeight[])
        [
            .. Square(layer, Query),
            .. FreshWeight.Linear($"{layer}.{Key}", request.KeyPurpose($"{layer}.{Key}", $"{layer}.{Query}"), width, width),
            .. Square(layer, Value), .. Square(layer, Output), .. FreshWeight.Norm($"{layer}.{AttentionNorm}", width),
            .. FreshWeight.Linear($"{layer}.{Up}", $"{layer}.{Up}", neurons, width),
            .. FreshWeight.Linear($"{layer}.{Down}", $"{layer}.{Down}", width, neurons), .. FreshWeight.Norm($"{layer}.{MlpNorm}", width),
        ]);

        FreshWeight[] Square(string layer, string name) => FreshWeight.Linear($"{layer}.{name}", $"{layer}.{name}", width, width);
    }
}

/// <summary>
/// Attention: every head mixes values by softmax(q kᵀ / √headWidth), the output projection adds them up. Without heads, what is left is a
/// constant.
/// </summary>
sealed class EncoderAttention(Weights w, EncoderNames names, IEncoderSizes c, int layer) : IAttention
{
    readonly int heads = c.HeadsPerLayer[layer];
    readonly Linear? query = Projection(w[names.Query], c, layer);
    readonly Linear? key = Projection(w[names.Key], c, layer);
    readonly Linear? value = Projection(w[names.Value], c, layer);
    readonly Linear? output = c.HeadsPerLayer[layer] == 0 ? null : new(w[names.Output], c.Width, c.HeadsPerLayer[layer] * c.HeadWidth);
    readonly Tensor bias = w[names.Output].Get("bias", c.Width);

    static Linear? Projection(Weights w, IEncoderSizes c, int layer) =>
        c.HeadsPerLayer[layer] == 0 ? null : new(w, c.HeadsPerLayer[layer] * c.HeadWidth, c.Width);

    /// <inheritdoc/>
    public Tensor Mix(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        int[] queries = batch.QueryOffsets(tokens);
        if (output is null) return Tensor.Zeros(queries[^1], 0);
        x = probe.At(new(layer, Point.AttentionIn), x);
        Tensor q = probe.At(new(layer, Point.Query), query!.Forward(x.FirstRead(batch, tokens)));
        Tensor k = probe.At(new(layer, Point.Key), key!.Forward(x)), v = probe.At(new(layer, Point.Value), value!.Forward(x));
        (q, k) = (probe.At(new(layer, Point.AttentionQuery), q), probe.At(new(layer, Point.AttentionKey), k));
        return q.Attention(k, v, queries, batch.Offsets, heads, causal: false);
    }

    /// <inheritdoc/>
    public Tensor Project(Tensor mixes, Shape stream, IProbe probe) =>
        output is null ? bias.Spread(stream) : output.Forward(probe.At(new(layer, Point.Heads), mixes));
}

/// <summary>The MLP: one hidden layer of neurons. Without neurons, what is left is a constant.</summary>
sealed class EncoderMlp(Weights ofUp, Weights ofDown, IFamilySizes c, int layer) : IMlp
{
    readonly Linear? up = c.NeuronsPerLayer[layer] == 0 ? null : new(ofUp, c.NeuronsPerLayer[layer], c.Width);
    readonly Linear? down = c.NeuronsPerLayer[layer] == 0 ? null : new(ofDown, c.Width, c.NeuronsPerLayer[layer]);
    readonly Tensor bias = ofDown.Get("bias", c.Width);

    /// <inheritdoc/>
    public Tensor Forward(Tensor x, IProbe probe) =>
        down is null ? bias.Spread(x.Shape)
            : down.Forward(probe.At(new(layer, Point.Neurons), up!.Forward(probe.At(new(layer, Point.MlpIn), x), c.Activation)));
}
