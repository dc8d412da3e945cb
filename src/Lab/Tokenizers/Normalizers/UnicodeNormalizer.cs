using System.Text;
using Heartwood.Lab.Tokenizers.Characters;

namespace Heartwood.Lab.Tokenizers.Normalizers;

/// <summary>
/// NFD, NFKD, NFC and NFKC (Unicode Standard Annex 15) with the reference's tables, <c>unicode.txt</c> and
/// <c>normalization.txt</c>: the runtime's own are of another version, and do nothing in globalization-invariant mode.
/// </summary>
/// <param name="compatibility">whether characters become what they are compatible with: ﬁ becomes fi</param>
/// <param name="composed">whether decomposed text is composed again</param>
sealed class UnicodeNormalizer(bool compatibility, bool composed) : INormalizer
{
    const int Syllables = 0xAC00, Heads = 0x1100, Vowels = 0x1161, Tails = 0x11A7;

    static readonly Lazy<(Dictionary<int, int[]> Compatible, Dictionary<(int, int), int> Pairs)> tables = new(Read);

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<char> text, CharacterList into)
    {
        if (!text.ContainsAnyExceptInRange('\0', '\x7f'))
        {
            into.Add(text);
            return;
        }
        CharacterList decomposed = composed ? new(text.Length * 2) : into;
        foreach (Rune rune in text.EnumerateRunes()) Decompose(rune.Value, decomposed);
        if (composed) Compose(decomposed.Text, into);
        else into.Settle();
    }

    void Decompose(int c, CharacterList into)
    {
        if (c < 128) into.Add(c);
        else if (compatibility && tables.Value.Compatible.TryGetValue(c, out int[]? to)) Each(to, into);
        else if ((Unicode.MarksOf(c) & Marks.HasDecomposition) != 0) Each(Unicode.Decomposed(c), into);
        else if (Unicode.IsHangul(c)) Each(Unicode.Letters(c), into);
        else Put(c, into);
    }

    static void Each(int[] characters, CharacterList into)
    {
        foreach (int c in characters) Put(c, into);
    }

    static void Put(int c, CharacterList into)
    {
        if (Unicode.Class(c) is > 0 and int rank) into.AddCombining(c, rank);
        else into.Add(c);
    }

    // A character joins the last starter if none between them is of its class or a higher one (D117 of the standard).
    static void Compose(ReadOnlySpan<char> decomposed, CharacterList into)
    {
        List<int> kept = [];
        int starter = -1, before = 0;
        foreach (Rune rune in decomposed.EnumerateRunes())
        {
            int c = rune.Value, rank = Unicode.Class(c);
            bool adjacent = starter == kept.Count - 1;
            if (starter >= 0 && (adjacent || (rank > before && before > 0)) && Composite(kept[starter], c) is > 0 and int composite)
            {
                kept[starter] = composite;
                continue;
            }
            if (rank == 0) starter = kept.Count;
            before = rank;
            kept.Add(c);
        }
        foreach (int c in kept) into.Add(c);
    }

    static int Composite(int first, int second)
    {
        if (first is >= Heads and < Heads + 19 && second is >= Vowels and < Vowels + 21)
            return Syllables + ((first - Heads) * 21 + second - Vowels) * 28;
        if (Unicode.IsHangul(first) && (first - Syllables) % 28 == 0 && second is > Tails and < Tails + 28) return first + second - Tails;
        return tables.Value.Pairs.GetValueOrDefault((first, second));
    }

    static (Dictionary<int, int[]>, Dictionary<(int, int), int>) Read()
    {
        Dictionary<int, int[]> compatible = [];
        HashSet<int> excluded = [];
        foreach (string[] words in Unicode.Lines("normalization.txt"))
            if (words[0] == "K")
                foreach (var (c, to) in Unicode.Maps(words)) compatible[c] = to;
            else
                foreach (string word in words.AsSpan(1)) excluded.UnionWith(Unicode.Range(word));

        // A character is composed of two: what all but the last of its decomposition compose to, and the last.
        Dictionary<(int, int), int> pairs = [];
        var composable = Unicode.Decompositions.Where(d => d.Value.Length > 1 && !excluded.Contains(d.Key));
        foreach (var (c, to) in composable.OrderBy(d => d.Value.Length))
        {
            int first = to[0];
            foreach (int next in to.AsSpan(1, to.Length - 2)) first = pairs.GetValueOrDefault((first, next), -1);
            pairs[(first, to[^1])] = c;
        }
        return (compatible, pairs);
    }
}
