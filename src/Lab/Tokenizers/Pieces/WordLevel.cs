namespace Heartwood.Lab.Tokenizers.Pieces;

/// <summary>Every word of the vocabulary is a piece; any other word becomes the unknown piece.</summary>
/// <param name="ids">the words</param>
/// <param name="unknown">the id of the unknown piece</param>
sealed class WordLevel(Dictionary<string, int> ids, int unknown) : IPieceModel
{
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <inheritdoc/>
    public void Cut(ReadOnlySpan<char> word, List<int> into) => into.Add(lookup.TryGetValue(word, out int id) ? id : unknown);
}
