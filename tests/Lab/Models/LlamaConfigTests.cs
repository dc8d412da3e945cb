using System.Text;
using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;

namespace Heartwood.Tests.Lab.Models;

/// <summary>Every key of a Llama's config is honoured, harmless, or refused by name.</summary>
public class LlamaConfigTests
{
    static LlamaConfig Read(Action<JsonObject> change, string folder = "grouped")
    {
        JsonObject json = (JsonObject)JsonNode.Parse(File.ReadAllText(Goldens.Path($"llama/{folder}/config.json")))!;
        change(json);
        return LlamaConfig.Read(new ModelConfig(Encoding.UTF8.GetBytes(json.ToJsonString()), "config.json"), 0);
    }

    static void Refused(string expected, Action<JsonObject> change) => Assert.Contains(expected, Assert.Throws<CheckpointException>(() => Read(change)).Message);

    [Fact]
    public void What_is_not_understood_is_refused_by_name()
    {
        Refused("rope_type is 'yarn'; Heartwood knows default, linear, dynamic and llama3", c =>
            c["rope_scaling"] = new JsonObject { ["rope_type"] = "yarn", ["factor"] = 2.0 });
        Refused("'beta_fast' has the value 32", c => c["rope_scaling"] = new JsonObject { ["type"] = "linear", ["factor"] = 2.0, ["beta_fast"] = 32 });
        Refused("expected the key 'factor'", c => c["rope_scaling"] = new JsonObject { ["type"] = "linear" });
        Refused("'rope_scaling': expected an object", c => c["rope_scaling"] = 2);
        Refused("rope_type is 'longrope'", c => c["rope_scaling"] = new JsonObject { ["type"] = "longrope", ["factor"] = 2.0 });
        Refused("rope_type is 'mrope'", c => c["rope_scaling"] = new JsonObject
        {
            ["type"] = "mrope",
            ["mrope_section"] = new JsonArray(16, 24, 24)
        });
        Refused("rope_type is 'linear', type is 'dynamic'", c =>
            c["rope_scaling"] = new JsonObject { ["rope_type"] = "linear", ["type"] = "dynamic", ["factor"] = 2.0 });
        Refused("rope_type is 'default', which scales nothing, and factor is 2", c =>
            c["rope_scaling"] = new JsonObject { ["rope_type"] = "default", ["factor"] = 2.0 });
        Refused("rope_parameters and rope_scaling turn positions differently", c => (c["rope_scaling"], c["rope_parameters"]) =
            (new JsonObject { ["type"] = "linear", ["factor"] = 2.0 }, new JsonObject { ["rope_type"] = "default" }));
        Refused("high_freq_factor (1) should be above low_freq_factor (1)", c => c["rope_scaling"] = new JsonObject
        {
            ["rope_type"] = "llama3",
            ["factor"] = 2.0,
            ["low_freq_factor"] = 1.0,
            ["high_freq_factor"] = 1.0,
            ["original_max_position_embeddings"] = 16,
        });
        Refused("Set max_position_embeddings to 16", c => c["rope_scaling"] = new JsonObject
        {
            ["type"] = "dynamic",
            ["factor"] = 2.0,
            ["original_max_position_embeddings"] = 16
        });
        Refused("turns whole heads only", c => c["partial_rotary_factor"] = 0.5);
        Refused("turns whole heads only", c => (c["rope_scaling"], c["rope_parameters"]) = (null,
            new JsonObject { ["partial_rotary_factor"] = 0.25, ["rope_theta"] = 10000.0 }));
        Refused("'rope_interleaved' is true", c => c["rope_interleaved"] = true);
        Refused("'is_llama_config' is false", c => c["is_llama_config"] = false);
        Refused("'is_causal' is false: every token sees those after it too", c => c["is_causal"] = false);
        Refused("'activation' is 'gelu'", c => c["activation"] = "gelu");
        Refused("rms_norm_eps is -1", c => c["rms_norm_eps"] = -1);
        Refused("hidden_act is 'mish'", c => c["hidden_act"] = "mish");
        Refused("'logit_scale' has the value 0.5", c => c["logit_scale"] = 0.5);
        Refused("do not divide into groups", c => c["num_key_value_heads"] = 3);
        Refused("head_dim says no width", c => c["hidden_size"] = 18);
        Refused("need an even number", c => c["head_dim"] = 5);
        Refused("attention_bias: expected true or false", c => c["attention_bias"] = 1);
        Refused("2 lists, each of at most 2 whole numbers from 1 to 2", c => c[OwnKeys.HeadsPerLayer] = new JsonArray(3, 4));
        Refused("names 'chunked_attention'", c => (c["model_type"], c["layer_types"]) = ("mistral", new JsonArray("chunked_attention", "full_attention")));
    }

