using Heartwood.Lab.Comparison;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Comparison;

public class OverlapTests
{
    static readonly Universe universe = Small.HeadsAndMlps([4, 4, 4, 4]);

    [Fact]
    public void A_pair_is_judged_by_every_way_to_draw_both()
    {
        var small = Small.HeadsAndMlps([2, 2]);
        Part[] a = [Heads.Kind.Part(0, 0), Heads.Kind.Part(0, 1), Mlps.Kind.Part(0)], b = [Heads.Kind.Part(0, 0), Heads.Kind.Part(1, 0), Heads.Kind.Part(1, 1), Mlps.Kind.Part(0)];
        var pair = Assert.Single(Overlap.AllPairs(small, [a, b]));
        Assert.Equal((0, 1, 2), (pair.A, pair.B, pair.Shared));
        Assert.Equal(2.0 / 5, pair.Jaccard, 1e-15);
        Assert.Equal(0.75, pair.PValue, 1e-15);                  // goldens: 4 heads, 2 MLPs, sizes (2, 1) and (3, 1): at least 2
        Assert.Equal(0.75, pair.Corrected, 1e-15);
        Assert.Equal((2.0, 1.0, 3.0), (Math.Round(pair.Expected, 14), pair.Low, pair.High));
    }

    [Fact]
    public void Every_pair_stands_once_and_corrected_values_are_holms()
    {
        var pairs = Overlap.AllPairs(universe, Random("pairs", 4, 7, 2));
        Assert.Equal([(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)], pairs.Select(p => (p.A, p.B)));
        Assert.Equal(Holm.Correct([.. pairs.Select(p => p.PValue)]), pairs.Select(p => p.Corrected));
    }

    [Fact]
    public void The_order_of_subnetworks_moves_pairs_and_changes_no_figure()
    {
        var subnetworks = Random("order", 3, 9, 3);
        var forth = Overlap.AllPairs(universe, subnetworks);
        var back = Overlap.AllPairs(universe, [.. subnetworks.Reverse()]);
        foreach (var pair in forth)
            Assert.Equal(pair, back.Single(p => (2 - p.B, 2 - p.A) == (pair.A, pair.B)) with { A = pair.A, B = pair.B });
    }

    [Fact]
    public void Identical_halves_are_far_from_chance_and_whole_models_are_not()
    {
        var half = Random("half", 1, 8, 2)[0];
        var same = Assert.Single(Overlap.AllPairs(universe, [half, half]));
        Assert.Equal((10, 1.0), (same.Shared, same.Jaccard));
        Assert.Equal(1 / (12_870.0 * 6), same.PValue, 1e-18);   // one choice of 16 over 8, times one of 4 over 2
        var whole = Assert.Single(Overlap.AllPairs(universe, [universe.Parts, universe.Parts]));
        Assert.Equal((20, 1.0, 20.0, 1.0), (whole.Shared, whole.Jaccard, whole.Expected, whole.PValue));
    }

    [Fact]
    public void Subnetworks_that_keep_nothing_are_equal_and_prove_nothing()
    {
        var none = Assert.Single(Overlap.AllPairs(universe, [[], []]));
        Assert.Equal((0, 1.0, 1.0), (none.Shared, none.Jaccard, none.PValue));
    }

    [Fact]
    public void P_values_of_random_pairs_are_uniform_as_far_as_counts_allow()
    {
        const int Draws = 4_000;
        var seen = Enumerable.Range(0, Draws).Select(draw => Overlap.AllPairs(universe,
            [RandomParts.Draw(universe, [8, 2], new Chance(1, "a"), draw), RandomParts.Draw(universe, [7, 3], new Chance(1, "b"), draw)])[0].PValue).ToArray();
        foreach (double p in seen.Distinct())                    // P(p-value at most p) = p at every p-value that can occur
            Assert.True(Math.Abs(seen.Count(s => s <= p) - Draws * p) <= 4 * Math.Sqrt(Draws * p * (1 - p)) + 1, $"{seen.Count(s => s <= p)} of {Draws} p-values are at most {p}");
        foreach (double level in new[] { 0.01, 0.05, 0.1, 0.5 })
            Assert.True(seen.Count(s => s <= level) <= Draws * level + 3 * Math.Sqrt(Draws * level * (1 - level)));
    }

    [Fact]
    public void Six_random_subnetworks_seldom_show_any_corrected_overlap()
    {
        const int Draws = 400;
        int alarms = Enumerable.Range(0, Draws).Count(draw => Overlap.AllPairs(universe, Random($"family {draw}", 6, 8, 2)).Any(p => p.Corrected <= 0.05));
        Assert.True(alarms <= 0.05 * Draws + 3 * Math.Sqrt(Draws * 0.05 * 0.95), $"{alarms} of {Draws} families of pairs have a corrected p-value of 0.05 or less");
    }

    [Fact]
    public void Parts_of_another_model_and_parts_named_twice_are_refused()
    {
        Assert.Contains("Subnetwork 1 keeps L9.H0", Assert.Throws<ArgumentException>(() => Overlap.AllPairs(universe, [[Heads.Kind.Part(0, 0)], [Heads.Kind.Part(9, 0)]])).Message);
        Assert.Contains("names L0.H0 twice", Assert.Throws<ArgumentException>(() => Overlap.AllPairs(universe, [[Heads.Kind.Part(0, 0), Heads.Kind.Part(0, 0)]])).Message);
        Assert.Throws<ArgumentException>(() => Overlap.AllPairs(universe, []));
    }

    [Fact]
    public void One_subnetwork_has_no_pair() => Assert.Empty(Overlap.AllPairs(universe, [universe.Parts]));

    static IReadOnlyList<Part>[] Random(string purpose, int count, int heads, int mlps) =>
        [.. Enumerable.Range(0, count).Select(draw => RandomParts.Draw(universe, [heads, mlps], new Chance(7, purpose), draw))];
}
