using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>
/// Gemma 2 (Gemma Team 2024), under the checkpoint names of <c>Gemma2ForCausalLM</c> and <c>Gemma2ForSequenceClassification</c>. Norms
/// stand before and after attention and MLP, each RMS norm times 1 + weight; every other layer has a sliding window; attention scores and
/// the scores of the vocabulary have soft caps; the word embeddings, which are the output too, are taken times √width. Key and value
/// heads serve several query heads, positions turn, the MLP is gated by GELU. Labels are read from each sequence's last token, uncapped.
/// </summary>
public sealed class Gemma2 : FamilyModel
{
    readonly Gemma2Config config;
    readonly Tensor words;
    readonly DecoderHead head;
    readonly Gemma2Norm norm;

    Gemma2(Gemma2Config config, JsonObject json, Weights weights)
        : base("gemma2", causal: true, From, config, json, weights)
    {
        this.config = config;
        Weights w = weights["model"];
        RotaryTable turns = new(config.Frequencies);
        words = w.Get("embed_tokens.weight", config.Vocabulary, config.Width);
        Stack = Each(i => LayerOf(w["layers"][$"{i}"], turns, i));
        norm = new(w["norm"], config);
        head = new(weights, config, config.Tied, words);
        Layers = Each(ShapeOf);
        weights.RefuseUnused(_ => false);
    }

    /// <summary>The model of a folder: a classifier where the weights hold <c>score.weight</c>, a language model otherwise.</summary>
    /// <exception cref="CheckpointException">config and weights do not make a Gemma 2</exception>
    public static Gemma2 From(ModelConfig config, Weights weights)
    {
        Gemma2Config read = Gemma2Config.Read(config, NewHead.LabelsOfScore(weights));
        return new(read, config.ToJson(), config.WithoutOutput(weights, read.Labels.Count > 0, read.Tied, Names.WholeWords));
    }

    static readonly FamilyNames Names = new("Gemma2", "model", ["embed_tokens.", "layers.", "norm."], "embed_tokens.weight",
    [
        new(HeadKind.Other, "ForTokenClassification", "labels every token", "score.") { Typical = ["score.bias"] },
        new(HeadKind.Labels, "ForSequenceClassification", "gives scores to labels", "score.weight"),
        new(HeadKind.Vocabulary, "ForCausalLM", "tells which token comes next", "lm_head.weight"),
    ],
    seen => seen.ShapeOf("model.layers.0.pre_feedforward_layernorm.weight") is null ? [] : ["gemma2"])
    { Outputs = ["lm_head.weight"], Tied = true };

    /// <summary>What others need of the family.</summary>
    internal static ModelFamily Described { get; } = new(From, Names, WithNewHead, Fresh) { Facts = Gemma2Config.FactsOf };

    const string Architecture = "Gemma2ForSequenceClassification";

    static Gemma2 WithNewHead(ModelConfig config, Weights body, IReadOnlyList<string> labels, ulong seed) =>
        From(NewHead.For(config, Architecture, labels), body.With(
            [NewHead.Weight("score", labels.Count, config.RequirePositive("hidden_size"), seed)]));

