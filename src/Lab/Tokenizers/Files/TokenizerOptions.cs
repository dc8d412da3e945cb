namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>What a <c>tokenizer_config.json</c> says; null where it says nothing.</summary>
sealed record TokenizerOptions
{
    /// <summary>The class that is meant to read the folder.</summary>
    public string? Class { get; init; }

    /// <summary>Whether text is lower-cased.</summary>
    public bool? LowerCase { get; init; }

    /// <summary>Whether accents are stripped.</summary>
    public bool? StripAccents { get; init; }

    /// <summary>Whether every Chinese character is a word.</summary>
    public bool? SpaceChinese { get; init; }

    /// <summary>Whether a space is put before a text.</summary>
    public bool? AddPrefixSpace { get; init; }

    /// <summary>Whether the beginning of text is put before a text.</summary>
    public bool? AddBegin { get; init; }

    /// <summary>Whether the end of text is put behind a text.</summary>
    public bool? AddEnd { get; init; }

    /// <summary>The beginning of text; empty where it is said that there is none.</summary>
    public string? Begin { get; init; }

    /// <summary>The end of text; empty where it is said that there is none.</summary>
    public string? End { get; init; }

    /// <summary>Tokens beside the vocabulary.</summary>
    public IReadOnlyList<AddedToken> Added { get; init; } = [];

    /// <summary>Reads the file; of all that it says only what can change ids.</summary>
    /// <exception cref="InvalidDataException">not such a file</exception>
    public static TokenizerOptions Read(byte[] bytes, string path) => Field.Read(bytes, path, file => new TokenizerOptions
    {
        Class = file.Find("tokenizer_class")?.Text,
        LowerCase = file.Find("do_lower_case")?.Flag,
        StripAccents = file.Find("strip_accents")?.Flag,
        SpaceChinese = file.Find("tokenize_chinese_chars")?.Flag,
        AddPrefixSpace = file.Find("add_prefix_space")?.Flag,
        AddBegin = file.Find("add_bos_token")?.Flag,
        AddEnd = file.Find("add_eos_token")?.Flag,
        Begin = Token(file, "bos_token"),
        End = Token(file, "eos_token"),
        Added = [.. file.Find("added_tokens_decoder")?.Properties.Select(p => TokenizerFile.Added(p.Value, int.TryParse(p.Name, out int id) && id >= 0 ? id
            : throw p.Value.Fault("ids as names", $"'{p.Name}'"))) ?? []],
    });

    static string? Token(Field file, string name) => !file.Says(name) ? null : file.Find(name) is not Field token ? "" : token.IsText ? token.Text : token["content"].Text;
}
