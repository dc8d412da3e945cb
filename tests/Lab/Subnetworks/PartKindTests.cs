using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Models;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Subnetworks;

/// <summary>What holds of every kind of part, and of all of them together, in every family.</summary>
public sealed class PartKindTests : IDisposable
{
    const string All = "heads,mlps,attention,layers,neurons";
    const int Draws = 4;

    static readonly IReadOnlyList<Example> examples = Small.Examples(6);
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    static readonly Dictionary<string, Func<IModel>> models = new()
    {
        ["bert"] = () => Small.Model(layers: 3, heads: 3, width: 12),
        ["roberta"] = () => Small.Model(layers: 3, heads: 3, width: 12, family: "roberta"),
        ["distilbert"] = () => Small.Model(layers: 3, heads: 3, width: 12, family: "distilbert"),
        ["electra"] = () => Small.Model(layers: 3, heads: 3, width: 12, family: "electra"),
        ["gpt2"] = () => Small.Model(layers: 3, heads: 3, width: 12, family: "gpt2"),
        ["gpt2, a language model"] = () => GoldenModelTests.Load("gpt2/language"),
        ["gpt2, attention scaled by layer"] = () => ScaledByLayer(Small.Model(layers: 3, heads: 3, width: 12, family: "gpt2")),
        ["gpt_neox"] = () => Small.Model(layers: 3, heads: 3, width: 12, family: "gpt_neox"),
        ["gpt_neox, one after the other"] = () =>
            WithKeys(Small.Model(layers: 3, heads: 3, width: 12, family: "gpt_neox"), ("use_parallel_residual", false)),
        ["gpt_neox, without biases"] = () => GptNeoXTests.Unbiased(Small.Model(layers: 3, heads: 3, width: 12, family: "gpt_neox")),
        ["gemma2"] = () => RotaryTests.Windowed(Small.Model(layers: 3, heads: 3, width: 12, family: "gemma2"), 3),
        ["gemma2, a language model"] = () => Named.Load(Named.Speaker("gemma2").Config, Named.Speaker("gemma2").Tensors).Model,
        ["gemma2, cut"] = () => RotaryTests.Make("gemma2, cut"),
        ["llama"] = () => Small.Model(layers: 3, heads: 3, width: 12, family: "llama"),
        ["llama, shared keys"] = () => GoldenModelTests.Load("llama/grouped"),
        ["qwen2"] = () => Small.Model(layers: 3, heads: 3, width: 12, family: "qwen2"),
        ["qwen2, a window in some layers"] = () => SomeWindowed(Small.Model(layers: 3, heads: 3, width: 12, family: "qwen2")),
        ["qwen3"] = () => Small.Model(layers: 3, heads: 3, width: 12, family: "qwen3"),
        ["qwen3, shared keys and a window in some layers"] = () => SomeWindowed(RotaryTests.Grouped("qwen3")),
        ["mistral"] = () => RotaryTests.Windowed(Small.Model(layers: 3, heads: 3, width: 12, family: "mistral"), 3),
    };

    static IModel ScaledByLayer(IModel model) => WithKeys(model, ("scale_attn_by_inverse_layer_idx", true));

    static IModel SomeWindowed(IModel model) =>
        WithKeys(model, ("use_sliding_window", true), ("sliding_window", 3), ("max_window_layers", 1));

    internal static IModel WithKeys(IModel model, params (string Key, JsonNode Value)[] keys)
    {
        JsonObject config = (JsonObject)model.Config.DeepClone();
        foreach (var (key, value) in keys) config[key] = value;
        return model.With(config, model.Weights);
    }

    public static TheoryData<string, string, string> ModelsAndKinds =>
        [.. from model in models.Keys from kinds in All.Split(',').Append(All) from ablation in (string[])["zero", "mean"] select (model, kinds, ablation)];

    static Universe Of(IModel model, string kinds) => model.Universe(PartKinds.Usual.Named(kinds.Split(',')));

    // of the few layers of a test model one stays at least
    static Part[] Kept(Universe universe, ulong draw)
    {
        HashSet<Part> kept = [.. universe.Parts.Where((part, i) => new Chance(draw, "some parts").Uniform(i) < (part.Kind == "N" ? 0.5 : 0.7))];
        Part[] layers = [.. universe.PartsOf(Layers.Kind)];
        if (layers.Length > 0 && !layers.Any(kept.Contains)) kept.Add(layers[(int)(draw % (ulong)layers.Length)]);
        return [.. kept.Order()];
    }

    static float[] Masked(IModel model, IReadOnlyList<Part> kept, Ablation ablation) =>
        new Answers(examples).Scores(model, [MaskProbe.Only(ablation.Universe, kept).Values.ToArray()], ablation)[0];

