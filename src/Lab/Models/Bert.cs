using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>
/// BERT (Devlin et al. 2019), under the checkpoint names of <c>BertForSequenceClassification</c> and <c>BertForMaskedLM</c>.
/// Post-norm layers; [CLS] through a tanh pooler to the labels, or every token through one more layer to the word embeddings' own matrix
/// (or <c>cls.predictions.decoder</c> where it is not tied), which gives scores to masked words. Layers that were cut have fewer heads, no
/// attention or no MLP.
/// </summary>
public sealed class Bert : IModel
{
    readonly BertConfig config;
    readonly BertEmbeddings embeddings;
    readonly BertLayer[] layers;
    readonly Linear? pooler, classifier;
    readonly BertWordHead? wordHead;

    Bert(BertConfig config, JsonObject json, Weights weights)
    {
        (this.config, Config, Weights) = (config, json, weights);
        Weights w = weights["bert"];
        embeddings = new(w["embeddings"], config);
        layers = [.. Enumerable.Range(0, config.Layers).Select(i => new BertLayer(w["encoder.layer"][$"{i}"], config, i))];
        if (config.Labels.Count > 0)
        {
            pooler = new(w["pooler.dense"], config.Width, config.Width);
            classifier = new(weights["classifier"], config.Labels.Count, config.Width);
        }
        else wordHead = new(weights["cls.predictions"], embeddings.Words, config);
        Layers = [.. Enumerable.Range(0, config.Layers).Select(ShapeOf)];
        weights.RefuseUnused(name => name.EndsWith("position_ids", StringComparison.Ordinal)
            || name.StartsWith("cls.", StringComparison.Ordinal));
    }

    /// <summary>
    /// The model of a folder: a classifier where the weights hold <c>classifier.bias</c>, else one that guesses masked words.
    /// </summary>
    /// <exception cref="CheckpointException">config and weights do not make a BERT with one of the two heads</exception>
    public static Bert From(ModelConfig config, Weights weights)
    {
        bool guesses = weights.All.Keys.Any(name => name.StartsWith("cls.predictions.", StringComparison.Ordinal));
        if (guesses && !weights.Has("classifier.bias")) return FromWordHead(config, weights);
        if (!weights.Has("classifier.bias"))
            throw new CheckpointException($"{config.Path}: the weights have no classification head ('classifier.bias'). Fine-tune the "
                + "model first: heartwood train --from FOLDER.");
        return new(BertConfig.Read(config, weights.All["classifier.bias"].Count), config.ToJson(), weights);
    }

    // the pooler and the head for the next sentence, which pretraining left, are no part of it; nor is the bias under its other name
    static Bert FromWordHead(ModelConfig config, Weights weights)
    {
        const string Bias = "cls.predictions.bias", Twice = "cls.predictions.decoder.bias";
        if (!weights.Has(Bias) && weights.Has(Twice))
            weights = weights.With([KeyValuePair.Create(Bias, weights.All[Twice])]);
        else if (weights.Has(Twice) && !weights.All[Twice].Values.SequenceEqual(weights.All[Bias].Values))
            throw new CheckpointException($"{config.Path}: {Bias} and {Twice} are one and the same in this family, and here they differ. "
                + "Take the weights as they were saved.");
        JsonObject json = config.ToJson();
        json["architectures"] = new JsonArray("BertForMaskedLM");
        BertConfig read = BertConfig.Read(config, 0);
        return new(read, json, weights.Map((name, t) => Left(name) ? null : t));

        bool Left(string name) => name == Twice || (read.Tied && name == BertWordHead.Output)
            || name.StartsWith("bert.pooler.", StringComparison.Ordinal) || name.StartsWith("cls.seq_", StringComparison.Ordinal);
    }

    static readonly FamilyNames Names = new(
        "Bert", "bert", ["embeddings.", "encoder.layer.", "pooler."], "embeddings.word_embeddings.weight",
    [
        new(HeadKind.Labels, "ForSequenceClassification", "gives scores to labels", "classifier.") { Typical = ["bert.pooler."] },
        new(HeadKind.Other, "ForTokenClassification", "labels every token", "classifier."),
        new(HeadKind.Other, "ForMultipleChoice", "chooses one of several texts", "classifier."),
        new(HeadKind.Other, "ForQuestionAnswering", "finds where an answer stands", "qa_outputs."),
        new(HeadKind.MaskedWords, "ForPreTraining", "guesses masked words and the next sentence", "cls.predictions.")
        { Typical = ["cls.seq_relationship."] },
        new(HeadKind.MaskedWords, "ForMaskedLM", "guesses masked words", "cls.predictions."),
        new(HeadKind.Other, "LMHeadModel", "tells which token comes next", "cls.predictions."),
        new(HeadKind.Other, "ForNextSentencePrediction", "tells whether a sentence follows another", "cls.seq_relationship."),
    ],
    // RoBERTa's bare body has the same names; it reads one token type
    seen => seen.Prefixed || seen.ShapeOf("bert.embeddings.token_type_embeddings.weight") is [not 1, ..] ? ["bert"] : [])
    {
        Outputs = [BertWordHead.Output],
        Tied = true,
    };

