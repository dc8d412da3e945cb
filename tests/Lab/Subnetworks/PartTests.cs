using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Tests.Lab.Subnetworks;

public class PartTests
{
    [Theory, InlineData("L0.H0"), InlineData("L3.H7"), InlineData("L11.MLP"), InlineData("L120.H15"), InlineData("L3"), InlineData("L3.ATT"), InlineData("L3.N512")]
    public void An_address_is_read_as_it_is_written(string address) => Assert.Equal(address, Part.Parse(address).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("L.H7")]
    [InlineData("l3.h7")]
    [InlineData("L3.H07")]
    [InlineData("L+3.H7")]
    [InlineData("L-1.H7")]
    [InlineData("L3.H7.Q")]
    [InlineData("L3.")]
    [InlineData("L3.h7")]
    [InlineData("L3.7")]
    [InlineData("L3.H7 ")]
    [InlineData("L99999999999.H7")]
    [InlineData("L٣.H7")]
    public void What_is_no_address_is_refused_and_shown_how(string text) =>
        Assert.Equal($"'{text}' is not a part. Write L3.H7 for head 7 of layer 3, L3.MLP for its MLP block.", Assert.Throws<FormatException>(() => Part.Parse(text)).Message);

    [Fact]
    public void Parts_stand_by_layer_then_heads_by_number_then_the_MLP()
    {
        string[] inOrder = ["L0.H0", "L0.H2", "L0.H10", "L0.MLP", "L1.H0", "L1.MLP", "L10.H0"];
        Assert.Equal(inOrder, inOrder.Reverse().Select(Part.Parse).Order().Select(p => p.ToString()));
    }

    [Fact]
    public void The_universe_of_a_model_is_every_head_and_MLP_in_address_order()
    {
        Universe universe = Small.Model().Universe();
        Assert.Equal(["L0.H0", "L0.H1", "L0.MLP", "L1.H0", "L1.H1", "L1.MLP"], universe.Parts.Select(p => p.ToString()));
        Assert.Equal((6, 4, 2), (universe.Count, universe.CountOf(Heads.Kind), universe.CountOf(Mlps.Kind)));
        Assert.Equal(universe.Parts, Small.HeadsAndMlps([2, 2]).Parts);
        Assert.All(universe.Parts.Index(), p => Assert.Equal(p.Index, universe.PlaceOf(p.Item)));
        Assert.False(universe.Contains(Heads.Kind.Part(0, 2)));
    }

    [Fact]
    public void A_universe_is_not_empty_and_has_no_part_twice()
    {
        Assert.Throws<ArgumentException>(() => new Universe([]));
        Assert.Contains("L0.MLP stands in the universe twice", Assert.Throws<ArgumentException>(() => Small.Universe(Mlps.Kind.Part(0), Heads.Kind.Part(0, 0), Mlps.Kind.Part(0))).Message);
    }

    [Theory]
    [InlineData(0, 6)]
    [InlineData(0.5, 3)]
    [InlineData(0.25, 5)]                                       // 4.5, halves up
    [InlineData(0.6, 2)]
    [InlineData(0.95, 0)]
    [InlineData(1, 0)]
    public void A_sparsity_keeps_the_nearest_number_of_parts(double sparsity, int kept) => Assert.Equal(kept, Small.HeadsAndMlps([2, 2]).KeptAt(sparsity));

    [Theory, InlineData(-0.1), InlineData(1.1), InlineData(60), InlineData(double.NaN)]
    public void A_sparsity_outside_0_to_1_is_refused(double sparsity) => Assert.Throws<ArgumentOutOfRangeException>(() => Small.HeadsAndMlps([2, 2]).KeptAt(sparsity));
}
