using System.Text;
using System.Text.Json.Nodes;
using Heartwood.Lab.Tokenizers;
using Heartwood.Lab.Tokenizers.Files;

namespace Heartwood.Tests.Lab.Tokenizers;

/// <summary>
/// Forms of tokenizer folders as published models have them: their files' names and keys, written by hand from public facts, over the
/// small vocabularies of <see cref="TokenizerGoldens"/>. Each is read, or refused with what it names.
/// </summary>
public sealed class PublishedTokenizerTests
{
    const string Wordpieces = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\nworld\nHello\n##s\n,\n!\nwor\n##ld\n";

    /// <summary>
    /// The small byte-level tokenizer's vocabulary without its special tokens, and its merges; the ids of special tokens follow.
    /// </summary>
    static (string Vocabulary, string Merges) Bytes(params ReadOnlySpan<string> special)
    {
        JsonNode model = TokenizerGoldens.File("bytes")["model"]!;
        JsonObject vocabulary = [];
        foreach (var (piece, _) in model["vocab"]!.AsObject().OrderBy(p => p.Value!.GetValue<int>()).Where(p => p.Key[0] != '<'))
            vocabulary[piece] = vocabulary.Count;
        foreach (string token in special) vocabulary[token] = vocabulary.Count;
        return (vocabulary.ToJsonString(), "#version: 0.2\n"
            + string.Join('\n', model["merges"]!.AsArray().Select(m => m!.GetValue<string>())) + "\n");
    }

    static Dictionary<string, string> Words(string config, params ReadOnlySpan<(string Name, string Text)> more) =>
        With(new() { ["vocab.txt"] = Wordpieces, ["tokenizer_config.json"] = config }, more);

    static Dictionary<string, string> Merges(string config, string[] special, params ReadOnlySpan<(string Name, string Text)> more)
    {
        var (vocabulary, merges) = Bytes(special);
        return With(new() { ["vocab.json"] = vocabulary, ["merges.txt"] = merges, ["tokenizer_config.json"] = config }, more);
    }

    static Dictionary<string, string> Json(string kind, string config, params ReadOnlySpan<(string Name, string Text)> more) =>
        With(new() { ["tokenizer.json"] = TokenizerGoldens.File(kind).ToJsonString(), ["tokenizer_config.json"] = config }, more);

    static Dictionary<string, string> With(Dictionary<string, string> files, ReadOnlySpan<(string Name, string Text)> more)
    {
        foreach (var (name, text) in more) files[name] = text;
        if (files["tokenizer_config.json"] == "") files.Remove("tokenizer_config.json");
        return files;
    }

    static Tokenizer Read(Dictionary<string, string> files) =>
        TokenizerFolder.Read(new FolderFiles("folder", name =>
            files.TryGetValue(name, out string? text) ? Encoding.UTF8.GetBytes(text) : null));