    /// <summary>What others need of the family.</summary>
    internal static ModelFamily Described { get; } = new(From, Names, WithNewHead, Fresh, ReadsTokenTypes: true)
    { Facts = BertConfig.FactsOf };

    // the encoder of a checkpoint (of pretraining, say) under a fresh head; a pooler is kept where there is one
    static Bert WithNewHead(ModelConfig config, Weights weights, IReadOnlyList<string> labels, ulong seed)
    {
        int width = config.RequirePositive("hidden_size");
        Weights body = weights.Has("bert.pooler.dense.weight") ? weights
            : weights.With(NewHead.Linear("bert.pooler.dense", width, width, seed));
        return From(NewHead.For(config, Architecture, labels), body.With(NewHead.Linear("classifier", labels.Count, width, seed)));
    }

    const string Architecture = "BertForSequenceClassification";

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
            ["max_position_embeddings"] = size.Positions,
            ["type_vocab_size"] = request.TokenTypes,
            ["vocab_size"] = request.Vocabulary,
            ["layer_norm_eps"] = 1e-12,
            ["pad_token_id"] = 0,
        };
        List<FreshWeight> weights =
        [
            Embedding("word_embeddings", request.Vocabulary),
            Embedding("position_embeddings", size.Positions, request.Start == FreshStart.Matching),
            Embedding("token_type_embeddings", request.TokenTypes),
            .. FreshWeight.Norm("bert.embeddings.LayerNorm", size.Width),
        ];
        for (int i = 0; i < size.Layers; i++)
        {
            string layer = $"bert.encoder.layer.{i}", self = $"{layer}.attention.self";
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
        if (request.OfVocabulary)
            return new(NewHead.Tied(config, "BertForMaskedLM"), [.. weights, .. BertWordHead.Fresh(request.Vocabulary, size.Width)]);
        weights.AddRange(Linear("bert.pooler.dense", size.Width, size.Width));
        weights.AddRange(Linear("classifier", request.Labels.Count, size.Width));
        return new(NewHead.Labelled(config, Architecture, request.Labels), weights);

        FreshWeight Embedding(string name, int rows, bool waves = false) =>
            FreshWeight.Embedding($"bert.embeddings.{name}.weight", name, rows, size.Width, waves);
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
        if (wordHead is not null) return wordHead.Forward(x, layers.Length - 1, probe);
        if (tokens == Tokens.All) x = Chosen(x, batch, Tokens.Read);
        Tensor pooled = probe.At(new(layers.Length - 1, Point.BeforeScores), pooler!.Forward(x, Activation.Tanh));
        return probe.At(new(layers.Length - 1, Point.Logits), classifier!.Forward(pooled));
    }

    // the head reads [CLS], the first token of each sequence
    internal static Tensor Chosen(Tensor x, Batch batch, Tokens tokens) => tokens == Tokens.Read ? x.Rows(batch.First) : x;

    /// <inheritdoc/>
    public string Family => "bert";

    /// <inheritdoc/>
    public Output Output => wordHead is null ? Output.Labels : Output.Vocabulary;

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
    public int TokenTypes => config.TokenTypes;

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
        string layer = $"bert.encoder.layer.{i}", self = $"{layer}.attention.self";
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

/// <summary>Word, position and token type embeddings, added and normalized.</summary>
sealed class BertEmbeddings(Weights w, BertConfig c)
{
    /// <summary>[vocabulary width]</summary>
    internal Tensor Words { get; } = w.Get("word_embeddings.weight", c.Vocabulary, c.Width);

    readonly Tensor positions = w.Get("position_embeddings.weight", c.Positions, c.Width);
    readonly Tensor types = w.Get("token_type_embeddings.weight", c.TokenTypes, c.Width);
    readonly LayerNorm norm = new(w["LayerNorm"], c.Width, c.Epsilon);

    /// <returns>[token width]</returns>
    internal Tensor Forward(Batch batch) => Scope.Within(() =>
        norm.Forward(Words.Rows(batch.Ids) + types.Rows(batch.TokenTypes) + positions.Rows(batch.Positions)));
}

