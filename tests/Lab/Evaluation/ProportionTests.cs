using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Tensors;
using static Heartwood.Tests.Lab.Comparison.ComparisonGolden;

namespace Heartwood.Tests.Lab.Evaluation;

public class ProportionTests
{
    [Fact]
    public void Intervals_are_the_roots_of_wilsons_quadratic()
    {
        foreach (var entry in Entries("wilson"))
        {
            var share = Proportion.FromCounts(entry.Int("successes"), entry.Int("n"));
            Assert.Equal((double)entry.Int("successes") / entry.Int("n"), share.Value);
            Assert.Equal(entry.Int("n"), share.N);
            Assert.Equal(entry.Number("low"), share.Low, 1e-12);
            Assert.Equal(entry.Number("high"), share.High, 1e-12);
        }
    }

    [Fact]
    public void Intervals_agree_with_the_published_examples_of_newcombe()
    {
        // Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
        foreach (var (successes, n, low, high) in new[] { (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718) })
        {
            var share = Proportion.FromCounts(successes, n);
            Assert.Equal((low, high), (Math.Round(share.Low, 4), Math.Round(share.High, 4)));
        }
    }

    [Fact]
    public void The_interval_holds_the_value_and_stays_between_0_and_1()
    {
        for (int n = 1; n <= 60; n++)
            for (int successes = 0; successes <= n; successes++)
            {
                var (share, mirror) = (Proportion.FromCounts(successes, n), Proportion.FromCounts(n - successes, n));
                Assert.True(0 <= share.Low && share.Low <= share.Value && share.Value <= share.High && share.High <= 1, $"{share}");
                Assert.Equal(1 - share.High, mirror.Low, 1e-14);
            }
    }

    [Fact]
    public void Means_of_shares_recover_their_variances()
    {
        foreach (var entry in Entries("meanOf"))
        {
            int[][] pairs = entry.Pairs("shares");
            var mean = Proportion.Mean([.. pairs.Select(p => Proportion.FromCounts(p[0], p[1]))]);
            Assert.Equal(entry.Number("value"), mean.Value, 1e-12);
            Assert.Equal(entry.Number("low"), mean.Low, 1e-12);
            Assert.Equal(entry.Number("high"), mean.High, 1e-12);
            Assert.Equal(pairs.Sum(p => p[1]), mean.N);
        }
    }

    [Fact]
    public void Nineteen_of_twenty_intervals_of_a_mean_hold_the_truth()
    {
        const int Draws = 2_000;
        double[] truths = [0.95, 0.3];
        int held = 0;
        for (int draw = 0; draw < Draws; draw++)
        {
            var stream = new Chance(5, "mean of shares").At(draw).Stream();
            var mean = Proportion.Mean([.. truths.Select(p => Proportion.FromCounts(Enumerable.Range(0, 100).Count(_ => stream.Flip(p)), 100))]);
            if (mean.Low <= truths.Average() && truths.Average() <= mean.High) held++;
        }
        Assert.InRange((double)held / Draws, 0.935, 0.965);
    }

    [Fact]
    public void No_examples_say_nothing()
    {
        foreach (var nothing in new[] { Proportion.FromCounts(0, 0), Proportion.Mean([]), Proportion.Mean([Proportion.FromCounts(3, 4), Proportion.FromCounts(0, 0)]) })
            Assert.Equal((double.NaN, 0, 0.0, 1.0), (nothing.Value, nothing.N, nothing.Low, nothing.High));
    }

    [Theory]
    [InlineData(-1, 5)]
    [InlineData(6, 5)]
    [InlineData(0, -1)]
    public void Impossible_counts_are_refused(int successes, int n) => Assert.Throws<ArgumentOutOfRangeException>(() => Proportion.FromCounts(successes, n));
}
