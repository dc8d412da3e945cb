using Heartwood.Lab.Tokenizers.Normalizers;
using Heartwood.Lab.Tokenizers.Splitters;

namespace Heartwood.Lab.Tokenizers.SentencePiece;

/// <summary>Makes a tokenizer of a SentencePiece model.</summary>
static class SentencePieceTokenizer
{
    /// <summary>The tokenizer that the model alone is: SentencePiece's own ids, no special tokens around.</summary>
    /// <param name="file">the model</param>
    /// <param name="path">where it comes from, for errors</param>
    /// <exception cref="InvalidDataException">its character map is damaged</exception>
    public static TokenizerParts Bare(SentencePieceFile file, string path) => Parts(file, path, new()
    {
        Ids = [.. Enumerable.Range(0, file.Pieces.Count)],
        Texts = [.. file.Pieces.Select(p => p.Text)],
        Special = [.. file.Pieces.Index().Where(p => p.Item.Kind == PieceKind.Control)
            .Select(p => new AddedToken(p.Item.Text, p.Index) { Special = true })],
        Begin = file.Control(file.Begin),
        End = file.Control(file.End),
    });

    /// <summary>The tokenizer with the ids and tokens of a layout.</summary>
    /// <exception cref="InvalidDataException">the model's character map is damaged</exception>
    public static TokenizerParts Parts(SentencePieceFile file, string path, SentencePieceLayout layout)
    {
        PieceTrie kept = new(file.Pieces.Index().Where(p => p.Item.Kind == PieceKind.UserDefined).Select(p => (p.Item.Text, p.Index)));
        SentencePieceModel model = new(file, kept, layout.Ids);
        SentencePieceNormalizer normalizer = Mapped<SentencePieceNormalizer>(path, "normalizer_spec",
            () => new(file.Normalizer, kept, file.SpacesAreSuffixes) { PrefixesEveryPart = layout.PrefixesEveryPart });
        SentencePieceDecoder decoder = Mapped<SentencePieceDecoder>(path, "denormalizer_spec", () => new(file));

        Dictionary<string, int> ids = [];
        foreach (var (id, text) in layout.Texts.Index()) ids[text] = id;
        int[] pieces = new int[layout.Texts.Count];
        Array.Fill(pieces, -1);
        foreach (var (piece, id) in layout.Ids.Index()) (pieces[id], ids[layout.Texts[id]]) = (piece, id);
        INormalizer whole = layout.Before is null ? normalizer : new NormalizerSequence([layout.Before, normalizer]);
        return new(new(ids, [.. layout.Texts], layout.Special), model, layout.Added, whole,
            model.CutsBeforeSpaces ? new BeforeMarkers(normalizer.Marker) : null, byteLevel: false, normalizer.Marker)
        {
            Template = layout.Template,
            Text = tokens => Decoded(tokens, pieces, layout.Texts, decoder),
            Begin = layout.Begin,
            End = layout.End,
        };
    }

    // Tokens that are no pieces of the model are shown as they are written; between them SentencePiece decodes.
    static string Decoded(IReadOnlyList<int> tokens, int[] pieces, IReadOnlyList<string> texts, SentencePieceDecoder decoder)
    {
        if (tokens.All(t => pieces[t] >= 0)) return decoder.Text(tokens.Select(t => pieces[t]));
        List<string> parts = [];
        for (int at = 0; at < tokens.Count;)
        {
            int end = at;
            while (end < tokens.Count && pieces[tokens[end]] >= 0) end++;
            if (end > at) parts.Add(decoder.Text(tokens.Skip(at).Take(end - at).Select(t => pieces[t])));
            if (end < tokens.Count) parts.Add(texts[tokens[end]]);
            at = end + 1;
        }
        return string.Concat(parts);
    }

    static T Mapped<T>(string path, string place, Func<T> made)
    {
        try
        {
            return made();
        }
        catch (FormatException fault)
        {
            throw SentencePieceFile.Fault(path, $"{place}.precompiled_charsmap", "a trie and its replacements", fault.Message);
        }
    }
}

/// <summary>A model's pieces among the ids of a tokenizer, and the tokens around them.</summary>
sealed record SentencePieceLayout
{
    /// <summary>The tokenizer's id of every piece of the model.</summary>
    public required int[] Ids { get; init; }

    /// <summary>The text of every id.</summary>
    public required IReadOnlyList<string> Texts { get; init; }

    /// <summary>The tokens that decoding can leave out.</summary>
    public required IReadOnlyList<AddedToken> Special { get; init; }

    /// <summary>The tokens that are found in text before SentencePiece sees it.</summary>
    public IReadOnlyList<AddedToken> Added { get; init; } = [];

    /// <summary>Where special tokens stand.</summary>
    public Template Template { get; init; } = Template.None;

    /// <summary>The beginning of text.</summary>
    public int? Begin { get; init; }

    /// <summary>The end of text.</summary>
    public int? End { get; init; }

    /// <summary>Rewrites text before SentencePiece does, or null.</summary>
    public INormalizer? Before { get; init; }

    /// <summary>Whether text after an added token is given a space too.</summary>
    public bool PrefixesEveryPart { get; init; } = true;
}
