using Heartwood.Lab.Tokenizers.Splitters;

namespace Heartwood.Lab.Tokenizers.Decoders;

/// <summary>Joins words out of pieces that continue them, with spaces between, and tidies English punctuation.</summary>
sealed class WordPieceDecoder(string prefix, bool cleanUp) : IDecoder
{
    static readonly (string From, string To)[] tidied =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"),
        (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

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
    public List<string> Apply(List<string> pieces) => [.. pieces.Select((piece, i) =>
        i == 0 && scheme != PrependScheme.Never ? piece.Replace($"{marker}", "", StringComparison.Ordinal) : piece.Replace(marker, ' '))];
}

/// <summary>Makes spaces of what ends a word, but at the end nothing.</summary>
sealed class SuffixDecoder(string suffix) : IDecoder
{
    /// <inheritdoc/>
    public List<string> Apply(List<string> pieces) =>
        [.. pieces.Select((piece, i) => piece.Replace(suffix, i == pieces.Count - 1 ? "" : " ", StringComparison.Ordinal))];
}
