using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>
/// Qwen3 (Yang et al. 2025), under the checkpoint names of <c>Qwen3ForCausalLM</c> and <c>Qwen3ForSequenceClassification</c>: pre-norm
/// layers with RMS norm, key and value heads that serve several query heads, a norm on every head's query and key before rotary positions
/// turn them, and a gated MLP. Heads are as wide as the config says, whatever the width; layers may have a sliding window. The output is
/// <c>lm_head</c> or, tied, the word embeddings' own matrix; labels are read from each sequence's last token.
/// </summary>
public sealed class Qwen3 : FamilyModel
{
    readonly Qwen3Config config;
    readonly Tensor words;
    readonly DecoderHead head;
    readonly RmsNorm norm;

    Qwen3(Qwen3Config config, JsonObject json, Weights weights)
        : base("qwen3", causal: true, From, config, json, weights)
    {
        this.config = config;
        Weights w = weights["model"];
        RotaryTable turns = new(config.Frequencies);
        words = w.Get("embed_tokens.weight", config.Vocabulary, config.Width);
        Stack = Each(i => LayerOf(w["layers"][$"{i}"], turns, i));
        norm = new(w["norm"], config.Width, config.Epsilon);
        head = new(weights, config, config.Tied, words);
        Layers = Each(ShapeOf);
        weights.RefuseUnused(name => name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal));
    }

    /// <summary>The model of a folder: a classifier where the weights hold <c>score.weight</c>, a language model otherwise.</summary>
    /// <exception cref="CheckpointException">config and weights do not make a Qwen3</exception>
    public static Qwen3 From(ModelConfig config, Weights weights)
    {
        Qwen3Config read = Qwen3Config.Read(config, NewHead.LabelsOfScore(weights));
        return new(read, config.ToJson(), config.WithoutOutput(weights, read.Labels.Count > 0, read.Tied, Names.WholeWords));
    }

    static readonly FamilyNames Names = new("Qwen3", "model", ["embed_tokens.", "layers.", "norm.", "rotary_emb."], "embed_tokens.weight",
    HeadNames.OfLlamas,
    seen => seen.ShapeOf("model.layers.0.self_attn.q_norm.weight") is not null ? ["qwen3"] : [])
    { Outputs = ["lm_head.weight"] };

    /// <summary>What others need of the family.</summary>
    internal static ModelFamily Described { get; } = new(From, Names, WithNewHead, Fresh) { Facts = Qwen3Config.FactsOf };

    const string Classifier = "Qwen3ForSequenceClassification";

    static Qwen3 WithNewHead(ModelConfig config, Weights body, IReadOnlyList<string> labels, ulong seed) =>
        From(NewHead.For(config, Classifier, labels), body.With(
            [NewHead.Weight("score", labels.Count, config.RequirePositive("hidden_size"), seed)]));

    static FreshPlan Fresh(FreshRequest request)
    {
        ModelSize size = request.Size;
        JsonObject config = request.Config(new()
        {
            ["hidden_act"] = "silu",
            ["hidden_size"] = size.Width,
            ["intermediate_size"] = size.Neurons,
            ["num_attention_heads"] = size.Heads,
            ["num_key_value_heads"] = size.Heads,
            ["head_dim"] = size.Width / size.Heads,
            ["num_hidden_layers"] = size.Layers,
            ["max_position_embeddings"] = size.Positions,
            ["rms_norm_eps"] = 1e-6,
            ["rope_theta"] = 10000.0,
            ["sliding_window"] = null,
            ["vocab_size"] = request.Vocabulary,
        });
        List<FreshWeight> weights = [FreshWeight.Embedding("model.embed_tokens.weight", "embed_tokens", request.Vocabulary, size.Width)];
        for (int i = 0; i < size.Layers; i++)
        {
            string layer = $"model.layers.{i}", self = $"{layer}.self_attn", mlp = $"{layer}.mlp";
            weights.AddRange(
            [
                Norm($"{layer}.input_layernorm", size.Width),
                Matrix($"{self}.q_proj", size.Width, size.Width),
                FreshWeight.Matrix($"{self}.k_proj", request.KeyPurpose($"{self}.k_proj", $"{self}.q_proj"), size.Width, size.Width),
                Matrix($"{self}.v_proj", size.Width, size.Width),
                Norm($"{self}.q_norm", size.Width / size.Heads),
                Norm($"{self}.k_norm", size.Width / size.Heads),
                Matrix($"{self}.o_proj", size.Width, size.Width),
                Norm($"{layer}.post_attention_layernorm", size.Width),
                Matrix($"{mlp}.gate_proj", size.Neurons, size.Width),
                Matrix($"{mlp}.up_proj", size.Neurons, size.Width),
                Matrix($"{mlp}.down_proj", size.Width, size.Neurons),
            ]);
        }
        weights.Add(Norm("model.norm", size.Width));
        if (request.OfVocabulary) return new(NewHead.Tied(config, "Qwen3ForCausalLM"), weights);
        weights.Add(Matrix("score", request.Labels.Count, size.Width));
        return new(NewHead.Labelled(config, Classifier, request.Labels), weights);

        static FreshWeight Norm(string name, int width) => new($"{name}.weight", 1, 0, [width], []);
        static FreshWeight Matrix(string name, int output, int input) => FreshWeight.Matrix(name, name, output, input);
    }

    /// <summary>
    /// The same function with a bias, zero, in every linear layer. <c>attention_bias</c> says so of attention; of the MLP only a key of
    /// ours does.
    /// </summary>
    public override IModel WithBiases()
    {
        if (config.MlpBiases) return this;
        JsonObject biased = (JsonObject)Config.DeepClone();
        biased[OwnKeys.Biases] = true;
        return With(biased, Weights.With(MissingBiases.Zeros(this)));
    }

    /// <inheritdoc/>
    public override string? WhyOnlyOurBiases => "the MLP of a qwen3 has no biases in any form that other software reads";

    /// <inheritdoc/>
    public override Tensor Embed(Batch batch, IProbe probe)
    {
        RefuseLonger(batch);
        return probe.At(new(0, Point.Embeddings), words.Rows(batch.Ids));
    }

    /// <inheritdoc/>
    public override Tensor Score(Tensor x, Batch batch, Tokens tokens, IProbe probe) =>
        head.Score(norm.Forward(ReadByHead(x, batch, tokens)), AtEnd, probe);

    /// <inheritdoc/>
    public override IModel WithLayers(IReadOnlyList<int> kept) => SlidingWindows.Keep(this, kept, config.Windows);

    PreNormLayer LayerOf(Weights w, RotaryTable turns, int i) =>
        new(new Qwen3Attention(w, config, turns, i), new GatedMlp(w, config, config.Epsilon, config.MlpBiases, i), i);

    LayerShape ShapeOf(int i)
    {
        string layer = $"model.layers.{i}", self = $"{layer}.self_attn", mlp = $"{layer}.mlp";
        return new()
        {
            Name = layer,
            Window = config.Windows[i],
            Attention = LayerBlock.OfHeads(config.GroupsPerLayer[i].Sum(), HeadWidth, Rows("q_proj"),
                new($"{self}.o_proj.weight", 1, 0, HeadWidth), config.AttentionBiases ? $"{self}.o_proj.bias" : null) with
            {
                Before = [$"{layer}.input_layernorm.weight", $"{self}.q_norm.weight", $"{self}.k_norm.weight"],
                Groups = config.GroupsPerLayer[i],
                Shared = [.. Rows("k_proj"), .. Rows("v_proj")],
            },
            Mlp = LayerBlock.OfNeurons(config.NeuronsPerLayer[i],
                [.. Series.Rows($"{mlp}.gate_proj", 1, config.MlpBiases), .. Series.Rows($"{mlp}.up_proj", 1, config.MlpBiases)],
                new($"{mlp}.down_proj.weight", 1, 0, 1), config.MlpBiases ? $"{mlp}.down_proj.bias" : null) with
            {
                Before = [$"{layer}.post_attention_layernorm.weight"],
            },
        };

        Series[] Rows(string name) => Series.Rows($"{self}.{name}", HeadWidth, config.AttentionBiases);
    }
}

