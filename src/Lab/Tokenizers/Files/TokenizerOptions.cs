using Heartwood.Lab.Json;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>
/// What <c>tokenizer_config.json</c> says of ids, and next to it <c>special_tokens_map.json</c>, <c>added_tokens.json</c> and the kind of
/// model that <c>config.json</c> names; null where nothing is said.
/// </summary>
sealed record TokenizerOptions
{
    /// <summary>The names under which the files mention special tokens.</summary>
    public static IReadOnlyList<string> Roles { get; } =
        ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    static readonly string[] lists = ["additional_special_tokens", "extra_special_tokens"];

    /// <summary>The class that is meant to read the folder, as it is written.</summary>
    public string? Class { get; init; }

    /// <summary>What config.json calls the kind of model.</summary>
    public string? ModelType { get; init; }

    /// <summary>Whether text is lower-cased.</summary>
    public bool? LowerCase { get; init; }

    /// <summary>Whether accents are stripped.</summary>
    public bool? StripAccents { get; init; }

    /// <summary>Whether every Chinese character is a word.</summary>
    public bool? SpaceChinese { get; init; }

    /// <summary>Whether BERT's text is normalized and cut at punctuation; without it white space alone divides words.</summary>
    public bool? Basic { get; init; }

    /// <summary>Whether a space is put before a text.</summary>
    public bool? AddPrefixSpace { get; init; }

    /// <summary>Whether the beginning of text is put before a text.</summary>
    public bool? AddBegin { get; init; }

    /// <summary>Whether the end of text is put after a text.</summary>
    public bool? AddEnd { get; init; }

    /// <summary>Whether Llama's space is put before every part of a text, as older versions did.</summary>
    public bool? Legacy { get; init; }

    /// <summary>Whether a text that is too long loses its beginning.</summary>
    public bool? TruncatesLeft { get; init; }

    /// <summary>Whether the name of a special token in a text is read as ordinary text.</summary>
    public bool SplitsSpecial { get; init; }

    /// <summary>The beginning of text; empty where it is said that there is none.</summary>
    public string? Begin { get; init; }

    /// <summary>The end of text; empty where it is said that there is none.</summary>
    public string? End { get; init; }

    /// <summary>Tokens next to the vocabulary, with their ids.</summary>
    public IReadOnlyList<AddedToken> Added { get; init; } = [];

    /// <summary>The special tokens that are named by what they do, for example "mask_token"; their ids are −1.</summary>
    public IReadOnlyDictionary<string, AddedToken> Special { get; init; } = new Dictionary<string, AddedToken>();

    /// <summary>Further special tokens; their ids are −1.</summary>
    public IReadOnlyList<AddedToken> Further { get; init; } = [];

    /// <summary>Words that BERT's basic tokenization leaves whole.</summary>
    public IReadOnlyList<string> NeverSplit { get; init; } = [];

    /// <summary>The keys of tokenizer_config.json whose value is not null, false or empty, with the value as it is written.</summary>
    public IReadOnlyDictionary<string, string> Said { get; init; } = new Dictionary<string, string>();

    /// <summary>The text of a special token; <paramref name="otherwise"/> where the files name none.</summary>
    public string Named(string role, string otherwise) => Special.TryGetValue(role, out AddedToken? token) ? token.Content : otherwise;

    /// <summary>Whether a token is added or named as special, or is one of BERT's special tokens.</summary>
    public bool Names(string token) => token is "[UNK]" or "[SEP]" or "[PAD]" or "[CLS]" or "[MASK]"
        || Special.Values.Concat(Further).Concat(Added).Any(t => t.Content == token);

