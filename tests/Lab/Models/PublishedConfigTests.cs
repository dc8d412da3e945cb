using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Tests.App;
using Heartwood.Tests.Lab.Checkpoints;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Models;

/// <summary>
/// Config files of published models, written by hand from public facts (goldens/configs/published.json): each loads with the sizes that are
/// known of it, or is refused with the words that it should be refused with.
/// </summary>
[Collection("the thread team")]
public sealed class PublishedConfigTests
{
    static readonly JsonElement[] published = [.. Goldens.Json("configs/published.json").EnumerateArray()];

    public static TheoryData<string> Names => [.. published.Select(p => p.GetProperty("model").GetString()!)];

    public static TheoryData<string> Families => [.. ModelFolder.Families];

    /// <summary>The configs that load, as bytes, with the number of labels of their heads.</summary>
    internal static IEnumerable<(byte[] Utf8, int Labels)> Loading => published.Where(p => p.TryGetProperty("loads", out _))
        .Select(p => (JsonSerializer.SerializeToUtf8Bytes(p.GetProperty("config")), LabelsOf(p)));

    static int LabelsOf(JsonElement entry) => entry.TryGetProperty("labels", out JsonElement labels) ? labels.GetInt32() : 0;

    static string Said(ConfigFacts facts) => $"{facts.Family}: {facts.Layers} layers, {facts.Heads} heads of {facts.HeadWidth} on "
        + $"{facts.KeyValueHeads}, width {facts.Width}, {facts.Vocabulary} ids, {facts.Positions} "
            + $"positions{(facts.Labels.Count > 0 ? "; " : "")}{string.Join(", ", facts.Labels)}";

    [Theory, MemberData(nameof(Names))]
    public void A_published_config_loads_with_its_sizes_or_is_refused_by_name(string model)
    {
        JsonElement entry = published.Single(p => p.GetProperty("model").GetString() == model);
        string Read() => Said(ConfigFacts.Read(new(JsonSerializer.SerializeToUtf8Bytes(entry.GetProperty("config")), "config.json"),
            LabelsOf(entry)));
        if (entry.TryGetProperty("loads", out JsonElement sizes)) Assert.Equal(sizes.GetString(), Read());
        else Assert.Contains(entry.GetProperty("refused").GetString()!, Assert.Throws<CheckpointException>(Read).Message);
    }

    [Fact]
    public void They_are_many_and_of_every_family()
    {
        Assert.InRange(published.Length, 40, 200);
        Assert.Equal(ModelFolder.Families.Order(), Loading.Select(c => new ModelConfig(c.Utf8, "config.json").Family).Distinct().Order());
    }

    [Theory, MemberData(nameof(Families))]
    public void What_other_programs_leave_in_a_config_changes_nothing_in_any_family(string family)
    {
        var (utf8, labels) = Loading.First(c => new ModelConfig(c.Utf8, "config.json").Family == family);
        JsonObject json = (JsonObject)JsonNode.Parse(utf8)!;
        string before = Said(ConfigFacts.Read(new(utf8, "config.json"), labels));
        JsonObject left = (JsonObject)JsonNode.Parse("""
            {
              "max_sequence_length": 2048, "model_max_length": 512, "max_seq_length": 128, "xla_device": true, "unsloth_version":
              "2025.5.1", "unsloth_fixed": true, "sentence_transformers": {"version": "4.1.0", "activation_fn":
              "torch.nn.modules.linear.Identity"}, "sbert_ce_default_activation_function": null, "torch_dtype": "float16", "dtype":
              "float16", "transformers_version": "5.24.0", "adapter_transformers_version": "3.0.1", "pretraining_tp": 2,
              "quantization_config": null, "_attn_implementation_autoset": true, "_flash_attn_2_enabled": true, "gradient_checkpointing":
              true, "use_cache": false, "summary_token_id": 7, "image_token_id": 5, "attention_dropout": 0.1, "resid_pdrop": 0.1,
              "classifier_dropout": 0.2, "layerdrop": 0.0, "problem_type": null, "task_specific_params": {"text-generation": {"do_sample":
              true}}, "suppress_tokens": [1], "auto_map": {}, "neftune_noise_alpha": 5.0, "transformers.js_config": {"dtype": "q4"},
              "id2label": {"0": "a"}, "label2id": {"a": 0}, "num_labels": 1
            }
            """)!;
        foreach (var (key, value) in left) json[key] = value?.DeepClone();
        Assert.Equal(before, Said(Of(json)));
        json["expert_layers"] = 4;
        Assert.Contains("the key 'expert_layers' has the value 4", Assert.Throws<CheckpointException>(() => Of(json)).Message);

        static ConfigFacts Of(JsonObject json) => ConfigFacts.Read(new(Encoding.UTF8.GetBytes(json.ToJsonString()), "config.json"), 0);
    }

