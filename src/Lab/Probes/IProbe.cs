using Heartwood.Tensors;

namespace Heartwood.Lab.Probes;

/// <summary>
/// Sees, and may replace, the value that passes a site. The only trace of an experiment in a forward pass; it lives for one pass.
/// </summary>
public interface IProbe
{
    /// <summary>The value to go on with: <paramref name="value"/> itself, or another of its shape.</summary>
    Tensor At(Site site, Tensor value);

    /// <summary>Sites that it names and a model must have, or it would never act; empty where it takes whatever passes.</summary>
    IReadOnlyList<Site> Sites => [];
}

/// <summary>Puts what a function makes of the value at one site in its place: steering, scaling, or a look that changes nothing.</summary>
/// <param name="site">where</param>
/// <param name="change">given the value that passes; gives it back, or another of its shape</param>
public sealed class ProbeAt(Site site, Func<Tensor, Tensor> change) : IProbe
{
    /// <inheritdoc/>
    public IReadOnlyList<Site> Sites => [site];

    /// <inheritdoc/>
    /// <exception cref="ShapeException">the function gave another shape</exception>
    public Tensor At(Site passing, Tensor value)
    {
        if (passing != site) return value;
        Tensor changed = change(value);
        return changed.Shape == value.Shape ? changed
            : throw new ShapeException($"At {site} passes {value.Shape}, the probe gave {changed.Shape} in its place.");
    }
}

/// <summary>Lets every value pass.</summary>
public sealed class NoProbe : IProbe
{
    /// <summary>The only one.</summary>
    public static NoProbe Instance { get; } = new();

    /// <inheritdoc/>
    public Tensor At(Site site, Tensor value) => value;
}
