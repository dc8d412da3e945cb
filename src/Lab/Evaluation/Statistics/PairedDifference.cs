namespace Heartwood.Lab.Evaluation.Statistics;

/// <summary>How much accuracy one model loses against another on the same examples, with its uncertainty.</summary>
/// <param name="Value">accuracy of the first minus accuracy of the second</param>
/// <param name="N">how many examples</param>
/// <param name="Low">lower end of the interval</param>
/// <param name="High">upper end</param>
public sealed record PairedDifference(double Value, int N, double Low, double High)
{
    /// <summary>
    /// The difference with the adjusted interval of Bonett and Price (2012, "Adjusted Wald confidence interval for a difference
    /// of binomial proportions based on paired data", Journal of Educational and Behavioral Statistics 37:479): one example is
    /// added to each of the two kinds of disagreement. What both get right or wrong is no noise, so it is far narrower than the
    /// difference of two intervals.
    /// </summary>
    /// <param name="first">whether the first is right, per example</param>
    /// <param name="second">whether the second is right, in the same order</param>
    /// <param name="tests">how many such intervals are to hold together (Bonferroni); 1 for a single one at 95 %</param>
    /// <exception cref="ArgumentException">the two have different lengths</exception>
    public static PairedDifference Between(IReadOnlyList<bool> first, IReadOnlyList<bool> second, int tests = 1)
    {
        if (first.Count != second.Count)
            throw new ArgumentException($"{first.Count} answers against {second.Count}; a paired difference needs the same examples.",
                nameof(second));
        int n = first.Count, lost = 0, gained = 0;
        for (int i = 0; i < n; i++) (lost, gained) = (lost + (first[i] && !second[i] ? 1 : 0), gained + (second[i] && !first[i] ? 1 : 0));
        return FromCounts(lost, gained, n, tests);
    }

    /// <summary>The same from what was counted.</summary>
    /// <param name="lost">examples that only the first gets right</param>
    /// <param name="gained">examples that only the second gets right</param>
    /// <param name="n">how many examples</param>
    /// <param name="tests">how many such intervals are to hold together</param>
    public static PairedDifference FromCounts(int lost, int gained, int n, int tests = 1)
    {
        if (n == 0) return new(double.NaN, 0, -1, 1);
        double l = (lost + 1.0) / (n + 2), g = (gained + 1.0) / (n + 2), middle = l - g;
        double z = MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, 1 - 0.025 / tests);
        double half = z * Math.Sqrt((l + g - middle * middle) / (n + 2));
        return new((double)(lost - gained) / n, n, Math.Max(-1, middle - half), Math.Min(1, middle + half));
    }
}
