using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>
/// ELECTRA's discriminator with a classification head (Clark et al. 2020), under the checkpoint names of
/// <c>ElectraForSequenceClassification</c>: a BERT whose embeddings may be narrower than its layers and are then projected, and whose head
/// reads [CLS] through a layer with GELU. Layers that were cut have fewer heads, no attention or no MLP.
/// <code>
/// e = LN(words[ids] + types[types] + positions[0, 1, …]), x = e · embeddings_project where it is not as wide as the layers, else e
/// layer: x = LN(x + softmax(q kᵀ / √headWidth) v · attention.output.dense)
///        x = LN(x + act(x · intermediate.dense) · output.dense)
/// labels = gelu(x[CLS] · classifier.dense) · classifier.out_proj
/// </code>
/// </summary>
public sealed class Electra : FamilyModel
{
    readonly ElectraConfig config;
    readonly ElectraEmbeddings embeddings;
    readonly Linear dense, output;

    // of a layer, under the checkpoint's names
    internal static readonly EncoderNames LayerNames = new(
        "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "attention.output.LayerNorm",
        "intermediate.dense", "output.dense", "output.LayerNorm");

    Electra(ElectraConfig config, JsonObject json, Weights weights)
        : base("electra", causal: false, From, config, json, weights)
    {
        this.config = config;
        Weights w = weights["electra"];
        embeddings = new(w, config);
        Stack = Each(i => LayerNames.Layer(w["encoder.layer"][$"{i}"], config, config.Epsilon, i));
        dense = new(weights["classifier.dense"], config.Width, config.Width);
        output = new(weights["classifier.out_proj"], config.Labels.Count, config.Width);
        Layers = Each(i => LayerNames.Shape($"electra.encoder.layer.{i}", config, i));
        weights.RefuseUnused(_ => false);
    }

    /// <summary>The model of a folder.</summary>
    /// <exception cref="CheckpointException">config and weights do not make an ELECTRA classifier</exception>
    public static Electra From(ModelConfig config, Weights weights)
    {
        int labels = config.LabelsOfHead(weights, "classifier.out_proj.bias");
        return new(ElectraConfig.Read(config, labels), config.ToJson(), weights);
    }

    static readonly FamilyNames Names = new(
        "Electra", "electra", ["embeddings.", "embeddings_project.", "encoder.layer."], "embeddings.word_embeddings.weight",
    [
        new(HeadKind.Labels, "ForSequenceClassification", "gives scores to labels", "classifier.out_proj."),
        new(HeadKind.Other, "ForTokenClassification", "labels every token", "classifier.weight"),
        new(HeadKind.Other, "ForMultipleChoice", "chooses one of several texts", "classifier.weight"),
        new(HeadKind.Other, "ForQuestionAnswering", "finds where an answer stands", "qa_outputs."),
        new(HeadKind.Other, "ForPreTraining", "is the discriminator's and tells which tokens were replaced", "discriminator_predictions."),
        new(HeadKind.Other, "ForMaskedLM", "is the generator's and guesses masked words", "generator_predictions.", "generator_lm_head."),
        new(HeadKind.Other, "ForCausalLM", "tells which token comes next", "generator_predictions.", "generator_lm_head."),
    ],
    // its bare body has BERT's names, but for the projection and the pooler that it never has
    seen => seen.Prefixed || (seen.ShapeOf("electra.embeddings.token_type_embeddings.weight") is [not 1, ..]
        && seen.ShapeOf("pooler.dense.weight") is null) ? ["electra"] : [])
    {
        Outputs = ["generator_lm_head.weight"],
        Tied = true,
    };

    /// <summary>What others need of the family.</summary>
    internal static ModelFamily Described { get; } = new(From, Names, WithNewHead, Fresh, ReadsTokenTypes: true)
    { Facts = ElectraConfig.FactsOf };

    static Electra WithNewHead(ModelConfig config, Weights body, IReadOnlyList<string> labels, ulong seed)
    {
        int width = config.RequirePositive("hidden_size");
        return From(NewHead.For(config, Architecture, labels), body.With(
        [
            .. NewHead.Linear("classifier.dense", width, width, seed),
            .. NewHead.Linear("classifier.out_proj", labels.Count, width, seed),
        ]));
    }

    const string Architecture = "ElectraForSequenceClassification";

    static FreshPlan Fresh(FreshRequest request)
    {
        ModelSize size = request.Size;
        int narrow = Math.Max(1, size.Width / 2);                // as in the smallest of the paper's
        JsonObject config = request.Config(new()
        {
            ["hidden_act"] = "gelu",
            ["embedding_size"] = narrow,
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
            .. FreshWeight.Norm("electra.embeddings.LayerNorm", narrow),
            .. Linear("electra.embeddings_project", size.Width, narrow),
            .. LayerNames.Fresh("electra.encoder.layer", request),
        ];
        return new(NewHead.Labelled(config, Architecture, request.Labels),
        [
            .. weights,
            .. Linear("classifier.dense", size.Width, size.Width),
            .. Linear("classifier.out_proj", request.Labels.Count, size.Width),
        ]);

        FreshWeight Embedding(string name, int rows, bool waves = false) =>
            FreshWeight.Embedding($"electra.embeddings.{name}.weight", name, rows, narrow, waves);
        FreshWeight[] Linear(string name, int output, int input) => FreshWeight.Linear(name, name, output, input);
    }

    /// <inheritdoc/>
    public override Tensor Embed(Batch batch, IProbe probe) => probe.At(new(0, Point.Embeddings), embeddings.Forward(batch));

    /// <inheritdoc/>
    public override Tensor Score(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        x = ReadByHead(x, batch, tokens);
        Tensor made = probe.At(AtEnd.BeforeScores, dense.Forward(x, Activation.GeluErf));
        return probe.At(AtEnd.Logits, output.Forward(made));
    }

    /// <inheritdoc/>
    public override int TokenTypes => config.TokenTypes;
}

/// <summary>Word, position and token type embeddings, added and normalized; projected where they are not as wide as the layers.</summary>
sealed class ElectraEmbeddings(Weights w, ElectraConfig c)
{
    readonly Tensor words = w["embeddings"].Get("word_embeddings.weight", c.Vocabulary, c.EmbeddingWidth);
    readonly Tensor positions = w["embeddings"].Get("position_embeddings.weight", c.Positions, c.EmbeddingWidth);
    readonly Tensor types = w["embeddings"].Get("token_type_embeddings.weight", c.TokenTypes, c.EmbeddingWidth);
    readonly LayerNorm norm = new(w["embeddings.LayerNorm"], c.EmbeddingWidth, c.Epsilon);
    readonly Linear? project = c.Projects ? new(w["embeddings_project"], c.Width, c.EmbeddingWidth) : null;

    /// <returns>[token width]</returns>
    internal Tensor Forward(Batch batch) => Scope.Within(() =>
    {
        Tensor x = norm.Forward(words.Rows(batch.Ids) + types.Rows(batch.TokenTypes) + positions.Rows(batch.Positions));
        return project is null ? x : project.Forward(x);
    });
}
