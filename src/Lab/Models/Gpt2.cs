using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>
/// GPT-2 (Radford et al. 2019), under the checkpoint names of <c>GPT2LMHeadModel</c> and <c>GPT2ForSequenceClassification</c>.
/// Pre-norm layers, every token sees itself and those before it; the output is the word
/// embeddings' own matrix (or <c>lm_head</c> where it is not tied), the labels are read from each sequence's last token.
/// </summary>
public sealed class Gpt2 : FamilyModel
{
    readonly Gpt2Config config;
    readonly Tensor words, positions;
    readonly DecoderHead head;
    readonly LayerNorm norm;

    Gpt2(Gpt2Config config, JsonObject json, Weights weights)
        : base("gpt2", causal: true, From, config, json, weights)
    {
        this.config = config;
        Weights w = weights["transformer"];
        words = w.Get("wte.weight", config.Vocabulary, config.Width);
        positions = w.Get("wpe.weight", config.Positions, config.Width);
        Stack = Each(i => LayerOf(w["h"][$"{i}"], i));
        norm = new(w["ln_f"], config.Width, config.Epsilon);
        head = new(weights, config, config.Tied, words);
        Layers = Each(ShapeOf);
        weights.RefuseUnused(_ => false);
    }

    /// <summary>The model of a folder: a classifier where the weights hold <c>score.weight</c>, a language model otherwise.</summary>
    /// <exception cref="CheckpointException">config and weights do not make a GPT-2</exception>
    public static Gpt2 From(ModelConfig config, Weights weights)
    {
        Gpt2Config read = Gpt2Config.Read(config, NewHead.LabelsOfScore(weights));
        return new(read, config.ToJson(), config.WithoutOutput(weights, read.Labels.Count > 0, read.Tied, Names.WholeWords));
    }

    static readonly FamilyNames Names = new("GPT2", "transformer", ["wte.", "wpe.", "h.", "ln_f."], "wte.weight",
    [
        new(HeadKind.Labels, "ForSequenceClassification", "gives scores to labels", "score.weight"),
        new(HeadKind.Other, "DoubleHeadsModel", "chooses one of several texts, next to the token that comes next", "multiple_choice_head."),
        new(HeadKind.Other, "ForTokenClassification", "labels every token", "classifier."),
        new(HeadKind.Other, "ForQuestionAnswering", "finds where an answer stands", "qa_outputs."),
        new(HeadKind.Vocabulary, "LMHeadModel", "tells which token comes next", "lm_head.weight"),
    ],
    _ => ["gpt2"])
    { Outputs = ["lm_head.weight"], Tied = true };

    /// <summary>What others need of the family.</summary>
    internal static ModelFamily Described { get; } = new(From, Names, WithNewHead, Fresh) { Facts = Gpt2Config.FactsOf };

    const string Architecture = "GPT2ForSequenceClassification";

    static Gpt2 WithNewHead(ModelConfig config, Weights body, IReadOnlyList<string> labels, ulong seed) =>
        From(NewHead.For(config, Architecture, labels), body.With(
            [NewHead.Weight("score", labels.Count, Gpt2Config.WidthOf(config), seed)]));

