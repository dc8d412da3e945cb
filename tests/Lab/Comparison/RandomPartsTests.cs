using Heartwood.Lab.Comparison;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Comparison;

public class RandomPartsTests
{
    static readonly Universe universe = Small.HeadsAndMlps([3, 2, 4]);
    static readonly Part[] set = [Heads.Kind.Part(0, 1), Heads.Kind.Part(2, 3), Heads.Kind.Part(1, 0), Mlps.Kind.Part(2)];

    [Fact]
    public void A_draw_has_as_many_heads_and_mlps_as_the_set_in_address_order()
    {
        for (int draw = 0; draw < 50; draw++)
        {
            var parts = RandomParts.Like(universe, set, new Chance(1, "test"), draw);
            Assert.Equal((3, 1), (parts.Count(p => Heads.Kind.Includes(p)), parts.Count(p => Mlps.Kind.Includes(p))));
            Assert.Equal(parts.Distinct().Order(), parts);
            Assert.All(parts, p => Assert.True(universe.Contains(p)));
        }
    }

    [Fact]
    public void Heads_only_draws_have_no_mlp() =>
        Assert.All(RandomParts.LikeOf(Heads.Kind, universe, set, new Chance(1, "test"), 4), p => Assert.True(Heads.Kind.Includes(p)));

    [Fact]
    public void A_draw_depends_on_seed_purpose_and_number_alone()
    {
        IReadOnlyList<Part> Draw(ulong seed, string purpose, int draw) => RandomParts.Draw(universe, [4, 1], new Chance(seed, purpose), draw);
        Assert.Equal(Draw(1, "a", 3), Draw(1, "a", 3));
        string All(ulong seed, string purpose, int from) => string.Join(";", Enumerable.Range(from, 5).Select(d => string.Join(",", Draw(seed, purpose, d))));
        Assert.Equal(4, new[] { All(1, "a", 0), All(2, "a", 0), All(1, "b", 0), All(1, "a", 5) }.Distinct().Count());
    }

    [Fact]
    public void Every_set_is_as_likely_as_every_other()
    {
        const int Draws = 6_000;
        var seen = Enumerable.Range(0, Draws).CountBy(draw => string.Join(",", RandomParts.Draw(universe, [2, 1], new Chance(3, "even"), draw))).ToArray();
        Assert.Equal(36 * 3, seen.Length);                       // 9 over 2, times 3
        double expected = Draws / 108.0, chiSquare = seen.Sum(s => (s.Value - expected) * (s.Value - expected) / expected);
        Assert.InRange(chiSquare, 107 - 4 * Math.Sqrt(2 * 107), 107 + 4 * Math.Sqrt(2 * 107));
    }

    [Fact]
    public void Excluded_parts_are_never_drawn()
    {
        var rest = RandomParts.Draw(universe, [6, 2], new Chance(1, "rest"), 0, set);
        Assert.Equal(universe.Parts.Except(set), rest);
    }

    [Fact]
    public void More_parts_than_there_are_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => RandomParts.Like(universe, universe.Parts, new Chance(1, "x"), 0, set));
        Assert.Equal("9 heads and 3 MLPs were asked for; there are 6 heads and 2 MLPs to draw from.", error.Message);
    }

    [Fact]
    public void A_rank_counts_draws_that_hurt_as_much_or_more()
    {
        var rank = Rank.Among(0.7, [0.9, 0.7, 0.65, 0.8]);
        Assert.Equal(new Rank(2, 4), rank);
        Assert.Equal(3.0 / 5, rank.PValue);
        Assert.Equal(1.0 / 21, Rank.Among(0.1, [.. Enumerable.Repeat(0.5, 20)]).PValue);
        Assert.Throws<ArgumentException>(() => Rank.Among(double.NaN, [0.5]));
        Assert.Throws<ArgumentException>(() => Rank.Among(0.5, [double.NaN]));
    }
}
