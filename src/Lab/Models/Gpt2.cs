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
public sealed class Gpt2 : IModel
{
    readonly Gpt2Config config;
    readonly Tensor words, positions, output;
    readonly Gpt2Layer[] layers;
    readonly LayerNorm norm;

    Gpt2(Gpt2Config config, JsonObject json, Weights weights)
    {
        (this.config, Config, Weights) = (config, json, weights);
        Weights w = weights["transformer"];
        words = w.Get("wte.weight", config.Vocabulary, config.Width);
        positions = w.Get("wpe.weight", config.Positions, config.Width);
        layers = [.. Enumerable.Range(0, config.Layers).Select(i => new Gpt2Layer(w["h"][$"{i}"], config, i))];
        norm = new(w["ln_f"], config.Width, config.Epsilon);
        output = config.Labels.Count > 0 ? weights.Get("score.weight", config.Labels.Count, config.Width)
            : config.Tied ? words : weights.Get("lm_head.weight", config.Vocabulary, config.Width);
        Layers = [.. Enumerable.Range(0, config.Layers).Select(ShapeOf)];
        weights.RefuseUnused(_ => false);
    }

    /// <summary>The model of a folder: a classifier where the weights hold <c>score.weight</c>, a language model otherwise.</summary>
    /// <exception cref="CheckpointException">config and weights do not make a GPT-2</exception>
    public static Gpt2 From(ModelConfig config, Weights weights)
    {
        bool labels = weights.Has("score.weight");
        Gpt2Config read = Gpt2Config.Read(config, labels ? weights.All["score.weight"].Shape[0] : 0);
        return new(read, config.ToJson(), config.WithoutOutput(weights, labels, read.Tied, Names.WholeWords));
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
        JsonObject config = new()
        {
            ["architectures"] = null,                            // written by NewHead, in this place
            ["model_type"] = request.Family,
            ["activation_function"] = "gelu_new",
            ["n_embd"] = size.Width,
            ["n_head"] = size.Heads,
            ["n_inner"] = size.Neurons,
            ["n_layer"] = size.Layers,
            ["n_positions"] = size.Positions,
            ["vocab_size"] = request.Vocabulary,
            ["layer_norm_epsilon"] = 1e-5,
            ["pad_token_id"] = 0,
        };
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
    public IModel With(JsonObject config, Weights weights) => From(NewHead.ToConfig(config, "the model's config"), weights);

    /// <inheritdoc/>
    public Tensor Embed(Batch batch, IProbe probe) =>
        probe.At(new(0, Point.Embeddings), Scope.Within(() => words.Rows(batch.Ids) + positions.Rows(batch.Positions)));

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
    public string Family => "gpt2";

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
    /// The model with only these layers. Where attention is scaled by the layer's number, its queries carry what the number changes.
    /// </summary>
    public IModel WithLayers(IReadOnlyList<int> kept)
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

    LayerShape ShapeOf(int i)
    {
        string layer = $"transformer.h.{i}", attention = $"{layer}.attn.c_attn", mlp = $"{layer}.mlp";
        int span = config.HeadsPerLayer[i] * config.HeadWidth;
        return new()
        {
            Name = layer,
            Attention = new()
            {
                Count = config.HeadsPerLayer[i],
                ItemWidth = config.HeadWidth,
                Inside = Point.Heads,
                Out = Point.AttentionOut,
                Own = [.. Queries(0), .. Queries(span), .. Queries(2 * span)],
                ReadBy = new($"{layer}.attn.c_proj.weight", 0, 0, config.HeadWidth),
                Bias = $"{layer}.attn.c_proj.bias",
                Before = [$"{layer}.ln_1.weight", $"{layer}.ln_1.bias"],
            },
            Mlp = new()
            {
                Count = config.NeuronsPerLayer[i],
                ItemWidth = 1,
                Inside = Point.Neurons,
                Out = Point.MlpOut,
                Own = [new($"{mlp}.c_fc.weight", 1, 0, 1), new($"{mlp}.c_fc.bias", 0, 0, 1)],
                ReadBy = new($"{mlp}.c_proj.weight", 0, 0, 1),
                Bias = $"{mlp}.c_proj.bias",
                Before = [$"{layer}.ln_2.weight", $"{layer}.ln_2.bias"],
            },
        };

        Series[] Queries(int start) =>
            [new($"{attention}.weight", 1, start, config.HeadWidth), new($"{attention}.bias", 0, start, config.HeadWidth)];
    }
}

/// <summary>One layer: attention and MLP, each reading the normalized residual stream and adding to the stream itself.</summary>
sealed class Gpt2Layer(Weights w, Gpt2Config c, int layer)
{
    readonly Gpt2Attention attention = new(w, c, layer);
    readonly Gpt2Mlp mlp = new(w, c, layer);

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
/// Attention: every head mixes the values of the tokens so far by softmax(q kᵀ / √headWidth); one matrix makes queries, keys and values,
/// the output projection adds the mixes up. Without heads, what is left is a constant.
/// </summary>
sealed class Gpt2Attention(Weights w, Gpt2Config c, int layer)
{
    readonly int heads = c.HeadsPerLayer[layer], span = c.HeadsPerLayer[layer] * c.HeadWidth;
    readonly float factor = c.QueryFactor(layer);
    readonly LayerNorm? norm = c.HeadsPerLayer[layer] == 0 ? null : new(w["ln_1"], c.Width, c.Epsilon);
    readonly Conv1D? queriesKeysValues = c.HeadsPerLayer[layer] == 0 ? null
        : new(w["attn.c_attn"], c.Width, 3 * c.HeadsPerLayer[layer] * c.HeadWidth);
    readonly Conv1D? output = c.HeadsPerLayer[layer] == 0 ? null : new(w["attn.c_proj"], c.HeadsPerLayer[layer] * c.HeadWidth, c.Width);
    readonly Tensor bias = w["attn.c_proj"].Get("bias", c.Width);

