using Heartwood.Lab.Models;

namespace Heartwood.Lab.Training;

/// <summary>Which layers of the full model the layers of a smaller one are compared with.</summary>
/// <param name="Name">what it is called in a list of terms</param>
/// <param name="Does">what it pairs, in a few words</param>
/// <param name="PairsOf">the pairs, for a number of layers of the smaller and of the full model</param>
public sealed record LayerMap(string Name, string Does, Func<int, int, IEnumerable<(int Own, int Full)>> PairsOf)
{
    /// <summary>
    /// As many layers: each with its own. Fewer: evenly spread, the last with the last (Jiao et al. 2020, "TinyBERT", the uniform
    /// strategy).
    /// </summary>
    public static LayerMap Uniform { get; } = new("uniform", "evenly spread, the last with the last",
        (own, all) => Enumerable.Range(0, own).Select(layer => (layer, Spread(layer, own, all))));

    /// <summary>All maps, the usual one first.</summary>
    public static IReadOnlyList<LayerMap> All { get; } =
    [
        Uniform,
        new("last", "the last layer alone", (own, all) => [(own - 1, all - 1)]),
        // FitNets' hint (Romero et al. 2015, section 2.2)
        new("middle", "the middle layer alone, that is where the lower half ends",
            (own, all) => [((own - 1) / 2, Spread((own - 1) / 2, own, all))]),
        // several layers of the full model to one (Udagawa et al. 2023, section 3)
        new("consecutive", "with each of the run of layers that the uniform map's one ends", (own, all) => Enumerable.Range(0, own)
            .SelectMany(layer => Enumerable.Range(End(layer, own, all), End(layer + 1, own, all) - End(layer, own, all))
                .Select(full => (layer, full)))),
    ];

    /// <summary>The one of a name.</summary>
    /// <exception cref="ArgumentException">there is none; the message lists what there is</exception>
    public static LayerMap Named(string name) => All.FirstOrDefault(map => map.Name == name)
        ?? throw new ArgumentException(Nearest.Unknown("map of layers", name, All.Select(map => map.Name)));

    /// <summary>Layers of the smaller model, each with one of the full model.</summary>
    /// <exception cref="ArgumentException">the smaller one has more layers, or none</exception>
    public IReadOnlyList<(int Own, int Full)> Pairs(IModel model, IModel full)
    {
        int own = model.Layers.Count, all = full.Layers.Count;
        if (own == 0 || own > all)
            throw new ArgumentException($"A model of {own} layers is to be like one of {all}: it needs at least one and at most as many.");
        return [.. PairsOf(own, all)];
    }

    static int Spread(int layer, int own, int all) => End(layer + 1, own, all) - 1;

    // how many layers of the full model belong to the smaller one's before a layer
    static int End(int layer, int own, int all) => (int)Math.Round((double)layer * all / own, MidpointRounding.AwayFromZero);
}
