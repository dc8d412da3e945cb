using MathNet.Numerics.Distributions;

namespace Heartwood.Lab.Evaluation.Statistics;

/// <summary>
/// How far several shares lie apart, and whether that is more than their own uncertainty explains: Cochran's Q (Cochran 1954,
/// Biometrics 10:101) with standard errors from the 95 % intervals. The shares are mostly of the same examples, which makes
/// them more alike than the test assumes: it errs towards "noise".
/// </summary>
/// <param name="N">how many shares there are</param>
/// <param name="Low">the smallest</param>
/// <param name="High">the largest</param>
/// <param name="Noise">the largest half-width of a single share's 95 % interval</param>
/// <param name="PValue">probability of a spread at least this large where all are truly alike; 1 below two shares</param>
public readonly record struct Spread(int N, double Low, double High, double Noise, double PValue)
{
    const double Z = 1.959963984540054;

    /// <summary>Largest minus smallest.</summary>
    public double Width => High - Low;

    /// <summary>Whether the spread is more than noise at 5 %, after Bonferroni's correction for the number of such tests.</summary>
    public bool BeyondNoise(int tests = 1) => Corrected(tests) < 0.05;

    /// <summary>The p-value after Bonferroni's correction.</summary>
    public double Corrected(int tests) => Math.Min(1, PValue * tests);

    /// <summary>The spread of the shares that were measured.</summary>
    public static Spread Across(IEnumerable<Proportion?> shares)
    {
        Proportion[] p = [.. shares.OfType<Proportion>().Where(s => s.N > 0 && !double.IsNaN(s.Value))];
        if (p.Length == 0) return new(0, double.NaN, double.NaN, double.NaN, 1);
        double noise = p.Max(Half);
        return new(p.Length, p.Min(s => s.Value), p.Max(s => s.Value), noise, p.Length < 2 || noise <= 0 ? 1 : Heterogeneity(p));
    }

    /// <summary>Half the width of a share's 95 % interval.</summary>
    public static double Half(Proportion p) => (p.High - p.Low) / 2;

    static double Heterogeneity(Proportion[] shares)
    {
        // The middle of Wilson's interval, not the share itself: at 0 and 1 it belongs to the interval's width.
        (double Middle, double Weight)[] terms =
            [.. shares.Where(s => s.High > s.Low).Select(s => ((s.Low + s.High) / 2, Z * Z / (Half(s) * Half(s))))];
        if (terms.Length < 2) return 1;
        double mean = terms.Sum(t => t.Weight * t.Middle) / terms.Sum(t => t.Weight);
        return 1 - ChiSquared.CDF(terms.Length - 1, terms.Sum(t => t.Weight * (t.Middle - mean) * (t.Middle - mean)));
    }
}
