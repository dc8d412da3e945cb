using System.Text;

namespace Heartwood.Lab.Tokenizers.Pieces;

/// <summary>How a byte-pair encoding is set up.</summary>
sealed record BpeOptions
{
    /// <summary>The id of a character that the vocabulary lacks; null where such a character vanishes.</summary>
    public int? Unknown { get; init; }

    /// <summary>Whether neighbouring unknown characters are one piece.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>Whether an unknown character is spelled by its bytes.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Whether a word that is a piece stays one, whatever the merges say.</summary>
    public bool IgnoreMerges { get; init; }

    /// <summary>What a character that continues a word is looked up with before it.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>What the last character of a word is looked up with after it.</summary>
    public string Suffix { get; init; } = "";
}

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016): a word's characters are merged pair by pair, the earliest merge of the list
/// first, of equal ones the leftmost. The characters are letters of <see cref="Splitters.ByteAlphabet"/> in GPT-2's kind,
/// characters with bytes to fall back to in Llama's.
/// </summary>
/// <param name="ids">the pieces</param>
/// <param name="merges">what two ids merge to</param>
/// <param name="options">the rest</param>
sealed class Bpe(Dictionary<string, int> ids, MergeTable merges, BpeOptions options) : IPieceModel
{
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
    readonly int[]? bytes = options.ByteFallback ? BytePieces.Ids(ids) : null;

    /// <summary>Whether no piece joins a character to a marker after it, so that words may be cut before markers.</summary>
    public bool CutsBefore(char marker)
    {
        if (options.IgnoreMerges || options.Prefix != "" || options.Suffix != "") return false;
        if (options.Unknown is null) return false;               // a character that vanishes would let markers meet
        return ids.ContainsKey($"{marker}") && merges.CutsBefore(marker);
    }

    /// <inheritdoc/>
    public void Cut(ReadOnlySpan<char> word, List<int> into)
    {
        if (options.IgnoreMerges && lookup.TryGetValue(word, out int whole))
        {
            into.Add(whole);
            return;
        }
        int before = into.Count;
        Characters(word, into);
        merges.Merge(into, before);
    }

    // An unknown character waits until one of the vocabulary comes, even after the bytes of others, as in the reference.
    void Characters(ReadOnlySpan<char> word, List<int> into)
    {
        bool waiting = false;
        for (int at = 0, size; at < word.Length; at += size)
        {
            Rune.DecodeFromUtf16(word[at..], out _, out size);
            ReadOnlySpan<char> character = word.Slice(at, size);
            if (at > 0 && options.Prefix != "") character = string.Concat(options.Prefix, character);
            if (at + size == word.Length && options.Suffix != "") character = string.Concat(character, options.Suffix);
            if (lookup.TryGetValue(character, out int id))
            {
                if (waiting) into.Add(options.Unknown!.Value);
                waiting = false;
                into.Add(id);
            }
            else if (!Spelled(character, into) && options.Unknown is int unknown)
            {
                if (waiting && !options.FuseUnknown) into.Add(unknown);
                waiting = true;
            }
        }
        if (waiting) into.Add(options.Unknown!.Value);
    }

    bool Spelled(ReadOnlySpan<char> character, List<int> into)
    {
        if (bytes is null) return false;
        int before = into.Count;
        foreach (byte b in Encoding.UTF8.GetBytes(character.ToString()))
        {
            if (bytes[b] < 0)
            {
                into.RemoveRange(before, into.Count - before);
                return false;
            }
            into.Add(bytes[b]);
        }
        return true;
    }
}
