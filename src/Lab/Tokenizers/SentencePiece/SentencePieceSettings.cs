using Heartwood.Lab.Json;
using Heartwood.Lab.Tokenizers.Files;

namespace Heartwood.Lab.Tokenizers.SentencePiece;

/// <summary>What the files next to a SentencePiece model say of it; null where they say nothing.</summary>
sealed record SentencePieceSettings
{
    /// <summary>The class that is meant to read the folder, without "Fast".</summary>
    public string? Class { get; init; }

    /// <summary>The kind of model, as <c>config.json</c> says it.</summary>
    public string? ModelType { get; init; }

    /// <summary>
    /// The tokens named for a purpose, such as <c>bos_token</c>, in the order in which they are added where the model lacks them.
    /// </summary>
    public IReadOnlyDictionary<string, string> Named { get; init; } = new Dictionary<string, string>();

    /// <summary>The added tokens with their ids.</summary>
    public IReadOnlyList<AddedToken> Added { get; init; } = [];

    /// <summary>More special tokens, which are added where the model lacks them.</summary>
    public IReadOnlyList<AddedToken> More { get; init; } = [];

    /// <summary>How many <c>&lt;extra_id_N&gt;</c> there are.</summary>
    public int? ExtraIds { get; init; }

    /// <summary>Whether the beginning of text is put before a text.</summary>
    public bool? AddBegin { get; init; }

    /// <summary>Whether the end of text is put after a text.</summary>
    public bool? AddEnd { get; init; }

    /// <summary>Whether text is lower-cased.</summary>
    public bool? LowerCase { get; init; }

    /// <summary>Whether accents are kept.</summary>
    public bool? KeepAccents { get; init; }

    /// <summary>Whether spaces at the ends go and others become single ones.</summary>
    public bool? RemoveSpace { get; init; }

    /// <summary>Whether a text after an added token is given a space in front.</summary>
    public bool? Legacy { get; init; }

    /// <summary>Whether a text is given a space in front at all.</summary>
    public bool? AddPrefixSpace { get; init; }

    static readonly string[] names = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    /// <summary>
    /// Reads a folder's <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c>, <c>added_tokens.json</c> and <c>config.json</c>,
    /// where they are.
    /// </summary>
    /// <param name="folder">the folder, or what messages call it</param>
    /// <param name="find">the content of a file, null where there is none</param>
    /// <param name="options">what is read of <c>tokenizer_config.json</c> for tokenizers of every kind</param>
    /// <exception cref="InvalidDataException">a file is not what it should be, or says something that is not understood</exception>
    /// <exception cref="IOException">a file cannot be read</exception>
    public static SentencePieceSettings Read(string folder, Func<string, byte[]?> find, TokenizerOptions options)
    {
        SentencePieceSettings settings = new()
        {
            Added = options.Added,
            Class = Plain(options.Class),
            AddBegin = options.AddBegin,
            AddEnd = options.AddEnd,
        };
        settings = Joined("config.json", (file, s) => s with { ModelType = file.Find("model_type")?.Text });
        settings = Joined("special_tokens_map.json", Tokens);
        settings = Joined("tokenizer_config.json", (file, s) => Options(file, Tokens(file, s)));
        return Joined("added_tokens.json", (file, s) => s with
        {
            Added = [.. s.Added, .. file.Properties.Where(p => s.Added.All(a => a.Content != p.Name))
                .Select(p => new AddedToken(p.Name, p.Value.Number))],
        });

        SentencePieceSettings Joined(string name, Func<Field, SentencePieceSettings, SentencePieceSettings> read) =>
            find(name) is byte[] bytes ? TokenizerJson.Read(bytes, Path.Combine(folder, name), file => read(file, settings)) : settings;
    }

    static string? Plain(string? name) => name is not null && name.EndsWith("Fast", StringComparison.Ordinal) ? name[..^4] : name;

    static SentencePieceSettings Tokens(Field file, SentencePieceSettings settings)
    {
        Dictionary<string, string> named = new(settings.Named);
        foreach (string name in names)
            if (file.Find(name) is Field token && Content(token) is not "" and var content) named[name] = content;
        List<AddedToken> more = [.. settings.More];
        foreach (string list in (string[])["additional_special_tokens", "extra_special_tokens"])
            foreach (Field token in file.Find(list) is Field some ? some.IsList ? some.Items : some.Properties.Select(p => p.Value) : [])
                if (Content(token) is not "" and var content && more.All(m => m.Content != content))
                    more.Add(new(content, -1)
                    {
                        Special = true,
                        LeftStrip = Says(token, "lstrip"),
                        RightStrip = Says(token, "rstrip"),
                        SingleWord = Says(token, "single_word"),
                    });
        return settings with { Named = named, More = more };
    }

    static string Content(Field token) => token.IsText ? token.Text : token["content"].Text;

    static bool Says(Field token, string flag) => !token.IsText && token.FlagOr(flag, false);

    static SentencePieceSettings Options(Field file, SentencePieceSettings settings)
    {
        if (file.Find("split_by_punct") is Field split && split.Flag)
            throw split.Fault("false: text is given to SentencePiece whole", "true");
        if (file.Find("vocab_type") is Field type && type.Text != "spm")
            throw type.Fault("spm, next to SentencePiece's file", $"'{type.Text}'");
        if (file.Find("truncation_side") is Field side && side.Text != "right")
            throw side.Fault("right: a text that is too long loses its end", $"'{side.Text}'");
        if (file.Find("split_special_tokens") is Field splitting && splitting.Flag)
            throw splitting.Fault("false: tokens that are listed as added are found in a text", "true");
        if (file.Find("sp_model_kwargs") is Field sampling && sampling.Properties.Any())
            throw sampling.Fault("nothing: the best cut of a text is taken, none is drawn", sampling.Shown);
        return settings with
        {
            ExtraIds = file.Find("extra_ids")?.Number,
            LowerCase = file.Find("do_lower_case")?.Flag,
            KeepAccents = file.Find("keep_accents")?.Flag,
            RemoveSpace = file.Find("remove_space")?.Flag,
            Legacy = file.Find("legacy")?.Flag,
            AddPrefixSpace = file.Find("add_prefix_space")?.Flag,
        };
    }
}
