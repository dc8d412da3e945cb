using System.Runtime.InteropServices;
using System.Text;
using Heartwood.Lab.Tokenizers.Characters;
using Heartwood.Lab.Tokenizers.Normalizers;

namespace Heartwood.Lab.Tokenizers.SentencePiece;

/// <summary>
/// SentencePiece's rewriting of a text, from left to right: a user-defined piece is kept, else the longest entry of the character
/// map is replaced, else a character is kept; then spaces are squeezed, one is put before (or after) the text, and all become ▁.
/// </summary>
sealed class SentencePieceNormalizer : INormalizer
{
    readonly NormalizerSpec spec;
    readonly CharacterMap? map;
    readonly PieceTrie kept;
    readonly bool suffix;

    /// <param name="spec">how</param>
    /// <param name="kept">the user-defined pieces</param>
    /// <param name="suffix">whether the added space comes after the text</param>
    /// <exception cref="FormatException">the character map is damaged</exception>
    public SentencePieceNormalizer(NormalizerSpec spec, PieceTrie kept, bool suffix)
    {
        (this.spec, this.kept, this.suffix) = (spec, kept, suffix);
        map = spec.CharacterMap.Length > 0 ? new(spec.CharacterMap) : null;
    }

    /// <summary>Whether a part of a text that follows an added token is given a space too.</summary>
    public bool PrefixesEveryPart { get; init; } = true;

    /// <summary>What spaces become.</summary>
    public char Marker => spec.EscapeWhitespaces ? '▁' : ' ';

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<char> text, CharacterList into) => Apply(text, first: true, into);

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<char> text, bool first, CharacterList into)
    {
        bool squeeze = spec.RemoveExtraWhitespaces, adds = spec.AddDummyPrefix && (first || PrefixesEveryPart);
        while (squeeze && text.Length > 0 && Chunk(text, out int space) is " ") text = text[space..];
        if (text.Length == 0) return;

        List<char> written = new(text.Length + 1);
        if (adds && !suffix) written.Add(Marker);
        bool afterSpace = squeeze;
        for (int length; text.Length > 0; text = text[length..])
        {
            ReadOnlySpan<char> chunk = Chunk(text, out length);
            if (afterSpace) chunk = chunk.TrimStart(' ');
            foreach (char c in chunk) written.Add(c == ' ' ? Marker : c);
            if (chunk.Length > 0) afterSpace = squeeze && chunk[^1] == ' ';
        }
        while (squeeze && written.Count > 0 && written[^1] == Marker) written.RemoveAt(written.Count - 1);
        if (adds && suffix) written.Add(Marker);
        into.Add(CollectionsMarshal.AsSpan(written));
    }

    ReadOnlySpan<char> Chunk(ReadOnlySpan<char> text, out int length)
    {
        length = kept.Longest(text);
        if (length == 0 && map is not null && (length = map.Longest(text, out string replacement)) > 0) return replacement;
        if (length == 0) Rune.DecodeFromUtf16(text, out _, out length);
        return text[..length];
    }
}