    /// <summary>Reads all the files that say something.</summary>
    /// <exception cref="InvalidDataException">one of them is not what it should be</exception>
    public static TokenizerOptions InFolder(FolderFiles files)
    {
        TokenizerOptions options = files.Json("tokenizer_config.json", Read) ?? new();
        TokenizerOptions map = files.Json("special_tokens_map.json", ReadSpecial) ?? new();
        options = options with
        {
            Begin = options.Begin ?? map.Begin,
            End = options.End ?? map.End,
            Special = map.Special.Where(s => !options.Special.ContainsKey(s.Key)).Concat(options.Special).ToDictionary(),
            Further = [.. options.Further.Concat(map.Further).DistinctBy(t => t.Content)],
            Class = options.Class
                ?? (files.Json("config.json", config => config.Find("tokenizer_class")?.Text ?? "")
                    is { Length: > 0 } named ? named : null),
            ModelType = files.Json("config.json", config => config.Find("model_type")?.Text ?? ""),
        };
        HashSet<string> special = [.. options.Special.Values.Concat(options.Further).Select(t => t.Content)];
        AddedToken[]? own = files.Json("added_tokens.json", file =>
            file.Properties.Select(p => Own(p.Name, p.Value, special.Contains(p.Name))).ToArray());
        return options with { Added = [.. options.Added.Concat(own ?? []).DistinctBy(t => t.Content)] };
    }

    // A token of which only the id is written is looked for in normalized text unless it is special.
    static AddedToken Own(string content, Field id, bool special) =>
        content == "" ? throw id.Fault("a token's text as name", "none")
        : new(content, id.Number) { Special = special, Normalized = !special };

    /// <summary>Reads from <c>tokenizer_config.json</c> what can change ids.</summary>
    /// <exception cref="InvalidDataException">not such a file</exception>
    public static TokenizerOptions Read(byte[] bytes, string path) => TokenizerJson.Read(bytes, path, Read);

    static TokenizerOptions Read(Field file) => ReadSpecial(file) with
    {
        Class = file.Find("tokenizer_class")?.Text,
        LowerCase = file.Find("do_lower_case")?.Flag,
        StripAccents = file.Find("strip_accents")?.Flag,
        SpaceChinese = file.Find("tokenize_chinese_chars")?.Flag,
        Basic = file.Find("do_basic_tokenize")?.Flag,
        AddPrefixSpace = file.Find("add_prefix_space")?.Flag,
        AddBegin = file.Find("add_bos_token")?.Flag,
        AddEnd = file.Find("add_eos_token")?.Flag,
        Legacy = file.Find("legacy")?.Flag,
        TruncatesLeft = file.Find("truncation_side") is not Field side ? null
            : side.Text is "left" or "right" ? side.Text == "left" : throw side.Fault("left or right", $"'{side.Text}'"),
        SplitsSpecial = file.FlagOr("split_special_tokens", false),
        NeverSplit = [.. file.Find("never_split")?.Items.Select(i => i.Text) ?? []],
        Added = Decoder(file),
        Said = file.Properties.Select(p => (p.Name, p.Value.Shown))
            .Where(p => p.Shown is not ("null" or "false" or "\"\"" or "[]" or "{}")).ToDictionary(),
    };

    static AddedToken[] Decoder(Field file)
    {
        if (file.Find("added_tokens_decoder") is not Field decoder) return [];
        AddedToken[] added = [.. decoder.Properties.Select(p => TokenizerFile.Added(p.Value, Id(p.Name, p.Value)))];
        if (added.GroupBy(t => t.Content).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw decoder.Fault("each token once", $"'{twice.Key}' with the ids {string.Join(" and ", twice.Select(t => t.Id))}");
        return added;
    }

    static int Id(string name, Field token) =>
        int.TryParse(name, out int id) && id >= 0 ? id : throw token.Fault("ids as names", $"'{name}'");

    // special_tokens_map.json, and the same names in tokenizer_config.json
    static TokenizerOptions ReadSpecial(Field file)
    {
        Dictionary<string, AddedToken> special = [];
        foreach (string role in Roles)
            if (file.Find(role) is Field token && Token(token) is AddedToken named) special[role] = named;
        return new()
        {
            Begin = Content("bos_token"),
            End = Content("eos_token"),
            Special = special,
            Further = [.. lists.SelectMany(Further).DistinctBy(t => t.Content)],
        };

        string? Content(string role) => !file.Says(role) ? null : special.TryGetValue(role, out AddedToken? token) ? token.Content : "";

        IEnumerable<AddedToken> Further(string list) => file.Find(list) is not Field further ? []
            : (further.IsList ? further.Items : further.Properties.Select(p => p.Value)).Select(Token).OfType<AddedToken>();
    }

    static AddedToken? Token(Field token) => !token.IsText ? TokenizerFile.Added(token, -1) with { Special = true }
        : token.Text == "" ? null : new AddedToken(token.Text, -1) { Special = true };
}
