using System.Text;

namespace Heartwood.Lab.Tokenizers.Pieces;

/// <summary>
/// The unigram language model (Kudo 2018): of all ways to cut a word into pieces, the one whose scores sum to most; of
/// equal ones, as in the reference, the one found first from the left.
/// </summary>
sealed class Unigram : IPieceModel
{
    const double UnknownPenalty = 10;

    readonly Dictionary<string, int> ids;
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup;
    readonly double[] scores;
    readonly int unknown, longest;
    readonly double unknownScore;
    readonly int[]? bytes;

    /// <param name="ids">the pieces</param>
    /// <param name="scores">the logarithm of each piece's probability</param>
    /// <param name="unknown">the id of what the vocabulary lacks</param>
    /// <param name="byteFallback">whether that is spelled by its bytes</param>
    public Unigram(Dictionary<string, int> ids, double[] scores, int unknown, bool byteFallback)
    {
        (this.ids, this.scores, this.unknown) = (ids, scores, unknown);
        lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        longest = ids.Keys.Max(k => k.Length);
        unknownScore = scores.Min() - UnknownPenalty;
        bytes = byteFallback ? BytePieces.Ids(ids) : null;
    }

    /// <inheritdoc/>
    public void Cut(ReadOnlySpan<char> word, List<int> into)
    {
        var best = new (double Score, int From, int Id)[word.Length + 1];
        for (int i = 1; i < best.Length; i++) best[i].From = -1;
        for (int at = 0, size; at < word.Length; at += size)
        {
            Rune.DecodeFromUtf16(word[at..], out _, out size);
            bool single = false;
            for (int end = at + 1; end <= Math.Min(word.Length, at + longest); end++)
            {
                if (end < word.Length && char.IsLowSurrogate(word[end]) || !lookup.TryGetValue(word[at..end], out int id)) continue;
                Offer(at, end, id, scores[id]);
                single |= end == at + size;
            }
            if (!single) Offer(at, at + size, unknown, unknownScore);
        }

        List<(int From, int To)> parts = [];
        for (int end = word.Length; end > 0; end = best[end].From)
        {
            bool joins = best[end].Id == unknown && parts.Count > 0 && parts[^1].From == end && best[parts[^1].To].Id == unknown;
            if (joins) parts[^1] = (best[end].From, parts[^1].To);
            else parts.Add((best[end].From, end));
        }
        for (int i = parts.Count - 1; i >= 0; i--) Add(word[parts[i].From..parts[i].To], into);

        void Offer(int from, int to, int id, double score)
        {
            double sum = score + best[from].Score;
            if (best[to].From < 0 || sum > best[to].Score) best[to] = (sum, from, id);
        }
    }

    void Add(ReadOnlySpan<char> part, List<int> into)
    {
        if (lookup.TryGetValue(part, out int id)) into.Add(id);
        else if (bytes is null) into.Add(unknown);
        else
        {
            byte[] spelled = Encoding.UTF8.GetBytes(part.ToString());
            if (Array.TrueForAll(spelled, b => bytes[b] >= 0)) into.AddRange(spelled.Select(b => bytes[b]));
            else into.Add(unknown);
        }
    }
}
