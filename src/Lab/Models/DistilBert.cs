using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>
/// DistilBERT with a classification head (Sanh et al. 2019), under the checkpoint names of <c>DistilBertForSequenceClassification</c>: a
/// BERT without token types and without a pooler. Post-norm layers; [CLS] through a layer with ReLU to the labels. Layers that were cut
/// have fewer heads, no attention or no MLP.
/// </summary>
public sealed class DistilBert : IModel
{
    readonly DistilBertConfig config;
    readonly DistilBertEmbeddings embeddings;
    readonly DistilBertLayer[] layers;
    readonly Linear dense, output;

    DistilBert(DistilBertConfig config, JsonObject json, Weights weights)
    {
        (this.config, Config, Weights) = (config, json, weights);
        Weights w = weights["distilbert"];
        embeddings = new(w["embeddings"], config);
        layers = [.. Enumerable.Range(0, config.Layers).Select(i => new DistilBertLayer(w["transformer.layer"][$"{i}"], config, i))];
        dense = new(weights["pre_classifier"], config.Width, config.Width);
        output = new(weights["classifier"], config.Labels.Count, config.Width);
        Layers = [.. Enumerable.Range(0, config.Layers).Select(ShapeOf)];
        weights.RefuseUnused(_ => false);
    }

    /// <summary>The model of a folder.</summary>
    /// <exception cref="CheckpointException">config and weights do not make a DistilBERT classifier</exception>
    public static DistilBert From(ModelConfig config, Weights weights)
    {
        const string Head = "classifier.bias", Positions = "distilbert.embeddings.position_embeddings.weight";
        if (!weights.Has(Head))
            throw new CheckpointException($"{config.Path}: the weights have no classification head ('{Head}'). "
                + "Fine-tune the model first: heartwood train --from FOLDER.");
        if (!weights.Has(Positions) && config.Optional("sinusoidal_pos_embds", false))
            throw new CheckpointException($"{config.Path}: sinusoidal_pos_embds is true, and the weights hold no '{Positions}': "
                + "Heartwood reads positions from the file and makes none up. Save the model with the program that trained it.");
        return new(DistilBertConfig.Read(config, weights.All[Head].Count), config.ToJson(), weights);
    }

    static readonly FamilyNames Names = new(
        "DistilBert", "distilbert", ["embeddings.", "transformer.layer."], "embeddings.word_embeddings.weight",
    [
        new(HeadKind.Labels, "ForSequenceClassification", "gives scores to labels", "pre_classifier.", "classifier."),
        new(HeadKind.Other, "ForTokenClassification", "labels every token", "classifier."),
        new(HeadKind.Other, "ForMultipleChoice", "chooses one of several texts", "pre_classifier.", "classifier."),
        new(HeadKind.Other, "ForQuestionAnswering", "finds where an answer stands", "qa_outputs."),
        new(HeadKind.Other, "ForMaskedLM", "guesses masked words", "vocab_transform.", "vocab_layer_norm.", "vocab_projector."),
    ],
    seen => seen.Prefixed || seen.ShapeOf("distilbert.transformer.layer.0.sa_layer_norm.weight") is not null ? ["distilbert"] : [])
    {
        Outputs = ["vocab_projector.weight"],
        Tied = true,
    };

    /// <summary>What others need of the family.</summary>
    internal static ModelFamily Described { get; } = new(From, Names, WithNewHead, Fresh) { Facts = DistilBertConfig.FactsOf };

    const string Architecture = "DistilBertForSequenceClassification";

    static DistilBert WithNewHead(ModelConfig config, Weights body, IReadOnlyList<string> labels, ulong seed)
    {
        int width = config.RequirePositive("dim");
        return From(NewHead.For(config, Architecture, labels), body.With(
        [
            .. NewHead.Linear("pre_classifier", width, width, seed), .. NewHead.Linear("classifier", labels.Count, width, seed),
        ]));
    }

