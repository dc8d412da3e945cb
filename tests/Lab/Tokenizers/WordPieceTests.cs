using System.Text;
using Heartwood.Lab.Tokenizers;
using static Heartwood.Tests.Lab.Tokenizers.WordPieceGoldens;

namespace Heartwood.Tests.Lab.Tokenizers;

public class WordPieceTests
{
    static readonly Tokenizer uncased = Tokenizer.FromVocabulary(WordPieceGoldens.File("vocab.txt"), lowerCase: true);
    static readonly Tokenizer cased = Tokenizer.FromVocabulary(WordPieceGoldens.File("vocab.txt"), lowerCase: false);

    public static TheoryData<string> Kinds => ["uncased", "cased"];

    static Tokenizer Of(string kind) => kind == "cased" ? cased : uncased;

    [Theory, MemberData(nameof(Kinds))]
    public void Ids_and_token_types_of_odd_texts_equal_the_reference(string kind)
    {
        int cases = 0;
        foreach (var golden in Json("odd.json").EnumerateArray())
        {
            string text = Text(golden);
            string? pair = golden.TryGetProperty("pair", out var p) ? p.GetString() : null;
            var encoded = Of(kind).Encode(text, pair, golden.TryGetProperty("limit", out var l) ? l.GetInt32() : int.MaxValue);
            var expected = golden.GetProperty(kind);
            if (expected.TryGetProperty("ids", out var ids))
            {
                Assert.Equal(ids.Numbers(), encoded.Ids);
                int second = expected.GetProperty("second").GetInt32();
                Assert.Equal([.. Enumerable.Repeat(0, encoded.Count - second), .. Enumerable.Repeat(1, second)], encoded.TokenTypes);
            }
            else
            {
                Assert.Equal(expected.GetProperty("count").GetInt32(), encoded.Count);
                Assert.Equal(expected.GetProperty("hash").GetUInt32(), Hash(encoded.Ids));
            }
            cases++;
        }
        Assert.True(cases > 150);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Every_code_point_between_two_letters_becomes_the_words_of_the_reference(string kind)
    {
        uint[] expected = [.. Json("blocks.json").GetProperty(kind).EnumerateArray().Select(e => e.GetUInt32())];
        Assert.Equal(0x110, expected.Length);
        for (int block = 0; block < expected.Length; block++)
        {
            uint hash = Empty;
            for (int c = block << 12; c < (block + 1) << 12; c++)
                if (Rune.IsValid(c)) hash = Hash(Of(kind), $"a{new Rune(c)}b", hash);
            Assert.True(hash == expected[block], $"a code point from U+{block << 12:X4} on becomes other words than in the reference");
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Random_mixtures_of_odd_characters_and_random_truncated_pairs_equal_the_reference(string kind)
    {
        var golden = Json("random.json");
        int[] pool = golden.GetProperty("pool").Numbers();
        var draw = new Xorshift();
        int group = 0;
        foreach (var hashes in golden.GetProperty("groups").EnumerateArray())
        {
            uint hash = Empty;
            for (int i = 0; i < 500; i++)
            {
                StringBuilder text = new();
                for (int left = 1 + draw.Below(24); left > 0; left--)
                    text.Append(new Rune(draw.Below(8) == 0 ? draw.Below(0xd800) : pool[draw.Below(pool.Length)]));
                hash = Hash(Of(kind), text.ToString(), hash);
            }
            Assert.True(hash == hashes.GetProperty(kind).GetUInt32(), $"group {group} differs");
            group++;
        }
        Assert.Equal(40, group);
        uint[] truncated = [.. golden.GetProperty("truncated").EnumerateArray().Select(e => e.GetUInt32())];
        foreach (uint expected in kind == "uncased" ? truncated : [])
        {
            uint hash = Empty;
            for (int i = 0; i < 250; i++)
            {
                int limit = 3 + draw.Below(30);
                string text = Text(), pair = Text();
                var encoded = uncased.Encode(text, pair, limit);
                hash = Hash(encoded.TokenTypes, Hash(encoded.Ids, hash));
            }
            Assert.Equal(expected, hash);
        }

        string Text() => string.Join(' ', Enumerable.Range(0, draw.Below(30)).Select(_ => ((string[])["a", "unaffable", "istanbul", "[MASK]"])[draw.Below(4)]));
    }

    [Fact]
    public void Ids_of_real_sentences_and_pairs_equal_the_reference()
    {
        if (SharedData() is not string data)
        {
            Assert.Skip("../shared/data is not there: no real text to compare on");
            return;
        }
        string vocabulary = Path.Combine(data, "tokenizers", "bert-base-uncased", "vocab.txt");
        Dictionary<string, Tokenizer> kinds = new()
        {
            ["uncased"] = Tokenizer.FromJson(Path.Combine(data, "tokenizers", "bert-base-uncased", "tokenizer.json")),
            ["cased"] = Tokenizer.FromVocabulary(vocabulary, lowerCase: false),
        };
        int lines = 0;
        foreach (var golden in Json("real.json").EnumerateArray())
        {
            int[] columns = golden.GetProperty("columns").Numbers();
            string file = golden.GetProperty("file").GetString()!;
            uint[] expected = [.. golden.GetProperty("hashes").EnumerateArray().Select(e => e.GetUInt32())];
            string[] all = System.IO.File.ReadAllText(Path.Combine(data, file)).Split('\n');
            var tokenizer = kinds[golden.GetProperty("kind").GetString()!];
            int limit = golden.GetProperty("limit").GetInt32(), tokens = 0;
            for (int group = 0; group < expected.Length; group++)
            {
                uint hash = Empty;
                foreach (string line in all.Skip(group * 100).Take(100))
                {
                    string[] fields = line.Split('\t'), texts = [.. columns.Select(c => fields.ElementAtOrDefault(c) ?? "")];
                    var encoded = tokenizer.Encode(texts[0], texts.ElementAtOrDefault(1), limit);
                    hash = Hash(encoded.TokenTypes, Hash(encoded.Ids, hash));
                    tokens += encoded.Count;
                    lines++;
                }
                Assert.True(hash == expected[group], $"{file}: one of the lines from {1 + group * 100} on has other ids than in the reference");
            }
            Assert.Equal(golden.GetProperty("tokens").GetInt32(), tokens);
        }
        Assert.True(lines > 40000);
    }

    [Fact]
    public void A_vocabulary_file_a_json_file_and_a_list_are_the_same_tokenizer()
    {
        var json = Tokenizer.FromJson(WordPieceGoldens.File("tokenizer.json"));
        var list = Tokenizer.FromWords([.. Enumerable.Range(0, uncased.Count).Select(uncased.Piece)], lowerCase: true);
        Assert.Equal(uncased.Count, json.Count);
        foreach (var golden in Json("odd.json").EnumerateArray())
        {
            int[] expected = uncased.Encode(Text(golden)).Ids;
            Assert.Equal(expected, json.Encode(Text(golden)).Ids);
            Assert.Equal(expected, list.Encode(Text(golden)).Ids);
        }
    }

    [Fact]
    public void Every_token_knows_the_word_it_came_from()
    {
        var encoded = uncased.Encode("The  Baker met, [MASK]", "Unaffable Bákers the");
        Assert.Equal(["the", "baker", "met", ",", "[MASK]", "unaffable", "bakers", "the"], encoded.WordTexts);
        Assert.Equal(-1, encoded.Words[0]);
        for (int t = 0; t < encoded.Count; t++)
        {
            string piece = uncased.Piece(encoded.Ids[t]);
            if (encoded.Words[t] is >= 0 and int word) Assert.Contains(piece.TrimStart('#'), encoded.WordTexts[word], StringComparison.Ordinal);
            else Assert.Contains(piece, (string[])["[CLS]", "[SEP]"]);
        }
        int un = Array.IndexOf(encoded.Ids, uncased.Id("un"));
        Assert.Equal(["un", "##aff", "##able"], encoded.Ids[un..(un + 3)].Select(uncased.Piece));
        Assert.Equal([5, 5, 5], encoded.Words[un..(un + 3)]);
    }

    [Fact]
    public void Words_that_truncation_drops_whole_are_not_listed()
    {
        var encoded = uncased.Encode("the old unaffable", "the poet slept", 7);
        Assert.Equal(["[CLS]", "the", "old", "[SEP]", "the", "poet", "[SEP]"], encoded.Ids.Select(uncased.Piece));
        Assert.Equal(["the", "old", "the", "poet"], encoded.WordTexts);
        Assert.Equal([-1, 0, 1, -1, 2, 3, -1], encoded.Words);
    }

    [Fact]
    public void A_word_seen_before_is_cut_as_it_was_the_first_time_from_any_thread()
    {
        var fresh = Tokenizer.FromVocabulary(WordPieceGoldens.File("vocab.txt"), lowerCase: true);
        string[] texts = [.. Json("odd.json").EnumerateArray().Select(Text)];
        int[][] first = [.. texts.Select(t => uncased.Encode(t).Ids)];
        Parallel.For(0, 8, _ =>
        {
            for (int i = 0; i < texts.Length; i++) Assert.Equal(first[i], fresh.Encode(texts[i]).Ids);
        });
    }

    [Fact]
    public void Pieces_and_ids_that_do_not_exist_are_refused()
    {
        Assert.Equal(uncased.Id("##aff"), Array.IndexOf(System.IO.File.ReadAllLines(WordPieceGoldens.File("vocab.txt")), "##aff"));
        Assert.Contains("no 'zebra'", Assert.Throws<KeyNotFoundException>(() => uncased.Id("zebra")).Message, StringComparison.Ordinal);
        Assert.Contains($"0 to {uncased.Count - 1}", Assert.Throws<ArgumentOutOfRangeException>(() => uncased.Piece(uncased.Count)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => uncased.Piece(-1));
        Assert.Throws<ArgumentNullException>(() => uncased.Encode(null!));
        Assert.Contains("3 special tokens", Assert.Throws<ArgumentOutOfRangeException>(() => uncased.Encode("a", "b", 2)).Message, StringComparison.Ordinal);
    }
}
