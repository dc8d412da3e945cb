using System.Text;
using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>Configs and heads of new classifiers, in the words of the format.</summary>
static class NewHead
{
    /// <summary>Says in a config which labels the model has; one label is a score, which other software learns by squared error.</summary>
    internal static JsonObject Labelled(JsonObject json, string architecture, IReadOnlyList<string> labels)
    {
        foreach (string key in new[] { "num_labels", "problem_type" }) json.Remove(key);
        json["architectures"] = new JsonArray(architecture);
        if (labels.Count == 1) json["problem_type"] = "regression";
        json["id2label"] = new JsonObject(labels.Index().Select(l => KeyValuePair.Create($"{l.Index}", (JsonNode?)l.Item)));
        json["label2id"] = new JsonObject(labels.Index().Select(l => KeyValuePair.Create(l.Item, (JsonNode?)l.Index)));
        return json;
    }

    /// <summary>Says in a config that the model's output is its word embeddings' matrix.</summary>
    internal static JsonObject Tied(JsonObject json, string architecture)
    {
        json["architectures"] = new JsonArray(architecture);
        json["tie_word_embeddings"] = true;
        return json;
    }

    /// <summary>A copy of a config for other labels.</summary>
    internal static ModelConfig For(ModelConfig config, string architecture, IReadOnlyList<string> labels) =>
        ToConfig(Labelled(config.ToJson(), architecture, labels), config.Path);

    /// <summary>A config from its content.</summary>
    internal static ModelConfig ToConfig(JsonObject json, string path) => new(Encoding.UTF8.GetBytes(json.ToJsonString()), path);

    /// <summary>How many labels a decoder's <c>score</c> gives scores to; 0 where there is none: it is a language model.</summary>
    internal static int LabelsOfScore(Weights weights) => weights.Has("score.weight") ? weights.All["score.weight"].Shape[0] : 0;

    /// <summary>A fresh matrix of deviation 0.02 (Devlin et al. 2019).</summary>
    internal static KeyValuePair<string, Tensor> Weight(string name, int rows, int width, ulong seed) =>
        new($"{name}.weight", Tensor.Normal(new(seed, $"weights {name}"), 0.02f, rows, width).KeepForever());

    /// <summary>The same with a bias of zeros.</summary>
    internal static KeyValuePair<string, Tensor>[] Linear(string name, int rows, int width, ulong seed) =>
        [Weight(name, rows, width, seed), new($"{name}.bias", Tensor.Lasting(rows))];
}
