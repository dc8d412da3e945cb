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

/// <summary>Turns markers into spaces; where a marker was put before the text, those of the first piece are dropped.</summary>
sealed class MetaspaceDecoder(char marker, PrependScheme scheme) : IDecoder
{
    /// <inheritdoc/>
    public List<string> Apply(List<string> pieces) => [.. pieces.Select((piece, i) =>
        i == 0 && scheme != PrependScheme.Never ? piece.Replace($"{marker}", "", StringComparison.Ordinal) : piece.Replace(marker, ' '))];
}

/// <summary>Turns the mark at the end of each word into a space; after the last word it is dropped.</summary>
sealed class SuffixDecoder(string suffix) : IDecoder
{
    /// <inheritdoc/>
    public List<string> Apply(List<string> pieces) =>
        [.. pieces.Select((piece, i) => piece.Replace(suffix, i == pieces.Count - 1 ? "" : " ", StringComparison.Ordinal))];
}
