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

    /// <summary>Whether it is found only where no word character is beside it.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Whether it takes the white space before it along.</summary>
    public bool LeftStrip { get; init; }

    /// <summary>Whether it takes the white space behind it along.</summary>
    public bool RightStrip { get; init; }

    /// <summary>Whether it is looked for, itself normalized, in normalized text.</summary>
    public bool Normalized { get; init; }
}

/// <summary>Finds added tokens: the leftmost, of several there the longest.</summary>
sealed class AddedTokens
{
    readonly Dictionary<string, AddedToken> tokens = [];
    readonly SearchValues<string> any;

    AddedTokens(IEnumerable<(string Written, AddedToken Token)> tokens)
    {
        foreach (var (written, token) in tokens) this.tokens[written] = token;
        any = SearchValues.Create([.. this.tokens.Keys], StringComparison.Ordinal);
    }

    /// <summary>A part of a text: a token, or what lies between tokens.</summary>
    public readonly record struct Part(AddedToken? Token, int Start, int End);

    /// <summary>The tokens to look for before text is normalized; null where there are none.</summary>
    public static AddedTokens? Raw(IReadOnlyList<AddedToken> all) => Of(all.Where(t => !t.Normalized).Select(t => (t.Content, t)));

    /// <summary>The tokens to look for after that; null where there are none.</summary>
    public static AddedTokens? Normalized(IReadOnlyList<AddedToken> all, INormalizer? normalizer) => Of(all.Where(t => t.Normalized).Select(t =>
    {
        if (normalizer is null) return (t.Content, t);
        CharacterList written = new();
        normalizer.Apply(t.Content, written);
        return (written.Text.ToString(), t);
    }));

    /// <summary>The parts of a text, in order. Where tokens take white space along that another took, the text between is what the reference leaves.</summary>
    public List<Part> Parts(ReadOnlySpan<char> text)
    {
        List<Part> parts = [];
        int done = 0;
        for (int from = 0; text[from..].IndexOfAny(any) is >= 0 and int found;)
        {
            int start = from + found;
            var (written, token) = Longest(text[start..]);
            int end = from = start + written.Length;
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

    static AddedTokens? Of(IEnumerable<(string Written, AddedToken)> tokens) => tokens.Where(t => t.Written != "").ToArray() is { Length: > 0 } some ? new(some) : null;

    (string Written, AddedToken Token) Longest(ReadOnlySpan<char> text)
    {
        string best = "";
        foreach (string written in tokens.Keys)
            if (written.Length > best.Length && text.StartsWith(written, StringComparison.Ordinal)) best = written;
        return (best, tokens[best]);
    }

    static bool IsSpace(char c) => (Unicode.Of(c) & Marks.Space) != 0;

    static bool BeginsWithWord(ReadOnlySpan<char> text) => Rune.DecodeFromUtf16(text, out Rune c, out _) == OperationStatus.Done && (Unicode.Of(c.Value) & Marks.Word) != 0;

    static bool EndsWithWord(ReadOnlySpan<char> text) => Rune.DecodeLastFromUtf16(text, out Rune c, out _) == OperationStatus.Done && (Unicode.Of(c.Value) & Marks.Word) != 0;
}
