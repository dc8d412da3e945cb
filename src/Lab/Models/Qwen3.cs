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
public sealed class Qwen3 : IModel
{
    readonly Qwen3Config config;
    readonly Tensor words, output;
    readonly Qwen3Layer[] layers;
    readonly RmsNorm norm;

    Qwen3(Qwen3Config config, JsonObject json, Weights weights)
    {
        (this.config, Config, Weights) = (config, json, weights);
        Weights w = weights["model"];
        RotaryTable turns = new(config.Frequencies);
        words = w.Get("embed_tokens.weight", config.Vocabulary, config.Width);
        layers = [.. Enumerable.Range(0, config.Layers).Select(i => new Qwen3Layer(w["layers"][$"{i}"], config, turns, i))];
        norm = new(w["norm"], config.Width, config.Epsilon);
        output = config.Labels.Count > 0 ? weights.Get("score.weight", config.Labels.Count, config.Width)
            : config.Tied ? words : weights.Get("lm_head.weight", config.Vocabulary, config.Width);
        Layers = [.. Enumerable.Range(0, config.Layers).Select(ShapeOf)];
        weights.RefuseUnused(name => name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal));
    }

    /// <summary>The model of a folder: a classifier where the weights hold <c>score.weight</c>, a language model otherwise.</summary>
    /// <exception cref="CheckpointException">config and weights do not make a Qwen3</exception>
    public static Qwen3 From(ModelConfig config, Weights weights)
    {
        bool labels = weights.Has("score.weight");
        Qwen3Config read = Qwen3Config.Read(config, labels ? weights.All["score.weight"].Shape[0] : 0);
        return new(read, config.ToJson(), config.WithoutOutput(weights, labels, read.Tied, "model.embed_tokens.weight"));
    }

    static readonly FamilyNames Names = new("Qwen3", "model", ["embed_tokens.", "layers.", "norm.", "rotary_emb."], "embed_tokens.weight",
    [
        new(HeadKind.Other, "ForTokenClassification", "labels every token", "score.") { Typical = ["score.bias"] },
        new(HeadKind.Labels, "ForSequenceClassification", "gives scores to labels", "score.weight"),
        new(HeadKind.Other, "ForQuestionAnswering", "finds where an answer stands", "qa_outputs."),
        new(HeadKind.Vocabulary, "ForCausalLM", "tells which token comes next", "lm_head.weight"),
    ],
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
        JsonObject config = new()
        {
            ["architectures"] = null,                            // written by NewHead, in this place
            ["model_type"] = request.Family,
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
            ["pad_token_id"] = 0,
        };
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

    /// <inheritdoc/>
    public IModel With(JsonObject config, Weights weights) => From(NewHead.ToConfig(config, "the model's config"), weights);

    /// <summary>
    /// The same function with a bias, zero, in every linear layer. <c>attention_bias</c> says so of attention; of the MLP only a key of
    /// ours does.
    /// </summary>
    public IModel WithBiases()
    {
        if (config.MlpBiases) return this;
        Dictionary<string, Tensor> zeros = [];
        for (int i = 0; i < config.Layers; i++)
        {
            string self = $"model.layers.{i}.self_attn", mlp = $"model.layers.{i}.mlp";
            int[] groups = config.GroupsPerLayer[i];
            if (groups.Length > 0) Add($"{self}.q_proj", groups.Sum() * HeadWidth);
            if (groups.Length > 0) Add($"{self}.k_proj", groups.Length * HeadWidth);
            if (groups.Length > 0) Add($"{self}.v_proj", groups.Length * HeadWidth);
            Add($"{self}.o_proj", Width);
            if (config.NeuronsPerLayer[i] > 0) Add($"{mlp}.gate_proj", config.NeuronsPerLayer[i]);
            if (config.NeuronsPerLayer[i] > 0) Add($"{mlp}.up_proj", config.NeuronsPerLayer[i]);
            Add($"{mlp}.down_proj", Width);
        }
        JsonObject biased = (JsonObject)Config.DeepClone();
        biased[OwnKeys.Biases] = true;
        return With(biased, Weights.With(zeros));

        void Add(string name, int length)
        {
            if (!Weights.Has($"{name}.bias")) zeros[$"{name}.bias"] = Tensor.Lasting(length);
        }
    }

    /// <inheritdoc/>
    public string? WhyOnlyOurBiases => "the MLP of a qwen3 has no biases in any form that other software reads";

    /// <inheritdoc/>
    public Tensor Embed(Batch batch, IProbe probe)
    {
        if (batch.Positions.Max() is var last && last >= MostPositions)
            throw new ArgumentException($"A sequence has {last + 1} tokens, the model takes {MostPositions}. Shorten it.", nameof(batch));
        return probe.At(new(0, Point.Embeddings), words.Rows(batch.Ids));
    }

    /// <inheritdoc/>
    public Tensor Attend(int layer, Tensor x, Batch batch, Tokens tokens, IProbe probe) => layers[layer].Attend(x, batch, tokens, probe);

    /// <inheritdoc/>
    public Tensor Finish(int layer, Tensor x, Tensor mixes, Batch batch, Tokens tokens, IProbe probe) =>
        layers[layer].Finish(probe.At(new(layer, Point.LayerIn), Chosen(x, batch, tokens)), mixes, probe);

    /// <inheritdoc/>
    public Tensor Score(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        if (tokens == Tokens.All && Output == Output.Labels) x = Chosen(x, batch, Tokens.Read);
        Tensor normed = probe.At(new(layers.Length - 1, Point.BeforeScores), norm.Forward(x));
        return probe.At(new(layers.Length - 1, Point.Logits), normed.Linear(output, precision: Weights.Precision));
    }

    // the last token of a sequence has seen all of it
    internal static Tensor Chosen(Tensor x, Batch batch, Tokens tokens) => tokens == Tokens.Read ? x.Rows(batch.Last) : x;

    /// <inheritdoc/>
    public string Family => "qwen3";

    /// <inheritdoc/>
    public Output Output => config.Labels.Count > 0 ? Output.Labels : Output.Vocabulary;

    /// <inheritdoc/>
    public bool Causal => true;

    /// <inheritdoc/>
    public IReadOnlyList<LayerShape> Layers { get; }

    /// <inheritdoc/>
    public int Width => config.Width;

    /// <inheritdoc/>
    public int HeadWidth => config.HeadWidth;

    /// <inheritdoc/>
    public int MostPositions => config.Positions;

    /// <inheritdoc/>
    public int TokenTypes => 1;

    /// <inheritdoc/>
    public int Vocabulary => config.Vocabulary;

    /// <inheritdoc/>
    public IReadOnlyList<string> Labels => config.Labels;

    /// <inheritdoc/>
    public JsonObject Config { get; }

    /// <inheritdoc/>
    public Weights Weights { get; }

    /// <summary>
    /// The model with only these layers. Where only some layers have a window and the config counts them, it names them instead.
    /// </summary>
    public IModel WithLayers(IReadOnlyList<int> kept)
    {
        if (Config.ContainsKey("layer_types") || config.Windows.Distinct().Count() < 2) return LayersLeft.Keep(this, kept);
        JsonObject named = (JsonObject)Config.DeepClone();
        named["layer_types"] = new JsonArray(
            [.. config.Windows.Select(window => (JsonNode)(window is null ? "full_attention" : "sliding_attention"))]);
        return LayersLeft.Keep(this, kept, named);
    }

    LayerShape ShapeOf(int i)
    {
        string layer = $"model.layers.{i}", self = $"{layer}.self_attn", mlp = $"{layer}.mlp";
        return new()
        {
            Name = layer,
            Window = config.Windows[i],
            Attention = new()
            {
                Count = config.GroupsPerLayer[i].Sum(),
                ItemWidth = config.HeadWidth,
                Inside = Point.Heads,
                Out = Point.AttentionOut,
                Own = Rows($"{self}.q_proj", config.HeadWidth, config.AttentionBiases),
                ReadBy = new($"{self}.o_proj.weight", 1, 0, config.HeadWidth),
                Bias = config.AttentionBiases ? $"{self}.o_proj.bias" : null,
                Before = [$"{layer}.input_layernorm.weight", $"{self}.q_norm.weight", $"{self}.k_norm.weight"],
                Groups = config.GroupsPerLayer[i],
                Shared =
                [
                    .. Rows($"{self}.k_proj", config.HeadWidth, config.AttentionBiases),
                    .. Rows($"{self}.v_proj", config.HeadWidth, config.AttentionBiases),
                ],
            },
            Mlp = new()
            {
                Count = config.NeuronsPerLayer[i],
                ItemWidth = 1,
                Inside = Point.Neurons,
                Out = Point.MlpOut,
                Own = [.. Rows($"{mlp}.gate_proj", 1, config.MlpBiases), .. Rows($"{mlp}.up_proj", 1, config.MlpBiases)],
                ReadBy = new($"{mlp}.down_proj.weight", 1, 0, 1),
                Bias = config.MlpBiases ? $"{mlp}.down_proj.bias" : null,
                Before = [$"{layer}.post_attention_layernorm.weight"],
            },
        };

        static Series[] Rows(string name, int length, bool biased) =>
            biased ? [new($"{name}.weight", 0, 0, length), new($"{name}.bias", 0, 0, length)] : [new($"{name}.weight", 0, 0, length)];
    }
}

