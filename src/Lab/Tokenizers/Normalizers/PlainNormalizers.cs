using System.Text;
using Heartwood.Lab.Tokenizers.Characters;

namespace Heartwood.Lab.Tokenizers.Normalizers;

/// <summary>Lower-cases every character by itself.</summary>
sealed class Lowercase : INormalizer
{
    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<char> text, CharacterList into)
    {
        foreach (Rune rune in text.EnumerateRunes())
            if ((Unicode.MarksOf(rune.Value) & Marks.HasLower) == 0) into.Add(rune.Value);
            else if (rune.Value < 128) into.Add(rune.Value | 32);
            else
                foreach (int c in Unicode.Lower(rune.Value)) into.Add(c);
    }
}

/// <summary>Drops combining marks; composed characters stay.</summary>
sealed class StripAccents : INormalizer
{
    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<char> text, CharacterList into)
    {
        foreach (Rune rune in text.EnumerateRunes())
            if ((Unicode.MarksOf(rune.Value) & Marks.Mark) == 0) into.Add(rune.Value);
    }
}

/// <summary>Drops and blanks the control characters that Google's neural translation does.</summary>
sealed class Nmt : INormalizer
{
    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<char> text, CharacterList into)
    {
        foreach (Rune rune in text.EnumerateRunes())
            switch (rune.Value)
            {
                case (>= 1 and <= 8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F: break;
                case 9 or 0xA or 0xC or 0xD or 0x1680 or (>= 0x200B and <= 0x200F):
                case 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD: into.Add(' '); break;
                default: into.Add(rune.Value); break;
            }
    }
}

/// <summary>Spells text in the alphabet of bytes.</summary>
sealed class ByteLevelNormalizer : INormalizer
{
    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<char> text, CharacterList into) => into.Add(Splitters.ByteAlphabet.Spell(text));
}

/// <summary>Puts a text before every text that is not empty.</summary>
sealed class Prepend(string before) : INormalizer
{
    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<char> text, CharacterList into)
    {
        if (text.Length > 0) into.Add(before);
        into.Add(text);
    }
}

/// <summary>Drops white space at the ends.</summary>
sealed class Strip(bool left, bool right) : INormalizer
{
    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<char> text, CharacterList into)
    {
        while (left && text.Length > 0 && IsSpace(text[0])) text = text[1..];
        while (right && text.Length > 0 && IsSpace(text[^1])) text = text[..^1];
        into.Add(text);
    }

    static bool IsSpace(char c) => (Unicode.MarksOf(c) & Marks.Space) != 0;
}

/// <summary>Replaces what a pattern finds.</summary>
sealed class Replace(TextPattern pattern, string with) : INormalizer
{
    /// <summary>What is looked for.</summary>
    public TextPattern Pattern => pattern;

    /// <summary>What comes in its place.</summary>
    public string With => with;

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<char> text, CharacterList into)
    {
        int before = 0;
        foreach (var (at, length) in pattern.All(text))
        {
            into.Add(text[before..at]);
            into.Add(with);
            before = at + length;
        }
        into.Add(text[before..]);
    }
}
