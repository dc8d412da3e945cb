using System.Text;
using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training;

/// <summary>The size of a BERT that is made from nothing.</summary>
/// <param name="Layers">number of layers</param>
/// <param name="Heads">heads per layer</param>
/// <param name="Width">width of the residual stream, a multiple of the heads</param>
/// <param name="Neurons">neurons of each MLP</param>
/// <param name="Positions">longest input in tokens</param>
public sealed record BertSize(int Layers = 4, int Heads = 8, int Width = 128, int Neurons = 256, int Positions = 128);

/// <summary>How a fresh model's attention begins.</summary>
public enum FreshStart
{
    /// <summary>all independent</summary>
    Independent,

    /// <summary>positions are sinusoids (Vaswani et al. 2017, section 3.5) and each head's keys begin equal to its queries, so that tokens attend to their likes from the first step</summary>
    Matching,
}

/// <summary>A BERT with random weights: Xavier-normal matrices (Glorot and Bengio 2010, eq. 16 as a normal), small normal embeddings, zero biases.</summary>
public static class FreshBert
{
    /// <summary>Makes one.</summary>
    /// <param name="size">its size</param>
    /// <param name="vocabulary">number of token ids</param>
    /// <param name="labels">names of the labels</param>
    /// <param name="rule">where its token types come from; decides how many there are</param>
    /// <param name="seed">seed of the weights</param>
    /// <param name="start">how attention begins</param>
    /// <exception cref="ArgumentException">a size is not positive, or the width does not divide into the heads</exception>
    public static IModel Make(BertSize size, int vocabulary, IReadOnlyList<string> labels, TokenTypeRule rule, ulong seed, FreshStart start = FreshStart.Independent)
    {
        if (size.Layers < 1 || size.Heads < 1 || size.Width < 1 || size.Neurons < 1 || size.Positions < 3 || size.Width % size.Heads != 0)
            throw new ArgumentException($"A BERT needs at least 1 layer, head and neuron, 3 positions, and a width that its heads divide; this is {size}.", nameof(size));
        int types = rule == TokenTypeRule.Overlap ? 4 : 2;
        JsonObject config = new()
        {
            ["architectures"] = new JsonArray("BertForSequenceClassification"),
            ["model_type"] = "bert",
            ["hidden_act"] = "gelu",
            ["hidden_size"] = size.Width,
            ["intermediate_size"] = size.Neurons,
            ["num_attention_heads"] = size.Heads,
            ["num_hidden_layers"] = size.Layers,
            ["max_position_embeddings"] = size.Positions,
            ["type_vocab_size"] = types,
            ["vocab_size"] = vocabulary,
            ["layer_norm_eps"] = 1e-12,
            ["pad_token_id"] = 0,
            ["id2label"] = new JsonObject(labels.Index().Select(l => KeyValuePair.Create($"{l.Index}", (JsonNode?)l.Item))),
            ["label2id"] = new JsonObject(labels.Index().Select(l => KeyValuePair.Create(l.Item, (JsonNode?)l.Index))),
            [OwnKeys.TokenTypes] = TokenTypes.NameOf(rule),
        };
        Dictionary<string, Tensor> tensors = [];
        Embedding("word_embeddings", vocabulary);
        Embedding("position_embeddings", size.Positions);
        if (start == FreshStart.Matching) Put("bert.embeddings.position_embeddings.weight", Sinusoids(size.Positions, size.Width));
        Embedding("token_type_embeddings", types);
        Norm("bert.embeddings.LayerNorm");
        for (int i = 0; i < size.Layers; i++)
        {
            string layer = $"bert.encoder.layer.{i}";
            foreach (string side in new[] { "query", "key", "value" }) Linear($"{layer}.attention.self.{side}", size.Width, size.Width);
            if (start == FreshStart.Matching) Put($"{layer}.attention.self.key.weight", tensors[$"{layer}.attention.self.query.weight"]);
            Linear($"{layer}.attention.output.dense", size.Width, size.Width);
            Norm($"{layer}.attention.output.LayerNorm");
            Linear($"{layer}.intermediate.dense", size.Neurons, size.Width);
            Linear($"{layer}.output.dense", size.Width, size.Neurons);
            Norm($"{layer}.output.LayerNorm");
        }
        Linear("bert.pooler.dense", size.Width, size.Width);
        Linear("classifier", labels.Count, size.Width);
        return Bert.From(new(Encoding.UTF8.GetBytes(config.ToJsonString()), "the fresh model's config"), new(tensors, "the fresh model"));

        void Embedding(string name, int rows) => Put($"bert.embeddings.{name}.weight", Normal(name, EmbeddingDeviation, rows, size.Width));
        void Norm(string name)
        {
            Put($"{name}.weight", Tensor.Ones(size.Width));
            Put($"{name}.bias", Tensor.Zeros(size.Width));
        }
        void Linear(string name, int output, int input)
        {
            Put($"{name}.weight", Normal(name, MathF.Sqrt(2f / (output + input)), output, input));
            Put($"{name}.bias", Tensor.Zeros(output));
        }
        Tensor Normal(string name, float deviation, int rows, int columns) => Tensor.Normal(new(seed, $"weights {name}"), deviation, rows, columns);
        void Put(string name, Tensor tensor) => tensors[name] = tensor.KeepForever();
    }

    const float EmbeddingDeviation = 0.05f;

    // sines, then cosines, of wave lengths from 2π to 2000π, at the embeddings' scale
    static Tensor Sinusoids(int positions, int width)
    {
        float[] waves = new float[positions * width];
        for (int p = 0; p < positions; p++)
            for (int i = 0; i < width; i++)
            {
                int half = width / 2, k = i < half ? i : i - half;
                double angle = p * Math.Exp(-k * Math.Log(1000) / half);
                waves[p * width + i] = EmbeddingDeviation * (float)(i < half ? Math.Sin(angle) : Math.Cos(angle));
            }
        return Tensor.From(waves, positions, width);
    }
}

/// <summary>How a model's folder says where its token types come from.</summary>
public static class TokenTypes
{
    /// <summary>The value of <see cref="OwnKeys.TokenTypes"/> for a rule.</summary>
    public static string NameOf(TokenTypeRule rule) => rule == TokenTypeRule.Overlap ? "overlap" : "sentence";

    /// <summary>The rule that a model was trained with.</summary>
    /// <exception cref="CheckpointException">the value is not known</exception>
    public static TokenTypeRule RuleOf(IModel model) => (model.Config[OwnKeys.TokenTypes] is JsonValue value && value.TryGetValue(out string? text) ? text : model.Config[OwnKeys.TokenTypes]?.ToJsonString()) switch
    {
        null or "sentence" => TokenTypeRule.Sentence,
        "overlap" => TokenTypeRule.Overlap,
        var other => throw new CheckpointException($"config.json: '{OwnKeys.TokenTypes}' is '{other}'; Heartwood knows sentence and overlap."),
    };
}
