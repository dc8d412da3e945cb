namespace Heartwood.Lab.Evaluation.Statistics;

/// <summary>Pearson's correlation of two figures over the same things, for example loss and accuracy over subnetworks.</summary>
/// <param name="N">how many pairs of figures there are</param>
/// <param name="Pearson">the coefficient, −1 to 1; null below 2 pairs or where a figure never changes</param>
/// <param name="Low">lower end of its 95 % interval; null below 4 pairs</param>
/// <param name="High">upper end</param>
public sealed record Correlation(int N, double? Pearson, double? Low, double? High)
{
    /// <summary>
    /// The coefficient with the interval of Fisher's z (Fisher 1921, "On the probable error of a coefficient of correlation deduced
    /// from a small sample", Metron 1:3): artanh r is about normal with variance 1 / (n − 3).
    /// </summary>
    /// <param name="x">the first figure</param>
    /// <param name="y">the second, in the same order</param>
    /// <exception cref="ArgumentException">the two have different lengths</exception>
    public static Correlation Between(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        if (x.Count != y.Count) throw new ArgumentException($"{x.Count} figures against {y.Count}; a correlation needs pairs.", nameof(y));
        double r = MathNet.Numerics.Statistics.Correlation.Pearson(x, y);
        if (x.Count < 2 || !double.IsFinite(r)) return new(x.Count, null, null, null);
        r = Math.Clamp(r, -1, 1);                                // rounding may leave it a hair outside
        if (x.Count < 4) return new(x.Count, r, null, null);
        double z = Math.Atanh(r), half = Proportion.Z / Math.Sqrt(x.Count - 3);
        return new(x.Count, r, Math.Tanh(z - half), Math.Tanh(z + half));
    }
}
