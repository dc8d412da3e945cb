using System.Text;
using System.Text.Json.Nodes;
using Heartwood.Lab.Tokenizers;

namespace Heartwood.Tests.Lab.Tokenizers;

public class TokenizerFileTests
{
    static JsonObject Golden => JsonNode.Parse(File.ReadAllText(WordPieceGoldens.File("tokenizer.json")))!.AsObject();

    static Tokenizer Read(JsonObject json) => Tokenizer.FromJson(Encoding.UTF8.GetBytes(json.ToJsonString()), "tokenizer.json");

    static string Refused(Action<JsonObject> change)
    {
        var json = Golden;
        change(json);
        return Assert.Throws<InvalidDataException>(() => Read(json)).Message;
    }

    [Fact]
    public void Options_of_the_normalizer_are_obeyed()
    {
        var json = Golden;
        (json["normalizer"]!["lowercase"], json["normalizer"]!["strip_accents"]) = (false, true);
        Assert.Equal(["Cafe"], Read(json).Encode("Café").WordTexts);
        (json["normalizer"]!["lowercase"], json["normalizer"]!["strip_accents"]) = (true, false);
        Assert.Equal(["café"], Read(json).Encode("Café").WordTexts);
        json["normalizer"]!["strip_accents"] = null;
        Assert.Equal(["cafe"], Read(json).Encode("Café").WordTexts);
        json["normalizer"]!["handle_chinese_chars"] = false;
        Assert.Equal(["你好"], Read(json).Encode("你好").WordTexts);
        json["normalizer"]!["clean_text"] = false;
        Assert.Equal(["a\u200db"], Read(json).Encode("a\u200db").WordTexts);
    }

    [Fact]
    public void Files_of_older_and_newer_versions_read_the_same()
    {
        int[] expected = Read(Golden).Encode("The old artist", "a poet", 9).Ids;
        var json = Golden;
        json["model"]!.AsObject().Remove("type");
        json["post_processor"] = JsonNode.Parse("""{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]}""");
        json["truncation"] = JsonNode.Parse("""{"direction":"Right","max_length":2,"strategy":"OnlyFirst","stride":0}""");
        json["padding"] = JsonNode.Parse("""{"strategy":{"Fixed":128},"direction":"Right","pad_id":0,"pad_type_id":0,"pad_token":"[PAD]"}""");
        Assert.Equal(expected, Read(json).Encode("The old artist", "a poet", 9).Ids);
    }

