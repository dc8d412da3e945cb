
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
}
