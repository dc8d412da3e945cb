using Heartwood.Lab.Checkpoints;

namespace Heartwood.Lab.Models;

/// <summary>
/// What tells Llama and its likes apart: how config.json says which matrices have biases, and which layers a sliding window.
/// </summary>
/// <param name="Architecture">what the names of its classes begin with</param>
/// <param name="FreshBiases">which biases a model that is made from nothing has</param>
/// <param name="Biases">which biases a config asks for, as long as it has no <see cref="OwnKeys.Biases"/></param>
/// <param name="Windows">by config and number of layers: how many tokens each layer sees at most, the one that looks included; null for
/// all</param>
/// <param name="Harmless">keys that its class carries along and does not read</param>
sealed record LlamaKind(
    string Architecture, LlamaBiases FreshBiases, Func<ModelConfig, LlamaBiases> Biases, Func<ModelConfig, int, int?[]> Windows,
    params IReadOnlyList<string> Harmless)
{
    static readonly LlamaBiases none = new(QueriesKeysValues: false, AttentionOutput: false, Mlp: false);
    static readonly LlamaBiases ofQwen2 = new(QueriesKeysValues: true, AttentionOutput: false, Mlp: false);

    static readonly Dictionary<string, LlamaKind> kinds = new(StringComparer.Ordinal)
    {
        // a key of a window has stayed in some files that once were another family's: this family has none
        ["llama"] = new("Llama", none, BiasesOfLlama, (config, layers) => SlidingWindows.Checked(config, new int?[layers]),
            "sliding_window", "use_sliding_window", "max_window_layers"),
        ["mistral"] = new("Mistral", none, _ => none, WindowsOfMistral, "max_window_layers"),
        ["qwen2"] = new("Qwen2", ofQwen2, _ => ofQwen2, SlidingWindows.OfUpperLayers),
    };

    /// <summary>The kind that config.json names.</summary>
    /// <param name="family">its <c>model_type</c></param>
    internal static LlamaKind Named(string family) => kinds[family];

    static LlamaBiases BiasesOfLlama(ModelConfig config)
    {
        bool attention = config.Optional("attention_bias", false);
        return new(attention, attention, config.Optional("mlp_bias", false));
    }

    // Jiang et al. 2023: every layer has it
    static int?[] WindowsOfMistral(ModelConfig config, int layers)
    {
        int? window = SlidingWindows.Width(config);
        bool used = config.Optional("use_sliding_window", true);
        if (window is not null && !used)
            throw new CheckpointException($"{config.Path}: use_sliding_window is false and sliding_window {window}; "
                + "a mistral has a window wherever sliding_window is a number. "
                + "Set sliding_window to null if the model was trained without.");
        return SlidingWindows.Checked(config, [.. Enumerable.Repeat(window, layers)]);
    }
}
