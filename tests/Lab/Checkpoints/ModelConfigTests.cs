using System.Text;
using Heartwood.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Checkpoints;

public sealed class ModelConfigTests
{
    static ModelConfig Config(string json) => new(Encoding.UTF8.GetBytes(json), "config.json");

    /// <summary>The config that transformers 4.6 wrote beside bert-base-uncased, as published, with what fine-tuning and older releases add.</summary>
    const string Published = """
        { "_name_or_path": "bert-base-uncased", "architectures": ["BertForSequenceClassification"], "attention_probs_dropout_prob": 0.1, "classifier_dropout": null, "finetuning_task": "mnli", "gradient_checkpointing": false,
          "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768, "id2label": {"0": "entailment", "1": "neutral", "2": "contradiction"}, "initializer_range": 0.02, "intermediate_size": 3072,
          "label2id": {"entailment": 0, "neutral": 1, "contradiction": 2}, "layer_norm_eps": 1e-12, "max_position_embeddings": 512, "model_type": "bert", "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 0,
          "position_embedding_type": "absolute", "problem_type": "single_label_classification", "torch_dtype": "float32", "transformers_version": "4.6.0", "type_vocab_size": 2, "use_cache": true, "vocab_size": 30522,
          "pruned_heads": {}, "output_past": true, "is_decoder": false, "torchscript": false, "num_beams": 1, "tie_word_embeddings": true }
        """;

    static readonly string[] ReadByBert = ["hidden_size", "intermediate_size", "layer_norm_eps", "max_position_embeddings", "num_attention_heads", "num_hidden_layers", "type_vocab_size", "vocab_size"];

    static ModelConfig ReadAsBert(string json)
    {
        ModelConfig config = Config(json);
        _ = (config.Family, config.Require<string>("hidden_act"));
        foreach (string key in ReadByBert) config.Optional(key, 0d);
        return config;
    }

    [Fact]
    public void A_published_config_holds_nothing_unknown() => ReadAsBert(Published).RefuseUnknown("hidden_dropout_prob", "attention_probs_dropout_prob");

    [Theory]
    [InlineData("\"absolute\"", "\"relative_key\"", "'position_embedding_type' has the value \"relative_key\"")]
    [InlineData("\"pruned_heads\": {}", "\"pruned_heads\": {\"0\":[1]}", "'pruned_heads' says that heads were taken out of the weights")]
    [InlineData("\"is_decoder\": false", "\"is_decoder\": true", "'is_decoder' has the value true")]
    [InlineData("\"num_beams\"", "\"quantization_config\"", "'quantization_config'")]
    [InlineData("\"num_beams\": 1", "\"quantization_config\": {\"quant_method\": \"gptq\", \"bits\": 4}",
        "quantized (gptq), which Heartwood does not read. Take the model that it was quantized from")]
    [InlineData("\"num_beams\": 1", "\"auto_map\": {\"AutoModel\": \"modeling_own.Own\"}",
        "'auto_map' has the value {\"AutoModel\": \"modeling_own.Own\"}: Python code")]
    [InlineData("\"num_beams\": 1", "\"adapters\": {\"config_map\": {}}", "'adapters' says that adapters were added")]
    [InlineData("initializer_range", "attention_scale", "'attention_scale' has the value 0.02")]
    [InlineData("\"initializer_range\": 0.02", "\"dropout_layers\": [1]", "'dropout_layers' has the value [1]")]
    [InlineData("\"initializer_range\": 0.02", "\"attention_version\": 2", "'attention_version' has the value 2")]
    [InlineData("\"vocab_size\"", "\"embedding_size\"", "'embedding_size' has the value 30522")]
    public void A_key_with_a_value_that_matters_is_refused_by_name(string known, string changed, string says) =>
        Assert.Contains(says, Assert.Throws<CheckpointException>(() => ReadAsBert(Published.Replace(known, changed)).RefuseUnknown("hidden_dropout_prob", "attention_probs_dropout_prob")).Message);

    [Fact]
    public void A_key_is_unknown_until_it_is_read_or_called_harmless()
    {
        ModelConfig config = Config("""{"a":1,"b":2,"c":null}""");
        Assert.Throws<CheckpointException>(() => config.RefuseUnknown());
        Assert.Equal(1, config.Require<int>("a"));
        Assert.Contains("'b'", Assert.Throws<CheckpointException>(() => config.RefuseUnknown()).Message);
        config.RefuseUnknown("b");
    }