    internal Tensor Mix(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        int[] queries = tokens == Tokens.All ? batch.Offsets : [.. Enumerable.Range(0, batch.Count + 1)];
        if (output is null) return Tensor.Zeros(queries[^1], 0);
        Tensor all = queriesKeysValues!.Forward(norm!.Forward(x));
        Tensor q = probe.At(new(layer, Point.Query), Gpt2.Chosen(all.Slice(1, 0, span), batch, tokens));
        Tensor k = probe.At(new(layer, Point.Key), all.Slice(1, span, span)),
            v = probe.At(new(layer, Point.Value), all.Slice(1, 2 * span, span));
        q = probe.At(new(layer, Point.AttentionQuery), factor == 1 ? q : q * factor);
        (k, v) = batch.Attended(layer, probe.At(new(layer, Point.AttentionKey), k), v);
        return q.Attention(k, v, queries, batch.KeyOffsets, heads, causal: true);
    }

    internal Tensor Project(Tensor mixes, Shape stream, IProbe probe) =>
        output is null ? bias.Spread(stream) : output.Forward(probe.At(new(layer, Point.Heads), mixes));
}

/// <summary>The MLP: one hidden layer of neurons. Without neurons, what is left is a constant.</summary>
sealed class Gpt2Mlp(Weights w, Gpt2Config c, int layer)
{
    readonly LayerNorm? norm = c.NeuronsPerLayer[layer] == 0 ? null : new(w["ln_2"], c.Width, c.Epsilon);
    readonly Conv1D? up = c.NeuronsPerLayer[layer] == 0 ? null : new(w["mlp.c_fc"], c.Width, c.NeuronsPerLayer[layer]);
    readonly Conv1D? down = c.NeuronsPerLayer[layer] == 0 ? null : new(w["mlp.c_proj"], c.NeuronsPerLayer[layer], c.Width);
    readonly Tensor bias = w["mlp.c_proj"].Get("bias", c.Width);

    internal Tensor Forward(Tensor x, IProbe probe) =>
        down is null ? bias.Spread(x.Shape)
            : down.Forward(probe.At(new(layer, Point.Neurons), up!.Forward(norm!.Forward(x), c.Activation)));
}
