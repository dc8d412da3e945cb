using Heartwood.Lab.Tokenizers.SentencePiece;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>Finds a model folder's tokenizer.</summary>
static class TokenizerFolder
{
    // Keys of tokenizer_config.json that change no id of a folder without tokenizer.json, or are read (TokenizerOptions).
    static readonly HashSet<string> harmless =
    [
        "__type", "add_bos_token", "add_eos_token", "add_prefix_space", "added_tokens_decoder", "additional_special_tokens",
        "auto_map", "backend", "chat_template", "clean_up_tokenization_spaces", "default_chat_template", "do_basic_tokenize",
        "do_lower_case", "errors", "extra_special_tokens", "full_tokenizer_file", "image_token", "init_inputs", "is_local", "legacy",
        "local_files_only", "max_len", "max_length", "merges_file", "model_input_names", "model_max_length", "model_type",
        "name_or_path", "never_split", "pad_to_multiple_of", "pad_token_type_id", "padding", "padding_side", "processor_class",
        "response_schema", "return_tensors", "spaces_between_special_tokens", "special_tokens_map_file", "split_special_tokens",
        "stride", "strip_accents", "tokenize_chinese_chars", "tokenizer_class", "tokenizer_file", "transformers_version",
        "trim_offsets", "truncation", "truncation_side", "truncation_strategy", "trust_remote_code", "unk_id",
        "use_default_system_prompt", "use_fast", "verbose", "vocab_file", "vocab_size", .. TokenizerOptions.Roles,
    ];

    /// <summary>The tokenizer of a folder on disk.</summary>
    /// <exception cref="InvalidDataException">no tokenizer, one that is not understood, or two files that contradict each other</exception>
    public static Tokenizer Read(string folder) => Read(FolderFiles.On(folder));

    /// <summary>
    /// The tokenizer of a folder: of <c>tokenizer.json</c> where it is there, else of the class that the other files name.
    /// </summary>
    /// <exception cref="InvalidDataException">no tokenizer, one that is not understood, or two files that contradict each other</exception>
    public static Tokenizer Read(FolderFiles files)
    {
        TokenizerOptions options = TokenizerOptions.InFolder(files);
        if (files.Find("tokenizer.json") is byte[] json) return new(TokenizerFile.Read(json, files.PathOf("tokenizer.json"), options));
        string? name = TokenizerClass.WithoutFile(options);
        bool ofMerges = name is not null && MergesFiles.Classes.Contains(name),
            ofWords = name is not null && WordPieceVocabulary.Classes.Contains(name);
        bool ofModel = !ofMerges && !ofWords && SentencePieceFolder.Names.Any(file => files.Find(file) is not null);
        byte[]? words = ofModel ? null : files.Find("vocab.txt");
        bool wordsFirst = ofWords && words is not null;
        if (!ofModel && !wordsFirst && files.Find("vocab.json") is byte[] vocabulary && files.Find("merges.txt") is byte[] merges)
        {
            Understood(files, options, "vocab.json and merges.txt", MergesFiles.Classes);
            return new(MergesFiles.Read(vocabulary, merges, files.PathOf("vocab.json"), files.PathOf("merges.txt"), options));
        }
        if (words is not null)
        {
            Understood(files, options, "vocab.txt", WordPieceVocabulary.Classes);
            string path = files.PathOf("vocab.txt");
            return new(WordPieceVocabulary.Parts(WordPieceVocabulary.Lines(words, path), path, options));
        }
        if (SentencePieceFolder.Read(files.Folder, files.Find, options) is Tokenizer read) return read;
        if (options.Class is not null && !ofMerges && !ofWords)
            throw TokenizerClass.Refused(files, name!, "", [.. WordPieceVocabulary.Classes, .. MergesFiles.Classes]);
        throw new InvalidDataException($"{files.Folder}: neither tokenizer.json, nor vocab.json with merges.txt, "
            + "nor vocab.txt, nor SentencePiece's "
            + $"{string.Join(" or ", SentencePieceFolder.Names)} is there. Copy the model's own tokenizer into the folder.");
    }

    // Without tokenizer.json the class decides what the files mean, and every key may change ids. Where only the kind of model says which
    // class is usual, the files may be another's.
    static void Understood(FolderFiles files, TokenizerOptions options, string there, IReadOnlyCollection<string> classes)
    {
        if (TokenizerClass.Bare(options.Class) is string name && !classes.Contains(name))
            throw TokenizerClass.Refused(files, name, there, classes);
        foreach (var (key, said) in options.Said)
            if (!harmless.Contains(key))
                throw new InvalidDataException($"{files.PathOf("tokenizer_config.json")}: {key}: expected nothing that is unknown, "
                    + $"because it may change ids where {there} is read without tokenizer.json; found {said}. "
                    + "Take it out if it changes none, or put the model's tokenizer.json into the folder.");
        if (options.NeverSplit.FirstOrDefault(t => !options.Names(t)) is string never)
            throw new InvalidDataException($"{files.PathOf("tokenizer_config.json")}: never_split: expected special tokens only; "
                + $"found '{never}'. Add it to added_tokens.json with its id, which keeps it whole, "
                + "or put the model's tokenizer.json into the folder.");
    }
}
