using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>
/// RoBERTa with a classification head (Liu et al. 2019), and XLM-R (Conneau et al. 2020), which differs by its name, under the checkpoint
/// names of <c>RobertaForSequenceClassification</c>. Post-norm layers; positions are counted from after the padding token's id; there are
/// no token types; &lt;s&gt; through a tanh layer to the labels. Layers that were cut have fewer heads, no attention or no MLP.
/// </summary>
public sealed class Roberta : IModel
{
    readonly RobertaConfig config;
    readonly RobertaEmbeddings embeddings;
    readonly RobertaLayer[] layers;
    readonly Linear dense, output;

    Roberta(RobertaConfig config, JsonObject json, Weights weights)
    {
        (this.config, Config, Weights) = (config, json, weights);
        Weights w = weights["roberta"];
        embeddings = new(w["embeddings"], config);
        layers = [.. Enumerable.Range(0, config.Layers).Select(i => new RobertaLayer(w["encoder.layer"][$"{i}"], config, i))];
        dense = new(weights["classifier.dense"], config.Width, config.Width);
        output = new(weights["classifier.out_proj"], config.Labels.Count, config.Width);
        Layers = [.. Enumerable.Range(0, config.Layers).Select(ShapeOf)];
        weights.RefuseUnused(_ => false);
    }

    /// <summary>The model of a folder.</summary>
    /// <exception cref="CheckpointException">config and weights do not make a RoBERTa classifier</exception>
    public static Roberta From(ModelConfig config, Weights weights)
    {
        if (!weights.Has(Head))
            throw new CheckpointException($"{config.Path}: the weights have no classification head ('{Head}'). "
                + "Fine-tune the model first: heartwood train --from FOLDER.");
        return new(RobertaConfig.Read(config, weights.All[Head].Count), config.ToJson(),
            weights.Map((name, t) => IsOfPretraining(name) ? null : t));
    }

    const string Head = "classifier.out_proj.bias";

    static string ArchitectureOf(string family) =>
        family == "roberta" ? "RobertaForSequenceClassification" : "XLMRobertaForSequenceClassification";

    // the head that guesses words, and a pooler that no published head reads
    static bool IsOfPretraining(string name) =>
        name.StartsWith("lm_head.", StringComparison.Ordinal) || name.StartsWith("roberta.pooler.", StringComparison.Ordinal);

    static readonly FamilyNames Names = new(
        "Roberta", "roberta", ["embeddings.", "encoder.layer.", "pooler."], "embeddings.word_embeddings.weight",
    [
        new(HeadKind.Labels, "ForSequenceClassification", "gives scores to labels", "classifier.out_proj."),
        new(HeadKind.Other, "ForTokenClassification", "labels every token", "classifier.weight"),
        new(HeadKind.Other, "ForMultipleChoice", "chooses one of several texts", "classifier.weight"),
        new(HeadKind.Other, "ForQuestionAnswering", "finds where an answer stands", "qa_outputs."),
        new(HeadKind.Other, "ForMaskedLM", "guesses masked words", "lm_head."),
        new(HeadKind.Other, "ForCausalLM", "tells which token comes next", "lm_head."),
    ],
    seen => seen.Prefixed || seen.ShapeOf("roberta.embeddings.token_type_embeddings.weight") is [1, ..] ? ["roberta", "xlm-roberta"] : [])
    {
        Outputs = ["lm_head.decoder.weight"],
        Tied = true,
    };

    /// <summary>What others need of the family.</summary>
    internal static ModelFamily Described { get; } = new(From, Names, WithNewHead, Fresh) { Facts = RobertaConfig.FactsOf };

    static Roberta WithNewHead(ModelConfig config, Weights weights, IReadOnlyList<string> labels, ulong seed)
    {
        int width = config.RequirePositive("hidden_size");
        return From(NewHead.For(config, ArchitectureOf(config.Family), labels), weights.With(
        [
            .. NewHead.Linear("classifier.dense", width, width, seed),
            .. NewHead.Linear("classifier.out_proj", labels.Count, width, seed),
        ]));
    }

