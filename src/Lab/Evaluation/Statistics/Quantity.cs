using Heartwood.Lab.Discovery;
using MathNet.Numerics.Distributions;

namespace Heartwood.Lab.Evaluation.Statistics;

/// <summary>A figure that is a ratio of two sums over examples, with its uncertainty.</summary>
/// <param name="Value">the figure</param>
/// <param name="N">how many examples it was measured on</param>
/// <param name="Low">lower end of the 95 % interval; NaN below two examples</param>
/// <param name="High">upper end</param>
public sealed record Quantity(double Value, int N, double Low, double High)
{
    /// <summary>
    /// Sum over sum, with the interval of a ratio estimator over whole examples (Cochran 1977, Sampling Techniques, section 2.11;
    /// Student's t with N − 1 degrees of freedom): the tokens of one window are not independent, so they never count as such.
    /// </summary>
    /// <param name="terms">what each example adds to both sums</param>
    public static Quantity Ratio(IReadOnlyList<(double Sum, double Per)> terms)
    {
        double per = terms.Sum(t => t.Per), value = terms.Sum(t => t.Sum) / per;
        if (terms.Count < 2 || per == 0) return new(value, terms.Count, double.NaN, double.NaN);
        double squares = terms.Sum(t => (t.Sum - value * t.Per) * (t.Sum - value * t.Per));
        double half = StudentT.InvCDF(0, 1, terms.Count - 1, 0.975) * Math.Sqrt(squares * terms.Count / (terms.Count - 1)) / Math.Abs(per);
        return new(value, terms.Count, value - half, value + half);
    }

    /// <summary>The same from sums over the examples, and for several intervals that are to hold together.</summary>
    /// <param name="sums">over the examples; d is what each adds to the upper sum, t to the lower one</param>
    /// <param name="tests">how many such intervals are to hold together (Bonferroni); 1 for a single one at 95 %</param>
    public static Quantity Ratio(PairedSums sums, int tests = 1)
    {
        double value = sums.D / sums.T;
        if (sums.N < 2 || sums.T == 0) return new(value, sums.N, double.NaN, double.NaN);
        double squares = Math.Max(0, sums.DD - 2 * value * sums.DT + value * value * sums.TT);       // rounding may leave it a hair below
        double point = StudentT.InvCDF(0, 1, sums.N - 1, 1 - 0.025 / tests);
        double half = point * Math.Sqrt(squares * sums.N / (sums.N - 1)) / Math.Abs(sums.T);
        return new(value, sums.N, value - half, value + half);
    }

    /// <summary>The same of a function of the figure that rises.</summary>
    public Quantity Through(Func<double, double> function) => new(function(Value), N, function(Low), function(High));

    /// <summary>The same with the interval's ends where the figure itself can be.</summary>
    public Quantity Within(double least, double most) =>
        this with { Low = Math.Max(Low, Math.Min(least, Value)), High = Math.Min(High, Math.Max(most, Value)) };

    /// <summary>
    /// The same as a share, whose interval stays inside 0 to 1. Where all examples agree there is no variance to go by, and Wilson's
    /// interval over the examples is taken.
    /// </summary>
    public Proportion AsShare() => Value is 0 or 1 ? Proportion.FromCounts(Value == 0 ? 0 : N, N)
        : new(Value, N, double.IsNaN(Low) ? 0 : Math.Max(0, Low), double.IsNaN(High) ? 1 : Math.Min(1, High));
}
