using System.Text.Json;
using System.Text.Json.Nodes;

namespace Heartwood.Lab.Checkpoints.Gguf;

/// <summary>
/// tokenizer.json of a GGUF file's keys: of <c>llama</c> (sentencepiece's BPE; the pairs whose tokens exist are its merges, the highest
/// score first, as Hugging Face converts it) and of <c>gpt2</c> (byte-level BPE) with the ways of splitting that are known.
/// </summary>
static class GgufTokenizerFiles
{
    const string Key = "tokenizer.ggml.", Next = "Take the model's folder as Hugging Face's libraries keep it.";

    const int Unknown = 2, Control = 3, UserDefined = 4;

    const string SplitOfQwen2 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
        + @"|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>
    /// The file by its name, none where the GGUF file says that it has no tokenizer; ids of special tokens are noted in the config.
    /// </summary>
    /// <exception cref="CheckpointException">the tokenizer is of another kind, or its lists do not fit</exception>
    public static Dictionary<string, byte[]> Read(GgufFile file, JsonObject config)
    {
        string kind = Value(file, "model") as string ?? "none";
        if (kind == "no_vocab") return [];                       // a model that can be looked at and not asked
        if (Value(file, "tokens") is not string[] tokens || Value(file, "token_type") is not int[] types || types.Length != tokens.Length)
            throw new CheckpointException($"{file.Path}: expected tokens and as many types of them ({Key}tokens, {Key}token_type), found "
                + $"neither or another number of them. {Next}");
        foreach (string name in (string[])["bos", "eos"])
            if (Id(file, tokens, name) is { } id) config[$"{name}_token_id"] = id;
        JsonObject tokenizer = kind switch
        {
            "llama" => SentencePiece(file, tokens, types),
            "gpt2" => ByteLevel(file, tokens),
            _ => throw new CheckpointException($"{file.Path}: its tokenizer is '{kind}'; Heartwood reads llama and gpt2. {Next}"),
        };
        tokenizer["version"] = "1.0";
        IEnumerable<int> added = Enumerable.Range(0, tokens.Length).Where(i => types[i] is Control or UserDefined or Unknown);
        tokenizer["added_tokens"] = new JsonArray([.. added.Select(i => new JsonObject
        {
            ["id"] = i,
            ["content"] = tokens[i],
            ["single_word"] = false,
            ["lstrip"] = false,
            ["rstrip"] = false,
            ["normalized"] = false,
            ["special"] = types[i] != UserDefined,
        })]);
        int? bos = Flag(file, "add_bos_token", kind == "llama") ? Id(file, tokens, "bos") : null;
        int? eos = Flag(file, "add_eos_token", false) ? Id(file, tokens, "eos") : null;
        if (bos is not null || eos is not null) tokenizer["post_processor"] = Template(tokens, bos, eos);
        return new() { ["tokenizer.json"] = JsonSerializer.SerializeToUtf8Bytes(tokenizer) };
    }

