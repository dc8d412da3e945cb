using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Tensors;
using static Heartwood.Tests.Lab.Comparison.ComparisonGolden;

namespace Heartwood.Tests.Lab.Evaluation;

public class AucTests
{
    [Fact]
    public void Areas_and_intervals_agree_with_all_pairs_compared_one_by_one()
    {
        foreach (var entry in Entries("auc"))
        {
            double[] positives = entry.Numbers("positives"), negatives = entry.Numbers("negatives");
            var auc = Auc.Between(positives, negatives)!;
            Assert.Equal(entry.Number("area"), auc.Value, 1e-12);
            Assert.Equal(entry.Number("low"), auc.Low, 1e-8);
            Assert.Equal(entry.Number("high"), auc.High, 1e-8);
            Assert.Equal(positives.Length + negatives.Length, auc.N);
        }
    }

    [Fact]
    public void Order_and_any_rising_change_of_the_scores_make_no_difference()
    {
        double[] positives = [0.3, 2, -1, 0.3], negatives = [0.3, -2, 1];
        var auc = Auc.Between(positives, negatives);
        Assert.Equal(auc, Auc.Between([.. positives.Reverse()], [.. negatives.Reverse()]));
        Assert.Equal(auc, Auc.Between([.. positives.Select(Math.Exp)], [.. negatives.Select(Math.Exp)]));
        Assert.Equal(auc, Auc.ForLabel([.. positives, .. negatives], [true, true, true, true, false, false, false]));
    }

    [Fact]
    public void Changing_sides_mirrors_area_and_interval()
    {
        double[] a = [0.3, 2, -1, 0.3, 5], b = [0.3, -2, 1];
        var (forth, back) = (Auc.Between(a, b)!, Auc.Between(b, a)!);
        Assert.Equal((1 - forth.Value, 1 - forth.High, 1 - forth.Low), (back.Value, back.Low, back.High), Close);
    }

    [Fact]
    public void Sides_that_do_not_mix_still_have_an_interval()
    {
        var auc = Auc.Between([2, 3, 4, 5], [-1, 0, 1])!;
        Assert.Equal((1.0, 1.0), (auc.Value, auc.High));
        Assert.InRange(auc.Low, 0.4, 0.7);
        Assert.True(Auc.Between([.. Enumerable.Repeat(2.0, 400)], [.. Enumerable.Repeat(1.0, 400)])!.Low > 0.99);
    }

    [Fact]
    public void Scores_that_order_nothing_have_no_area()
    {
        Assert.Null(Auc.Between([], [1, 2]));
        Assert.Null(Auc.Between([1, 2], Array.Empty<double>()));
        Assert.Null(Auc.Between([0.5, 0.5], [0.5, 0.5, 0.5]));
    }

    [Fact]
    public void Infinite_scores_are_ordered_and_nan_is_refused()
    {
        Assert.Equal(0.75, Auc.Between([double.PositiveInfinity, 0], [double.NegativeInfinity, 1])!.Value);
        Assert.Throws<ArgumentException>(() => Auc.Between([1, double.NaN], [0]));
        Assert.Throws<ArgumentException>(() => Auc.ForLabel([1, 2], [true]));
    }

    [Theory]
    [InlineData(0.0, 0.5)]
    [InlineData(1.2, 0.8019)]                                    // Φ(1.2 / √2)
    [InlineData(2.5, 0.9615)]
    public void Nineteen_of_twenty_intervals_hold_the_true_area(double shift, double truth)
    {
        const int Draws = 1_500;
        int held = 0;
        for (int draw = 0; draw < Draws; draw++)
        {
            var normal = new Chance(9, "auc").At(draw);
            var auc = Auc.Between([.. Enumerable.Range(0, 40).Select(i => normal.Normal(i) + shift)], [.. Enumerable.Range(40, 60).Select(i => (double)normal.Normal(i))])!;
            if (auc.Low <= truth && truth <= auc.High) held++;
        }
        Assert.InRange((double)held / Draws, 0.93, 0.975);
    }

    static bool Close((double, double, double) a, (double, double, double) b) =>
        Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) + Math.Abs(a.Item3 - b.Item3) < 1e-9;
}
