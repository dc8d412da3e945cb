using Heartwood.Lab.Models;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks;

/// <summary>
/// Random sets of parts with as many parts of each stratum as a given set (as many heads and as many MLPs; of neurons as many in each
/// layer): the control next to a learned mask and next to ablated sets. Draws are independent, so two may be equal, and one may equal the
/// given set.
/// </summary>
public static class RandomParts
{
    /// <summary>As many parts of each stratum as <paramref name="parts"/> has.</summary>
    /// <param name="universe">the parts to draw from</param>
    /// <param name="parts">the set to imitate</param>
    /// <param name="chance">keyed by (seed, purpose)</param>
    /// <param name="draw">the number of this draw; each can be replayed alone</param>
    /// <param name="excluding">parts that may not be drawn, for example the core itself; none if null</param>
    /// <returns>the set, in address order</returns>
    public static IReadOnlyList<Part> Like(
        Universe universe, IReadOnlyCollection<Part> parts, Chance chance, long draw, IReadOnlyCollection<Part>? excluding = null) =>
        Draw(universe, KeptParts.Checked(universe, parts, "The set to imitate").Counts, chance, draw, excluding);

    /// <summary>
    /// As many parts of one kind as <paramref name="parts"/> has, and none of another; the other parameters as in <see cref="Like"/>.
    /// </summary>
    public static IReadOnlyList<Part> LikeOf(
        PartKind kind, Universe universe, IReadOnlyCollection<Part> parts, Chance chance, long draw,
        IReadOnlyCollection<Part>? excluding = null)
    {
        IReadOnlyList<int> counts = KeptParts.Checked(universe, parts, "The set to imitate").Counts;
        int[] wanted = [.. counts.Zip(universe.Strata, (count, stratum) => stratum.Kind.Name == kind.Name ? count : 0)];
        return Draw(universe, wanted, chance, draw, excluding);
    }

    /// <summary>
    /// A stated number of one kind that is drawn over all layers together,
    /// and none of another; the other parameters as in <see cref="Like"/>.
    /// </summary>
    /// <exception cref="ArgumentException">the kind is not in play or drawn by layer, or there are not as many to draw from</exception>
    public static IReadOnlyList<Part> DrawOf(
        PartKind kind, Universe universe, int count, Chance chance, long draw, IReadOnlyCollection<Part>? excluding = null)
    {
        if (kind.ByLayer || universe.CountOf(kind) == 0)
            throw new ArgumentException($"{count} {kind.Many} cannot be drawn: "
                + $"{(kind.ByLayer ? "they are drawn in each layer apart" : "none is in play")}.", nameof(kind));
        return Draw(universe, [.. universe.Strata.Select(stratum => stratum.Kind.Name == kind.Name ? count : 0)], chance, draw, excluding);
    }

    /// <summary>A stated number of each stratum; the other parameters as in <see cref="Like"/>.</summary>
    /// <param name="universe">the parts to draw from</param>
    /// <param name="counts">how many of each of its strata</param>
    /// <param name="chance">keyed by (seed, purpose)</param>
    /// <param name="draw">the number of this draw</param>
    /// <param name="excluding">parts that may not be drawn; none if null</param>
    /// <exception cref="ArgumentException">there are not as many to draw from</exception>
    public static IReadOnlyList<Part> Draw(
        Universe universe, IReadOnlyList<int> counts, Chance chance, long draw, IReadOnlyCollection<Part>? excluding = null)
    {
        ChanceStream stream = chance.At(draw).Stream();
        HashSet<Part> not = [.. excluding ?? []];
        Part[][] free = [.. universe.Strata.Select(stratum => (Part[])[.. stratum.Parts.Where(part => !not.Contains(part))])];
        if (counts.Zip(free).Any(pair => pair.First < 0 || pair.First > pair.Second.Length))
            throw new ArgumentException($"{InWords(universe, counts)} were asked for; "
                + $"there are {InWords(universe, [.. free.Select(parts => parts.Length)])} to draw from.");
        List<Part> drawn = [];
        for (int s = 0; s < free.Length; s++) drawn.AddRange(First(free[s], counts[s], stream));
        drawn.Sort();
        return drawn;
    }

    /// <summary>"9 heads and 3 MLPs"; of very many strata those that there are any of.</summary>
    internal static string InWords(Universe universe, IReadOnlyList<int> counts)
    {
        const int few = 4;
        var counted = universe.Strata.Zip(counts, (stratum, count) => (stratum, count));
        var named = counted.Where(s => universe.Strata.Count <= few || s.count > 0);
        return string.Join(" and ", named.Select(s => s.stratum.Counted(s.count)));
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
