using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Models;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Exports;

/// <summary>
/// Cuts as folders for the transformers library, which is Python and not here: the sizes that the modelling file would build are read from
/// its text and the numbers of config.json, and compared with the tensors next to it. tests/goldens/transformers/check.py runs them there.
/// </summary>
public sealed class TransformersFolderTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    static readonly string[] speakers =
        ["gpt2/language", "llama/grouped", "llama/qwen2", "llama/mistral", "bert-mlm", "qwen3-lm"];

    public static TheoryData<string> WithModellingFile =>
        [.. (string[])["bert", "roberta", "xlm-roberta", "electra", "gpt2", "llama", "mistral", "qwen2", "qwen3"]];

    public static TheoryData<string> Speakers => [.. speakers];

    static IModel Speaker(string name) => name.Contains('/', StringComparison.Ordinal) ? GoldenModelTests.Load(name) : GoldenFolder.Model(name).Model;

    string Written(IModel model)
    {
        string path = temporary.At("model");
        new HuggingFaceExport().Write(model, new Dictionary<string, byte[]>(), path, replace: true);
        return path;
    }

    static JsonObject ConfigIn(string folder) => (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!;

    static IEnumerable<(string What, IModel Cut)> Uneven(IModel model)
    {
        Universe universe = model.Universe([Heads.Kind, Neurons.Kind]);
        int last = model.Layers.Count - 1;
        (string, IReadOnlyList<Part>)[] sets =
        [
            ("no heads in layer 0", [.. universe.Parts.Where(p => p.Layer != 0 || !Heads.Kind.Includes(p))]),
            ("nothing in the last layer", [.. universe.Parts.Where(p => p.Layer != last)]),
            ("no heads at all", [.. universe.Parts.Where(p => !Heads.Kind.Includes(p))]),
            ("one head of layer 1 gone", [.. universe.Parts.Where(p => p != Heads.Kind.Part(1, 0))]),
            ("draw 1", Small.Some(universe, 1)), ("draw 2", Small.Some(universe, 2)),
        ];
        foreach (string how in (string[])["zero", "mean"])
        {
            Ablation ablation = Small.Absent(model, universe, how);
            foreach (var (name, kept) in sets) yield return ($"{model.Family}, {name}, {how}", Cutting.Cut(model, kept, ablation));
        }
    }

    [Theory, MemberData(nameof(WithModellingFile))]
    public void The_modelling_file_of_an_uneven_classifier_builds_the_tensors_that_are_stored(string family)
    {
        foreach (var (what, cut) in Uneven(Small.Model(layers: 3, heads: 3, width: 12, labels: 3, family: family))) Fits(what, cut);
    }

    [Theory, MemberData(nameof(Speakers))]
    public void The_modelling_file_of_an_uneven_language_model_builds_the_tensors_that_are_stored(string name)
    {
        foreach (var (what, cut) in Uneven(Speaker(name))) Fits(what, cut);
    }

    [Fact]
    public void Windows_keep_a_mistral_its_own_with_every_bias()
    {
        IModel model = RotaryTests.Windowed(Small.Model(layers: 3, heads: 3, width: 12, family: "mistral"), 3);
        foreach (var (what, cut) in Uneven(model)) Fits(what, cut);
    }

    void Fits(string what, IModel cut)
    {
        string folder = Written(cut), file = Path.Combine(folder, "modeling_heartwood.py");
        JsonObject config = ConfigIn(folder);
        Assert.True(File.Exists(file), what);
        string text = File.ReadAllText(file), readme = File.ReadAllText(Path.Combine(folder, "README.md"));
        Assert.DoesNotContain("{{", text, StringComparison.Ordinal);
        string target = (string)Assert.Single(config["auto_map"]!.AsObject()).Value!, named = (string)config["architectures"]![0]!;
        Assert.Equal($"modeling_heartwood.{named}", target);
        Assert.Contains($"class {named}({named["Heartwood".Length..]}):", text, StringComparison.Ordinal);
        Assert.StartsWith(FamilyRow.For((string)config["model_type"]!).Class, named["Heartwood".Length..], StringComparison.Ordinal);
        Assert.Contains("trust_remote_code=True", readme, StringComparison.Ordinal);
        Assert.Contains("4.57", readme, StringComparison.Ordinal);
        bool unequal = cut.Layers.Any(l => l.HeadsPerKeyValueHead.Distinct().Count() > 1);
        Assert.Equal(unequal, readme.Contains("the cache of keys and values", StringComparison.Ordinal));

        using HuggingFaceFolder open = HuggingFaceFolder.Open(folder);
        SortedDictionary<string, string> stored = new(StringComparer.Ordinal), built = Built(text, config, cut);
        string[] inLayers = [.. cut.Layers.Select(layer => layer.Name + ".")];
        foreach (string name in open.Weights.Names.Where(name => inLayers.Any(l => name.StartsWith(l, StringComparison.Ordinal))))
            stored[name] = string.Join(' ', open.Weights.ShapeOf(name)!);
        Assert.Equal(stored, built);
        IModel again = ModelFolder.Load(open);
        Batch batch = Small.Batch();
        Small.SameBits(cut.Forward(batch, NoProbe.Instance).Values, again.Forward(batch, NoProbe.Instance).Values, what);
        Assert.DoesNotContain("Heartwood", (string)again.Config["architectures"]![0]!, StringComparison.Ordinal);
        Assert.True(JsonNode.DeepEquals(config, ConfigIn(Written(again))), what);
    }

    // what the Python would make: the ordinary layer's tensors, its maps by the tables of the text and the numbers of config.json
    static SortedDictionary<string, string> Built(string text, JsonObject config, IModel cut)
    {
        int Number(params string[] keys) => keys.Select(key => (int?)config[key]).First(n => n is not null)!.Value;
        bool Flag(string key) => (bool?)config[key] ?? false;
        int width = Number("hidden_size", "n_embd"), head = (int?)config["head_dim"] ?? width / Number("num_attention_heads", "n_head");
        bool inputFirst = text.Contains("return Conv1D(gives, reads)", StringComparison.Ordinal);
        bool decoder = text.Contains("NoAttention", StringComparison.Ordinal), every = Flag("heartwood_biases");
        string family = (string)config["model_type"]!;
        SortedDictionary<string, string> built = new(StringComparer.Ordinal);
        for (int i = 0; i < cut.Layers.Count; i++)
        {
            int heads = (int)config["heartwood_heads_per_layer"]![i]!, neurons = (int)config["heartwood_neurons_per_layer"]![i]!;
            int groups = config["heartwood_heads_per_key_value_head"] is JsonArray all ? all[i]!.AsArray().Count : heads;
            if (groups != heads || config.ContainsKey("heartwood_heads_per_key_value_head"))
                Assert.Equal(heads, config["heartwood_heads_per_key_value_head"]![i]!.AsArray().Sum(n => (int)n!));
            Dictionary<string, int> widths = new()
            {
                ["stream"] = width,
                ["heads"] = heads * head,
                ["groups"] = groups * head,
                ["queries, keys, values"] = 3 * heads * head,
                ["neurons"] = neurons,
            };
            foreach (var (table, left) in ((string, int)[])[("ATTENTION", heads), ("MLP", neurons)])
            {
                (string Name, int Reads, int Gives)[] maps = [.. Maps(text, table).Select(m => (m.Name, widths[m.Reads], widths[m.Gives]))];
                foreach (var (name, reads, gives) in left > 0 ? maps : maps[^1..])
                {
                    bool biased = Biased(name);
                    if (left > 0) built[$"{cut.Layers[i].Name}.{name}.weight"] = inputFirst ? $"{reads} {gives}" : $"{gives} {reads}";
                    if (biased) built[$"{cut.Layers[i].Name}.{name}.bias"] = $"{gives}";
                }
            }
            foreach (string norm in Norms(family, decoder, heads > 0, neurons > 0))
                built[$"{cut.Layers[i].Name}.{norm}"] = norm.Contains("_norm.", StringComparison.Ordinal) ? $"{head}" : $"{width}";
        }
        return built;

        // which maps the library gives a bias
        bool Biased(string map) => every || family switch
        {
            "llama" => Flag(map.StartsWith("mlp", StringComparison.Ordinal) ? "mlp_bias" : "attention_bias"),
            "qwen2" => map is "self_attn.q_proj" or "self_attn.k_proj" or "self_attn.v_proj",
            "qwen3" => Flag("attention_bias") && !map.StartsWith("mlp", StringComparison.Ordinal),
            "mistral" => false,
            _ => true,
        };
    }

    static IEnumerable<(string Name, string Reads, string Gives)> Maps(string text, string table)
    {
        int start = text.IndexOf($"\n{table} = (\n", StringComparison.Ordinal), end = text.IndexOf("\n)\n", start, StringComparison.Ordinal);
        Match[] rows = [.. Regex.Matches(text[start..end], """^    \("([^"]+)", "([^"]+)", "([^"]+)"\),$""", RegexOptions.Multiline).OfType<Match>()];
        Assert.Equal(text[start..end].Count(c => c == '\n') - 1, rows.Length);
        return rows.Select(row => (row.Groups[1].Value, row.Groups[2].Value, row.Groups[3].Value));
    }

    // what else the library keeps in a layer; the norm before a block is nn.Identity where the block is gone
    static IEnumerable<string> Norms(string family, bool decoder, bool attention, bool mlp)
    {
        if (!decoder)
            return ((string[])["attention.output.LayerNorm", "output.LayerNorm"]).SelectMany(n => (string[])[$"{n}.weight", $"{n}.bias"]);
        if (family == "gpt2") return ((string[])[.. attention ? ["ln_1"] : (string[])[], .. mlp ? ["ln_2"] : (string[])[]])
            .SelectMany(n => (string[])[$"{n}.weight", $"{n}.bias"]);
        string[] own = family == "qwen3" ? ["self_attn.q_norm.weight", "self_attn.k_norm.weight"] : [];
        return [.. attention ? ["input_layernorm.weight", .. own] : (string[])[], .. mlp ? ["post_attention_layernorm.weight"] : (string[])[]];
    }

    static IReadOnlyList<Part> Even(IModel model, Universe universe, int heads, int neurons)
    {
        int served = model.Layers[0].HeadsPerKeyValueHead is { Count: > 0 } groups ? groups[0] : 1;
        return [.. universe.Parts.Where(p => Heads.Kind.Includes(p) ? p.Index % served < heads : p.Index < neurons)];
    }

    [Theory]
    [InlineData("bert", 3, "intermediate_size"), InlineData("roberta", 3, "intermediate_size"), InlineData("electra", 3, "intermediate_size")]
    [InlineData("distilbert", 3, "hidden_dim"), InlineData("gpt2", 3, "n_inner"), InlineData("gpt_neox", 3, "intermediate_size")]
    [InlineData("llama/grouped", 1, "intermediate_size"), InlineData("llama/qwen2", 1, "intermediate_size")]
    [InlineData("llama/mistral", 1, "intermediate_size"), InlineData("qwen3-lm", 1, "intermediate_size"), InlineData("gemma2-lm", 1, "intermediate_size")]
    public void A_cut_whose_layers_are_all_alike_is_an_ordinary_model(string name, int headsOfEach, string neuronsKey)
    {
        bool golden = name.Contains('/', StringComparison.Ordinal) || name.EndsWith("-lm", StringComparison.Ordinal);
        IModel model = golden ? Speaker(name) : Small.Model(layers: 3, heads: 3, width: 12, family: name);
        Universe universe = model.Universe([Heads.Kind, Neurons.Kind]);
        int neurons = model.Layers[0].Neurons / 2;
        IReadOnlyList<Part> kept = golden ? Even(model, universe, headsOfEach, neurons)
            : [.. universe.Parts.Where(p => Heads.Kind.Includes(p) || p.Index < neurons)];
        Ablation ablation = Ablation.Zero(universe);
        IModel cut = Cutting.Cut(model, kept, ablation);
        string folder = Written(cut);
        JsonObject config = ConfigIn(folder);
        Assert.DoesNotContain("heartwood", config.ToJsonString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(["config.json", "model.safetensors"], Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(neurons, (int)config[neuronsKey]!);
        if (golden)
        {
            Assert.Equal(cut.Layers[0].Heads, (int)config["num_attention_heads"]!);
            Assert.Equal(cut.Layers[0].HeadsPerKeyValueHead.Count, (int)config["num_key_value_heads"]!);
            Assert.Equal(model.HeadWidth, (int)config["head_dim"]!);
        }
        using HuggingFaceFolder open = HuggingFaceFolder.Open(folder);
        IModel again = ModelFolder.Load(open);
        Batch batch = Small.Batch();
        Small.SameBits(cut.Forward(batch, NoProbe.Instance).Values, again.Forward(batch, NoProbe.Instance).Values, name);
        Assert.StartsWith("its config.json is that of an ordinary", new HuggingFaceExport().HowLoaded(cut), StringComparison.Ordinal);
    }

    [Theory, InlineData("llama/grouped"), InlineData("llama/qwen2")]
    public void With_means_an_even_cut_is_a_Llama_with_biases(string name)
    {
        IModel model = Speaker(name);
        Universe universe = model.Universe([Heads.Kind, Neurons.Kind]);
        IModel cut = Cutting.Cut(model, Even(model, universe, 1, 8), Small.Absent(model, universe, "mean"));
        JsonObject config = ConfigIn(Written(cut));
        Assert.DoesNotContain("heartwood", config.ToJsonString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("llama", (string)config["model_type"]!);
        Assert.True((bool)config["attention_bias"]! && (bool)config["mlp_bias"]!);
    }

    [Fact]
    public void Heads_that_do_not_divide_the_width_of_a_Llama_and_families_without_a_file_are_said_by_name()
    {
        IModel llama = Small.Model(layers: 2, heads: 6, width: 24, family: "llama"), gemma = GoldenFolder.Model("gemma2-lm").Model;
        Universe universe = llama.Universe([Heads.Kind, Neurons.Kind]);
        IModel five = Cutting.Cut(llama, [.. universe.Parts.Where(p => !Heads.Kind.Includes(p) || p.Index != 2)], Ablation.Zero(universe));
        Assert.StartsWith("transformers 4.57 or newer loads it", new HuggingFaceExport().HowLoaded(five), StringComparison.Ordinal);
        universe = gemma.Universe([Heads.Kind]);
        IModel cut = Cutting.Cut(gemma, [.. universe.Parts.Where(p => p.Layer > 0 || p.Index > 0)], Ablation.Zero(universe));
        string how = new HuggingFaceExport().HowLoaded(cut)!;
        Assert.StartsWith("only Heartwood loads it: layers have unequal numbers of heads", how, StringComparison.Ordinal);
        Assert.Contains("no modelling file for a gemma2", how, StringComparison.Ordinal);
        Assert.True(ConfigIn(Written(cut)).ContainsKey(OwnKeys.HeadsPerLayer));
    }
}
