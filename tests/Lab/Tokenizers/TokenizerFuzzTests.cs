using System.Text;
using System.Text.Json.Nodes;
using Heartwood.Lab.Tokenizers;
using Heartwood.Lab.Tokenizers.Files;

namespace Heartwood.Tests.Lab.Tokenizers;

/// <summary>Damaged files are refused with the documented exception or read; any text at all is encoded.</summary>
public class TokenizerFuzzTests
{
    // A small vocabulary keeps a mutation likely to hit what matters.
    static readonly string[] pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "é", "##s", "中", "a"];

    static readonly byte[] json = Encoding.UTF8.GetBytes("""
        {"version":"1.0","truncation":null,"padding":null,"added_tokens":[ADDED],
        "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
        "pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":{"type":"TemplateProcessing",
        "single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],
        "pair":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}},{"Sequence":{"id":"B","type_id":1}},{"SpecialToken":{"id":"[SEP]","type_id":1}}],
        "special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[3],"tokens":["[SEP]"]}}},
        "decoder":null,"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
        "vocab":{PIECES}}}
        """.Replace("PIECES", string.Join(',', pieces.Select((p, i) => $"\"{p}\":{i}")), StringComparison.Ordinal).Replace("ADDED", string.Join(',', Enumerable.Range(0, 5).Select(i =>
        $$"""{"id":{{i}},"content":"{{pieces[i]}}","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}""")), StringComparison.Ordinal));

    static readonly byte[][] fragments = [.. ((string[])["null", "\"\"", "-1", "1e9", "{}", "[]", "\\ud800", "\"[PAD]\"", "9999999999", "true", "##", "\r\n", "\n\n", "[[[[[[[[[[", "\uFEFF"]).Select(Encoding.UTF8.GetBytes)];

    static byte[] Mutated(byte[] source, Xorshift draw)
    {
        List<byte> bytes = [.. source];
        for (int changes = 1 + draw.Below(4); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = draw.Below(bytes.Count), length = Math.Min(bytes.Count - at, 1 + draw.Below(24));
            switch (draw.Below(6))
            {
                case 0: bytes[at] = (byte)draw.Below(256); break;
                case 1: bytes.RemoveRange(at, length); break;
                case 2: bytes.InsertRange(at, bytes.GetRange(draw.Below(bytes.Count - length + 1), length)); break;
                case 3: bytes.InsertRange(at, fragments[draw.Below(fragments.Length)]); break;
                case 4: bytes[at] ^= (byte)(1 << draw.Below(8)); break;
                default: if (draw.Below(8) == 0) bytes.RemoveRange(at, bytes.Count - at); else bytes[at] = (byte)('0' + draw.Below(10)); break;
            }
        }
        return [.. bytes];
    }

    static (int Read, int Refused) Fuzz(byte[] source, int times, Func<byte[], Tokenizer> read)
    {
        var draw = new Xorshift();
        int good = 0, bad = 0;
        for (int i = 0; i < times; i++)
        {
            byte[] bytes = Mutated(source, draw);
            try
            {
                var tokenizer = read(bytes);
                int around = Template.SpecialTokens(tokenizer.Parts.Template.Pair);
                var encoded = tokenizer.Encode("The thes é中[MASK] qa\u00a0 they'll 12 ▁<s>", "a", around + 12);
                Assert.All(encoded.Ids, id => tokenizer.Piece(id));
                Assert.NotNull(tokenizer.Decode(encoded.Ids));
                good++;
            }
            catch (InvalidDataException fault)
            {
                Assert.StartsWith("file", fault.Message, StringComparison.Ordinal);
                bad++;
            }
        }
        return (good, bad);
    }

    [Fact]
    public void A_damaged_tokenizer_json_is_read_or_refused()
    {
        Assert.Equal([2, 5, 5, 7, 1, 8, 4, 1, 3, 9, 3], Tokenizer.FromJson(json, "file").Encode("The thes é中[MASK] qa", "a").Ids);
        var (read, refused) = Fuzz(json, 15000, b => Tokenizer.FromJson(b, "file"));
        Assert.True(read > 50 && refused > 10000, $"{read} read, {refused} refused");
    }

    [Fact]
    public void Damaged_files_of_every_kind_are_read_or_refused()
    {
        int read = 0, refused = 0;
        foreach (var variant in TokenizerGoldens.SmallOnes["variants"]!.AsArray())
        {
            var file = TokenizerGoldens.File(variant!["base"]!.GetValue<string>(), variant.AsObject());
            if (file["normalizer"] is null) file["normalizer"] = TokenizerGoldens.Json("characters.json")["all"]![8]!["normalizer"]!.DeepClone();
            // without most pieces, so that a change is likely to hit what matters
            var (good, bad) = Fuzz(Encoding.UTF8.GetBytes(Smaller(file).ToJsonString()), 600, b => Tokenizer.FromJson(b, "file"));
            (read, refused) = (read + good, refused + bad);
        }
        Assert.True(read > 200 && refused > 5000, $"{read} read, {refused} refused");
    }

    static JsonObject Smaller(JsonObject file)
    {
        JsonObject model = file["model"]!.AsObject();
        if (model["merges"] is JsonArray merges)
        {
            while (merges.Count > 6) merges.RemoveAt(merges.Count - 1);
        }
        else if (model["vocab"] is JsonArray pieces)
            while (pieces.Count > 40) pieces.RemoveAt(pieces.Count - 1);
        return file;
    }

    [Fact]
    public void Damaged_vocabularies_and_merges_are_read_or_refused()
    {
        var file = TokenizerGoldens.File("bytes");
        byte[] vocabulary = Encoding.UTF8.GetBytes(file["model"]!["vocab"]!.ToJsonString());
        byte[] merges = Encoding.UTF8.GetBytes("#version: 0.2\n" + string.Join('\n', file["model"]!["merges"]!.AsArray().Take(12).Select(m => m!.GetValue<string>())) + "\n");
        foreach (var (source, of) in new (byte[], Func<byte[], TokenizerParts>)[] { (vocabulary, b => Of(b, merges)), (merges, b => Of(vocabulary, b)) })
        {
            var (read, refused) = Fuzz(source, 1500, b => new(of(b)));
            Assert.True(read > 20 && refused > 700, $"{read} read, {refused} refused");
        }

        static TokenizerParts Of(byte[] vocabulary, byte[] merges) =>
            MergesFiles.Read(vocabulary, merges, "file vocab.json", "file merges.txt", new());
    }

    [Fact]
    public void A_damaged_tokenizer_config_is_read_or_refused()
    {
        byte[] source = Encoding.UTF8.GetBytes("""{"add_prefix_space":false,"bos_token":{"content":"<s>"},"eos_token":"</s>","added_tokens_decoder":{"3":{"content":"x","lstrip":false,"rstrip":false,"single_word":false,"normalized":true}},"do_lower_case":null,"tokenizer_class":"GPT2Tokenizer"}""");
        Assert.Equal(("<s>", "</s>", 3), (TokenizerOptions.Read(source, "file").Begin, TokenizerOptions.Read(source, "file").End, TokenizerOptions.Read(source, "file").Added[0].Id));
        var draw = new Xorshift();
        int read = 0, refused = 0;
        for (int i = 0; i < 5000; i++)
            try
            {
                TokenizerOptions.Read(Mutated(source, draw), "file");
                read++;
            }
            catch (InvalidDataException fault)
            {
                Assert.StartsWith("file", fault.Message, StringComparison.Ordinal);
                refused++;
            }
        Assert.True(read > 50 && refused > 2000, $"{read} read, {refused} refused");
    }

    [Fact]
    public void Any_text_comes_back_from_the_pieces_of_bytes()
    {
        var draw = new Xorshift();
        Tokenizer[] tokenizers = [.. new[] { 0, 3, 7 }.Select(v => TokenizerGoldens.SmallOnes["variants"]![v]!.AsObject()).Select(v => TokenizerGoldens.Read(TokenizerGoldens.File("bytes", v)))];
        for (int i = 0; i < 4000; i++)
        {
            StringBuilder drawn = new();
            for (int left = draw.Below(60); left > 0; left--)
                if (draw.Below(3) == 0) drawn.Append(((string[])[" ", "the", "<s>", "<|endoftext|>", "\n", "'ll", "e\u0301", "😀", "  "])[draw.Below(9)]);
                else drawn.Append(new Rune(draw.Below(2) == 0 ? draw.Below(0x250) : draw.Below(0xd800)));
            string text = drawn.ToString();
            foreach (Tokenizer tokenizer in tokenizers) Assert.Equal(text, tokenizer.Decode(tokenizer.EncodeText(text).Ids, skipSpecial: false));
        }
    }

    [Fact]
    public void A_damaged_vocabulary_is_read_or_refused()
    {
        byte[] source = Encoding.UTF8.GetBytes(string.Join('\n', pieces) + "\n");
        var (read, refused) = Fuzz(source, 10000, b => Tokenizer.FromVocabulary(b, "file", b.Length % 2 == 0));
        Assert.True(read > 1000 && refused > 1000, $"{read} read, {refused} refused");
    }

    [Fact]
    public void Any_text_at_all_is_encoded_within_its_limit()
    {
        var draw = new Xorshift();
        Tokenizer[] tokenizers = [Tokenizer.FromWords(pieces, true), Tokenizer.FromWords(pieces, false)];
        for (int i = 0; i < 10000; i++)
        {
            string text = Text(), pair = Text();
            int limit = 3 + draw.Below(60);
            foreach (var tokenizer in tokenizers)
            {
                var encoded = tokenizer.Encode(text, i % 3 == 0 ? null : pair, limit);
                Assert.InRange(encoded.Count, 2, limit);
                Assert.All(encoded.Ids, id => tokenizer.Piece(id));
                Assert.All(encoded.Words, w => Assert.InRange(w, -1, encoded.WordTexts.Length - 1));
                Assert.Equal(encoded.WordTexts.Length, encoded.Words.Where(w => w >= 0).Distinct().Count());
            }
        }

        string Text()
        {
            StringBuilder text = new();
            for (int left = draw.Below(40); left > 0; left--)
                if (draw.Below(4) == 0) text.Append(pieces[draw.Below(pieces.Length)]);
                else text.Append((char)draw.Below(draw.Below(2) == 0 ? 0x250 : 0x10000));
            return text.ToString();
        }
    }
}
