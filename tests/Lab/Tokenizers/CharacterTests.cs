using System.Text;
using System.Text.Json.Nodes;
using Heartwood.Lab.Tokenizers;
using Heartwood.Lab.Tokenizers.Characters;
using Heartwood.Lab.Tokenizers.Splitters;
using static Heartwood.Tests.Lab.Tokenizers.TokenizerGoldens;
using static Heartwood.Tests.Lab.Tokenizers.WordPieceGoldens;

namespace Heartwood.Tests.Lab.Tokenizers;

/// <summary>
/// What normalizers and splitters make of every code point and of odd mixtures, against the tokenizers library. Compiled
/// rules look graphemes up, for which the library has Unicode 17 and .NET 10 has 16: those code points are left out there.
/// </summary>
public class CharacterTests
{
    static readonly JsonNode golden = TokenizerGoldens.Json("characters.json");

    public static TheoryData<int> Kinds => [.. Enumerable.Range(0, golden["all"]!.AsArray().Count)];

    static (string Name, int[] Without, uint[] Blocks, uint[] Random, Func<string, uint, uint> Take) Kind(int number)
    {
        JsonObject kind = golden["all"]![number]!.AsObject();
        string key = kind.ContainsKey("normalizer") ? "normalizer" : "pre_tokenizer";
        TokenizerParts parts = TokenizerGoldens.Read(TokenizerGoldens.File("words", new JsonObject { [key] = kind[key]!.DeepClone() })).Parts;
        return ($"{kind[key]!["type"]} {number}", Numbers(kind["without"]), Hashes(kind["blocks"]), Hashes(kind["random"]), key == "normalizer" ? Normalized : Split);

        uint Normalized(string text, uint hash)
        {
            CharacterList written = new();
            parts.Normalizer!.Apply(text, written);
            return TokenizerGoldens.Hash(written.Text.ToString(), hash);
        }

        // The reference spells the words of ByteLevel in the alphabet of bytes.
        uint Split(string text, uint hash)
        {
            var words = new Words();
            parts.Splitter!.Split(text, true, words);
            return words.Found.Aggregate(hash, (h, w) => TokenizerGoldens.Hash(kind[key]!["type"]!.GetValue<string>() == "ByteLevel" ? ByteAlphabet.Spell(w) : w, h));
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Every_code_point_becomes_what_it_does_in_the_reference(int kind)
    {
        var (name, without, blocks, _, take) = Kind(kind);
        Assert.Equal(0x110000 / 0x4000, blocks.Length);
        for (int block = 0; block < blocks.Length; block++)
        {
            uint hash = Empty;
            for (int c = block * 0x4000; c < (block + 1) * 0x4000; c++)
                if (Rune.IsValid(c) && !without.Chunk(2).Any(ends => c >= ends[0] && c <= ends[1])) hash = take($"a{new Rune(c)}a {new Rune(c)}{new Rune(c)}1{new Rune(c)}1 ", hash);
            Assert.True(hash == blocks[block], $"{name}: a code point from U+{block * 0x4000:X4} on becomes something else than in the reference");
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Mixtures_of_odd_characters_become_what_they_do_in_the_reference(int kind)
    {
        var (name, _, _, random, take) = Kind(kind);
        int[] pool = Numbers(golden["pool"]);
        var draw = new Xorshift();
        Assert.Equal(8, random.Length);
        for (int group = 0; group < random.Length; group++)
        {
            uint hash = Empty;
            for (int i = 0; i < 500; i++)
            {
                StringBuilder text = new();
                for (int left = 1 + draw.Below(24); left > 0; left--) text.Append(new Rune(draw.Below(8) == 0 ? draw.Below(0xd800) : pool[draw.Below(pool.Length)]));
                hash = take(text.ToString(), hash);
            }
            Assert.True(hash == random[group], $"{name}: group {group} differs");
        }
    }

    sealed class Words : IWordSink
    {
        public List<string> Found { get; } = [];

        public void Add(ReadOnlySpan<char> word, bool first) => Found.Add(word.ToString());
    }
}
