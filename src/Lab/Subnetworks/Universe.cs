using Heartwood.Lab.Models;

namespace Heartwood.Lab.Subnetworks;

/// <summary>Parts among which chance draws: of one kind, in all layers or in one.</summary>
/// <param name="Kind">their kind</param>
/// <param name="Layer">their layer; null for all layers</param>
/// <param name="Parts">the parts, in address order</param>
public sealed record Stratum(PartKind Kind, int? Layer, IReadOnlyList<Part> Parts)
{
    /// <summary>"12 heads", "3 neurons of layer 2"</summary>
    public string Counted(int count) => Kind.Counted(count) + (Layer is { } layer ? $" of layer {layer}" : "");
}

/// <summary>
/// The parts in play: all parts that a model has of some kinds, in address order. A mask has one number per part in this order.
/// </summary>
public sealed class Universe
{
    readonly Dictionary<Part, int> places = [];

    /// <summary>A universe of the given parts.</summary>
    /// <param name="parts">where the parts lie; kinds stand in the order in which they first occur here</param>
    /// <exception cref="ArgumentException">a part stands in it twice, or there is none</exception>
    public Universe(IEnumerable<Place> parts)
    {
        Place[] given = [.. parts];
        if (given.Length == 0) throw new ArgumentException("A universe needs at least one part.", nameof(parts));
        Kinds = [.. given.Select(place => place.Kind).DistinctBy(kind => kind.Name)];
        Places = [.. given.OrderBy(place => place.Part)];
        Parts = [.. Places.Select(place => place.Part)];
        for (int i = 0; i < Parts.Count; i++)
            if (!places.TryAdd(Parts[i], i)) throw new ArgumentException($"Part {Parts[i]} stands in the universe twice.", nameof(parts));
        Strata = [.. Kinds.SelectMany(StrataOf)];
    }

    /// <summary>Where the parts lie, in address order.</summary>
    public IReadOnlyList<Place> Places { get; }

    /// <summary>The parts in address order.</summary>
    public IReadOnlyList<Part> Parts { get; }

    /// <summary>The kinds in play.</summary>
    public IReadOnlyList<PartKind> Kinds { get; }

    /// <summary>What every null hypothesis keeps: how many parts of each kind there are, of kinds with very many in each layer.</summary>
    public IReadOnlyList<Stratum> Strata { get; }

    /// <summary>How many parts there are.</summary>
    public int Count => Parts.Count;

    /// <summary>How many parts there are of a kind; 0 where it is not in play.</summary>
    public int CountOf(PartKind kind) => Parts.Count(kind.Includes);

    /// <summary>The parts of a kind, in address order; none where it is not in play.</summary>
    public IReadOnlyList<Part> PartsOf(PartKind kind) => [.. Parts.Where(kind.Includes)];

    /// <summary>The kind of a part.</summary>
    /// <exception cref="KeyNotFoundException">the model has no such part</exception>
    public PartKind KindOf(Part part) => Places[PlaceOf(part)].Kind;

    /// <summary>How many of some parts lie in each of the <see cref="Strata"/>.</summary>
    public IReadOnlyList<int> Counts(IEnumerable<Part> parts)
    {
        HashSet<Part> some = [.. parts];
        return [.. Strata.Select(stratum => stratum.Parts.Count(some.Contains))];
    }

    /// <summary>The place of a part in a mask, from 0.</summary>
    /// <exception cref="KeyNotFoundException">the model has no such part, or it is not in play</exception>
    public int PlaceOf(Part part) => places.TryGetValue(part, out int place) ? place
        : throw new KeyNotFoundException($"The model has no part {part}; its parts run from {Parts[0]} to {Parts[^1]}."
            + (Kinds.Any(kind => kind.Includes(part)) ? "" : $" In play are {string.Join(" and ", Kinds.Select(kind => kind.Many))}."));

    /// <summary>Whether the model has this part, and it is in play.</summary>
    public bool Contains(Part part) => places.ContainsKey(part);

    /// <summary>How many parts a subnetwork of this sparsity keeps: (1 − sparsity) · parts, rounded to the nearest, halves up.</summary>
    /// <param name="sparsity">the fraction of parts that are ablated, 0 to 1</param>
    public int KeptAt(double sparsity) => (int)KeptAt(sparsity, Count);

    /// <summary>The same of any number of parts.</summary>
    public static long KeptAt(double sparsity, long parts) => sparsity is >= 0 and <= 1 ? (long)Math.Floor((1 - sparsity) * parts + 0.5)
        : throw new ArgumentOutOfRangeException(
            nameof(sparsity), sparsity, "Sparsity is the fraction of parts that are ablated, from 0 to 1.");

    IEnumerable<Stratum> StrataOf(PartKind kind)
    {
        IReadOnlyList<Part> parts = PartsOf(kind);
        if (!kind.ByLayer) return [new(kind, null, parts)];
        return parts.GroupBy(part => part.Layer).Select(layer => new Stratum(kind, layer.Key, [.. layer]));
    }
}
