using System.Text.Json;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;
using Heartwood.Tests.App;
using Heartwood.Tests.Lab.Models;
using Heartwood.Tests.Lab.Studies;

namespace Heartwood.Tests.Lab.Discovery;

/// <summary>Parts chosen so that every layer keeps as many of each kind, and the verb that asks for it.</summary>
[Collection("the thread team")]
public sealed class UniformChoiceTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    static Scores Drawn(Universe universe, ulong seed)
    {
        Chance chance = new(seed, "scores of a test");
        return new([.. universe.Parts.Select((_, i) => (double)chance.Uniform(i))]);
    }

    static UniformChoice Choice(IModel model, Universe universe) => new(model, universe, _ => true);

    public static TheoryData<string, double> Sizes => [.. new MatrixTheoryData<string, double>(
        ["heads", "neurons", "heads,neurons", "layers,neurons", "layers,heads,neurons"], [0.2, 0.4, 0.5, 0.7, 0.85])];

    [Theory, MemberData(nameof(Sizes))]
    public void Every_layer_that_stays_keeps_as_many_of_each_kind_and_the_count_is_near(string kinds, double sparsity)
    {
        IModel model = Small.Model(layers: 4, heads: 6, width: 24, family: "qwen2");
        Universe universe = model.Universe(PartKinds.Usual.Named(kinds.Split(',')));
        for (ulong seed = 1; seed <= 4; seed++)
        {
            IReadOnlyList<Part> kept = Choice(model, universe).KeptAt(Drawn(universe, seed), sparsity);
            Assert.Equal(kept.Order(), kept);
            Assert.Equal(kept.Count, kept.Distinct().Count());
            IModel cut = Cutting.Cut(model, kept, Ablation.Zero(universe));
            Assert.Single(cut.Layers.Select(l => (l.Heads, l.Neurons)).Distinct());
            Assert.True(cut.Layers[0].Heads > 0 && cut.Layers[0].Neurons > 0);
            Assert.StartsWith("its config.json is that of an ordinary qwen2", new HuggingFaceExport().HowLoaded(cut), StringComparison.Ordinal);
            // half of what a layer more or less would change
            int step = kinds.Contains("neurons", StringComparison.Ordinal) ? cut.Layers.Count : 4;
            Assert.InRange(kept.Count, universe.KeptAt(sparsity) - step / 2.0, universe.KeptAt(sparsity) + step / 2.0);
        }
    }

    [Fact]
    public void Of_each_layer_the_highest_scores_stay()
    {
        IModel model = Small.Model(layers: 3, heads: 6, width: 24, family: "qwen2");
        Universe universe = model.Universe([Heads.Kind]);
        Scores scores = Drawn(universe, 9);
        IReadOnlyList<Part> kept = Choice(model, universe).KeptAt(scores, 0.5);
        foreach (var layer in universe.Parts.GroupBy(p => p.Layer))
            Assert.Equal(layer.OrderByDescending(p => scores.Values[universe.PlaceOf(p)]).Take(3).Order(), kept.Where(p => p.Layer == layer.Key));
    }

    [Fact]
    public void Key_and_value_heads_keep_equal_groups_alike_in_every_layer()
    {
        IModel model = GoldenModelTests.Load("llama/grouped");
        int shared = model.Layers[0].HeadsPerKeyValueHead.Count, serves = model.Layers[0].HeadsPerKeyValueHead[0];
        Assert.True(shared > 1 && serves > 1, "the golden shares keys and values");
        Universe universe = model.Universe([Heads.Kind]);
        for (ulong seed = 1; seed <= 10; seed++) _ = Groups(Drawn(universe, seed));
        // the first key and value head's own heads highest of each layer; then the first of those of each
        Assert.Equal([serves], Groups(new([.. universe.Parts.Select(p => p.Index < serves ? 1.0 : 0)])));
        Assert.Equal(Enumerable.Repeat(serves / 2, shared), Groups(new([.. universe.Parts.Select(p => p.Index % serves < serves / 2 ? 1.0 : 0)])));

        IReadOnlyList<int> Groups(Scores scores)
        {
            IModel cut = Cutting.Cut(model, Choice(model, universe).KeptAt(scores, 0.5), Ablation.Zero(universe));
            Assert.Single(cut.Layers.Select(l => string.Join(' ', l.HeadsPerKeyValueHead)).Distinct());
            IReadOnlyList<int> groups = cut.Layers[0].HeadsPerKeyValueHead;
            Assert.Single(groups.Distinct());
            return groups;
        }
    }

    [Fact]
    public void A_number_of_heads_that_is_not_allowed_is_not_chosen()
    {
        IModel model = Small.Model(layers: 2, heads: 6, width: 24, family: "llama");
        Universe universe = model.Universe([Heads.Kind]);
        UniformChoice choice = new(model, universe, count => 24 % count == 0);
        Assert.Equal([2, 4, 6, 8, 12], choice.Possible);
        Assert.Equal(8, choice.KeptAt(Drawn(universe, 1), 0.25).Count);
        Assert.Equal(12, choice.KeptAt(Drawn(universe, 1), 0.1).Count);
    }

    [Theory]
    [InlineData("qwen2", "zero", "heads,neurons"), InlineData("mistral", "mean", "heads,neurons"), InlineData("bert", "mean", "neurons")]
    public void Find_makes_a_cut_with_an_ordinary_config(string family, string ablation, string parts)
    {
        SmallWorld.ModelOf(family, runs.At("model"));
        string[] more = ["--parts", parts, "--ablation", ablation, "--method", "magnitude", "--sparsity", "0.5"];
        JsonElement result = JsonDocument.Parse(SmallRuns.Works([.. runs.Find("run", 4), "--uniform", "--all", "--json", .. more])).RootElement;
        JsonElement cut = result.GetProperty("questions").GetProperty("cut").GetProperty("facts");
        Assert.InRange(cut.GetProperty("largestDifference").GetDouble(), 0, 1e-5);
        Assert.StartsWith("its config.json is that of an ordinary", cut.GetProperty("howLoaded").GetString(), StringComparison.Ordinal);
        string config = File.ReadAllText(runs.At("run", "cut", "config.json"));
        foreach (string key in (string[])[OwnKeys.HeadsPerLayer, OwnKeys.NeuronsPerLayer, OwnKeys.HeadsPerKeyValueHead, OwnKeys.Biases])
            Assert.DoesNotContain(key, config, StringComparison.Ordinal);
        Assert.False(File.Exists(runs.At("run", "cut", "modeling_heartwood.py")));
    }

    [Theory]
    [InlineData("bert", "heads,neurons", "zero", "It loses neurons and layers only: --parts neurons or --parts layers,neurons")]
    [InlineData("gpt2", "heads", "mean", "heads of a gpt2 are always as wide as the model's width over their number")]
    [InlineData("qwen2", "heads,mlps", "zero", "L0.MLP is one of the MLPs")]
    [InlineData("qwen3", "neurons", "mean", "Search with --ablation zero, or leave out --uniform")]
    [InlineData("gemma2", "neurons", "mean", "Search with --ablation zero, or leave out --uniform")]
    public void What_has_no_ordinary_config_is_refused_with_the_move(string family, string parts, string ablation, string why)
    {
        SmallWorld.ModelOf(family, runs.At("model"));
        string[] more = ["--parts", parts, "--ablation", ablation, "--method", "magnitude"];
        Assert.Contains(why, SmallRuns.Fails([.. runs.Find("run", 4), "--uniform", .. more]), StringComparison.Ordinal);
        Assert.False(Directory.Exists(runs.At("run")));
    }

    [Fact]
    public void A_size_that_equal_layers_do_not_come_near_to_is_refused_with_those_that_they_do()
    {
        SmallWorld.ModelOf("qwen2", runs.At("model"));
        string said = SmallRuns.Fails([.. runs.Find("run", 4), "--uniform", "--parts", "heads", "--ablation", "zero", "--method", "magnitude",
            "--sparsity", "0.25"]);
        Assert.Contains("every layer keeps as many heads as any other, and the nearest that gives is 0.5.", said, StringComparison.Ordinal);
    }
}
