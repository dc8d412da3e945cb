using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>
/// RoBERTa with a classification head (Liu et al. 2019), and XLM-R (Conneau et al. 2020), which differs by its name, under the checkpoint
/// names of <c>RobertaForSequenceClassification</c>. Post-norm layers; positions are counted from after the padding token's id; there are
/// no token types; &lt;s&gt; through a tanh layer to the labels. Layers that were cut have fewer heads, no attention or no MLP.
/// <code>
/// x = LN(words[ids] + types[0] + positions[padding + 1, padding + 2, …])
/// layer: x = LN(x + softmax(q kᵀ / √headWidth) v · attention.output.dense)
///        x = LN(x + act(x · intermediate.dense) · output.dense)
/// labels = tanh(x[&lt;s&gt;] · classifier.dense) · classifier.out_proj
/// </code>
/// </summary>
public sealed class Roberta : FamilyModel
{
    readonly RobertaConfig config;
    readonly RobertaEmbeddings embeddings;
    readonly Linear dense, output;

    // of a layer, under the checkpoint's names
    internal static readonly EncoderNames LayerNames = new(
        "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "attention.output.LayerNorm",
        "intermediate.dense", "output.dense", "output.LayerNorm");

    Roberta(RobertaConfig config, JsonObject json, Weights weights)
        : base(config.Family, causal: false, From, config, json, weights)
    {
        this.config = config;
        Weights w = weights["roberta"];
        embeddings = new(w["embeddings"], config);
        Stack = Each(i => LayerNames.Layer(w["encoder.layer"][$"{i}"], config, config.Epsilon, i));
        dense = new(weights["classifier.dense"], config.Width, config.Width);
        output = new(weights["classifier.out_proj"], config.Labels.Count, config.Width);
        Layers = Each(i => LayerNames.Shape($"roberta.encoder.layer.{i}", config, i));
        weights.RefuseUnused(_ => false);
    }

    /// <summary>The model of a folder.</summary>
    /// <exception cref="CheckpointException">config and weights do not make a RoBERTa classifier</exception>
    public static Roberta From(ModelConfig config, Weights weights)
    {
        int labels = config.LabelsOfHead(weights, "classifier.out_proj.bias");
        return new(RobertaConfig.Read(config, labels), config.ToJson(), weights.Map((name, t) => IsOfPretraining(name) ? null : t));
    }

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
        JsonObject config = request.Config(new()
        {
            ["hidden_act"] = "gelu",
            ["hidden_size"] = size.Width,
            ["intermediate_size"] = size.Neurons,
            ["num_attention_heads"] = size.Heads,
            ["num_hidden_layers"] = size.Layers,
            ["max_position_embeddings"] = size.Positions + 1,
            ["type_vocab_size"] = 1,
            ["vocab_size"] = request.Vocabulary,
            ["layer_norm_eps"] = 1e-5,
        });
        List<FreshWeight> weights =
        [
            Embedding("word_embeddings", request.Vocabulary),
            Embedding("position_embeddings", size.Positions + 1, request.Start == FreshStart.Matching),
            Embedding("token_type_embeddings", 1),
            .. FreshWeight.Norm("roberta.embeddings.LayerNorm", size.Width),
            .. LayerNames.Fresh("roberta.encoder.layer", request),
        ];
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
    public override Tensor Embed(Batch batch, IProbe probe) => probe.At(new(0, Point.Embeddings), embeddings.Forward(batch));

    /// <inheritdoc/>
    public override Tensor Score(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        x = ReadByHead(x, batch, tokens);
        Tensor pooled = probe.At(AtEnd.BeforeScores, dense.Forward(x, Activation.Tanh));
        return probe.At(AtEnd.Logits, output.Forward(pooled));
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
