using System.Text;

namespace Heartwood.Lab.Tokenizers.Pieces;

/// <summary>
/// WordPiece (Wu et al. 2016; Devlin et al. 2019): a word is cut greedily into the longest pieces of the vocabulary; one
/// that cannot be spelled, or is too long, is the unknown piece.
/// </summary>
sealed class WordPiece : IPieceModel
{
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> headIds, tailIds;
    readonly int longest, unknown, longestWord;

    /// <param name="ids">the pieces</param>
    /// <param name="unknown">the id of a word that cannot be spelled</param>
    /// <param name="prefix">what a piece that continues a word begins with</param>
    /// <param name="longestWord">a word of more characters (code points) is unknown</param>
    public WordPiece(Dictionary<string, int> ids, int unknown, string prefix = "##", int longestWord = 100)
    {
        (this.unknown, this.longestWord) = (unknown, longestWord);
        var tails = ids.Where(p => p.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(p => p.Key[prefix.Length..], p => p.Value);
        (headIds, tailIds) = (ids.GetAlternateLookup<ReadOnlySpan<char>>(), tails.GetAlternateLookup<ReadOnlySpan<char>>());
        longest = ids.Keys.Max(k => k.Length);
    }

    /// <inheritdoc/>
    public void Cut(ReadOnlySpan<char> word, List<int> into)
    {
        int characters = 0, before = into.Count;
        foreach (Rune _ in word.EnumerateRunes()) characters++;
        for (int start = 0; start < word.Length && characters <= longestWord;)
        {
            var ids = start == 0 ? headIds : tailIds;
            int end = Math.Min(word.Length, start + longest), id = -1;
            while (end > start && !ids.TryGetValue(word[start..end], out id)) end--;
            if (end == start) break;
            into.Add(id);
            start = end;
            if (end == word.Length) return;
        }
        into.RemoveRange(before, into.Count - before);
        into.Add(unknown);
    }
}
