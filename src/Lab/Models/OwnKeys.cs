using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;

namespace Heartwood.Lab.Models;

/// <summary>The keys that Heartwood adds to config.json.</summary>
public static class OwnKeys
{
    /// <summary>of a cut model: how many heads each layer has left, one number per layer</summary>
    public const string HeadsPerLayer = "heartwood_heads_per_layer";

    /// <summary>
    /// of a cut model whose heads share keys and values: how many heads each key and value head serves, a list per layer; it has no key and
    /// value head that serves none
    /// </summary>
    public const string HeadsPerKeyValueHead = "heartwood_heads_per_key_value_head";

    /// <summary>of a cut model: how many neurons each layer's MLP has left, one number per layer</summary>
    public const string NeuronsPerLayer = "heartwood_neurons_per_layer";

    /// <summary>
    /// of a cut model whose family has no biases that means could be folded into, and no form that has: true where every linear layer has a
    /// bias
    /// </summary>
    public const string Biases = "heartwood_biases";

    /// <summary>where token types come from: "sentence" or "overlap"; missing in models made elsewhere, which means "sentence"</summary>
    public const string TokenTypes = "heartwood_token_types";

    /// <summary>What the name of a class in the modelling file of a cut begins with, before the family's own class.</summary>
    public const string ClassPrefix = "Heartwood";

    /// <summary>The module of that file, to which <c>auto_map</c> points.</summary>
    public const string Module = "modeling_heartwood";

    /// <summary>
    /// The config of a folder with our modelling file as if it had none: the file says nothing that our other keys do not, and Heartwood
    /// runs no Python.
    /// </summary>
    internal static ModelConfig WithoutModellingFile(ModelConfig config)
    {
        JsonObject json = config.ToJson();
        bool has = json["auto_map"] is JsonObject { Count: > 0 } map && map.All(entry => entry.Value is JsonValue value
            && value.TryGetValue(out string? target) && target.StartsWith($"{Module}.{ClassPrefix}", StringComparison.Ordinal));
        if (!has) return config;
        json.Remove("auto_map");
        if (json["architectures"] is JsonArray { Count: > 0 } classes && classes[0] is JsonValue first
            && first.TryGetValue(out string? name) && name.StartsWith(ClassPrefix, StringComparison.Ordinal))
            json["architectures"] = new JsonArray(name[ClassPrefix.Length..]);
        return NewHead.ToConfig(json, config.Path);
    }
}