    [Fact]
    public void An_added_token_beyond_the_vocabulary_is_recognized_and_counted()
    {
        var json = Golden;
        int id = json["model"]!["vocab"]!.AsObject().Count;
        json["added_tokens"]!.AsArray().Add(JsonNode.Parse($$"""{"id":{{id}},"special":false,"content":"[MASKED]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false}"""));
        var read = Read(json);
        Assert.Equal(id + 1, read.Count);
        Assert.Equal("[MASKED]", read.Piece(id));
        Assert.Equal([2, id, 4, 3], read.Encode("[MASKED][MASK]").Ids);
        json["added_tokens"]![5]!["id"] = id + 1;
        Assert.Contains("the number of pieces", Assert.Throws<InvalidDataException>(() => Read(json)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_understood_is_refused_by_name()
    {
        foreach (var (change, named) in new (Action<JsonObject>, string)[]
        {
            (j => j["version"] = "2.0", "'2.0'"),
            (j => j["colour"] = "red", "'colour'"),
            (j => j["model"]!["type"] = "Characters", "'Characters'"),
            (j => j["model"]!["dropout"] = 0.1, "'dropout'"),
            (j => j["model"]!["unk_token"] = "<unk>", "<unk>"),
            (j => j["model"]!["max_input_chars_per_word"] = -1, "-1"),
            (j => j["model"]!["vocab"]!["a"] = 1.5, "1.5"),
            (j => j["model"]!["vocab"]!["a"] = 0, "0, which '[PAD]' has"),
            (j => j["normalizer"]!["type"] = "Casefold", "'Casefold'"),
            (j => j["normalizer"]!["nfkc"] = true, "'nfkc'"),
            (j => j["pre_tokenizer"]!["type"] = "UnicodeScripts", "'UnicodeScripts'"),
            (j => j["post_processor"]!["type"] = "RobertaProcessing", "'single'"),
            (j => j["post_processor"]!["pair"]![3]!["Sequence"]!["id"] = "A", "'A A'"),
            (j => j["post_processor"]!["single"]!.AsArray().RemoveAt(1), "each once"),
            (j => j["post_processor"]!["special_tokens"]!["[SEP]"]!["ids"]![0] = 7, "7"),
            (j => j["decoder"]!["type"] = "CTC", "'CTC'"),
            (j => j["truncation"] = JsonNode.Parse("""{"direction":"Middle"}"""), "'Middle'"),
            (j => j["added_tokens"]![0]!["id"] = 3, "'[PAD]'.id"),
            (j => j["added_tokens"]!.AsArray().Add(j["added_tokens"]![0]!.DeepClone()), "'[PAD]' twice"),
            (j => j.Remove("added_tokens"), "added_tokens"),
        })
            Assert.Contains(named, Refused(change), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_is_no_unicode_is_refused_wherever_it_stands()
    {
        byte[] good = File.ReadAllBytes(WordPieceGoldens.File("tokenizer.json"));
        foreach (string word in (string[])["SpecialToken", "[MASK]", "lowercase", "BertPreTokenizer", "unk_token", "##able"])
        {
            byte[] bad = [.. good];
            bad[good.AsSpan().IndexOf(Encoding.UTF8.GetBytes(word)) + 2] = 0xa2;
            Assert.StartsWith("tokenizer.json", Assert.Throws<InvalidDataException>(() => Tokenizer.FromJson(bad, "tokenizer.json")).Message, StringComparison.Ordinal);
            byte[] half = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(good).Replace(word, "\\ud800", StringComparison.Ordinal));
            Assert.Throws<InvalidDataException>(() => Tokenizer.FromJson(half, "tokenizer.json"));
        }
    }

    [Fact]
    public void A_vocabulary_without_its_special_tokens_or_not_in_utf8_is_refused()
    {
        Assert.Contains("'[CLS]'", Assert.Throws<InvalidDataException>(() => Tokenizer.FromWords(["[UNK]", "[SEP]", "a"], true)).Message, StringComparison.Ordinal);
        byte[] bytes = [.. "[UNK]\n[CLS]\nx"u8, 0xff, .. "\n[SEP]\n"u8];
        Assert.Contains("vocab.txt: line 3 is not UTF-8", Assert.Throws<InvalidDataException>(() => Tokenizer.FromVocabulary(bytes, "vocab.txt", true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_piece_that_stands_twice_the_last_line_is_the_id()
    {
        var read = Tokenizer.FromVocabulary([.. "[UNK]\r\n[CLS]\n[SEP]\na\n\na"u8], "vocab.txt", true);
        Assert.Equal(6, read.Count);
        Assert.Equal([1, 5, 2], read.Encode("a").Ids);
        Assert.Equal("a", read.Piece(3));
    }

    [Fact]
    public void A_folder_is_read_by_its_tokenizer_file_or_its_vocabulary_and_contradictions_are_told()
    {
        string folder = Directory.CreateTempSubdirectory("heartwood-tokenizer-").FullName;
        try
        {
            Assert.Contains("neither", Assert.Throws<InvalidDataException>(() => Tokenizer.FromFolder(folder)).Message, StringComparison.Ordinal);
            File.Copy(WordPieceGoldens.File("vocab.txt"), Path.Combine(folder, "vocab.txt"));
            Assert.Equal(["cafe"], Tokenizer.FromFolder(folder).Encode("Café").WordTexts);
            string config = Path.Combine(folder, "tokenizer_config.json");
            File.WriteAllText(config, """{"do_lower_case": false, "strip_accents": null, "model_max_length": 512}""");
            Assert.Equal(["Café"], Tokenizer.FromFolder(folder).Encode("Café").WordTexts);
            File.Copy(WordPieceGoldens.File("tokenizer.json"), Path.Combine(folder, "tokenizer.json"));
            Assert.Contains("do_lower_case is false in tokenizer_config.json",
                Assert.Single(Tokenizer.FromFolder(folder).Notes), StringComparison.Ordinal);
            Assert.Equal(["cafe"], Tokenizer.FromFolder(folder).Encode("Café").WordTexts);
            File.WriteAllText(config, """{"do_lower_case": true}""");
            Assert.Equal(["cafe"], Tokenizer.FromFolder(folder).Encode("Café").WordTexts);
            Assert.Empty(Tokenizer.FromFolder(folder).Notes);
            File.WriteAllText(config, "[1");
            Assert.Contains("tokenizer_config.json", Assert.Throws<InvalidDataException>(() => Tokenizer.FromFolder(folder)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
