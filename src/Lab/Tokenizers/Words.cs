using System.Runtime.InteropServices;
using Heartwood.Lab.Tokenizers.Characters;
using Heartwood.Lab.Tokenizers.Pieces;
using Heartwood.Lab.Tokenizers.SentencePiece;
using Heartwood.Lab.Tokenizers.Splitters;

namespace Heartwood.Lab.Tokenizers;

/// <summary>A word cut into pieces.</summary>
/// <param name="Text">the word as the splitter gave it</param>
/// <param name="Pieces">the ids of its pieces</param>
/// <param name="Parts">what a reader would call its words, and how many pieces each has; most are one</param>
sealed record Word(string Text, int[] Pieces, (string Text, int Pieces)[] Parts)
{
    /// <summary>A word of one piece that is not cut.</summary>
    public static Word Whole(string text, int id) => new(text, [id], [(text, 1)]);
}

/// <summary>Cuts words and remembers those it has cut, in a table without locks in which a new word may replace an older one.</summary>
/// <param name="model">cuts them</param>
/// <param name="vocabulary">the text of every piece</param>
/// <param name="byteLevel">whether words are spelled in the alphabet of bytes</param>
/// <param name="marker">what stands for a space, or U+0000</param>
sealed class Words(IPieceModel model, Vocabulary vocabulary, bool byteLevel, char marker)
{
    const int Places = 1 << 16, Longest = 64;

    Word?[]? seen;                             // made when it is needed: half a megabyte

    /// <summary>The word cut.</summary>
    public Word this[ReadOnlySpan<char> word]
    {
        get
        {
            if (word.Length > Longest) return Cut(word);
            ref Word? place = ref (seen ?? Table())[Hash(word)];
            Word? there = Volatile.Read(ref place);
            if (there is not null && word.SequenceEqual(there.Text)) return there;
            Word cut = Cut(word);
            Volatile.Write(ref place, cut);
            return cut;
        }
    }

    Word?[] Table() => Interlocked.CompareExchange(ref seen, new Word?[Places], null) ?? seen;

    static int Hash(ReadOnlySpan<char> word)
    {
        ulong hash = (ulong)word.Length;
        ReadOnlySpan<ulong> fours = MemoryMarshal.Cast<char, ulong>(word);
        foreach (ulong four in fours) hash = (hash ^ four) * 0x9E3779B97F4A7C15 ^ hash >> 29;
        foreach (char c in word[(fours.Length * 4)..]) hash = (hash ^ c) * 0x9E3779B97F4A7C15;
        return (int)(hash * 0x9E3779B97F4A7C15 >> 48);
    }

    Word Cut(ReadOnlySpan<char> word)
    {
        if (model is SentencePieceModel whole) return whole.Word(word);
        List<int> pieces = [];
        model.Cut(byteLevel ? ByteAlphabet.Spell(word) : word, pieces);
        string text = word.ToString();
        return new(text, [.. pieces], marker == '\0' ? [(Shown(word), pieces.Count)] : Parts(text, pieces));
    }

    // Readers are shown a word without the space before it; a word that is all spaces is shown as it is.
    static string Shown(ReadOnlySpan<char> word) => (word.Trim() is { Length: > 0 } trimmed ? trimmed : word).ToString();

    // Markers divide words only at spaces. Punctuation becomes a word of its own where pieces begin or end with it.
    (string, int)[] Parts(string text, List<int> pieces)
    {
        List<(string, int)> parts = [];
        int start = 0, at = 0, count = 0;
        foreach (int id in pieces)
        {
            string piece = vocabulary.Pieces[id];
            if (string.CompareOrdinal(text, at, piece, 0, piece.Length) != 0) return [(Legible(text), pieces.Count)];
            bool divides = count > 0 && (IsPunctuation(text[at]) || IsPunctuation(text[at - 1]));
            if (divides && text.AsSpan(start, at - start).ContainsAnyExcept(marker))
            {
                parts.Add((Legible(text[start..at]), count));
                (start, count) = (at, 0);
            }
            at += piece.Length;
            count++;
        }
        parts.Add((Legible(text[start..]), count));
        return [.. parts];
    }

    string Legible(string text) => Shown(text.Replace(marker, ' '));

    static bool IsPunctuation(char c) => (Unicode.MarksOf(c) & Marks.Punctuation) != 0;
}
