using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks;

/// <summary>
/// Mixes each part with its ablation: mask · value + (1 − mask) · ablation, so that a mask of 1 changes nothing and a mask of 0 leaves the
/// ablation exactly. Parts that hold others (a block its heads) are mixed at their own sites, so that masks of both multiply. Serves one
/// pass after another while its mask's scope is open.
/// </summary>
public sealed class MaskProbe : IProbe
{
    readonly Dictionary<Site, List<(Tensor Mask, AblatedSite Parts)>> sites = [];
    readonly Dictionary<int, Tensor?> entering = [];             // by layer that may be absent: what entered it in this pass

    /// <summary>A probe for one mask.</summary>
    /// <param name="mask">one number per part of the ablation's universe, [part]; tracked if its gradient is wanted</param>
    /// <param name="ablation">what absent parts leave behind</param>
    /// <exception cref="ShapeException">the mask has another number of parts</exception>
    public MaskProbe(Tensor mask, Ablation ablation)
    {
        mask.Require(new(ablation.Universe.Count));
        foreach (AblatedSite parts in ablation.Sites)
        {
            if (!mask.Tracked && !mask.Values.Slice(parts.First, parts.Count).ContainsAnyExcept(1f)) continue;
            if (!sites.TryGetValue(parts.Site, out var here)) sites[parts.Site] = here = [];
            here.Add((mask.Slice(0, parts.First, parts.Count), parts));
            if (parts.Left is null) entering[parts.Site.Layer] = null;
        }
    }

    /// <summary>The first layer at which it changes a value; null where it changes none.</summary>
    public int? FirstLayer => sites.Count == 0 ? null : sites.Keys.Min(site => site.Layer);

    /// <inheritdoc/>
    public Tensor At(Site site, Tensor value)
    {
        if (site.Point == Point.LayerIn && entering.ContainsKey(site.Layer)) entering[site.Layer] = value;
        if (!sites.TryGetValue(site, out var here)) return value;
        foreach (var (mask, parts) in here)
            value = parts.Left is { } left ? Mixed(value, mask, parts, left) : value.Mix(mask, entering[site.Layer]!);
        return value;
    }

    static Tensor Mixed(Tensor value, Tensor mask, AblatedSite parts, Tensor left)
    {
        int width = value.AsTokens().Width;
        return parts.Fills(width) ? value.Mix(mask, left) : value.Mix(Among(mask, parts, width), Among(left, parts, width));
    }

    // with ones (or zeros) where the site has values of no part of these
    static Tensor Among(Tensor table, AblatedSite parts, int width)
    {
        bool mask = table.Shape.Rank == 1;
        List<Tensor> pieces = [];
        int at = 0;
        for (int p = 0; p < parts.Count; p++)
        {
            int slot = parts.Starts[p] / parts.Width;
            if (slot > at) pieces.Add(Filler(slot - at));
            pieces.Add(table.Slice(0, p, 1));
            at = slot + 1;
        }
        if (width / parts.Width > at) pieces.Add(Filler(width / parts.Width - at));
        return Movement.Concatenate(0, [.. pieces]);

        Tensor Filler(int count) => mask ? Tensor.Ones(count) : Tensor.Zeros(count, parts.Width);
    }

    /// <summary>A mask of ones but for these parts.</summary>
    public static Tensor Without(Universe universe, IEnumerable<Part> absent)
    {
        Tensor mask = Tensor.Ones(universe.Count);
        foreach (Part part in absent) mask.Change()[universe.PlaceOf(part)] = 0;
        return mask;
    }

    /// <summary>A mask of zeros but for these parts.</summary>
    public static Tensor Only(Universe universe, IEnumerable<Part> kept)
    {
        Tensor mask = Tensor.Zeros(universe.Count);
        foreach (Part part in kept) mask.Change()[universe.PlaceOf(part)] = 1;
        return mask;
    }
}
