using System.Buffers;
using System.Collections.Concurrent;
using System.Text;

namespace Heartwood.Lab.Tokenizers;

/// <summary>
/// BERT's tokenizer (Wu et al. 2016; Devlin et al. 2019): normalized words, each cut greedily into the longest pieces of
/// the vocabulary. Ids equal those of the fast reference tokenizer. Safe to use from several threads at once.
/// </summary>
public sealed class WordPiece
{
    const int CachedWords = 1 << 16, CachedLength = 40;

    readonly Vocabulary vocabulary;
    readonly ConcurrentDictionary<string, Word> cache = new();
    readonly ConcurrentDictionary<string, Word>.AlternateLookup<ReadOnlySpan<char>> cached;
    readonly Dictionary<string, int> tails;
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> headIds, tailIds;
    readonly SearchValues<string>? special;
    readonly int longest;
    int cachedWords;

    internal WordPiece(Vocabulary vocabulary)
    {
        this.vocabulary = vocabulary;
        string prefix = vocabulary.Prefix;
        tails = vocabulary.Ids.Where(p => p.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(p => p.Key[prefix.Length..], p => p.Value);
        (headIds, tailIds) = (vocabulary.Ids.GetAlternateLookup<ReadOnlySpan<char>>(), tails.GetAlternateLookup<ReadOnlySpan<char>>());
        cached = cache.GetAlternateLookup<ReadOnlySpan<char>>();
        longest = vocabulary.Ids.Keys.Max(k => k.Length);
        if (vocabulary.Special.Count > 0) special = SearchValues.Create([.. vocabulary.Special.Keys], StringComparison.Ordinal);
    }

    /// <summary>Reads a <c>vocab.txt</c>: one piece per line, in UTF-8; the line's number from 0 is its id, the last one's where a piece stands twice.</summary>
    /// <param name="path">the file</param>
    /// <param name="lowerCase">whether the model is uncased: text is lower-cased and its accents stripped</param>
    /// <exception cref="InvalidDataException">not UTF-8, or <c>[UNK]</c>, <c>[CLS]</c> or <c>[SEP]</c> is missing</exception>
    /// <exception cref="IOException">the file cannot be read</exception>
    public static WordPiece FromVocabulary(string path, bool lowerCase) => FromVocabulary(File.ReadAllBytes(path), path, lowerCase);

    /// <summary>Reads a <c>tokenizer.json</c> that says WordPiece with BERT's normalizer, splitter and template.</summary>
    /// <exception cref="InvalidDataException">not such a file: the message names what is not understood</exception>
    /// <exception cref="IOException">the file cannot be read</exception>
    public static WordPiece FromJson(string path) => FromJson(File.ReadAllBytes(path), path);

    /// <summary>Reads a model folder's tokenizer: <c>tokenizer.json</c>, else <c>vocab.txt</c>, uncased unless <c>tokenizer_config.json</c> says otherwise.</summary>
    /// <exception cref="InvalidDataException">no tokenizer, one that is not understood, or two files that contradict each other</exception>
    /// <exception cref="IOException">a file cannot be read</exception>
    public static WordPiece FromFolder(string folder) => TokenizerFolder.Read(folder);

    /// <summary>Takes the pieces in the order of their ids.</summary>
    /// <param name="vocabulary">the pieces; a piece that continues a word begins with <c>##</c></param>
    /// <param name="lowerCase">whether the model is uncased: text is lower-cased and its accents stripped</param>
    /// <exception cref="InvalidDataException"><c>[UNK]</c>, <c>[CLS]</c> or <c>[SEP]</c> is missing</exception>
    public static WordPiece FromWords(IReadOnlyList<string> vocabulary, bool lowerCase) => new(Vocabulary.Of(vocabulary, "the vocabulary", lowerCase));

    internal static WordPiece FromVocabulary(byte[] bytes, string path, bool lowerCase) => new(Vocabulary.Of(Vocabulary.Lines(bytes, path), path, lowerCase));

    internal static WordPiece FromJson(byte[] bytes, string path) => new(new TokenizerFile(path).Read(bytes));

    /// <summary>How many ids there are.</summary>
    public int Count => vocabulary.Pieces.Length;

    /// <summary>How text becomes words.</summary>
    public BertNormalizer Normalizer => vocabulary.Normalizer;

    /// <summary>The piece of id <paramref name="id"/>; one that continues a word begins with <c>##</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">there is no such id</exception>
    public string Piece(int id) => (uint)id < (uint)Count ? vocabulary.Pieces[id]
        : throw new ArgumentOutOfRangeException(nameof(id), $"There is no piece {id}: the vocabulary has ids 0 to {Count - 1}.");

    /// <summary>The id of a piece.</summary>
    /// <exception cref="KeyNotFoundException">the vocabulary has no such piece</exception>
    public int Id(string piece) => vocabulary.Special.TryGetValue(piece, out int id) || vocabulary.Ids.TryGetValue(piece, out id) ? id
        : throw new KeyNotFoundException($"The vocabulary of {Count} pieces has no '{piece}'.");

    /// <summary>
    /// A text or a pair as ids: <c>[CLS] text [SEP]</c> or <c>[CLS] text [SEP] pair [SEP]</c>. Special tokens that the text
    /// spells are recognized, as the reference does. What is too long loses its end, of a pair the longer text first.
    /// </summary>
    /// <param name="text">the text, or the first of a pair</param>
    /// <param name="pair">the second of a pair, or null</param>
    /// <param name="maximumTokens">the most tokens there may be, special tokens included</param>
    /// <exception cref="ArgumentOutOfRangeException">not even the special tokens fit</exception>
    public Encoded Encode(string text, string? pair = null, int maximumTokens = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(text);
        int around = pair is null ? 2 : 3;
        if (maximumTokens < around)
            throw new ArgumentOutOfRangeException(nameof(maximumTokens), $"{around} special tokens do not fit in {maximumTokens}. Allow at least {around + 1} tokens.");
        var (first, n) = Words(text, maximumTokens);
        var (second, m) = pair is null ? ([], 0) : Words(pair, maximumTokens);
        (n, m) = Truncated(n, m, maximumTokens - around);
        var result = new Assembly(n + m + around);
        result.Special(vocabulary.Start, 0);
        result.Take(first, n, 0);
        result.Special(vocabulary.End, 0);
        if (pair is not null)
        {
            result.Take(second, m, 1);
            result.Special(vocabulary.End, 1);
        }
        return result.Done();
    }

    // Longest first: a text shorter than half is kept whole; else each has half, and of an odd number the longer, or the second, one more.
    static (int First, int Second) Truncated(int first, int second, int limit)
    {
        if ((long)first + second <= limit) return (first, second);
        int less = Math.Min(first, second), more = limit - less;
        if (more < less) (less, more) = (limit / 2, limit - limit / 2);
        return first > second ? (more, less) : (less, more);
    }

    // The words up to the first, special tokens not asked, at which there are as many pieces as may be, and the pieces' number.
    // The reference since 0.23 reads no further either, and shares an odd number among two long texts by these numbers;
    // before, it did so by their whole lengths, and one token could go to the other text.
    (List<Word> Words, int Pieces) Words(string text, int maximum)
    {
        List<Word> found = [];
        int pieces = 0;
        bool full = false;
        var words = new WordList(text.Length);
        ReadOnlySpan<char> rest = text;
        while (!full && special is not null && rest.IndexOfAny(special) is >= 0 and int at)
        {
            Add(rest[..at]);
            rest = rest[at..];
            string token = Longest(rest);
            if (!full) Take(new(token, [vocabulary.Special[token]]));
            rest = rest[token.Length..];
        }
        Add(rest);
        return (found, pieces);

        void Add(ReadOnlySpan<char> between)
        {
            if (full) return;
            words.Clear();
            vocabulary.Normalizer.Split(between, words);
            for (int i = 0; i < words.Count && !full; i++)
            {
                Take(Cut(words[i]));
                full = pieces >= maximum;
            }
        }

        void Take(Word word)
        {
            found.Add(word);
            pieces += word.Pieces.Length;
        }
    }

    string Longest(ReadOnlySpan<char> rest)
    {
        string best = "";
        foreach (string token in vocabulary.Special.Keys)
            if (token.Length > best.Length && rest.StartsWith(token, StringComparison.Ordinal)) best = token;
        return best;
    }

    Word Cut(ReadOnlySpan<char> word)
    {
        if (cached.TryGetValue(word, out Word? known)) return known;
        Word cut = new(word.ToString(), Pieces(word));
        if (word.Length <= CachedLength && cachedWords < CachedWords && cache.TryAdd(cut.Text, cut)) Interlocked.Increment(ref cachedWords);
        return cut;
    }

    int[] Pieces(ReadOnlySpan<char> word)
    {
        int characters = 0;
        foreach (Rune _ in word.EnumerateRunes()) characters++;
        if (characters > vocabulary.LongestWord) return [vocabulary.Unknown];
        List<int> pieces = [];
        for (int start = 0; start < word.Length;)
        {
            var ids = start == 0 ? headIds : tailIds;
            int end = Math.Min(word.Length, start + longest), id = -1;
            while (end > start && !ids.TryGetValue(word[start..end], out id)) end--;
            if (end == start) return [vocabulary.Unknown];
            pieces.Add(id);
            start = end;
        }
        return [.. pieces];
    }

    sealed record Word(string Text, int[] Pieces);

    sealed class Assembly(int count)
    {
        readonly int[] ids = new int[count], types = new int[count], words = new int[count];
        readonly List<string> texts = [];
        int at;

        public void Special(int id, int type) => Put(id, type, -1);

        public void Take(List<Word> from, int pieces, int type)
        {
            for (int w = 0; pieces > 0; w++)
            {
                foreach (int id in from[w].Pieces.AsSpan(0, Math.Min(pieces, from[w].Pieces.Length))) Put(id, type, texts.Count);
                pieces -= from[w].Pieces.Length;
                texts.Add(from[w].Text);
            }
        }

        public Encoded Done() => new(ids, types, words, [.. texts]);

        void Put(int id, int type, int word) => (ids[at], types[at], words[at++]) = (id, type, word);
    }
}