    static FreshPlan Fresh(FreshRequest request)
    {
        ModelSize size = request.Size;
        JsonObject config = request.Config(new()
        {
            ["activation_function"] = "gelu_new",
            ["n_embd"] = size.Width,
            ["n_head"] = size.Heads,
            ["n_inner"] = size.Neurons,
            ["n_layer"] = size.Layers,
            ["n_positions"] = size.Positions,
            ["vocab_size"] = request.Vocabulary,
            ["layer_norm_epsilon"] = 1e-5,
        });
        List<FreshWeight> weights =
        [
            FreshWeight.Embedding("transformer.wte.weight", "wte", request.Vocabulary, size.Width),
            FreshWeight.Embedding("transformer.wpe.weight", "wpe", size.Positions, size.Width, request.Start == FreshStart.Matching),
        ];
        for (int i = 0; i < size.Layers; i++)
        {
            string layer = $"transformer.h.{i}", attention = $"{layer}.attn.c_attn";
            weights.AddRange(
            [
                .. FreshWeight.Norm($"{layer}.ln_1", size.Width),
                .. FreshWeight.InputFirst(attention,
                    [$"{attention} query", request.KeyPurpose($"{attention} key", $"{attention} query"), $"{attention} value"],
                    size.Width, size.Width),
                .. Matrix($"{layer}.attn.c_proj", size.Width, size.Width),
                .. FreshWeight.Norm($"{layer}.ln_2", size.Width),
                .. Matrix($"{layer}.mlp.c_fc", size.Width, size.Neurons),
                .. Matrix($"{layer}.mlp.c_proj", size.Neurons, size.Width),
            ]);
        }
        weights.AddRange(FreshWeight.Norm("transformer.ln_f", size.Width));
        if (request.OfVocabulary) return new(NewHead.Tied(config, "GPT2LMHeadModel"), weights);
        weights.Add(FreshWeight.Matrix("score", "score", request.Labels.Count, size.Width));
        return new(NewHead.Labelled(config, Architecture, request.Labels), weights);

        static FreshWeight[] Matrix(string name, int input, int output) => FreshWeight.InputFirst(name, [name], input, output);
    }

    /// <inheritdoc/>
    public override Tensor Embed(Batch batch, IProbe probe) =>
        probe.At(new(0, Point.Embeddings), Scope.Within(() => words.Rows(batch.Ids) + positions.Rows(batch.Positions)));

    /// <inheritdoc/>
    public override Tensor Score(Tensor x, Batch batch, Tokens tokens, IProbe probe) =>
        head.Score(norm.Forward(ReadByHead(x, batch, tokens)), AtEnd, probe);

    /// <summary>
    /// The model with only these layers. Where attention is scaled by the layer's number, its queries carry what the number changes.
    /// </summary>
    public override IModel WithLayers(IReadOnlyList<int> kept)
    {
        IModel left = LayersLeft.Keep(this, kept);
        if (!config.ScaledByLayer || left == this) return left;
        Weights scaled = left.Weights;
        for (int i = 0; i < kept.Count; i++)
        {
            float factor = (i + 1f) / (kept[i] + 1);
            string matrix = $"{left.Layers[i].Name}.attn.c_attn";
            int queries = config.HeadsPerLayer[kept[i]] * config.HeadWidth;
            scaled = scaled.Map((name, t) => name == $"{matrix}.weight" || name == $"{matrix}.bias" ? Scaled(t, queries, factor) : t);
        }
        return left.With(left.Config, scaled);
    }

    // the first columns of a matrix, or the first entries of a bias, times a factor
    static Tensor Scaled(Tensor t, int columns, float factor)
    {
        float[] values = t.Values.ToArray();
        int width = t.Shape[t.Shape.Rank - 1];
        for (int at = 0; at < values.Length; at++)
            if (at % width < columns) values[at] *= factor;
        return Tensor.From(values, t.Shape.Axes).KeepForever();
    }

    PreNormLayer LayerOf(Weights w, int i) => new(new Gpt2Attention(w, config, i), new Gpt2Mlp(w, config, i), i);

    LayerShape ShapeOf(int i)
    {
        string layer = $"transformer.h.{i}", attention = $"{layer}.attn.c_attn", mlp = $"{layer}.mlp";
        int span = config.HeadsPerLayer[i] * config.HeadWidth;
        return new()
        {
            Name = layer,
            Attention = LayerBlock.OfHeads(config.HeadsPerLayer[i], HeadWidth,
                [.. Queries(0), .. Queries(span), .. Queries(2 * span)],
                new($"{layer}.attn.c_proj.weight", 0, 0, HeadWidth), $"{layer}.attn.c_proj.bias") with
            {
                Before = [$"{layer}.ln_1.weight", $"{layer}.ln_1.bias"],
            },
            Mlp = LayerBlock.OfNeurons(config.NeuronsPerLayer[i],
                [new($"{mlp}.c_fc.weight", 1, 0, 1), new($"{mlp}.c_fc.bias", 0, 0, 1)],
                new($"{mlp}.c_proj.weight", 0, 0, 1), $"{mlp}.c_proj.bias") with
            {
                Before = [$"{layer}.ln_2.weight", $"{layer}.ln_2.bias"],
            },
        };

        Series[] Queries(int start) =>
            [new($"{attention}.weight", 1, start, config.HeadWidth), new($"{attention}.bias", 0, start, config.HeadWidth)];
    }
}

