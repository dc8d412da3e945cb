using System.Text.Json.Nodes;
using Heartwood.Lab.Tokenizers;
using Heartwood.Lab.Tokenizers.SentencePiece;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Tokenizers;

/// <summary>Model folders with a SentencePiece model alone: which class reads them, and what the files next to it say.</summary>
public sealed class SentencePieceFolderTests : IDisposable
{
    const PieceKind Normal = PieceKind.Normal, Control = PieceKind.Control;

    static readonly ModelPiece[] words =
    [
        new("▁", -3, Normal), new("▁the", -1, Normal), new("▁king", -1.5f, Normal), new("k", -4, Normal), new("ing", -4, Normal),
        new("t", -4, Normal), new("he", -4, Normal),
    ];

    readonly string folder = Directory.CreateTempSubdirectory("heartwood-sentencepiece-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    void Model(string name, params string[] controls)
    {
        ModelPiece[] pieces = [new("<unk>", 0, PieceKind.Unknown), .. controls.Select(c => new ModelPiece(c, 0, Control)), .. words];
        File.WriteAllBytes(Path.Combine(folder, name), ModelBytes.Of(CutKind.Unigram, pieces, new()));
    }

    void Write(string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);

    Tokenizer Read() => Tokenizer.FromFolder(folder);

    string[] Shown(string text, string? pair = null) => [.. Read().Encode(text, pair).Ids.Select(Read().Piece)];

    void Says(string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => Read()).Message, StringComparison.Ordinal);

    [Fact]
    public void Llamas_class_puts_the_beginning_before_each_text_and_the_end_after_it_where_that_is_asked_for()
    {
        Model("tokenizer.model", "<s>", "</s>");
        Assert.Equal(["<s>", "▁the", "▁king"], Shown("the king"));
        Assert.Equal((1, 2), (Read().Begin, Read().End));
        Write("tokenizer_config.json", """{"tokenizer_class":"LlamaTokenizerFast","add_bos_token":false,"add_eos_token":true}""");
        Assert.Equal(["▁the", "</s>", "▁king", "</s>"], Shown("the", "king"));
        Write("tokenizer_config.json", """{"tokenizer_class":"LlamaTokenizer","bos_token":"</s>"}""");
        Assert.Equal(["</s>", "▁the"], Shown("the"));
        Write("tokenizer_config.json", """{"tokenizer_class":"LlamaTokenizer","bos_token":{"content":"<begin>"}}""");
        Assert.Equal(["<begin>", "▁the"], Shown("the"));                        // the model lacks it: the class adds it after the pieces
        Assert.Equal(10, Read().Id("<begin>"));
        Assert.Equal("the king", Read().Decode(Read().Encode("the king").Ids));
        Assert.Equal("<begin>the king", Read().Decode(Read().Encode("the king").Ids, skipSpecial: false));
    }

    [Theory]
    [InlineData("""{"tokenizer_class":"T5Tokenizer","extra_ids":2}""", "▁the </s> ▁king </s>", "00 00")]
    [InlineData("""{"tokenizer_class":"AlbertTokenizer","cls_token":"<s>","sep_token":"</s>"}""", "<s> ▁the </s> ▁king </s>", "000 11")]
    [InlineData("""{"tokenizer_class":"DebertaV2TokenizerFast","cls_token":"<s>","sep_token":"</s>"}""",
        "<s> ▁the </s> ▁king </s>", "000 11")]
    [InlineData("""{"tokenizer_class":"XLNetTokenizer","cls_token":"<s>","sep_token":"</s>"}""", "▁the </s> ▁king </s> <s>", "00 11 2")]
    [InlineData("""{"tokenizer_class":"XLMRobertaTokenizer"}""", "<s> ▁the </s> </s> ▁king </s>", "000000")]
    [InlineData("""{"tokenizer_class":"CamembertTokenizer"}""", "<s> ▁the </s> </s> ▁king </s>", "000000")]
    [InlineData("""{"tokenizer_class":"GemmaTokenizer","bos_token":"<s>","eos_token":"</s>"}""", "<s> ▁the <s> ▁king", "00 11")]
    public void Each_class_has_its_places_for_special_tokens(string config, string pieces, string types)
    {
        Model("spiece.model", "<s>", "</s>");
        Write("tokenizer_config.json", config);
        Assert.Equal(pieces.Split(' '), Shown("the", "king"));
        Assert.Equal(types.Replace(" ", "", StringComparison.Ordinal), string.Concat(Read().Encode("the", "king").TokenTypes));
    }

