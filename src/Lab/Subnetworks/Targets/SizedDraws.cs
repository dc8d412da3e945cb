using Heartwood.Lab.Models;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks.Targets;

/// <summary>
/// Random parts of the same make and the same size as a subnetwork's: as many layers; of the blocks of those layers as many; of their heads
/// as many; of kinds with very many parts, the numbers of the layers that it keeps, spread over the layers drawn. Of some such draws the
/// one whose cost is nearest.
/// </summary>
public static class SizedDraws
{
    const int Tries = 32;

    /// <summary>A draw.</summary>
    /// <param name="costs">what parts cost, in the unit that the sizes should be equal in</param>
    /// <param name="universe">the parts to draw from</param>
    /// <param name="kept">the set to imitate</param>
    /// <param name="chance">keyed by (seed, purpose)</param>
    /// <param name="draw">the number of this draw</param>
    /// <returns>the set, in address order</returns>
    public static IReadOnlyList<Part> Like(PartCosts costs, Universe universe, IEnumerable<Part> kept, Chance chance, long draw)
    {
        IReadOnlyList<Part> effective = costs.Effective(kept);
        double wanted = costs.CostOf(effective);
        IReadOnlyList<Part>? best = null;
        double nearest = double.PositiveInfinity;
        for (int attempt = 0; attempt < Tries && nearest > 1e-9 * costs.Full; attempt++)
        {
            IReadOnlyList<Part> drawn = Draw(costs, universe, effective, chance.At(draw * Tries + attempt).Stream());
            double away = Math.Abs(costs.CostOf(drawn) - wanted);
            if (away >= nearest) continue;
            (best, nearest) = (drawn, away);
        }
        return best!;
    }

    static IReadOnlyList<Part> Draw(PartCosts costs, Universe universe, IReadOnlyList<Part> kept, ChanceStream stream)
    {
        HashSet<Part> drawn = [];
        // what holds others first: layers, then blocks, then what stands in them
        foreach (PartKind kind in universe.Kinds.OrderBy(kind => Depth(costs, universe, kind)))
        {
            Part[] own = [.. kept.Where(kind.Includes)];
            Part[] free = [.. universe.PartsOf(kind).Where(part =>
                costs.HoldersOf(universe.PlaceOf(part)).All(holder => drawn.Contains(universe.Parts[holder])))];
            if (!kind.ByLayer)
            {
                drawn.UnionWith(RandomParts.First(free.AsSpan(), Math.Min(own.Length, free.Length), stream).ToArray());
                continue;
            }
            bool held = Depth(costs, universe, kind) > 0;
            Part[][] layers = [.. free.GroupBy(part => part.Layer).Select(layer => layer.ToArray())];
            int[] counts = held
                ? [.. own.GroupBy(part => part.Layer).Select(layer => layer.Count()).OrderDescending()
                    .Concat(Enumerable.Repeat(0, layers.Length)).Take(layers.Length)]
                : [.. layers.Select(layer => own.Count(part => part.Layer == layer[0].Layer))];
            if (held) stream.Shuffle<int>(counts);
            for (int l = 0; l < layers.Length; l++)
                drawn.UnionWith(RandomParts.First(layers[l].AsSpan(), Math.Min(counts[l], layers[l].Length), stream).ToArray());
        }
        return [.. drawn.Order()];
    }

    static int Depth(PartCosts costs, Universe universe, PartKind kind) =>
        universe.PartsOf(kind).Max(part => costs.HoldersOf(universe.PlaceOf(part)).Count());
}
