using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>
/// Llama (Touvron et al. 2023) and its likes, under the checkpoint names of <c>LlamaForCausalLM</c> and
/// <c>LlamaForSequenceClassification</c>: Qwen2 is a Llama whose queries, keys and values have biases, Mistral one with a sliding
/// window (Jiang et al. 2023), which Qwen2 may have in some layers too. Pre-norm layers with RMS norm, rotary positions, key and value
/// heads that serve several query heads, and a gated MLP. The output is <c>lm_head</c> or, tied, the word embeddings' own matrix; labels
/// are read from each sequence's last token.
/// </summary>
public sealed class Llama : FamilyModel
{
    readonly LlamaConfig config;
    readonly Tensor words;
    readonly DecoderHead head;
    readonly RmsNorm norm;

    Llama(LlamaConfig config, JsonObject json, Weights weights)
        : base(config.Family, causal: true, From, config, json, weights)
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
    /// <exception cref="CheckpointException">config and weights do not make a Llama</exception>
    public static Llama From(ModelConfig config, Weights weights)
    {
        LlamaConfig read = LlamaConfig.Read(config, NewHead.LabelsOfScore(weights));
        return new(read, config.ToJson(), config.WithoutOutput(weights, read.Labels.Count > 0, read.Tied, Names.WholeWords));
    }

    static readonly FamilyNames Names = new("Llama", "model", ["embed_tokens.", "layers.", "norm.", "rotary_emb."], "embed_tokens.weight",
    HeadNames.OfLlamas,
    TypesOf)
    { Outputs = ["lm_head.weight"] };

    /// <summary>What others need of the family.</summary>
    internal static ModelFamily Described { get; } = new(From, Names, WithNewHead, Fresh) { Facts = LlamaConfig.FactsOf };

    static readonly string[] ofLayer =
    [
        "input_layernorm", "post_attention_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
        "self_attn.rotary_emb", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
    ];

    // a layer with anything else in it is another family's; a Llama with biases has one on the attention's output too
    static string[] TypesOf(NamesSeen seen)
    {
        const string First = "model.layers.0.";
        if (seen.All.Any(name => name.StartsWith(First, StringComparison.Ordinal)
            && !ofLayer.Any(own => name.StartsWith($"{First}{own}.", StringComparison.Ordinal)))) return [];
        bool Has(string name) => seen.ShapeOf($"model.layers.0.self_attn.{name}") is not null;
        if (Has("q_proj.bias")) return Has("o_proj.bias") ? ["llama"] : ["qwen2"];
        return seen.Config.Has("sliding_window") ? ["mistral"] : ["llama", "mistral"];
    }

    static string Architecture(string family) => $"{LlamaKind.Named(family).Architecture}ForSequenceClassification";

    static Llama WithNewHead(ModelConfig config, Weights body, IReadOnlyList<string> labels, ulong seed) =>
        From(NewHead.For(config, Architecture(config.Family), labels), body.With(
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
            ["num_hidden_layers"] = size.Layers,
            ["max_position_embeddings"] = size.Positions,
            ["rms_norm_eps"] = 1e-6,
            ["rope_theta"] = 10000.0,
            ["sliding_window"] = null,
            ["vocab_size"] = request.Vocabulary,
        });
        bool biased = LlamaKind.Named(request.Family).FreshBiases.QueriesKeysValues;
        List<FreshWeight> weights = [FreshWeight.Embedding("model.embed_tokens.weight", "embed_tokens", request.Vocabulary, size.Width)];
        for (int i = 0; i < size.Layers; i++)
        {
            string layer = $"model.layers.{i}", self = $"{layer}.self_attn", mlp = $"{layer}.mlp";
            weights.AddRange(
            [
                Norm($"{layer}.input_layernorm"),
                .. Projection("q_proj", $"{self}.q_proj"),
                .. Projection("k_proj", request.KeyPurpose($"{self}.k_proj", $"{self}.q_proj")),
                .. Projection("v_proj", $"{self}.v_proj"),
                Matrix($"{self}.o_proj", size.Width, size.Width),
                Norm($"{layer}.post_attention_layernorm"),
                Matrix($"{mlp}.gate_proj", size.Neurons, size.Width),
                Matrix($"{mlp}.up_proj", size.Neurons, size.Width),
                Matrix($"{mlp}.down_proj", size.Width, size.Neurons),
            ]);

            FreshWeight[] Projection(string name, string purpose) =>
                biased ? FreshWeight.Linear($"{self}.{name}", purpose, size.Width, size.Width)
                    : [FreshWeight.Matrix($"{self}.{name}", purpose, size.Width, size.Width)];
        }
        weights.Add(Norm("model.norm"));
        if (request.OfVocabulary) return new(NewHead.Tied(config, $"{LlamaKind.Named(request.Family).Architecture}ForCausalLM"), weights);
        weights.Add(Matrix("score", request.Labels.Count, size.Width));
        return new(NewHead.Labelled(config, Architecture(request.Family), request.Labels), weights);

