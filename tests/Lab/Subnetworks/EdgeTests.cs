using Heartwood.Lab.Subnetworks;

namespace Heartwood.Tests.Lab.Subnetworks;

public class EdgeTests
{
    [Theory, InlineData("L1.H2>L3.H7.Q"), InlineData("input>L0.H0.K"), InlineData("L3.MLP>logits"), InlineData("L0.H1>L0.MLP"), InlineData("L0.MLP>L1.H0.V"), InlineData("input>logits")]
    public void An_address_is_read_as_it_is_written(string address) => Assert.Equal(address, Edge.Parse(address).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("L1.H2")]
    [InlineData("L1.H2>L3.H7")]                                  // which input?
    [InlineData("L1.H2>L3.H7.q")]
    [InlineData("L1.H2>L3.MLP.Q")]
    [InlineData("L1.H2>logits.Q")]
    [InlineData("L3.H7>L1.H2.Q")]                                // backwards
    [InlineData("L1.H2>L1.H3.Q")]
    [InlineData("L1.MLP>L1.H3.Q")]
    [InlineData("L1.MLP>L1.MLP")]
    [InlineData("logits>L1.MLP")]
    [InlineData("L1.MLP>input")]
    [InlineData("input>L0.H0.Q>logits")]
    [InlineData("Input>logits")]
    public void What_is_no_edge_is_refused_and_shown_how(string text) =>
        Assert.Contains("L1.H2>L3.H7.Q for what the queries", Assert.Throws<FormatException>(() => Edge.Parse(text)).Message);

    [Theory]
    [InlineData(12, 12, false, 32_491)]                          // GPT-2 small, as papers on edge attribution count it
    [InlineData(2, 3, false, 75)]
    [InlineData(2, 3, true, 69)]
    [InlineData(1, 1, false, 8)]
    public void A_model_has_as_many_edges_as_it_lists(int layers, int heads, bool parallel, int expected)
    {
        ModelSizes sizes = ModelSizes.Even("", layers, heads, parallel: parallel);
        Edge[] all = [.. Edge.All(sizes)];
        Assert.Equal((expected, expected, expected), (all.Length, all.Distinct().Count(), (int)Edge.CountIn(sizes)));
        Assert.All(all, e => Assert.True(e.IsIn(sizes)));
        Assert.Equal(all.Order(), all);
    }

    [Fact]
    public void A_model_without_a_part_lacks_its_edges()
    {
        ModelSizes cut = ModelSizes.HeadsAndMlps("bert", [2, 0, 1], [true, true, false]);
        Assert.Equal(Edge.CountIn(cut), Edge.All(cut).Count());
        Assert.True(Edge.Parse("L0.H1>L2.H0.Q").IsIn(cut));
        foreach (string gone in (string[])["L0.H1>L1.H0.Q", "L0.H1>L2.MLP", "L1.H0>logits", "L0.H2>logits", "L0.H0>L3.MLP"]) Assert.False(Edge.Parse(gone).IsIn(cut), gone);
        Assert.False(Edge.Parse("L0.H1>L0.MLP").IsIn(cut with { Parallel = true }));
    }
}
