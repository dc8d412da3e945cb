using System.Text.Json;
using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints.Gguf;

namespace Heartwood.Lab.Exports.Gguf;

/// <summary>
/// A tokenizer.json as the keys of a GGUF file: <c>llama</c> of a sentencepiece BPE with byte fallback (tokens, scores that fall in the
/// order of its merges, types), <c>gpt2</c> of a byte-level BPE (tokens, types, merges) whose way of splitting llama.cpp knows by name.
/// Others are refused.
/// </summary>
static class GgufTokenizer
{
    const string File = "tokenizer.json", ConfigFile = "tokenizer_config.json", Key = "tokenizer.ggml.";

    const string Next = "Write the model as a folder: --export hugging-face.";

    // llama.cpp's numbers
    const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6;

    const string SplitOfQwen2 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
        + @"|\s*[\r\n]+|\s+(?!\S)|\s+";

    static readonly string splitOfLlama3 = SplitOfQwen2.Replace(@"|\p{N}|", @"|\p{N}{1,3}|", StringComparison.Ordinal);

    /// <summary>The keys.</summary>
    /// <param name="files">the tokenizer's files by name</param>
    /// <param name="config">the model's config, which says ids of special tokens</param>
    /// <param name="rows">how many tokens the model has rows for; what the tokenizer lacks is filled with unused tokens</param>
    /// <exception cref="NotSupportedException">
    /// llama.cpp has no tokenizer of this kind, or it has tokens that the model has no rows for
    /// </exception>
    public static IEnumerable<KeyValuePair<string, GgufValue>> Read(IReadOnlyDictionary<string, byte[]> files, JsonObject config, int rows)
    {
        if (!files.TryGetValue(File, out byte[]? bytes))
            throw new NotSupportedException($"A GGUF file holds the tokenizer, and is written of a {File}; this model has "
                + $"{(files.Count == 0 ? "no tokenizer" : string.Join(", ", files.Keys))}. {Next}");
        JsonObject root = Parsed(bytes, File), model = root["model"] as JsonObject ?? [];
        JsonObject settings = files.TryGetValue(ConfigFile, out byte[]? more) ? Parsed(more, ConfigFile) : [];
        if (Text(model["type"]) != "BPE")
            throw new NotSupportedException(
                $"llama.cpp's text models have tokenizers of type BPE; {File} says '{Text(model["type"])}'. {Next}");
        bool bySentencePiece = model["byte_fallback"]?.GetValue<bool>() ?? false;
        Dictionary<string, int> ids = [];
        foreach (var (token, id) in (JsonObject)model["vocab"]!) ids[token] = id!.GetValue<int>();
        JsonObject[] added = [.. (root["added_tokens"] as JsonArray ?? []).Select(token => (JsonObject)token!)];
        foreach (JsonObject token in added) ids[Text(token["content"])!] = token["id"]!.GetValue<int>();
        if (ids.Values.Max() is var last && last >= rows)
            throw new NotSupportedException($"{File} has a token {last}, and the model has rows for {rows} tokens. {Next}");

        string[] tokens = [.. Enumerable.Range(0, rows).Select(i => $"[PAD{i}]")];
        int[] types = [.. Enumerable.Repeat(Unused, rows)];
        foreach (var (token, id) in ids) (tokens[id], types[id]) = (token, bySentencePiece && IsByte(token) ? Byte : Normal);
        int? unknown = Id(model["unk_token"]) ?? Id(settings["unk_token"]);
        foreach (JsonObject token in added)
            types[token["id"]!.GetValue<int>()] = token["special"]?.GetValue<bool>() ?? false ? Control : UserDefined;
        if (bySentencePiece && unknown is { } u) types[u] = Unknown;
        string[] merges = [.. (model["merges"] as JsonArray ?? []).Select(Merge)];

        List<KeyValuePair<string, GgufValue>> keys =
        [
            new($"{Key}model", GgufValue.Text(bySentencePiece ? "llama" : "gpt2")),
            new($"{Key}pre", GgufValue.Text(bySentencePiece ? "default" : Splitting(root["pre_tokenizer"]))),
            new($"{Key}tokens", GgufValue.Texts(tokens)),
        ];
        if (bySentencePiece) keys.Add(new($"{Key}scores", GgufValue.Reals(Scores(tokens, types, merges))));
        keys.Add(new($"{Key}token_type", GgufValue.Wholes(types)));
        if (!bySentencePiece) keys.Add(new($"{Key}merges", GgufValue.Texts(merges)));
        AddId("bos", settings["bos_token"], config["bos_token_id"]);
        AddId("eos", settings["eos_token"], config["eos_token_id"]);
        if (unknown is { } unk) keys.Add(new($"{Key}unknown_token_id", GgufValue.Whole(unk)));
        AddId("padding", settings["pad_token"], config["pad_token_id"]);
        JsonArray template = Template(root["post_processor"]);
        keys.Add(new($"{Key}add_bos_token", GgufValue.Flag(template.Count > 1 && template[0]!["SpecialToken"] is not null)));
        keys.Add(new($"{Key}add_eos_token", GgufValue.Flag(template.Count > 1 && template[^1]!["SpecialToken"] is not null)));
        if (bySentencePiece && !AddsSpace(root)) keys.Add(new($"{Key}add_space_prefix", GgufValue.Flag(false)));
        return keys;

        int? Id(JsonNode? token) => (token is JsonObject whole ? Text(whole["content"]) : Text(token)) is { } text
            && ids.TryGetValue(text, out int id) ? id : null;

        void AddId(string name, JsonNode? token, JsonNode? number)
        {
            JsonNode? one = number is JsonArray several ? several.FirstOrDefault() : number;
            int? said = one is JsonValue value && value.TryGetValue(out int whole) && whole >= 0 && whole < rows ? whole : null;
            int? id = Id(token) ?? said;
            if (id is { } found) keys.Add(new($"{Key}{name}_token_id", GgufValue.Whole(found)));
        }
    }

