using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;

namespace Heartwood.Lab.Subnetworks;

/// <summary>
/// Whole layers, <c>L3</c>, norms included. Without a layer its input passes on, whatever the ablation is, and the layer leaves the file;
/// a layer that merely lost all its parts stays, with what still acts in it: constants, norms.
/// </summary>
public static class Layers
{
    /// <summary>The kind.</summary>
    public static PartKind Kind { get; } = new("layers", "", "layer", "layers", Numbered: false, Places);

    static IEnumerable<Place> Places(IModel model)
    {
        for (int layer = 0; layer < model.Layers.Count; layer++)
        {
            string start = $"{model.Layers[layer].Name}.";
            IEnumerable<string> tensors = model.Weights.All.Keys.Where(name => name.StartsWith(start, StringComparison.Ordinal));
            Site site = new(layer, Point.LayerOut);
            yield return new(Kind.Part(layer), Kind, site, 0, model.Width, PartKinds.Whole(model, tensors), null, null)
            {
                PassesOn = true,
            };
        }
    }
}
