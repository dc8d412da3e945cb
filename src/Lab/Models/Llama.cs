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
public sealed class Llama : IModel
{
    readonly LlamaConfig config;
    readonly Tensor words, output;
    readonly LlamaLayer[] layers;
    readonly RmsNorm norm;

    Llama(LlamaConfig config, JsonObject json, Weights weights)
    {
        (this.config, Config, Weights) = (config, json, weights);
        Weights w = weights["model"];
        RotaryTable turns = new(config.Frequencies);
        words = w.Get("embed_tokens.weight", config.Vocabulary, config.Width);
        layers = [.. Enumerable.Range(0, config.Layers).Select(i => new LlamaLayer(w["layers"][$"{i}"], config, turns, i))];
        norm = new(w["norm"], config.Width, config.Epsilon);
        output = config.Labels.Count > 0 ? weights.Get("score.weight", config.Labels.Count, config.Width)
            : config.Tied ? words : weights.Get("lm_head.weight", config.Vocabulary, config.Width);
        Layers = [.. Enumerable.Range(0, config.Layers).Select(ShapeOf)];
        weights.RefuseUnused(name => name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal));
    }

    /// <summary>The model of a folder: a classifier where the weights hold <c>score.weight</c>, a language model otherwise.</summary>
    /// <exception cref="CheckpointException">config and weights do not make a Llama</exception>
    public static Llama From(ModelConfig config, Weights weights)
    {
        bool labels = weights.Has("score.weight");
        LlamaConfig read = LlamaConfig.Read(config, labels ? weights.All["score.weight"].Shape[0] : 0);
        return new(read, config.ToJson(), config.WithoutOutput(weights, labels, read.Tied, "model.embed_tokens.weight"));
    }

    static readonly FamilyNames Names = new("Llama", "model", ["embed_tokens.", "layers.", "norm.", "rotary_emb."], "embed_tokens.weight",
    [
        new(HeadKind.Other, "ForTokenClassification", "labels every token", "score.") { Typical = ["score.bias"] },
        new(HeadKind.Labels, "ForSequenceClassification", "gives scores to labels", "score.weight"),
        new(HeadKind.Other, "ForQuestionAnswering", "finds where an answer stands", "qa_outputs."),
        new(HeadKind.Vocabulary, "ForCausalLM", "tells which token comes next", "lm_head.weight"),
    ],
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
        JsonObject config = new()
        {
            ["architectures"] = null,                            // written by NewHead, in this place
            ["model_type"] = request.Family,
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
            ["pad_token_id"] = 0,
        };
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

    /// <inheritdoc/>
    public IModel With(JsonObject config, Weights weights) => From(NewHead.ToConfig(config, "the model's config"), weights);

    /// <summary>
    /// The same function as a Llama with all biases that its config can ask for (<c>attention_bias</c>, <c>mlp_bias</c>), zero where there
    /// was none: only so can other software load what is folded into them, whichever of the likes it was. A Llama has no window, so that
    /// a model with one stays what it is, with a key of ours.
    /// </summary>
    public IModel WithBiases()
    {
        if (config.Biases.All) return this;
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
        return With(config.WithBiases(Config), Weights.With(zeros));

        void Add(string name, int length)
        {
            if (!Weights.Has($"{name}.bias")) zeros[$"{name}.bias"] = Tensor.Lasting(length);
        }
    }

    /// <inheritdoc/>
    public string? WhyOnlyOurBiases => !config.Windowed ? null
        : "the only form of it with these biases that other software reads is a llama, "
            + $"which has no sliding window, and this {Family} has one (of {config.Windows.Min()} tokens)";

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
    public string Family => config.Family;

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
                Own = Rows($"{self}.q_proj", config.HeadWidth, config.Biases.QueriesKeysValues),
                ReadBy = new($"{self}.o_proj.weight", 1, 0, config.HeadWidth),
                Bias = config.Biases.AttentionOutput ? $"{self}.o_proj.bias" : null,
                Before = [$"{layer}.input_layernorm.weight"],
                Groups = config.GroupsPerLayer[i],
                Shared =
                [
                    .. Rows($"{self}.k_proj", config.HeadWidth, config.Biases.QueriesKeysValues),
                    .. Rows($"{self}.v_proj", config.HeadWidth, config.Biases.QueriesKeysValues),
                ],
            },
            Mlp = new()
            {
                Count = config.NeuronsPerLayer[i],
                ItemWidth = 1,
                Inside = Point.Neurons,
                Out = Point.MlpOut,
                Own = [.. Rows($"{mlp}.gate_proj", 1, config.Biases.Mlp), .. Rows($"{mlp}.up_proj", 1, config.Biases.Mlp)],
                ReadBy = new($"{mlp}.down_proj.weight", 1, 0, 1),
                Bias = config.Biases.Mlp ? $"{mlp}.down_proj.bias" : null,
                Before = [$"{layer}.post_attention_layernorm.weight"],
            },
        };

        static Series[] Rows(string name, int length, bool biased) =>
            biased ? [new($"{name}.weight", 0, 0, length), new($"{name}.bias", 0, 0, length)] : [new($"{name}.weight", 0, 0, length)];
    }
}

