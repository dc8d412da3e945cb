using Heartwood.Tensors;

namespace Heartwood.Lab.Probes;

/// <summary>
/// Sees, and may replace, the value that passes a site. The only trace of an experiment in a forward pass; it lives for one pass.
/// </summary>
public interface IProbe
{
    /// <summary>The value to go on with: <paramref name="value"/> itself, or another of its shape.</summary>
    Tensor At(Site site, Tensor value);
}

/// <summary>Lets every value pass.</summary>
public sealed class NoProbe : IProbe
{
    /// <summary>The only one.</summary>
    public static NoProbe Instance { get; } = new();

    /// <inheritdoc/>
    public Tensor At(Site site, Tensor value) => value;
}
