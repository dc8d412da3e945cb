using Heartwood.Lab.Models;
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
    readonly int headWidth;

    /// <summary>A probe for one mask.</summary>
    /// <param name="model">the model that will be run</param>
    /// <param name="mask">one number per part of the model's universe, [part]; tracked if its gradient is wanted</param>
    /// <param name="absence">what absent parts leave behind</param>
    /// <exception cref="ShapeException">the mask has another number of parts</exception>
    public MaskProbe(IModel model, Tensor mask, Absence absence)
    {
        Universe universe = model.Universe();
        mask.Require(new(universe.Count));
        headWidth = model.HeadWidth;
        for (int start = 0; start < universe.Count;)
        {
            Site site = Absence.SiteOf(universe.Parts[start]);
            int count = universe.Parts.Skip(start).TakeWhile(p => Absence.SiteOf(p) == site).Count();
            bool whole = !mask.Tracked && mask.Values.Slice(start, count).IndexOfAnyExcept(1f) < 0;
            if (!whole)
            {
                Tensor here = mask.Slice(0, start, count);
                here = site.Point == Point.Heads ? here.As(count, 1) : here;
                sites[site] = (here, (1 - here) * absence.At(site, headWidth));
            }
            start += count;
        }
    }

    /// <inheritdoc/>
    public Tensor At(Site site, Tensor value)
    {
        if (!sites.TryGetValue(site, out var part)) return value;
        if (site.Point != Point.Heads) return part.Mask * value + part.Absent;
        var (tokens, width) = value.AsTokens();
        return (part.Mask * value.As(tokens, width / headWidth, headWidth) + part.Absent).As(tokens, width);
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
