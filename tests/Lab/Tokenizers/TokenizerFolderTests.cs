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
        Assert.Contains("transformers 5 builds pre_tokenizer anew", Assert.Single(Tokenizer.FromFolder(folder).Notes), StringComparison.Ordinal);
        Write("tokenizer.json", TokenizerGoldens.File("characters").ToJsonString());
        Write("tokenizer_config.json", """{"add_bos_token":false}""");
        Assert.Contains("add_bos_token is false", Assert.Single(Tokenizer.FromFolder(folder).Notes), StringComparison.Ordinal);
        Write("tokenizer_config.json", """{"add_bos_token":true,"add_eos_token":false,"bos_token":{"content":"<s>"},"eos_token":"</s>"}""");
        Assert.Equal((1, 2), (Tokenizer.FromFolder(folder).Begin, Tokenizer.FromFolder(folder).End));
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
            ("characters", j => j["normalizer"] = JsonNode.Parse("""{"type":"Replace","pattern":{"Regex":"\\p{Han}"},"content":""}"""), "Han"),
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
