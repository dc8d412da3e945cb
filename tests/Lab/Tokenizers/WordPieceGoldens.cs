using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Heartwood.Lab.Tokenizers;
using Heartwood.Lab.Tokenizers.Characters;
using Heartwood.Lab.Tokenizers.Splitters;

namespace Heartwood.Tests.Lab.Tokenizers;

/// <summary>What <c>tests/goldens/wordpiece</c> holds, and the hash that its script takes.</summary>
static class WordPieceGoldens
{
    public const uint Empty = 0x811c9dc5;

    public static string File(string name) => Path.Combine(AppContext.BaseDirectory, "goldens", "wordpiece", name);

    public static JsonElement Json(string name) => JsonDocument.Parse(System.IO.File.ReadAllBytes(File(name))).RootElement;

    public static string? SharedData([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(here, "..", "..", "..", "..", "..", "shared", "data")) is var folder && Directory.Exists(folder) ? folder : null;

    public static int[] Numbers(this JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];

    /// <summary>A case's text; unpaired surrogates are given as units, long texts as repetitions.</summary>
    public static string Text(JsonElement golden)
    {
        if (golden.TryGetProperty("units", out var units)) return string.Concat(units.Numbers().Select(u => (char)u));
        int times = golden.TryGetProperty("times", out var t) ? t.GetInt32() : 1;
        return new StringBuilder().Insert(0, golden.GetProperty("text").GetString()!, times).ToString();
    }

    public static uint Hash(IEnumerable<int> numbers, uint hash = Empty) => numbers.Aggregate(hash, (h, n) => (h ^ (uint)n) * 0x01000193);

    /// <summary>The hash of a text's words.</summary>
    public static uint Hash(Tokenizer tokenizer, string text, uint hash)
    {
        CharacterList normalized = new();
        tokenizer.Parts.Normalizer!.Apply(text, normalized);
        var words = new Hashed { Hash = hash };
        tokenizer.Parts.Splitter!.Split(normalized.Text, true, words);
        return words.Hash;
    }

    sealed class Hashed : IWordSink
    {
        public uint Hash { get; set; }

        public void Add(ReadOnlySpan<char> word, bool first)
        {
            foreach (Rune r in word.EnumerateRunes()) Hash = (Hash ^ (uint)r.Value) * 0x01000193;
            Hash = (Hash ^ 0x110000) * 0x01000193;
        }
    }
}

/// <summary>The script's random numbers.</summary>
sealed class Xorshift
{
    uint state = 2463534242;

    public int Below(int end)
    {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        return (int)(state % (uint)end);
    }
}
