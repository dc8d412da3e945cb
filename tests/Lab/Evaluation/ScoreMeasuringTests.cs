using System.Text.Json;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Evaluation;

/// <summary>Figures of scores: values by hand, and scipy's.</summary>
public class ScoreMeasuringTests
{
    static Measured Of(double[] wanted, double[] given, string[]? cases = null) => Measuring.Measure(
        [new EvaluationSet("inDomain", [.. wanted.Select((w, i) => new Example(Sequence.Plain([1]), 0, cases?[i] ?? "", "") { Score = w })],
            Regression.Labels, [0]) { Problem = Regression.Instance }],
        [[.. given.Select(g => (float)g)]], null);

    [Fact]
    public void Correlations_and_squared_error_are_those_by_hand()
    {
        // differences 0, 1, −1, 0, 2: squares 0, 1, 1, 0, 4. Ranks of the given ones: 1, 3, 2, 4, 5, of the wanted ones 1, 2, 3, 4, 5
        Measured m = Of([1, 2, 3, 4, 5], [1, 3, 2, 4, 7]);
        IReadOnlyDictionary<string, Quantity> figures = m.Figures!["inDomain"];
        Assert.Equal(["Pearson", "Spearman", "mean squared error"], figures.Keys);
        Assert.Equal(13 / Math.Sqrt(10 * 21.2), figures["Pearson"].Value, 1e-12);
        Assert.Equal(0.9, figures["Spearman"].Value, 1e-12);
        Assert.Equal(1.2, figures["mean squared error"].Value, 1e-12);
        Assert.Equal(1.2, m.InDomainLoss!.Value, 1e-12);
        // mean of squares ± t(4, 97.5 %) · deviation / √5; deviation² = (1.44 + 0.04 + 0.04 + 1.44 + 7.84) / 4 = 2.7
        Assert.Equal(1.2 + 2.7764451051977987 * Math.Sqrt(2.7 / 5), figures["mean squared error"].High, 1e-9);
        Assert.Equal(0, figures["mean squared error"].Low);                            // below 0 there is no square
        // Fisher's z of 5 pairs, and Bonett and Wright's factor 1 + ρ² / 2
        double z = Math.Atanh(13 / Math.Sqrt(212)), half = 1.959963984540054 / Math.Sqrt(2),
            ranks = 1.959963984540054 * Math.Sqrt((1 + 0.81 / 2) / 2);
        Assert.Equal((Math.Tanh(z - half), Math.Tanh(z + half)), (figures["Pearson"].Low, figures["Pearson"].High), Near);
        Assert.Equal((Math.Tanh(Math.Atanh(0.9) - ranks), Math.Tanh(Math.Atanh(0.9) + ranks)),
            (figures["Spearman"].Low, figures["Spearman"].High), Near);
        Assert.All(figures.Values, f => Assert.Equal(5, f.N));
        Assert.Equal((0, null, null), (m.InDomain.N, m.Agreement, m.Kl));

        static bool Near((double, double) a, (double, double) b) => Math.Abs(a.Item1 - b.Item1) < 1e-9
            && Math.Abs(a.Item2 - b.Item2) < 1e-9;
    }

    [Fact]
    public void Equal_scores_share_their_mean_rank() =>
        // ranks 1.5, 1.5, 3: covariance 1.5, squares 1.5 and 2
        Assert.Equal(1.5 / Math.Sqrt(1.5 * 2), Of([1, 2, 3], [1, 1, 2]).Figures!["inDomain"]["Spearman"].Value, 1e-12);

    [Fact]
    public void One_score_for_everything_correlates_with_nothing_and_has_an_error()
    {
        IReadOnlyDictionary<string, Quantity> figures = Of([1, 2, 3, 6], [3, 3, 3, 3]).Figures!["inDomain"];
        Assert.True(double.IsNaN(figures["Pearson"].Value) && double.IsNaN(figures["Spearman"].Value));
        Assert.Equal((4 + 1 + 0 + 9) / 4.0, figures["mean squared error"].Value);
    }