    static FreshPlan Fresh(FreshRequest request)
    {
        ModelSize size = request.Size;
        JsonObject config = new()
        {
            ["architectures"] = null,                            // written by NewHead, in this place
            ["model_type"] = request.Family,
            ["hidden_act"] = "gelu",
            ["hidden_size"] = size.Width,
            ["intermediate_size"] = size.Neurons,
            ["num_attention_heads"] = size.Heads,
            ["num_hidden_layers"] = size.Layers,
            ["max_position_embeddings"] = size.Positions + 1,
            ["type_vocab_size"] = 1,
            ["vocab_size"] = request.Vocabulary,
            ["layer_norm_eps"] = 1e-5,
            ["pad_token_id"] = 0,
        };
        List<FreshWeight> weights =
        [
            Embedding("word_embeddings", request.Vocabulary),
            Embedding("position_embeddings", size.Positions + 1, request.Start == FreshStart.Matching),
            Embedding("token_type_embeddings", 1),
            .. FreshWeight.Norm("roberta.embeddings.LayerNorm", size.Width),
        ];
        for (int i = 0; i < size.Layers; i++)
        {
            string layer = $"roberta.encoder.layer.{i}", self = $"{layer}.attention.self";
            weights.AddRange(
            [
                .. Linear($"{self}.query", size.Width, size.Width),
                .. FreshWeight.Linear($"{self}.key", request.KeyPurpose($"{self}.key", $"{self}.query"), size.Width, size.Width),
                .. Linear($"{self}.value", size.Width, size.Width),
                .. Linear($"{layer}.attention.output.dense", size.Width, size.Width),
                .. FreshWeight.Norm($"{layer}.attention.output.LayerNorm", size.Width),
                .. Linear($"{layer}.intermediate.dense", size.Neurons, size.Width),
                .. Linear($"{layer}.output.dense", size.Width, size.Neurons), .. FreshWeight.Norm($"{layer}.output.LayerNorm", size.Width),
            ]);
        }
        return new(NewHead.Labelled(config, ArchitectureOf(request.Family), request.Labels),
        [
            .. weights,
            .. Linear("classifier.dense", size.Width, size.Width),
            .. Linear("classifier.out_proj", request.Labels.Count, size.Width),
        ]);

        FreshWeight Embedding(string name, int rows, bool waves = false) =>
            FreshWeight.Embedding($"roberta.embeddings.{name}.weight", name, rows, size.Width, waves);
        FreshWeight[] Linear(string name, int output, int input) => FreshWeight.Linear(name, name, output, input);
    }

    /// <inheritdoc/>
    public IModel With(JsonObject config, Weights weights) => From(NewHead.ToConfig(config, "the model's config"), weights);

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
        Tensor pooled = probe.At(new(layers.Length - 1, Point.BeforeScores), dense.Forward(x, Activation.Tanh));
        return probe.At(new(layers.Length - 1, Point.Logits), output.Forward(pooled));
    }

    // the head reads <s>, the first token of each sequence
    internal static Tensor Chosen(Tensor x, Batch batch, Tokens tokens) => tokens == Tokens.Read ? x.Rows(batch.First) : x;

    /// <inheritdoc/>
    public string Family => config.Family;

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
    public int MostPositions => config.PositionRows - config.FirstPosition;

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
        string layer = $"roberta.encoder.layer.{i}", self = $"{layer}.attention.self";
        Series Rows(string name) => new($"{self}.{name}", 0, 0, config.HeadWidth);
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
                    Rows("query.weight"), Rows("query.bias"), Rows("key.weight"), Rows("key.bias"),
                    Rows("value.weight"), Rows("value.bias"),
                ],
                ReadBy = new($"{layer}.attention.output.dense.weight", 1, 0, config.HeadWidth),
                Bias = $"{layer}.attention.output.dense.bias",
            },
            Mlp = new()
            {
                Count = config.NeuronsPerLayer[i],
                ItemWidth = 1,
                Inside = Point.Neurons,
                Out = Point.MlpOut,
                Own = [new($"{layer}.intermediate.dense.weight", 0, 0, 1), new($"{layer}.intermediate.dense.bias", 0, 0, 1)],
                ReadBy = new($"{layer}.output.dense.weight", 1, 0, 1),
                Bias = $"{layer}.output.dense.bias",
            },
        };
    }
}

