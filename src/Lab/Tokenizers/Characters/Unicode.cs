using System.Globalization;

namespace Heartwood.Lab.Tokenizers.Characters;

/// <summary>What the reference's tables say of a character.</summary>
[Flags]
enum Marks : ushort
{
    None = 0,
    Space = 1,
    Punctuation = 2,
    Deleted = 4,
    Chinese = 8,
    Accent = 16,
    AccentStarter = 32,
    HasClass = 64,
    HasLower = 128,
    HasDecomposition = 256,
    Mark = 512,
    Letter = 1024,
    Number = 2048,
    Digit = 4096,
    Word = 8192,
}

/// <summary>
/// The reference's view of every code point, from <c>unicode.txt</c> (made by <c>tests/goldens/wordpiece/tables.mjs</c>).
/// Not the runtime's own tables: the reference mixes several versions of Unicode, ids must not change with the
/// version of .NET, and <see cref="string.Normalize()"/> changes nothing in globalization-invariant mode.
/// </summary>
static class Unicode
{
    static readonly Marks[] marks = new Marks[0x110000];
    static readonly Dictionary<int, int[]> lower = [];
    static readonly Dictionary<int, int[]> decomposed = [];
    static readonly Dictionary<int, int[]> stripped = [];
    static readonly Dictionary<int, int> classes = [];

    static Unicode()
    {
        foreach (string[] words in Lines("unicode.txt"))
            switch (words[0])
            {
                case "W": Mark(words, Marks.Space); break;
                case "P": Mark(words, Marks.Punctuation); break;
                case "D": Mark(words, Marks.Deleted); break;
                case "C": Mark(words, Marks.Chinese); break;
                case "M": Mark(words, Marks.Accent); break;
                case "Z": Mark(words, Marks.Accent | Marks.AccentStarter); break;
                case "B": Mark(words, Marks.Mark); break;
                case "A": Mark(words, Marks.Letter); break;
                case "N": Mark(words, Marks.Number | Marks.Digit); break;
                case "I": Mark(words, Marks.Digit); break;
                case "O": Mark(words, Marks.Word); break;
                case "R": Classify(words); break;
                case "L": Map(words, lower, Marks.HasLower); break;
                case "S": Map(words, decomposed, Marks.HasDecomposition); break;
            }
        foreach (var (c, to) in decomposed)
            stripped[c] = Array.Exists(to, t => (marks[t] & Marks.Accent) != 0) ? [.. to.Where(t => (marks[t] & Marks.Accent) == 0)] : to;
    }

    /// <summary>What is said of code point <paramref name="c"/>.</summary>
    public static Marks MarksOf(int c) => marks[c];

    /// <summary>The lower case of a character marked <see cref="Marks.HasLower"/>: one code point, for İ two.</summary>
    public static int[] Lower(int c) => lower[c];

    /// <summary>The canonical decomposition of a character marked <see cref="Marks.HasDecomposition"/>.</summary>
    public static int[] Decomposed(int c) => decomposed[c];

    /// <summary>What canonical decomposition leaves of a character marked <see cref="Marks.HasDecomposition"/>, accents dropped.</summary>
    public static int[] Stripped(int c) => stripped[c];

    /// <summary>
    /// The rank of a combining character that does not decompose, among the canonical combining classes; 0 for all others.
    /// </summary>
    public static int Class(int c) => (marks[c] & Marks.HasClass) != 0 ? classes[c] : 0;

    /// <summary>Whether <paramref name="c"/> is a Hangul syllable, which decomposes by arithmetic (The Unicode Standard, 3.12).</summary>
    public static bool IsHangul(int c) => c is >= 0xAC00 and < 0xAC00 + 11172;

    /// <summary>The two or three letters of a Hangul syllable.</summary>
    public static int[] Letters(int c)
    {
        int s = c - 0xAC00, tail = s % 28;
        int head = 0x1100 + s / 588, vowel = 0x1161 + s % 588 / 28;
        return tail == 0 ? [head, vowel] : [head, vowel, 0x11A7 + tail];
    }

    /// <summary>All characters that decompose canonically, Hangul syllables left out.</summary>
    public static IReadOnlyDictionary<int, int[]> Decompositions => decomposed;

    /// <summary>The lines of an embedded table, cut at spaces; no comments.</summary>
    public static IEnumerable<string[]> Lines(string table)
    {
        using var reader = new StreamReader(typeof(Unicode).Assembly.GetManifestResourceStream(table)!);
        while (reader.ReadLine() is string line)
            if (line[0] != '#') yield return line.Split(' ');
    }

    static void Mark(string[] words, Marks mark)
    {
        foreach (string word in words.AsSpan(1))
            foreach (int c in Range(word))
                marks[c] |= mark;
    }

    static void Classify(string[] words)
    {
        foreach (string word in words.AsSpan(2))
            foreach (int c in Range(word))
            {
                marks[c] |= Marks.HasClass;
                classes[c] = int.Parse(words[1], CultureInfo.InvariantCulture);
            }
    }

    static void Map(string[] words, Dictionary<int, int[]> map, Marks mark)
    {
        foreach (var (c, to) in Maps(words))
        {
            marks[c] |= mark;
            map[c] = to;
        }
    }

    /// <summary>
    /// The maps of a line. "c5-c7/2=41+30a": every second character from c5 to c7, and what the first becomes; the others move by
    /// as much.
    /// </summary>
    public static IEnumerable<(int Character, int[] To)> Maps(string[] words)
    {
        foreach (string word in words.Skip(1))
        {
            string[] sides = word.Split('='), run = sides[0].Split('/');
            int[] to = [.. sides[1].Split('+').Select(Hex)];
            int step = run.Length == 2 ? Hex(run[1]) : 1, first = Hex(run[0].Split('-')[0]);
            foreach (int c in Range(run[0]).Where(c => (c - first) % step == 0))
                yield return (c, c == first ? to : [to[0] + c - first]);
        }
    }

    /// <summary>The characters of "5f" or "61-7a".</summary>
    public static IEnumerable<int> Range(string word)
    {
        string[] ends = word.Split('-');
        int first = Hex(ends[0]);
        return Enumerable.Range(first, Hex(ends[^1]) - first + 1);
    }

    static int Hex(string digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