/// <summary>One layer: attention and MLP, each added to the residual stream, which is normalized after each.</summary>
sealed class BertLayer(Weights w, BertConfig c, int layer)
{
    readonly BertAttention attention = new(w["attention"], c, layer);
    readonly LayerNorm norm1 = new(w["attention.output.LayerNorm"], c.Width, c.Epsilon);
    readonly LayerNorm norm2 = new(w["output.LayerNorm"], c.Width, c.Epsilon);
    readonly BertMlp mlp = new(w, c, layer);

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
sealed class BertAttention(Weights w, BertConfig c, int layer)
{
    readonly int heads = c.HeadsPerLayer[layer];
    readonly Linear? query = Projection(w["self.query"], c, layer);
    readonly Linear? key = Projection(w["self.key"], c, layer);
    readonly Linear? value = Projection(w["self.value"], c, layer);
    readonly Linear? output = c.HeadsPerLayer[layer] == 0 ? null : new(w["output.dense"], c.Width, c.HeadsPerLayer[layer] * c.HeadWidth);
    readonly Tensor bias = w["output.dense"].Get("bias", c.Width);

    static Linear? Projection(Weights w, BertConfig c, int layer) =>
        c.HeadsPerLayer[layer] == 0 ? null : new(w, c.HeadsPerLayer[layer] * c.HeadWidth, c.Width);

    internal Tensor Mix(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        int[] queries = tokens == Tokens.All ? batch.Offsets : [.. Enumerable.Range(0, batch.Count + 1)];
        if (output is null) return Tensor.Zeros(queries[^1], 0);
        Tensor q = probe.At(new(layer, Point.Query), query!.Forward(Bert.Chosen(x, batch, tokens)));
        Tensor k = probe.At(new(layer, Point.Key), key!.Forward(x)), v = probe.At(new(layer, Point.Value), value!.Forward(x));
        (q, k) = (probe.At(new(layer, Point.AttentionQuery), q), probe.At(new(layer, Point.AttentionKey), k));
        return q.Attention(k, v, queries, batch.Offsets, heads, causal: false);
    }

    internal Tensor Project(Tensor mixes, Shape stream, IProbe probe) =>
        output is null ? bias.Spread(stream) : output.Forward(probe.At(new(layer, Point.Heads), mixes));
}

/// <summary>The MLP: one hidden layer of neurons. Without neurons, what is left is a constant.</summary>
sealed class BertMlp(Weights w, BertConfig c, int layer)
{
    readonly Linear? up = c.NeuronsPerLayer[layer] == 0 ? null : new(w["intermediate.dense"], c.NeuronsPerLayer[layer], c.Width);
    readonly Linear? down = c.NeuronsPerLayer[layer] == 0 ? null : new(w["output.dense"], c.Width, c.NeuronsPerLayer[layer]);
    readonly Tensor bias = w["output.dense"].Get("bias", c.Width);

    internal Tensor Forward(Tensor x, IProbe probe) =>
        down is null ? bias.Spread(x.Shape) : down.Forward(probe.At(new(layer, Point.Neurons), up!.Forward(x, c.Activation)));
}

/// <summary>
/// The head that guesses masked words: a layer with a norm, then the word embeddings' own matrix, or one of its own, and a bias.
/// </summary>
sealed class BertWordHead(Weights w, Tensor words, BertConfig c)
{
    internal const string Output = "cls.predictions.decoder.weight";

    readonly Linear transform = new(w["transform.dense"], c.Width, c.Width);
    readonly LayerNorm norm = new(w["transform.LayerNorm"], c.Width, c.Epsilon);
    readonly Tensor output = c.Tied ? words : w["decoder"].Get("weight", c.Vocabulary, c.Width), bias = w.Get("bias", c.Vocabulary);
    readonly Precision precision = w.Precision;

    internal static IEnumerable<FreshWeight> Fresh(int vocabulary, int width) =>
    [
        .. FreshWeight.Linear("cls.predictions.transform.dense", "cls.predictions.transform.dense", width, width),
        .. FreshWeight.Norm("cls.predictions.transform.LayerNorm", width),
        new("cls.predictions.bias", 0, 0, [vocabulary], []),
    ];

    /// <returns>[token vocabulary]</returns>
    internal Tensor Forward(Tensor x, int layer, IProbe probe)
    {
        Tensor normed = probe.At(new(layer, Point.BeforeScores), norm.Forward(transform.Forward(x, c.Activation)));
        return probe.At(new(layer, Point.Logits), normed.Linear(output, bias, precision: precision));
    }
}