    [Fact]
    public void Values_are_read_in_their_types()
    {
        ModelConfig config = Config("""{"n":3,"x":1e-12,"yes":true,"s":"gelu","heads":[4,3,0],"names":["a","b"],"none":null}""");
        Assert.Equal((3, 3.0, 1e-12, 1e-12f), (config.Require<int>("n"), config.Require<double>("n"), config.Require<double>("x"), config.Require<float>("x")));
        Assert.True(config.Require<bool>("yes"));
        Assert.Equal("gelu", config.Require<string>("s"));
        Assert.Equal([4, 3, 0], config.Require<int[]>("heads"));
        Assert.Equal(["a", "b"], config.Require<string[]>("names"));
        Assert.Equal((7, 8, 3), (config.Optional("none", 7), config.Optional("absent", 8), config.Optional("n", 9)));
        config.RefuseUnknown();
    }

    [Theory]
    [InlineData("""{"hidden_size":"768"}""", "hidden_size: expected a whole number, found \"768\"")]
    [InlineData("""{"hidden_size":768.5}""", "found 768.5")]
    [InlineData("""{"hidden_size":99999999999}""", "found 99999999999")]
    [InlineData("""{"hidden_size":0}""", "expected a whole number from 1, found 0")]
    [InlineData("""{"hidden_size":16777217}""", "expected at most 16777216, found 16777217")]
    [InlineData("""{"hidden_size":null}""", "expected the key 'hidden_size' (a whole number), found none")]
    [InlineData("""{"hidden_sise":1}""", "Did you mean hidden_sise?")]
    public void A_value_of_another_type_is_refused(string json, string says) =>
        Assert.Contains(says, Assert.Throws<CheckpointException>(() => Config(json).RequirePositive("hidden_size")).Message);

    [Theory]
    [InlineData("""{"id2label":{"0":"a","1":"b"}}""", 3, "the names of the head's 3 labels")]
    [InlineData("""{"id2label":{"0":"a","2":"b"}}""", 2, "a name for label 1")]
    [InlineData("""{"id2label":{"0":"a","1":"a"}}""", 2, "a name of its own")]
    [InlineData("""{"id2label":["a","b"]}""", 2, "the names of the head's 2 labels")]
    [InlineData("""{"problem_type":"regression"}""", 3, "'problem_type' has the value \"regression\", the head gives 3 scores")]
    [InlineData("""{"problem_type":"multi_label_classification"}""", 2, "heads that choose one of several labels")]
    [InlineData("""{"problem_type":"ranking"}""", 1, "'problem_type': expected \"regression\", for a head with one label gives a score, found \"ranking\"")]
    [InlineData("""{"problem_type":3}""", 1, "problem_type: expected text")]
    [InlineData("""{"num_labels":3}""", 2, "expected 2, the number of labels of the head, found 3")]
    public void Labels_that_do_not_match_the_head_are_refused(string json, int count, string says) =>
        Assert.Contains(says, Assert.Throws<CheckpointException>(() => Config(json).Labels(count)).Message);

    [Fact]
    public void Labels_without_names_are_numbered() => Assert.Equal(["LABEL_0", "LABEL_1"], Config("{}").Labels(2));

    [Theory]
    [InlineData(""), InlineData("{"), InlineData("[]"), InlineData("null"), InlineData("""{"a":1,"a":2}"""), InlineData("""{"a":"\ud800"}"""), InlineData("""{"a":1}}"""), InlineData("""{"a":1,}""")]
    public void What_is_not_one_plain_object_is_refused(string json) => Assert.StartsWith("config.json: ", Assert.Throws<CheckpointException>(() => Config(json)).Message);

    [Fact]
    public void A_head_of_one_number_may_be_of_regression_and_is_named() =>
        Assert.Equal(["LABEL_0"], Config("""{"problem_type":"regression"}""").Labels(1));

    [Theory]
    [InlineData("""{"n_embd":16,"hidden_size":16}"""), InlineData("""{"n_embd":16}"""), InlineData("""{"hidden_size":16}""")]
    public void A_size_may_have_either_of_its_names_or_both(string json) =>
        Assert.Equal(16, Config(json).RequirePositive("n_embd", "hidden_size"));

    [Fact]
    public void A_size_that_is_said_twice_and_differently_is_refused() =>
        Assert.Contains("'n_embd': expected 32, as 'hidden_size' says, found 16", Assert.Throws<CheckpointException>(
            () => Config("""{"n_embd":16,"hidden_size":32}""").RequirePositive("n_embd", "hidden_size")).Message);

    [Fact]
    public void A_copy_can_be_edited_without_changing_the_config()
    {
        ModelConfig config = Config("""{"a":1}""");
        config.ToJson()["a"] = 2;
        Assert.Equal(1, config.Require<int>("a"));
    }
}