/// <summary>
/// Attention: every head mixes the values of the tokens so far (of the last few, where there is a window) by softmax(q kᵀ / √headWidth),
/// queries and keys normalized head by head, then turned by their positions; a key and value head serves a group of heads; the output
/// projection adds the mixes up. Without heads, what is left is a constant.
/// </summary>
sealed class Qwen3Attention : IAttention
{
    readonly Qwen3Config c;
    readonly RotaryTable turns;
    readonly int layer;
    readonly int[] groups;
    readonly RmsNorm? norm, queryNorm, keyNorm;
    readonly Linear? query, key, value, output;
    readonly Tensor? bias;

    internal Qwen3Attention(Weights w, Qwen3Config c, RotaryTable turns, int layer)
    {
        (this.c, this.turns, this.layer, groups) = (c, turns, layer, c.GroupsPerLayer[layer]);
        Weights self = w["self_attn"];
        if (c.AttentionBiases) bias = self["o_proj"].Get("bias", c.Width);
        if (groups.Length == 0) return;
        norm = new(w["input_layernorm"], c.Width, c.Epsilon);
        (queryNorm, keyNorm) = (new(self["q_norm"], c.HeadWidth, c.Epsilon), new(self["k_norm"], c.HeadWidth, c.Epsilon));
        query = new(self["q_proj"], groups.Sum() * c.HeadWidth, c.Width, c.AttentionBiases);
        key = new(self["k_proj"], groups.Length * c.HeadWidth, c.Width, c.AttentionBiases);
        value = new(self["v_proj"], groups.Length * c.HeadWidth, c.Width, c.AttentionBiases);
        output = new(self["o_proj"], c.Width, groups.Sum() * c.HeadWidth, c.AttentionBiases);
    }

    /// <inheritdoc/>
    public Tensor Mix(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        int[] queries = batch.QueryOffsets(tokens);
        if (output is null) return Tensor.Zeros(queries[^1], 0);
        x = probe.At(new(layer, Point.AttentionIn), norm!.Forward(x));
        Tensor q = probe.At(new(layer, Point.Query), query!.Forward(x.LastRead(batch, tokens)));
        Tensor k = probe.At(new(layer, Point.Key), key!.Forward(x)), v = probe.At(new(layer, Point.Value), value!.Forward(x));
        Tensor angles = turns.For(batch.Positions.Max() + 1);
        int[] asking = batch.QueryPositions(tokens);
        q = probe.At(new(layer, Point.AttentionQuery), queryNorm!.Forward(q).Rotate(angles, asking));
        k = probe.At(new(layer, Point.AttentionKey), keyNorm!.Forward(k).Rotate(angles, batch.Positions));
        (k, v) = batch.Attended(layer, k, v);
        return q.Attention(k, v, queries, batch.KeyOffsets, groups, causal: true, c.Windows[layer]);
    }

    /// <inheritdoc/>
    public Tensor Project(Tensor mixes, Shape stream, IProbe probe) =>
        output is not null ? output.Forward(probe.At(new(layer, Point.Heads), mixes)) : bias?.Spread(stream) ?? Tensor.Zeros(stream.Axes);
}