    static FreshPlan Fresh(FreshRequest request)
    {
        ModelSize size = request.Size;
        int headWidth = size.Width / size.Heads;
        JsonObject config = request.Config(new()
        {
            ["attn_logit_softcapping"] = 50.0,
            ["final_logit_softcapping"] = 30.0,
            ["head_dim"] = headWidth,
            ["hidden_activation"] = "gelu_pytorch_tanh",
            ["hidden_size"] = size.Width,
            ["intermediate_size"] = size.Neurons,
            ["num_attention_heads"] = size.Heads,
            ["num_key_value_heads"] = size.Heads,
            ["num_hidden_layers"] = size.Layers,
            ["max_position_embeddings"] = size.Positions,
            ["query_pre_attn_scalar"] = headWidth,
            ["rms_norm_eps"] = 1e-6,
            ["rope_theta"] = 10000.0,
            ["sliding_window"] = size.Positions,
            ["vocab_size"] = request.Vocabulary,
        });
        List<FreshWeight> weights = [FreshWeight.Embedding("model.embed_tokens.weight", "embed_tokens", request.Vocabulary, size.Width)];
        for (int i = 0; i < size.Layers; i++)
        {
            string layer = $"model.layers.{i}", self = $"{layer}.self_attn", mlp = $"{layer}.mlp";
            weights.AddRange(
            [
                Norm($"{layer}.input_layernorm"),
                Matrix($"{self}.q_proj", size.Width, size.Width),
                FreshWeight.Matrix($"{self}.k_proj", request.KeyPurpose($"{self}.k_proj", $"{self}.q_proj"), size.Width, size.Width),
                Matrix($"{self}.v_proj", size.Width, size.Width),
                Matrix($"{self}.o_proj", size.Width, size.Width),
                Norm($"{layer}.post_attention_layernorm"),
                Norm($"{layer}.pre_feedforward_layernorm"),
                Matrix($"{mlp}.gate_proj", size.Neurons, size.Width),
                Matrix($"{mlp}.up_proj", size.Neurons, size.Width),
                Matrix($"{mlp}.down_proj", size.Width, size.Neurons),
                Norm($"{layer}.post_feedforward_layernorm"),
            ]);
        }
        weights.Add(Norm("model.norm"));
        if (request.OfVocabulary) return new(NewHead.Tied(config, "Gemma2ForCausalLM"), weights);
        weights.Add(Matrix("score", request.Labels.Count, size.Width));
        return new(NewHead.Labelled(config, Architecture, request.Labels), weights);

        FreshWeight Norm(string name) => new($"{name}.weight", 0, 0, [size.Width], []);
        static FreshWeight Matrix(string name, int output, int input) => FreshWeight.Matrix(name, name, output, input);
    }

    /// <summary>
    /// The same function with a bias, zero, on the last matrix of attention and MLP, into which constants of heads and neurons fold, and on
    /// the norm after each, which a constant of a whole block becomes.
    /// </summary>
    public override IModel WithBiases()
    {
        if (config.OwnBiases) return this;
        JsonObject biased = (JsonObject)Config.DeepClone();
        biased[OwnKeys.Biases] = true;
        Dictionary<string, Tensor> zeros = [];
        foreach (LayerShape layer in Layers)
            foreach (LayerBlock block in layer.Blocks)
            {
                string matrix = block.ReadBy.Tensor[..^".weight".Length], after = block.After[0][..^".weight".Length];
                // where nothing but a constant is left, it is what is added after the norm
                if (Weights.Has($"{after}.weight") && !Weights.Has($"{matrix}.bias")) zeros[$"{matrix}.bias"] = Tensor.Lasting(Width);
                zeros[$"{after}.bias"] = Tensor.Lasting(Width);
            }
        return With(biased, Weights.With(zeros));
    }

    /// <inheritdoc/>
    public override string? WhyOnlyOurBiases => "a gemma2 of other software has none on its MLP and its norms";

    /// <inheritdoc/>
    public override Tensor Embed(Batch batch, IProbe probe)
    {
        RefuseLonger(batch);
        return probe.At(new(0, Point.Embeddings), Scope.Within(() => words.Rows(batch.Ids) * MathF.Sqrt(Width)));
    }

    /// <inheritdoc/>
    public override Tensor Score(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        x = ReadByHead(x, batch, tokens);
        Tensor normed = probe.At(AtEnd.BeforeScores, norm.Forward(x));
        return probe.At(AtEnd.Logits, Scope.Within(() =>
        {
            Tensor scores = head.Forward(normed);
            return Output == Output.Labels || config.FinalCap is not { } cap ? scores : (scores * (1 / cap)).Tanh() * cap;
        }));
    }

    /// <summary>The model with only these layers, each of the kind that it was.</summary>
    public override IModel WithLayers(IReadOnlyList<int> kept) =>
        LayersLeft.Keep(this, kept, SlidingWindows.Named(Config, config.Windows));

    PreNormLayer LayerOf(Weights w, RotaryTable turns, int i) =>
        new(new Gemma2Attention(w, config, turns, i), new Gemma2Mlp(w, config, i), i);