    [Fact]
    public void A_layer_has_a_window_where_its_family_reads_one_and_inputs_may_be_longer()
    {
        Windows([9, 9], _ => { }, "mistral");
        Windows([null, null], c => c["sliding_window"] = null, "mistral");
        Windows([4096, 4096], c => c.Remove("sliding_window"), "mistral");          // the class's own
        Windows([null, null], _ => { }, "qwen2");
        Windows([null, null], c => c["use_sliding_window"] = true, "qwen2");        // from layer 2 on
        Windows([null, 8], c => (c["use_sliding_window"], c["max_window_layers"]) = (true, 1), "qwen2");
        Windows([null, null], c => (c["use_sliding_window"], c["max_window_layers"], c["sliding_window"]) = (true, 0, null), "qwen2");
        Windows([8, null],
            c => (c["use_sliding_window"], c["layer_types"]) = (true, new JsonArray("sliding_attention", "full_attention")), "qwen2");
        Windows([null, null], c => c["layer_types"] = new JsonArray("full_attention", "full_attention"), "qwen2");
        Windows([9, 9], c => c["layer_types"] = new JsonArray("sliding_attention", "sliding_attention"), "mistral");
        // a Llama has none
        Windows([null, null], c => (c["sliding_window"], c["use_sliding_window"], c["max_window_layers"]) = (4, false, 1), "grouped");

        static void Windows(int?[] expected, Action<JsonObject> change, string folder)
        {
            LlamaConfig read = Read(change, folder);
            Assert.Equal((48, read.Windows.Any(w => w < 48)), (read.Positions, read.Windowed));
            Assert.Equal(expected, read.Windows);
        }
    }

    [Fact]
    public void A_window_that_the_config_contradicts_is_refused_by_name()
    {
        Refused("layer_types says 'full_attention' of layer 1, and a mistral has a window of 9 there",
            c => (c["model_type"], c["sliding_window"], c["layer_types"]) =
                ("mistral", 9, new JsonArray("sliding_attention", "full_attention")));
        Refused("layer_types says 'sliding_attention' of layer 0, and a llama has no window there",
            c => c["layer_types"] = new JsonArray("sliding_attention", "full_attention"));
        Refused("layer_types names 'sliding_attention', and there is no window",
            c => (c["model_type"], c["layer_types"]) = ("qwen2", new JsonArray("sliding_attention", "full_attention")));
        Refused("layer_types should name 2 layers (num_hidden_layers), it names 1",
            c => (c["model_type"], c["layer_types"]) = ("qwen2", new JsonArray("full_attention")));
        Refused("sliding_window is 0; a token sees itself at least", c => (c["model_type"], c["sliding_window"]) = ("mistral", 0));
        Refused("use_sliding_window is false and sliding_window 9",
            c => (c["model_type"], c["sliding_window"], c["use_sliding_window"]) = ("mistral", 9, false));
    }

    [Fact]
    public void Positions_are_scaled_alike_however_the_file_says_it()
    {
        double[] plain = Read(_ => { }).Frequencies, linear = Read(c => c["rope_scaling"] = new JsonObject { ["type"] = "linear", ["factor"] = 4.0 }).Frequencies;
        Assert.Equal([1, 0.01], plain);
        Assert.Equal([0.25, 0.0025], linear);
        Assert.Equal(plain, Read(c => c["rope_scaling"] = new JsonObject { ["rope_type"] = "default" }).Frequencies);
        Assert.Equal([0.25, 0.025], Read(c => { c.Remove("rope_scaling"); c["rope_parameters"] = new JsonObject { ["rope_type"] = "linear", ["factor"] = 4.0, ["rope_theta"] = 100.0 }; }).Frequencies);
    }

    [Fact]
    public void Scaling_that_begins_with_longer_inputs_changes_nothing_before_them()
    {
        double[] plain = Read(_ => { }).Frequencies;
        Assert.Equal(plain, Read(c => c["rope_scaling"] = new JsonObject { ["type"] = "dynamic", ["factor"] = 4.0 }).Frequencies);
        Assert.Equal(plain, Read(c => c["rope_scaling"] = new JsonObject
        {
            ["rope_type"] = "default",
            ["type"] = "default",
            ["factor"] = 1.0
        }).Frequencies);
        Assert.Equal([1, 0.1], Read(c => c["rope_parameters"] = new JsonObject
        {
            ["rope_type"] = "default",
            ["rope_theta"] = 100.0,
            ["partial_rotary_factor"] = 1.0
        }).Frequencies);
    }

    [Fact]
    public void Without_max_position_embeddings_older_files_say_it_otherwise_or_leave_the_familys_default()
    {
        Assert.Equal(512, Read(c => { c.Remove("max_position_embeddings"); c["max_sequence_length"] = 512; }).Positions);
        Assert.Equal(48, Read(c => c["max_sequence_length"] = 512).Positions);
        Assert.Equal(2048, Read(c => c.Remove("max_position_embeddings")).Positions);
        Assert.Equal(32768, Read(c => c.Remove("max_position_embeddings"), "qwen2").Positions);
    }

    [Fact]
    public void Biases_are_where_the_family_or_its_keys_say()
    {
        Assert.Equal(new(false, false, false), Read(_ => { }).Biases);
        Assert.Equal(new(true, true, false), Read(c => c["attention_bias"] = true).Biases);
        Assert.Equal(new(true, false, false), Read(_ => { }, "qwen2").Biases);
        Assert.Equal(new(true, true, true), Read(_ => { }, "llama3").Biases);
        Assert.Equal(new(true, true, true), Read(c => c[OwnKeys.Biases] = true, "mistral").Biases);
    }
}
