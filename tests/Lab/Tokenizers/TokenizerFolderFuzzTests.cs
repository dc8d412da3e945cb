using System.Text;
using Heartwood.Lab.Tokenizers;
using Heartwood.Lab.Tokenizers.Characters;
using Heartwood.Lab.Tokenizers.Files;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Tokenizers;

/// <summary>
/// Damaged files of tokenizer folders: each is read, and then encodes and decodes, or is refused with the documented exception. The same
/// damage every time.
/// </summary>
public sealed class TokenizerFolderFuzzTests
{
    const string Words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\n##s\né\na\n",
        Pieces = """{"a":0,"b":1,"ab":2,"<s>":3,"</s>":4,"Ġ":5,"<mask>":6,"<|endoftext|>":7}""",
        MergeList = "#version: 0.2\na b\n";

    const string Config =
        """{"tokenizer_class":"BertTokenizer","do_lower_case":true,"strip_accents":null,"do_basic_tokenize":true,"never_split":["[SEP]"]"""
        + ""","truncation_side":"left","mask_token":{"content":"[MASK]","lstrip":true,"__type":"AddedToken"}"""
        + ""","cls_token":"[CLS]","extra_special_tokens":["<x>"],"split_special_tokens":false"""
        + ""","added_tokens_decoder":{"9":{"content":"[E1]","lstrip":true,"normalized":true,"special":false}},"model_max_length":512}""";

    const string Json = """
        {"version":"1.0","added_tokens":[{"id":3,"content":"<s>","single_word":true,"lstrip":true,"rstrip":true,"normalized":true,"special":true}],"normalizer":{"type":"Replace","pattern":{"Regex":"(?:a|é)+?b*"},"content":"a"},
        "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|'t)|[^\\r\\n\\p{L}]?\\p{L}+|\\s+(?!\\S)|(?<=a)b{1,3}|[^(a|[bc])]"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]},
        "decoder":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"<s>":3,"Ġ":4},"merges":["a b"]}}
        """;

    static readonly string[] splices =
    [
        "9223372036854775807", "-1", "1e400", "null", "true", "[]", "{}", "\"", "\\ud800", "\\u0000",
        ",", ":", "\n", "\r", "\t", "[[[[[[[[[[[[[[[[", "\uFEFF", "\uD83D\uDE00",
        "(", ")", "*", "+", "?", "{2,}", "|", "[^", "\\\\p{Lu}", "(?=", "(?<!",
        "\"tokenizer_class\":\"GPT2Tokenizer\",", "\"RobertaTokenizer\"", "left", "[UNK]", "<s>", "2000000000",
        "999", "bos_token", "added_tokens_decoder", "model_type",
    ];

    static readonly Dictionary<string, string> bert = new()
    {
        ["vocab.txt"] = Words,
        ["tokenizer_config.json"] = Config,
        ["special_tokens_map.json"] = """{"pad_token":"[PAD]","additional_special_tokens":["[E2]",{"content":"[E3]"}]}""",
        ["added_tokens.json"] = """{"[E2]":10,"dr.":11}""",
    };

    static readonly Dictionary<string, string> gpt2 = new()
    {
        ["vocab.json"] = Pieces,
        ["merges.txt"] = MergeList,
        ["tokenizer_config.json"] = """{"add_prefix_space":true,"add_bos_token":true"""
            + ""","bos_token":"<|endoftext|>","pad_token":"<pad>","added_tokens_decoder":{"8":{"content":"<pad>"}}}""",
        ["config.json"] = """{"model_type":"gpt2","vocab_size":9}""",
    };

    static readonly Dictionary<string, string> json = new()
    {
        ["tokenizer.json"] = Json,
        ["tokenizer_config.json"] = """{"tokenizer_class":"LlamaTokenizer","bos_token":"<s>","pad_token":"<pad>","legacy":false"""
            + ""","add_bos_token":true,"truncation_side":"right"}""",
    };

    [Theory]
    [InlineData("vocab.txt", 6000), InlineData("tokenizer_config.json", 10_000),
        InlineData("special_tokens_map.json", 6000), InlineData("added_tokens.json", 6000)]
    public void Damaged_files_of_BERTs_folders_are_read_or_refused(string file, int times) => Fuzz(bert, file, times);

