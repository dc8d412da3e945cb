using System.Text;
using Heartwood.Lab.Tokenizers.Characters;

namespace Heartwood.Lab.Tokenizers.Normalizers;

/// <summary>
/// BERT's normalizer, as <c>BertNormalizer</c> of the tokenizers library, character for character (its tables, see
/// <c>unicode.txt</c>; tested on every code point). A character is lower-cased by itself, so a final sigma is the common one.
/// </summary>
/// <param name="CleanText">
/// whether control, format and private-use characters, U+0000 and U+FFFD are deleted, and white space made spaces
/// </param>
/// <param name="SpaceChinese">whether every Chinese character is put between spaces</param>
/// <param name="StripAccents">whether text is decomposed canonically and its non-spacing marks dropped</param>
/// <param name="LowerCase">whether text is lower-cased, after accents are stripped</param>
sealed record BertNormalizer(bool CleanText = true, bool SpaceChinese = true, bool StripAccents = true, bool LowerCase = true) : INormalizer
{
    /// <summary>The usual options: uncased strips accents, cased does not.</summary>
    public static BertNormalizer For(bool lowerCase) => new(StripAccents: lowerCase, LowerCase: lowerCase);

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<char> text, CharacterList into)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            int c = rune.Value;
            Marks marks = Unicode.MarksOf(c);
            if (CleanText && (marks & (Marks.Deleted | Marks.Space)) != 0)
            {
                if ((marks & Marks.Deleted) == 0) into.Add(' ');
            }
            else if (SpaceChinese && (marks & Marks.Chinese) != 0)
            {
                into.Add(' ');
                Decompose(c, marks, into);
                into.Add(' ');
            }
            else Decompose(c, marks, into);
        }
    }

    void Decompose(int c, Marks marks, CharacterList into)
    {
        if (!StripAccents) Lower(c, marks, into);
        else if ((marks & Marks.Accent) != 0)
        {
            if ((marks & Marks.AccentStarter) != 0) into.Settle();
        }
        else if ((marks & Marks.HasDecomposition) != 0) Each(Unicode.Stripped(c), into);
        else if (Unicode.IsHangul(c)) Each(Unicode.Letters(c), into);
        else Lower(c, marks, into);
    }

    void Each(int[] decomposed, CharacterList into)
    {
        foreach (int c in decomposed)
            Lower(c, Unicode.MarksOf(c), into);
    }

    void Lower(int c, Marks marks, CharacterList into)
    {
        if (!LowerCase || (marks & Marks.HasLower) == 0) Put(c, marks, into);
        else if (c < 128) into.Add(c | 32);
        else
            foreach (int l in Unicode.Lower(c))
                Put(l, Unicode.MarksOf(l), into);
    }

    void Put(int c, Marks marks, CharacterList into)
    {
        if (StripAccents && (marks & Marks.HasClass) != 0) into.AddCombining(c, Unicode.Class(c));
        else into.Add(c);
    }
}
