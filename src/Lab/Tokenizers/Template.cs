namespace Heartwood.Lab.Tokenizers;

/// <summary>Where special tokens stand around a text, or around the two of a pair.</summary>
/// <param name="Single">the slots of a text alone</param>
/// <param name="Pair">the slots of a pair</param>
sealed record Template(IReadOnlyList<Template.Slot> Single, IReadOnlyList<Template.Slot> Pair)
{
    /// <summary>A text, or special tokens.</summary>
    /// <param name="Text">0 or 1 for a text, −1 for special tokens</param>
    /// <param name="Ids">the special tokens</param>
    /// <param name="Type">the token type of all that stands there</param>
    public sealed record Slot(int Text, int[] Ids, int Type);

    /// <summary>No special tokens.</summary>
    public static Template None { get; } = new([OfText(0, 0)], [OfText(0, 0), OfText(1, 1)]);

    /// <summary>BERT's: start, text, end, and of a pair the second text and end again, of type 1.</summary>
    public static Template Bert(int start, int end)
    {
        Slot[] single = [Special(start, 0), OfText(0, 0), Special(end, 0)];
        return new(single, [.. single, OfText(1, 1), Special(end, 1)]);
    }

    /// <summary>RoBERTa's: a pair has two ends between its texts, and all types are 0.</summary>
    public static Template Roberta(int start, int end)
    {
        Slot[] single = [Special(start, 0), OfText(0, 0), Special(end, 0)];
        return new(single, [.. single, Special(end, 0), OfText(1, 0), Special(end, 0)]);
    }

    /// <summary>A token before each text and one after it, where they are given.</summary>
    public static Template Around(int? begin, int? end)
    {
        Slot[] first = Within(0), second = Within(1);
        return new(first, [.. first, .. second]);

        Slot[] Within(int text)
        {
            List<Slot> slots = [OfText(text, text)];
            if (begin is int b) slots.Insert(0, Special(b, text));
            if (end is int e) slots.Add(Special(e, text));
            return [.. slots];
        }
    }

    /// <summary>A text's slot.</summary>
    public static Slot OfText(int text, int type) => new(text, [], type);

    /// <summary>A special token's slot.</summary>
    public static Slot Special(int id, int type) => new(-1, [id], type);

    /// <summary>The one token that always stands before a text, or null.</summary>
    public int? Begin => Single[0] is { Text: < 0, Ids: [int id] } ? id : null;

    /// <summary>The one token that always stands after a text, or null.</summary>
    public int? End => Single[^1] is { Text: < 0, Ids: [int id] } ? id : null;

    /// <summary>
    /// The texts with their special tokens, cut to at most <paramref name="maximumTokens"/>, at the end or at the beginning of each
    /// text.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">not even the special tokens fit</exception>
    public static Encoded Fill(IReadOnlyList<Slot> slots, Reading first, Reading? second, int maximumTokens, bool fromLeft = false)
    {
        int around = SpecialTokens(slots), limit = maximumTokens - around;
        var (n, m) = Truncated(first.Pieces, second?.Pieces ?? 0, limit);
        var result = new Assembly(n + m + around);
        foreach (Slot slot in slots)
            if (slot.Text < 0) result.Special(slot);
            else if (slot.Text == 0) result.TakeFirst(first.Words, fromLeft ? first.Pieces - n : 0, n, slot.Type);
            else result.Take(second!.Words, fromLeft ? second.Pieces - m : 0, m, slot.Type);
        return result.Done();
    }

    /// <summary>How many special tokens there are.</summary>
    public static int SpecialTokens(IReadOnlyList<Slot> slots) => slots.Sum(s => s.Ids.Length);

    // Longest first: a text shorter than half of the limit is kept whole; otherwise each gets half, and the longer (of equal ones the
    // second) one more where the limit is odd.
    static (int First, int Second) Truncated(int first, int second, int limit)
    {
        if ((long)first + second <= limit) return (first, second);
        int less = Math.Min(first, second), more = limit - less;
        if (more < less) (less, more) = (limit / 2, limit - limit / 2);
        return first > second ? (more, less) : (less, more);
    }

    sealed class Assembly(int count)
    {
        readonly int[] ids = new int[count], types = new int[count], words = new int[count];
        readonly List<string> texts = [];
        int at, firstWords;

        public void Special(Slot slot)
        {
            foreach (int id in slot.Ids) Put(id, slot.Type, -1);
        }

        public void TakeFirst(List<Word> from, int without, int pieces, int type)
        {
            Take(from, without, pieces, type);
            firstWords = texts.Count;
        }

        public void Take(List<Word> from, int without, int pieces, int type)
        {
            for (int w = 0; pieces > 0; w++)
            {
                Word word = from[w];
                int piece = 0;
                foreach (var (text, length) in word.Parts)
                {
                    if (pieces == 0) break;
                    int left = Math.Min(without, length);
                    (piece, without) = (piece + left, without - left);
                    if (left == length && length > 0) continue;
                    int end = Math.Min(piece + length - left, piece + pieces);
                    for (; piece < end; piece++, pieces--) Put(word.Pieces[piece], type, texts.Count);
                    texts.Add(text);
                }
            }
        }

        public Encoded Done() => new(ids, types, words, [.. texts], firstWords);

        void Put(int id, int type, int word) => (ids[at], types[at], words[at++]) = (id, type, word);
    }
}
