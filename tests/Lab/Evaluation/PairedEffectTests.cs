using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Tests.Lab.Evaluation;

/// <summary>Paired intervals from sums, and the ranks that they allow.</summary>
public sealed class PairedEffectTests
{
    static PairedSums Sums(params (double D, double T)[] terms) => new(terms.Length, terms.Sum(t => t.D), terms.Sum(t => t.D * t.D),
        terms.Sum(t => t.D * t.T), terms.Sum(t => t.T), terms.Sum(t => t.T * t.T), terms.Count(t => t.D > 0), terms.Count(t => t.D < 0));

    [Fact]
    public void A_ratio_from_sums_is_that_of_the_terms_and_a_mean_is_student_s()
    {
        (double D, double T)[] terms = [(0.5, 3), (-0.25, 1), (2, 5), (0.125, 2), (1, 4)];
        Quantity own = Quantity.Ratio(Sums(terms)), expected = Quantity.Ratio(terms);
        foreach (var (a, b) in ((double, double)[])[(own.Value, expected.Value), (own.Low, expected.Low), (own.High, expected.High)]) Assert.Equal(b, a, 1e-12);
        Quantity mean = Quantity.Ratio(Sums([.. terms.Select(t => (t.D, 1.0))]));
        Average student = Average.Over(terms.Select(t => t.D));
        foreach (var (a, b) in ((double, double)[])[(mean.Value, student.Value), (mean.Low, student.Low), (mean.High, student.High)]) Assert.Equal(b, a, 1e-12);
        Assert.True(double.IsNaN(Quantity.Ratio(Sums((1, 1))).Low));
    }

    [Fact]
    public void Several_intervals_that_hold_together_are_each_at_a_level_of_bonferroni_s()
    {
        PairedSums sums = Sums((0.5, 1), (-0.25, 1), (2, 1), (0.125, 1));
        double wider = (Quantity.Ratio(sums, 20).High - Quantity.Ratio(sums).Value) / (Quantity.Ratio(sums).High - Quantity.Ratio(sums).Value);
        Assert.Equal(MathNet.Numerics.Distributions.StudentT.InvCDF(0, 1, 3, 1 - 0.025 / 20) / MathNet.Numerics.Distributions.StudentT.InvCDF(0, 1, 3, 0.975), wider, 1e-9);
        bool[] first = [true, true, true, false, true, false], second = [true, false, false, true, true, false];
        Assert.Equal(PairedDifference.Between(first, second, 5), PairedDifference.FromCounts(2, 1, 6, 5));
    }

    [Fact]
    public void Ranks_are_as_wide_as_the_intervals_and_noise_has_none()
    {
        Universe universe = Small.HeadsAndMlps([4]);
        PairedSums Around(double mean, double spread) => Sums([.. Enumerable.Range(0, 40).Select(i => (mean + (i % 2 == 0 ? spread : -spread), 1.0))]);
        // 5 parts: one clear, two that overlap, one noise, one that is better gone
        IReadOnlyList<PartEffect> parts = SetEffects.From("inDomain", "dev", universe,
            [Around(3, 0.1), Around(1, 0.2), Around(1.05, 0.2), Around(0.01, 0.2), Around(-1, 0.1)], accuracy: false).Parts;
        Assert.Equal([(1, 1), (2, 3), (2, 3), (null, null), (5, 5)], parts.Select(p => (p.RankFrom, p.RankTo)));
        Assert.All(parts, p => Assert.True(p.LowTogether < p.Low && p.Low < p.Cost && p.Cost < p.High && p.High < p.HighTogether));
    }

    [Fact]
    public void Accuracy_that_never_changes_has_an_interval_that_is_not_a_point()
    {
        PartEffect same = SetEffects.From("inDomain", "dev", Small.HeadsAndMlps([1]), [Sums([.. Enumerable.Repeat((0.0, 1.0), 50)]), Sums([.. Enumerable.Repeat((0.0, 1.0), 50)])], accuracy: true).Parts[0];
        Assert.Equal((0, null), (same.Cost, same.RankFrom));
        Assert.True(same.Low < 0 && same.High > 0);
    }
}
