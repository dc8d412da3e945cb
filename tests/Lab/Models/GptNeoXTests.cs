using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Discovery;
using Heartwood.Tests.Lab.Subnetworks;

namespace Heartwood.Tests.Lab.Models;

/// <summary>What GPT-NeoX has for itself; what holds of every family is asked of it elsewhere, and its numbers in ModelGoldenTests.</summary>
public class GptNeoXTests
{
    /// <summary>The same with the biases of attention, which older files always have, taken out.</summary>
    internal static IModel Unbiased(IModel model)
    {
        JsonObject config = (JsonObject)model.Config.DeepClone();
        config["attention_bias"] = false;
        return model.With(config, model.Weights.Map((name, t) =>
            name.Contains(".attention.", StringComparison.Ordinal) && name.EndsWith(".bias", StringComparison.Ordinal) ? null : t));
    }

    static IModel Model(string share = "rotary_pct", JsonNode? of = null) =>
        PartKindTests.WithKeys(Small.Model(layers: 2, width: 16, family: "gpt_neox"), (share, of ?? 0.25));

    static float[] Scores(IModel model) => model.Forward(Small.Batch(), NoProbe.Instance).Values.ToArray();

    [Fact]
    public void Side_by_side_and_one_after_the_other_are_the_same_where_attention_adds_nothing_and_differ_elsewhere()
    {
        IModel beside = Model(), after = PartKindTests.WithKeys(beside, ("use_parallel_residual", false));
        Assert.NotEqual(Scores(beside), Scores(after));
        Assert.Equal(Scores(Without(beside)), Scores(Without(after)));

        static IModel Without(IModel model) => model.With(model.Config, model.Weights.Map((name, t) =>
            name.Contains("attention.dense", StringComparison.Ordinal) ? Tensor.Zeros(t.Shape.Axes).KeepForever() : t));
    }

    [Fact]
    public void Side_by_side_there_is_no_middle_and_no_edge_from_attention_to_the_MLP_of_its_layer()
    {
        IModel beside = Model(), after = PartKindTests.WithKeys(beside, ("use_parallel_residual", false));
        foreach (var (model, parallel) in new[] { (beside, true), (after, false) })
        {
            Recorder seen = new();
            model.Forward(Small.Batch(), seen);
            Assert.Equal(!parallel, seen.Seen.Keys.Any(site => site.Point == Point.Middle));
            ModelSizes sizes = model.Sizes(PartKinds.Usual);
            Assert.Equal(parallel, sizes.Parallel);
            Assert.Equal(!parallel, Edge.All(sizes).Contains(Edge.Parse("L0.H1>L0.MLP")));
        }
    }

    [Fact]
    public void Who_needs_the_middle_refuses_it_by_name_and_takes_whole_layers()
    {
        Assert.Contains("layer-similarity scores L0.ATT, one of the attention blocks, by the residual stream between attention and MLP "
            + "(the middle site), and in this model the two stand side by side", Assert.Throws<ArgumentException>(() => Begin(AttentionBlocks.Kind)).Message);
        Assert.Contains("--parts layers", Assert.Throws<ArgumentException>(() => Begin(Mlps.Kind, Layers.Kind)).Message);
        Assert.Equal(2, Begin(Layers.Kind).Finish().Values.Count);

        static ISearch Begin(params PartKind[] kinds)
        {
            IModel model = Model();
            Universe universe = model.Universe(kinds);
            return new LayerSimilarity().Begin(FinderRules.Asked(12) with
            {
                Model = model,
                Universe = universe,
                Ablation = Ablation.Zero(universe),
            });
        }
    }

    [Fact]
    public void The_share_of_a_head_that_turns_is_read_under_its_older_and_newer_names_and_must_be_pairs()
    {
        float[] quarter = Scores(Model());
        Assert.Equal(quarter, Scores(Model("partial_rotary_factor", 0.25)));
        Assert.Equal(quarter, Scores(Model("rope_parameters", JsonNode.Parse("""{"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.25}"""))));
        Assert.NotEqual(quarter, Scores(Model("rotary_pct", 0.5)));
        IModel half = Model("rotary_pct", 0.5);                  // two pairs; the first pair turns alike whatever the base is
        Assert.NotEqual(Scores(half), Scores(PartKindTests.WithKeys(half, ("rotary_emb_base", 100))));
        Assert.Contains("rotary_pct is 0.25, partial_rotary_factor 0.5",
            Assert.Throws<CheckpointException>(() => Model("partial_rotary_factor", 0.5)).Message);
        Assert.Contains("of heads 8 wide a share of 0.4 is to be turned",
            Assert.Throws<CheckpointException>(() => Model("rotary_pct", 0.4)).Message);
    }

    [Fact]
    public void What_older_files_store_next_to_the_weights_is_left_out()
    {
        var (config, tensors) = Named.Classifier("gpt_neox");
        IModel usual = Named.Load(config, tensors).Model, read = Named.Load(config, tensors
            .With("gpt_neox.layers.0.attention.bias", Tensor.Lasting(1, 1, 16, 16))
            .With("gpt_neox.layers.0.attention.masked_bias", Named.Row(1))
            .With("gpt_neox.layers.0.attention.rotary_emb.inv_freq", Named.Row(1))).Model;
        Small.SameBits(usual, read);
    }

    [Fact]
    public void Without_biases_of_attention_a_model_gets_them_with_a_key_that_other_software_reads()
    {
        IModel without = Unbiased(Model()), with = without.WithBiases();
        Assert.NotSame(without, with);
        Assert.True((bool)with.Config["attention_bias"]!);
        Assert.Null(with.WhyOnlyOurBiases);
        Assert.Equal(Scores(without), Scores(with));
        Assert.Same(with, with.WithBiases());
    }
}
