using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>One input of a model: token ids with their types.</summary>
/// <param name="Ids">token ids, special tokens included</param>
/// <param name="TokenTypes">type of each token; for a pair, which sentence it belongs to</param>
public readonly record struct Sequence(int[] Ids, int[] TokenTypes)
{
    /// <summary>Tokens of one type.</summary>
    public static Sequence Plain(int[] ids) => new(ids, new int[ids.Length]);
}

/// <summary>Sequences packed one after another, without padding: sequence s is tokens Offsets[s] to Offsets[s + 1].</summary>
public sealed class Batch
{
    /// <summary>Packs sequences.</summary>
    /// <exception cref="ArgumentException">there is none, one is empty, or ids and types differ in number</exception>
    public Batch(IReadOnlyList<Sequence> sequences)
    {
        if (sequences.Count == 0) throw new ArgumentException("A batch needs at least one sequence.", nameof(sequences));
        Offsets = new int[sequences.Count + 1];
        for (int s = 0; s < sequences.Count; s++)
        {
            if (sequences[s].Ids.Length == 0 || sequences[s].Ids.Length != sequences[s].TokenTypes.Length)
                throw new ArgumentException($"Sequence {s} has {sequences[s].Ids.Length} ids and {sequences[s].TokenTypes.Length} token "
                    + "types; both must be the same number, at least 1.", nameof(sequences));
            Offsets[s + 1] = checked(Offsets[s] + sequences[s].Ids.Length);
        }
        (Ids, TokenTypes, Positions) = (new int[Offsets[^1]], new int[Offsets[^1]], new int[Offsets[^1]]);
        for (int s = 0; s < sequences.Count; s++)
        {
            sequences[s].Ids.CopyTo(Ids, Offsets[s]);
            sequences[s].TokenTypes.CopyTo(TokenTypes, Offsets[s]);
            for (int t = Offsets[s]; t < Offsets[s + 1]; t++) Positions[t] = t - Offsets[s];
        }
        KeyOffsets = Offsets;
        First = Offsets[..^1];
        Last = [.. Offsets.Skip(1).Select(end => end - 1)];
    }

    /// <summary>The tokens that come next in one sequence; see <see cref="Models.Past.Next"/>.</summary>
    internal Batch(Past past, int[] ids)
    {
        (Past, Start, Ids, TokenTypes, Offsets) = (past, past.Count, ids, new int[ids.Length], [0, ids.Length]);
        (KeyOffsets, Positions) = ([0, Start + ids.Length], [.. Enumerable.Range(Start, ids.Length)]);
        (First, Last) = ([0], [ids.Length - 1]);
    }

    /// <summary>What was before, where this continues a sequence.</summary>
    internal Past? Past { get; }

    /// <summary>Place of the first token in its sequence, where this continues one.</summary>
    internal int Start { get; }

    /// <summary>Token ids, [token].</summary>
    public int[] Ids { get; }

    /// <summary>Token types, [token].</summary>
    public int[] TokenTypes { get; }

    /// <summary>Place of each token in its sequence, [token].</summary>
    public int[] Positions { get; }

    /// <summary>Where each sequence starts, and after them the number of tokens.</summary>
    public int[] Offsets { get; }

    /// <summary>The same with what was before: where each sequence's keys and values start in attention.</summary>
    internal int[] KeyOffsets { get; }

    /// <summary>What a decoder's layer attends to: the keys and values of these tokens, after those of what was before.</summary>
    internal (Tensor Keys, Tensor Values) Attended(int layer, Tensor keys, Tensor values) =>
        Past is null ? (keys, values) : Past.With(layer, Start, keys, values);

    /// <summary>The sequences, one by one.</summary>
    public Sequence[] Sequences()
    {
        Sequence[] sequences = new Sequence[Count];
        for (int s = 0; s < Count; s++) sequences[s] = new(Ids[Offsets[s]..Offsets[s + 1]], TokenTypes[Offsets[s]..Offsets[s + 1]]);
        return sequences;
    }

    /// <summary>The first token of each sequence, [batch].</summary>
    public int[] First { get; }

    /// <summary>The last token of each sequence, [batch].</summary>
    public int[] Last { get; }

    /// <summary>Number of sequences.</summary>
    public int Count => Offsets.Length - 1;

    /// <summary>Number of tokens.</summary>
    public int Tokens => Ids.Length;
}
