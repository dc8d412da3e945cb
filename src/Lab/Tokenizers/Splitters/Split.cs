using System.Text;
using Heartwood.Lab.Tokenizers.Characters;

namespace Heartwood.Lab.Tokenizers.Splitters;

/// <summary>What becomes of what a splitter finds.</summary>
enum Delimiters
{
    /// <summary>dropped</summary>
    Removed,

    /// <summary>each a word</summary>
    Isolated,

    /// <summary>the end of the word before</summary>
    MergedWithPrevious,

    /// <summary>the beginning of the word after</summary>
    MergedWithNext,

    /// <summary>a word together with those next to it</summary>
    Contiguous,
}

/// <summary>Cuts text at what is found in it.</summary>
/// <param name="find">adds the parts of a text in order, each found or between</param>
/// <param name="delimiters">what becomes of what is found</param>
/// <param name="invert">whether what lies between is meant instead</param>
sealed class Split(Action<ReadOnlySpan<char>, List<Split.Part>> find, Delimiters delimiters, bool invert) : ISplitter
{
    /// <summary>A part of a text.</summary>
    public record struct Part(int Start, int End, bool Found);

    /// <summary>Finds a pattern.</summary>
    public static Split At(TextPattern pattern, Delimiters delimiters, bool invert) => new((text, parts) =>
    {
        int before = 0;
        foreach (var (at, length) in pattern.All(text))
        {
            if (at > before) parts.Add(new(before, at, false));
            parts.Add(new(at, at + length, true));
            before = at + length;
        }
        if (before < text.Length) parts.Add(new(before, text.Length, false));
    }, delimiters, invert);

    /// <summary>Finds the words of a pattern, which are the whole text.</summary>
    public static Split At(WordPattern pattern, Delimiters delimiters, bool invert) => new((text, parts) =>
    {
        var words = new Parts(parts);
        pattern.Split(text, false, words);
    }, delimiters, invert);

    /// <summary>Finds characters of a kind, each by itself.</summary>
    public static Split At(Marks marks, Delimiters delimiters) => new((text, parts) =>
    {
        int before = 0;
        for (int at = 0, size; at < text.Length; at += size)
        {
            Rune.DecodeFromUtf16(text[at..], out Rune rune, out size);
            if ((Unicode.MarksOf(rune.Value) & marks) == 0) continue;
            if (at > before) parts.Add(new(before, at, false));
            parts.Add(new(at, before = at + size, true));
        }
        if (before < text.Length) parts.Add(new(before, text.Length, false));
    }, delimiters, false);

    /// <inheritdoc/>
    void ISplitter.Split(ReadOnlySpan<char> text, bool first, IWordSink into)
    {
        List<Part> parts = [];
        find(text, parts);
        if (invert)
            for (int i = 0; i < parts.Count; i++) parts[i] = parts[i] with { Found = !parts[i].Found };
        for (int i = 0, end; i < parts.Count; i = end)
        {
            end = i + 1;
            while (end < parts.Count && Joined(parts[end - 1].Found, parts[end].Found)) end++;
            var (start, stop) = (parts[i].Start, parts[end - 1].End);
            if (stop > start && (delimiters != Delimiters.Removed || !parts[i].Found)) into.Add(text[start..stop], first && start == 0);
        }
    }

    bool Joined(bool before, bool here) => delimiters switch
    {
        Delimiters.MergedWithPrevious => here && !before,
        Delimiters.MergedWithNext => before && !here,
        Delimiters.Contiguous => before == here,
        _ => false,
    };

    sealed class Parts(List<Part> parts) : IWordSink
    {
        int at;

        public void Add(ReadOnlySpan<char> word, bool first) => parts.Add(new(at, at += word.Length, true));
    }
}