    LayerShape ShapeOf(int i)
    {
        string layer = $"model.layers.{i}", self = $"{layer}.self_attn", mlp = $"{layer}.mlp";
        string afterAttention = $"{layer}.post_attention_layernorm", afterMlp = $"{layer}.post_feedforward_layernorm";
        return new()
        {
            Name = layer,
            Window = config.Windows[i],
            ScoreCap = config.ScoreCap,
            Attention = LayerBlock.OfHeads(config.GroupsPerLayer[i].Sum(), HeadWidth, Rows("q_proj"),
                new($"{self}.o_proj.weight", 1, 0, HeadWidth), BiasBefore(afterAttention, config.OutputBiases, $"{self}.o_proj")) with
            {
                Before = [$"{layer}.input_layernorm.weight"],
                NormAdds = 1,
                After = [$"{afterAttention}.weight"],
                Constant = config.OwnBiases ? $"{afterAttention}.bias" : null,
                Groups = config.GroupsPerLayer[i],
                Shared = [.. Rows("k_proj"), .. Rows("v_proj")],
            },
            Mlp = LayerBlock.OfNeurons(config.NeuronsPerLayer[i],
                [.. Series.Rows($"{mlp}.gate_proj", 1, false), .. Series.Rows($"{mlp}.up_proj", 1, false)],
                new($"{mlp}.down_proj.weight", 1, 0, 1), BiasBefore(afterMlp, config.OwnBiases, $"{mlp}.down_proj")) with
            {
                Before = [$"{layer}.pre_feedforward_layernorm.weight"],
                NormAdds = 1,
                After = [$"{afterMlp}.weight"],
                Constant = config.OwnBiases ? $"{afterMlp}.bias" : null,
            },
        };

        Series[] Rows(string name) => Series.Rows($"{self}.{name}", HeadWidth, config.AttentionBiases);
        // where nothing but a constant is left, it is what is added after the norm
        string? BiasBefore(string norm, bool biased, string matrix) => biased && Weights.Has($"{norm}.weight") ? $"{matrix}.bias" : null;
    }
}

/// <summary>RMS norm times 1 + weight.</summary>
sealed class Gemma2Norm(Weights w, Gemma2Config c)
{
    readonly Tensor gain = w.Get("weight", c.Width);

    /// <param name="x">[token width]</param>
    internal Tensor Forward(Tensor x) => x.RmsNorm(gain + 1, c.Epsilon);
}

/// <summary>
/// How attention and MLP end: one matrix reads all heads or neurons, and a norm stands between it and the residual stream. Without heads
/// or neurons, what is left is a constant: what the norm makes of the matrix's bias or, where the whole block was ablated, what is added
/// after the norm.
/// </summary>
sealed class Gemma2End
{
    readonly Linear? matrix;
    readonly Gemma2Norm? norm;
    readonly Tensor? bias, shift;

    /// <param name="w">the layer's weights</param>
    /// <param name="c">the sizes</param>
    /// <param name="matrixName">the matrix</param>
    /// <param name="normName">the norm after it</param>
    /// <param name="inputs">how many values the matrix reads; 0 where nothing is left</param>
    /// <param name="biased">whether the matrix has a bias</param>
    internal Gemma2End(Weights w, Gemma2Config c, string matrixName, string normName, int inputs, bool biased)
    {
        if (c.OwnBiases) shift = w[normName].Get("bias", c.Width);
        if (inputs > 0) matrix = new(w[matrixName], c.Width, inputs, biased);
        if (inputs == 0 && !w[normName].Has("weight")) return;
        norm = new(w[normName], c);
        if (biased) bias = w[matrixName].Get("bias", c.Width);
    }

    /// <summary>Whether there is anything to read.</summary>
    internal bool Reads => matrix is not null;

    /// <summary>What the block adds to the stream, [token width], of all its heads or neurons side by side.</summary>
    internal Tensor Forward(Tensor inside) => Shifted(norm!.Forward(matrix!.Forward(inside)));

    /// <summary>What is left without any.</summary>
    internal Tensor Constant(Shape stream) =>
        Shifted(norm is not null && bias is not null ? norm.Forward(bias.Spread(stream)) : Tensor.Zeros(stream.Axes));