    [Fact]
    public void XLM_RoBERTa_and_CamemBERT_shift_the_ids()
    {
        Model("sentencepiece.bpe.model", "<s>", "</s>");
        Write("config.json", """{"model_type":"xlm-roberta"}""");
        Assert.Equal([0, 5, 6, 4, 3, 2], Read().Encode("the king x").Ids);
        Assert.Equal(["<s>", "<pad>", "</s>", "<unk>", "▁"], Enumerable.Range(0, 5).Select(Read().Piece));
        Assert.Equal((11, "<mask>"), (Read().Count - 1, Read().Piece(11)));
        Write("config.json", """{"model_type":"camembert"}""");
        Assert.Equal([5, 8, 9, 7, 3, 6], Read().Encode("the king x").Ids);
        Assert.Equal(["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED", "<s>", "</s>"],
            Enumerable.Range(0, 7).Select(Read().Piece));
        Assert.Equal((14, "<mask>"), (Read().Count - 1, Read().Piece(14)));
        Model("sentencepiece.bpe.model", "</s>", "<s>");
        Says("expected <unk>, <s> and </s>; found <unk>, </s>, <s>");
    }

    [Fact]
    public void T5s_extra_ids_stand_after_the_pieces_the_highest_first()
    {
        Model("spiece.model", "</s>");
        Assert.Equal(9 + 100, Read().Count);
        Assert.Equal((9, 108), (Read().Id("<extra_id_99>"), Read().Id("<extra_id_0>")));
        // SentencePiece knows no special tokens in a text; one that a file lists as added is found.
        Assert.DoesNotContain("<extra_id_0>", Shown("the <extra_id_0>"));
        Write("tokenizer_config.json",
            """{"tokenizer_class":"T5Tokenizer","extra_ids":2,"additional_special_tokens":["<extra_id_0>","<extra_id_1>"]}""");
        Assert.Equal(["▁the", "<extra_id_0>", "▁king", "</s>"], Shown("the <extra_id_0> king"));
        Assert.Equal("the king", Read().Decode(Read().Encode("the <extra_id_0> king").Ids));
    }

    [Fact]
    public void Added_tokens_are_found_before_SentencePiece_sees_the_text()
    {
        Model("tokenizer.model", "<s>", "</s>");
        Write("added_tokens.json", """{"<turn>":10,"<pad>":11}""");
        Assert.Equal(["<s>", "▁the", "<turn>", "▁king"], Shown("the<turn>king"));
        Assert.Equal(12, Read().Count);
        Write("tokenizer_config.json", """{"tokenizer_class":"LlamaTokenizer","legacy":false}""");
        Assert.Equal(["<s>", "▁the", "<turn>", "k", "ing"], Shown("the<turn>king"));
        Write("tokenizer_config.json", """
            {"tokenizer_class":"LlamaTokenizer","added_tokens_decoder":{
            "1":{"content":"<s>","lstrip":false,"rstrip":false,"single_word":false,"normalized":false,"special":true},
            "10":{"content":"<turn>","lstrip":true,"rstrip":false,"single_word":false,"normalized":true,"special":false}}}
            """);
        Assert.Equal(["<s>", "<s>", "▁the", "<turn>", "▁king"], Shown("<s>the <turn>king"));
        Assert.Equal("the<turn>king", Read().Decode(Read().Encode("<s>the <turn>king").Ids));
        Write("added_tokens.json", """{"<turn>":10,"<pad>":14}""");
        Says("added token '<pad>': expected ids without a gap after the 11 before; found id 14");
        Write("added_tokens.json", """{"<pad>":4}""");
        Says("added token '<pad>': expected '▁the' at its id; found id 4");
    }

