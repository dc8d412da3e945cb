using System.Text;

namespace Heartwood.Lab.Tokenizers;

/// <summary>
/// How BERT's text becomes words: <c>BertNormalizer</c> and <c>BertPreTokenizer</c> of the tokenizers library,
/// character for character (its tables, see <c>unicode.txt</c>; tested on every code point). A character is lower-cased
/// by itself, so a final sigma is the common one, and an unpaired surrogate is U+FFFD.
/// </summary>
/// <param name="CleanText">whether control, format and private-use characters, U+0000 and U+FFFD are deleted</param>
/// <param name="SpaceChinese">whether every Chinese character is a word of its own</param>
/// <param name="StripAccents">whether text is decomposed canonically and its non-spacing marks dropped</param>
/// <param name="LowerCase">whether text is lower-cased, after accents are stripped</param>
public sealed record BertNormalizer(bool CleanText = true, bool SpaceChinese = true, bool StripAccents = true, bool LowerCase = true)
{
    /// <summary>The usual options: uncased strips accents, cased does not.</summary>
    public static BertNormalizer For(bool lowerCase) => new(StripAccents: lowerCase, LowerCase: lowerCase);

    /// <summary>Adds the normalized words of <paramref name="text"/> to <paramref name="into"/>.</summary>
    internal void Split(ReadOnlySpan<char> text, WordList into)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            int c = rune.Value;
            Marks marks = Unicode.Of(c);
            if (CleanText && (marks & Marks.Deleted) != 0) continue;
            if (SpaceChinese && (marks & Marks.Chinese) != 0)
            {
                into.End();
                Decompose(c, marks, into);
                into.End();
            }
            else Decompose(c, marks, into);
        }
        into.End();
    }

    void Decompose(int c, Marks marks, WordList into)
    {
        if (!StripAccents) Lower(c, marks, into);
        else if ((marks & Marks.Accent) != 0)
        {
            if ((marks & Marks.AccentStarter) != 0) into.Settle();
        }
        else if ((marks & Marks.HasStripped) != 0) Each(Unicode.Stripped(c), into);
        else if (Unicode.IsHangul(c)) Each(Unicode.Letters(c), into);
        else Lower(c, marks, into);
    }

    void Each(int[] decomposed, WordList into)
    {
        foreach (int c in decomposed)
            Lower(c, Unicode.Of(c), into);
    }

    void Lower(int c, Marks marks, WordList into)
    {
        if (!LowerCase || (marks & Marks.HasLower) == 0) Put(c, marks, into);
        else if (c < 128) into.Add(c | 32);
        else
            foreach (int l in Unicode.Lower(c))
                Put(l, Unicode.Of(l), into);
    }

    void Put(int c, Marks marks, WordList into)
    {
        if ((marks & Marks.Space) != 0) into.End();
        else if ((marks & Marks.Punctuation) != 0)
        {
            into.End();
            into.Add(c);
            into.End();
        }
        else if (StripAccents && Unicode.Class(c) is > 0 and int rank) into.AddCombining(c, rank);
        else into.Add(c);
    }
}