    static FreshPlan Fresh(FreshRequest request)
    {
        ModelSize size = request.Size;
        JsonObject config = new()
        {
            ["architectures"] = null,                            // written by NewHead, in this place
            ["model_type"] = request.Family,
            ["activation"] = "gelu",
            ["dim"] = size.Width,
            ["hidden_dim"] = size.Neurons,
            ["n_heads"] = size.Heads,
            ["n_layers"] = size.Layers,
            ["max_position_embeddings"] = size.Positions,
            ["sinusoidal_pos_embds"] = false,
            ["vocab_size"] = request.Vocabulary,
            ["pad_token_id"] = 0,
        };
        List<FreshWeight> weights =
        [
            Embedding("word_embeddings", request.Vocabulary),
            Embedding("position_embeddings", size.Positions, request.Start == FreshStart.Matching),
            .. FreshWeight.Norm("distilbert.embeddings.LayerNorm", size.Width),
        ];
        for (int i = 0; i < size.Layers; i++)
        {
            string layer = $"distilbert.transformer.layer.{i}", attention = $"{layer}.attention", ffn = $"{layer}.ffn";
            string key = request.KeyPurpose($"{attention}.k_lin", $"{attention}.q_lin");
            weights.AddRange(
            [
                .. Linear($"{attention}.q_lin", size.Width, size.Width),
                .. FreshWeight.Linear($"{attention}.k_lin", key, size.Width, size.Width),
                .. Linear($"{attention}.v_lin", size.Width, size.Width), .. Linear($"{attention}.out_lin", size.Width, size.Width),
                .. FreshWeight.Norm($"{layer}.sa_layer_norm", size.Width),
                .. Linear($"{ffn}.lin1", size.Neurons, size.Width), .. Linear($"{ffn}.lin2", size.Width, size.Neurons),
                .. FreshWeight.Norm($"{layer}.output_layer_norm", size.Width),
            ]);
        }
        return new(NewHead.Labelled(config, Architecture, request.Labels),
        [
            .. weights, .. Linear("pre_classifier", size.Width, size.Width), .. Linear("classifier", request.Labels.Count, size.Width),
        ]);

        FreshWeight Embedding(string name, int rows, bool waves = false) =>
            FreshWeight.Embedding($"distilbert.embeddings.{name}.weight", name, rows, size.Width, waves);
        FreshWeight[] Linear(string name, int output, int input) => FreshWeight.Linear(name, name, output, input);
    }

    /// <inheritdoc/>
    public IModel With(JsonObject config, Weights weights) => From(NewHead.ToConfig(config, "the model's config"), weights);

    /// <inheritdoc/>
    public IModel WithLayers(IReadOnlyList<int> kept)
    {
        JsonObject shorter = (JsonObject)Config.DeepClone();
        shorter["n_layers"] = kept.Count;                        // the family's own word for it
        return LayersLeft.Keep(this, kept, shorter);
    }

    /// <inheritdoc/>
    public Tensor Embed(Batch batch, IProbe probe) => probe.At(new(0, Point.Embeddings), embeddings.Forward(batch));

    /// <inheritdoc/>
    public Tensor Attend(int layer, Tensor x, Batch batch, Tokens tokens, IProbe probe) => layers[layer].Attend(x, batch, tokens, probe);

    /// <inheritdoc/>
    public Tensor Finish(int layer, Tensor x, Tensor mixes, Batch batch, Tokens tokens, IProbe probe) =>
        layers[layer].Finish(probe.At(new(layer, Point.LayerIn), Chosen(x, batch, tokens)), mixes, probe);

    /// <inheritdoc/>
    public Tensor Score(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        if (tokens == Tokens.All) x = Chosen(x, batch, Tokens.Read);
        Tensor made = probe.At(new(layers.Length - 1, Point.BeforeScores), dense.Forward(x, Activation.Relu));
        return probe.At(new(layers.Length - 1, Point.Logits), output.Forward(made));
    }

    // the head reads [CLS], the first token of each sequence
    internal static Tensor Chosen(Tensor x, Batch batch, Tokens tokens) => tokens == Tokens.Read ? x.Rows(batch.First) : x;

    /// <inheritdoc/>
    public string Family => "distilbert";

    /// <inheritdoc/>
    public Output Output => Output.Labels;

    /// <inheritdoc/>
    public bool Causal => false;

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

    LayerShape ShapeOf(int i)
    {
        string layer = $"distilbert.transformer.layer.{i}", attention = $"{layer}.attention", ffn = $"{layer}.ffn";
        Series Rows(string name) => new($"{attention}.{name}", 0, 0, config.HeadWidth);
        return new()
        {
            Name = layer,
            Attention = new()
            {
                Count = config.HeadsPerLayer[i],
                ItemWidth = config.HeadWidth,
                Inside = Point.Heads,
                Out = Point.AttentionOut,
                Own =
                [
                    Rows("q_lin.weight"), Rows("q_lin.bias"), Rows("k_lin.weight"), Rows("k_lin.bias"),
                    Rows("v_lin.weight"), Rows("v_lin.bias"),
                ],
                ReadBy = new($"{attention}.out_lin.weight", 1, 0, config.HeadWidth),
                Bias = $"{attention}.out_lin.bias",
            },
            Mlp = new()
            {
                Count = config.NeuronsPerLayer[i],
                ItemWidth = 1,
                Inside = Point.Neurons,
                Out = Point.MlpOut,
                Own = [new($"{ffn}.lin1.weight", 0, 0, 1), new($"{ffn}.lin1.bias", 0, 0, 1)],
                ReadBy = new($"{ffn}.lin2.weight", 1, 0, 1),
                Bias = $"{ffn}.lin2.bias",
            },
        };
    }
}

