using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Studies.Paper;

public class EmergenceTests
{
    static readonly Part[] core = [.. Enumerable.Range(0, 4).Select(i => Part.Parse($"L0.H{i}"))];

    /// <summary>Eight heads at three checkpoints, of which the first has learned nothing; four are the core's.</summary>
    /// <param name="inDomain">at which checkpoint a head begins to matter in-domain; null for never</param>
    /// <param name="outOfDomain">the same out of domain</param>
    /// <param name="together">what the core's heads lose together, beside twenty random sets that lose 1 to 20 points</param>
    static EmergenceFacts Made(Func<bool, int?> inDomain, Func<bool, int?> outOfDomain, double together = 0.3)
    {
        Measured full = SampleResult.Usual.Full;
        PairedDifference Loss(int? from, int at, int n) => at >= from ? new(0.1, n, 0.05, 0.15) : new(0, n, -0.01, 0.01);
        LossFacts Set(double lost) => new(new(lost, 2000, lost - 0.02, lost + 0.02), new(lost, 840, lost - 0.03, lost + 0.03));
        return Emergence.Over([.. Enumerable.Range(0, 3).Select(at => new CheckpointAblations(
            new($"step-{100 * at}", 100 * at, "", full, at > 0, at > 1, Set(together), [.. Enumerable.Range(1, 20).Select(i => Set(0.01 * i))]),
            Enumerable.Range(0, 8).ToDictionary(h => $"L0.H{h}", h => new LossFacts(Loss(inDomain(h < 4), at, 2000), Loss(outOfDomain(h < 4), at, 840)))))], core, 24, 0.03, 1);
    }

    static string Answer(EmergenceFacts facts, string question) =>
        Report.Readings(SamplePaper.Usual with { Paper = SamplePaper.Usual.Paper! with { Emergence = facts, Sizes = null } }).Single(a => a.Title.StartsWith(question, StringComparison.Ordinal)).Reading.Replace('\u00A0', ' ');

    [Fact]
    public void Each_set_has_a_test_of_its_own_and_both_are_corrected_together()
    {
        EmergenceFacts facts = Made(core => core ? 1 : null, _ => 2);
        Assert.Equal((2, 0), (facts.Earlier!.Observed, facts.EarlierOutOfDomain!.Observed));
        Assert.InRange(facts.Earlier.PValue, 0.01, 0.02);                        // one of the 70 choices of four heads
        Assert.Equal(1, facts.EarlierOutOfDomain.PValue);
        string answer = Answer(facts, "When in training");
        Assert.Contains("4 of the core's 4 heads (half of them by step 100) come to matter in-domain and none of the 4 others: only core heads do (p = 0.0", answer);
        Assert.Contains("heads shuffled, corrected for the two tests)", answer);
        Assert.Contains("come to matter out of domain and 4 of the 4 others (half of them by step 200): that the core's do so earlier or oftener is not settled (p = 1.00, likewise)", answer);
        Assert.Contains("n = 2,000 and 840", answer);
        Assert.DoesNotContain("checkpoints on average", answer);
    }

    [Fact]
    public void How_much_earlier_is_said_only_where_others_matter_too() =>
        Assert.Contains("the core's do so earlier or oftener, by 1.0 checkpoints on average where a head that never does counts as one after the last", Answer(Made(core => core ? 1 : 2, _ => null), "When in training"));

    [Fact]
    public void No_head_that_matters_is_said_so() => Assert.Contains("no head ever matters in-domain; no head ever matters out of domain", Answer(Made(_ => null, _ => null), "When in training"));

    [Fact]
    public void The_cores_heads_together_are_ranked_among_random_sets_over_the_checkpoints_that_count()
    {
        const string question = "What does the model lose without the core's heads as";
        string answer = Answer(Made(_ => null, _ => null), question);
        Assert.Contains("In-domain, ablating the core's 4 heads together takes 30.0 points (28.0 to 32.0, n = 2,000) at step 100, the first checkpoint that counts, and 30.0 points (28.0 to 32.0, n = 2,000) at step 200, the last; "
            + "over all 2 that count it takes 30.0 points on average, and none of 20 random sets of as many heads (1.0 to 20.0 points) take at least as much (p = 0.048).", answer);
        Assert.Contains("Out of domain, ablating the core's 4 heads together takes 30.0 points (27.0 to 33.0, n = 840) at step 200, the only checkpoint that counts; there none of 20", answer);
        Assert.Contains("3 of 20 random sets of as many heads (1.0 to 20.0 points) take at least as much (p = 0.19, so not clearly worse than chance)", Answer(Made(_ => null, _ => null, together: 0.175), question));
    }

    [Fact]
    public void The_interval_over_seeds_stands_beside_their_range()
    {
        SizeFacts sizes = SamplePaper.Usual.Paper!.Sizes!;
        Band three = Band.Over([18, 14, 23])!;
        SizeFacts differing = sizes with { Seeds = [1, 2, 3], Checkpoints = [.. sizes.Checkpoints.Select(c => c with { InDomain = three })] };
        string answer = Report.Readings(SamplePaper.Usual with { Paper = SamplePaper.Usual.Paper with { Sizes = differing } }).Single(a => a.Title.StartsWith("Does the model's effective size", StringComparison.Ordinal)).Reading.Replace('\u00A0', ' ');
        Assert.Contains("18.3 (14 to 23; mean's 95 % interval 7.1 to 29.5) of 36 parts", answer);
        Assert.Contains("smallest to largest of 3 seeds)", answer);
    }
}
