using Heartwood.Tensors;

namespace Heartwood.Lab.Probes;

/// <summary>What one pass showed at its sites, for reading, for a lens, or to be patched into another pass.</summary>
/// <param name="values">the values by site</param>
public sealed class ActivationCache(IReadOnlyDictionary<Site, Tensor> values)
{
    /// <summary>The sites that were recorded, by layer.</summary>
    public IReadOnlyList<Site> Sites { get; } = [.. values.Keys.OrderBy(site => site.Layer).ThenBy(site => site.Point)];

    /// <summary>The value at a site, of the shape that <see cref="Point"/> says; all sequences' tokens one after another.</summary>
    /// <exception cref="KeyNotFoundException">nothing was recorded there</exception>
    public Tensor this[Site site] => values.TryGetValue(site, out Tensor? value) ? value
        : throw new KeyNotFoundException($"Nothing was recorded at {site}. Recorded: {string.Join(", ", Sites)}.");

    /// <summary>The value at a point of a layer, for example <c>cache[3, Point.Heads]</c>.</summary>
    /// <exception cref="KeyNotFoundException">nothing was recorded there</exception>
    public Tensor this[int layer, Point point] => this[new Site(layer, point)];
}
