using Heartwood.Tensors;

namespace Heartwood.Lab.Probes;

/// <summary>Remembers the value at every site that it is asked to, as another probe leaves it.</summary>
/// <param name="wanted">which sites; null for all</param>
/// <param name="inner">a probe that acts first</param>
public sealed class Recorder(Predicate<Site>? wanted = null, IProbe? inner = null) : IProbe
{
    readonly Dictionary<Site, Tensor> seen = [];

    /// <summary>The values, each in the memory of the scope that was open during the pass.</summary>
    public IReadOnlyDictionary<Site, Tensor> Seen => seen;

    /// <inheritdoc/>
    public IReadOnlyList<Site> Sites => inner?.Sites ?? [];

    /// <inheritdoc/>
    public Tensor At(Site site, Tensor value)
    {
        value = inner?.At(site, value) ?? value;
        if (wanted?.Invoke(site) != false) seen[site] = value.Stay();
        return value;
    }
}
