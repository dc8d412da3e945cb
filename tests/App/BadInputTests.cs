using System.Text.Json.Nodes;

namespace Heartwood.Tests.App;

/// <summary>What a command cannot work with is refused in one line that says what is wrong and the next move, and nothing is left behind.</summary>
[Collection("the thread team")]
public sealed class BadInputTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    void Config(Action<JsonObject> change)
    {
        string file = Path.Combine(runs.Model, "config.json");
        JsonObject config = (JsonObject)JsonNode.Parse(File.ReadAllText(file))!;
        change(config);
        File.WriteAllText(file, config.ToJsonString());
    }

    [Fact]
    public void A_config_that_disagrees_with_the_tensors_is_refused_by_name()
    {
        Config(c => c["intermediate_size"] = 13);
        string message = SmallRuns.Fails(runs.Find("run"));
        Assert.Contains("'bert.encoder.layer.0.intermediate.dense.weight' should be [13 8] by config.json, the file has [12 8]", message);
        Assert.False(Directory.Exists(runs.At("run")));
        Config(c => { c["intermediate_size"] = 12; c["num_hidden_layers"] = 1; });
        Assert.Contains("'bert.encoder.layer.1.", SmallRuns.Fails(runs.Find("run")));
    }

    [Theory]
    [InlineData("model_type", "gpt5", "model_type is 'gpt5'; Heartwood knows: bert")]
    [InlineData("hidden_act", "mish", "hidden_act is 'mish'")]
    [InlineData("position_embedding_type", "relative_key", "'position_embedding_type'")]
    [InlineData("heartwood_token_types", "magic", "'heartwood_token_types' is 'magic'; Heartwood knows sentence and overlap")]
    [InlineData("heartwood_token_types", "overlap", "token types by overlap need 4 types, the model has 2")]
    public void A_model_that_is_not_understood_is_refused_by_name(string key, string value, string gist)
    {
        Config(c => c[key] = value);
        Assert.Contains(gist, SmallRuns.Fails("inspect", runs.Model));
    }

    [Fact]
    public void A_key_of_another_type_than_expected_is_refused_too()
    {
        Config(c => c["heartwood_token_types"] = 5);
        Assert.Contains("'heartwood_token_types'", SmallRuns.Fails("inspect", runs.Model));
    }

    [Fact]
    public void A_model_whose_heads_were_pruned_is_refused_with_the_way_to_ask_for_it()
    {
        Config(c => c["pruned_heads"] = new JsonObject { ["0"] = new JsonArray(1) });
        string config = Path.Combine(runs.Model, "config.json"), message = SmallRuns.Fails("inspect", runs.Model);
        Assert.Contains("fewer heads than the config says", message);
        Assert.EndsWith($"--mask {config}.", message);
    }

    [Fact]
    public void A_vocabulary_of_another_size_is_refused()
    {
        File.AppendAllText(Path.Combine(runs.Model, "vocab.txt"), string.Concat(Enumerable.Range(0, 200).Select(i => $"zebra{i}\n")));
        Assert.Contains("use the tokenizer that belongs to the weights.", SmallRuns.Fails("inspect", runs.Model));
    }

    [Fact]
    public void Labels_that_do_not_match_the_head_are_refused_with_the_option_that_maps_them()
    {
        File.WriteAllLines(runs.At("d.tsv"), ["text\tpair\tlabel", "the doctor slept\tdoctor\tyes"]);
        string data = $"{runs.At("d.tsv")},text=text,pair=pair,label=label";
        Assert.Contains("the label 'yes' is none of the model's (entailment, non-entailment). If it is another name for one of them, "
            + "write \"", SmallRuns.Fails("find", "--model", runs.Model, "--data", data, "--in-domain", data, "--out", runs.At("run")));
        Assert.Contains("--label-map", SmallRuns.Fails("evaluate", "--model", runs.Model, "--in-domain", data));
        Config(c => c["id2label"] = new JsonObject { ["0"] = "a", ["1"] = "b", ["2"] = "c" });
        Assert.Contains("'id2label': expected the names of the head's 2 labels", SmallRuns.Fails("inspect", runs.Model));
    }

    [Fact]
    public void A_folder_that_holds_another_run_or_other_files_is_left_alone()
    {
        SmallRuns.Works(runs.Find("run", 4));
        string before = File.ReadAllText(runs.At("run", "manifest.json"));
        string message = SmallRuns.Fails(runs.Find("run", 5));
        Assert.Contains("holds another run: methods was structured-pruning,steps=4,batch-size=8, now structured-pruning,steps=5,batch-size=8. "
            + "Give another folder with --out, or run the first command again: heartwood find ", message);
        Assert.Contains("holds another run", SmallRuns.Fails(runs.Train("run")));
        Assert.Equal(before, File.ReadAllText(runs.At("run", "manifest.json")));
        Directory.CreateDirectory(runs.At("mine"));
        File.WriteAllText(runs.At("mine", "thesis.tex"), "years of work");
        Assert.Contains("it has 'thesis.tex'", SmallRuns.Fails(runs.Find("mine")));
        Assert.Equal(["thesis.tex"], Directory.GetFiles(runs.At("mine")).Select(Path.GetFileName));
        File.WriteAllText(runs.At("file"), "");
        Assert.Contains("is a file", SmallRuns.Fails(runs.Find("file")));
    }

    [Fact]
    public void What_changed_since_find_is_noticed_by_evaluate()
    {
        string file = runs.At("d.tsv"), data = $"{file},text=text,pair=pair,label=label";
        string[] lines = ["text\tpair\tlabel", .. Enumerable.Range(0, 12).Select(i => $"the doctor slept\tdoctor\t{(i % 3 == 0 ? "entailment" : "non-entailment")}")];
        File.WriteAllLines(file, lines);
        SmallRuns.Works("find", "--model", runs.Model, "--data", data, "--in-domain", "world:in-domain,rows=20", "--seeds", "1", "--method", "structured-pruning,steps=3", "--out", runs.At("run"));
        File.AppendAllText(file, "the king slept\tking\tentailment\n");
        Assert.Contains($"{data}: the file is not what it was when the run began", SmallRuns.Fails("evaluate", runs.At("run")));
        File.WriteAllLines(file, lines);
        byte[] tokenizer = File.ReadAllBytes(Path.Combine(runs.Model, "tokenizer_config.json"));
        File.WriteAllText(Path.Combine(runs.Model, "tokenizer_config.json"), "{\"do_lower_case\": false}");
        Assert.Contains("config or tokenizer are not what it was", SmallRuns.Fails("evaluate", runs.At("run")));
        File.WriteAllBytes(Path.Combine(runs.Model, "tokenizer_config.json"), tokenizer);
        string weights = Path.Combine(runs.Model, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        Assert.Contains("the weights are not what they were when the run began", SmallRuns.Fails("evaluate", runs.At("run")));
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        SmallRuns.Works("evaluate", runs.At("run"));
        File.Delete(file);
        Assert.Contains(file, SmallRuns.Fails("evaluate", runs.At("run")));
    }

    [Fact]
    public void A_folder_that_is_no_run_is_said_to_be_none()
    {
        Directory.CreateDirectory(runs.At("empty"));
        foreach (string verb in (string[])["evaluate", "compare", "cut"])
        {
            Assert.Contains("it holds no run", SmallRuns.Fails(verb, runs.At("empty")));
            Assert.Contains("is no folder", SmallRuns.Fails(verb, runs.At("nowhere")));
        }
        SmallRuns.Works(runs.Train("trained", 20));
        Assert.Contains("is not a run of find or demo", SmallRuns.Fails("evaluate", runs.At("trained")));
    }

    [Fact]
    public void A_file_of_a_run_that_was_damaged_is_named_with_the_way_out()
    {
        SmallRuns.Works(runs.Find("run", 3));
        File.WriteAllText(runs.At("run", "subnetworks/structured-pruning-sparsity-0.5-seed-1.json"), "{\"version\": 2, \"parts\": 6, \"kept\": [\"L0.Hx\"]}");
        Assert.Contains("sparsity-0.5-seed-1.json: 'L0.Hx' is not a part", SmallRuns.Fails("evaluate", runs.At("run")));
        File.WriteAllText(runs.At("run", "request.json"), "{}");
        Assert.Contains("request.json cannot be read", SmallRuns.Fails("evaluate", runs.At("run")));
    }

    [Fact]
    public void What_is_missing_on_the_command_line_is_asked_for_before_anything_is_read()
    {
        Assert.StartsWith("Where should the result go? Give a folder with --out FOLDER.", SmallRuns.Fails("find", "--model", "nowhere", "--data", "nowhere"));
        Assert.StartsWith("Where should the result go?", SmallRuns.Fails("train", "--data", "nowhere"));
        Assert.StartsWith("What should it train on?", SmallRuns.Fails("train", "--out", runs.At("run")));
        Assert.StartsWith("What should masks be learned on?", SmallRuns.Fails("find", "--model", "nowhere", "--out", runs.At("run")));
        Assert.StartsWith("--all measures too", SmallRuns.Fails("find", "--model", runs.Model, "--data", "world:training,rows=20", "--all", "--out", runs.At("run")));
        Assert.StartsWith("What should be measured?", SmallRuns.Fails("evaluate", "--model", runs.Model));
        Assert.False(Directory.Exists(runs.At("run")));
    }

    [Fact]
    public void Options_that_would_be_given_for_nothing_are_refused()
    {
        Assert.Contains("--layers says nothing with --from", SmallRuns.Fails("train", "--from", runs.Model, "--data", "world:training,rows=20", "--layers", "4", "--out", runs.At("run")));
        Assert.Contains("--model says nothing with a run's folder", SmallRuns.Fails("evaluate", runs.At("run"), "--model", runs.Model));
        Assert.False(Directory.Exists(runs.At("run")));
    }

    [Theory, InlineData("6-1"), InlineData("1,,2"), InlineData("a"), InlineData("1-2-3"), InlineData("-1"), InlineData("1.5"), InlineData("1-99999999")]
    public void Seeds_that_are_none_are_refused(string seeds) =>
        Assert.Contains($"--seeds takes 1-6 or 1,2,7; '{seeds}' is neither.", SmallRuns.Fails("find", "--model", runs.Model, "--data", "world:training,rows=20", "--out", runs.At("run"), $"--seeds={seeds}"));

    [Fact]
    public void Seeds_that_are_given_twice_are_refused() =>
        Assert.Contains("each once", SmallRuns.Fails("find", "--model", runs.Model, "--data", "world:training,rows=20", "--seeds", "1-3,2", "--out", runs.At("run")));
}
