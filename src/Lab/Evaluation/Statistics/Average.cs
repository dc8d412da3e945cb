using MathNet.Numerics.Distributions;

namespace Heartwood.Lab.Evaluation.Statistics;

/// <summary>A figure that every example has, averaged, with its uncertainty over examples.</summary>
/// <param name="Value">the mean, in the figure's own unit; NaN without examples</param>
/// <param name="N">how many examples have the figure</param>
/// <param name="Low">lower end of the 95 % interval; NaN below 2 examples</param>
/// <param name="High">upper end</param>
public sealed record Average(double Value, int N, double Low, double High)
{
    /// <summary>
    /// The mean with Student's interval (Student 1908, Biometrika 6:1), over examples that are independent of each other.
    /// </summary>
    /// <param name="figures">one per example; an example whose figure is not a number does not have it and does not count</param>
    public static Average Over(IEnumerable<double> figures)
    {
        double[] there = [.. figures.Where(f => !double.IsNaN(f))];
        if (there.Length == 0) return new(double.NaN, 0, double.NaN, double.NaN);
        double mean = there.Average();
        if (there.Length == 1) return new(mean, 1, double.NaN, double.NaN);
        double deviation = Math.Sqrt(there.Sum(f => (f - mean) * (f - mean)) / (there.Length - 1));
        double half = StudentT.InvCDF(0, 1, there.Length - 1, 0.975) * deviation / Math.Sqrt(there.Length);
        return new(mean, there.Length, mean - half, mean + half);
    }
}
