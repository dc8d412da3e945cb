using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Evaluation;

/// <summary>
/// What the word-overlap baseline sees of a row: yes-or-no features. For a pair, how much of the second sentence occurs in the
/// first, how long both are, which negation words only one has, and (if asked for) which words the second has and which of those
/// the first lacks. For a single sentence, its length and its words.
/// </summary>
sealed class WordFeatures
{
    const int OverlapBins = 10, UnmatchedBins = 8, LengthBins = 8, Negations = 4;
    static readonly HashSet<string> NegationWords =
        ["no", "not", "never", "none", "nobody", "nothing", "nowhere", "neither", "nor", "without", "cannot"];

    readonly Dictionary<string, int> words = [];

    /// <summary>
    /// Takes the words of the rows' only or second sentences that occur in at least
    /// <paramref name="minimum"/> rows; none if <paramref name="withWords"/> is false.
    /// </summary>
    public WordFeatures(IEnumerable<Row> rows, bool withWords, int minimum)
    {
        if (!withWords) return;
        Dictionary<string, int> seen = [];
        foreach (Row row in rows)
            foreach (string word in WordsOf(row.Pair ?? row.Text).Distinct())
            {
                int times = seen[word] = seen.GetValueOrDefault(word) + 1;
                if (times == minimum) words.Add(word, words.Count);
            }
    }

    /// <summary>How many features there are.</summary>
    public int Count => FirstWord + 2 * words.Count;

    // one block of places after another: constant, full overlap, overlap, unmatched, length, difference of lengths, negations,
    // words, unmatched words
    const int Full = 1, Overlap = Full + 1, Unmatched = Overlap + OverlapBins, Length = Unmatched + UnmatchedBins + 1,
        Difference = Length + LengthBins + 1, Negation = Difference + 2 * LengthBins + 1, FirstWord = Negation + Negations;

    /// <summary>The places of the features that hold for this row, each from 0 to <see cref="Count"/> − 1 and at most once.</summary>
    public int[] Present(Row row)
    {
        List<int> on = [0];
        List<string> second = WordsOf(row.Pair ?? row.Text);
        on.Add(Length + Bin(second.Count));
        HashSet<string>? first = row.Pair is null ? null : [.. WordsOf(row.Text)];
        if (first is not null)
        {
            int length = WordsOf(row.Text).Count, unmatched = second.Count(w => !first.Contains(w));
            if (unmatched == 0) on.Add(Full);
            else on.Add(Overlap + (second.Count - unmatched) * OverlapBins / second.Count);
            on.Add(Unmatched + Math.Min(unmatched, UnmatchedBins));
            on.Add(Difference + LengthBins + Math.Sign(length - second.Count) * Bin(Math.Abs(length - second.Count)));
            bool firstDenies = first.Any(IsNegation), secondDenies = second.Any(IsNegation);
            on.Add(Negation + (firstDenies ? 2 : 0) + (secondDenies ? 1 : 0));
        }
        foreach (string word in second.Distinct())
        {
            if (!words.TryGetValue(word, out int place)) continue;
            on.Add(FirstWord + place);
            if (first is not null && !first.Contains(word)) on.Add(FirstWord + words.Count + place);
        }
        return [.. on];
    }

    /// <summary>Runs of letters, digits and inner apostrophes, in lower case.</summary>
    internal static List<string> WordsOf(string text)
    {
        List<string> found = [];
        for (int start = 0, end; start < text.Length; start = end + 1)
        {
            for (end = start; end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] is '\'' or '’');) end++;
            string word = text[start..end].Replace('’', '\'').Trim('\'').ToLowerInvariant();
            if (word.Length > 0) found.Add(word);
        }
        return found;
    }

    static bool IsNegation(string word) => NegationWords.Contains(word) || word.EndsWith("n't", StringComparison.Ordinal);

    /// <summary>0, 1, 2, 3, 4-5, 6-8, 9-13, 14-19, 20 and more: even steps on a logarithmic scale.</summary>
    static int Bin(int count) => Math.Min(LengthBins, count < 3 ? count : (int)Math.Round(1.75 * Math.Log2(count)));
}
