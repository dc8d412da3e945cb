using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>
/// GPT-NeoX (Black et al. 2022), the family of Pythia (Biderman et al. 2023), under the checkpoint names of <c>GPTNeoXForCausalLM</c> and
/// <c>GPTNeoXForSequenceClassification</c>. Attention and MLP stand side by side: both read what enters the layer, each through a layer
/// norm of its own, and both are added to it (a parallel residual, Wang and Komatsuzaki 2021); or one after the other, where
/// <c>use_parallel_residual</c> is false. Positions turn the first share of each head; queries, keys and values of a head lie next to
/// each other in one matrix. The output is <c>embed_out</c>, or the word embeddings' own matrix where it is tied; labels are read from
/// each sequence's last token.
/// </summary>
public sealed class GptNeoX : FamilyModel
{
    const string OutputName = "embed_out.weight";

    readonly GptNeoXConfig config;
    readonly Tensor words;
    readonly DecoderHead head;
    readonly LayerNorm norm;

    GptNeoX(GptNeoXConfig config, JsonObject json, Weights weights)
        : base("gpt_neox", causal: true, From, config, json, weights)
    {
        this.config = config;
        Weights w = weights["gpt_neox"];
        RotaryTable turns = new(config.Frequencies);
        words = w.Get("embed_in.weight", config.Vocabulary, config.Width);
        Stack = Each(i => new GptNeoXLayer(w["layers"][$"{i}"], config, turns, i));
        norm = new(w["final_layer_norm"], config.Width, config.Epsilon);
        head = new(weights, config, config.Tied, words, OutputName);
        Layers = Each(ShapeOf);
        weights.RefuseUnused(_ => false);
    }

    /// <summary>The model of a folder: a classifier where the weights hold <c>score.weight</c>, a language model otherwise.</summary>
    /// <exception cref="CheckpointException">config and weights do not make a GPT-NeoX</exception>
    public static GptNeoX From(ModelConfig config, Weights weights)
    {
        GptNeoXConfig read = GptNeoXConfig.Read(config, NewHead.LabelsOfScore(weights));
        return new(read, config.ToJson(), config.WithoutOutput(weights, read.Labels.Count > 0, read.Tied, Names.WholeWords, OutputName));
    }

    static readonly FamilyNames Names = new("GPTNeoX", "gpt_neox", ["embed_in.", "layers.", "final_layer_norm."], "embed_in.weight",
    [
        new(HeadKind.Labels, "ForSequenceClassification", "gives scores to labels", "score.weight"),
        new(HeadKind.Other, "ForTokenClassification", "labels every token", "classifier."),
        new(HeadKind.Other, "ForQuestionAnswering", "finds where an answer stands", "qa_outputs."),
        new(HeadKind.Vocabulary, "ForCausalLM", "tells which token comes next", OutputName),
    ],
    seen => seen.ShapeOf("gpt_neox.layers.0.attention.query_key_value.weight") is null ? [] : ["gpt_neox"])
    { Outputs = [OutputName] };

    /// <summary>What others need of the family.</summary>
    internal static ModelFamily Described { get; } = new(From, Names, WithNewHead, Fresh) { Facts = GptNeoXConfig.FactsOf };

    const string Architecture = "GPTNeoXForSequenceClassification";

    static GptNeoX WithNewHead(ModelConfig config, Weights body, IReadOnlyList<string> labels, ulong seed) =>
        From(NewHead.For(config, Architecture, labels), body.With(
            [NewHead.Weight("score", labels.Count, config.RequirePositive("hidden_size"), seed)]));

