using System.Text;
using Heartwood.Lab.Tokenizers.Splitters;

namespace Heartwood.Lab.Tokenizers.Decoders;

/// <summary>Reads the alphabet of bytes.</summary>
sealed class ByteLevelDecoder : IDecoder
{
    /// <inheritdoc/>
    public List<string> Apply(List<string> pieces)
    {
        List<byte> bytes = [];
        foreach (string piece in pieces) ByteAlphabet.Read(piece, bytes);
        return [Encoding.UTF8.GetString([.. bytes])];
    }
}

/// <summary>
/// Turns runs of pieces like <c>&lt;0xE2&gt;</c> into the characters they spell; into U+FFFD each where they are not UTF-8.
/// </summary>
sealed class ByteFallbackDecoder : IDecoder
{
    static readonly UTF8Encoding strict = new(false, true);

    /// <inheritdoc/>
    public List<string> Apply(List<string> pieces)
    {
        List<string> text = [];
        List<byte> bytes = [];
        foreach (string piece in pieces)
            if (piece is ['<', '0', 'x', char high, char low, '>'] && char.IsAsciiHexDigit(high) && char.IsAsciiHexDigit(low))
                bytes.Add(Convert.FromHexString([high, low])[0]);
            else
            {
                Flush();
                text.Add(piece);
            }
        Flush();
        return text;

        void Flush()
        {
            try
            {
                if (bytes.Count > 0) text.Add(strict.GetString([.. bytes]));
            }
            catch (DecoderFallbackException)
            {
                text.AddRange(Enumerable.Repeat("\ufffd", bytes.Count));
            }
            bytes.Clear();
        }
    }
}
