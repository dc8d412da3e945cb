using System.Text;
using System.Text.Json.Nodes;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Formats;

namespace Heartwood.Tests.Lab.Subnetworks.Formats;

public class MibCircuitTests
{
    /// <summary>What a model of one layer of two heads has, written as the format's page describes it.</summary>
    internal const string Nodes = """
        {
          "cfg": {"n_layers": 1, "n_heads": 2, "parallel_attn_mlp": false, "d_model": 8},
          "nodes": {"input": {"in_graph": true, "score": NaN}, "a0.h0": {"in_graph": true, "score": 0.30000001192092896}, "a0.h1": {"in_graph": false, "score": -2.5}, "m0": {"in_graph": true, "score": NaN}, "logits": {"in_graph": true}},
          "edges": {
            "input->a0.h0<q>": {"score": 0.0, "in_graph": true}, "input->a0.h0<k>": {"score": 0.0, "in_graph": true}, "input->a0.h0<v>": {"score": 0.0, "in_graph": true},
            "input->a0.h1<q>": {"score": 0.0, "in_graph": false}, "input->a0.h1<k>": {"score": 0.0, "in_graph": false}, "input->a0.h1<v>": {"score": 0.0, "in_graph": false},
            "input->m0": {"score": 0.0, "in_graph": true}, "a0.h0->m0": {"score": 0.0, "in_graph": true}, "a0.h1->m0": {"score": 0.0, "in_graph": false},
            "input->logits": {"score": 0.0, "in_graph": true}, "a0.h0->logits": {"score": 0.0, "in_graph": true}, "a0.h1->logits": {"score": 0.0, "in_graph": false}, "m0->logits": {"score": 0.0, "in_graph": true}
          }
        }
        """;

    /// <summary>The same model's edges, as older files had them: nodes are true or false, a score may be null.</summary>
    internal const string Edges = """
        {"cfg": {"n_layers": 1, "n_heads": 2, "parallel_attn_mlp": false},
         "nodes": {"input": true, "a0.h0": true, "a0.h1": true, "m0": false, "logits": true},
         "edges": {"input->a0.h0<q>": {"score": 0.5, "in_graph": true}, "a0.h0->logits": {"score": -0.25, "in_graph": true}, "a0.h1->m0": {"score": null, "in_graph": false}, "input->m0": {"score": 1e-9, "in_graph": false}}}
        """;

    static MaskFile Read(string json) => MaskFile.Parse(Encoding.UTF8.GetBytes(json), "c.json");

    [Fact]
    public void A_circuit_of_nodes_is_read_with_its_scores()
    {
        MaskFile read = Read(Nodes);
        Assert.Equal(("mib", "L0.H0 L0.MLP", 3, 1 - 2 / 3.0), (read.Format, string.Join(' ', read.Mask.Kept), read.Mask.Parts, read.Mask.Sparsity));
        Assert.Null(read.Mask.Edges);
        Assert.Equal([(Heads.Kind.Part(0, 0), (double)0.3f), (Heads.Kind.Part(0, 1), -2.5)], read.Mask.Scores.Select(s => (s.Key, s.Value)).Order());
        Assert.Equal("1 parts have no score; where parts are ranked, these are kept first, as in the format.", Assert.Single(read.Notes));
        Assert.Equal("", read.Mask.Ablation);
    }

    [Fact]
    public void A_circuit_of_edges_stays_one()
    {
        Subnetwork circuit = Read(Edges).Mask;
        Assert.Equal(["edges"], circuit.InPlay);
        Assert.Equal(["input>L0.H0.Q", "L0.H0>logits"], circuit.Edges!.Kept.Select(e => e.ToString()));
        Assert.Equal((13, 3), ((int)circuit.Edges.Count, circuit.Edges.Scores.Count));
        Assert.Equal("L0.H0 L0.H1", string.Join(' ', circuit.Kept));            // as the file says of its nodes
        Assert.Equal("L0.H0", string.Join(' ', circuit.Nodes().Kept));
    }

    [Fact]
    public void A_circuit_of_nodes_goes_out_and_comes_back_as_it_was()
    {
        JsonNode before = JsonNode.Parse(Nodes.Replace(", \"score\": NaN", ""))!, after = JsonNode.Parse(MaskFile.Write(Read(Nodes).Mask, "mib"))!;
        Assert.True(JsonNode.DeepEquals(before, after), after.ToJsonString());
    }

    [Fact]
    public void A_circuit_of_edges_goes_through_Heartwood_s_file_and_back_with_every_bit()
    {
        Subnetwork circuit = Read(Edges).Mask with { Model = ModelSizes.Even("", 1, 2, 8) };
        Subnetwork there = Subnetwork.FromJson(circuit.ToJson(), "a.json");
        string written = MaskFile.Write(there, "mib");
        Assert.Equal(13, JsonNode.Parse(written)!["edges"]!.AsObject().Count);
        Subnetwork back = Read(written).Mask;
        Assert.Equal(circuit.Edges!.Kept, back.Edges!.Kept);
        Assert.Equal(circuit.Kept, back.Kept);
        foreach (var (edge, score) in circuit.Edges.Scores) Assert.Equal(BitConverter.DoubleToInt64Bits(score), BitConverter.DoubleToInt64Bits(back.Edges.Scores[edge]));
        Assert.Equal(written, MaskFile.Write(back, "mib"));
    }

