using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>
/// ELECTRA's discriminator with a classification head (Clark et al. 2020), under the checkpoint names of
/// <c>ElectraForSequenceClassification</c>: a BERT whose embeddings may be narrower than its layers and are then projected, and whose head
/// reads [CLS] through a layer with GELU. Layers that were cut have fewer heads, no attention or no MLP.
/// </summary>
public sealed class Electra : IModel
{
    readonly ElectraConfig config;
    readonly ElectraEmbeddings embeddings;
    readonly ElectraLayer[] layers;
    readonly Linear dense, output;

    Electra(ElectraConfig config, JsonObject json, Weights weights)
    {
        (this.config, Config, Weights) = (config, json, weights);
        Weights w = weights["electra"];
        embeddings = new(w, config);
        layers = [.. Enumerable.Range(0, config.Layers).Select(i => new ElectraLayer(w["encoder.layer"][$"{i}"], config, i))];
        dense = new(weights["classifier.dense"], config.Width, config.Width);
        output = new(weights["classifier.out_proj"], config.Labels.Count, config.Width);
        Layers = [.. Enumerable.Range(0, config.Layers).Select(ShapeOf)];
        weights.RefuseUnused(_ => false);
    }

    /// <summary>The model of a folder.</summary>
    /// <exception cref="CheckpointException">config and weights do not make an ELECTRA classifier</exception>
    public static Electra From(ModelConfig config, Weights weights)
    {
        const string Head = "classifier.out_proj.bias";
        if (!weights.Has(Head))
            throw new CheckpointException($"{config.Path}: the weights have no classification head ('{Head}'). "
                + "Fine-tune the model first: heartwood train --from FOLDER.");
        return new(ElectraConfig.Read(config, weights.All[Head].Count), config.ToJson(), weights);
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
        JsonObject config = new()
        {
            ["architectures"] = null,                            // written by NewHead, in this place
            ["model_type"] = request.Family,
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
            ["pad_token_id"] = 0,
        };
        List<FreshWeight> weights =
        [
            Embedding("word_embeddings", request.Vocabulary),
            Embedding("position_embeddings", size.Positions, request.Start == FreshStart.Matching),
            Embedding("token_type_embeddings", request.TokenTypes),
            .. FreshWeight.Norm("electra.embeddings.LayerNorm", narrow),
            .. Linear("electra.embeddings_project", size.Width, narrow),
        ];
        for (int i = 0; i < size.Layers; i++)
        {
            string layer = $"electra.encoder.layer.{i}", self = $"{layer}.attention.self";
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
        Tensor made = probe.At(new(layers.Length - 1, Point.BeforeScores), dense.Forward(x, Activation.GeluErf));
        return probe.At(new(layers.Length - 1, Point.Logits), output.Forward(made));
    }

    // the head reads [CLS], the first token of each sequence
    internal static Tensor Chosen(Tensor x, Batch batch, Tokens tokens) => tokens == Tokens.Read ? x.Rows(batch.First) : x;

    /// <inheritdoc/>
    public string Family => "electra";

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
        string layer = $"electra.encoder.layer.{i}", self = $"{layer}.attention.self";
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

/// <summary>One layer: attention and MLP, each added to the residual stream, which is normalized after each.</summary>
sealed class ElectraLayer(Weights w, ElectraConfig c, int layer)
{
    readonly ElectraAttention attention = new(w["attention"], c, layer);
    readonly LayerNorm norm1 = new(w["attention.output.LayerNorm"], c.Width, c.Epsilon);
    readonly LayerNorm norm2 = new(w["output.LayerNorm"], c.Width, c.Epsilon);
    readonly ElectraMlp mlp = new(w, c, layer);

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
sealed class ElectraAttention(Weights w, ElectraConfig c, int layer)
{
    readonly int heads = c.HeadsPerLayer[layer];
    readonly Linear? query = Projection(w["self.query"], c, layer);
    readonly Linear? key = Projection(w["self.key"], c, layer);
    readonly Linear? value = Projection(w["self.value"], c, layer);
    readonly Linear? output = c.HeadsPerLayer[layer] == 0 ? null : new(w["output.dense"], c.Width, c.HeadsPerLayer[layer] * c.HeadWidth);
    readonly Tensor bias = w["output.dense"].Get("bias", c.Width);

    static Linear? Projection(Weights w, ElectraConfig c, int layer) =>
        c.HeadsPerLayer[layer] == 0 ? null : new(w, c.HeadsPerLayer[layer] * c.HeadWidth, c.Width);

    internal Tensor Mix(Tensor x, Batch batch, Tokens tokens, IProbe probe)
    {
        int[] queries = tokens == Tokens.All ? batch.Offsets : [.. Enumerable.Range(0, batch.Count + 1)];
        if (output is null) return Tensor.Zeros(queries[^1], 0);
        Tensor q = probe.At(new(layer, Point.Query), query!.Forward(Electra.Chosen(x, batch, tokens)));
        Tensor k = probe.At(new(layer, Point.Key), key!.Forward(x)), v = probe.At(new(layer, Point.Value), value!.Forward(x));
        (q, k) = (probe.At(new(layer, Point.AttentionQuery), q), probe.At(new(layer, Point.AttentionKey), k));
        return q.Attention(k, v, queries, batch.Offsets, heads, causal: false);
    }

    internal Tensor Project(Tensor mixes, Shape stream, IProbe probe) =>
        output is null ? bias.Spread(stream) : output.Forward(probe.At(new(layer, Point.Heads), mixes));
}

/// <summary>The MLP: one hidden layer of neurons. Without neurons, what is left is a constant.</summary>
sealed class ElectraMlp(Weights w, ElectraConfig c, int layer)
{
    readonly Linear? up = c.NeuronsPerLayer[layer] == 0 ? null : new(w["intermediate.dense"], c.NeuronsPerLayer[layer], c.Width);
    readonly Linear? down = c.NeuronsPerLayer[layer] == 0 ? null : new(w["output.dense"], c.Width, c.NeuronsPerLayer[layer]);
    readonly Tensor bias = w["output.dense"].Get("bias", c.Width);

    internal Tensor Forward(Tensor x, IProbe probe) =>
        down is null ? bias.Spread(x.Shape) : down.Forward(probe.At(new(layer, Point.Neurons), up!.Forward(x, c.Activation)));
}
