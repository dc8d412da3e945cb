using Heartwood.Lab.Models;

namespace Heartwood.Lab.Training;

/// <summary>
/// Which layer of the full model a layer of a smaller one is compared with. As many layers: each with its own. Fewer: evenly spread, the
/// last with the last (Jiao et al. 2020, "TinyBERT", the uniform strategy).
/// </summary>
public static class LayerMap
{
    /// <summary>The full model's layer for each layer of the smaller one.</summary>
    /// <exception cref="ArgumentException">the smaller one has more layers, or none</exception>
    public static int[] Uniform(IModel model, IModel full)
    {
        int own = model.Layers.Count, all = full.Layers.Count;
        if (own == 0 || own > all)
            throw new ArgumentException($"A model of {own} layers is to be like one of {all}: it needs at least one and at most as many.");
        return [.. Enumerable.Range(1, own).Select(i => (int)Math.Round((double)i * all / own, MidpointRounding.AwayFromZero) - 1)];
    }
}
