using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks;

/// <summary>
/// Mixes each part with its absence: mask · value + (1 − mask) · absence, so that a mask of 1 changes nothing and a mask
/// of 0 leaves the absence exactly. Serves any number of passes while its mask's scope is open.
/// </summary>
public sealed class MaskProbe : IProbe
{
    readonly Dictionary<Site, (Tensor Mask, Tensor Absent)> sites = [];

    /// <summary>A probe for one mask.</summary>
    /// <param name="mask">one number per part of the model's universe, [part]; tracked if its gradient is wanted</param>
    /// <param name="absence">what absent parts leave behind</param>
    /// <exception cref="ShapeException">the mask has another number of parts</exception>
    public MaskProbe(Tensor mask, Absence absence)
    {
        mask.Require(new(absence.Parts));
        foreach (AbsentSite at in absence.Sites)
            if (mask.Tracked || mask.Values.Slice(at.Start, at.Count).ContainsAnyExcept(1f))
                sites[at.Site] = (mask.Slice(0, at.Start, at.Count), at.Left);
    }

    /// <summary>The first layer at which it changes a value; null where it changes none.</summary>
    public int? FirstLayer => sites.Count == 0 ? null : sites.Keys.Min(site => site.Layer);

    /// <inheritdoc/>
    public Tensor At(Site site, Tensor value) => sites.TryGetValue(site, out var part) ? value.Mix(part.Mask, part.Absent) : value;

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