    Tensor Shifted(Tensor x) => shift is null ? x : x + shift;
}

/// <summary>
/// Attention: every head mixes the values of the tokens so far (of the last few, where there is a window) by softmax of the capped scores
/// cap · tanh(q kᵀ / √scalar / cap), queries and keys turned by their positions; a key and value head serves a group of heads.
/// </summary>
sealed class Gemma2Attention : IAttention
{
    readonly Gemma2Config c;
    readonly RotaryTable turns;
    readonly int layer;
    readonly int[] groups;
    readonly Gemma2Norm? norm;
    readonly Linear? query, key, value;
    readonly Gemma2End end;

    internal Gemma2Attention(Weights w, Gemma2Config c, RotaryTable turns, int layer)
    {
        (this.c, this.turns, this.layer, groups) = (c, turns, layer, c.GroupsPerLayer[layer]);
        end = new(w, c, "self_attn.o_proj", "post_attention_layernorm", groups.Sum() * c.HeadWidth, c.OutputBiases);
        if (groups.Length == 0) return;
        norm = new(w["input_layernorm"], c);
        query = new(w["self_attn.q_proj"], groups.Sum() * c.HeadWidth, c.Width, c.AttentionBiases);
        key = new(w["self_attn.k_proj"], groups.Length * c.HeadWidth, c.Width, c.AttentionBiases);
        value = new(w["self_attn.v_proj"], groups.Length * c.HeadWidth, c.Width, c.AttentionBiases);
    }

    /// <inheritdoc/>
    public Tensor Mix(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        int[] queries = batch.QueryOffsets(tokens);
        if (!end.Reads) return Tensor.Zeros(queries[^1], 0);
        x = probe.At(new(layer, Point.AttentionIn), norm!.Forward(x));
        Tensor q = probe.At(new(layer, Point.Query), query!.Forward(x.LastRead(batch, tokens)));
        Tensor k = probe.At(new(layer, Point.Key), key!.Forward(x)), v = probe.At(new(layer, Point.Value), value!.Forward(x));
        Tensor angles = turns.For(batch.Positions.Max() + 1);
        q = q.Rotate(angles, batch.QueryPositions(tokens));
        q = probe.At(new(layer, Point.AttentionQuery), c.QueryFactor == 1 ? q : q * c.QueryFactor);
        (k, v) = batch.Attended(layer, probe.At(new(layer, Point.AttentionKey), k.Rotate(angles, batch.Positions)), v);
        return q.Attention(k, v, queries, batch.KeyOffsets, groups, causal: true, c.Windows[layer], c.ScoreCap);
    }

    /// <inheritdoc/>
    public Tensor Project(Tensor mixes, Shape stream, IProbe probe) =>
        end.Reads ? end.Forward(probe.At(new(layer, Point.Heads), mixes)) : end.Constant(stream);
}

/// <summary>The MLP: neurons gelu(gate) · up (GEGLU, Shazeer 2020).</summary>
sealed class Gemma2Mlp : IMlp
{
    readonly Gemma2Config c;
    readonly int layer;
    readonly Gemma2Norm? norm;
    readonly Linear? gate, up;
    readonly Gemma2End end;

    internal Gemma2Mlp(Weights w, Gemma2Config c, int layer)
    {
        (this.c, this.layer) = (c, layer);
        int neurons = c.NeuronsPerLayer[layer];
        end = new(w, c, "mlp.down_proj", "post_feedforward_layernorm", neurons, c.OwnBiases);
        if (neurons == 0) return;
        norm = new(w["pre_feedforward_layernorm"], c);
        gate = new(w["mlp.gate_proj"], neurons, c.Width, biased: false);
        up = new(w["mlp.up_proj"], neurons, c.Width, biased: false);
    }

    /// <inheritdoc/>
    public Tensor Forward(Tensor x, IProbe probe)
    {
        if (!end.Reads) return end.Constant(x.Shape);
        Tensor normed = probe.At(new(layer, Point.MlpIn), norm!.Forward(x));
        return end.Forward(probe.At(new(layer, Point.Neurons), gate!.Forward(normed, c.Activation) * up!.Forward(normed)));
    }
}
