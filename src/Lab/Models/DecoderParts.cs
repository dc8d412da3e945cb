using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>
/// What a decoder gives scores by: <c>score</c> to labels; to the vocabulary the word embeddings' own matrix where they are tied, else the
/// output matrix.
/// </summary>
/// <param name="weights">the model's</param>
/// <param name="c">its sizes</param>
/// <param name="tied">whether the word embeddings are its output</param>
/// <param name="words">they themselves, [vocabulary width]</param>
/// <param name="output">what the family calls the output matrix</param>
sealed class DecoderHead(Weights weights, IFamilySizes c, bool tied, Tensor words, string output = "lm_head.weight")
{
    readonly Tensor matrix = c.Labels.Count > 0 ? weights.Get("score.weight", c.Labels.Count, c.Width)
        : tied ? words : weights.Get(output, c.Vocabulary, c.Width);
    readonly Precision precision = weights.Precision;

    /// <param name="normed">the normalized stream, [token width]</param>
    /// <returns>[token label] or [token vocabulary]</returns>
    internal Tensor Forward(Tensor normed) => normed.Linear(matrix, precision: precision);

    /// <summary>The same, seen by a probe.</summary>
    internal Tensor Score(Tensor normed, (Site BeforeScores, Site Logits) at, IProbe probe) =>
        probe.At(at.Logits, Forward(probe.At(at.BeforeScores, normed)));
}

/// <summary>
/// The MLP of Llama and its likes: neurons act(gate) · up (SwiGLU where act is SiLU, Shazeer 2020), of the normalized stream. Without
/// neurons, what is left is a constant.
/// </summary>
sealed class GatedMlp : IMlp
{
    readonly Activation activation;
    readonly int layer;
    readonly RmsNorm? norm;
    readonly Linear? gate, up, down;
    readonly Tensor? bias;

    /// <param name="w">the layer's weights</param>
    /// <param name="c">the sizes</param>
    /// <param name="epsilon">what the norm adds to a variance</param>
    /// <param name="biased">whether its matrices have biases</param>
    /// <param name="layer">the layer</param>
    internal GatedMlp(Weights w, IFamilySizes c, float epsilon, bool biased, int layer)
    {
        (activation, this.layer) = (c.Activation, layer);
        int neurons = c.NeuronsPerLayer[layer];
        if (biased) bias = w["mlp.down_proj"].Get("bias", c.Width);
        if (neurons == 0) return;
        norm = new(w["post_attention_layernorm"], c.Width, epsilon);
        gate = new(w["mlp.gate_proj"], neurons, c.Width, biased);
        up = new(w["mlp.up_proj"], neurons, c.Width, biased);
        down = new(w["mlp.down_proj"], c.Width, neurons, biased);
    }

    /// <inheritdoc/>
    public Tensor Forward(Tensor x, IProbe probe)
    {
        if (down is null) return bias?.Spread(x.Shape) ?? Tensor.Zeros(x.Shape.Axes);
        Tensor normed = probe.At(new(layer, Point.MlpIn), norm!.Forward(x));
        return down.Forward(probe.At(new(layer, Point.Neurons), gate!.Forward(normed, activation) * up!.Forward(normed)));
    }
}