/// <summary>
/// Attention: every head mixes the values of the tokens so far by softmax(q kᵀ / √headWidth); one matrix makes queries, keys and values,
/// the output projection adds the mixes up. Without heads, what is left is a constant.
/// </summary>
sealed class Gpt2Attention(Weights w, Gpt2Config c, int layer) : IAttention
{
    readonly int heads = c.HeadsPerLayer[layer], span = c.HeadsPerLayer[layer] * c.HeadWidth;
    readonly float factor = c.QueryFactor(layer);
    readonly LayerNorm? norm = c.HeadsPerLayer[layer] == 0 ? null : new(w["ln_1"], c.Width, c.Epsilon);
    readonly Conv1D? queriesKeysValues = c.HeadsPerLayer[layer] == 0 ? null
        : new(w["attn.c_attn"], c.Width, 3 * c.HeadsPerLayer[layer] * c.HeadWidth);
    readonly Conv1D? output = c.HeadsPerLayer[layer] == 0 ? null : new(w["attn.c_proj"], c.HeadsPerLayer[layer] * c.HeadWidth, c.Width);
    readonly Tensor bias = w["attn.c_proj"].Get("bias", c.Width);

    /// <inheritdoc/>
    public Tensor Mix(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        int[] queries = batch.QueryOffsets(tokens);
        if (output is null) return Tensor.Zeros(queries[^1], 0);
        Tensor all = queriesKeysValues!.Forward(probe.At(new(layer, Point.AttentionIn), norm!.Forward(x)));
        Tensor q = probe.At(new(layer, Point.Query), all.Slice(1, 0, span).LastRead(batch, tokens));
        Tensor k = probe.At(new(layer, Point.Key), all.Slice(1, span, span)),
            v = probe.At(new(layer, Point.Value), all.Slice(1, 2 * span, span));
        q = probe.At(new(layer, Point.AttentionQuery), factor == 1 ? q : q * factor);
        (k, v) = batch.Attended(layer, probe.At(new(layer, Point.AttentionKey), k), v);
        return q.Attention(k, v, queries, batch.KeyOffsets, heads, causal: true);
    }

    /// <inheritdoc/>
    public Tensor Project(Tensor mixes, Shape stream, IProbe probe) =>
        output is null ? bias.Spread(stream) : output.Forward(probe.At(new(layer, Point.Heads), mixes));
}

/// <summary>The MLP: one hidden layer of neurons. Without neurons, what is left is a constant.</summary>
sealed class Gpt2Mlp(Weights w, Gpt2Config c, int layer) : IMlp
{
    readonly LayerNorm? norm = c.NeuronsPerLayer[layer] == 0 ? null : new(w["ln_2"], c.Width, c.Epsilon);
    readonly Conv1D? up = c.NeuronsPerLayer[layer] == 0 ? null : new(w["mlp.c_fc"], c.Width, c.NeuronsPerLayer[layer]);
    readonly Conv1D? down = c.NeuronsPerLayer[layer] == 0 ? null : new(w["mlp.c_proj"], c.NeuronsPerLayer[layer], c.Width);
    readonly Tensor bias = w["mlp.c_proj"].Get("bias", c.Width);

    /// <inheritdoc/>
    public Tensor Forward(Tensor x, IProbe probe) =>
        down is null ? bias.Spread(x.Shape) : down.Forward(probe.At(new(layer, Point.Neurons),
            up!.Forward(probe.At(new(layer, Point.MlpIn), norm!.Forward(x)), c.Activation)));
}
