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
    const string Full = "full_attention", Sliding = "sliding_attention";

    // what the classes have where the key is missing; null is another thing than missing: no window
    const int WindowOfClasses = 4096, FirstWindowedOfQwen2 = 28;

    static readonly LlamaBiases none = new(QueriesKeysValues: false, AttentionOutput: false, Mlp: false);
    static readonly LlamaBiases ofQwen2 = new(QueriesKeysValues: true, AttentionOutput: false, Mlp: false);

    static readonly Dictionary<string, LlamaKind> kinds = new(StringComparer.Ordinal)
    {
        // a key of a window has stayed in some files that once were another family's: this family has none
        ["llama"] = new("Llama", none, BiasesOfLlama, (config, layers) => Checked(config, new int?[layers]),
            "sliding_window", "use_sliding_window", "max_window_layers"),
        ["mistral"] = new("Mistral", none, _ => none, WindowsOfMistral, "max_window_layers"),
        ["qwen2"] = new("Qwen2", ofQwen2, _ => ofQwen2, WindowsOfQwen2),
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
        int? window = WindowOf(config);
        bool used = config.Optional("use_sliding_window", true);
        if (window is not null && !used)
            throw new CheckpointException($"{config.Path}: use_sliding_window is false and sliding_window {window}; "
                + "a mistral has a window wherever sliding_window is a number. "
                + "Set sliding_window to null if the model was trained without.");
        return Checked(config, [.. Enumerable.Repeat(window, layers)]);
    }

    // the upper layers have it, or those that layer_types names
    static int?[] WindowsOfQwen2(ModelConfig config, int layers)
    {
        bool used = config.Optional("use_sliding_window", false);
        int? window = WindowOf(config);
        if (!used) window = null;
        int first = config.Optional("max_window_layers", FirstWindowedOfQwen2);
        string[] kinds = config.Optional<string[]>("layer_types", []);
        if (kinds.Length == 0) return [.. Enumerable.Range(0, layers).Select(i => i >= first ? window : null)];
        if (window is null && kinds.Contains(Sliding))
            throw new CheckpointException($"{config.Path}: layer_types names '{Sliding}', and there is no window: "
                + $"use_sliding_window is {(used ? "true" : "false, or left out")}. Take the config.json that belongs to the weights.");
        return Checked(config, [.. Enumerable.Range(0, layers).Select(i => i < kinds.Length && kinds[i] == Sliding ? window : null)]);
    }

    static int? WindowOf(ModelConfig config)
    {
        int window = config.Optional("sliding_window", WindowOfClasses);
        if (!config.Has("sliding_window") && config.ToJson().ContainsKey("sliding_window")) return null;
        return window >= 1 ? window
            : throw new CheckpointException(
                $"{config.Path}: sliding_window is {window}; a token sees itself at least: 1 or more, or null for no window.");
    }

    // layer_types, where it is there, says the same
    static int?[] Checked(ModelConfig config, int?[] windows)
    {
        string[] kinds = config.Optional<string[]>("layer_types", []);
        foreach (string kind in kinds)
            if (kind is not (Full or Sliding))
                throw new CheckpointException($"{config.Path}: layer_types names '{kind}'; Heartwood knows {Full} and {Sliding}.");
        if (kinds.Length == 0) return windows;
        if (kinds.Length != windows.Length)
            throw new CheckpointException(
                $"{config.Path}: layer_types should name {windows.Length} layers (num_hidden_layers), it names {kinds.Length}.");
        for (int i = 0; i < kinds.Length; i++)
            if (kinds[i] == Sliding != windows[i] is not null)
                throw new CheckpointException($"{config.Path}: layer_types says '{kinds[i]}' of layer {i}, and a {config.Family} has "
                    + $"{(windows[i] is { } window ? $"a window of {window}" : "no window")} there. "
                    + "Take the config.json that belongs to the weights.");
        return windows;
    }
}
