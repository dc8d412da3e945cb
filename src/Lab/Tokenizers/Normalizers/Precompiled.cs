using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Heartwood.Lab.Tokenizers.Characters;

namespace Heartwood.Lab.Tokenizers.Normalizers;

/// <summary>
/// SentencePiece's compiled rules: a double-array trie of UTF-8 (as darts-clone writes it) whose values are places among
/// the replacements. As in the reference, a grapheme of less than 6 bytes is looked up whole, where any beginning of it
/// counts, and otherwise character by character.
/// </summary>
sealed class Precompiled : INormalizer
{
    readonly uint[] units;
    readonly byte[] replacements;

    /// <param name="charsmap">the trie's length in bytes, the trie, and the replacements, each ended by a zero byte</param>
    /// <exception cref="FormatException">the lengths do not fit</exception>
    public Precompiled(ReadOnlySpan<byte> charsmap)
    {
        if (charsmap.Length < 4) throw new FormatException("its length is missing");
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(charsmap);
        if (length == 0 || length % 4 != 0 || length > charsmap.Length - 4)
            throw new FormatException($"a trie of {length} bytes does not fit in {charsmap.Length - 4}");
        units = new uint[length / 4];
        for (int i = 0; i < units.Length; i++) units[i] = BinaryPrimitives.ReadUInt32LittleEndian(charsmap[(4 + 4 * i)..]);
        replacements = charsmap[(4 + (int)length)..].ToArray();
    }

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<char> text, CharacterList into)
    {
        for (int length; text.Length > 0; text = text[length..])
        {
            length = StringInfo.GetNextTextElementLength(text);
            ReadOnlySpan<char> grapheme = text[..length];
            if (Encoding.UTF8.GetByteCount(grapheme) < 6 && Replaced(grapheme, into)) continue;
            for (int at = 0, size; at < length; at += size)
            {
                Rune.DecodeFromUtf16(grapheme[at..], out _, out size);
                if (!Replaced(grapheme.Slice(at, size), into)) into.Add(grapheme.Slice(at, size));
            }
        }
    }

    bool Replaced(ReadOnlySpan<char> characters, CharacterList into)
    {
        Span<byte> key = stackalloc byte[8];
        key = key[..Encoding.UTF8.GetBytes(characters, key)];
        uint at = Offset(units[0]);
        foreach (byte b in key)
        {
            at ^= b;
            if (b == 0 || at >= units.Length || (units[at] & 0x800000FF) != b) return false;
            uint unit = units[at];
            at ^= Offset(unit);
            if ((unit >> 8 & 1) == 0) continue;
            if (at >= units.Length || (units[at] & 0x7FFFFFFF) >= replacements.Length) return false;
            ReadOnlySpan<byte> rest = replacements.AsSpan((int)(units[at] & 0x7FFFFFFF));
            into.Add(Encoding.UTF8.GetString(rest.IndexOf((byte)0) is >= 0 and int end ? rest[..end] : rest));
            return true;
        }
        return false;
    }

    static uint Offset(uint unit) => unit >> 10 << (int)((unit & 0x200) >> 6);
}
