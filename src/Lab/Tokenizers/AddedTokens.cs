using System.Buffers;
using System.Text;
using Heartwood.Lab.Tokenizers.Characters;
using Heartwood.Lab.Tokenizers.Normalizers;

namespace Heartwood.Lab.Tokenizers;

/// <summary>A token that is found in text as it stands, before anything is cut.</summary>
/// <param name="Content">how it is written</param>
/// <param name="Id">its id</param>
sealed record AddedToken(string Content, int Id)
{
    /// <summary>Whether decoding can leave it out.</summary>
    public bool Special { get; init; }

    /// <summary>Whether it is found only where no word character is next to it.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Whether it takes the white space before it along.</summary>
    public bool LeftStrip { get; init; }

    /// <summary>Whether it takes the white space after it along.</summary>
    public bool RightStrip { get; init; }

    /// <summary>Whether it is looked for, itself normalized, in normalized text.</summary>
    public bool Normalized { get; init; }

    /// <summary>The text that is looked for and decoded to: the content, normalized where <see cref="Normalized"/> says so.</summary>
    public string Written { get; private init; } = Content;

    /// <summary>The token as it is written in text that this normalizer has rewritten.</summary>
    public AddedToken In(INormalizer? normalizer)
    {
        if (!Normalized || normalizer is null) return this;
        CharacterList written = new();
        normalizer.Apply(Content, written);
        return this with { Written = written.Text.ToString() };
    }
}

/// <summary>Finds added tokens: the leftmost first, and of several that begin at one place the longest.</summary>
sealed class AddedTokens
{
    readonly Dictionary<string, AddedToken> tokens = [];
    readonly SearchValues<string> any;

    AddedTokens(IEnumerable<AddedToken> tokens)
    {
        foreach (AddedToken token in tokens) this.tokens[token.Written] = token;
        any = SearchValues.Create([.. this.tokens.Keys], StringComparison.Ordinal);
    }

    /// <summary>A part of a text: a token, or what lies between tokens.</summary>
    public readonly record struct Part(AddedToken? Token, int Start, int End);

    /// <summary>The tokens to look for before text is normalized, or after; null where there are none.</summary>
    public static AddedTokens? Choose(IEnumerable<AddedToken> all, bool normalized) =>
        all.Where(t => t.Normalized == normalized && t.Written != "").ToArray() is { Length: > 0 } some ? new(some) : null;

    /// <summary>
    /// The parts of a text, in order. Where a token would take white space along that another has taken, the text between is what
    /// the reference leaves.
    /// </summary>
    public List<Part> Parts(ReadOnlySpan<char> text)
    {
        List<Part> parts = [];
        int done = 0;
        for (int from = 0; text[from..].IndexOfAny(any) is >= 0 and int found;)
        {
            int start = from + found;
            AddedToken token = Longest(text[start..]);
            int end = from = start + token.Written.Length;
            if (token.SingleWord && (EndsWithWord(text[..start]) || BeginsWithWord(text[end..]))) continue;
            if (token.LeftStrip)
            {
                while (start > 0 && IsSpace(text[start - 1])) start--;
                start = Math.Max(start, done);
            }
            while (token.RightStrip && end < text.Length && IsSpace(text[end])) end++;
            if (done < start) parts.Add(new(null, done, start));
            parts.Add(new(token, start, end));
            done = end;
        }
        if (done < text.Length) parts.Add(new(null, done, text.Length));
        return parts;
    }

    AddedToken Longest(ReadOnlySpan<char> text)
    {
        string best = "";
        foreach (string written in tokens.Keys)
            if (written.Length > best.Length && text.StartsWith(written, StringComparison.Ordinal)) best = written;
        return tokens[best];
    }

    static bool IsSpace(char c) => (Unicode.MarksOf(c) & Marks.Space) != 0;

    static bool BeginsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out Rune c, out _) == OperationStatus.Done && (Unicode.MarksOf(c.Value) & Marks.Word) != 0;

    static bool EndsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out Rune c, out _) == OperationStatus.Done && (Unicode.MarksOf(c.Value) & Marks.Word) != 0;
}
