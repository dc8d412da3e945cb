using System.Text.Json;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tests.Lab;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.App;

/// <summary>What <c>inspect</c> shows of a folder of any family that has no tokenizer.</summary>
[Collection("the thread team")]
public sealed class InspectVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    public static TheoryData<string> Families => [.. ModelFolder.Families];

    // as transformers writes them, head and all
    [Theory, InlineData(false), InlineData(true)]
    public void Every_golden_folder_shows_its_parts_weights_and_forecast_with_a_tokenizer_and_without(bool tokenizer)
    {
        string? root = Files.SharedGoldens("models");
        Assert.SkipWhen(root is null, "goldens/models are not next to the repository, nor under HEARTWOOD_GOLDENS.");
        foreach (string golden in Directory.GetDirectories(root!))
        {
            string folder = runs.At(Path.GetFileName(golden));
            Directory.CreateDirectory(folder);
            foreach (string file in (string[])["config.json", "model.safetensors"]) File.Copy(Path.Combine(golden, file), Path.Combine(folder, file));
            if (tokenizer)
            {
                File.WriteAllText(Path.Combine(folder, "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n" + string.Concat(Enumerable.Range(5, 91).Select(i => $"word{i}\n")));
                File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), "{\"do_lower_case\": true, \"tokenizer_class\": \"BertTokenizer\"}");
            }
            using HuggingFaceFolder open = HuggingFaceFolder.Open(folder);
            IModel model = ModelFolder.Load(open);
            string shown = SmallRuns.Works("inspect", folder, "--length", "8");
            Assert.Contains($": {model.Family}, {model.Weights.Count:N0} weights, ", shown);
            Assert.Contains($"{4 * model.Layers.Count} heads and {model.Layers.Count} MLPs: {5 * model.Layers.Count} parts", shown);
            foreach (string kind in (string[])["heads", "MLPs", "attention blocks", "layers", "neurons"]) Assert.Matches($@"weights: .*\d+ {kind} [\d,]+", shown);
            Assert.Matches("A search of its subnetworks .*: about .* of memory on this machine", shown);
            Assert.Equal(!tokenizer, shown.Contains("there is no tokenizer", StringComparison.Ordinal));
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Without_a_tokenizer_parts_weights_and_the_forecast_of_a_search_are_shown(string family)
    {
        IModel model = Small.Model(layers: 2, heads: 2, width: 8, family: family);
        string folder = runs.At("bare");
        ModelFolder.Save(model, folder, new Dictionary<string, byte[]>());
        string shown = SmallRuns.Works("inspect", folder, "--length", "8");
        Assert.Contains($"{family}, {model.Weights.Count:N0} weights", shown);
        Assert.Contains("4 heads and 2 MLPs: 6 parts", shown);
        Assert.Contains("A search of its subnetworks (", shown);
        Assert.Contains("there is no tokenizer, so that the model can be looked at and not asked.", shown);
        JsonElement json = JsonDocument.Parse(SmallRuns.Works("inspect", folder, "--length", "8", "--json")).RootElement;
        Assert.Equal(JsonValueKind.Null, json.GetProperty("words").ValueKind);
        Dictionary<string, (int Parts, long Weights)> kinds = json.GetProperty("kinds").EnumerateArray().ToDictionary(
            k => k.GetProperty("kind").GetString()!, k => (k.GetProperty("parts").GetInt32(), k.GetProperty("weights").GetInt64()));
        Assert.Equal(PartKinds.Usual.Select(kind => kind.Name), kinds.Keys);
        foreach (PartKind kind in PartKinds.Usual)
        {
            Universe universe = model.Universe([kind]);
            Assert.Equal(universe.Count, kinds[kind.Name].Parts);
            if (kind.Name != "layers")                          // of which one stays in any model
                Assert.InRange(model.Weights.Count - Cutting.Cut(model, [], Ablation.Zero(universe)).Weights.Count,
                    kinds[kind.Name].Weights, model.Weights.Count);
        }
        Assert.Equal(model.Weights.Count, kinds["layers"].Weights + json.GetProperty("outsideLayers").GetInt64());
        File.WriteAllText(runs.At("rows.tsv"), "text\tlabel\na\tlabel 0\nb\tlabel 1\n");
        Assert.Contains("tokenizer", SmallRuns.Fails("inspect", folder, "--data", runs.At("rows.tsv")));
    }

    [Fact]
    public void A_table_says_what_each_sparsity_leaves_in_weights_bytes_and_time()
    {
        string shown = SmallRuns.Works("inspect");
        Assert.Contains("What is left at a sparsity of heads and mlps, as many of each kind ablated", shown);
        string[] lines = [.. shown.Split('\n').SkipWhile(l => !l.StartsWith("  sparsity ", StringComparison.Ordinal)).Take(11)];
        Assert.Equal(["sparsity", "none", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9"], lines.Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]));
        Assert.All(lines, l => Assert.Equal(lines[0].Length, l.Length));
        Assert.Contains(" ms ", lines[5]);
        JsonElement json = JsonDocument.Parse(SmallRuns.Works("inspect", "--json")).RootElement, sizes = json.GetProperty("sizes");
        Assert.Equal(["heads,mlps", "heads", "mlps"], sizes.EnumerateArray().Select(s => string.Join(',', s.GetProperty("kinds").EnumerateArray().Select(k => k.GetString()))));
        JsonElement half = sizes[0].GetProperty("sizes")[4];
        Assert.Equal((0.5, 18), (half.GetProperty("sparsity").GetDouble(), half.GetProperty("parts").GetInt32()));
        Assert.Equal(4 * half.GetProperty("weights").GetInt64(), half.GetProperty("bytes").GetInt64());
        Assert.True(half.GetProperty("secondsPer1000Tokens").GetDouble() > 0);
        // embeddings are no parts: with every head gone, half of the weights are still there
        Assert.InRange(sizes[1].GetProperty("sizes")[8].GetProperty("weights").GetInt64(), json.GetProperty("parameters").GetInt64() / 2, long.MaxValue);
        Assert.Contains("What is left at a sparsity of neurons, any of them ablated", SmallRuns.Works("inspect", "--parts", "neurons"));
    }

    [Fact]
    public void The_goldens_of_the_shared_data_are_shown()
    {
        string? goldens = Files.SharedGoldens("models");
        if (goldens is null) Assert.Skip("shared/goldens/models is not next to the repository, nor under HEARTWOOD_GOLDENS.");
        int seen = 0;
        foreach (string folder in Directory.GetDirectories(goldens))
        {
            string family = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json"))).RootElement.GetProperty("model_type").GetString()!;
            if (!ModelFolder.Families.Contains(family)) continue;
            string shown = SmallRuns.Works("inspect", folder, "--length", "8");
            Assert.Contains($"{family}, ", shown);
            Assert.Contains(family.EndsWith("bert", StringComparison.Ordinal) && folder.EndsWith("mlm", StringComparison.Ordinal)
                ? "an encoder that guesses masked words" : folder.EndsWith("lm", StringComparison.Ordinal) ? "a language model" : folder.EndsWith("regression", StringComparison.Ordinal) ? "a score" : "labels: ", shown);
            Assert.Contains("weights: ", shown);
            Assert.Contains("A search of its subnetworks (", shown);
            seen++;
        }
        Assert.InRange(seen, 11, 100);
    }
}
