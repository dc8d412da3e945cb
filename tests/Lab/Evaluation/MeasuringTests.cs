using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Tasks;

namespace Heartwood.Tests.Lab.Evaluation;

/// <summary>A model of three labels on data of two, by hand; scores are logarithms of probabilities, so that probabilities can be read off.</summary>
public class MeasuringTests
{
    static readonly EvaluationSet inDomain = Set("inDomain", ["entailment", "neutral", "contradiction"], [0, 1, 2], (0, "", ""), (1, "", ""), (2, "", ""), (0, "a case", "a group"));
    static readonly EvaluationSet outside = Set("outOfDomain", ["entailment", "non-entailment"], [0, 1, 1], (0, "swap, entailed", "swap"), (1, "swap, non-entailed", "swap"), (1, "swap, non-entailed", "swap"), (0, "swap, entailed", "swap"));

    static readonly float[] inScores = Logs([0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.2, 0.7, 0.1], [0.25, 0.5, 0.25]);
    static readonly float[] fullScores = Logs([0.4, 0.4, 0.2], [0.2, 0.7, 0.1], [0.1, 0.1, 0.8], [0.5, 0.25, 0.25]);

    // entailment is the largest of three in the last, though less than half
    static readonly float[] outScores = Logs([0.9, 0.05, 0.05], [0.3, 0.3, 0.4], [0.6, 0.2, 0.2], [0.4, 0.35, 0.25]);

    static EvaluationSet Set(string use, string[] labels, int[] map, params (int Label, string Case, string Group)[] examples) =>
        new(use, [.. examples.Select(e => new Example(new([1], [0]), e.Label, e.Case, e.Group))], labels, map);

    static float[] Logs(params double[][] probabilities) => [.. probabilities.SelectMany(p => p.Select(q => (float)Math.Log(q) + 3))];        // 3: softmax does not care

    static Measured Measure(bool withFull = true) => Measuring.Measure([inDomain, outside], [inScores, outScores], withFull ? [fullScores, outScores] : null);

    [Fact]
    public void Accuracy_counts_the_largest_score_after_the_labels_are_renamed()
    {
        Measured m = Measure();
        Assert.Equal((0.5, 4), (m.InDomain.Value, m.InDomain.N));
        Assert.Equal((0.75, 4), (m.OutOfDomain!.Value, m.OutOfDomain.N));
        Assert.Null(m.Unseen);
        Assert.Equal(Proportion.FromCounts(2, 4), m.InDomain);
        Assert.Equal(["in-domain: a case", "swap, entailed", "swap, non-entailed"], m.Cases.Keys);
        Assert.Equal((1.0, 0.5, 0.0), (m.Cases["swap, entailed"].Value, m.Cases["swap, non-entailed"].Value, m.Cases["in-domain: a case"].Value));
    }

    [Fact]
    public void What_is_right_is_told_example_by_example() => Assert.Equal([true, true, false, true], Measuring.Right(outside, outScores));

    [Fact]
    public void Loss_agreement_and_divergence_are_those_of_the_in_domain_set()
    {
        Measured m = Measure();
        Assert.Equal(-(Math.Log(0.5) + Math.Log(0.8) + Math.Log(0.1) + Math.Log(0.25)) / 4, m.InDomainLoss!.Value, 1e-6);
        Assert.Equal(Proportion.FromCounts(2, 4), m.Agreement);          // the first (a tie goes to the lower label) and the second
        double kl = 0;
        double[][] full = [[0.4, 0.4, 0.2], [0.2, 0.7, 0.1], [0.1, 0.1, 0.8], [0.5, 0.25, 0.25]], own = [[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.2, 0.7, 0.1], [0.25, 0.5, 0.25]];
        for (int i = 0; i < 4; i++) for (int k = 0; k < 3; k++) kl += full[i][k] * Math.Log(full[i][k] / own[i][k]) / 4;
        Assert.Equal(kl, m.Kl!.Value, 1e-6);
        Measured alone = Measure(withFull: false);
        Assert.Null(alone.Agreement);
        Assert.Null(alone.Kl);
        Assert.Equal(m.InDomainLoss, alone.InDomainLoss);
    }

    [Fact]
    public void Where_the_in_domain_labels_are_merged_the_loss_is_of_the_merged_probability()
    {
        Measured m = Measuring.Measure([outside with { Use = "inDomain" }], [outScores], [outScores]);
        Assert.Equal(-(Math.Log(0.9) + Math.Log(0.7) + Math.Log(0.4) + Math.Log(0.4)) / 4, m.InDomainLoss!.Value, 1e-6);
        Assert.Equal((1.0, 0.0), (m.Agreement!.Value, Math.Round(m.Kl!.Value, 9)));
    }

    [Fact]
    public void Groups_have_balanced_accuracy_and_the_area_of_the_first_labels_probability()
    {
        GroupFacts swap = Measure().Groups["swap"];
        Assert.Equal("outOfDomain", swap.Set);
        Assert.Equal(0.75, swap.Balanced.Value);                 // recalls 1 and 1/2
        Assert.Equal(0.75, swap.Auc!.Value);                     // 0.9 and 0.4 against 0.3 and 0.6: three of four pairs in order
        Measured reversed = Measuring.Measure([inDomain, Set("outOfDomain", ["entailment", "non-entailment"], [0, 1, 1], (1, "", "swap"), (0, "", "swap"), (0, "", "swap"), (1, "", "swap"))], [inScores, outScores], null);
        Assert.Equal(0.25, reversed.Groups["swap"].Auc!.Value);
    }

    [Fact]
    public void A_group_of_one_label_orders_nothing()
    {
        GroupFacts one = Measure().Groups["in-domain: a group"];
        Assert.Null(one.Auc);
        Assert.Equal((0.0, 1), (one.Balanced.Value, one.Balanced.N));
    }

    [Fact]
    public void A_case_of_the_same_name_in_two_sets_keeps_both()
    {
        Measured m = Measuring.Measure([inDomain, outside, outside with { Use = "unseen" }], [inScores, outScores, outScores], null);
        Assert.Contains("swap, entailed", m.Cases.Keys);
        Assert.Contains("swap, entailed (unseen)", m.Cases.Keys);
        Assert.Equal("unseen", m.Groups["swap (unseen)"].Set);
        Assert.Equal(0.75, m.Unseen!.Value);
    }

    [Fact]
    public void Scores_of_any_size_give_finite_figures()
    {
        Measured m = Measuring.Measure([Set("inDomain", ["a", "b"], [0, 1], (0, "", ""), (1, "", ""))], [[1e30f, -1e30f, 0, 3e38f]], [[0, 0, 0, 0]]);
        Assert.Equal((1.0, 0.0), (m.InDomain.Value, m.InDomainLoss!.Value));
    }
}
