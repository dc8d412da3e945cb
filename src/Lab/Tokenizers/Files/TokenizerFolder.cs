using Heartwood.Lab.Tokenizers.Normalizers;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>Finds a model folder's tokenizer.</summary>
static class TokenizerFolder
{
    /// <exception cref="InvalidDataException">no tokenizer, one that is not understood, or two files that contradict each other</exception>
    public static Tokenizer Read(string folder)
    {
        string json = At("tokenizer.json"), vocabulary = At("vocab.json"), merges = At("merges.txt"), words = At("vocab.txt"), config = At("tokenizer_config.json"), added = At("added_tokens.json");
        TokenizerOptions options = File.Exists(config) ? TokenizerOptions.Read(File.ReadAllBytes(config), config) : new();
        if (File.Exists(json))
        {
            TokenizerParts parts = TokenizerFile.Read(File.ReadAllBytes(json), json, options);
            Agree(folder, options, parts);
            return new(parts);
        }
        if (File.Exists(vocabulary) && File.Exists(merges))
            return new(MergesFiles.Read(File.ReadAllBytes(vocabulary), File.ReadAllBytes(merges), vocabulary, merges, options,
                File.Exists(added) ? Field.Read(File.ReadAllBytes(added), added, f => f.Properties.Select(p => new AddedToken(p.Name, p.Value.Number)).ToArray()) : []));
        if (File.Exists(words)) return new(WordPieceVocabulary.Of(WordPieceVocabulary.Lines(File.ReadAllBytes(words), words), words, options));
        if (SentencePiece.SentencePieceFolder.Read(folder, options) is Tokenizer read) return read;
        throw new InvalidDataException($"{folder}: neither tokenizer.json, nor vocab.json with merges.txt, nor vocab.txt, nor SentencePiece's "
            + $"{string.Join(" or ", SentencePiece.SentencePieceFolder.Names)} is there. Copy the model's own tokenizer into the folder.");

        string At(string name) => Path.Combine(folder, name);
    }

    static void Agree(string folder, TokenizerOptions options, TokenizerParts parts)
    {
        if (parts.Normalizer is BertNormalizer bert)
        {
            Same("do_lower_case", options.LowerCase, bert.LowerCase);
            Same("strip_accents", options.StripAccents, bert.StripAccents);
            Same("tokenize_chinese_chars", options.SpaceChinese, bert.SpaceChinese);
        }
        if (parts.Begin is int begin && begin != parts.End) Same("add_bos_token", options.AddBegin, parts.Template.Begin == begin);
        if (parts.End is int end && end != parts.Begin) Same("add_eos_token", options.AddEnd, parts.Template.End == end);

        void Same(string option, bool? config, bool file)
        {
            if (config is bool c && c != file)
                throw new InvalidDataException($"{folder}: {option} is {c} in tokenizer_config.json, but tokenizer.json does the opposite. Make the two agree with how the model was trained.");
        }
    }
}