    static JsonObject Parsed(byte[] bytes, string file)
    {
        try
        {
            return (JsonObject)JsonNode.Parse(bytes)!;
        }
        catch (Exception e) when (e is JsonException or InvalidCastException)
        {
            throw new NotSupportedException($"{file}: expected a JSON object, found something else: {e.Message} {Next}", e);
        }
    }

    static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    static string Merge(JsonNode? merge) => merge is JsonArray pair ? $"{Text(pair[0])} {Text(pair[1])}" : Text(merge)!;

    static bool IsByte(string token) => token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>';

    // Sentencepiece joins the pair whose token has the highest score. Its own scores are −0, −1, … in the order of ids, which is that
    // of the merges; where it is not, the merges decide, and what no merge makes comes last.
    static float[] Scores(string[] tokens, int[] types, string[] merges)
    {
        Dictionary<string, int> ranks = [];
        for (int i = 0; i < merges.Length; i++) ranks.TryAdd(merges[i].Replace(" ", "", StringComparison.Ordinal), i);
        int[] normal = [.. Enumerable.Range(0, tokens.Length).Where(i => types[i] == Normal)];
        int[] made = [.. normal.Where(i => ranks.ContainsKey(tokens[i]))];
        bool inOrder = made.Zip(made.Skip(1)).All(pair => ranks[tokens[pair.First]] < ranks[tokens[pair.Second]]);
        if (!inOrder) normal = [.. normal.OrderBy(i => ranks.GetValueOrDefault(tokens[i], int.MaxValue)).ThenBy(i => i)];
        float[] scores = new float[tokens.Length];
        for (int i = 0; i < normal.Length; i++) scores[normal[i]] = -(float)i;                // −0 too
        return scores;
    }

    static string Splitting(JsonNode? preTokenizer)
    {
        JsonNode[] steps = preTokenizer is null ? [] : Text(preTokenizer["type"]) == "Sequence"
            ? [.. ((JsonArray)preTokenizer["pretokenizers"]!).Select(step => step!)] : [preTokenizer];
        string[] kinds = [.. steps.Select(step => Text(step["type"]) ?? "")];
        bool whole = steps.Length > 0 && (steps[^1]["use_regex"]?.GetValue<bool>() ?? true);
        string? pattern = steps.Length == 2 ? Text(steps[0]["pattern"]?["Regex"]) : null;
        string? name = kinds switch
        {
            ["ByteLevel"] when whole => "gpt-2",
            ["Digits", "ByteLevel"] when whole && (steps[0]["individual_digits"]?.GetValue<bool>() ?? false) => "smollm",
            ["Split", "ByteLevel"] when !whole && pattern == SplitOfQwen2 => "qwen2",
            ["Split", "ByteLevel"] when !whole && pattern == splitOfLlama3 => "llama-bpe",
            _ => null,
        };
        return name ?? throw new NotSupportedException($"llama.cpp knows ways of splitting text by name; {File} splits by "
            + $"{(kinds.Length == 0 ? "nothing" : string.Join(", then ", kinds))}{(pattern is null ? "" : $" ({pattern})")}, "
            + $"which is none of gpt-2, qwen2, llama-bpe and smollm. {Next}");
    }

    static JsonArray Template(JsonNode? processor)
    {
        JsonNode? found = Text(processor?["type"]) == "Sequence"
            ? ((JsonArray)processor!["processors"]!).FirstOrDefault(p => Text(p?["type"]) == "TemplateProcessing") : processor;
        return found?["single"] as JsonArray ?? [];
    }

    // "▁" before the text, by a normalizer in older files, by the splitter in newer ones
    static bool AddsSpace(JsonObject root)
    {
        return Steps(root["normalizer"], "normalizers").Any(step => Text(step["type"]) == "Prepend")
            || Steps(root["pre_tokenizer"], "pretokenizers").Any(step => Text(step["type"]) == "Metaspace"
                && Text(step["prepend_scheme"]) is not "never" && (step["add_prefix_space"]?.GetValue<bool>() ?? true));

        static IEnumerable<JsonNode> Steps(JsonNode? node, string several) => node is null ? []
            : Text(node["type"]) == "Sequence" ? ((JsonArray)node[several]!).Select(step => step!) : [node];
    }
}
