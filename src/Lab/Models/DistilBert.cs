using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>
/// DistilBERT with a classification head (Sanh et al. 2019), under the checkpoint names of <c>DistilBertForSequenceClassification</c>: a
/// BERT without token types and without a pooler. Post-norm layers; [CLS] through a layer with ReLU to the labels. Layers that were cut
/// have fewer heads, no attention or no MLP.
/// <code>
/// x = LN(words[ids] + positions[0, 1, …])
/// layer: x = sa_layer_norm(x + softmax(q kᵀ / √headWidth) v · out_lin)
///        x = output_layer_norm(x + act(x · lin1) · lin2)
/// labels = relu(x[CLS] · pre_classifier) · classifier
/// </code>
/// </summary>
public sealed class DistilBert : FamilyModel
{
    readonly DistilBertConfig config;
    readonly DistilBertEmbeddings embeddings;
    readonly Linear dense, output;

    // of a layer, under the checkpoint's names
    internal static readonly EncoderNames LayerNames = new(
        "attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2",
        "output_layer_norm");

    DistilBert(DistilBertConfig config, JsonObject json, Weights weights)
        : base("distilbert", causal: false, From, config, json, weights)
    {
        this.config = config;
        Weights w = weights["distilbert"];
        embeddings = new(w["embeddings"], config);
        Stack = Each(i => LayerNames.Layer(w["transformer.layer"][$"{i}"], config, DistilBertConfig.Epsilon, i));
        dense = new(weights["pre_classifier"], config.Width, config.Width);
        output = new(weights["classifier"], config.Labels.Count, config.Width);
        Layers = Each(i => LayerNames.Shape($"distilbert.transformer.layer.{i}", config, i));
        weights.RefuseUnused(_ => false);
    }

    /// <summary>The model of a folder.</summary>
    /// <exception cref="CheckpointException">config and weights do not make a DistilBERT classifier</exception>
    public static DistilBert From(ModelConfig config, Weights weights)
    {
        const string Positions = "distilbert.embeddings.position_embeddings.weight";
        int labels = config.LabelsOfHead(weights, "classifier.bias");
        if (!weights.Has(Positions) && config.Optional("sinusoidal_pos_embds", false))
            throw new CheckpointException($"{config.Path}: sinusoidal_pos_embds is true, and the weights hold no '{Positions}': "
                + "Heartwood reads positions from the file and makes none up. Save the model with the program that trained it.");
        return new(DistilBertConfig.Read(config, labels), config.ToJson(), weights);
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
        JsonObject config = request.Config(new()
        {
            ["activation"] = "gelu",
            ["dim"] = size.Width,
            ["hidden_dim"] = size.Neurons,
            ["n_heads"] = size.Heads,
            ["n_layers"] = size.Layers,
            ["max_position_embeddings"] = size.Positions,
            ["sinusoidal_pos_embds"] = false,
            ["vocab_size"] = request.Vocabulary,
        });
        List<FreshWeight> weights =
        [
            Embedding("word_embeddings", request.Vocabulary),
            Embedding("position_embeddings", size.Positions, request.Start == FreshStart.Matching),
            .. FreshWeight.Norm("distilbert.embeddings.LayerNorm", size.Width),
            .. LayerNames.Fresh("distilbert.transformer.layer", request),
        ];
        return new(NewHead.Labelled(config, Architecture, request.Labels),
        [
            .. weights, .. Linear("pre_classifier", size.Width, size.Width), .. Linear("classifier", request.Labels.Count, size.Width),
        ]);

        FreshWeight Embedding(string name, int rows, bool waves = false) =>
            FreshWeight.Embedding($"distilbert.embeddings.{name}.weight", name, rows, size.Width, waves);
        FreshWeight[] Linear(string name, int output, int input) => FreshWeight.Linear(name, name, output, input);
    }

    /// <inheritdoc/>
    public override IModel WithLayers(IReadOnlyList<int> kept)
    {
        JsonObject shorter = (JsonObject)Config.DeepClone();
        shorter["n_layers"] = kept.Count;                        // the family's own word for it
        return LayersLeft.Keep(this, kept, shorter);
    }

    /// <inheritdoc/>
    public override Tensor Embed(Batch batch, IProbe probe) => probe.At(new(0, Point.Embeddings), embeddings.Forward(batch));

    /// <inheritdoc/>
    public override Tensor Score(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        x = ReadByHead(x, batch, tokens);
        Tensor made = probe.At(AtEnd.BeforeScores, dense.Forward(x, Activation.Relu));
        return probe.At(AtEnd.Logits, output.Forward(made));
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
