using Heartwood.Lab.Tokenizers.Decoders;
using Heartwood.Lab.Tokenizers.Pieces;
using Heartwood.Lab.Tokenizers.Splitters;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>Reads GPT-2's and RoBERTa's <c>vocab.json</c> and <c>merges.txt</c>: byte-pair encoding of bytes.</summary>
static class MergesFiles
{
    /// <summary>The tokenizer. It is RoBERTa's where the options' class or the vocabulary's special tokens say so.</summary>
    /// <param name="vocabulary">the bytes of <c>vocab.json</c></param>
    /// <param name="merges">the bytes of <c>merges.txt</c></param>
    /// <param name="vocabularyPath">where the former come from</param>
    /// <param name="mergesPath">where the latter come from</param>
    /// <param name="options">what <c>tokenizer_config.json</c> says</param>
    /// <param name="extra">what <c>added_tokens.json</c> says</param>
    /// <exception cref="InvalidDataException">a file is not what it should be, or the two do not belong together</exception>
    public static TokenizerParts Read(byte[] vocabulary, byte[] merges, string vocabularyPath, string mergesPath, TokenizerOptions options, IReadOnlyList<AddedToken> extra) =>
        Field.Read<TokenizerParts>(vocabulary, vocabularyPath, file =>
        {
            Dictionary<string, int> ids = TokenizerFile.Ids(file.Named("the vocabulary"));
            MergeTable table = new(Pairs(merges, mergesPath), ids, "", (i, piece) => new InvalidDataException(
                $"{mergesPath}: merge {i + 1} needs '{piece}', which is not in {Path.GetFileName(vocabularyPath)}. Give the two files of one tokenizer."));
            bool roberta = options.Class is null ? Array.TrueForAll(["<s>", "</s>", "<mask>"], ids.ContainsKey) : !options.Class.StartsWith("GPT2", StringComparison.Ordinal) && ids.ContainsKey("<s>") && ids.ContainsKey("</s>");
            string[] special = roberta ? ["<s>", "<pad>", "</s>", "<unk>", "<mask>"] : ["<|endoftext|>"];
            List<AddedToken> added = [.. special.Where(ids.ContainsKey).Select(s => new AddedToken(s, ids[s]) { Special = true, LeftStrip = s == "<mask>" })];
            foreach (AddedToken token in options.Added.Concat(extra.Where(e => options.Added.All(o => o.Content != e.Content))))
            {
                added.RemoveAll(a => a.Content == token.Content);
                added.Add(token);
            }
            string[] pieces = TokenizerFile.Pieces(file.Named("the vocabulary"), ids, added);
            Vocabulary all = new(ids, pieces, added);
            int? begin = Id(options.Begin, roberta ? "<s>" : "<|endoftext|>"), end = Id(options.End, roberta ? "</s>" : "<|endoftext|>");
            return new(all, new Bpe(ids, table, new()), added, null, new ByteLevel(options.AddPrefixSpace ?? false, WordPattern.Gpt2), byteLevel: true, marker: '\0')
            {
                Template = roberta ? Template.Roberta(ids["<s>"], ids["</s>"]) : Template.Around(options.AddBegin == true ? begin : null, options.AddEnd == true ? end : null),
                Decoder = new ByteLevelDecoder(),
                Begin = begin,
                End = end,
            };

            int? Id(string? said, string otherwise) => said == "" ? null : said is null ? all.Find(otherwise)
                : all.Find(said) ?? throw file.Named("tokenizer_config.json").Fault("special tokens of the vocabulary", $"'{said}'");
        });

    static List<(string, string)> Pairs(byte[] bytes, string path)
    {
        List<(string, string)> pairs = [];
        foreach (var (number, line) in WordPieceVocabulary.Lines(bytes, path).Index())
            if (line.StartsWith("#version", StringComparison.Ordinal) || line == "") continue;
            else if (line.Split(' ') is [string first, string second]) pairs.Add((first, second));
            else throw new InvalidDataException($"{path}: line {number + 1}: expected two pieces with a space between; found '{line}'. Give the model's own merges.txt.");
        return pairs;
    }
}
