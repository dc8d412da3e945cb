using System.Text;
using System.Text.Json.Nodes;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Formats;
using NJsonSchema;

namespace Heartwood.Tests.Lab.Subnetworks.Formats;

public class MaskJsonTests
{
    static readonly ModelSizes sizes = ModelSizes.Even("bert", 2, 1, 8);

    static readonly Subnetwork least = new(0, "", 0.6, 5, [Heads.Kind.Part(0, 1), Mlps.Kind.Part(0)], new Dictionary<Part, double>(), "", "");

    /// <summary>Every fact that a file has room for, with numbers at the ends of their ranges.</summary>
    internal static Subnetwork Full { get; } = new(18446744073709551615, "structured pruning", 0.4, 4, [Heads.Kind.Part(0, 0), Mlps.Kind.Part(1)],
        new Dictionary<Part, double> { [Heads.Kind.Part(0, 0)] = double.MaxValue, [Mlps.Kind.Part(0)] = -0.0, [Heads.Kind.Part(1, 0)] = double.Epsilon, [Mlps.Kind.Part(1)] = (double)0.1f }, "mean", new('a', 64))
    {
        Model = sizes,
        Data = [new("world:training,rows=200", 200, new('b', 64)), new("mnli/\"train\".tsv", 0, "")],
        Options = new Dictionary<string, string> { ["steps"] = "1200", ["choose"] = "rank" },
        AblationFile = "../ablation.safetensors",
        Version = "0.1.0+abc",
    };

    internal static Subnetwork Circuit { get; } = Full with
    {
        InPlay = [KeptEdges.Name],
        Edges = new(Edge.CountIn(sizes), [Edge.Parse("input>L0.H0.Q"), Edge.Parse("L0.H0>L1.MLP")], new Dictionary<Edge, double> { [Edge.Parse("input>L0.H0.Q")] = 1.0 / 3, [Edge.Parse("L1.MLP>logits")] = -1e-300 }),
    };

    public static TheoryData<string> Samples => [.. samples.Keys];

    static readonly Dictionary<string, Subnetwork> samples = new()
    {
        ["least"] = least,
        ["full"] = Full,
        ["circuit"] = Circuit,
        ["heads only"] = new(0, "", 0, 4, [Heads.Kind.Part(0, 0)], new Dictionary<Part, double>(), "zero", "") { InPlay = ["heads"], Model = ModelSizes.Even("", 2, 2), TargetSparsity = 0.75 },
        ["nothing kept"] = Full with { Kept = [] },
        ["parallel"] = Full with { Model = sizes with { Parallel = true, Width = 0, Family = "" } },
    };

    static string Written(string sample) => samples[sample].ToJson();

    // the library that knows schemas knows no whole numbers beyond 63 bits
    static string ForTheSchema(string sample) => (samples[sample] with { Seed = long.MaxValue }).ToJson();

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_subnetwork_comes_back_from_its_file_with_every_bit(string sample)
    {
        Subnetwork mask = samples[sample], back = Subnetwork.FromJson(Written(sample), "a.json");
        Assert.Equal(mask.Kept, back.Kept);
        Assert.Equal(mask.Scores.Select(s => (s.Key, BitConverter.DoubleToInt64Bits(s.Value))).Order(), back.Scores.Select(s => (s.Key, BitConverter.DoubleToInt64Bits(s.Value))).Order());
        Assert.Equal(mask.Edges?.Scores.Select(s => (s.Key, BitConverter.DoubleToInt64Bits(s.Value))).Order(), back.Edges?.Scores.Select(s => (s.Key, BitConverter.DoubleToInt64Bits(s.Value))).Order());
        Assert.Equal(mask.Edges?.Kept.Order(), back.Edges?.Kept);
        Assert.Equal((mask.Seed, mask.Method, mask.TargetSparsity, mask.Sparsity, mask.Ablation, mask.AblationFile, mask.ModelSha256, mask.Version), (back.Seed, back.Method, back.TargetSparsity, back.Sparsity, back.Ablation, back.AblationFile, back.ModelSha256, back.Version));
        Assert.Equal(mask.InPlay, back.InPlay);
        Assert.Equal(mask.Data, back.Data);
        Assert.Equal(mask.Options.OrderBy(o => o.Key), back.Options.OrderBy(o => o.Key));
        Assert.Equal(mask.Model is null, back.Model is null);
        if (mask.Model is { } model) Assert.Equal((model.Family, model.Width, model.Parallel, true), (back.Model!.Family, back.Model.Width, back.Model.Parallel, model.SameParts(back.Model)));
        Assert.Equal(Written(sample), back.ToJson());
    }