/// <summary>One layer: attention and MLP, each reading the normalized residual stream and adding to the stream itself.</summary>
sealed class Qwen3Layer(Weights w, Qwen3Config c, RotaryTable turns, int layer)
{
    readonly Qwen3Attention attention = new(w, c, turns, layer);
    readonly Qwen3Mlp mlp = new(w, c, layer);

    internal Tensor Attend(Tensor x, Batch batch, Tokens tokens, IProbe probe) =>
        Scope.Within(() => attention.Mix(x, batch, tokens, probe));

    /// <param name="x">the residual stream that enters the layer, [token width] of the tokens that are wanted</param>
    /// <param name="mixes">their heads' mixes</param>
    /// <param name="probe">sees every site from the heads on</param>
    internal Tensor Finish(Tensor x, Tensor mixes, IProbe probe)
    {
        x = Scope.Within(() =>
        {
            Tensor attended = probe.At(new(layer, Point.AttentionOut), attention.Project(mixes, x.Shape, probe));
            return probe.At(new(layer, Point.Middle), x + attended);
        });
        return Scope.Replace(x, Scope.Within(() =>
        {
            Tensor added = probe.At(new(layer, Point.MlpOut), mlp.Forward(x, probe));
            return probe.At(new(layer, Point.LayerOut), x + added);
        }));
    }
}

