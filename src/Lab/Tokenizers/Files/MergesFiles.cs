using Heartwood.Lab.Tokenizers.Decoders;
using Heartwood.Lab.Tokenizers.Normalizers;
using Heartwood.Lab.Tokenizers.Pieces;
using Heartwood.Lab.Tokenizers.Splitters;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>Reads <c>vocab.json</c> and <c>merges.txt</c>: byte-pair encoding of bytes as GPT-2 and its relatives have it.</summary>
static class MergesFiles
{
    enum Kind
    {
        Gpt2,
        Roberta,
        NeoX,
        Qwen2,
    }

    static readonly Dictionary<string, Kind> kinds = new()
    {
        ["GPT2Tokenizer"] = Kind.Gpt2,
        ["CodeGenTokenizer"] = Kind.Gpt2,
        ["RobertaTokenizer"] = Kind.Roberta,
        ["BartTokenizer"] = Kind.Roberta,
        ["LongformerTokenizer"] = Kind.Roberta,
        ["GPTNeoXTokenizer"] = Kind.NeoX,
        ["Qwen2Tokenizer"] = Kind.Qwen2,
    };

    /// <summary>The classes that are read from these two files.</summary>
    public static IReadOnlyCollection<string> Classes => kinds.Keys;

    /// <summary>
    /// The tokenizer, of the class that the options name, else of RoBERTa's or GPT-2's, as the vocabulary's special tokens say.
    /// </summary>
    /// <param name="vocabulary">the bytes of <c>vocab.json</c></param>
    /// <param name="merges">the bytes of <c>merges.txt</c></param>
    /// <param name="vocabularyPath">where the former come from</param>
    /// <param name="mergesPath">where the latter come from</param>
    /// <param name="options">what stands next to them</param>
    /// <exception cref="InvalidDataException">a file is not what it should be, or the two do not belong together</exception>
    public static TokenizerParts Read(
        byte[] vocabulary, byte[] merges, string vocabularyPath, string mergesPath, TokenizerOptions options) =>
        TokenizerJson.Read<TokenizerParts>(vocabulary, vocabularyPath, file =>
        {
            Dictionary<string, int> ids = TokenizerFile.Ids(file.Named("the vocabulary"));
            string vocabularyName = Path.GetFileName(vocabularyPath);
            MergeTable table = new(Pairs(merges, mergesPath), ids, "", (i, piece) => new InvalidDataException(
                $"{mergesPath}: merge {i + 1} needs '{piece}', which is not in {vocabularyName}. Give the two files of one tokenizer."));
            Kind kind = TokenizerClass.WithoutFile(options) is string named && kinds.TryGetValue(named, out Kind known) ? known
                : Array.TrueForAll(["<s>", "</s>", "<mask>"], ids.ContainsKey) ? Kind.Roberta : Kind.Gpt2;
            INormalizer? normalizer = kind is Kind.NeoX or Kind.Qwen2 ? new UnicodeNormalizer(compatibility: false, composed: true) : null;
            bool roberta = kind == Kind.Roberta;
            string start = options.Named("cls_token", options.Named("bos_token", "<s>"));
            string stop = options.Named("sep_token", options.Named("eos_token", "</s>"));
            string mask = options.Named("mask_token", "<mask>"), padding = options.Named("pad_token", "<pad>");
            string unknown = options.Named("unk_token", "<unk>");
            string[] special = roberta ? [start, padding, stop, unknown, mask] : ["<|endoftext|>"];
            FolderTokens tokens = FolderTokens.FromVocabulary(ids, special, roberta ? mask : null).AfterVocabulary(options);
            AddedToken[] added = [.. tokens.Tokens.Select(t => t.In(normalizer))];
            string[] pieces = TokenizerFile.Pieces(file.Named("the vocabulary"), ids, added, holes: TokenizerFile.MostHoles);
            Vocabulary all = new(ids, pieces, added);
            int? begin = Id(options.Begin, roberta ? "<s>" : kind == Kind.Qwen2 ? "" : "<|endoftext|>");
            int? end = Id(options.End, roberta ? "</s>" : "<|endoftext|>");
            return new(all, new Bpe(ids, table, new()), options.SplitsSpecial ? [.. added.Where(a => !a.Special)] : added, normalizer,
                new ByteLevel(options.AddPrefixSpace ?? false, kind == Kind.Qwen2 ? WordPattern.Qwen2 : WordPattern.Gpt2),
                    byteLevel: true, marker: '\0')
            {
                Template = roberta ? Template.Roberta(Needed(start), Needed(stop))
                    : Template.Around(options.AddBegin == true ? begin : null, options.AddEnd == true ? end : null),
                Decoder = new ByteLevelDecoder(),
                Begin = begin,
                End = end,
                TruncatesLeft = options.TruncatesLeft ?? false,
                Notes = tokens.Notes,
            };

            int? Id(string? said, string otherwise) => said == "" ? null : all.Find(said ?? otherwise);

            int Needed(string token) => all.Find(token)
                ?? throw file.Named("the vocabulary").Fault("the special tokens of RoBERTa's class", $"no '{token}'");
        });

    static List<(string, string)> Pairs(byte[] bytes, string path)
    {
        List<(string, string)> pairs = [];
        foreach (var (number, line) in WordPieceVocabulary.Lines(bytes, path).Index())
        {
            if (line.StartsWith("#version", StringComparison.Ordinal) || line == "") continue;
            if (line.Split(' ') is not [string first, string second])
                throw new InvalidDataException($"{path}: line {number + 1}: expected two pieces with a space between; found '{line}'. "
                    + "Give the model's own merges.txt.");
            pairs.Add((first, second));
        }
        return pairs;
    }
}
