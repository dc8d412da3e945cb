using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;

namespace Heartwood.Lab.Models;

/// <summary>How configs say which layers see only the last few tokens, and how many.</summary>
static class SlidingWindows
{
    const string Full = "full_attention", Sliding = "sliding_attention";

    // what the classes have where the key is missing; null is another thing than missing: no window
    const int WindowOfClasses = 4096, FirstWindowed = 28;

    /// <summary>
    /// Of families in which the upper layers have the window, or those that <c>layer_types</c> names: Qwen2 and those after it.
    /// </summary>
    /// <param name="config">the file</param>
    /// <param name="layers">number of layers</param>
    /// <returns>how many tokens each layer sees at most; null for all</returns>
    /// <exception cref="CheckpointException">keys contradict each other</exception>
    internal static int?[] OfUpperLayers(ModelConfig config, int layers)
    {
        bool used = config.Optional("use_sliding_window", false);
        int? window = Width(config);
        if (!used) window = null;
        int first = config.Optional("max_window_layers", FirstWindowed);
        string[] kinds = config.Optional<string[]>("layer_types", []);
        if (kinds.Length == 0) return [.. Enumerable.Range(0, layers).Select(i => i >= first ? window : null)];
        if (window is null && kinds.Contains(Sliding))
            throw new CheckpointException($"{config.Path}: layer_types names '{Sliding}', and there is no window: "
                + $"use_sliding_window is {(used ? "true" : "false, or left out")}. Take the config.json that belongs to the weights.");
        return Checked(config, [.. Enumerable.Range(0, layers).Select(i => i < kinds.Length && kinds[i] == Sliding ? window : null)]);
    }

    /// <summary>How wide it is by <c>sliding_window</c>; null where the file says that there is none.</summary>
    /// <exception cref="CheckpointException">a token would not see itself</exception>
    internal static int? Width(ModelConfig config)
    {
        int window = config.Optional("sliding_window", WindowOfClasses);
        if (!config.Has("sliding_window") && config.ToJson().ContainsKey("sliding_window")) return null;
        return window >= 1 ? window
            : throw new CheckpointException(
                $"{config.Path}: sliding_window is {window}; a token sees itself at least: 1 or more, or null for no window.");
    }

    /// <summary>
    /// The model with only these layers. Where only some layers have a window and the config counts them, it names them instead.
    /// </summary>
    internal static IModel Keep(IModel model, IReadOnlyList<int> kept, IReadOnlyList<int?> windows) =>
        model.Config.ContainsKey("layer_types") || windows.Distinct().Count() < 2
            ? LayersLeft.Keep(model, kept) : LayersLeft.Keep(model, kept, Named(model.Config, windows));

    /// <summary>The config with the kind of every layer in it, so that a layer keeps its own when others leave.</summary>
    internal static JsonObject Named(JsonObject config, IReadOnlyList<int?> windows)
    {
        JsonObject named = (JsonObject)config.DeepClone();
        named["layer_types"] = new JsonArray([.. windows.Select(window => (JsonNode)(window is null ? Full : Sliding))]);
        return named;
    }

    /// <summary>Windows that <c>layer_types</c>, where it is there, does not contradict.</summary>
    /// <exception cref="CheckpointException">it does, or names a kind that is not known</exception>
    internal static int?[] Checked(ModelConfig config, int?[] windows)
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
