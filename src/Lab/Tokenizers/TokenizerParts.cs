using Heartwood.Lab.Tokenizers.Decoders;
using Heartwood.Lab.Tokenizers.Normalizers;
using Heartwood.Lab.Tokenizers.Pieces;
using Heartwood.Lab.Tokenizers.Splitters;

namespace Heartwood.Lab.Tokenizers;

/// <summary>All that a tokenizer is made of.</summary>
/// <param name="vocabulary">the pieces</param>
/// <param name="model">cuts words into them</param>
/// <param name="added">the tokens that are found as they stand</param>
/// <param name="normalizer">rewrites text, or null</param>
/// <param name="splitter">cuts text into words, or null where it stays whole</param>
/// <param name="byteLevel">whether words are spelled in the alphabet of bytes</param>
/// <param name="marker">what stands for a space, or U+0000</param>
sealed class TokenizerParts(
    Vocabulary vocabulary,
    IPieceModel model,
    IReadOnlyList<AddedToken> added,
    INormalizer? normalizer,
    ISplitter? splitter,
    bool byteLevel,
    char marker)
{
    /// <summary>The pieces.</summary>
    public Vocabulary Vocabulary => vocabulary;

    /// <summary>The added tokens looked for in text as it is.</summary>
    public AddedTokens? Raw { get; } = AddedTokens.Choose(added, normalized: false);

    /// <summary>The added tokens looked for in normalized text.</summary>
    public AddedTokens? Normalized { get; } = AddedTokens.Choose(added, normalized: true);

    /// <summary>Rewrites text.</summary>
    public INormalizer? Normalizer => normalizer;

    /// <summary>Cuts text into words.</summary>
    public ISplitter? Splitter { get; } =
        splitter is null && !byteLevel && model is Bpe bpe && bpe.CutsBefore('▁') ? new BeforeMarkers('▁') : splitter;

    /// <summary>Cuts words into pieces.</summary>
    public Words Words { get; } = new(model, vocabulary, byteLevel, marker);

    /// <summary>Where special tokens stand.</summary>
    public Template Template { get; init; } = Template.None;

    /// <summary>Makes text of pieces; null where they are joined with spaces.</summary>
    public IDecoder? Decoder { get; init; }

    /// <summary>Whether a text that is too long loses its beginning, not its end.</summary>
    public bool TruncatesLeft { get; init; }

    /// <summary>What a reader should know of how the files were read.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Makes text of ids, where pieces alone do not say what they are for; null where <see cref="Decoder"/> does.</summary>
    public Func<IReadOnlyList<int>, string>? Text { get; init; }

    /// <summary>The beginning of text.</summary>
    public int? Begin { get; init; }

    /// <summary>The end of text.</summary>
    public int? End { get; init; }
}