    [Theory, InlineData("nodes"), InlineData("edges"), InlineData("edges-parallel")]
    public void What_another_program_wrote_goes_through_Heartwood_s_file_and_back_unchanged(string name)
    {
        string written = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "goldens", "masks", $"{name}.json"));
        Subnetwork read = Read(written).Mask, there = Subnetwork.FromJson(read.ToJson(), "a.json");
        Assert.Equal(name == "nodes", read.Edges is null);
        JsonNode before = JsonNode.Parse(written.Replace(", \"score\": NaN", ""))!, after = JsonNode.Parse(MaskFile.Write(there, "mib"))!;
        if (name != "nodes") before["nodes"]!["input"]!["in_graph"] = true;                     // never absent here
        Assert.True(JsonNode.DeepEquals(before, after), after.ToJsonString());
        Assert.InRange(read.Edges?.Kept.Count ?? read.Kept.Count, 1, (int)(read.Edges?.Count ?? read.Parts) - 1);
    }

    [Fact]
    public void A_subnetwork_of_heads_keeps_its_MLPs()
    {
        Subnetwork heads = new(0, "", 0, 2, [Heads.Kind.Part(0, 1)], new Dictionary<Part, double>(), "", "") { InPlay = ["heads"], Model = ModelSizes.Even("", 1, 2, 8) };
        Assert.Equal("L0.H1 L0.MLP", string.Join(' ', Read(MaskFile.Write(heads, "mib")).Mask.Kept));
    }

    [Fact]
    public void Scores_of_which_nothing_was_chosen_are_read_at_the_level_that_has_them()
    {
        JsonObject scores = (JsonObject)JsonNode.Parse(Nodes.Replace("NaN", "null").Replace("\"in_graph\": true", "\"in_graph\": false"))!;
        Assert.Null(Read(scores.ToJsonString()).Mask.Edges);
        foreach (string node in (string[])["a0.h0", "a0.h1"]) ((JsonObject)scores["nodes"]![node]!).Remove("score");
        scores["edges"]!["a0.h0->m0"]!["score"] = 0.5;
        Subnetwork edges = Read(scores.ToJsonString()).Mask;
        Assert.Empty(edges.Edges!.Kept);
        Assert.Equal("L0.H0>L0.MLP", Assert.Single(edges.Top(1).Edges!.Kept).ToString());
    }

    [Theory]
    [InlineData("\"n_layers\": 1", "\"n_layers\": 0", "cfg.n_layers: expected a whole number from 1")]
    [InlineData("\"n_layers\": 1", "\"n_layers\": 999999", "'cfg' makes more than 1,000,000 nodes")]
    [InlineData("\"n_heads\": 2", "\"n_heads\": 1", "the node 'a0.h1' is none of a model with 1 layer of 1 head, which 'cfg' says it is")]
    [InlineData("\"parallel_attn_mlp\": false", "\"parallel_attn_mlp\": true", "the edge 'a0.h0->m0' is none of a model")]
    [InlineData("\"a0.h0\":", "\"A0.H0\":", "'A0.H0' is no node. Nodes are input, a0.h1")]
    [InlineData("input->m0", "input-m0", "'input-m0' is no edge")]
    [InlineData("a0.h0->m0", "a0.h0->m0<q>", "the edge 'a0.h0->m0<q>' is none of a model")]
    [InlineData("input->a0.h0<q>", "input->a0.h0", "the edge 'input->a0.h0' is none of a model")]
    [InlineData("-2.5", "Infinity", "'a0.h1'.score: expected a finite number, found \"Infinity\"")]
    [InlineData("-2.5", "-2.5, \"neurons\": [true]", "'a0.h1' lists neurons. Heartwood reads circuits of nodes and of edges")]
    [InlineData("\"in_graph\": false, ", "", "'a0.h1' lacks 'in_graph'")]
    [InlineData("\"edges\"", "\"edgez\"", "the key 'edges' is missing")]
    public void What_is_no_circuit_is_refused_with_its_file(string part, string instead, string gist)
    {
        string message = Assert.Throws<FormatException>(() => Read(Nodes.Replace(part, instead))).Message;
        Assert.StartsWith("c.json: ", message);
        Assert.Contains(gist, message);
    }

    [Fact]
    public void What_the_format_cannot_say_is_refused_and_what_it_leaves_out_is_said()
    {
        Subnetwork mask = Read(Nodes).Mask;
        Assert.Contains("--model FOLDER", Assert.Throws<ArgumentException>(() => MaskFile.Write(mask with { Model = null }, "mib")).Message);
        Assert.Contains("--model FOLDER", Assert.Throws<ArgumentException>(() => MaskFile.Write(mask with { Model = ModelSizes.Even("", 1, 2) }, "mib")).Message);
        Assert.Contains("as many heads in every layer", Assert.Throws<ArgumentException>(() => MaskFile.Write(mask with { Model = ModelSizes.HeadsAndMlps("", [2, 1], [true, true], 8) }, "mib")).Message);
        Assert.Null(MaskFile.Lost(mask, "mib"));
        Assert.Equal("The format mib has no place for: ablation, method, data, the model's hash.", MaskFile.Lost(MaskJsonTests.Full, "mib"));
    }
}