    [Theory, InlineData("vocab.json", 4000), InlineData("merges.txt", 3000),
        InlineData("tokenizer_config.json", 5000), InlineData("config.json", 2000)]
    public void Damaged_files_of_GPT_2s_folders_are_read_or_refused(string file, int times) => Fuzz(gpt2, file, times);

    [Theory, InlineData("tokenizer.json", 12_000), InlineData("tokenizer_config.json", 4000)]
    public void Damaged_files_next_to_a_tokenizer_json_with_expressions_are_read_or_refused(string file, int times) =>
        Fuzz(json, file, times);

    [Fact]
    public void Damaged_expressions_are_parsed_and_end_or_are_refused()
    {
        const string Whole = @"(?i:'s|'t)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|"
            + @"\s*[\r\n]+|\s+(?!\S)|(?<=ab)(?:a|ab)*?c|(?>a+)b|[a-c&&[^b]]\b";
        int parsed = 0, refused = 0;
        for (int i = 0; i < 15_000; i++)
        {
            ChanceStream chance = new Chance(3, "expressions").At(i).Stream();
            string expression = new(Encoding.UTF8.GetString(Mutate(Encoding.UTF8.GetBytes(Whole), chance)));
            try
            {
                TextPattern pattern = new(ExpressionParser.Parse(expression));
                foreach (var (at, length) in pattern.All("Don't ab 1234 aaaabc\r\n  é x😀 "))
                    Assert.InRange(at + length, 0, 32);
                parsed++;
            }
            catch (FormatException fault)
            {
                Assert.InRange(fault.Message.Length, 3, 200);
                refused++;
            }
        }
        Assert.True(parsed > 1000 && refused > 1000, $"{parsed} parsed, {refused} refused");
    }

    [Fact]
    public void An_expression_that_tries_too_many_ways_ends_in_an_error()
    {
        TextPattern pattern = new(ExpressionParser.Parse("(?:a|aa)+$x"));
        Assert.Contains("too many ways",
            Assert.Throws<InvalidDataException>(() => pattern.All(new string('a', 60))).Message, StringComparison.Ordinal);
    }

    static void Fuzz(Dictionary<string, string> files, string file, int times)
    {
        Read(files, Encoding.UTF8.GetBytes(files[file]));
        int accepted = 0;
        for (int i = 0; i < times; i++)
        {
            byte[] damaged = Mutate(Encoding.UTF8.GetBytes(files[file]), new Chance(3, file + files.Count).At(i).Stream());
            try
            {
                Read(files, damaged);
                accepted++;
            }
            catch (InvalidDataException fault)
            {
                Assert.InRange(fault.Message.Length, 20, 5000);
            }
            catch (Exception fault)
            {
                Assert.Fail($"damage {i} ({Encoding.UTF8.GetString(damaged)}): {fault}");
            }
        }
        Assert.InRange(accepted, times / 200, times - times / 200);

        void Read(Dictionary<string, string> all, byte[] bytes)
        {
            Tokenizer tokenizer = TokenizerFolder.Read(new FolderFiles("folder", name =>
                name == file ? bytes : all.TryGetValue(name, out string? text) ? Encoding.UTF8.GetBytes(text) : null));
            Encoded encoded = tokenizer.Encode("The a's [E1] dr. <s>ab<pad>  é[MASK]b",
                "ab [E2]", Template.SpecialTokens(tokenizer.Parts.Template.Pair) + 9);
            Assert.All(encoded.Ids, id => tokenizer.Piece(id));
            Assert.NotNull(tokenizer.Decode(encoded.Ids));
            Assert.All(tokenizer.Notes, note => Assert.InRange(note.Length, 20, 5000));
        }
    }

    static byte[] Mutate(byte[] valid, ChanceStream chance)
    {
        List<byte> bytes = [.. valid];
        for (int times = 1 + chance.Below(3); times > 0; times--)
        {
            int at = chance.Below(bytes.Count + 1), length = Math.Min(chance.Below(10), bytes.Count - at);
            switch (chance.Below(5))
            {
                case 0 when at < bytes.Count: bytes[at] ^= (byte)(1 << chance.Below(8)); break;
                case 1 when at < bytes.Count: bytes[at] = (byte)(32 + chance.Below(95)); break;
                case 2: bytes.RemoveRange(at, length); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(chance.Below(bytes.Count - length + 1), length)); break;
                default: bytes.InsertRange(at, Encoding.UTF8.GetBytes(chance.Pick(splices))); break;
            }
        }
        return [.. bytes];
    }
}
