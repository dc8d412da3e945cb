using Heartwood.Lab.Json;
using Heartwood.Lab.Tokenizers.Normalizers;

namespace Heartwood.Lab.Tokenizers.Files;

/// <summary>
/// Where a <c>tokenizer.json</c> and what stands next to it disagree. The file decides; transformers 5 builds some parts anew after the
/// class instead, and that is said once.
/// </summary>
/// <param name="file">the whole file</param>
/// <param name="options">what stands next to it</param>
sealed class FileAndClass(Field file, TokenizerOptions options)
{
    const string Always = """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""",
        SpacesThenAlways = $$"""{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{{Always}}]}""";

    const string Debertas = """
        {"type":"Sequence","normalizers":[{"type":"Replace","pattern":{"Regex":"\\s{2,}|[\\n\\r\\t]"},"content":" "},{"type":"NFC"},
        {"type":"Strip","strip_left":false,"strip_right":true}]}
        """;

    /// <summary>The notes for the reader.</summary>
    public IEnumerable<string> Notes(INormalizer? normalizer, Template template, int? begin, int? end)
    {
        bool ofBytes = file.Find("pre_tokenizer")?.HasPart("ByteLevel") == true || file.Find("decoder")?.HasPart("ByteLevel") == true;
        string name = TokenizerClass.ForJson(options.ModelType, options.Class, ofBytes);
        string[] parts = [.. Rebuilt(name, normalizer)];
        if (parts.Length > 0)
        {
            string why = options.Class is null ? $"goes with model_type {options.ModelType}" : "tokenizer_config.json names";
            yield return $"For {name}, which {why}, transformers 5 builds {string.Join(" and ", parts)} anew, "
                + "and may give some texts other ids than tokenizer.json says: here the file decides.";
        }
        if (normalizer is BertNormalizer bert && !parts.Contains("normalizer"))
        {
            foreach (string note in Same("do_lower_case", options.LowerCase, bert.LowerCase)) yield return note;
            foreach (string note in Same("strip_accents", options.StripAccents, bert.StripAccents)) yield return note;
            foreach (string note in Same("tokenize_chinese_chars", options.SpaceChinese, bert.SpaceChinese)) yield return note;
        }
        foreach (string note in Same("add_bos_token", begin is null ? null : options.AddBegin, template.Begin == begin)) yield return note;
        foreach (string note in Same("add_eos_token", end is null ? null : options.AddEnd, template.End == end)) yield return note;
        if (options.Basic == false)
            yield return "do_basic_tokenize is false in tokenizer_config.json, which only says how a vocab.txt is read: "
                + "tokenizer.json decides.";
    }

    static string[] Same(string option, bool? config, bool inFile) => config is bool said && said != inFile
        ?
        [
            $"{option} is {(said ? "true" : "false")} in tokenizer_config.json, but tokenizer.json does the opposite: the file decides.",
        ] : [];

    // The parts of the file that the class would build in another way.
    IEnumerable<string> Rebuilt(string name, INormalizer? normalizer)
    {
        bool spaced = options.AddPrefixSpace ?? false;
        string bytes = $$"""{"type":"ByteLevel","add_prefix_space":{{(spaced ? "true" : "false")}},"trim_offsets":true,"use_regex":true}""";
        switch (name)
        {
            case "BertTokenizer" or "DistilBertTokenizer" or "MPNetTokenizer":
                bool lower = options.LowerCase ?? true;
                BertNormalizer own = new(true, options.SpaceChinese ?? true, options.StripAccents ?? lower, lower);
                if (!own.Equals(normalizer)) yield return "normalizer";
                if (!Is("pre_tokenizer", """{"type":"BertPreTokenizer"}""")) yield return "pre_tokenizer";
                if (file["model"].Find("max_input_chars_per_word") is Field most && !most.Equals("100")) yield return "model";
                break;
            case "GPT2Tokenizer" or "RobertaTokenizer":
                if (!Is("normalizer", null)) yield return "normalizer";
                if (!Is("pre_tokenizer", bytes)) yield return "pre_tokenizer";
                break;
            case "GPTNeoXTokenizer":
                if (!Is("normalizer", """{"type":"NFC"}""")) yield return "normalizer";
                if (!Is("pre_tokenizer", bytes)) yield return "pre_tokenizer";
                break;
            case "Qwen2Tokenizer":
                if (!Is("normalizer", """{"type":"NFC"}""")) yield return "normalizer";
                break;
            case "LlamaTokenizer" when options.AddPrefixSpace != false:
                if (!Is("normalizer", null)) yield return "normalizer";
                string scheme = options.Legacy == true ? "always" : "first";
                string spaces = $$"""{"type":"Metaspace","replacement":"▁","prepend_scheme":"{{scheme}}","split":false}""";
                if (!Is("pre_tokenizer", spaces)) yield return "pre_tokenizer";
                break;
            case "GemmaTokenizer":
                if (!Is("normalizer", """{"type":"Replace","pattern":{"String":" "},"content":"▁"}""")) yield return "normalizer";
                break;
            case "T5Tokenizer" or "XLMRobertaTokenizer":
                if (file.Find("normalizer") is Field map && map.Type != "Precompiled") yield return "normalizer";
                if (!Is("pre_tokenizer", SpacesThenAlways)) yield return "pre_tokenizer";
                break;
            case "AlbertTokenizer" or "XLNetTokenizer":
                if (!IsAlberts(options.LowerCase ?? (name == "AlbertTokenizer"))) yield return "normalizer";
                if (!Is("pre_tokenizer", SpacesThenAlways)) yield return "pre_tokenizer";
                break;
            case "DebertaV2Tokenizer":
                if (!Is("normalizer", Debertas)) yield return "normalizer";
                if (!Is("pre_tokenizer", $$"""{"type":"Sequence","pretokenizers":[{{Always}}]}""")) yield return "pre_tokenizer";
                break;
        }
    }

    bool Is(string part, string? json) => file.Find(part) is Field there ? json is not null && there.Equals(json) : json is null;

    bool IsAlberts(bool lower)
    {
        if (file.Find("normalizer") is not Field all || all.Type != "Sequence") return false;
        string[] types = [.. all["normalizers"].Items.Select(n => n.Type)];
        return types.SequenceEqual(["Replace", "Replace", "NFKD", "StripAccents", .. lower ? ["Lowercase"] : (string[])[], "Precompiled"]);
    }
}
