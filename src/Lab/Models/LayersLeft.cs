using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;

namespace Heartwood.Lab.Models;

/// <summary>
/// A model without some of its layers: the others close up, in the file's names and in all lists of the config that go by layer.
/// </summary>
static class LayersLeft
{
    static readonly string[] counts = ["num_hidden_layers", "n_layer"];

    static readonly string[] lists = [OwnKeys.HeadsPerLayer, OwnKeys.NeuronsPerLayer, OwnKeys.HeadsPerKeyValueHead, "layer_types"];

    /// <summary>The model with only these layers.</summary>
    /// <param name="model">the model</param>
    /// <param name="kept">numbers of the layers that stay, ascending, at least one</param>
    /// <param name="config">its config, where it is to be changed before lists are shortened</param>
    /// <exception cref="ArgumentException">no layer stays</exception>
    internal static IModel Keep(IModel model, IReadOnlyList<int> kept, JsonObject? config = null)
    {
        if (kept.Count == 0) throw new ArgumentException("A model keeps one layer at least; here none would be left.", nameof(kept));
        if (kept.Count == model.Layers.Count) return model;
        JsonObject shorter = (JsonObject)(config ?? model.Config).DeepClone();
        foreach (string key in counts)
            if (shorter.ContainsKey(key)) shorter[key] = kept.Count;
        foreach (string key in lists)
            if (shorter[key] is JsonArray list && list.Count == model.Layers.Count)
                shorter[key] = new JsonArray([.. kept.Select(layer => list[layer]?.DeepClone())]);
        return model.With(shorter, Renamed(model, kept));
    }

    static Weights Renamed(IModel model, IReadOnlyList<int> kept)
    {
        string[] layers = [.. model.Layers.Select(shape => $"{shape.Name}.")];
        List<KeyValuePair<string, string>> sources = [];
        foreach (string name in model.Weights.All.Keys)
        {
            int layer = Array.FindIndex(layers, start => name.StartsWith(start, StringComparison.Ordinal));
            if (layer < 0) sources.Add(new(name, name));
            else if (kept.ToList().IndexOf(layer) is >= 0 and int place)
                sources.Add(new(layers[place] + name[layers[layer].Length..], name));
        }
        return model.Weights.Renamed(sources);
    }
}
