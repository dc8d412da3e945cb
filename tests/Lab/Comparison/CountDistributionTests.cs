using Heartwood.Lab.Comparison;
using static Heartwood.Tests.Lab.Comparison.ComparisonGolden;

namespace Heartwood.Tests.Lab.Comparison;

public class CountDistributionTests
{
    [Fact]
    public void Cores_that_all_keep_have_the_enumerated_distribution()
    {
        foreach (var entry in Entries("enumerated").Where(e => e.Int("needed") == e.GetProperty("sizes").GetArrayLength())) Agrees(entry);
    }

    [Fact]
    public void Cores_of_a_large_model_agree_with_inclusion_and_exclusion_in_exact_fractions()
    {
        foreach (var entry in Entries("exact")) Agrees(entry);
    }

    [Theory]
    [InlineData(5, 2, 3, 0, 0.1)]
    [InlineData(5, 2, 3, 1, 0.6)]
    [InlineData(5, 2, 3, 2, 0.3)]
    [InlineData(7, 7, 3, 3, 1)]
    [InlineData(7, 0, 3, 0, 1)]
    [InlineData(7, 3, 0, 0, 1)]
    [InlineData(0, 0, 0, 0, 1)]
    [InlineData(4, 3, 3, 1, 0)]
    [InlineData(4, 3, 3, 9, 0)]
    [InlineData(4, 3, 3, -1, 0)]
    public void Hypergeometric_probabilities_are_those_counted_by_hand(int population, int marked, int drawn, int count, double probability) =>
        Near(probability, CountDistribution.Hypergeometric(population, marked, drawn)[count]);

    [Fact]
    public void A_universe_of_ten_thousand_parts_still_has_finite_probabilities_that_sum_to_one()
    {
        var chance = CountDistribution.Hypergeometric(10_000, 5_000, 5_000);
        Assert.Equal(1, Enumerable.Range(0, 5_001).Sum(k => chance[k]), 1e-12);
        Assert.Equal(2_500, chance.Mean, 1e-7);
        Assert.Equal(0.5, chance.AtLeast(2_501) + chance[2_500] / 2, 1e-12);             // it is symmetrical
    }

    [Fact]
    public void The_order_of_subsets_changes_no_bit()
    {
        int[] sizes = [72, 70, 66, 75, 72, 68];
        var (one, other) = (CountDistribution.InAll(144, sizes), CountDistribution.InAll(144, sizes.Reverse()));
        for (int k = 0; k <= 75; k++) Assert.Equal(one[k], other[k]);
    }

    [Fact]
    public void One_subset_is_its_own_intersection() =>
        Assert.Equal((1, 7, (7, 7)), (CountDistribution.InAll(9, [7]).AtLeast(7), CountDistribution.InAll(9, [7]).Mean, CountDistribution.InAll(9, [7]).Central95()));

    [Fact]
    public void Seen_counts_become_shares()
    {
        var chance = CountDistribution.Seen([0, 1, 0, 3]);
        Assert.Equal((0.25, 0.75, 2.5), (chance[1], chance.AtLeast(2), chance.Mean));
    }

    [Theory]
    [InlineData(-1, 2, "marked")]
    [InlineData(6, 2, "marked")]
    [InlineData(2, -1, "drawn")]
    [InlineData(2, 6, "drawn")]
    public void Sizes_outside_the_population_are_refused(int marked, int drawn, string name)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => CountDistribution.Hypergeometric(5, marked, drawn));
        Assert.Equal(name, error.ParamName);
        Assert.Contains("There are 5 parts", error.Message);
    }

    [Fact]
    public void An_intersection_of_nothing_is_refused() => Assert.Throws<ArgumentException>(() => CountDistribution.InAll(5, []));

    static void Agrees(System.Text.Json.JsonElement entry)
    {
        int[][] sizes = entry.Pairs("sizes");
        var chance = CountDistribution.InAll(entry.Int("heads"), sizes.Select(s => s[0])).Plus(CountDistribution.InAll(entry.Int("mlps"), sizes.Select(s => s[1])));
        double[] probabilities = entry.Numbers("probabilities"), atLeast = entry.Numbers("atLeast"), central = entry.Numbers("central");
        for (int k = 0; k < probabilities.Length; k++) Near(probabilities[k], chance[k]);
        for (int k = 0; k < atLeast.Length; k++) Near(atLeast[k], chance.AtLeast(k));
        Near(entry.Number("mean"), chance.Mean);
        Assert.Equal(((int)central[0], (int)central[1]), chance.Central95());
    }
}