/// <summary>Word and position embeddings, added and normalized.</summary>
sealed class DistilBertEmbeddings(Weights w, DistilBertConfig c)
{
    readonly Tensor words = w.Get("word_embeddings.weight", c.Vocabulary, c.Width);
    readonly Tensor positions = w.Get("position_embeddings.weight", c.Positions, c.Width);
    readonly LayerNorm norm = new(w["LayerNorm"], c.Width, DistilBertConfig.Epsilon);

    /// <returns>[token width]</returns>
    internal Tensor Forward(Batch batch) => Scope.Within(() => norm.Forward(words.Rows(batch.Ids) + positions.Rows(batch.Positions)));
}

/// <summary>One layer: attention and MLP, each added to the residual stream, which is normalized after each.</summary>
sealed class DistilBertLayer(Weights w, DistilBertConfig c, int layer)
{
    readonly DistilBertAttention attention = new(w["attention"], c, layer);
    readonly LayerNorm norm1 = new(w["sa_layer_norm"], c.Width, DistilBertConfig.Epsilon);
    readonly LayerNorm norm2 = new(w["output_layer_norm"], c.Width, DistilBertConfig.Epsilon);
    readonly DistilBertMlp mlp = new(w["ffn"], c, layer);

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
            return probe.At(new(layer, Point.Middle), norm1.Forward(x + attended));
        });
        return Scope.Replace(x, Scope.Within(() =>
        {
            Tensor added = probe.At(new(layer, Point.MlpOut), mlp.Forward(x, probe));
            return probe.At(new(layer, Point.LayerOut), norm2.Forward(x + added));
        }));
    }
}

/// <summary>
/// Attention: every head mixes values by softmax(q kᵀ / √headWidth), the output projection adds them up. Without heads, what is left is a
/// constant.
/// </summary>
sealed class DistilBertAttention(Weights w, DistilBertConfig c, int layer)
{
    readonly int heads = c.HeadsPerLayer[layer];
    readonly Linear? query = Projection(w["q_lin"], c, layer);
    readonly Linear? key = Projection(w["k_lin"], c, layer);
    readonly Linear? value = Projection(w["v_lin"], c, layer);
    readonly Linear? output = c.HeadsPerLayer[layer] == 0 ? null : new(w["out_lin"], c.Width, c.HeadsPerLayer[layer] * c.HeadWidth);
    readonly Tensor bias = w["out_lin"].Get("bias", c.Width);

    static Linear? Projection(Weights w, DistilBertConfig c, int layer) =>
        c.HeadsPerLayer[layer] == 0 ? null : new(w, c.HeadsPerLayer[layer] * c.HeadWidth, c.Width);

    internal Tensor Mix(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        int[] queries = tokens == Tokens.All ? batch.Offsets : [.. Enumerable.Range(0, batch.Count + 1)];
        if (output is null) return Tensor.Zeros(queries[^1], 0);
        Tensor q = probe.At(new(layer, Point.Query), query!.Forward(DistilBert.Chosen(x, batch, tokens)));
        Tensor k = probe.At(new(layer, Point.Key), key!.Forward(x)), v = probe.At(new(layer, Point.Value), value!.Forward(x));
        (q, k) = (probe.At(new(layer, Point.AttentionQuery), q), probe.At(new(layer, Point.AttentionKey), k));
        return q.Attention(k, v, queries, batch.Offsets, heads, causal: false);
    }

    internal Tensor Project(Tensor mixes, Shape stream, IProbe probe) =>
        output is null ? bias.Spread(stream) : output.Forward(probe.At(new(layer, Point.Heads), mixes));
}

/// <summary>The MLP: one hidden layer of neurons. Without neurons, what is left is a constant.</summary>
sealed class DistilBertMlp(Weights w, DistilBertConfig c, int layer)
{
    readonly Linear? up = c.NeuronsPerLayer[layer] == 0 ? null : new(w["lin1"], c.NeuronsPerLayer[layer], c.Width);
    readonly Linear? down = c.NeuronsPerLayer[layer] == 0 ? null : new(w["lin2"], c.Width, c.NeuronsPerLayer[layer]);
    readonly Tensor bias = w["lin2"].Get("bias", c.Width);

    internal Tensor Forward(Tensor x, IProbe probe) =>
        down is null ? bias.Spread(x.Shape) : down.Forward(probe.At(new(layer, Point.Neurons), up!.Forward(x, c.Activation)));
}
