using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks;

/// <summary>
/// Mixes each part with what stands in for it: mask · value + (1 − mask) · ablation, so that a mask of 1 changes nothing and a mask of 0
/// leaves the ablation exactly. Parts that hold others (a block its heads) are mixed at their own sites, so that masks of both multiply.
/// Serves one pass after another while its mask's scope is open; where the ablation depends on the input, passes of one batch.
/// </summary>
public sealed class MaskProbe : IProbe
{
    readonly Dictionary<Site, List<(Tensor Mask, AblatedSite Parts)>> sites = [];
    readonly Dictionary<int, Tensor?> entering = [];             // by layer that may be absent: what entered it in this pass
    readonly IReadOnlyDictionary<Site, Tensor>? values;

    /// <summary>A probe for one mask.</summary>
    /// <param name="mask">one number per part of the ablation's universe, [part]; tracked if its gradient is wanted</param>
    /// <param name="ablation">what stands in for ablated parts</param>
    /// <param name="values">what stands in on the batch that passes
    /// (<see cref="Ablation.On"/>); null where the ablation is a constant</param>
    /// <exception cref="ShapeException">the mask has another number of parts</exception>
    /// <exception cref="InvalidOperationException">the ablation depends on the input, and there are no values</exception>
    public MaskProbe(Tensor mask, Ablation ablation, IReadOnlyDictionary<Site, Tensor>? values = null)
    {
        this.values = values;
        mask.Require(new(ablation.Universe.Count));
        if (!ablation.IsConstant && values is null)
            throw new InvalidOperationException($"The ablation {ablation.Name} depends on the input: "
                + "hand in its values of the batch (Ablation.On).");
        foreach (AblatedSite parts in ablation.Sites)
        {
            if (!mask.Tracked && !mask.Values.Slice(parts.First, parts.Count).ContainsAnyExcept(1f)) continue;
            if (!sites.TryGetValue(parts.Site, out var here)) sites[parts.Site] = here = [];
            here.Add((mask.Slice(0, parts.First, parts.Count), parts));
            if (parts.PassesOn) entering[parts.Site.Layer] = null;
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
            value = parts.PassesOn ? value.Mix(mask, entering[site.Layer]!) : Mixed(value, mask, parts);
        return value;
    }

    Tensor Mixed(Tensor value, Tensor mask, AblatedSite parts)
    {
        int width = value.AsTokens().Width;
        bool fills = parts.Fills(width);
        Tensor each = fills ? mask : Among(mask, parts, width);
        if (parts.Constant is not { } constant) return value.Mix(each, values![parts.Site]);
        return value.Mix(each, fills ? constant : Among(constant, parts, width));
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
    public static Tensor Without(Universe universe, IEnumerable<Part> ablated)
    {
        Tensor mask = Tensor.Ones(universe.Count);
        foreach (Part part in ablated) mask.Change()[universe.PlaceOf(part)] = 0;
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
