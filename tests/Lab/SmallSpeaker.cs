using System.Text.Json.Nodes;
using Heartwood.Lab.Tokenizers;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab;

/// <summary>A tiny language model that speaks letters, with a tokenizer as Llama's: spaces are U+2581, unknown characters are bytes.</summary>
static class SmallSpeaker
{
    /// <summary>Id of the first of the three bytes of "€", one behind another.</summary>
    internal const int Euro = 31;

    /// <summary>Writes it as a folder.</summary>
    public static string In(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string file in (string[])["config.json", "model.safetensors"]) File.Copy(Goldens.Path($"llama/grouped/{file}"), Path.Combine(folder, file));
        string[] pieces = ["<unk>", "<s>", "</s>", "\u2581", .. Enumerable.Range('a', 26).Select(c => $"{(char)c}"), ".", "<0xE2>", "<0x82>", "<0xAC>", "<0xC3>", "<0xA9>", "\u2581a", "\u2581the", "he", "th"];
        JsonObject Special(int id) => new() { ["id"] = id, ["content"] = pieces[id], ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = true };
        JsonObject Replace(string from, string to) => new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = from }, ["content"] = to };
        JsonObject tokenizer = new()
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray(Special(0), Special(1), Special(2)),
            ["normalizer"] = new JsonObject { ["type"] = "Sequence", ["normalizers"] = new JsonArray(new JsonObject { ["type"] = "Prepend", ["prepend"] = "\u2581" }, Replace(" ", "\u2581")) },
            ["pre_tokenizer"] = null,
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(Slot("SpecialToken", "<s>"), Slot("Sequence", "A")),
                ["pair"] = new JsonArray(Slot("SpecialToken", "<s>"), Slot("Sequence", "A"), Slot("SpecialToken", "<s>", 1), Slot("Sequence", "B", 1)),
                ["special_tokens"] = new JsonObject { ["<s>"] = new JsonObject { ["id"] = "<s>", ["ids"] = new JsonArray(1), ["tokens"] = new JsonArray("<s>") } },
            },
            ["decoder"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["decoders"] = new JsonArray(Replace("\u2581", " "), new JsonObject { ["type"] = "ByteFallback" }, new JsonObject { ["type"] = "Fuse" }, new JsonObject { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 }),
            },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = "<unk>",
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["ignore_merges"] = false,
                ["vocab"] = new JsonObject(pieces.Index().Select(p => KeyValuePair.Create(p.Item, (JsonNode?)p.Index))),
                ["merges"] = new JsonArray("h e", "t h", "\u2581 a"),
            },
        };
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), tokenizer.ToJsonString());
        return folder;

        static JsonObject Slot(string kind, string id, int type = 0) => new() { [kind] = new JsonObject { ["id"] = id, ["type_id"] = type } };
    }

    /// <summary>Its tokenizer.</summary>
    public static Tokenizer Tokenizer(TemporaryFolder temporary) => Heartwood.Lab.Tokenizers.Tokenizer.FromFolder(In(temporary.At("speaker")));
}
