using System.Buffers.Binary;
using System.Text;

namespace Heartwood.Lab.Tokenizers.SentencePiece;

/// <summary>
/// SentencePiece's compiled character map: a double-array trie over UTF-8 (as darts-clone writes it) whose values are places
/// among the replacements. Of all entries that begin at a place of the text, the longest is taken. (The tokenizers library
/// looks the same map up by grapheme: <see cref="Normalizers.Precompiled"/>.)
/// </summary>
sealed class CharacterMap
{
    readonly uint[] units;
    readonly byte[] replacements;

    /// <param name="bytes">the trie's length in bytes, the trie, and the replacements, each ended by a zero byte</param>
    /// <exception cref="FormatException">the lengths do not fit</exception>
    public CharacterMap(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 4) throw new FormatException($"{bytes.Length} bytes, without the length of its trie");
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (length == 0 || length % 4 != 0 || length >= bytes.Length - 4)
            throw new FormatException($"a trie of {length} bytes in {bytes.Length - 4}");
        if (bytes[^1] != 0) throw new FormatException("a last replacement without its end");
        units = new uint[length / 4];
        for (int i = 0; i < units.Length; i++) units[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 + 4 * i)..]);
        replacements = bytes[(4 + (int)length)..].ToArray();
    }

    /// <summary>The longest entry that a text begins with.</summary>
    /// <param name="text">the text</param>
    /// <param name="replacement">what stands for it from now on</param>
    /// <returns>its length in the text; 0 where there is none</returns>
    public int Longest(ReadOnlySpan<char> text, out string replacement)
    {
        Span<byte> utf8 = stackalloc byte[4];
        int length = 0, value = 0;
        uint node = Offset(units[0]);
        for (int at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text[at..], out Rune rune, out int size);
            uint unit = 0;
            foreach (byte b in utf8[..rune.EncodeToUtf8(utf8)])
            {
                node ^= b;
                unit = node < units.Length ? units[node] : uint.MaxValue;
                if ((unit & 0x800000FF) != b) return Found(out replacement);
                node ^= Offset(unit);
            }
            at += size;
            if ((unit & 0x100) != 0 && node < units.Length && (units[node] & 0x7FFFFFFF) < replacements.Length)
                (length, value) = (at, (int)(units[node] & 0x7FFFFFFF));
        }
        return Found(out replacement);

        int Found(out string replacement)
        {
            ReadOnlySpan<byte> rest = replacements.AsSpan(value);
            replacement = length == 0 ? "" : Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)0)]);
            return length;
        }
    }

    static uint Offset(uint unit) => unit >> 10 << (int)((unit & 0x200) >> 6);
}
