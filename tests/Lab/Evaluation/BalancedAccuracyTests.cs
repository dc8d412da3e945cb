using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Tests.Lab.Evaluation;

public class BalancedAccuracyTests
{
    [Fact]
    public void It_is_the_mean_of_the_recalls_however_common_each_label_is()
    {
        string[] labels = ["yes", "yes", "yes", "yes", "no"], answers = ["yes", "yes", "yes", "no", "yes"];
        var recalls = BalancedAccuracy.Recalls(labels, answers);
        Assert.Equal(Proportion.FromCounts(3, 4), recalls["yes"]);
        Assert.Equal(Proportion.FromCounts(0, 1), recalls["no"]);
        Assert.Equal(Proportion.Mean([recalls["yes"], recalls["no"]]), BalancedAccuracy.Measure(labels, answers));
        Assert.Equal(0.375, BalancedAccuracy.Measure(labels, answers).Value);
    }

    [Fact]
    public void One_answer_for_all_is_worth_one_label() =>
        Assert.Equal(1.0 / 3, BalancedAccuracy.Measure(["a", "a", "b", "c", "c", "c"], ["c", "c", "c", "c", "c", "c"]).Value, 1e-15);

    [Fact]
    public void An_answer_that_no_example_has_counts_as_wrong() => Assert.Equal(0.75, BalancedAccuracy.Measure(["a", "a", "b"], ["a", "else", "b"]).Value);

    [Fact]
    public void Answers_must_match_examples() => Assert.Throws<ArgumentException>(() => BalancedAccuracy.Measure(["a"], []));
}
