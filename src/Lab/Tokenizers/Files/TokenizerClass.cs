namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>Which class of transformers 5 reads a folder (as measured: shared/goldens/tokenizers/class-choice.json).</summary>
static class TokenizerClass
{
    /// <summary>The class that reads any <c>tokenizer.json</c> as it is, and nothing without one.</summary>
    public const string Generic = "TokenizersBackend";

    // the kind of model whose own class reads it, whatever is named
    const string Forced = "qwen2";

    static readonly Dictionary<string, string> registered = new()
    {
        ["albert"] = "AlbertTokenizer",
        ["bert"] = "BertTokenizer",
        ["deberta-v2"] = "DebertaV2Tokenizer",
        ["distilbert"] = "BertTokenizer",
        ["electra"] = "BertTokenizer",
        ["gemma"] = "GemmaTokenizer",
        ["gemma2"] = "GemmaTokenizer",
        ["gpt2"] = "GPT2Tokenizer",
        ["gpt_neox"] = "GPTNeoXTokenizer",
        ["mistral"] = Generic,
        ["modernbert"] = Generic,
        ["mpnet"] = "MPNetTokenizer",
        ["olmo2"] = Generic,
        ["phi3"] = Generic,
        ["qwen2"] = "Qwen2Tokenizer",
        ["qwen3"] = "Qwen2Tokenizer",
        ["roberta"] = "RobertaTokenizer",
        ["t5"] = "T5Tokenizer",
        ["xlm-roberta"] = "XLMRobertaTokenizer",
        ["xlnet"] = "XLNetTokenizer",
    };

    static readonly HashSet<string> specific = [.. registered.Values, "DistilBertTokenizer", "LlamaTokenizer"];

    /// <summary>The class's name without what older versions put at its end.</summary>
    public static string? Bare(string? named) =>
        named is not null && named.EndsWith("Fast", StringComparison.Ordinal) ? named[..^4] : named;

    /// <summary>The class that belongs to a kind of model, or null.</summary>
    public static string? Registered(string? modelType) => registered.GetValueOrDefault(modelType ?? "");

    /// <summary>The class that transformers 5 reads a <c>tokenizer.json</c> with.</summary>
    /// <param name="modelType">what config.json calls the kind of model</param>
    /// <param name="named">what tokenizer_config.json names</param>
    /// <param name="byteLevel">whether the file mentions ByteLevel</param>
    public static string ForJson(string? modelType, string? named, bool byteLevel)
    {
        string? name = Bare(named), own = Registered(modelType);
        if (modelType == Forced) return own!;
        if (own == Generic || (name == "LlamaTokenizer" && byteLevel)) return Generic;
        return name is null ? own ?? Generic : specific.Contains(name) ? name : Generic;
    }

    /// <summary>
    /// The class that reads a folder without <c>tokenizer.json</c>; null where none is named and the kind of model has none.
    /// </summary>
    public static string? WithoutFile(TokenizerOptions options) =>
        Bare(options.Class) ?? (Registered(options.ModelType) is var own && own != Generic ? own : null);

    /// <summary>The next move where a folder cannot be read without <c>tokenizer.json</c>.</summary>
    public static string Remedy(FolderFiles files) =>
        "Put its tokenizer.json into the folder, which is read whatever the class: "
        + $"AutoTokenizer.from_pretrained(\"{files.Folder}\").save_pretrained(\"{files.Folder}\") "
        + "in Python writes it where the class has one.";

    /// <summary>The error that a class is not read from the files that are there.</summary>
    /// <param name="files">the folder</param>
    /// <param name="name">the class</param>
    /// <param name="there">the files that are there; empty where there are none</param>
    /// <param name="read">the classes that are read from such files</param>
    public static InvalidDataException Refused(FolderFiles files, string name, string there, IEnumerable<string> read) => new(
        $"{files.Folder}: expected tokenizer.json, or a class that is read without it ({string.Join(", ", read)}); "
        + $"found the class {name}{(there == "" ? "" : $" with {there}")}, which cuts text by rules of its own. {Remedy(files)}");
}
