using System.Text;
using Heartwood.Lab.Tokenizers.Characters;

namespace Heartwood.Lab.Tokenizers.Splitters;

/// <summary>
/// The regular expressions that byte-level tokenizers cut words with, as scanners: the same words many times faster, over
/// whole code points and the reference's tables. Every character belongs to a word.
/// </summary>
sealed class WordPattern : ISplitter
{
    const byte Other = 0, Letter = 1, Number = 2, Space = 3;

    static readonly byte[] ascii = [.. Enumerable.Range(0, 128).Select(c => KindOfMarks(Unicode.MarksOf(c)))];

    readonly bool newer;
    readonly int longestNumber;

    WordPattern(bool newer, int longestNumber) => (this.newer, this.longestNumber) = (newer, longestNumber);

    /// <summary>GPT-2's words: contractions, and letters, numbers or other characters with the space before them.</summary>
    public static WordPattern Gpt2 { get; } = new(false, int.MaxValue);

    /// <summary>Qwen 2's words: as Llama 3's, but every digit by itself.</summary>
    public static WordPattern Qwen2 { get; } = new(true, 1);

    /// <summary>The expressions that are scanned by hand, as tokenizer files write them.</summary>
    public static IReadOnlyDictionary<string, WordPattern> Expressions { get; } = new Dictionary<string, WordPattern>
    {
        [@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"] = Gpt2,
        [Newer(@"\p{N}{1,3}")] = new(true, 3),   // Llama 3
        [Newer(@"\p{N}")] = Qwen2,
    };

    static string Newer(string numbers) => @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
        + numbers + @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <inheritdoc/>
    public void Split(ReadOnlySpan<char> text, bool first, IWordSink into)
    {
        for (int at = 0, end; at < text.Length; at = end)
        {
            end = newer ? EndOfNewer(text, at) : EndOfGpt2(text, at);
            into.Add(text[at..end], first && at == 0);
        }
    }

    static int EndOfGpt2(ReadOnlySpan<char> text, int at)
    {
        if (text[at] == '\'' && Contraction(text[at..], anyCase: false) is > 0 and int length) return at + length;
        int start = text[at] == ' ' && at + 1 < text.Length ? at + 1 : at;
        byte kind = Kind(text, start, out _);
        return kind == Space ? EndOfSpace(text, at) : EndOfRun(text, start, kind, int.MaxValue);
    }

    int EndOfNewer(ReadOnlySpan<char> text, int at)
    {
        if (text[at] == '\'' && Contraction(text[at..], anyCase: true) is > 0 and int length) return at + length;
        byte kind = Kind(text, at, out int size);
        if (kind == Letter) return EndOfRun(text, at, Letter, int.MaxValue);
        if (kind == Number) return EndOfRun(text, at, Number, longestNumber);
        int next = at + size;
        if (next < text.Length && text[at] is not ('\r' or '\n') && Kind(text, next, out _) == Letter)
            return EndOfRun(text, next, Letter, int.MaxValue);
        int start = text[at] == ' ' && next < text.Length ? next : at;
        if (Kind(text, start, out _) == Other)
        {
            int end = EndOfRun(text, start, Other, int.MaxValue);
            while (end < text.Length && text[end] is '\r' or '\n') end++;
            return end;
        }
        int space = EndOfRun(text, at, Space, int.MaxValue), line = text[at..space].LastIndexOfAny('\r', '\n');
        return line >= 0 ? at + line + 1 : EndOfSpace(text, at);
    }

    // Of white space before a word, the last character is left to the word.
    static int EndOfSpace(ReadOnlySpan<char> text, int at)
    {
        int end = EndOfRun(text, at, Space, int.MaxValue);
        return end < text.Length && end > at + 1 ? end - 1 : end;
    }

    static int EndOfRun(ReadOnlySpan<char> text, int at, byte kind, int most)
    {
        while (most-- > 0 && at < text.Length && Kind(text, at, out int size) == kind) at += size;
        return at;
    }

    static int Contraction(ReadOnlySpan<char> text, bool anyCase)
    {
        if (text.Length < 2) return 0;
        char c = text[1], d = text.Length > 2 ? text[2] : '\0';
        if (anyCase)
        {
            if (c == 'ſ') return 2;   // the long s, an s in another case
            (c, d) = (Lower(c), Lower(d));
        }
        return c is 's' or 't' or 'm' or 'd' ? 2 : (c, d) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    static char Lower(char c) => c is >= 'A' and <= 'Z' ? (char)(c | 32) : c;

    static byte Kind(ReadOnlySpan<char> text, int at, out int size)
    {
        size = 1;
        char c = text[at];
        if (c < 128) return ascii[c];
        if (!char.IsSurrogate(c)) return KindOfMarks(Unicode.MarksOf(c));
        Rune.DecodeFromUtf16(text[at..], out Rune rune, out size);
        return KindOfMarks(Unicode.MarksOf(rune.Value));
    }

    static byte KindOfMarks(Marks marks)
    {
        if ((marks & Marks.Letter) != 0) return Letter;
        if ((marks & Marks.Number) != 0) return Number;
        return (marks & Marks.Space) != 0 ? Space : Other;
    }
}
