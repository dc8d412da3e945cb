using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks;

/// <summary>
/// Random sets of parts with as many heads and as many MLPs as a given set: the control beside a learned mask and beside a
/// knock-out. Draws are independent, so two may be equal, and one may equal the given set.
/// </summary>
public static class RandomParts
{
    /// <summary>As many heads and as many MLPs as <paramref name="parts"/> has.</summary>
    /// <param name="universe">the parts to draw from</param>
    /// <param name="parts">the set to imitate</param>
    /// <param name="chance">keyed by (seed, purpose)</param>
    /// <param name="draw">the number of this draw; each can be replayed alone</param>
    /// <param name="excluding">parts that may not be drawn, for example the core itself; none if null</param>
    /// <returns>the set, in address order</returns>
    public static IReadOnlyList<Part> Like(
        Universe universe, IReadOnlyCollection<Part> parts, Chance chance, long draw, IReadOnlyCollection<Part>? excluding = null)
    {
        var like = KeptParts.Of(universe, parts, "The set to imitate");
        return Draw(universe, like.Heads, like.Mlps, chance, draw, excluding);
    }

    /// <summary>As many heads as <paramref name="parts"/> has, and no MLP; the other parameters as in <see cref="Like"/>.</summary>
    public static IReadOnlyList<Part> HeadsLike(
        Universe universe, IReadOnlyCollection<Part> parts, Chance chance, long draw, IReadOnlyCollection<Part>? excluding = null) =>
        Draw(universe, KeptParts.Of(universe, parts, "The set to imitate").Heads, 0, chance, draw, excluding);

    /// <summary>A stated number of heads and of MLPs; the other parameters as in <see cref="Like"/>.</summary>
    /// <exception cref="ArgumentException">there are not as many to draw from</exception>
    public static IReadOnlyList<Part> Draw(
        Universe universe, int heads, int mlps, Chance chance, long draw, IReadOnlyCollection<Part>? excluding = null)
    {
        var stream = chance.At(draw).Stream();
        var free = universe.Parts.Where(p => excluding is null || !excluding.Contains(p)).ToLookup(p => p.Kind);
        Part[] freeHeads = [.. free[PartKind.Head]], freeMlps = [.. free[PartKind.Mlp]];
        if (heads < 0 || heads > freeHeads.Length || mlps < 0 || mlps > freeMlps.Length)
            throw new ArgumentException($"{heads} heads and {mlps} MLPs were asked for; there are {freeHeads.Length} heads and {freeMlps.Length} MLPs to draw from.");
        Part[] drawn = [.. First(freeHeads, heads, stream), .. First(freeMlps, mlps, stream)];
        Array.Sort(drawn);
        return drawn;
    }

    /// <summary>Moves a random subset to the front (the first steps of Fisher and Yates's shuffle) and returns that front.</summary>
    internal static ReadOnlySpan<T> First<T>(Span<T> items, int count, ChanceStream stream)
    {
        for (int i = 0; i < count; i++)
        {
            int j = i + stream.Below(items.Length - i);
            (items[i], items[j]) = (items[j], items[i]);
        }
        return items[..count];
    }
}