    static FreshPlan Fresh(FreshRequest request)
    {
        ModelSize size = request.Size;
        int headWidth = size.Width / size.Heads;
        JsonObject config = request.Config(new()
        {
            ["hidden_act"] = "gelu",
            ["hidden_size"] = size.Width,
            ["intermediate_size"] = size.Neurons,
            ["num_attention_heads"] = size.Heads,
            ["num_hidden_layers"] = size.Layers,
            ["max_position_embeddings"] = size.Positions,
            ["layer_norm_eps"] = 1e-5,
            ["rotary_emb_base"] = 10000,
            ["rotary_pct"] = ((double[])[0.25, 0.5]).FirstOrDefault(share => headWidth * share % 2 == 0, 1),
            ["use_parallel_residual"] = true,
            ["vocab_size"] = request.Vocabulary,
        });
        List<FreshWeight> weights = [FreshWeight.Embedding("gpt_neox.embed_in.weight", "embed_in", request.Vocabulary, size.Width)];
        for (int i = 0; i < size.Layers; i++)
        {
            string layer = $"gpt_neox.layers.{i}", attention = $"{layer}.attention.query_key_value";
            weights.AddRange(
            [
                .. FreshWeight.Norm($"{layer}.input_layernorm", size.Width),
                .. FreshWeight.Norm($"{layer}.post_attention_layernorm", size.Width),
                .. FreshWeight.Interleaved(attention,
                    [.. Enumerable.Range(0, size.Heads).SelectMany(head => OfHead($"{attention} head {head}"))],
                    headWidth, size.Width, size.Width),
                .. Matrix($"{layer}.attention.dense", size.Width, size.Width),
                .. Matrix($"{layer}.mlp.dense_h_to_4h", size.Neurons, size.Width),
                .. Matrix($"{layer}.mlp.dense_4h_to_h", size.Width, size.Neurons),
            ]);
        }
        weights.AddRange(FreshWeight.Norm("gpt_neox.final_layer_norm", size.Width));
        if (request.OfVocabulary) return new(NewHead.Tied(config, "GPTNeoXForCausalLM"), weights);
        weights.Add(FreshWeight.Matrix("score", "score", request.Labels.Count, size.Width));
        return new(NewHead.Labelled(config, Architecture, request.Labels), weights);

        string[] OfHead(string name) => [$"{name} query", request.KeyPurpose($"{name} key", $"{name} query"), $"{name} value"];
        static FreshWeight[] Matrix(string name, int output, int input) => FreshWeight.Linear(name, name, output, input);
    }

    /// <summary>The same function with attention's biases, zero where there was none; the MLP always has its own.</summary>
    public override IModel WithBiases()
    {
        if (config.Biased) return this;
        JsonObject biased = (JsonObject)Config.DeepClone();
        biased[GptNeoXConfig.BiasKey] = true;
        return With(biased, Weights.With(MissingBiases.Zeros(this)));
    }

    /// <inheritdoc/>
    public override Tensor Embed(Batch batch, IProbe probe)
    {
        RefuseLonger(batch);
        return probe.At(new(0, Point.Embeddings), words.Rows(batch.Ids));
    }

    /// <inheritdoc/>
    public override Tensor Score(Tensor x, Batch batch, Tokens tokens, IProbe probe) =>
        head.Score(norm.Forward(ReadByHead(x, batch, tokens)), AtEnd, probe);

    LayerShape ShapeOf(int i)
    {
        string layer = $"gpt_neox.layers.{i}", mlp = $"{layer}.mlp";
        return new()
        {
            Name = layer,
            Parallel = config.Parallel,
            Attention = LayerBlock.OfHeads(config.HeadsPerLayer[i], HeadWidth,
                Series.Rows($"{layer}.attention.query_key_value", 3 * HeadWidth, config.Biased),
                new($"{layer}.attention.dense.weight", 1, 0, HeadWidth), config.Biased ? $"{layer}.attention.dense.bias" : null) with
            {
                Before = [$"{layer}.input_layernorm.weight", $"{layer}.input_layernorm.bias"],
            },
            Mlp = LayerBlock.OfNeurons(config.NeuronsPerLayer[i], Series.Rows($"{mlp}.dense_h_to_4h", 1),
                new($"{mlp}.dense_4h_to_h.weight", 1, 0, 1), $"{mlp}.dense_4h_to_h.bias") with
            {
                Before = [$"{layer}.post_attention_layernorm.weight", $"{layer}.post_attention_layernorm.bias"],
            },
        };
    }
}

/// <summary>
/// One layer: attention and MLP, both reading the stream that enters and adding to it side by side; or one after the other.
/// </summary>
sealed class GptNeoXLayer(Weights w, GptNeoXConfig c, RotaryTable turns, int layer) : ILayer
{
    readonly GptNeoXAttention attention = new(w, c, turns, layer);
    readonly GptNeoXMlp mlp = new(w, c, layer);

    /// <inheritdoc/>
    public Tensor Attend(Tensor x, Batch batch, Tokens tokens, IProbe probe) =>
        Scope.Within(() => attention.Mix(x, batch, tokens, probe));

    /// <inheritdoc/>
    public Tensor Finish(Tensor x, Tensor mixes, IProbe probe)
    {
        if (c.Parallel)
            return Scope.Within(() =>
            {
                Tensor attended = Attended(x, mixes, probe), added = Added(x, probe);
                return probe.At(new(layer, Point.LayerOut), added + attended + x);
            });
        x = Scope.Within(() => probe.At(new(layer, Point.Middle), Attended(x, mixes, probe) + x));
        return Scope.Replace(x, Scope.Within(() => probe.At(new(layer, Point.LayerOut), Added(x, probe) + x)));
    }