    /// <summary>Name; files; a text with its pieces, or what the refusal names.</summary>
    static readonly (string Name, Dictionary<string, string> Files, string Text, string Pieces)[] forms =
    [
        ("bert-base-uncased",
            Words("""{"do_lower_case": true, "model_max_length": 512}""", ("config.json", """{"model_type":"bert","vocab_size":13}""")),
            "Hello world!", "[CLS] hello world ! [SEP]"),
        ("bert-base-uncased of 2018, vocab.txt alone", Words(""), "HELLO", "[CLS] hello [SEP]"),
        ("bert-base-cased", Words("""{"do_lower_case": false, "model_max_length": 512}""", ("config.json", """{"model_type":"bert"}""")),
            "Hello hello", "[CLS] Hello hello [SEP]"),
        ("bert-base-multilingual-cased", Words("""{"do_lower_case": false, "model_max_length": 512, "strip_accents": null, "tokenize_chinese_chars": true, "name_or_path": "bert-base-multilingual-cased"}"""), "Hello 中", "[CLS] Hello [UNK] [SEP]"),
        ("bert without basic tokenization",
            Words("""{"do_lower_case": true, "do_basic_tokenize": false, "never_split": null, "tokenizer_class": "BertTokenizer"}"""),
            "Hello, world", "[CLS] [UNK] world [SEP]"),
        ("all-MiniLM-L6-v2, slow", Words("""{"do_lower_case": true, "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]", "tokenize_chinese_chars": true, "strip_accents": null, "name_or_path": "nreimers/MiniLM-L6-H384-uncased", "do_basic_tokenize": true, "never_split": null, "tokenizer_class": "BertTokenizer", "model_max_length": 512}""",
            ("special_tokens_map.json",
                """{"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]"}""")),
            "[MASK] worlds", "[CLS] [MASK] world ##s [SEP]"),
        ("distilbert-base-uncased", Words("""{"tokenizer_class": "DistilBertTokenizer", "do_lower_case": true, "model_max_length": 512}""",
            ("config.json", """{"model_type":"distilbert"}""")), "Hello", "[CLS] hello [SEP]"),
        ("google/electra-small",
            Words("""{"do_lower_case": true, "tokenizer_class": "ElectraTokenizer"}""", ("config.json", """{"model_type":"electra"}""")),
            "hello", "[CLS] hello [SEP]"),
        ("transformers 4.34 and later, BERT with markers", Words("""{"added_tokens_decoder":{"0":{"content":"[PAD]","lstrip":false,"normalized":false,"rstrip":false,"single_word":false,"special":true},"13":{"content":"[E1]","lstrip":false,"normalized":false,"rstrip":false,"single_word":false,"special":true}},"clean_up_tokenization_spaces":true,"cls_token":"[CLS]","additional_special_tokens":["[E1]"],"do_lower_case":true,"mask_token":"[MASK]","model_max_length":512,"pad_token":"[PAD]","sep_token":"[SEP]","tokenizer_class":"BertTokenizer","unk_token":"[UNK]"}"""), "hello [E1]!", "[CLS] hello [E1] ! [SEP]"),
        ("BERT of 2019 with added_tokens.json", Words("""{"do_lower_case": true}""", ("added_tokens.json", """{"Dr.": 13, "[E2]": 14}"""),
            ("special_tokens_map.json", """{"additional_special_tokens": ["[E2]"]}""")), "hello DR. [E2]", "[CLS] hello dr. [E2] [SEP]"),
        ("all-mpnet-base-v2, slow", new() { ["vocab.txt"] = "<s>\n<pad>\n</s>\n[UNK]\nhello\n<mask>\n", ["tokenizer_config.json"] = """{"do_lower_case": true, "bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "[UNK]", "pad_token": "<pad>", "mask_token": "<mask>", "tokenize_chinese_chars": true, "strip_accents": null, "tokenizer_class": "MPNetTokenizer"}""" }, "Hello <mask>", "<s> hello <mask> </s>"),
        ("cl-tohoku/bert-base-japanese", Words("""{"do_lower_case": false, "word_tokenizer_type": "mecab", "subword_tokenizer_type": "wordpiece", "tokenizer_class": "BertJapaneseTokenizer"}"""), "", "BertJapaneseTokenizer"),
        ("vinai/phobert-base",
            Words("""{"tokenizer_class": "PhobertTokenizer"}""", ("bpe.codes", "a b 1\n"), ("config.json", """{"model_type":"roberta"}""")),
            "", "PhobertTokenizer"),
        ("BERT with words that are never split", Words("""{"never_split": ["hello,world"], "do_lower_case": true}"""), "", "never_split"),
        ("BERT with a key that nobody knows", Words("""{"do_lower_case": true, "split_on_hyphen": true}"""), "", "split_on_hyphen"),
        ("google/byt5-small", new()
        {
            ["tokenizer_config.json"] =
                """{"eos_token":"</s>","pad_token":"<pad>","unk_token":"<unk>","extra_ids":125,"tokenizer_class":"ByT5Tokenizer"}""",
        }, "", "ByT5Tokenizer"),
        ("google/canine-s", new() { ["tokenizer_config.json"] = """{"tokenizer_class":"CanineTokenizer","model_max_length":2048}""" },
            "", "CanineTokenizer"),

        ("gpt2 as published, merges alone", Merges("", ["<|endoftext|>"], ("config.json", """{"model_type":"gpt2"}""")),
            "old artist", "o l d Ġartist"),
        ("gpt2-xl", Merges("""{"model_max_length": 1024}""", ["<|endoftext|>"], ("config.json", """{"model_type":"gpt2","n_ctx":1024}""")),
            "old<|endoftext|>", "o l d <|endoftext|>"),
        ("gpt2 with a padding token", Merges("""{"tokenizer_class":"GPT2Tokenizer","bos_token":"<|endoftext|>","eos_token":"<|endoftext|>","pad_token":"<pad>","errors":"replace","add_prefix_space":true}""", ["<|endoftext|>"]), "old<pad>", "Ġo l d <pad>"),
        ("facebook/opt-125m", Merges("""{"errors": "replace", "unk_token": {"content": "</s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": true, "__type": "AddedToken"}, "bos_token": {"content": "</s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": true, "__type": "AddedToken"}, "eos_token": {"content": "</s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": true, "__type": "AddedToken"}, "pad_token": "<pad>", "add_prefix_space": false, "add_bos_token": true, "tokenizer_class": "GPT2Tokenizer"}""", ["<pad>", "</s>", "<unk>"]), "old", "</s> o l d"),
        ("roberta-base", Merges("""{"model_max_length": 512}""", ["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
            ("config.json", """{"model_type":"roberta"}""")), "old <mask>", "<s> o l d <mask> </s>"),
        ("facebook/bart-base", Merges("""{"tokenizer_class":"BartTokenizer"}""", ["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
            ("config.json", """{"model_type":"bart"}""")), "old", "<s> o l d </s>"),
        ("Qwen/Qwen2-0.5B, slow", Merges("""{"add_prefix_space": false, "added_tokens_decoder": {}, "additional_special_tokens": ["<|im_start|>"], "bos_token": null, "chat_template": "{% for m in messages %}{% endfor %}", "clean_up_tokenization_spaces": false, "eos_token": "<|endoftext|>", "errors": "replace", "model_max_length": 32768, "pad_token": "<|endoftext|>", "split_special_tokens": false, "tokenizer_class": "Qwen2Tokenizer", "unk_token": null}""", ["<|endoftext|>"], ("added_tokens.json", """{"<|im_start|>": ID}""")), "<|im_start|>12", "<|im_start|> 1 2"),
        ("EleutherAI/pythia-70m, merges alone", Merges("""{"add_prefix_space": false, "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "name_or_path": "EleutherAI/gpt-neox-20b", "special_tokens_map_file": "/admin/special_tokens_map.json", "tokenizer_class": "GPTNeoXTokenizer", "unk_token": "<|endoftext|>"}""", ["<|endoftext|>"]), "e\u0301", "Ã ©"),
        ("bigscience/bloom-560m without tokenizer.json",
            Merges("""{"tokenizer_class":"BloomTokenizerFast","unk_token":"<unk>","add_prefix_space":false}""", ["<unk>"]),
            "", "BloomTokenizer"),
        ("openai/whisper-tiny without tokenizer.json",
            Merges("""{"tokenizer_class":"WhisperTokenizer","errors":"replace"}""", ["<|endoftext|>"]), "", "WhisperTokenizer"),
        ("openai/clip without tokenizer.json", Merges("""{"tokenizer_class":"CLIPTokenizer","do_lower_case":true}""", ["<|endoftext|>"]),
            "", "CLIPTokenizer"),
        ("PreTrainedTokenizerFast without tokenizer.json", Merges("""{"tokenizer_class":"PreTrainedTokenizerFast"}""", ["<|endoftext|>"]),
            "", "PreTrainedTokenizer"),

        ("meta-llama/Llama-2-7b, tokenizer.json", Json("characters", """{"add_bos_token":true,"add_eos_token":false,"bos_token":{"__type":"AddedToken","content":"<s>","lstrip":false,"normalized":false,"rstrip":false,"single_word":false},"clean_up_tokenization_spaces":false,"eos_token":{"__type":"AddedToken","content":"</s>","lstrip":false,"normalized":false,"rstrip":false,"single_word":false},"legacy":false,"model_max_length":1000000000000000019884624838656,"pad_token":null,"padding_side":"right","sp_model_kwargs":{},"tokenizer_class":"LlamaTokenizer","unk_token":{"__type":"AddedToken","content":"<unk>","lstrip":false,"normalized":false,"rstrip":false,"single_word":false}}"""), "old", "<s> ▁o ld"),
        ("TinyLlama", Json("characters", """{"added_tokens_decoder":{"0":{"content":"<unk>","lstrip":false,"normalized":false,"rstrip":false,"single_word":false,"special":true}},"bos_token":"<s>","eos_token":"</s>","legacy":false,"pad_token":"</s>","padding_side":"right","sp_model_kwargs":{},"tokenizer_class":"LlamaTokenizer","unk_token":"<unk>","use_default_system_prompt":false}"""), "old</s>", "<s> ▁o ld </s>"),
        ("Llama 3", Json("bytes", """{"added_tokens_decoder":{},"bos_token":"<|endoftext|>","clean_up_tokenization_spaces":true,"eos_token":"<|endoftext|>","model_input_names":["input_ids","attention_mask"],"model_max_length":131072,"tokenizer_class":"PreTrainedTokenizerFast"}"""), "old", "o l d"),
        ("Mistral-7B", Json("characters", """{"add_bos_token":true,"add_eos_token":false,"additional_special_tokens":[],"bos_token":"<s>","eos_token":"</s>","legacy":true,"pad_token":null,"sp_model_kwargs":{},"spaces_between_special_tokens":false,"tokenizer_class":"LlamaTokenizer","unk_token":"<unk>","use_default_system_prompt":false}""", ("config.json", """{"model_type":"mistral"}""")), "old", "<s> ▁o ld"),
        ("Unsloth's, with a padding token of its own", Json("characters", """{"bos_token":"<s>","eos_token":"</s>","pad_token":"<|finetune_right_pad_id|>","padding_side":"left","tokenizer_class":"LlamaTokenizer","unk_token":"<unk>","legacy":false,"chat_template":"x"}"""), "old<|finetune_right_pad_id|>", "<s> ▁o ld <|finetune_right_pad_id|>"),
        ("PEFT-merged, saved by transformers 5", Json("bytes", """{"backend":"tokenizers","bos_token":"<|endoftext|>","is_local":false,"model_max_length":1024,"tokenizer_class":"TokenizersBackend","extra_special_tokens":{}}"""), "old", "o l d"),
        ("bigscience/bloom-560m", Json("bytes", """{"unk_token": "<unk>", "eos_token": "</s>", "bos_token": "<s>", "pad_token": "<pad>", "name_or_path": "bigscience/tokenizer", "special_tokens_map_file": null, "tokenizer_class":"BloomTokenizerFast", "padding_side":"left"}"""), "old", "o l d"),
        ("microsoft/phi-2", Json("bytes", """{"add_prefix_space":false,"added_tokens_decoder":{},"bos_token":"<|endoftext|>","clean_up_tokenization_spaces":true,"eos_token":"<|endoftext|>","model_max_length":2048,"return_token_type_ids":false,"tokenizer_class":"CodeGenTokenizer","unk_token":"<|endoftext|>"}""", ("config.json", """{"model_type":"phi"}""")), "old", "o l d"),
        ("a tokenizer.json under a class that nobody has", Json("unigram",
            """{"tokenizer_class":"MyOwnTokenizer","auto_map":{"AutoTokenizer":["own.MyOwnTokenizer",null]},"do_whatever":true}"""),
            "old", "▁o l d </s>"),
        ("xlm-roberta-base, tokenizer.json", Json("unigram", """{"model_max_length":512,"tokenizer_class":"XLMRobertaTokenizer"}""",
            ("config.json", """{"model_type":"xlm-roberta"}""")), "old", "▁o l d </s>"),
        ("nothing at all", new() { ["config.json"] = """{"model_type":"bert"}""" }, "", "neither tokenizer.json"),
    ];

    /// <summary>The names of the forms.</summary>
    public static TheoryData<string> Names => [.. forms.Select(f => f.Name)];

    [Theory, MemberData(nameof(Names))]
    public void Published_forms_are_read_or_refused_by_name(string name)
    {
        var (_, files, text, pieces) = forms.Single(f => f.Name == name);
        if (files.TryGetValue("added_tokens.json", out string? added))
        {
            int next = JsonNode.Parse(files.GetValueOrDefault("vocab.json", "{}"))!.AsObject().Count;
            files["added_tokens.json"] = added.Replace("ID", $"{next}", StringComparison.Ordinal);
        }
        if (text == "")
        {
            string message = Assert.Throws<InvalidDataException>(() => Read(files)).Message;
            Assert.Contains(pieces, message, StringComparison.Ordinal);
            Assert.Contains("folder", message, StringComparison.Ordinal);
            return;
        }
        Tokenizer tokenizer = Read(files);
        Assert.Equal(pieces, string.Join(' ', tokenizer.Encode(text).Ids.Select(tokenizer.Piece)));
    }
}
