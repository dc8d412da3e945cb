namespace Heartwood.Lab.Subnetworks;

/// <summary>All the parts of a model at a grain, in address order; a mask has one number per part in this order.</summary>
public sealed class Universe
{
    readonly Dictionary<Part, int> places = [];

    /// <summary>A universe of the given parts.</summary>
    /// <exception cref="ArgumentException">a part stands in it twice, or there is none</exception>
    public Universe(IEnumerable<Part> parts)
    {
        Parts = [.. parts.Order()];
        if (Parts.Count == 0) throw new ArgumentException("A universe needs at least one part.", nameof(parts));
        for (int i = 0; i < Parts.Count; i++)
            if (!places.TryAdd(Parts[i], i)) throw new ArgumentException($"Part {Parts[i]} stands in the universe twice.", nameof(parts));
    }

    /// <summary>Every head and every MLP block of a model, each counting one.</summary>
    /// <param name="headsPerLayer">how many heads each layer has; the layers are the list's length</param>
    public static Universe HeadsAndMlps(IReadOnlyList<int> headsPerLayer) =>
        new(headsPerLayer.SelectMany((heads, layer) => Enumerable.Range(0, heads).Select(h => Part.Head(layer, h)).Append(Part.Mlp(layer))));

    /// <summary>The parts in address order.</summary>
    public IReadOnlyList<Part> Parts { get; }

    /// <summary>How many parts there are.</summary>
    public int Count => Parts.Count;

    /// <summary>How many heads there are.</summary>
    public int Heads => Parts.Count(p => p.Kind == PartKind.Head);

    /// <summary>How many MLP blocks there are.</summary>
    public int Mlps => Parts.Count(p => p.Kind == PartKind.Mlp);

    /// <summary>The place of a part in a mask, from 0.</summary>
    /// <exception cref="KeyNotFoundException">the model has no such part</exception>
    public int PlaceOf(Part part) => places.TryGetValue(part, out int place) ? place
        : throw new KeyNotFoundException($"The model has no part {part}; its parts run from {Parts[0]} to {Parts[^1]}.");

    /// <summary>Whether the model has this part.</summary>
    public bool Contains(Part part) => places.ContainsKey(part);

    /// <summary>How many parts a subnetwork of this sparsity keeps: (1 − sparsity) · parts, rounded to the nearest, halves up.</summary>
    /// <param name="sparsity">the fraction of parts that are absent, 0 to 1</param>
    public int KeptAt(double sparsity) => (int)KeptAt(sparsity, Count);

    /// <summary>The same of any number of parts.</summary>
    public static long KeptAt(double sparsity, long parts) => sparsity is >= 0 and <= 1 ? (long)Math.Floor((1 - sparsity) * parts + 0.5)
        : throw new ArgumentOutOfRangeException(nameof(sparsity), sparsity, "Sparsity is the fraction of parts that are absent, from 0 to 1.");
}