    [Fact]
    public void A_class_that_is_not_read_is_refused_with_those_that_are()
    {
        Model("sentencepiece.bpe.model", "<s>", "</s>");
        Says("found neither tokenizer_class nor model_type, and a name that several classes use");
        Write("config.json", """{"model_type":"mbart"}""");
        Says("no tokenizer_class, and model_type 'mbart'");
        Write("tokenizer_config.json", """{"tokenizer_class":"MBartTokenizer"}""");
        Says("found tokenizer_class 'MBartTokenizer'. Name the right one of these as tokenizer_class");
        Write("tokenizer_config.json", """{"tokenizer_class":"XLMRobertaTokenizer","sp_model_kwargs":{"enable_sampling":true}}""");
        Says("sp_model_kwargs: expected nothing");
        Write("tokenizer_config.json", """{"tokenizer_class":"XLMRobertaTokenizer","truncation_side":"left"}""");
        Says("truncation_side: expected right");
        Write("tokenizer_config.json", """{"tokenizer_class":"DebertaV2Tokenizer","split_by_punct":true}""");
        Says("split_by_punct: expected false");
        Write("tokenizer_config.json", """{"tokenizer_class":"DebertaV2Tokenizer"}""");
        Says("cls_token of DebertaV2Tokenizer: expected a piece '[CLS]'; found no such piece");
        Model("spm.model", "[CLS]", "[SEP]");
        Says("several SentencePiece models: sentencepiece.bpe.model, spm.model");
    }

    [Fact]
    public void Words_of_a_report_are_cut_at_spaces_and_punctuation()
    {
        Model("spm.model", "[CLS]", "[SEP]");
        var encoded = Read().Encode("the  king xyz the", "king");
        Assert.Equal(["the", "king", "xyz", "the", "king"], encoded.WordTexts);
        Assert.Equal([-1, 0, 1, 2, 2, 3, -1, 4, -1], encoded.Words);
        Assert.Equal(["the", "king"], Read().Encode("the king xyz", maximumTokens: 4).WordTexts);
    }

    [Fact]
    public void ALBERTs_text_is_rewritten_as_its_class_does()
    {
        if (Environment.GetEnvironmentVariable("HEARTWOOD_GOLDENS") is not null)
            Assert.Skip("The sentences that differ are known for shared/goldens only.");
        if (Files.SharedGoldens("tokenizers") is not string root)
        {
            Assert.Skip("shared/goldens/tokenizers is not next to the repository.");
            return;
        }
        File.Copy(Path.Combine(root, "sentencepiece", "albert.model"), Path.Combine(folder, "spiece.model"));
        Write("tokenizer_config.json", """{"tokenizer_class":"AlbertTokenizer","do_lower_case":true,"keep_accents":false}""");
        JsonNode sentences = Json("texts.json")["sentences"]!;
        JsonNode rows = Json("folders/v4-albert.json")["sentences"]!, other = Json("folders/albert.json")["sentences"]!;
        Tokenizer tokenizer = Read();
        int[] differ = [.. Enumerable.Range(0, 150).Where(i => !TokenizerGoldens.Numbers((rows[i] ?? other[i]!)["ids"])
            .SequenceEqual(tokenizer.Encode(sentences[i]!.GetValue<string>()).Ids))];
        // The rows are those of the fast class. It drops marks that are not combining (42, 51, 55) and a vertical tab (78), adds in float64
        // (94), and finds special tokens in the text (139 to 141).
        Assert.Equal([42, 51, 55, 78, 94, 139, 140, 141], differ);

        JsonNode Json(string name) => JsonNode.Parse(File.ReadAllBytes(Path.Combine(root, name)))!;
    }

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:4d\n", "found a pointer of Git LFS")]
    [InlineData("IQ== 0\nIg== 1\n", "found lines of base64 and numbers, the form of tiktoken (Llama 3)")]
    [InlineData("{}", "expected a field of a protobuf message; found field 15 of wire type 3")]
    [InlineData("", "the pieces: expected one that is unknown; found none among 0")]
    public void Another_file_under_the_name_is_refused_as_what_it_is(string content, string said)
    {
        Write("tokenizer.model", content);
        Says(said);
    }

    [Fact]
    public void A_folder_without_any_tokenizer_says_what_is_looked_for()
    {
        Says("nor SentencePiece's tokenizer.model or sentencepiece.bpe.model or spiece.model or spm.model is there");
    }

    [Fact]
    public void A_file_that_is_no_whole_model_is_refused_as_SentencePieces_with_the_next_move()
    {
        string model = Path.Combine(Files.Case("14-sentencepiece-only"), "model");
        string fault = Assert.Throws<InvalidDataException>(() => Tokenizer.FromFolder(model)).Message;
        Assert.Contains(Path.Combine(model, "tokenizer.model"), fault, StringComparison.Ordinal);
        Assert.Contains("SentencePiece's file: the pieces: expected pieces of text; found none among 2", fault, StringComparison.Ordinal);
        Assert.Contains("a tokenizer.json made of it once", fault, StringComparison.Ordinal);
    }
}
