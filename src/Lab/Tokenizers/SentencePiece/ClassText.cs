using System.Text;
using Heartwood.Lab.Tokenizers.Characters;
using Heartwood.Lab.Tokenizers.Normalizers;

namespace Heartwood.Lab.Tokenizers.SentencePiece;

/// <summary>Drops white space at the ends and makes one space of any other run of it, as Python's split and join do.</summary>
sealed class SingleSpaces : INormalizer
{
    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<char> text, CharacterList into)
    {
        bool waits = false, any = false;
        foreach (char c in text)
            if (c is >= '\u001c' and <= '\u001f' || (Unicode.MarksOf(c) & Marks.Space) != 0) waits = any;
            else
            {
                if (waits) into.Add(' ');
                (waits, any) = (false, true);
                into.Add([c]);
            }
    }
}

/// <summary>Drops the characters of a combining class.</summary>
sealed class WithoutCombining : INormalizer
{
    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<char> text, CharacterList into)
    {
        foreach (Rune rune in text.EnumerateRunes())
            if (Unicode.Class(rune.Value) == 0) into.Add(rune.Value);
    }
}

/// <summary>What a class does to text before SentencePiece sees it.</summary>
static class ClassText
{
    /// <summary>ALBERT's and XLNet's quotation marks, accents and case; of other classes the case alone.</summary>
    public static INormalizer Normalizer(SentencePieceSettings settings, SentencePieceClass kind)
    {
        List<INormalizer> steps = [];
        if (kind.Text.Rewrites)
        {
            if (settings.RemoveSpace != false) steps.Add(new SingleSpaces());
            steps.AddRange([new Replace(new("``"), "\""), new Replace(new("''"), "\"")]);
            if (settings.KeepAccents != true)
                steps.AddRange([new UnicodeNormalizer(compatibility: true, composed: false), new WithoutCombining()]);
        }
        if (settings.LowerCase ?? kind.Text.Lowers) steps.Add(new Lowercase());
        return new NormalizerSequence([.. steps]);
    }
}
