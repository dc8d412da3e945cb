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
/// <code>
/// x = LN(words[ids] + types[types] + positions[0, 1, …])
/// layer: x = LN(x + softmax(q kᵀ / √headWidth) v · attention.output.dense)
///        x = LN(x + act(x · intermediate.dense) · output.dense)
/// labels = tanh(x[CLS] · pooler.dense) · classifier
/// words  = LN(act(x · transform.dense)) · decoder + bias
/// </code>
/// </summary>
public sealed class Bert : FamilyModel
{
    readonly BertConfig config;
    readonly BertEmbeddings embeddings;
    readonly Linear? pooler, classifier;
    readonly BertWordHead? wordHead;

    // of a layer, under the checkpoint's names
    internal static readonly EncoderNames LayerNames = new(
        "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "attention.output.LayerNorm",
        "intermediate.dense", "output.dense", "output.LayerNorm");

    Bert(BertConfig config, JsonObject json, Weights weights)
        : base("bert", causal: false, From, config, json, weights)
    {
        this.config = config;
        Weights w = weights["bert"];
        embeddings = new(w["embeddings"], config);
        Stack = Each(i => LayerNames.Layer(w["encoder.layer"][$"{i}"], config, config.Epsilon, i));
        if (config.Labels.Count > 0)
        {
            pooler = new(w["pooler.dense"], config.Width, config.Width);
            classifier = new(weights["classifier"], config.Labels.Count, config.Width);
        }
        else wordHead = new(weights["cls.predictions"], embeddings.Words, config);
        Layers = Each(i => LayerNames.Shape($"bert.encoder.layer.{i}", config, i));
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
        return new(BertConfig.Read(config, config.LabelsOfHead(weights, "classifier.bias")), config.ToJson(), weights);
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
        JsonObject config = request.Config(new()
        {
            ["hidden_act"] = "gelu",
            ["hidden_size"] = size.Width,
            ["intermediate_size"] = size.Neurons,
            ["num_attention_heads"] = size.Heads,
            ["num_hidden_layers"] = size.Layers,
            ["max_position_embeddings"] = size.Positions,
            ["type_vocab_size"] = request.TokenTypes,
            ["vocab_size"] = request.Vocabulary,
            ["layer_norm_eps"] = 1e-12,
        });
        List<FreshWeight> weights =
        [
            Embedding("word_embeddings", request.Vocabulary),
            Embedding("position_embeddings", size.Positions, request.Start == FreshStart.Matching),
            Embedding("token_type_embeddings", request.TokenTypes),
            .. FreshWeight.Norm("bert.embeddings.LayerNorm", size.Width),
            .. LayerNames.Fresh("bert.encoder.layer", request),
        ];
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
    public override Tensor Embed(Batch batch, IProbe probe) => probe.At(new(0, Point.Embeddings), embeddings.Forward(batch));

    /// <inheritdoc/>
    public override Tensor Score(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        if (wordHead is not null) return wordHead.Forward(x, AtEnd, probe);
        x = ReadByHead(x, batch, tokens);
        Tensor pooled = probe.At(AtEnd.BeforeScores, pooler!.Forward(x, Activation.Tanh));
        return probe.At(AtEnd.Logits, classifier!.Forward(pooled));
    }

    /// <inheritdoc/>
    public override int TokenTypes => config.TokenTypes;
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
    internal Tensor Forward(Tensor x, (Site BeforeScores, Site Logits) at, IProbe probe)
    {
        Tensor normed = probe.At(at.BeforeScores, norm.Forward(transform.Forward(x, c.Activation)));
        return probe.At(at.Logits, normed.Linear(output, bias, precision: precision));
    }
}
