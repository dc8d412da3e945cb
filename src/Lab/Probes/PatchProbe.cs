using Heartwood.Tensors;

namespace Heartwood.Lab.Probes;

/// <summary>
/// Activation patching (Vig et al. 2020, "Investigating gender bias in language models using causal mediation analysis"; Meng et al.
/// 2022, "Locating and editing factual associations in GPT"): puts what another pass had at a site in place of what passes, at all
/// tokens or at some, over the whole width or over a stretch of it. Serves passes without gradients.
/// </summary>
/// <param name="from">what the other pass had; token t of it goes to token t, so that both inputs have as many tokens</param>
/// <param name="site">where</param>
/// <param name="tokens">rows of the packed tokens to patch; null for all</param>
/// <param name="start">first column to patch</param>
/// <param name="length">how many columns; −1 for all from <paramref name="start"/> on</param>
public sealed class PatchProbe(ActivationCache from, Site site, IReadOnlyList<int>? tokens = null, int start = 0, int length = -1) : IProbe
{
    readonly Tensor other = from[site];

    /// <inheritdoc/>
    public IReadOnlyList<Site> Sites => [site];

    /// <inheritdoc/>
    /// <exception cref="ShapeException">the two passes have another number of tokens there</exception>
    /// <exception cref="ArgumentException">there is no such token or column</exception>
    public Tensor At(Site passing, Tensor value)
    {
        if (passing != site) return value;
        if (value.Shape != other.Shape)
            throw new ShapeException($"At {site} the pass has {value.Shape}, what is patched in has {other.Shape}: "
                + "patching needs two inputs of as many tokens, both run with all tokens.");
        int width = value.Shape[value.Shape.Rank - 1], rows = value.Count / width, columns = length < 0 ? width - start : length;
        if (start < 0 || columns < 0 || start + columns > width)
            throw new ArgumentException($"{site} is {width} wide; columns {start} to {start + columns} are not.");
        Tensor patched = Tensor.From(value.Values, value.Shape.Axes);
        Span<float> into = patched.Change();
        foreach (int token in tokens ?? [.. Enumerable.Range(0, rows)])
        {
            if ((uint)token >= (uint)rows)
                throw new ArgumentException($"{site} has tokens 0 to {rows - 1}; {token} is none of them.");
            other.Values.Slice(token * width + start, columns).CopyTo(into[(token * width + start)..]);
        }
        return patched;
    }
}

/// <summary>Several probes, each seeing what the one before left.</summary>
/// <param name="probes">the probes, in their order</param>
public sealed class ProbesInTurn(params IReadOnlyList<IProbe> probes) : IProbe
{
    /// <inheritdoc/>
    public IReadOnlyList<Site> Sites => [.. probes.SelectMany(probe => probe.Sites)];

    /// <inheritdoc/>
    public Tensor At(Site site, Tensor value) => probes.Aggregate(value, (passing, probe) => probe.At(site, passing));
}