    static float[] Scores(IModel model) => new Answers(examples).Scores(model);

    [Theory, MemberData(nameof(ModelsAndKinds))]
    public void Cut_equals_masked_and_so_does_the_model_of_full_size(string name, string kinds, string ablation)
    {
        IModel model = models[name]();
        Universe universe = Of(model, kinds);
        Ablation left = Small.Absent(model, universe, ablation);
        for (ulong draw = 0; draw < Draws; draw++)
        {
            Part[] kept = Kept(universe, draw);
            float[] masked = Masked(model, kept, left);
            IModel cut = Cutting.Cut(model, kept, left);
            Small.Close(masked, Scores(cut), $"{name}, draw {draw}, cut");
            if (Cutting.WhyNoFullSize(model, left.How) is null)
                Small.Close(masked, Scores(Cutting.FullSize(model, kept, left)), $"{name}, draw {draw}, full size");
            Assert.True(cut.Weights.Count < model.WithBiases().Weights.Count || kept.Length == universe.Count);
        }
    }

    [Theory, MemberData(nameof(ModelsAndKinds))]
    public void A_mask_of_ones_changes_nothing_to_the_last_bit_and_one_of_zeros_leaves_the_ablation(string name, string kinds, string ablation)
    {
        IModel model = models[name]();
        Universe universe = Of(model, kinds);
        Ablation left = Small.Absent(model, universe, ablation);
        Batch batch = Small.Batch();
        Tensor ones = Tensor.Ones(universe.Count).Track();       // then the mixing is really computed
        Small.SameBits(model.Forward(batch, NoProbe.Instance).Values, model.Forward(batch, new MaskProbe(ones, left)).Values, name);

        Recorder seen = new(inner: new MaskProbe(Tensor.Zeros(universe.Count), left));
        model.Forward(batch, seen, Tokens.All);
        foreach (Place place in universe.Places)
        {
            Tensor value = seen.Seen[place.Site];
            Tensor? entered = place.PassesOn ? seen.Seen[new(place.Site.Layer, Point.LayerIn)] : null;
            var (tokens, width) = value.AsTokens();
            for (int t = 0; t < tokens; t++)
                Assert.Equal(entered is null ? left.ConstantOf(place).ToArray() : entered.Values.Slice(t * width, width).ToArray(),
                    value.Values.Slice(t * width + place.Start, place.Length).ToArray());
        }
    }

    [Theory, InlineData("bert"), InlineData("llama, shared keys"), InlineData("gpt2"), InlineData("electra"),
        InlineData("qwen3, shared keys and a window in some layers"), InlineData("gpt_neox"), InlineData("gemma2")]
    public void The_gradient_of_a_mask_of_all_kinds_is_that_of_finite_differences(string name)
    {
        IModel model = models[name]();
        Universe universe = Of(model, All);
        Ablation left = Small.Absent(model, universe, "mean");
        Batch batch = Small.Batch();
        float[] at = [.. Enumerable.Range(0, universe.Count).Select(i => 0.4f + 0.5f * new Chance(3, "mask").Uniform(i))];
        Tensor mask = Tensor.From(at, at.Length).Track();
        float[] slopes = LossAt(mask).Gradients(mask)[0].Values.ToArray();
        const float Step = 0.02f;
        foreach (int i in Enumerable.Range(0, at.Length).Where(i => universe.Parts[i].Kind != "N" || i % 7 == 0))
        {
            double up = LossAt(Moved(i, Step)).Item, down = LossAt(Moved(i, -Step)).Item;
            Assert.Equal((up - down) / (2 * Step), slopes[i], 4e-3);
        }
        foreach (PartKind kind in universe.Kinds) Assert.Contains(universe.PartsOf(kind), part => Math.Abs(slopes[universe.PlaceOf(part)]) > 1e-3);

        Tensor Moved(int place, float by) => Tensor.From([.. at.Select((m, i) => i == place ? m + by : m)], at.Length);
        Tensor LossAt(Tensor m)
        {
            Tensor scores = model.Forward(batch, new MaskProbe(m, left));
            return scores.CrossEntropy([.. Enumerable.Range(0, scores.Shape[0]).Select(i => i % 2)]);
        }
    }

