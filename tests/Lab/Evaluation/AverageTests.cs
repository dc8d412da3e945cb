using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Tests.Lab.Evaluation;

public class AverageTests
{
    [Fact]
    public void A_mean_has_Students_interval_over_the_examples_that_have_the_figure()
    {
        // by hand: mean 2.5, deviation √(5/3), t of 3 degrees 3.182446; half 3.182446 · √(5/3) / 2
        Average average = Average.Over([1, double.NaN, 2, 3, 4]);
        Assert.Equal((2.5, 4), (average.Value, average.N));
        Assert.Equal(2.5 - 2.054260, average.Low, 1e-5);
        Assert.Equal(2.5 + 2.054260, average.High, 1e-5);
    }

    [Fact]
    public void One_example_has_no_interval_and_none_no_value()
    {
        Average one = Average.Over([0.25]), none = Average.Over([double.NaN]);
        Assert.Equal((0.25, 1, true), (one.Value, one.N, double.IsNaN(one.Low)));
        Assert.Equal((true, 0), (double.IsNaN(none.Value), none.N));
    }

    [Fact]
    public void The_logit_of_the_correct_label_adds_up_the_labels_that_count_as_it()
    {
        // three labels of the model, the last two count as one of the data: p = 0.5, 0.3, 0.2
        EvaluationSet set = new("outOfDomain", [new(new([1], [0]), 0, "", ""), new(new([1], [0]), 1, "", "")], ["yes", "no"], [0, 1, 1]);
        float[] scores = [.. new double[] { 0.5, 0.3, 0.2, 0.8, 0.1, 0.1 }.Select(p => (float)Math.Log(p) + 7)];
        double[] logits = LabelLogit.PerExample(set, scores);
        Assert.Equal(0, logits[0], 1e-5);
        Assert.Equal(Math.Log(0.2 / 0.8), logits[1], 1e-5);
        Assert.Contains("No answer can be wrong", Assert.Throws<ArgumentException>(() => LabelLogit.PerExample(set with { MapLabel = [1, 1, 1] }, scores)).Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_figures_place_counts_the_draws_that_are_at_least_as_large()
    {
        AmongDraws among = AmongDraws.Rank(3, [1, 2, 3, 4])!;
        Assert.Equal((2.5, 1.0, 4.0, 2, 4), (among.Mean, among.Low, among.High, among.AtLeast, among.Draws));
        Assert.Equal(3.0 / 5, among.PValue);
        // of 40 draws, one is cut off at each end
        AmongDraws many = AmongDraws.Rank(100, [.. Enumerable.Range(1, 40).Select(i => (double)i)])!;
        Assert.Equal((2.0, 39.0, 1.0 / 41), (many.Low, many.High, many.PValue));
        Assert.Null(AmongDraws.Rank(1, []));
        Assert.Throws<ArgumentException>(() => AmongDraws.Rank(double.NaN, [1]));
    }
}
