using Heartwood.Lab.Comparison;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Comparison;

public class CaseClustersTests
{
    static double[] Turned(double cosine)
    {
        double sine = Math.Sqrt(1 - cosine * cosine);            // a unit vector in the plane of vectors of mean zero
        return [cosine / Math.Sqrt(2) + sine / Math.Sqrt(6), -cosine / Math.Sqrt(2) + sine / Math.Sqrt(6), -2 * sine / Math.Sqrt(6)];
    }

    static string Said(IReadOnlyList<IReadOnlyList<int>> clusters) => string.Join(" | ", clusters.Select(c => string.Join(' ', c)));

    [Fact]
    public void Cases_that_rise_and_fall_together_are_one_cluster_and_those_that_never_differ_the_last() =>
        Assert.Equal("0 2 | 1 4 | 3", Said(CaseClusters.Find([[1, 1, 0, 0], [0, 1, 0, 1], [0.9, 1, 0.1, 0], [1, 1, 1, 1], [0, 0.9, 0.1, 1]])));

    [Fact]
    public void Linkage_is_by_the_average_not_by_the_nearest()
    {
        // correlations 0.65, 0.60 and −0.22: from the first two to the third 1 − (0.60 − 0.22) / 2 = 0.81
        Assert.Equal("0 1 | 2", Said(CaseClusters.Find([Turned(1), Turned(0.65), Turned(-0.218)])));
        Assert.Equal("0 1 2", Said(CaseClusters.Find([Turned(1), Turned(0.9), Turned(0.62)])));
    }

    [Fact]
    public void One_case_or_one_subnetwork_is_no_trouble()
    {
        Assert.Equal("0", Said(CaseClusters.Find([[0.2, 0.4]])));
        Assert.Equal("0 1", Said(CaseClusters.Find([[0.2], [0.4]])));
        Assert.Null(CaseClusters.Agreement([[0.2], [0.4]], ["a", "a"], [0.5], new(1, "test"), 99));
    }

    [Fact]
    public void Agreement_is_the_mean_correlation_of_pairs_of_one_class()
    {
        double[] a = [1, 1, 0, 0], b = [0.9, 1, 0.1, 0], c = [0, 0, 1, 1];
        double expected = Heartwood.Lab.Evaluation.Statistics.Correlation.Between(a, b).Pearson!.Value;
        Assert.Equal(expected, CaseClusters.Agreement([a, c, b], ["yes", "no", "yes"], [1, 1, 1, 1], new(1, "test"), 99)!.Observed, 1e-12);
        Assert.Equal((expected - 1 + Heartwood.Lab.Evaluation.Statistics.Correlation.Between(b, c).Pearson!.Value) / 3, CaseClusters.Agreement([a, c, b], ["", "", ""], [1, 1, 1, 1], new(1, "test"), 99)!.Observed, 1e-12);
        Assert.Null(CaseClusters.Agreement([a, c], ["yes", "no"], [1, 1, 1, 1], new(1, "test"), 99));
    }

    [Fact]
    public void What_the_strata_explain_is_no_agreement_and_what_they_do_not_is()
    {
        double[] strata = [.. Enumerable.Range(0, 24).Select(i => i / 12)], only = [.. strata.Select(s => 1 - s)];
        Permutation explained = CaseClusters.Agreement([only, only], ["", ""], strata, new(1, "test"), 199)!;
        Assert.Equal((1.0, 1.0), (Math.Round(explained.Observed, 12), explained.PValue));
        double[] within = [.. Enumerable.Range(0, 24).Select(i => (double)new Chance(5, "within").Uniform(i))];
        Permutation real = CaseClusters.Agreement([within, within], ["", ""], strata, new(1, "test"), 199)!;
        Assert.Equal(1.0 / 200, real.PValue);
        Assert.InRange(real.Mean, -0.2, 0.2);
        Assert.InRange(real.High, real.Mean, 0.7);
    }
}

public class PermutationTests
{
    [Fact]
    public void The_p_value_counts_shuffles_at_least_as_large_and_is_never_zero()
    {
        Assert.Equal((0.01, 99), Permutation.Test(5, _ => 4, new(1, "test"), 99) is var rare ? (rare.PValue, rare.Shuffles) : default);
        Assert.Equal((1.0, 4.0, 4.0), Permutation.Test(4, _ => 4, new(1, "test"), 99) is var common ? (common.PValue, common.Low, common.High) : default);
        Permutation half = Permutation.Test(1, stream => stream.Below(2), new(1, "test"), 1999);
        Assert.InRange(half.PValue, 0.46, 0.54);
        Assert.Equal(half, Permutation.Test(1, stream => stream.Below(2), new(1, "test"), 1999));
    }
}

public class EffectiveSizeTests
{
    [Fact]
    public void A_seed_counts_its_smallest_good_subnetwork_or_the_whole_model() =>
        Assert.Equal(new(28, 20, 36, 2), EffectiveSize.Over(36, [(1, 10, false), (1, 20, true), (1, 30, true), (2, 10, false), (2, 20, false)]));

    [Fact]
    public void As_good_means_at_most_the_tolerance_below()
    {
        Assert.True(EffectiveSize.IsGood(0.97, 1, 0.03));
        Assert.True(EffectiveSize.IsGood(1, 0.9, 0.03));
        Assert.False(EffectiveSize.IsGood(0.9699, 1, 0.03));
        Assert.Throws<ArgumentException>(() => EffectiveSize.Over(36, []));
    }
}