    [Fact]
    public void The_keys_of_gpt2_medium_load_through_the_program()
    {
        string printed = SmallRuns.Works("inspect", Path.Combine(Files.Case("01-gpt2-medium-keys"), "model"));
        Assert.Contains("gpt2, ", printed);
        Assert.Contains("a language model: it tells which token comes next", printed);
        Assert.Contains("2 layers, width 16, heads of 4; 262 word pieces, at most 64 tokens", printed);
    }

    [Theory]
    [InlineData("dtype", "float16", null), InlineData("torch_dtype", "float16", null), InlineData(null, null, null),
        InlineData("dtype", "bfloat16", "float16")]
    public void What_is_written_says_one_dtype_and_that_is_what_is_stored(string? key, string? value, string? older)
    {
        using TemporaryFolder temporary = new();
        IModel model = Small.Model();
        JsonObject config = (JsonObject)model.Config.DeepClone();
        if (key is not null) config[key] = value;
        if (older is not null) config["torch_dtype"] = older;
        foreach (var (dtype, said) in (ReadOnlySpan<(Dtype, string)>)[(Dtype.F32, "float32"), (Dtype.F16, "float16"),
            (Dtype.BF16, "bfloat16")])
        {
            ModelFolder.Save(model.With(config, model.Weights), temporary.At(said), new Dictionary<string, byte[]>(), dtype);
            Assert.Equal([.. (string[])[key ?? "torch_dtype", .. older is null ? [] : (string[])["torch_dtype"]]],
                Dtypes(temporary.At(said)).Select(d => d.Key).Order());
            Assert.All(Dtypes(temporary.At(said)), d => Assert.Equal(said, d.Value));
            using HuggingFaceFolder written = HuggingFaceFolder.Open(temporary.At(said));
            Assert.All(written.Weights.Names, name => Assert.Equal(dtype, written.Weights.DtypeOf(name)));
        }
    }

    [Fact]
    public void What_train_writes_of_a_float16_model_says_float32_and_what_find_cuts_keeps_the_source_s_dtype()
    {
        string inputs = Files.Case("05-two-dtype-keys"), model = Path.Combine(inputs, "model"), data = Path.Combine(inputs, "nli.tsv");
        using TemporaryFolder temporary = new();
        SmallRuns.Works("train", "--from", model, "--data", data, "--steps", "2", "--out", temporary.At("trained"));
        SmallRuns.Works("find", "--model", model, "--data", data, "--in-domain", data, "--seeds", "1", "--method", "structured-pruning,steps=2", "--sparsity", "0.5",
            "--all", "--out", temporary.At("found"));
        foreach (var (folder, said) in ((string, string)[])[("trained/model", "float32"), ("found/cut", "float16"), ("found/full-size", "float16")])
            Assert.Equal([new("dtype", said)], Dtypes(Path.Combine(temporary.Path, folder)));
    }

    static KeyValuePair<string, string>[] Dtypes(string folder) =>
        [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json"))).RootElement.EnumerateObject()
        .Where(p => p.Name.Contains("dtype", StringComparison.Ordinal)).Select(p => KeyValuePair.Create(p.Name, p.Value.GetString()!))];
}