    Tensor Attended(Tensor x, Tensor mixes, IProbe probe) =>
        Scope.Within(() => probe.At(new(layer, Point.AttentionOut), attention.Project(mixes, x.Shape, probe)));

    Tensor Added(Tensor x, IProbe probe) => Scope.Within(() => probe.At(new(layer, Point.MlpOut), mlp.Forward(x, probe)));
}

/// <summary>
/// Attention: every head mixes the values of the tokens so far by softmax(q kᵀ / √headWidth), the first values of queries and keys turned
/// by their positions; one matrix makes queries, keys and values of one head after the other, the output projection adds the mixes up.
/// Without heads, what is left is a constant.
/// </summary>
sealed class GptNeoXAttention : IAttention
{
    readonly GptNeoXConfig c;
    readonly RotaryTable turns;
    readonly int layer, heads;
    readonly LayerNorm? norm;
    readonly Linear? queriesKeysValues, output;
    readonly Tensor? bias;

    internal GptNeoXAttention(Weights w, GptNeoXConfig c, RotaryTable turns, int layer)
    {
        (this.c, this.turns, this.layer, heads) = (c, turns, layer, c.HeadsPerLayer[layer]);
        if (c.Biased) bias = w["attention.dense"].Get("bias", c.Width);
        if (heads == 0) return;
        norm = new(w["input_layernorm"], c.Width, c.Epsilon);
        queriesKeysValues = new(w["attention.query_key_value"], 3 * heads * c.HeadWidth, c.Width, c.Biased);
        output = new(w["attention.dense"], c.Width, heads * c.HeadWidth, c.Biased);
    }

    /// <inheritdoc/>
    public Tensor Mix(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        int[] queries = batch.QueryOffsets(tokens);
        if (output is null) return Tensor.Zeros(queries[^1], 0);
        int rows = x.Shape[0];
        Tensor read = probe.At(new(layer, Point.AttentionIn), norm!.Forward(x));
        Tensor all = queriesKeysValues!.Forward(read).As(rows * heads, 3 * c.HeadWidth);
        Tensor q = probe.At(new(layer, Point.Query), OfHeads(0).LastRead(batch, tokens));
        Tensor k = probe.At(new(layer, Point.Key), OfHeads(1)), v = probe.At(new(layer, Point.Value), OfHeads(2));
        Tensor angles = turns.For(batch.Positions.Max() + 1);
        int[] places = batch.QueryPositions(tokens);
        q = probe.At(new(layer, Point.AttentionQuery), q.Rotate(angles, places, c.HeadWidth));
        (k, v) = batch.Attended(layer, probe.At(new(layer, Point.AttentionKey), k.Rotate(angles, batch.Positions, c.HeadWidth)), v);
        return q.Attention(k, v, queries, batch.KeyOffsets, heads, causal: true);

        // of what lies next to each other for every head: its queries, keys or values
        Tensor OfHeads(int which) => all.Slice(1, which * c.HeadWidth, c.HeadWidth).As(rows, heads * c.HeadWidth);
    }

    /// <inheritdoc/>
    public Tensor Project(Tensor mixes, Shape stream, IProbe probe) =>
        output is not null ? output.Forward(probe.At(new(layer, Point.Heads), mixes)) : bias?.Spread(stream) ?? Tensor.Zeros(stream.Axes);
}

/// <summary>The MLP: one hidden layer of neurons. Without neurons, what is left is a constant.</summary>
sealed class GptNeoXMlp(Weights w, GptNeoXConfig c, int layer) : IMlp
{
    readonly LayerNorm? norm = c.NeuronsPerLayer[layer] == 0 ? null : new(w["post_attention_layernorm"], c.Width, c.Epsilon);
    readonly Linear? up = c.NeuronsPerLayer[layer] == 0 ? null : new(w["mlp.dense_h_to_4h"], c.NeuronsPerLayer[layer], c.Width);
    readonly Linear? down = c.NeuronsPerLayer[layer] == 0 ? null : new(w["mlp.dense_4h_to_h"], c.Width, c.NeuronsPerLayer[layer]);
    readonly Tensor bias = w["mlp.dense_4h_to_h"].Get("bias", c.Width);

    /// <inheritdoc/>
    public Tensor Forward(Tensor x, IProbe probe) =>
        down is null ? bias.Spread(x.Shape) : down.Forward(probe.At(new(layer, Point.Neurons),
            up!.Forward(probe.At(new(layer, Point.MlpIn), norm!.Forward(x)), c.Activation)));
}