    static string Page(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", name));

    [Fact]
    public async Task The_examples_of_the_page_are_read_and_those_of_our_own_fit_the_schema()
    {
        JsonSchema schema = await JsonSchema.FromJsonAsync(Page("masks.schema.json"));
        string[] examples = [.. Page("masks.md").Split("```json\n").Skip(1).Select(e => e[..e.IndexOf("```", StringComparison.Ordinal)])];
        MaskFile[] read = [.. examples.Select((e, i) => MaskFile.Parse(Encoding.UTF8.GetBytes(e), $"example {i + 1}"))];
        Assert.Equal(["heartwood", "heartwood", "mib"], read.Select(r => r.Format));
        Assert.Equal(["L0.H1 L1.H0 L1.MLP", "L0.H0", "L0.H0 L0.MLP"], read.Select(r => string.Join(' ', r.Mask.Kept)));
        Assert.All(examples[..2], e => Assert.Empty(schema.Validate(e).Select(error => error.ToString())));
        Assert.All(schema.Properties.Keys, key => Assert.Contains($"| `{key}` |", Page("masks.md")));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task What_is_written_fits_the_published_schema(string sample)
    {
        JsonSchema schema = await JsonSchema.FromJsonAsync(Page("masks.schema.json"));
        Assert.Empty(schema.Validate(ForTheSchema(sample)).Select(e => e.ToString()));
    }

    [Theory]
    [InlineData("version", "1")]
    [InlineData("inPlay", "[]")]
    [InlineData("kept", "[\"0\"]")]
    [InlineData("kept", null)]
    [InlineData("scores", "{\"L0.H0\": \"high\"}")]
    [InlineData("scores", "{\"a0.h0\": 1}")]
    [InlineData("ablation", "5")]
    [InlineData("seed", "-1")]
    [InlineData("model", "{\"parts\": {\"heads\": [0.5]}}")]
    [InlineData("edges", "{\"kept\": [\"L0.H0>L1.H0\"]}")]
    [InlineData("colour", "\"red\"")]
    public async Task What_the_schema_refuses_the_program_refuses(string key, string? value)
    {
        JsonObject file = (JsonObject)JsonNode.Parse(ForTheSchema("circuit"))!;
        if (value is null) file.Remove(key);
        else file[key] = JsonNode.Parse(value);
        JsonSchema schema = await JsonSchema.FromJsonAsync(Page("masks.schema.json"));
        Assert.NotEmpty(schema.Validate(file.ToJsonString()));
        Assert.StartsWith("m.json: ", Assert.Throws<FormatException>(() => Subnetwork.FromJson(file.ToJsonString(), "m.json")).Message);
    }

    [Fact]
    public void The_least_that_a_file_needs_is_its_version_what_there_is_and_what_is_kept()
    {
        Subnetwork read = Subnetwork.FromJson("""{"version": 2, "parts": 3, "kept": ["L0.MLP", "L0.H1"], "x-mine": {"a": 1}, "note": "by hand"}""", "a.json");
        Assert.Equal([Heads.Kind.Part(0, 1), Mlps.Kind.Part(0)], read.Kept);
        Assert.Equal(("", "", 1 - 2 / 3.0), (read.Ablation, read.ModelSha256, read.TargetSparsity));
        Assert.Equal(6, Subnetwork.FromJson("""{"version": 2, "kept": [], "model": {"parts": {"heads": {"letters": "H", "numbered": true, "perLayer": [2, 2]}, "mlps": {"letters": "MLP", "numbered": false, "perLayer": [1, 1]}}}}""", "a.json").Parts);
    }

    [Theory]
    [InlineData("", "expected a JSON object")]
    [InlineData("null", "expected a JSON object without duplicate names, found Null")]
    [InlineData("[1]", "expected a JSON object")]
    [InlineData("""{"version": 2, "parts": 3}""", "the key 'kept' is missing")]
    [InlineData("""{"version": 2, "parts": 3, "kept": 5}""", "kept: expected a list, found 5")]
    [InlineData("""{"version": 2, "parts": 3, "kept": [null]}""", "kept: expected text, found null")]
    [InlineData("""{"version": 2, "parts": 3, "kept": ["L0.Hx"]}""", "'L0.Hx' is not a part")]
    [InlineData("""{"version": 2, "parts": 3, "kept": ["a0.h1"]}""", "'a0.h1' is not a part")]
    [InlineData("""{"version": 2, "parts": 3, "kept": ["L0.H1", "L0.H1"]}""", "L0.H1 stands twice in 'kept'")]
    [InlineData("""{"version": 2, "parts": 1, "kept": ["L0.H1", "L0.H2"]}""", "2 parts are kept out of 1")]
    [InlineData("""{"version": 2, "kept": []}""", "the key 'parts' is missing")]
    [InlineData("""{"version": 2, "parts": -3, "kept": []}""", "parts: expected a whole number from 1 to 1000000, found -3")]
    [InlineData("""{"version": 2, "parts": 3, "kept": [], "scores": {"x": 1}}""", "'x' is not a part")]
    [InlineData("""{"version": 2, "parts": 3, "kept": [], "scores": {"L0.H0": "high"}}""", "scores.L0.H0: expected a finite number")]
    [InlineData("""{"version": 2, "parts": 3, "kept": [], "scores": {"L0.H0": 1e400}}""", "scores.L0.H0: expected a finite number")]
    [InlineData("""{"version": 1, "parts": 3, "kept": []}""", "the file is version 1 of the mask format; this Heartwood reads version 2. Make the file anew")]
    [InlineData("""{"parts": 3, "kept": []}""", "the key 'version' is missing; this Heartwood reads version 2")]
    [InlineData("""{"version": 2, "format": "toast", "parts": 3, "kept": []}""", "'format' should be \"heartwood mask\"")]
    [InlineData("""{"version": 2, "parts": 3, "kept": [], "inPlay": []}""", "'inPlay' should name at least one kind of part, each once")]
    [InlineData("""{"version": 2, "parts": 3, "kept": [], "sparcity": 1}""", "the key 'sparcity' is not known. Did you mean sparsity?")]
    [InlineData("""{"version": 2, "parts": 3, "kept": [], "sparsity": 0.5}""", "'sparsity' is 0.5, and what is kept makes it 1")]
    [InlineData("""{"version": 2, "parts": 3, "kept": [], "size": {"parts": 1}}""", "'size.parts' is 1, and 0 are kept")]
    [InlineData("""{"version": 2, "parts": 3, "kept": ["L0.MLP"], "inPlay": ["heads"], "model": {"parts": {"heads": {"letters": "H", "numbered": true, "perLayer": [3]}, "mlps": {"letters": "MLP", "numbered": false, "perLayer": [1]}}}}""", "L0.MLP is of no kind that is in play (heads)")]
    [InlineData("""{"version": 2, "parts": 3, "kept": [], "model": {"parts": {"heads": {"letters": "H", "numbered": true, "perLayer": [2, 2]}, "mlps": {"letters": "MLP", "numbered": false, "perLayer": [1, 1]}}}}""", "'parts' is 3, and a model with 2 layers of 2 heads has 6")]
    [InlineData("""{"version": 2, "kept": ["L2.H0"], "model": {"parts": {"heads": {"letters": "H", "numbered": true, "perLayer": [2, 2]}, "mlps": {"letters": "MLP", "numbered": false, "perLayer": [1, 1]}}}}""", "L2.H0 is no part of a model with 2 layers of 2 heads")]
    [InlineData("""{"version": 2, "kept": [], "model": {"parts": {"heads": {"letters": "H", "numbered": true, "perLayer": [2147483647]}, "mlps": {"letters": "MLP", "numbered": false, "perLayer": [1]}}}}""", "perLayer: expected a whole number from 0 to 1000000")]
    [InlineData("""{"version": 2, "kept": [], "model": {"parts": {"heads": {"letters": "H", "numbered": true, "perLayer": [900000, 900000]}, "mlps": {"letters": "MLP", "numbered": false, "perLayer": [1, 1]}}}}""", "'model.parts' makes more than 1,000,000 parts")]
    [InlineData("""{"version": 2, "parts": 3, "kept": [], "inPlay": ["edges"]}""", "the key 'edges' is missing")]
    [InlineData("""{"version": 2, "parts": 3, "kept": [], "edges": {"count": 5, "kept": []}}""", "'inPlay' does not name edges")]
    [InlineData("""{"version": 2, "kept": [], "inPlay": ["edges"], "model": {"parts": {"heads": {"letters": "H", "numbered": true, "perLayer": [1]}, "mlps": {"letters": "MLP", "numbered": false, "perLayer": [1]}}}, "edges": {"kept": ["L0.MLP>L1.MLP"]}}""", "L0.MLP>L1.MLP is no edge of a model with 1 layer of 1 head")]
    public void What_is_no_subnetwork_is_refused_with_its_file(string json, string gist)
    {
        string message = Assert.Throws<FormatException>(() => Subnetwork.FromJson(json, "masks/a.json")).Message;
        Assert.StartsWith("masks/a.json: ", message);
        Assert.Contains(gist, message);
    }
}