/// <summary>One layer: attention and MLP, each reading the normalized residual stream and adding to the stream itself.</summary>
sealed class LlamaLayer(Weights w, LlamaConfig c, RotaryTable turns, int layer)
{
    readonly LlamaAttention attention = new(w, c, turns, layer);
    readonly LlamaMlp mlp = new(w, c, layer);

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
/// queries and keys turned by their positions; a key and value head serves a group of heads; the output projection adds the mixes up.
/// Without heads, what is left is a constant.
/// </summary>
sealed class LlamaAttention
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

    internal Tensor Mix(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        int[] queries = tokens == Tokens.All ? batch.Offsets : [.. Enumerable.Range(0, batch.Count + 1)];
        if (output is null) return Tensor.Zeros(queries[^1], 0);
        x = norm!.Forward(x);
        Tensor q = probe.At(new(layer, Point.Query), query!.Forward(Llama.Chosen(x, batch, tokens)));
        Tensor k = probe.At(new(layer, Point.Key), key!.Forward(x)), v = probe.At(new(layer, Point.Value), value!.Forward(x));
        Tensor angles = turns.For(batch.Positions.Max() + 1);
        q = probe.At(new(layer, Point.AttentionQuery),
            q.Rotate(angles, tokens == Tokens.All ? batch.Positions : Array.ConvertAll(batch.Last, t => batch.Positions[t])));
        (k, v) = batch.Attended(layer, probe.At(new(layer, Point.AttentionKey), k.Rotate(angles, batch.Positions)), v);
        return q.Attention(k, v, queries, batch.KeyOffsets, groups, causal: true, c.Windows[layer]);
    }

    internal Tensor Project(Tensor mixes, Shape stream, IProbe probe) =>
        output is not null ? output.Forward(probe.At(new(layer, Point.Heads), mixes)) : bias?.Spread(stream) ?? Tensor.Zeros(stream.Axes);
}

/// <summary>The MLP: neurons silu(gate) · up (SwiGLU, Shazeer 2020). Without neurons, what is left is a constant.</summary>
sealed class LlamaMlp
{
    readonly LlamaConfig c;
    readonly int layer;
    readonly RmsNorm? norm;
    readonly Linear? gate, up, down;
    readonly Tensor? bias;

    internal LlamaMlp(Weights w, LlamaConfig c, int layer)
    {
        (this.c, this.layer) = (c, layer);
        int neurons = c.NeuronsPerLayer[layer];
        if (c.Biases.Mlp) bias = w["mlp.down_proj"].Get("bias", c.Width);
        if (neurons == 0) return;
        norm = new(w["post_attention_layernorm"], c.Width, c.Epsilon);
        gate = new(w["mlp.gate_proj"], neurons, c.Width, c.Biases.Mlp);
        up = new(w["mlp.up_proj"], neurons, c.Width, c.Biases.Mlp);
        down = new(w["mlp.down_proj"], c.Width, neurons, c.Biases.Mlp);
    }

    internal Tensor Forward(Tensor x, IProbe probe)
    {
        if (down is null) return bias?.Spread(x.Shape) ?? Tensor.Zeros(x.Shape.Axes);
        Tensor normed = norm!.Forward(x);
        return down.Forward(probe.At(new(layer, Point.Neurons), gate!.Forward(normed, c.Activation) * up!.Forward(normed)));
    }
}
