using Heartwood.Lab.Discovery;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Discovery;

[Collection("the thread team")]
public class LayerSimilarityTests
{
    static readonly IReadOnlyList<PartKind> blocks = [AttentionBlocks.Kind, Mlps.Kind, Layers.Kind];

    static Search Asked(IModel model, IReadOnlyList<PartKind> kinds)
    {
        Universe universe = model.Universe(kinds);
        return FinderRules.Asked(12) with { Model = model, Universe = universe, Ablation = Ablation.Zero(universe) };
    }

    [Fact]
    public void What_every_finder_promises_is_kept() => FinderRules.AreKept(new LayerSimilarity(), Asked(Small.Model(), blocks));

    [Theory, InlineData("bert"), InlineData("gpt2"), InlineData("llama")]
    public void It_is_one_less_the_cosine_of_what_enters_and_what_leaves(string family)
    {
        using Scope scope = Scope.Open();
        Search search = Asked(Small.Model(family: family), blocks);
        IReadOnlyDictionary<Part, double> scores = new LayerSimilarity().Begin(search).Finish().ByPart(search.Universe);
        Recorder recorder = new();
        search.Model.Stream(Classification.Instance.BatchOf(search.Examples), recorder, Tokens.All);
        Tensor enters = recorder.Seen[new(0, Point.LayerOut)], middle = recorder.Seen[new(1, Point.Middle)];
        Tensor leaves = recorder.Seen[new(1, Point.LayerOut)];
        Assert.Equal(1 - MeanCosine(enters, leaves), scores[Layers.Kind.Part(1)], 1e-5);
        Assert.Equal(1 - MeanCosine(enters, middle), scores[AttentionBlocks.Kind.Part(1)], 1e-5);
        Assert.Equal(1 - MeanCosine(middle, leaves), scores[Mlps.Kind.Part(1)], 1e-5);
    }

    static double MeanCosine(Tensor a, Tensor b)
    {
        int width = a.Shape[1];
        return Enumerable.Range(0, a.Shape[0]).Average(t =>
        {
            double[] x = [.. a.Values.Slice(t * width, width).ToArray().Select(v => (double)v)];
            double[] y = [.. b.Values.Slice(t * width, width).ToArray().Select(v => (double)v)];
            return x.Zip(y, (p, q) => p * q).Sum() / Math.Sqrt(x.Sum(p => p * p) * y.Sum(q => q * q));
        });
    }

    [Fact]
    public void A_block_that_adds_nothing_turns_nothing()
    {
        IModel model = Small.Model(family: "gpt2");
        IModel idle = model.With(model.Config, model.Weights.Map((name, t) =>
            name.Contains("h.1.attn.c_proj", StringComparison.Ordinal) ? (t * 0).KeepForever() : t));
        Search search = Asked(idle, blocks);
        IReadOnlyDictionary<Part, double> scores = new LayerSimilarity().Begin(search).Finish().ByPart(search.Universe);
        Assert.Equal(0, scores[AttentionBlocks.Kind.Part(1)], 1e-12);
        Assert.Equal(AttentionBlocks.Kind.Part(1), scores.MinBy(s => s.Value).Key);
    }

    [Fact]
    public void Heads_and_neurons_are_refused_by_name()
    {
        Search search = Asked(Small.Model(), [Heads.Kind, Mlps.Kind]);
        string message = Assert.Throws<ArgumentException>(() => new LayerSimilarity().Begin(search)).Message;
        Assert.Contains("at AttentionOut, MlpOut, LayerOut only, and L0.H0, one of the heads, gives it at Heads", message);
    }
}