    [Fact]
    public void Cases_have_the_same_figures_and_no_accuracy()
    {
        Measured m = Of([1, 2, 3, 4], [1, 2, 4, 3], ["x", "x", "y", "y"]);
        Assert.Empty(m.Cases);
        Assert.Equal(0, m.CaseFigures!["in-domain: x"]["mean squared error"].Value);
        Assert.Equal((1, -1), (Math.Round(m.CaseFigures["in-domain: y"]["mean squared error"].Value, 9),
            Math.Round(m.CaseFigures["in-domain: y"]["Pearson"].Value, 9)));
    }

    [Fact]
    public void Both_correlations_are_scipys()
    {
        if (Files.SharedGoldens("statistics") is not { } folder)
        {
            Assert.Skip(
            "shared/goldens/statistics is not beside the repository, nor under HEARTWOOD_GOLDENS."); return;
        }
        JsonElement golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "statistics.json"))).RootElement;
        double[] a = Values("input.a"), b = Values("input.b");
        Correlation pearson = Correlation.Between(a, b);
        Assert.Equal(Values("pearson")[0], pearson.Pearson!.Value, 1e-10);
        Assert.Equal(Values("pearson.interval")[0], pearson.Low!.Value, 1e-10);
        Assert.Equal(Values("pearson.interval")[1], pearson.High!.Value, 1e-10);
        Assert.Equal(Values("spearman.a.b")[0], RankCorrelation.Between(a, b).Rho!.Value, 1e-10);
        Assert.Equal(Values("spearman.ties")[0], RankCorrelation.Between(Values("input.ties_u")[..10], Values("input.ties_v")).Rho!.Value,
            1e-10);

        double[] Values(string name) => [.. golden.GetProperty(name).GetProperty("value").EnumerateArray().Select(v => v.GetDouble())];
    }

    // the score is how many of the second sentence's first words are the first sentence's, about
    static Row[] Pairs(int count, int from)
    {
        const string Whole = "the king met the old queen";
        return [.. Enumerable.Range(from, count).Select(i =>
        {
            string second = string.Join(' ', Whole.Split(' ').Select((word, k) => k < i % 7 ? word : $"other{k}"));
            return new Row(Whole, second, FormattableString.Invariant($"{i % 7 * 0.8 + i % 3 * 0.1:0.0}"));
        })];
    }

    [Fact]
    public void The_null_is_the_mean_of_the_training_scores()
    {
        ConstantBaseline mean = ConstantBaseline.Fit([new("a", null, "1"), new("b", null, "2.5"), new("c", null, "4")], "mean");
        Assert.Equal([2.5f], mean.Scores(new("d", null, "0")));
        Assert.Throws<ArgumentException>(() => ConstantBaseline.Fit([new("a", null, "x")], "mean"));
        Assert.Throws<ArgumentException>(() => ConstantBaseline.Fit([], "mean"));
    }

    [Fact]
    public void Overlap_of_words_is_learnt_as_a_score_and_never_from_the_rows_own()
    {
        WordOverlapScores baseline = WordOverlapScores.Fit(Pairs(2000, 0));
        Row[] others = Pairs(70, 7000);
        double error = others.Average(r => Math.Pow(baseline.Scores(r)[0] - Regression.Parse(r.Label)!.Value, 2)),
            mean = others.Average(r => Regression.Parse(r.Label)!.Value),
            spread = others.Average(r => Math.Pow(mean - Regression.Parse(r.Label)!.Value, 2));
        Assert.True(error < spread / 10, $"{error} against {spread}");
        Assert.Equal(baseline.Scores(others[3]), baseline.Scores(others[3] with { Label = "99" }));
        Assert.Equal([3f], WordOverlapScores.Fit([new("a", "b", "3"), new("c", "d", "3")]).Scores(new("e", "f", "0")));
    }
}
