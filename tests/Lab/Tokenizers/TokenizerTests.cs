using System.Text.Json.Nodes;
using Heartwood.Lab.Tokenizers;
using static Heartwood.Tests.Lab.Tokenizers.TokenizerGoldens;
using static Heartwood.Tests.Lab.Tokenizers.WordPieceGoldens;

namespace Heartwood.Tests.Lab.Tokenizers;

/// <summary>Small tokenizers of every kind against the tokenizers library (Rust) on odd texts.</summary>
public class TokenizerTests
{
    public static TheoryData<int> Variants => [.. Enumerable.Range(0, SmallOnes["variants"]!.AsArray().Count)];

    static (string Base, JsonObject Golden, Tokenizer Tokenizer) Variant(int number)
    {
        JsonObject golden = SmallOnes["variants"]![number]!.AsObject();
        string of = golden["base"]!.GetValue<string>();
        return (of, golden, TokenizerGoldens.Read(TokenizerGoldens.File(of, golden)));
    }

    static string Described(JsonObject golden) => string.Join(' ', golden.Where(g => g.Key is not ("ids" or "alone" or "decoded" or "pairs")).Select(g => $"{g.Key} {g.Value?.ToJsonString()}")) is { Length: > 600 } long_ ? long_[..600] : golden["base"]!.ToJsonString();

    [Theory, MemberData(nameof(Variants))]
    public void Ids_of_odd_texts_equal_the_reference(int variant)
    {
        var (of, golden, tokenizer) = Variant(variant);
        bool whole = golden.All(g => g.Key is "base" or "ids" or "alone" or "decoded" or "pairs");
        uint[] expected = Hashes(golden["ids"]);
        Assert.Equal(Texts.Length, expected.Length);
        uint alone = Empty;
        for (int i = 0; i < Texts.Length; i++)
        {
            int[] ids = tokenizer.Encode(Texts[i]).Ids;
            if (whole) Assert.Equal(Numbers(SmallOnes["full"]![of]![i]), ids);
            Assert.True(Hash(ids) == expected[i], $"text {i}, '{Texts[i]}', has other ids than in the reference: {string.Join(' ', ids)} ({Described(golden)})");
            alone = Hash(tokenizer.EncodeText(Texts[i]).Ids, alone);
        }
        Assert.Equal(golden["alone"]!.GetValue<uint>(), alone);
    }

    [Theory, MemberData(nameof(Variants))]
    public void Decoded_text_equals_the_reference(int variant)
    {
        var (_, golden, tokenizer) = Variant(variant);
        uint[] expected = Hashes(golden["decoded"]);
        for (int i = 0; i < Texts.Length; i++)
        {
            int[] ids = tokenizer.Encode(Texts[i]).Ids;
            string all = tokenizer.Decode(ids, skipSpecial: false), some = tokenizer.Decode(ids);
            Assert.True(TokenizerGoldens.Hash(some, TokenizerGoldens.Hash(all, Empty)) == expected[i], $"text {i}, '{Texts[i]}', decodes otherwise than in the reference: '{all}', '{some}' ({Described(golden)})");
        }
    }

    [Theory, MemberData(nameof(Variants))]
    public void Ids_and_token_types_of_pairs_cut_to_any_length_equal_the_reference(int variant)
    {
        var (_, golden, tokenizer) = Variant(variant);
        uint hash = Empty;
        foreach (JsonNode? pair in SmallOnes["pairs"]!.AsArray())
            foreach (JsonNode? limit in SmallOnes["limits"]!.AsArray())
            {
                var encoded = tokenizer.Encode(Texts[pair![0]!.GetValue<int>()], Texts[pair[1]!.GetValue<int>()], limit?.GetValue<int>() ?? int.MaxValue);
                hash = Hash(encoded.TokenTypes, Hash(encoded.Ids, hash));
            }
        Assert.Equal(golden["pairs"]!.GetValue<uint>(), hash);
    }

    [Theory, MemberData(nameof(Variants))]
    public void Every_token_is_a_piece_of_a_word_or_special(int variant)
    {
        var (_, _, tokenizer) = Variant(variant);
        foreach (string text in Texts)
            foreach (int limit in (int[])[7, 1000])
            {
                var encoded = tokenizer.Encode(text, "Hello, the old", limit);
                Assert.InRange(encoded.Count, 0, limit);
                Assert.All(encoded.Words, w => Assert.InRange(w, -1, encoded.WordTexts.Length - 1));
                Assert.Equal(Enumerable.Range(0, encoded.WordTexts.Length), encoded.Words.Where(w => w >= 0).Distinct());
                Assert.DoesNotContain("", encoded.WordTexts);
            }
    }
}
