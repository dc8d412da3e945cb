using System.Text;
using Heartwood.Lab.Tokenizers.Decoders;
using Heartwood.Lab.Tokenizers.Normalizers;
using Heartwood.Lab.Tokenizers.Pieces;
using Heartwood.Lab.Tokenizers.Splitters;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>Reads BERT's <c>vocab.txt</c>.</summary>
static class WordPieceVocabulary
{
    /// <summary>A tokenizer with BERT's names for the special tokens, as a <c>vocab.txt</c> implies.</summary>
    /// <exception cref="InvalidDataException">one of them is missing</exception>
    public static TokenizerParts Of(IReadOnlyList<string> pieces, string path, TokenizerOptions options)
    {
        Dictionary<string, int> ids = new(pieces.Count);
        for (int i = 0; i < pieces.Count; i++) ids[pieces[i]] = i;
        AddedToken[] special = [.. ((string[])["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"]).Where(ids.ContainsKey).Select(s => new AddedToken(s, ids[s]) { Special = true })];
        int unknown = Needed("[UNK]"), start = Needed("[CLS]"), end = Needed("[SEP]");
        bool lower = options.LowerCase ?? true;
        return new(new(ids, [.. pieces], special), new WordPiece(ids, unknown), special,
            new BertNormalizer(true, options.SpaceChinese ?? true, options.StripAccents ?? lower, lower), new BertSplitter(), byteLevel: false, marker: '\0')
        {
            Template = Template.Bert(start, end),
            Decoder = new WordPieceDecoder("##", cleanUp: true),
            Begin = start,
            End = end,
        };

        int Needed(string name) => ids.TryGetValue(name, out int id) ? id
            : throw new InvalidDataException($"{path}: none of its {pieces.Count} lines is '{name}', which a WordPiece vocabulary of BERT has. Give the model's own vocab.txt.");
    }

    /// <summary>The lines of a file in UTF-8; an unfinished last line counts, nothing after the last line break does.</summary>
    /// <exception cref="InvalidDataException">not UTF-8</exception>
    public static List<string> Lines(byte[] bytes, string path)
    {
        List<string> lines = [];
        try
        {
            using StringReader reader = new(new UTF8Encoding(false, true).GetString(bytes));
            while (reader.ReadLine() is string line) lines.Add(line);
        }
        catch (DecoderFallbackException fault)
        {
            int at = Math.Max(fault.Index, 0), line = 1 + bytes.AsSpan(0, Math.Min(at, bytes.Length)).Count((byte)'\n');
            throw new InvalidDataException($"{path}: line {line} is not UTF-8. Convert the file, or give the model's own {Path.GetFileName(path)}.", fault);
        }
        return lines;
    }
}
