using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Tests.Lab.Evaluation;

public class BandTests
{
    [Fact]
    public void A_band_is_mean_smallest_and_largest_of_what_was_measured()
    {
        Assert.Equal((3, 1, 6, 3), Band.Over([1, null, 2, double.NaN, 6]) is { } band ? (band.Mean, band.Low, band.High, band.N) : default);
        Assert.Null(Band.Over([null, double.NaN]));
    }

    [Fact]
    public void From_three_seeds_that_differ_the_mean_has_Students_interval()
    {
        Band three = Band.Over([18, 14, 23])!;                                    // t(2) = 4.302653, deviation √(61/3)
        double half = 4.302652729749464 * Math.Sqrt(61.0 / 3 / 3);
        Assert.Equal(55.0 / 3 - half, three.IntervalLow!.Value, 1e-9);
        Assert.Equal(55.0 / 3 + half, three.IntervalHigh!.Value, 1e-9);
        Assert.Null(Band.Over([14, 23])!.IntervalLow);
        Assert.Null(Band.Over([18, 18, 18])!.IntervalHigh);
    }
}

public class RankCorrelationTests
{
    [Fact]
    public void Equal_figures_share_their_rank()
    {
        Assert.Equal([1, 2, 3.5, 5, 3.5], RankCorrelation.Ranks([5, 6, 7, 8, 7]));
        var found = RankCorrelation.Between([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]);         // by hand: 8 / √(10 · 9.5)
        Assert.Equal(8 / Math.Sqrt(95), found.Rho!.Value, 1e-12);
        Assert.Equal(-0.41629081750673824, found.Low!.Value, 1e-9);               // tanh(artanh ρ ± 1.96 √((1 + ρ²/2) / 2))
        Assert.Equal(0.9920459711149154, found.High!.Value, 1e-9);
    }

    [Fact]
    public void Only_the_order_counts()
    {
        var found = RankCorrelation.Between([1, 10, 100, 1000], [-4, -3, -2, -1]);
        Assert.Equal((1.0, 1.0, 1.0), (found.Rho, found.Low, found.High));
        Assert.Null(RankCorrelation.Between([1, 2, 3, 4], [7, 7, 7, 7]).Rho);
        Assert.Null(RankCorrelation.Between([1, 2, 3], [3, 1, 2]).Low);
    }
}

public class PairedDifferenceTests
{
    static bool[] Answers(int right, int wrong, params bool[] then) => [.. Enumerable.Repeat(true, right), .. Enumerable.Repeat(false, wrong), .. then];

    [Fact]
    public void The_interval_is_that_of_the_disagreements_alone()
    {
        // ten examples: three only the first gets right, one only the second
        var d = PairedDifference.Between(Answers(4, 2, true, true, true, false), Answers(4, 2, false, false, false, true));
        double half = 1.959963984540054 * Math.Sqrt((4.0 / 12 + 2.0 / 12 - 1.0 / 36) / 12);
        Assert.Equal((0.2, 10), (Math.Round(d.Value, 12), d.N));
        Assert.Equal(1.0 / 6 - half, d.Low, 1e-12);
        Assert.Equal(1.0 / 6 + half, d.High, 1e-12);
    }

    [Fact]
    public void More_intervals_at_once_are_wider_and_equal_answers_lose_nothing()
    {
        bool[] same = Answers(1500, 500);
        var one = PairedDifference.Between(same, same);
        Assert.Equal((0.0, -one.High), (one.Value, one.Low));
        Assert.InRange(one.High, 0.0005, 0.0025);
        Assert.Equal(2.807033768343811 / 1.959963984540054, PairedDifference.Between(same, same, 10).High / one.High, 1e-9);
        Assert.Equal((double.NaN, 0, -1.0, 1.0), PairedDifference.Between([], []) is var none ? (none.Value, none.N, none.Low, none.High) : default);
        Assert.Contains("same examples", Assert.Throws<ArgumentException>(() => PairedDifference.Between([true], [])).Message);
    }
}
