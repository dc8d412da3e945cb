using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Reports;
using Heartwood.Tests.Lab.Subnetworks;

namespace Heartwood.Tests.Lab.Models;

/// <summary>What Gemma 2 has for itself; what holds of every family is asked of it elsewhere, and its numbers in ModelGoldenTests.</summary>
public sealed class Gemma2Tests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    static IModel Model(params (string Key, JsonNode Value)[] keys) =>
        PartKindTests.WithKeys(Small.Model(layers: 3, family: "gemma2"), keys);

    static float[] Scores(IModel model) => model.Forward(Small.Batch(), NoProbe.Instance).Values.ToArray();

    static IModel Without(IModel model, string key)
    {
        JsonObject config = (JsonObject)model.Config.DeepClone();
        config.Remove(key);
        return model.With(config, model.Weights);
    }

    static IModel WithNull(IModel model, string key)
    {
        JsonObject config = (JsonObject)model.Config.DeepClone();
        config[key] = null;
        return model.With(config, model.Weights);
    }

    [Theory, InlineData("attention", "L1.ATT", "self_attn.o_proj", "post_attention_layernorm"),
        InlineData("mlps", "L1.MLP", "mlp.down_proj", "post_feedforward_layernorm")]
    public void A_whole_block_leaves_with_the_norm_after_it_and_its_constant_is_added_after_where_that_was(
        string kind, string part, string matrix, string after)
    {
        IModel model = Model();
        Universe universe = model.Universe(PartKinds.Usual.Named([kind]));
        Part absent = Part.Parse(part);
        Ablation means = Small.Absent(model, universe, "mean");
        Part[] kept = [.. universe.Parts.Where(p => p != absent)];
        IModel cut = Cutting.Cut(model, kept, means);
        Small.SameBits(means.ConstantOf(absent), cut.Weights.All[$"model.layers.1.{after}.bias"].Values, "constant");
        Assert.DoesNotContain($"model.layers.1.{after}.weight", cut.Weights.All.Keys);
        Assert.DoesNotContain(cut.Weights.All.Keys, name => name.StartsWith($"model.layers.1.{matrix}", StringComparison.Ordinal));
        Assert.Contains($"model.layers.0.{after}.weight", cut.Weights.All.Keys);
        Assert.Contains(universe.Places.Single(place => place.Part == absent).Own, own => own.Tensor == $"model.layers.1.{after}.weight");
        Tensor masked = model.Forward(Small.Batch(), new MaskProbe(MaskProbe.Without(universe, [absent]), means));
        Small.Close(masked.Values, Scores(cut), "cut");
        ModelFolder.Save(cut, temporary.At("cut"), new Dictionary<string, byte[]>());
        using HuggingFaceFolder open = HuggingFaceFolder.Open(temporary.At("cut"));
        IModel back = ModelFolder.Load(open);
        Small.SameBits(cut, back);
        Assert.Equal(Scores(cut), Scores(back));
        Assert.Equal(Scores(cut), Scores(cut.WithBiases()));
    }

    [Fact]
    public void Heads_that_leave_one_by_one_leave_the_norm_which_still_acts_on_what_stands_in_for_them()
    {
        IModel model = Model();
        Universe universe = model.Universe();
        Ablation means = Small.Absent(model, universe, "mean");
        Part[] heads = [.. universe.Parts.Where(p => p.Layer == 1 && Heads.Kind.Includes(p))];
        IModel cut = Cutting.Cut(model, universe.Parts.Except(heads), means);
        Assert.Equal(0, cut.Layers[1].Heads);
        Assert.Contains("model.layers.1.post_attention_layernorm.weight", cut.Weights.All.Keys);
        Assert.Contains(cut.Weights.All["model.layers.1.self_attn.o_proj.bias"].Values.ToArray(), v => v != 0);
        Small.Close(model.Forward(Small.Batch(), new MaskProbe(MaskProbe.Without(universe, heads), means)).Values, Scores(cut), "cut");
    }

    [Fact]
    public void Means_have_no_full_size_folder_and_zeros_have_one_without_a_key_of_ours()
    {
        IModel model = Model();
        Universe universe = model.Universe();
        Assert.Contains("a gemma2 of other software has none on its MLP and its norms. The cut model stays a gemma2",
            Cutting.WhyNoFullSize(model, Small.Absent(model, universe, "mean").How));
        IModel full = Cutting.FullSize(model, Small.Some(universe, 3), Ablation.Zero(universe));
        Assert.DoesNotContain("heartwood", full.Config.ToJsonString());
        Assert.Equal(model.Weights.All.Keys, full.Weights.All.Keys);
    }

    [Fact]
    public void Every_other_layer_has_the_window_from_the_first_and_keeps_it_when_others_leave()
    {
        IModel model = Model(("sliding_window", 3));
        Assert.Equal([3, null, 3], model.Layers.Select(layer => layer.Window));
        Assert.Equal([null, 3], model.WithLayers([1, 2]).Layers.Select(layer => layer.Window));
        IModel named = Model(("sliding_window", 3), ("layer_types", new JsonArray("full_attention", "full_attention", "sliding_attention")));
        Assert.Equal([null, null, 3], named.Layers.Select(layer => layer.Window));
        Assert.NotEqual(Scores(model), Scores(named));
        Assert.Contains("layer_types should name 3 layers", Refused(("layer_types", new JsonArray("full_attention"))));
        Assert.Contains("names 'chunked'", Refused(("layer_types", new JsonArray("full_attention", "chunked", "full_attention"))));
        Assert.Contains("sliding_window is 0", Refused(("sliding_window", 0)));

        static string Refused(params (string, JsonNode)[] keys) => Assert.Throws<CheckpointException>(() => Model(keys)).Message;
    }

    [Fact]
    public void Caps_hold_scores_of_attention_and_of_words_and_null_is_none_where_a_missing_key_is_the_usual_cap()
    {
        IModel model = Model(("attn_logit_softcapping", 0.5)), usual = Model();
        Assert.All(model.Layers, layer => Assert.Equal(0.5f, layer.ScoreCap));
        Assert.NotEqual(Scores(usual), Scores(model));
        Assert.Equal(Scores(usual), Scores(Without(usual, "attn_logit_softcapping")));
        Assert.All(WithNull(usual, "attn_logit_softcapping").Layers, layer => Assert.Null(layer.ScoreCap));
        Assert.Contains("attn_logit_softcapping is -1",
            Assert.Throws<CheckpointException>(() => Model(("attn_logit_softcapping", -1))).Message);
        // labels are not capped, words are
        Assert.Equal(Scores(usual), Scores(Model(("final_logit_softcapping", 0.01))));
        var (config, tensors) = Named.Speaker("gemma2");
        IModel speaker = Named.Load(config, tensors).Model;
        float[] capped = Scores(PartKindTests.WithKeys(speaker, ("final_logit_softcapping", 0.25))), plain = Scores(WithNull(speaker, "final_logit_softcapping"));
        for (int i = 0; i < plain.Length; i++) Assert.Equal(0.25 * Math.Tanh(plain[i] / 0.25), capped[i], 1e-5);
    }

    [Fact]
    public void Word_embeddings_are_taken_times_the_root_of_the_width_and_queries_over_that_of_the_scalar()
    {
        IModel model = Model(), other = Model(("query_pre_attn_scalar", 1));
        Recorder seen = new(), scaled = new();
        Batch batch = Small.Batch();
        model.Forward(batch, seen, Tokens.All);
        other.Forward(batch, scaled, Tokens.All);
        Tensor words = model.Weights.All["model.embed_tokens.weight"].Rows(batch.Ids) * MathF.Sqrt(model.Width);
        Small.SameBits(words.Values, seen.Seen[new(0, Point.Embeddings)].Values, "embeddings");
        Small.SameBits((seen.Seen[new(0, Point.AttentionQuery)] * 2).Values, scaled.Seen[new(0, Point.AttentionQuery)].Values, "queries");
    }
}
