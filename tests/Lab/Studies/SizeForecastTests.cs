using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Lab.Tasks;
using Heartwood.Tests.Lab.Models;

namespace Heartwood.Tests.Lab.Studies;

/// <summary>What is said of a cut's size before it is made is what it has.</summary>
public sealed class SizeForecastTests
{
    public static TheoryData<string> Models => [.. ModelFolder.Families, "llama/grouped", "gpt2/language"];

    static IModel Model(string name) => name.Contains('/') ? GoldenModelTests.Load(name)
        : Small.Model(layers: 3, heads: 4, width: 16, family: name);

    [Theory, MemberData(nameof(Models))]
    public void The_size_of_a_cut_is_known_to_the_weight_without_cutting(string name)
    {
        IModel model = Model(name);
        foreach (PartKind[] kinds in (PartKind[][])[[Heads.Kind, Mlps.Kind], [Heads.Kind, Neurons.Kind], [AttentionBlocks.Kind, Mlps.Kind], [Layers.Kind, Heads.Kind]])
            foreach (string ablation in (string[])["zero", "mean"])
                for (ulong draw = 1; draw <= 4; draw++)
                {
                    Universe universe = model.Universe(kinds);
                    Ablation what = Small.Absent(model, universe, ablation);
                    IReadOnlyList<Part> kept = Small.Some(universe, draw);
                    if (Cutting.WhyNot(model, kept, what) is not null) continue;
                    IModel cut = Cutting.Cut(model, kept, what);
                    CutSize size = Cutting.SizeOfCut(model, kept, what);
                    Assert.Equal((cut.Weights.Count, cut.Weights.StoredBytes), (size.Weights, size.Bytes));
                    Assert.Equal(cut.Layers.Select(l => (l.Heads, l.Neurons)), size.Layers);
                }
    }

    [Theory, MemberData(nameof(Models))]
    public void A_higher_sparsity_leaves_fewer_weights_and_the_least_and_the_most_lie_around(string name)
    {
        IModel model = Model(name);
        foreach (PartKind[] kinds in (PartKind[][])[[Heads.Kind, Mlps.Kind], [Neurons.Kind], [AttentionBlocks.Kind]])
        {
            SizeForecast forecast = SizeForecast.Make(model, model.Universe(kinds), null);
            Assert.Equal([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], forecast.Sizes.Select(s => s.Sparsity));
            Assert.All(forecast.Sizes, s => Assert.Equal(Universe.KeptAt(s.Sparsity, forecast.Parts), s.Parts));
            Assert.All(forecast.Sizes, s => Assert.True(s.Fewest <= s.Weights && s.Weights <= s.Most && s.Most <= model.Weights.Count));
            foreach (var (lower, higher) in forecast.Sizes.Zip(forecast.Sizes.Skip(1)))
                Assert.True(higher.Weights <= lower.Weights && higher.Bytes <= lower.Bytes && higher.Fewest <= lower.Fewest && higher.Most <= lower.Most);
            Assert.All(forecast.Sizes, s => Assert.Null(s.SecondsPer1000Tokens));
        }
    }

    [Fact]
    public void No_choice_of_parts_leaves_less_than_the_least_or_more_than_the_most()
    {
        IModel model = Small.Model(layers: 3, heads: 4, width: 16);
        Universe universe = model.Universe();
        SizeForecast forecast = SizeForecast.Make(model, universe, null);
        foreach (SizeAt at in forecast.Sizes)
            for (int draw = 0; draw < 40; draw++)
            {
                Part[] parts = [.. universe.Parts];
                new Heartwood.Tensors.Chance(5, "any parts").At(draw).Stream().Shuffle<Part>(parts);
                Assert.InRange(Cutting.SizeOfCut(model, parts[..at.Parts], Ablation.Zero(universe)).Weights, at.Fewest, at.Most);
            }
        Assert.Equal(model.Weights.Count, Cutting.SizeOfCut(model, universe.Parts, Ablation.Zero(universe)).Weights);
    }

    [Fact]
    public void Bytes_are_those_of_the_dtypes_that_the_file_has()
    {
        using TemporaryModel stored = new(Small.Model(), Dtype.BF16);
        SizeForecast half = SizeForecast.Make(stored.Model, stored.Model.Universe(), null);
        Assert.All(half.Sizes, s => Assert.Equal(2 * s.Weights, s.Bytes));
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("llama")]
    public void Times_of_layers_make_a_time_for_every_size(string family)
    {
        IModel model = Small.Model(layers: 3, heads: 4, width: 16, family: family);
        TimeTable times = LayerTimes.Measure(model, Classification.Instance, Small.Examples(8));
        SizeForecast forecast = SizeForecast.Make(model, model.Universe(), times);
        Assert.All(forecast.Sizes, s => Assert.True(s.SecondsPer1000Tokens > 0));
        Assert.True(forecast.SecondsPer1000Tokens > 0);
    }

    sealed class TemporaryModel : IDisposable
    {
        readonly Reports.TemporaryFolder folder = new();

        public TemporaryModel(IModel model, Dtype dtype)
        {
            ModelFolder.Save(model, folder.At("model"), new Dictionary<string, byte[]>(), dtype);
            using HuggingFaceFolder open = HuggingFaceFolder.Open(folder.At("model"));
            Model = ModelFolder.Load(open);
        }

        public IModel Model { get; }

        public void Dispose() => folder.Dispose();
    }
}
