using System.Text;
using System.Text.Json.Nodes;
using Heartwood.Lab.Tokenizers;

namespace Heartwood.Tests.Lab.Tokenizers;

/// <summary>What <c>tests/goldens/tokenizers</c> holds.</summary>
static class TokenizerGoldens
{
    public static JsonNode Json(string name) => JsonNode.Parse(System.IO.File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "goldens", "tokenizers", name)))!;

    static readonly Lazy<JsonNode> small = new(() => Json("small.json"));

    /// <summary>The small tokenizers and what the reference makes of odd texts.</summary>
    public static JsonNode SmallOnes => small.Value;

    /// <summary>The odd texts, those that are no Unicode last.</summary>
    public static string[] Texts { get; } = [.. SmallOnes["texts"]!.AsArray().Select(t => t!.GetValue<string>()), .. SmallOnes["halves"]!.AsArray().Select(h => string.Concat(Numbers(h).Select(u => (char)u)))];

    public static int[] Numbers(JsonNode? array) => [.. array!.AsArray().Select(n => n!.GetValue<int>())];

    public static uint[] Hashes(JsonNode? array) => [.. array!.AsArray().Select(n => n!.GetValue<uint>())];

    public static Tokenizer Read(JsonNode file) => Tokenizer.FromJson(Encoding.UTF8.GetBytes(file.ToJsonString()), "tokenizer.json");

    /// <summary>A file of the small ones with changes.</summary>
    public static JsonObject File(string @base, JsonObject? changes = null)
    {
        JsonObject file = SmallOnes["bases"]![@base]!.DeepClone().AsObject();
        foreach (var (key, value) in changes ?? [])
            if (key == "model")
                foreach (var (option, to) in value!.AsObject()) file["model"]![option] = to?.DeepClone();
            else if (file.ContainsKey(key)) file[key] = value?.DeepClone();
        return file;
    }

    public static uint Hash(string text, uint hash) => WordPieceGoldens.Hash([.. text.EnumerateRunes().Select(r => r.Value), 0x110000], hash);
}
