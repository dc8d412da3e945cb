using System.Text;
using Heartwood.Lab.Tokenizers.Characters;

namespace Heartwood.Lab.Tokenizers.Splitters;

/// <summary>BERT's words: white space divides, and every punctuation character is a word.</summary>
sealed class BertSplitter : ISplitter
{
    /// <inheritdoc/>
    public void Split(ReadOnlySpan<char> text, bool first, IWordSink into)
    {
        int start = 0;
        for (int at = 0, size; at < text.Length; at += size)
        {
            Rune.DecodeFromUtf16(text[at..], out Rune rune, out size);
            Marks marks = Unicode.MarksOf(rune.Value) & (Marks.Space | Marks.Punctuation);
            if (marks == 0) continue;
            if (at > start) into.Add(text[start..at], first && start == 0);
            if ((marks & Marks.Space) == 0) into.Add(text[at..(at + size)], first && at == 0);
            start = at + size;
        }
        if (start < text.Length) into.Add(text[start..], first && start == 0);
    }
}

/// <summary>White space divides words.</summary>
sealed class WhitespaceSplit : ISplitter
{
    /// <inheritdoc/>
    public void Split(ReadOnlySpan<char> text, bool first, IWordSink into)
    {
        for (int at = 0, end; at < text.Length; at = end + 1)
        {
            for (end = at; end < text.Length && (Unicode.MarksOf(text[end]) & Marks.Space) == 0;) end++;
            if (end > at) into.Add(text[at..end], first && at == 0);
        }
    }
}

/// <summary>Runs of word characters (letters, marks, digits and joiners), and runs of what is neither these nor white space.</summary>
sealed class Whitespace : ISplitter
{
    /// <inheritdoc/>
    public void Split(ReadOnlySpan<char> text, bool first, IWordSink into)
    {
        for (int at = 0, end; at < text.Length; at = end)
        {
            Marks kind = Kind(text[at..], out int size);
            for (end = at + size; end < text.Length && Kind(text[end..], out size) == kind;) end += size;
            if (kind != Marks.Space) into.Add(text[at..end], first && at == 0);
        }
    }

    static Marks Kind(ReadOnlySpan<char> text, out int size)
    {
        Rune.DecodeFromUtf16(text, out Rune rune, out size);
        Marks marks = Unicode.MarksOf(rune.Value);
        return (marks & Marks.Word) != 0 ? Marks.Word : marks & Marks.Space;
    }
}

/// <summary>Words of <paramref name="length"/> characters (code points), the last one shorter.</summary>
sealed class FixedLength(int length) : ISplitter
{
    /// <inheritdoc/>
    public void Split(ReadOnlySpan<char> text, bool first, IWordSink into)
    {
        for (int at = 0, end; at < text.Length; at = end)
        {
            end = at;
            for (int left = length; left > 0 && end < text.Length; left--)
            {
                Rune.DecodeFromUtf16(text[end..], out _, out int size);
                end += size;
            }
            into.Add(text[at..end], first && at == 0);
        }
    }
}
