namespace Heartwood.Lab.Evaluation.Statistics;

/// <summary>Spearman's rank correlation of two figures over the same things; equal figures share their mean rank.</summary>
/// <param name="N">how many pairs of figures there are</param>
/// <param name="Rho">the coefficient, −1 to 1; null below 2 pairs or where a figure never changes</param>
/// <param name="Low">lower end of its 95 % interval; null below 4 pairs</param>
/// <param name="High">upper end</param>
public sealed record RankCorrelation(int N, double? Rho, double? Low, double? High)
{
    /// <summary>
    /// The coefficient with the interval of Bonett and Wright (2000, "Sample size requirements for estimating Pearson, Kendall and
    /// Spearman correlations", Psychometrika 65:23): artanh ρ is about normal with variance (1 + ρ² / 2) / (n − 3).
    /// </summary>
    /// <param name="x">the first figure</param>
    /// <param name="y">the second, in the same order</param>
    /// <exception cref="ArgumentException">the two have different lengths</exception>
    public static RankCorrelation Between(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        Correlation ranks = Correlation.Between(Ranks(x), Ranks(y));
        if (ranks.Pearson is not { } rho || x.Count < 4) return new(x.Count, ranks.Pearson, null, null);
        double z = Math.Atanh(rho), half = Proportion.Z * Math.Sqrt((1 + rho * rho / 2) / (x.Count - 3));
        return new(x.Count, rho, double.IsInfinity(z) ? rho : Math.Tanh(z - half), double.IsInfinity(z) ? rho : Math.Tanh(z + half));
    }

    /// <summary>Ranks from 1; equal values share the mean of theirs.</summary>
    public static double[] Ranks(IReadOnlyList<double> values) =>
        MathNet.Numerics.Statistics.ArrayStatistics.RanksInplace([.. values], MathNet.Numerics.Statistics.RankDefinition.Average);
}
