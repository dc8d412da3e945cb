using System.Text.Json;
using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Checkpoints.Gguf;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Exports.Gguf;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Checkpoints;
using Heartwood.Tests.Lab.Checkpoints.Gguf;

namespace Heartwood.Tests.Lab.Exports;

/// <summary>The export to GGUF against files of llama.cpp's converter, and what it refuses.</summary>
public sealed class GgufExportTests
{
    // what the converter notes and llama.cpp does not need, and what we say and it leaves to its defaults
    static readonly string[] onlyTheirs = ["general.size_label", "tokenizer.ggml.add_sep_token"],
        onlyOurs = ["tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_eos_token", "tokenizer.ggml.unknown_token_id",
            "tokenizer.ggml.padding_token_id"];

    static string Write(string model, string type, string file)
    {
        using HuggingFaceFolder folder = HuggingFaceFolder.Open(GgufGoldens.At(model));
        IExport export = new GgufExport().With(TenantSpec.Parse($"gguf,type={type}", "export"));
        return export.Write(ModelFolder.Load(folder), folder.ReadTokenizer(), file, replace: false);
    }

    static void Same(GgufFile expected, GgufFile found, string name)
    {
        Assert.Equal(expected.Shape(name), found.Shape(name));
        Assert.Equal(expected.Type(name), found.Type(name));
        Assert.Equal(expected.Bytes(name), found.Bytes(name));
    }

    [Theory, InlineData("tiny-llama", "f32"), InlineData("tiny-qwen2", "f32"), InlineData("tiny-gpt2", "f32"),
        InlineData("tiny-llama", "q8_0"), InlineData("tiny-qwen2", "q8_0"), InlineData("tiny-gpt2", "q8_0")]
    public void A_model_is_written_as_llama_cpps_converter_writes_it(string model, string type)
    {
        string path = Write(model, type, Path.Combine(Files.NewFolder($"{nameof(GgufExportTests)}-{model}-{type}"), "model"));
        using GgufFile expected = GgufFile.Open(GgufGoldens.At($"{model}-{type}.gguf")), found = GgufFile.Open(path);
        Assert.Equal(expected.Names.Order(StringComparer.Ordinal), found.Names.Order(StringComparer.Ordinal));
        foreach (string name in expected.Names) Same(expected, found, name);
        Assert.Empty(expected.Keys.Except(found.Keys).Except(onlyTheirs));
        Assert.Empty(found.Keys.Except(expected.Keys).Except(onlyOurs));
        foreach (string key in expected.Keys.Intersect(found.Keys).Where(key => key != "general.name"))
        {
            Assert.Equal(expected.Metadata[key].Kind, found.Metadata[key].Kind);
            Assert.Equal(GgufGoldens.Shown(expected.Metadata[key].Value), GgufGoldens.Shown(found.Metadata[key].Value));
        }
    }

    static readonly JsonObject uneven = new()
    {
        ["model_type"] = "llama",
        ["architectures"] = new JsonArray("LlamaForCausalLM"),
        ["hidden_size"] = 32,
        ["num_attention_heads"] = 4,
        ["num_key_value_heads"] = 2,
        ["head_dim"] = 8,
        ["num_hidden_layers"] = 6,
        ["intermediate_size"] = 64,
        ["vocab_size"] = 48,
        ["max_position_embeddings"] = 64,
        ["rms_norm_eps"] = 1e-5,
        ["rope_theta"] = 10000,
        ["hidden_act"] = "silu",
        ["tie_word_embeddings"] = false,
        [OwnKeys.HeadsPerKeyValueHead] = new JsonArray([.. ((int[][])[[2, 2], [2], [], [2, 2], [], [2, 2]]).Select(groups =>
            (JsonNode)new JsonArray([.. groups.Select(heads => (JsonNode)heads)]))]),
        [OwnKeys.HeadsPerLayer] = new JsonArray(4, 2, 0, 4, 0, 4),
        [OwnKeys.NeuronsPerLayer] = new JsonArray(64, 64, 64, 0, 0, 32),
    };

    static IModel Uneven()
    {
        using Checkpoint weights = Checkpoint.Open(GgufGoldens.At("deci-uneven.weights.safetensors"));
        return Llama.From(new(JsonSerializer.SerializeToUtf8Bytes(uneven), "config.json"), Weights.Load(weights));
    }

