using System.Text;
using Heartwood.Lab.Tokenizers.Normalizers;
using Heartwood.Lab.Tokenizers.Splitters;

namespace Heartwood.Lab.Tokenizers.Decoders;

/// <summary>Makes text of pieces.</summary>
interface IDecoder
{
    /// <summary>What the pieces become; joined, they are the text.</summary>
    List<string> Apply(List<string> pieces);
}

/// <summary>One decoder after another.</summary>
sealed class DecoderSequence(IDecoder[] decoders) : IDecoder
{
    /// <inheritdoc/>
    public List<string> Apply(List<string> pieces) => decoders.Aggregate(pieces, (p, decoder) => decoder.Apply(p));
}

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

/// <summary>Makes characters of pieces like <c>&lt;0xE2&gt;</c> that stand together, or U+FFFD of each where they are not UTF-8.</summary>
sealed class ByteFallbackDecoder : IDecoder
{
    static readonly UTF8Encoding strict = new(false, true);

    /// <inheritdoc/>
    public List<string> Apply(List<string> pieces)
    {
        List<string> text = [];
        List<byte> bytes = [];
        foreach (string piece in pieces)
            if (piece is ['<', '0', 'x', char high, char low, '>'] && char.IsAsciiHexDigit(high) && char.IsAsciiHexDigit(low)) bytes.Add(Convert.FromHexString([high, low])[0]);
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

/// <summary>Joins words out of pieces that continue them, with spaces between, and tidies English punctuation.</summary>
sealed class WordPieceDecoder(string prefix, bool cleanUp) : IDecoder
{
    static readonly (string From, string To)[] tidied =
        [(" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re")];

    /// <inheritdoc/>
    public List<string> Apply(List<string> pieces) => [.. pieces.Select((piece, i) =>
    {
        if (i > 0) piece = piece.StartsWith(prefix, StringComparison.Ordinal) ? piece[prefix.Length..] : " " + piece;
        return cleanUp ? tidied.Aggregate(piece, (p, t) => p.Replace(t.From, t.To, StringComparison.Ordinal)) : piece;
    })];
}

/// <summary>Makes spaces of markers, and nothing of those that the first piece begins with if one was put before the text.</summary>
sealed class MetaspaceDecoder(char marker, PrependScheme scheme) : IDecoder
{
    /// <inheritdoc/>
    public List<string> Apply(List<string> pieces) =>
        [.. pieces.Select((piece, i) => i == 0 && scheme != PrependScheme.Never ? piece.Replace($"{marker}", "", StringComparison.Ordinal) : piece.Replace(marker, ' '))];
}

/// <summary>Makes spaces of what ends a word, but at the end nothing.</summary>
sealed class SuffixDecoder(string suffix) : IDecoder
{
    /// <inheritdoc/>
    public List<string> Apply(List<string> pieces) => [.. pieces.Select((piece, i) => piece.Replace(suffix, i == pieces.Count - 1 ? "" : " ", StringComparison.Ordinal))];
}

/// <summary>Joins the pieces.</summary>
sealed class Fuse : IDecoder
{
    /// <inheritdoc/>
    public List<string> Apply(List<string> pieces) => [string.Concat(pieces)];
}

/// <summary>Replaces text within each piece.</summary>
sealed class ReplaceDecoder(Replace replace) : IDecoder
{
    /// <inheritdoc/>
    public List<string> Apply(List<string> pieces) => [.. pieces.Select(piece =>
    {
        Characters.CharacterList written = new(piece.Length);
        replace.Apply(piece, written);
        return written.Text.ToString();
    })];
}

/// <summary>Drops up to so many of a character at the ends of each piece.</summary>
sealed class StripDecoder(char content, int start, int stop) : IDecoder
{
    /// <inheritdoc/>
    public List<string> Apply(List<string> pieces) => [.. pieces.Select(piece =>
    {
        int from = 0, to = piece.Length;
        while (from < Math.Min(start, to) && piece[from] == content) from++;
        while (to > from && piece.Length - to < stop && piece[to - 1] == content) to--;
        return piece[from..to];
    })];
}