        FreshWeight Norm(string name) => new($"{name}.weight", 1, 0, [size.Width], []);
        static FreshWeight Matrix(string name, int output, int input) => FreshWeight.Matrix(name, name, output, input);
    }

    /// <summary>
    /// The same function as a Llama with all biases that its config can ask for (<c>attention_bias</c>, <c>mlp_bias</c>), zero where there
    /// was none: only so can other software load what is folded into them, whichever of the likes it was. A Llama has no window, so that
    /// a model with one stays what it is, with a key of ours.
    /// </summary>
    public override IModel WithBiases()
    {
        if (config.Biases.All) return this;
        return With(config.WithBiases(Config), Weights.With(MissingBiases.Zeros(this)));
    }

    /// <inheritdoc/>
    public override string? WhyOnlyOurBiases => !config.Windowed ? null
        : "the only form of it with these biases that other software reads is a llama, "
            + $"which has no sliding window, and this {Family} has one (of {config.Windows.Min()} tokens)";

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
        new(new LlamaAttention(w, config, turns, i), new GatedMlp(w, config, config.Epsilon, config.Biases.Mlp, i), i);

    LayerShape ShapeOf(int i)
    {
        string layer = $"model.layers.{i}", self = $"{layer}.self_attn", mlp = $"{layer}.mlp";
        return new()
        {
            Name = layer,
            Window = config.Windows[i],
            Attention = LayerBlock.OfHeads(config.GroupsPerLayer[i].Sum(), HeadWidth, Rows("q_proj"),
                new($"{self}.o_proj.weight", 1, 0, HeadWidth), config.Biases.AttentionOutput ? $"{self}.o_proj.bias" : null) with
            {
                Before = [$"{layer}.input_layernorm.weight"],
                Groups = config.GroupsPerLayer[i],
                Shared = [.. Rows("k_proj"), .. Rows("v_proj")],
            },
            Mlp = LayerBlock.OfNeurons(config.NeuronsPerLayer[i],
                [.. Series.Rows($"{mlp}.gate_proj", 1, config.Biases.Mlp), .. Series.Rows($"{mlp}.up_proj", 1, config.Biases.Mlp)],
                new($"{mlp}.down_proj.weight", 1, 0, 1), config.Biases.Mlp ? $"{mlp}.down_proj.bias" : null) with
            {
                Before = [$"{layer}.post_attention_layernorm.weight"],
            },
        };

        Series[] Rows(string name) => Series.Rows($"{self}.{name}", HeadWidth, config.Biases.QueriesKeysValues);
    }
}

/// <summary>
/// Attention: every head mixes the values of the tokens so far (of the last few, where there is a window) by softmax(q kᵀ / √headWidth),
/// queries and keys turned by their positions; a key and value head serves a group of heads; the output projection adds the mixes up.
/// Without heads, what is left is a constant.
/// </summary>
sealed class LlamaAttention : IAttention
{
    readonly LlamaConfig c;
    readonly RotaryTable turns;
    readonly int layer;
    readonly int[] groups;
    readonly RmsNorm? norm;
    readonly Linear? query, key, value, output;
    readonly Tensor? bias;

    internal LlamaAttention(Weights w, LlamaConfig c, RotaryTable turns, int layer)
    {
        (this.c, this.turns, this.layer, groups) = (c, turns, layer, c.GroupsPerLayer[layer]);
        if (c.Biases.AttentionOutput) bias = w["self_attn.o_proj"].Get("bias", c.Width);
        if (groups.Length == 0) return;
        norm = new(w["input_layernorm"], c.Width, c.Epsilon);
        query = new(w["self_attn.q_proj"], groups.Sum() * c.HeadWidth, c.Width, c.Biases.QueriesKeysValues);
        key = new(w["self_attn.k_proj"], groups.Length * c.HeadWidth, c.Width, c.Biases.QueriesKeysValues);
        value = new(w["self_attn.v_proj"], groups.Length * c.HeadWidth, c.Width, c.Biases.QueriesKeysValues);
        output = new(w["self_attn.o_proj"], c.Width, groups.Sum() * c.HeadWidth, c.Biases.AttentionOutput);
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
        q = probe.At(new(layer, Point.AttentionQuery),
            q.Rotate(angles, batch.QueryPositions(tokens)));
        (k, v) = batch.Attended(layer, probe.At(new(layer, Point.AttentionKey), k.Rotate(angles, batch.Positions)), v);
        return q.Attention(k, v, queries, batch.KeyOffsets, groups, causal: true, c.Windows[layer]);
    }

    /// <inheritdoc/>
    public Tensor Project(Tensor mixes, Shape stream, IProbe probe) =>
        output is not null ? output.Forward(probe.At(new(layer, Point.Heads), mixes)) : bias?.Spread(stream) ?? Tensor.Zeros(stream.Axes);
}
