using Heartwood.Lab.Tokenizers.Characters;
using Heartwood.Lab.Tokenizers.Normalizers;

namespace Heartwood.Lab.Tokenizers.Decoders;

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
        CharacterList written = new(piece.Length);
        replace.Apply(piece, written);
        return written.Text.ToString();
    })];
}

/// <summary>Drops a character at the ends of each piece: at most <paramref name="start"/> and <paramref name="stop"/> of it.</summary>
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
