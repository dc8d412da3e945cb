using Heartwood.Lab.Evaluation.Statistics;
using static Heartwood.Tests.Lab.Comparison.ComparisonGolden;

namespace Heartwood.Tests.Lab.Evaluation;

public class CorrelationTests
{
    [Fact]
    public void Coefficients_and_intervals_agree_with_numpy()
    {
        foreach (var entry in Entries("pearson"))
        {
            var found = Correlation.Between(entry.Numbers("x"), entry.Numbers("y"));
            Assert.Equal(entry.Number("r"), found.Pearson!.Value, 1e-12);
            Assert.Equal(entry.Number("low"), found.Low!.Value, 1e-12);
            Assert.Equal(entry.Number("high"), found.High!.Value, 1e-12);
        }
    }

    [Fact]
    public void A_figure_that_never_changes_correlates_with_nothing() => Assert.Equal(new Correlation(5, null, null, null), Correlation.Between([1, 2, 3, 4, 5], [0.1, 0.1, 0.1, 0.1, 0.1]));

    [Fact]
    public void Fewer_than_four_pairs_have_no_interval()
    {
        var three = Correlation.Between([1, 2, 3], [3, 2, 2]);
        Assert.Equal(-Math.Sqrt(0.75), three.Pearson!.Value, 1e-12);
        Assert.Equal((3, null, null), (three.N, three.Low, three.High));
        Assert.Null(Correlation.Between([1], [2]).Pearson);
        Assert.Null(Correlation.Between([], []).Pearson);
    }

    [Fact]
    public void A_straight_line_correlates_fully() =>
        Assert.All(new[] { Correlation.Between([1, 2, 3, 4, 5], [-0.1, -0.2, -0.3, -0.4, -0.5]) }, c => Assert.Equal((-1, -1, -1), (Math.Round(c.Pearson!.Value, 9), Math.Round(c.Low!.Value, 6), Math.Round(c.High!.Value, 6))));

    [Fact]
    public void Lists_of_different_lengths_are_refused() => Assert.Throws<ArgumentException>(() => Correlation.Between([1, 2], [1]));
}