    static JsonObject SentencePiece(GgufFile file, string[] tokens, int[] types)
    {
        if (Value(file, "scores") is not float[] scores || scores.Length != tokens.Length)
            throw new CheckpointException($"{file.Path}: expected a score for each of {tokens.Length} tokens ({Key}scores). {Next}");
        int unknown = Array.IndexOf(types, Unknown);
        JsonArray steps = [new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = " " }, ["content"] = "▁" }];
        JsonArray back =
        [
            new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = "▁" }, ["content"] = " " },
            new JsonObject { ["type"] = "ByteFallback" }, new JsonObject { ["type"] = "Fuse" },
        ];
        if (Flag(file, "add_space_prefix", true))
        {
            steps.Insert(0, new JsonObject { ["type"] = "Prepend", ["prepend"] = "▁" });
            back.Add(new JsonObject { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 });
        }
        return new()
        {
            ["normalizer"] = new JsonObject { ["type"] = "Sequence", ["normalizers"] = steps },
            ["pre_tokenizer"] = null,
            ["decoder"] = new JsonObject { ["type"] = "Sequence", ["decoders"] = back },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = unknown < 0 ? null : tokens[unknown],
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["vocab"] = Vocabulary(file, tokens),
                ["merges"] = new JsonArray([.. Merges(tokens, types, scores)]),
            },
        };
    }

    // every pair of tokens that makes a token: by the score of what it makes, then by the ids of the pair
    static IEnumerable<JsonNode> Merges(string[] tokens, int[] types, float[] scores)
    {
        Dictionary<string, int> ids = [];
        for (int i = 0; i < tokens.Length; i++)
            if (types[i] == 1) ids[tokens[i]] = i;
        List<(int Made, int Left, int Right)> pairs = [];
        foreach (var (token, made) in ids)
            for (int at = 1; at < token.Length; at++)
                if (ids.TryGetValue(token[..at], out int left) && ids.TryGetValue(token[at..], out int right))
                    pairs.Add((made, left, right));
        return pairs.OrderByDescending(pair => scores[pair.Made]).ThenBy(pair => pair.Left).ThenBy(pair => pair.Right)
            .Select(pair => new JsonArray(tokens[pair.Left], tokens[pair.Right]));
    }

    static JsonObject ByteLevel(GgufFile file, string[] tokens)
    {
        string splitting = Value(file, "pre") as string ?? "none";
        JsonObject bytes = new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true };
        string? pattern = splitting switch
        {
            "gpt-2" => null,
            "qwen2" => SplitOfQwen2,
            "llama-bpe" => SplitOfQwen2.Replace(@"|\p{N}|", @"|\p{N}{1,3}|", StringComparison.Ordinal),
            _ => throw new CheckpointException($"{file.Path}: its tokenizer splits text as '{splitting}'; Heartwood reads gpt-2, qwen2 and "
                + $"llama-bpe. {Next}"),
        };
        bytes["use_regex"] = pattern is null;
        JsonArray merges = [.. (Value(file, "merges") as string[] ?? []).Select(merge => (JsonNode)merge)];
        return new()
        {
            ["normalizer"] = null,
            ["pre_tokenizer"] = pattern is null ? bytes : new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(new JsonObject
                {
                    ["type"] = "Split",
                    ["pattern"] = new JsonObject { ["Regex"] = pattern },
                    ["behavior"] = "Isolated",
                    ["invert"] = false,
                }, bytes),
            },
            ["decoder"] = new JsonObject
            {
                ["type"] = "ByteLevel",
                ["add_prefix_space"] = true,
                ["trim_offsets"] = true,
                ["use_regex"] = true,
            },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["vocab"] = Vocabulary(file, tokens),
                ["merges"] = merges,
            },
        };
    }

    static JsonObject Vocabulary(GgufFile file, string[] tokens)
    {
        JsonObject vocabulary = [];
        for (int i = 0; i < tokens.Length; i++)
            if (!vocabulary.TryAdd(tokens[i], i))
                throw new CheckpointException($"{file.Path}: {Key}tokens: expected every token once, found '{tokens[i]}' twice. {Next}");
        return vocabulary;
    }

    static JsonObject Template(string[] tokens, int? bos, int? eos)
    {
        JsonArray single = [new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } }];
        JsonArray pair = [new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } },
            new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "B", ["type_id"] = 1 } }];
        JsonObject special = [];
        foreach (var (id, first) in new[] { (bos, true), (eos, false) })
        {
            if (id is not { } number) continue;
            foreach (JsonArray list in new[] { single, pair })
                list.Insert(first ? 0 : list.Count, new JsonObject
                {
                    ["SpecialToken"] = new JsonObject { ["id"] = tokens[number], ["type_id"] = 0 },
                });
            special[tokens[number]] = new JsonObject
            {
                ["id"] = tokens[number],
                ["ids"] = new JsonArray(number),
                ["tokens"] = new JsonArray(tokens[number]),
            };
        }
        return new() { ["type"] = "TemplateProcessing", ["single"] = single, ["pair"] = pair, ["special_tokens"] = special };
    }

    static object? Value(GgufFile file, string key) => file.Metadata.GetValueOrDefault(Key + key)?.Value;

    static bool Flag(GgufFile file, string key, bool otherwise) => Value(file, key) as bool? ?? otherwise;

    static int? Id(GgufFile file, string[] tokens, string name) =>
        Value(file, $"{name}_token_id") is uint id && id < tokens.Length ? (int)id : null;
}