/// <summary>
/// Attention: every head mixes the values of the tokens so far (of the last few, where there is a window) by softmax(q kᵀ / √headWidth),
/// queries and keys normalized head by head, then turned by their positions; a key and value head serves a group of heads; the output
/// projection adds the mixes up. Without heads, what is left is a constant.
/// </summary>
sealed class Qwen3Attention
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

    internal Tensor Mix(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        int[] queries = tokens == Tokens.All ? batch.Offsets : [.. Enumerable.Range(0, batch.Count + 1)];
        if (output is null) return Tensor.Zeros(queries[^1], 0);
        x = norm!.Forward(x);
        Tensor q = probe.At(new(layer, Point.Query), query!.Forward(Qwen3.Chosen(x, batch, tokens)));
        Tensor k = probe.At(new(layer, Point.Key), key!.Forward(x)), v = probe.At(new(layer, Point.Value), value!.Forward(x));
        Tensor angles = turns.For(batch.Positions.Max() + 1);
        int[] asking = tokens == Tokens.All ? batch.Positions : Array.ConvertAll(batch.Last, t => batch.Positions[t]);
        q = probe.At(new(layer, Point.AttentionQuery), queryNorm!.Forward(q).Rotate(angles, asking));
        k = probe.At(new(layer, Point.AttentionKey), keyNorm!.Forward(k).Rotate(angles, batch.Positions));
        (k, v) = batch.Attended(layer, k, v);
        return q.Attention(k, v, queries, batch.KeyOffsets, groups, causal: true, c.Windows[layer]);
    }

    internal Tensor Project(Tensor mixes, Shape stream, IProbe probe) =>
        output is not null ? output.Forward(probe.At(new(layer, Point.Heads), mixes)) : bias?.Spread(stream) ?? Tensor.Zeros(stream.Axes);
}

/// <summary>The MLP: neurons silu(gate) · up (SwiGLU, Shazeer 2020). Without neurons, what is left is a constant.</summary>
sealed class Qwen3Mlp
{
    readonly Qwen3Config c;
    readonly int layer;
    readonly RmsNorm? norm;
    readonly Linear? gate, up, down;
    readonly Tensor? bias;

    internal Qwen3Mlp(Weights w, Qwen3Config c, int layer)
    {
        (this.c, this.layer) = (c, layer);
        int neurons = c.NeuronsPerLayer[layer];
        if (c.MlpBiases) bias = w["mlp.down_proj"].Get("bias", c.Width);
        if (neurons == 0) return;
        norm = new(w["post_attention_layernorm"], c.Width, c.Epsilon);
        gate = new(w["mlp.gate_proj"], neurons, c.Width, c.MlpBiases);
        up = new(w["mlp.up_proj"], neurons, c.Width, c.MlpBiases);
        down = new(w["mlp.down_proj"], c.Width, neurons, c.MlpBiases);
    }

    internal Tensor Forward(Tensor x, IProbe probe)
    {
        if (down is null) return bias?.Spread(x.Shape) ?? Tensor.Zeros(x.Shape.Axes);
        Tensor normed = norm!.Forward(x);
        return down.Forward(probe.At(new(layer, Point.Neurons), gate!.Forward(normed, c.Activation) * up!.Forward(normed)));
    }
}
