using System.Text;

namespace Heartwood.Lab.Tokenizers.SentencePiece;

/// <summary>A stretch of normalized text and the piece that it becomes.</summary>
/// <param name="Start">its first character (UTF-16 unit)</param>
/// <param name="Length">how many characters (UTF-16 units) it has; 0 for all but the last of the bytes that spell a character</param>
/// <param name="Id">the piece</param>
readonly record struct CutPiece(int Start, int Length, int Id);

/// <summary>Cuts normalized text into pieces. Safe to use from several threads at once.</summary>
interface ICutter
{
    /// <summary>Adds the pieces, from left to right; what no piece has is unknown, character by character.</summary>
    /// <param name="text">the text, never empty, of whole characters</param>
    /// <param name="into">takes the pieces</param>
    void Cut(ReadOnlySpan<char> text, List<CutPiece> into);
}

/// <summary>
/// The unigram language model (Kudo 2018): of all ways to cut a text, the one whose scores sum to most. Sums are float32 and run
/// over the whole text from left to right, as SentencePiece adds them (a tokenizer.json is cut word by word in float64:
/// <see cref="Pieces.Unigram"/>): where two ways are all but equal, rounding decides, and ids are equal only with the same
/// rounding. Of equal sums the one with the longest last piece is kept.
/// </summary>
/// <param name="pieces">the pieces that text can become</param>
/// <param name="scores">their scores, by id</param>
/// <param name="unknown">the id of a character that is no piece</param>
/// <param name="unknownScore">what such a character counts</param>
sealed class BestPath(PieceTrie pieces, float[] scores, int unknown, float unknownScore) : ICutter
{
    /// <inheritdoc/>
    public void Cut(ReadOnlySpan<char> text, List<CutPiece> into)
    {
        var best = new (float Score, int Start, int Id)[text.Length + 1];
        for (int i = 1; i < best.Length; i++) best[i].Start = -1;
        for (int at = 0, size; at < text.Length; at += size)
        {
            Rune.DecodeFromUtf16(text[at..], out _, out size);
            bool single = false;
            for (int end = at, node = 0; end < text.Length && (node = pieces.Next(node, text[end])) >= 0;)
            {
                end++;
                if (pieces.Id(node) is not (>= 0 and int id)) continue;
                Offer(at, end, id, scores[id]);
                single |= end == at + size;
            }
            if (!single) Offer(at, at + size, unknown, unknownScore);
        }

        int before = into.Count;
        for (int end = text.Length; end > 0; end = best[end].Start) into.Add(new(best[end].Start, end - best[end].Start, best[end].Id));
        into.Reverse(before, into.Count - before);

        void Offer(int start, int end, int id, float score)
        {
            float sum = score + best[start].Score;
            if (best[end].Start < 0 || sum > best[end].Score) best[end] = (sum, start, id);
        }
    }
}

/// <summary>Words: a text cut before each space.</summary>
/// <param name="ids">the pieces</param>
/// <param name="unknown">the id of a word that is no piece</param>
/// <param name="marker">what a space is</param>
sealed class AtSpaces(Dictionary<string, int> ids, int unknown, char marker) : ICutter
{
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <inheritdoc/>
    public void Cut(ReadOnlySpan<char> text, List<CutPiece> into)
    {
        for (int at = 0, length; at < text.Length; at += length)
        {
            length = text[(at + 1)..].IndexOf(marker) is >= 0 and int next ? next + 1 : text.Length - at;
            into.Add(new(at, length, lookup.TryGetValue(text.Slice(at, length), out int id) ? id : unknown));
        }
    }
}

/// <summary>Characters, and user-defined pieces whole.</summary>
/// <param name="ids">the pieces</param>
/// <param name="kept">the user-defined pieces</param>
/// <param name="unknown">the id of a character that is no piece</param>
sealed class EveryCharacter(Dictionary<string, int> ids, PieceTrie kept, int unknown) : ICutter
{
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <inheritdoc/>
    public void Cut(ReadOnlySpan<char> text, List<CutPiece> into)
    {
        for (int at = 0, length; at < text.Length; at += length)
        {
            length = kept.Longest(text[at..]);
            if (length == 0) Rune.DecodeFromUtf16(text[at..], out _, out length);
            into.Add(new(at, length, lookup.TryGetValue(text.Slice(at, length), out int id) ? id : unknown));
        }
    }
}
