using System.Text;

namespace Heartwood.Lab.Tokenizers.Splitters;

/// <summary>
/// GPT-2's splitter (Radford et al. 2019). Its words stay text here; they are spelled in the alphabet of bytes when they
/// are cut into pieces, which gives the same ids, and leaves the words legible.
/// </summary>
/// <param name="addPrefixSpace">whether a space is put before a text that does not begin with one</param>
/// <param name="pattern">the words, or null for the text whole</param>
/// <param name="spells">whether words are spelled here already, because another splitter follows</param>
sealed class ByteLevel(bool addPrefixSpace, WordPattern? pattern, bool spells = false) : ISplitter
{
    /// <inheritdoc/>
    public void Split(ReadOnlySpan<char> text, bool first, IWordSink into)
    {
        if (addPrefixSpace && text[0] != ' ') text = string.Concat(" ", text);
        if (spells) into = new Spelling(into);
        if (pattern is null) into.Add(text, first);
        else pattern.Split(text, first, into);
    }

    sealed class Spelling(IWordSink into) : IWordSink
    {
        public void Add(ReadOnlySpan<char> word, bool first) => into.Add(ByteAlphabet.Spell(word), first);
    }
}

/// <summary>The alphabet of bytes: each byte as one printable character, so that any text is spelled with 256 letters.</summary>
static class ByteAlphabet
{
    static readonly char[] letters = Made();
    static readonly Dictionary<char, byte> bytes = letters.Index().ToDictionary(l => l.Item, l => (byte)l.Index);

    /// <summary>The letter of each byte.</summary>
    public static IReadOnlyList<char> Letters => letters;

    /// <summary>The bytes of a text in UTF-8, as letters.</summary>
    public static string Spell(ReadOnlySpan<char> text)
    {
        Span<byte> utf8 = text.Length <= 128 ? stackalloc byte[384] : new byte[3 * text.Length];
        utf8 = utf8[..Encoding.UTF8.GetBytes(text, utf8)];
        return string.Create(utf8.Length, utf8, (spelled, from) =>
        {
            for (int i = 0; i < from.Length; i++) spelled[i] = letters[from[i]];
        });
    }

    /// <summary>Adds the bytes that a piece spells; of a piece with another character, the bytes of the piece itself.</summary>
    public static void Read(string piece, List<byte> into)
    {
        int before = into.Count;
        foreach (char c in piece)
            if (bytes.TryGetValue(c, out byte b)) into.Add(b);
            else
            {
                into.RemoveRange(before, into.Count - before);
                into.AddRange(Encoding.UTF8.GetBytes(piece));
                return;
            }
    }

    // Printable bytes of Latin-1 are themselves; the others follow from U+0100, in order.
    static char[] Made()
    {
        int next = 0x100;
        return [.. Enumerable.Range(0, 256).Select(b => (char)(b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? b : next++))];
    }
}
