using System.Text.Json.Nodes;
using Heartwood.Lab.Tokenizers;

namespace Heartwood.Tests.Lab.Tokenizers;

/// <summary>Folders with vocabulary and merges, and what tokenizer_config.json says of them.</summary>
public sealed class TokenizerFolderTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("heartwood-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    void Write(string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);

    JsonObject Bytes(Func<string, bool> keep)
    {
        JsonObject file = TokenizerGoldens.File("bytes");
        var model = file["model"]!;
        JsonObject vocabulary = [];
        foreach (var (piece, _) in model["vocab"]!.AsObject().OrderBy(p => p.Value!.GetValue<int>()))
            if (keep(piece)) vocabulary[piece] = vocabulary.Count;
        Write("vocab.json", vocabulary.ToJsonString());
        Write("merges.txt", "#version: 0.2\n" + string.Join('\n', model["merges"]!.AsArray().Select(m => m!.GetValue<string>())) + "\n");
        return vocabulary;
    }

    string Refused() => Assert.Throws<InvalidDataException>(() => Tokenizer.FromFolder(folder)).Message;

    [Fact]
    public void A_vocabulary_with_merges_is_GPT_2s()
    {
        Bytes(p => p is not ("<s>" or "</s>" or "<mask>" or "<pad>" or "<unk>"));
        var read = Tokenizer.FromFolder(folder);
        Assert.Equal(read.Id("<|endoftext|>"), read.Begin);
        Assert.Equal(read.Begin, read.End);
        var encoded = read.Encode("Hello, the old  artist\n<|endoftext|>é");
        Assert.Equal(["Hello", ",", "the", "old", " ", "artist", "\n", "<|endoftext|>", "é"], encoded.WordTexts);
        Assert.DoesNotContain(-1, encoded.Words);
        Assert.Equal("Hello, the old  artist\n<|endoftext|>é", read.Decode(encoded.Ids, skipSpecial: false));
        Assert.Equal("Hello, the old  artist\né", read.Decode(encoded.Ids));
        Assert.Equal(encoded.Ids[..3], read.Encode("Hello, the old  artist", maximumTokens: 3).Ids);
        Assert.Empty(read.Encode("").Ids);
    }

    [Fact]
    public void With_RoBERTas_special_tokens_it_is_RoBERTas()
    {
        Bytes(p => p != "<|endoftext|>");
        var read = Tokenizer.FromFolder(folder);
        int begin = read.Id("<s>"), end = read.Id("</s>"), mask = read.Id("<mask>");
        var encoded = read.Encode("the <mask> old", "artist");
        Assert.Equal([begin, .. read.EncodeText("the").Ids, mask, .. read.EncodeText(" old").Ids, end, end, .. read.EncodeText("artist").Ids, end], encoded.Ids);
        Assert.All(encoded.TokenTypes, t => Assert.Equal(0, t));
        Assert.Equal((begin, end), (read.Begin, read.End));
        Write("tokenizer_config.json", """{"tokenizer_class":"GPT2Tokenizer","add_prefix_space":true,"bos_token":"<s>","eos_token":{"content":"</s>"},"add_bos_token":true}""");
        read = Tokenizer.FromFolder(folder);
        Assert.Equal([begin, .. read.EncodeText(" the").Ids], read.Encode("the").Ids);
    }

    [Fact]
    public void Tokens_beside_the_vocabulary_are_found_and_counted()
    {
        int count = Bytes(p => !p.StartsWith('<')).Count;
        Write("added_tokens.json", $$"""{"[PAD]": {{count}}}""");
        Write("tokenizer_config.json", """{"bos_token":null,"eos_token":"[END]","added_tokens_decoder":{"ID":{"content":"[END]","lstrip":true,"rstrip":false,"single_word":false,"normalized":false,"special":true}}}"""
            .Replace("ID", $"{count + 1}", StringComparison.Ordinal));
        var read = Tokenizer.FromFolder(folder);
        Assert.Equal(count + 2, read.Count);
        Assert.Equal([count, .. read.EncodeText("a").Ids, count + 1], read.Encode("[PAD]a [END]").Ids);
        Assert.Null(read.Begin);
        Assert.Equal(count + 1, read.End);
        Assert.Equal("[PAD]a", read.Decode(read.Encode("[PAD]a [END]").Ids));
    }

    [Fact]
    public void What_does_not_fit_together_is_refused()
    {
        Bytes(_ => true);
        Write("tokenizer_config.json", """{"tokenizer_class":"RobertaTokenizer","cls_token":"<begin>","some_option":3}""");
        Assert.Contains("some_option", Refused(), StringComparison.Ordinal);
        File.Delete(Path.Combine(folder, "tokenizer_config.json"));
        File.AppendAllText(Path.Combine(folder, "merges.txt"), "one two three\n");
        Assert.Contains("merges.txt: line", Refused(), StringComparison.Ordinal);
        Write("merges.txt", "q zz\n");
        Assert.Contains("merge 1 needs 'zz'", Refused(), StringComparison.Ordinal);
        File.Delete(Path.Combine(folder, "merges.txt"));
        Assert.Contains("neither tokenizer.json", Refused(), StringComparison.Ordinal);
        Write("tokenizer.json", TokenizerGoldens.File("bytes").ToJsonString());
        Write("tokenizer_config.json", """{"add_prefix_space":true,"tokenizer_class":"GPT2Tokenizer"}""");
        Assert.Contains("transformers 5 builds pre_tokenizer anew",
            Assert.Single(Tokenizer.FromFolder(folder).Notes), StringComparison.Ordinal);
        Write("tokenizer.json", TokenizerGoldens.File("characters").ToJsonString());
        Write("tokenizer_config.json", """{"add_bos_token":false}""");
        Assert.Contains("add_bos_token is false", Assert.Single(Tokenizer.FromFolder(folder).Notes), StringComparison.Ordinal);
        Write("tokenizer_config.json", """{"add_bos_token":true,"add_eos_token":false,"bos_token":{"content":"<s>"},"eos_token":"</s>"}""");
        Assert.Equal((1, 2), (Tokenizer.FromFolder(folder).Begin, Tokenizer.FromFolder(folder).End));
    }

    [Fact]
    public void A_special_token_that_is_only_named_follows_the_last_id_and_is_told_of()
    {
        int count = Bytes(p => !p.StartsWith('<')).Count;
        Write("tokenizer_config.json", """{"tokenizer_class":"GPT2Tokenizer","eos_token":"<|end|>"}""");
        Write("special_tokens_map.json", """{"pad_token":{"content":"<pad>","lstrip":true},"eos_token":"<other>"}""");
        var read = Tokenizer.FromFolder(folder);
        Assert.Equal([count, count + 1], read.Encode("<|end|>  <pad>").Ids.Where(id => id >= count));
        Assert.Equal([read.EncodeText("a").Ids[0], count + 1], read.Encode("a <pad>").Ids);
        Assert.Equal((count + 2, count), (read.Count, read.End));
        Assert.All(read.Notes, note => Assert.Contains("after the last", note, StringComparison.Ordinal));
        Assert.Equal(2, read.Notes.Count);
    }

    [Fact]
    public void What_is_too_long_loses_its_beginning_where_that_is_said()
    {
        Write("tokenizer.json", TokenizerGoldens.File("bytes").ToJsonString());
        int[] ids = Tokenizer.FromFolder(folder).Encode("the old artist").Ids, second = Tokenizer.FromFolder(folder).Encode("hello").Ids;
        Write("tokenizer_config.json", """{"truncation_side":"left"}""");
        Tokenizer left = Tokenizer.FromFolder(folder);
        Assert.Equal(ids[^3..], left.Encode("the old artist", maximumTokens: 3).Ids);
        Assert.Equal(ids.Length > second.Length ? [.. ids[^2..], .. second[^1..]] : [.. ids[^1..], .. second[^2..]],
            left.Encode("the old artist", "hello", 3).Ids);
        Assert.Equal(left.Encode("the old artist", maximumTokens: 3).WordTexts.Length,
            left.Encode("the old artist", maximumTokens: 3).Words.Distinct().Count());
    }

    [Fact]
    public void Special_tokens_are_text_as_any_other_where_they_are_to_be_split()
    {
        Write("tokenizer.json", TokenizerGoldens.File("bytes").ToJsonString());
        int end = Tokenizer.FromFolder(folder).Id("<|endoftext|>");
        Assert.Contains(end, Tokenizer.FromFolder(folder).Encode("a<|endoftext|>").Ids);
        Write("tokenizer_config.json", """{"split_special_tokens":true}""");
        Assert.DoesNotContain(end, Tokenizer.FromFolder(folder).Encode("a<|endoftext|>").Ids);
    }

    [Fact]
    public void Ids_that_no_piece_has_are_left_empty_where_they_are_few()
    {
        Write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\na\n");
        Write("added_tokens.json", """{"[e]": 7}""");
        var read = Tokenizer.FromFolder(folder);
        Assert.Equal((8, "", "[e]"), (read.Count, read.Piece(5), read.Piece(7)));
        Assert.Equal([1, 3, 7, 2], read.Encode("a [E]").Ids);
        Write("added_tokens.json", """{"[E]": 70000}""");
        Assert.Contains("70000", Refused(), StringComparison.Ordinal);
        Write("added_tokens.json", """{"[E]": 3}""");
        Assert.Contains("'[E]'", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void Whole_words_are_the_pieces_of_a_word_level_tokenizer()
    {
        var read = TokenizerGoldens.Read(JsonNode.Parse("""{"version":"1.0","added_tokens":[],"pre_tokenizer":{"type":"Whitespace"},"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1,"b":2}}}""")!);
        Assert.Equal([2, 0, 1], read.Encode("b ab a").Ids);
    }

    [Fact]
    public void Every_file_of_a_tokenizer_goes_with_the_model()
    {
        string[] names = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
            "vocab.txt", "vocab.json", "merges.txt", "tokenizer.model", "sentencepiece.bpe.model", "spiece.model", "spm.model"];
        Dictionary<string, byte[]> files = names.ToDictionary(n => n, n => new byte[] { (byte)n.Length });
        files["config.json"] = File.ReadAllBytes(Goldens.Path("llama/grouped/config.json"));
        files["model.safetensors"] = File.ReadAllBytes(Goldens.Path("llama/grouped/model.safetensors"));
        using var open = Heartwood.Lab.Checkpoints.HuggingFaceFolder.Open(files, "memory");
        Assert.Equal(names.Order(StringComparer.Ordinal), open.ReadTokenizer().Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Words_are_what_a_reader_calls_words_in_every_kind()
    {
        string[] words = ["the", "old", "artist", ",", "said", "hello", "!"];
        foreach (string kind in (string[])["bytes", "characters", "unigram", "words", "suffix"])
        {
            Tokenizer tokenizer = TokenizerGoldens.Read(TokenizerGoldens.File(kind));
            var encoded = tokenizer.Encode("the old artist, said hello!");
            Assert.Equal(words, encoded.WordTexts);
            for (int w = 0; w < words.Length; w++)
                Assert.Equal(words[w], tokenizer.Decode(encoded.Ids.Where((_, t) => encoded.Words[t] == w)).Trim());
        }
    }

    [Fact]
    public void What_a_file_of_these_kinds_says_and_is_not_understood_is_refused_by_name()
    {
        foreach (var (of, change, named) in new (string, Action<JsonObject>, string)[]
        {
            ("bytes", j => j["model"]!["dropout"] = 0.1, "dropout"),
            ("bytes", j => j["model"]!["cache"] = 1, "'cache'"),
            ("bytes", j => j["model"]!["merges"]!.AsArray().Add("q zz"), "'zz'"),
            ("bytes", j => j["model"]!["merges"]!.AsArray().Add("a b c"), "two pieces"),
            ("bytes", j => j["pre_tokenizer"] = JsonNode.Parse("""{"type":"Split","pattern":{"Regex":"(a)\\1"},"behavior":"Isolated","invert":false}"""), "(a)\\1"),
            ("characters", j => j["normalizer"] = JsonNode.Parse("""{"type":"Replace","pattern":{"Regex":"(x*"},"content":""}"""), "'(x*'"),
            ("characters",
                j => j["normalizer"] = JsonNode.Parse("""{"type":"Replace","pattern":{"Regex":"\\p{Han}"},"content":""}"""), "Han"),
            ("characters", j => j["normalizer"] = JsonNode.Parse("""{"type":"Precompiled","precompiled_charsmap":"AAAA"}"""), "charsmap"),
            ("characters", j => j["pre_tokenizer"] = JsonNode.Parse("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"last"}"""), "'last'"),
            ("characters", j => j["model"]!["unk_token"] = "<none>", "'<none>'"),
            ("unigram", j => j["model"]!["unk_id"] = 5000, "5000"),
            ("unigram", j => j["model"]!["unk_id"] = null, "unk_id"),
            ("unigram", j => j["model"]!["vocab"]![3] = new JsonObject { ["piece"] = 2 }, "a list"),
        })
        {
            JsonObject file = TokenizerGoldens.File(of);
            change(file);
            Assert.Contains(named, Assert.Throws<InvalidDataException>(() => TokenizerGoldens.Read(file)).Message, StringComparison.Ordinal);
        }
    }
}