/// <summary>Word and position embeddings and the one token type's, added and normalized.</summary>
sealed class RobertaEmbeddings(Weights w, RobertaConfig c)
{
    readonly Tensor words = w.Get("word_embeddings.weight", c.Vocabulary, c.Width);
    readonly Tensor positions = w.Get("position_embeddings.weight", c.PositionRows, c.Width);
    readonly Tensor types = w.Get("token_type_embeddings.weight", c.TokenTypes, c.Width);
    readonly LayerNorm norm = new(w["LayerNorm"], c.Width, c.Epsilon);

    /// <returns>[token width]</returns>
    internal Tensor Forward(Batch batch) =>
        Scope.Within(() => norm.Forward(words.Rows(batch.Ids) + Type + positions.Rows(PositionsOf(batch))));

    // every token is of type 0, also where a model has more of them: nothing that it is given names another
    Tensor Type => c.TokenTypes == 1 ? types : types.Rows([0]);

    // a padding token has the position of its id and is not counted, even inside a sequence
    int[] PositionsOf(Batch batch)
    {
        int[] rows = new int[batch.Tokens];
        for (int s = 0; s < batch.Count; s++)
            for (int t = batch.Offsets[s], next = c.FirstPosition; t < batch.Offsets[s + 1]; t++)
                rows[t] = batch.Ids[t] == c.Padding ? c.Padding : next++;
        return rows;
    }
}

/// <summary>One layer: attention and MLP, each added to the residual stream, which is normalized after each.</summary>
sealed class RobertaLayer(Weights w, RobertaConfig c, int layer)
{
    readonly RobertaAttention attention = new(w["attention"], c, layer);
    readonly LayerNorm norm1 = new(w["attention.output.LayerNorm"], c.Width, c.Epsilon);
    readonly LayerNorm norm2 = new(w["output.LayerNorm"], c.Width, c.Epsilon);
    readonly RobertaMlp mlp = new(w, c, layer);

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
sealed class RobertaAttention(Weights w, RobertaConfig c, int layer)
{
    readonly int heads = c.HeadsPerLayer[layer];
    readonly Linear? query = Projection(w["self.query"], c, layer);
    readonly Linear? key = Projection(w["self.key"], c, layer);
    readonly Linear? value = Projection(w["self.value"], c, layer);
    readonly Linear? output = c.HeadsPerLayer[layer] == 0 ? null : new(w["output.dense"], c.Width, c.HeadsPerLayer[layer] * c.HeadWidth);
    readonly Tensor bias = w["output.dense"].Get("bias", c.Width);

    static Linear? Projection(Weights w, RobertaConfig c, int layer) =>
        c.HeadsPerLayer[layer] == 0 ? null : new(w, c.HeadsPerLayer[layer] * c.HeadWidth, c.Width);

    internal Tensor Mix(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        int[] queries = tokens == Tokens.All ? batch.Offsets : [.. Enumerable.Range(0, batch.Count + 1)];
        if (output is null) return Tensor.Zeros(queries[^1], 0);
        Tensor q = probe.At(new(layer, Point.Query), query!.Forward(Roberta.Chosen(x, batch, tokens)));
        Tensor k = probe.At(new(layer, Point.Key), key!.Forward(x)), v = probe.At(new(layer, Point.Value), value!.Forward(x));
        (q, k) = (probe.At(new(layer, Point.AttentionQuery), q), probe.At(new(layer, Point.AttentionKey), k));
        return q.Attention(k, v, queries, batch.Offsets, heads, causal: false);
    }

    internal Tensor Project(Tensor mixes, Shape stream, IProbe probe) =>
        output is null ? bias.Spread(stream) : output.Forward(probe.At(new(layer, Point.Heads), mixes));
}

/// <summary>The MLP: one hidden layer of neurons. Without neurons, what is left is a constant.</summary>
sealed class RobertaMlp(Weights w, RobertaConfig c, int layer)
{
    readonly Linear? up = c.NeuronsPerLayer[layer] == 0 ? null : new(w["intermediate.dense"], c.NeuronsPerLayer[layer], c.Width);
    readonly Linear? down = c.NeuronsPerLayer[layer] == 0 ? null : new(w["output.dense"], c.Width, c.NeuronsPerLayer[layer]);
    readonly Tensor bias = w["output.dense"].Get("bias", c.Width);

    internal Tensor Forward(Tensor x, IProbe probe) =>
        down is null ? bias.Spread(x.Shape) : down.Forward(probe.At(new(layer, Point.Neurons), up!.Forward(x, c.Activation)));
}