    [Fact]
    public void Uneven_layers_are_written_as_deci_without_the_layer_that_does_nothing()
    {
        GgufContent content = new LlamaGguf().Content(Uneven());
        using GgufFile expected = GgufFile.Open(GgufGoldens.At("deci-uneven.gguf"));
        Assert.Equal("deci", content.Architecture);
        Dictionary<string, GgufValue> keys = content.Keys.ToDictionary(item => item.Key, item => item.Value);
        foreach (string key in (string[])["attention.head_count", "attention.head_count_kv", "feed_forward_length"])
        {
            List<int> lengths = [.. ((Array)expected.Metadata[$"deci.{key}"].Value).Cast<object>().Select(Convert.ToInt32)];
            lengths.RemoveAt(4);                                 // the layer without heads and neurons
            Assert.Equal(lengths, (int[])keys[key].Value);
        }
        string[] single = ["context_length", "embedding_length", "attention.key_length", "attention.value_length", "rope.dimension_count",
            "rope.freq_base", "vocab_size", "attention.layer_norm_rms_epsilon"];
        foreach (string key in single)
            Assert.Equal(expected.Metadata[$"deci.{key}"].Value, keys[key].Value);
        IEnumerable<string> names = expected.Names.Select(name => name.Replace("blk.5.", "blk.4.", StringComparison.Ordinal));
        Assert.Equal(names.Order(StringComparer.Ordinal),
            content.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        foreach (GgufTensor tensor in content.Tensors)
        {
            string name = tensor.Name.Replace("blk.4.", "blk.5.", StringComparison.Ordinal);
            Assert.Equal(expected.Shape(name), tensor.Shape);
            Assert.Equal(expected.Floats(name), tensor.Values().ToArray());
        }
    }

    [Fact]
    public void Keys_and_values_are_repeated_where_groups_differ_and_layer_0_without_heads_gets_one_of_zeros()
    {
        JsonObject config = (JsonObject)uneven.DeepClone();
        config["num_hidden_layers"] = 2;
        config[OwnKeys.HeadsPerKeyValueHead] = new JsonArray(new JsonArray(), new JsonArray(2, 1));
        config[OwnKeys.HeadsPerLayer] = new JsonArray(0, 3);
        config[OwnKeys.NeuronsPerLayer] = new JsonArray(64, 64);
        IModel model = Uneven();
        Dictionary<string, Tensor> weights = [];
        foreach (var (name, tensor) in model.Weights.All)
        {
            string[] gone = ["layers.0.self_attn", "layers.0.input", "layers.2.", "layers.3.", "layers.5."];
            if (!gone.Any(part => name.Contains(part, StringComparison.Ordinal))) weights[name] = tensor;
        }
        const string Self = "model.layers.1.self_attn.";
        weights[$"{Self}q_proj.weight"] = model.Weights.All["model.layers.0.self_attn.q_proj.weight"].Slice(0, 0, 24);
        foreach (string part in (string[])["k", "v"])
            weights[$"{Self}{part}_proj.weight"] = model.Weights.All[$"model.layers.0.self_attn.{part}_proj.weight"];
        weights[$"{Self}o_proj.weight"] = model.Weights.All["model.layers.0.self_attn.o_proj.weight"].Slice(1, 0, 24);
        GgufContent content = new LlamaGguf().Content(
            Llama.From(new(JsonSerializer.SerializeToUtf8Bytes(config), "config.json"), new(weights, "made")));
        Dictionary<string, GgufValue> keys = content.Keys.ToDictionary(item => item.Key, item => item.Value);
        Assert.Equal([1, 3], (int[])keys["attention.head_count"].Value);
        Assert.Equal([1, 3], (int[])keys["attention.head_count_kv"].Value);
        float[] values = Floats("blk.1.attn_v.weight"), own = weights[$"{Self}v_proj.weight"].Values.ToArray();
        Assert.Equal([.. own[..256], .. own[..256], .. own[256..512]], values);
        Assert.All(Floats("blk.0.attn_output.weight"), value => Assert.Equal(0, value));
        Assert.Equal(32 * 8, Floats("blk.0.attn_q.weight").Length);

        float[] Floats(string name) => content.Tensors.Single(tensor => tensor.Name == name).Values().ToArray();
    }

    [Fact]
    public void What_a_file_cannot_carry_is_refused_with_the_next_move()
    {
        GgufExport plain = new();
        string classifier = plain.WhyNot(GoldenFolder.Model("llama-classifier").Model)!;
        Assert.Contains("gives scores to labels", classifier, StringComparison.Ordinal);
        Assert.EndsWith("--export hugging-face.", classifier, StringComparison.Ordinal);
        string encoder = plain.WhyNot(GoldenFolder.Model("bert-classifier").Model)!;
        Assert.Contains("this model is a bert", encoder, StringComparison.Ordinal);
        string narrow = new GgufExport("q4_k").WhyNot(Uneven())!;
        Assert.Contains("blocks of 256", narrow, StringComparison.Ordinal);
        Assert.Contains("type=q8_0", narrow, StringComparison.Ordinal);
        JsonObject windowed = (JsonObject)uneven.DeepClone();
        (windowed["model_type"], windowed["sliding_window"]) = ("mistral", 8);
        IModel mistral = Uneven().With(windowed, Uneven().Weights);
        Assert.Contains("sliding window of 8 tokens", plain.WhyNot(mistral), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => plain.With(TenantSpec.Parse("gguf,type=q3_k", "export")));
        NotSupportedException none = Assert.Throws<NotSupportedException>(() => plain.Write(Uneven(), new Dictionary<string, byte[]>(),
            Path.Combine(Files.NewFolder(), "model"), replace: false));
        Assert.Contains("no tokenizer", none.Message, StringComparison.Ordinal);
    }
}
