using System.Text.Json;
using System.Text.Json.Nodes;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Tests.App;

/// <summary>Masks that come from elsewhere and go there, by the command line.</summary>
[Collection("the thread team")]
public sealed class MaskVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    string Found()
    {
        if (!Directory.Exists(runs.At("run"))) SmallRuns.Works(runs.Find("run", 4));
        return runs.At("run", "subnetworks", "structured-pruning-sparsity-0.5-seed-2.json");
    }

    string Write(string name, string content)
    {
        File.WriteAllText(runs.At(name), content);
        return runs.At(name);
    }

    string Circuit() => Write("edges.json", """{"version": 2, "inPlay": ["edges"], "kept": ["L0.H0"], "model": {"parts": {"heads": {"letters": "H", "numbered": true, "perLayer": [2, 2]}, "mlps": {"letters": "MLP", "numbered": false, "perLayer": [1, 1]}}, "width": 8}, "edges": {"kept": ["input>L0.H0.Q", "L0.H0>L1.MLP"]}}""");

    [Fact]
    public void A_file_is_shown_with_its_map_and_where_it_came_from()
    {
        string said = SmallRuns.Works("mask", Found());
        Assert.Contains("keeps 3 of 6 parts", said);
        Assert.Contains("structured-pruning, seed 2; ablation mean (", said);
        Assert.Contains("found on world:training,rows=60, 60 rows, SHA-256", said);
        Assert.Contains("    0 1  MLP\nL0  ", said);
        Assert.Equal(3, said[said.IndexOf("MLP\nL0", StringComparison.Ordinal)..].Count(c => c == '#'));
        JsonElement json = Json(SmallRuns.Works("mask", Found(), "--json"));
        Assert.Equal(("heartwood", 3, "4"), (json.GetProperty("format").GetString(), json.GetProperty("mask").GetProperty("kept").GetArrayLength(), json.GetProperty("mask").GetProperty("options").GetProperty("steps").GetString()));
    }

    [Fact]
    public void A_mask_goes_through_MIB_s_format_and_is_measured_as_the_one_of_the_run()
    {
        string mask = Found(), circuit = runs.At("circuit.json");
        string said = SmallRuns.Works("mask", mask, "--to", "mib", "--out", circuit);
        Assert.Contains($"Written to {circuit} (mib).", said);
        Assert.Equal(SmallRuns.Works("mask", mask, "--to", "mib").TrimEnd(), File.ReadAllText(circuit).TrimEnd());
        JsonElement evaluated = Json(SmallRuns.Works("evaluate", runs.At("run"), "--json")).GetProperty("subnetworks")[1];
        JsonElement measured = Json(SmallRuns.Works("evaluate", runs.At("run"), "--mask", circuit, mask, "--random", "2", "--json"));
        Assert.Equal(2, measured.GetProperty("masks").GetArrayLength());
        foreach (JsonElement one in measured.GetProperty("masks").EnumerateArray())
        {
            Assert.Equal(2, one.GetProperty("random").GetArrayLength());
            foreach (string figures in (string[])["measured", "parts"])
                Assert.True(JsonElement.DeepEquals(evaluated.GetProperty(figures), one.GetProperty("subnetwork").GetProperty(figures)), figures);
        }
        string words = SmallRuns.Works("evaluate", runs.At("run"), "--mask", circuit, "--without", "a0.h1,m1");
        Assert.Contains("5 random masks of the same size: in-domain median", words);
        Assert.Contains("without a0.h1,m1: 4 parts, sparsity 0.33", words);
    }

    [Fact]
    public void A_mask_is_measured_in_any_model_folder_with_the_ablation_that_it_says_or_that_is_asked()
    {
        string config = Write("config.json", """{"model_type": "bert", "num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 8, "pruned_heads": {"0": [1]}}""");
        string[] evaluate = ["evaluate", "--model", runs.Model, "--in-domain", "world:in-domain,rows=20", "--random", "1", "--json"];
        JsonElement pruned = Json(SmallRuns.Works([.. evaluate, "--mask", config])).GetProperty("masks")[0];
        Assert.Equal(("pruned-heads", "zero", "L0.H0 L0.MLP L1.H0 L1.H1 L1.MLP"), (pruned.GetProperty("format").GetString(), pruned.GetProperty("ablation").GetString(), string.Join(' ', pruned.GetProperty("subnetwork").GetProperty("parts").EnumerateArray())));
        JsonElement byHand = Json(SmallRuns.Works([.. evaluate, "--without", "0.1", "--ablation", "zero"])).GetProperty("masks")[0];
        Assert.True(JsonElement.DeepEquals(pruned.GetProperty("subnetwork").GetProperty("measured").GetProperty("inDomainLoss"), byHand.GetProperty("subnetwork").GetProperty("measured").GetProperty("inDomainLoss")));
        JsonElement unsaid = Json(SmallRuns.Works([.. evaluate, "--without", "0.1"])).GetProperty("masks")[0];
        Assert.Equal((byHand.GetProperty("ablation").GetString(), byHand.GetProperty("subnetwork").GetProperty("measured").GetProperty("inDomainLoss").GetRawText()), (unsaid.GetProperty("ablation").GetString(), unsaid.GetProperty("subnetwork").GetProperty("measured").GetProperty("inDomainLoss").GetRawText()));
        Assert.Contains("Give --data FILE, or --ablation zero.", SmallRuns.Fails([.. evaluate, "--without", "0.1", "--ablation", "mean"]));
        Assert.Equal("mean over world:training,rows=20", Json(SmallRuns.Works([.. evaluate, "--without", "0.1", "--data", "world:training,rows=20"])).GetProperty("masks")[0].GetProperty("ablation").GetString());
        Assert.EndsWith("ablation.safetensors", Json(SmallRuns.Works([.. evaluate, "--mask", Found()])).GetProperty("masks")[0].GetProperty("ablation").GetString());
    }

    [Fact]
    public void A_circuit_of_edges_is_not_run_and_its_nodes_only_when_they_are_asked_for()
    {
        string circuit = Circuit();
        Found();
        foreach (string message in (string[])[SmallRuns.Fails("evaluate", runs.At("run"), "--mask", circuit), SmallRuns.Fails("cut", runs.At("run"), "--mask", circuit, "--out", runs.At("cut"))])
            Assert.Contains("a circuit of 2 of 46 edges, and Heartwood runs subnetworks of heads and MLP blocks", message);
        SmallRuns.Works("mask", circuit, "--nodes", "--out", runs.At("nodes.json"));
        SmallRuns.Works("cut", runs.At("run"), "--mask", runs.At("nodes.json"), "--out", runs.At("cut"));
        Assert.Equal(2, Subnetwork.FromJson(File.ReadAllText(runs.At("nodes.json")), "nodes.json").Kept.Count);
        Assert.Contains("there are no edges to take the nodes of", SmallRuns.Fails("mask", runs.At("nodes.json"), "--nodes"));
    }

    [Fact]
    public void Another_model_s_mask_is_refused_unless_it_is_meant_and_another_size_always()
    {
        JsonObject other = (JsonObject)JsonNode.Parse(File.ReadAllText(Found()))!;
        other["model"]!["sha256"] = new string('0', 64);
        string file = Write("other.json", other.ToJsonString());
        foreach (string[] command in (string[][])[["evaluate", runs.At("run"), "--mask", file], ["cut", runs.At("run"), "--mask", file, "--out", runs.At("cut")], ["mask", file, "--model", runs.Model]])
        {
            Assert.Contains("was found in another model (weights 000000000000…", SmallRuns.Fails(command));
            SmallRuns.Works([.. command, "--other-model"]);
        }
        string larger = Write("larger.json", """{"version": 2, "kept": [], "model": {"parts": {"heads": {"letters": "H", "numbered": true, "perLayer": [2, 2, 2]}, "mlps": {"letters": "MLP", "numbered": false, "perLayer": [1, 1, 1]}}}}""");
        Assert.Contains("is of a model with 3 layers of 2 heads", SmallRuns.Fails("evaluate", runs.At("run"), "--mask", larger, "--other-model"));
    }

    [Fact]
    public void Sizes_are_chosen_by_scores()
    {
        string chosen = runs.At("chosen.json");
        SmallRuns.Works("mask", Found(), "--sparsity", "0.34", "--out", chosen);
        Subnetwork before = Subnetwork.FromJson(File.ReadAllText(Found()), "a"), after = Subnetwork.FromJson(File.ReadAllText(chosen), "b");
        Assert.Equal(before.Top(4).Kept, after.Kept);
        Assert.Equal((before.Seed, before.ModelSha256, "run/ablation.safetensors"), (after.Seed, after.ModelSha256, after.AblationFile));
        Assert.Contains("is there already", SmallRuns.Fails("mask", Found(), "--top", "2", "--out", chosen));
        Assert.Contains("Leave one of the two out", SmallRuns.Fails("mask", Found(), "--top", "2", "--sparsity", "0.5"));
        Assert.Equal((2, "Error: --sparsity takes a number from 0 to 1, not '60'. See heartwood mask --help.\n"), SmallRuns.Here("mask", Found(), "--sparsity", "60") is var (code, _, error) ? (code, error) : default);
        Assert.Contains("7 parts cannot be kept of 6", SmallRuns.Fails("mask", Found(), "--top", "7"));
        Assert.Contains("nothing is ranked", SmallRuns.Fails("mask", Found(), "--absolute"));
    }

    [Fact]
    public void A_list_of_parts_becomes_a_file_and_what_is_neither_is_refused()
    {
        SmallRuns.Works("mask", "a0.h1,blocks.1.hook_mlp_out", "--model", runs.Model, "--out", runs.At("mine.json"));
        Subnetwork mine = Subnetwork.FromJson(File.ReadAllText(runs.At("mine.json")), "mine.json");
        Assert.Equal(("L0.H1 L1.MLP", "by hand", 6), (string.Join(' ', mine.Kept), mine.Method, mine.Parts));
        Assert.NotEqual("", mine.ModelSha256);
        Assert.Contains("Name it: --model FOLDER", SmallRuns.Fails("mask", "a0.h1"));
        Assert.Contains("The model has no part L7.H1", SmallRuns.Fails("mask", "7.1", "--model", runs.Model));
        Assert.Contains("There is no file 'nothing', and it is no list of parts", SmallRuns.Fails("mask", "nothing"));
        Assert.Contains("is a folder. Give one file of it: of a run subnetworks/NAME.json", SmallRuns.Fails("mask", runs.Model));
        Assert.Contains("there is no such file", SmallRuns.Fails("mask", "nothing.json"));
        Assert.Contains("--other-model says nothing without --model", SmallRuns.Fails("mask", runs.At("mine.json"), "--other-model"));
        Assert.Contains("--random says nothing without --mask or --without", SmallRuns.Fails("evaluate", "--model", runs.Model, "--in-domain", "world:in-domain,rows=20", "--random", "3"));
        Assert.Contains("--other-model says nothing without --mask", SmallRuns.Fails("cut", runs.At("mine"), "--other-model"));
    }
}
