using System.Text;
using Heartwood.Lab.Json;
using Heartwood.Lab.Tokenizers.Decoders;
using Heartwood.Lab.Tokenizers.Normalizers;
using Heartwood.Lab.Tokenizers.Pieces;
using Heartwood.Lab.Tokenizers.Splitters;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>Reads <c>vocab.txt</c>: WordPiece as BERT and its relatives have it.</summary>
static class WordPieceVocabulary
{
    /// <summary>The classes that are read from a <c>vocab.txt</c>: all alike but MPNet's, which has RoBERTa's special tokens.</summary>
    public static IReadOnlyList<string> Classes { get; } =
    [
        "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer", "ConvBertTokenizer", "SqueezeBertTokenizer",
        "LxmertTokenizer", "RetriBertTokenizer", "MPNetTokenizer",
    ];

    /// <summary>A tokenizer of one of <see cref="Classes"/>, BERT's where the options name none.</summary>
    /// <exception cref="InvalidDataException">a special token that it needs is missing</exception>
    public static TokenizerParts Parts(IReadOnlyList<string> pieces, string path, TokenizerOptions options)
    {
        bool mpnet = TokenizerClass.WithoutFile(options) == "MPNetTokenizer", lower = options.LowerCase ?? true,
            basic = options.Basic ?? true;
        string mask = options.Named("mask_token", mpnet ? "<mask>" : "[MASK]");
        string[] special =
        [
            options.Named("unk_token", "[UNK]"), options.Named("sep_token", mpnet ? "</s>" : "[SEP]"),
            options.Named("pad_token", mpnet ? "<pad>" : "[PAD]"),
            options.Named("cls_token", mpnet ? "<s>" : "[CLS]"), mask,
        ];
        Dictionary<string, int> ids = new(pieces.Count);
        for (int i = 0; i < pieces.Count; i++) ids[pieces[i]] = i;
        FolderTokens tokens = FolderTokens.FromVocabulary(ids, special, mpnet ? mask : null).AfterVocabulary(options);
        BertNormalizer normalizer = new(true, options.SpaceChinese ?? true, options.StripAccents ?? lower, lower);
        AddedToken[] added = [.. tokens.Tokens.Select(t => t.In(basic ? normalizer : null))];
        Field at = new(TokenizerJson.Source(path), "the vocabulary", default);
        Vocabulary all = new(ids, TokenizerFile.Pieces(at, ids, added, [.. pieces], TokenizerFile.MostHoles), added);
        int unknown = Needed(special[0]), end = Needed(special[1]), start = Needed(special[3]);
        return new(all, new WordPiece(ids, unknown), options.SplitsSpecial ? [.. added.Where(a => !a.Special)] : added,
            basic ? normalizer : null, basic ? new BertSplitter() : new WhitespaceSplit(), byteLevel: false, marker: '\0')
        {
            Template = mpnet ? Template.Roberta(start, end) : Template.Bert(start, end),
            Decoder = new WordPieceDecoder("##", cleanUp: true),
            Begin = start,
            End = end,
            TruncatesLeft = options.TruncatesLeft ?? false,
            Notes = tokens.Notes,
        };

        int Needed(string name) => all.Find(name)
            ?? throw new InvalidDataException($"{path}: none of its {pieces.Count} lines is '{name}', "
                + $"which a WordPiece vocabulary of {(mpnet ? "MPNet" : "BERT")} has. "
                + "Give the model's own vocab.txt, or name its special tokens in tokenizer_config.json.");
    }

    /// <summary>
    /// The lines of a file in UTF-8, without a byte order mark; an unfinished last line counts, nothing after the last line break does.
    /// </summary>
    /// <exception cref="InvalidDataException">not UTF-8</exception>
    public static List<string> Lines(byte[] bytes, string path)
    {
        List<string> lines = [];
        try
        {
            ReadOnlySpan<byte> text = bytes, mark = Encoding.UTF8.Preamble;
            using StringReader reader = new(new UTF8Encoding(false, true).GetString(text.StartsWith(mark) ? text[mark.Length..] : text));
            while (reader.ReadLine() is string line) lines.Add(line);
        }
        catch (DecoderFallbackException fault)
        {
            int at = Math.Max(fault.Index, 0), line = 1 + bytes.AsSpan(0, Math.Min(at, bytes.Length)).Count((byte)'\n');
            string next = $"Convert the file, or give the model's own {Path.GetFileName(path)}.";
            throw new InvalidDataException($"{path}: line {line} is not UTF-8. {next}", fault);
        }
        return lines;
    }
}
