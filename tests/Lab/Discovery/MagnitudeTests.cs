using Heartwood.Lab.Discovery;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Discovery;

[Collection("the thread team")]
public class MagnitudeTests
{
    [Theory, InlineData("norm=rms"), InlineData("norm=l2"), InlineData("norm=l1")]
    public void What_every_finder_promises_is_kept(string options) =>
        FinderRules.AreKept(FinderRules.With(new Magnitude(), options), FinderRules.Asked());

    [Fact]
    public void Of_a_head_all_four_matrices_count_and_of_an_MLP_both()
    {
        Search search = FinderRules.Asked();
        IReadOnlyDictionary<Part, double> squares = new Magnitude("l2").Begin(search).Finish().ByPart(search.Universe);
        IReadOnlyDictionary<Part, double> means = new Magnitude().Begin(search).Finish().ByPart(search.Universe);
        Tensor Of(string name) => search.Model.Weights.All[$"bert.encoder.layer.1.{name}.weight"];
        double Rows(string name, int from, int to) =>
            Enumerable.Range(from, to - from).Sum(row => Sum(Of(name).Values.Slice(row * 8, 8)));

        int width = search.Model.HeadWidth, start = width;                       // head 1
        double head = Rows("attention.self.query", start, start + width) + Rows("attention.self.key", start, start + width)
            + Rows("attention.self.value", start, start + width);
        Tensor output = Of("attention.output.dense");
        for (int row = 0; row < 8; row++) head += Sum(output.Values.Slice(row * 8 + start, width));
        Assert.Equal(Math.Sqrt(head), squares[Heads.Kind.Part(1, 1)], 9);
        Assert.Equal(Math.Sqrt(head / (4 * 8 * width)), means[Heads.Kind.Part(1, 1)], 9);

        double mlp = Sum(Of("intermediate.dense").Values) + Sum(Of("output.dense").Values);
        Assert.Equal(Math.Sqrt(mlp), squares[Mlps.Kind.Part(1)], 9);
    }

    static double Sum(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float v in values) sum += (double)v * v;
        return sum;
    }

    [Theory, InlineData("gpt2"), InlineData("llama"), InlineData("roberta")]
    public void Parts_whose_weights_are_made_larger_come_first_in_every_family(string family)
    {
        IModel model = Small.Model(family: family);
        IReadOnlyList<PartKind>[] plays = [[Heads.Kind, Mlps.Kind], [AttentionBlocks.Kind, Neurons.Kind], [Layers.Kind]];
        foreach (IReadOnlyList<PartKind> play in plays)
        {
            Universe universe = model.Universe(play);
            Place last = universe.Places[^1];
            IModel larger = model.With(model.Config, model.Weights.Map((name, t) =>
                last.Own.Any(own => own.Tensor == name) ? (t * 10).KeepForever() : t));
            Search search = FinderRules.Asked() with { Model = larger, Universe = universe };
            Scores scores = new Magnitude().Begin(search).Finish();
            Assert.True(scores.Values[^1] > scores.Values[0]);
        }
    }

    [Fact]
    public void It_costs_no_pass_and_takes_known_norms_only()
    {
        Assert.Equal(0, new Magnitude().Cost(36, 512).Passes);
        Assert.Contains("'norm' takes rms, l2 or l1", FinderRules.Refusal(new Magnitude(), "norm=max"));
    }
}