    [Theory, InlineData("bert"), InlineData("distilbert"), InlineData("gpt2, attention scaled by layer"), InlineData("llama, shared keys"),
        InlineData("qwen2, a window in some layers"), InlineData("mistral"), InlineData("qwen3, shared keys and a window in some layers"),
        InlineData("gpt_neox"), InlineData("gpt_neox, without biases"), InlineData("gemma2")]
    public void An_absent_layer_leaves_the_file_and_the_others_close_up(string name)
    {
        IModel model = models[name]();
        Universe universe = Of(model, All);
        Ablation left = Small.Absent(model, universe, "mean");
        Part[] kept = [.. universe.Parts.Where(part => part.ToString() is not ("L0" or "L1.H0" or "L1.N3"))];
        IModel cut = Cutting.Cut(model, kept, left);
        Assert.Equal(model.Layers.Count - 1, cut.Layers.Count);
        Assert.Equal(model.Layers.Skip(1).Select(layer => layer.Window), cut.Layers.Select(layer => layer.Window));
        Assert.Equal((model.Layers[1].Heads - 1, model.Layers[1].Neurons - 1), (cut.Layers[0].Heads, cut.Layers[0].Neurons));
        ModelFolder.Save(cut, temporary.At("cut"), new Dictionary<string, byte[]>());
        using HuggingFaceFolder open = HuggingFaceFolder.Open(temporary.At("cut"));
        IModel back = ModelFolder.Load(open);
        Small.SameBits(Scores(cut), Scores(back), name);
        Small.Close(Masked(model, kept, left), Scores(back), name);
    }

    [Fact]
    public void A_layer_that_lost_all_its_parts_stays_with_what_still_acts_in_it()
    {
        IModel model = models["bert"]();
        Universe universe = Of(model, "heads,mlps,layers");
        Ablation left = Small.Absent(model, universe, "zero");
        Part[] without = [.. universe.Parts.Where(part => part.Layer != 1 || part.Kind == "")];
        IModel cut = Cutting.Cut(model, without, left);
        Assert.Equal((3, 0, 0), (cut.Layers.Count, cut.Layers[1].Heads, cut.Layers[1].Neurons));
        Assert.Contains("bert.encoder.layer.1.output.LayerNorm.weight", cut.Weights.All.Keys);
        float[] layerGone = Scores(Cutting.Cut(model, universe.Parts.Except([Layers.Kind.Part(1)]), left));
        Assert.Contains(Scores(cut).Zip(layerGone), pair => Math.Abs(pair.First - pair.Second) > 1e-3);      // norms are no identity
    }

    [Fact]
    public void Without_any_layer_there_is_nothing_to_cut()
    {
        IModel model = Small.Model();
        Ablation left = Small.Absent(model, Of(model, "layers"), "zero");
        NotSupportedException refused = Assert.Throws<NotSupportedException>(() => Cutting.Cut(model, [], left));
        Assert.Equal(Cutting.WhyNot(model, [], left), refused.Message);
        Assert.StartsWith("All layers are ablated", refused.Message);
        Assert.Null(Cutting.WhyNot(model, left.Universe.Parts.Take(1), left));
    }

    [Fact]
    public void Neurons_are_drawn_in_each_layer_apart_and_other_kinds_over_all_layers()
    {
        Universe universe = Of(Small.Model(layers: 2), "heads,neurons");
        Assert.Equal(["1 head", "1 neuron of layer 0", "1 neuron of layer 1"], universe.Strata.Select(stratum => stratum.Counted(1)));
        Part[] set = [Heads.Kind.Part(0, 1), .. Enumerable.Range(0, 5).Select(i => Neurons.Kind.Part(1, i)), Neurons.Kind.Part(0, 7)];
        for (int draw = 0; draw < 20; draw++)
        {
            IReadOnlyList<Part> drawn = RandomParts.Like(universe, set, new(1, "test"), draw);
            Assert.Equal(universe.Counts(set), universe.Counts(drawn));
            Assert.Equal([1, 1, 5], universe.Counts(drawn));
        }
    }

    [Fact]
    public void Kinds_are_named_once_each_and_a_name_that_is_none_is_told_the_nearest()
    {
        Assert.Equal(["heads", "neurons"], PartKinds.Usual.Named(["neurons", "heads"]).Select(kind => kind.Name));
        string Refused(params string[] names) => Assert.Throws<ArgumentException>(() => PartKinds.Usual.Named(names)).Message;
        Assert.Contains("There is no kind of part 'head'. Did you mean heads?", Refused("head"));
        Assert.Contains("named twice", Refused("heads", "heads"));
        Assert.Contains("Which parts are in play?", Refused());
    }

    [Fact]
    public void A_part_s_own_weights_are_what_its_cut_loses()
    {
        IModel model = models["llama"]();
        Universe universe = Of(model, "heads,neurons,layers");
        foreach (Place place in universe.Places)
        {
            IModel cut = Cutting.Cut(model, universe.Parts.Except([place.Part]), Ablation.Zero(universe));
            long own = place.Own.Sum(stretch => (long)stretch.Length * model.Weights.All[stretch.Tensor].Count / model.Weights.All[stretch.Tensor].Shape[stretch.Axis]);
            Assert.Equal(model.Weights.Count - own, cut.Weights.Count);
        }
    }
}
