namespace Heartwood.Lab.Tokenizers.Pieces;

/// <summary>Cuts a word into pieces of the vocabulary. Safe to use from several threads at once.</summary>
interface IPieceModel
{
    /// <summary>Adds the ids of the word's pieces.</summary>
    /// <param name="word">the word, never empty</param>
    /// <param name="into">takes the ids</param>
    void Cut(ReadOnlySpan<char> word, List<int> into);
}

/// <summary>Pieces for bytes, <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>, which spell what a vocabulary does not.</summary>
static class BytePieces
{
    /// <summary>The piece of a byte.</summary>
    public static string Piece(byte b) => $"<0x{b:X2}>";

    /// <summary>The ids of all bytes, −1 for those that the vocabulary lacks.</summary>
    public static int[] Ids(IReadOnlyDictionary<string, int> vocabulary) =>
        [.. Enumerable.Range(0, 256).Select(b => vocabulary.TryGetValue(Piece((byte)b), out int id) ? id : -1)];
}
