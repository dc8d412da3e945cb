namespace Heartwood.Lab.Evaluation.Statistics;

/// <summary>A share of examples with its uncertainty, for example an accuracy.</summary>
/// <param name="Value">the share, 0 to 1</param>
/// <param name="N">how many examples it was measured on</param>
/// <param name="Low">lower end of the 95 % interval</param>
/// <param name="High">upper end of the 95 % interval</param>
public sealed record Proportion(double Value, int N, double Low, double High)
{
    /// <summary>The normal distribution's 97.5 % point: half the width of every 95 % interval, in standard errors.</summary>
    internal const double Z = 1.959963984540054;

    /// <summary>The share of successes with Wilson's score interval (Wilson 1927, JASA 22:209), which stays inside 0 to 1.</summary>
    /// <param name="successes">how many of the examples succeeded</param>
    /// <param name="n">how many examples there were; 0 gives no value (NaN) and the interval 0 to 1</param>
    /// <exception cref="ArgumentOutOfRangeException">there are fewer than no successes, or more than examples</exception>
    public static Proportion FromCounts(int successes, int n)
    {
        if (successes < 0 || successes > n)
            throw new ArgumentOutOfRangeException(nameof(successes), successes,
                $"Successes should be from 0 to the number of examples, {n}.");
        if (n == 0) return new(double.NaN, 0, 0, 1);
        double p = (double)successes / n, z2 = Z * Z, scale = 1 / (1 + z2 / n);
        double middle = (p + z2 / (2 * n)) * scale, half = Z * scale * Math.Sqrt(p * (1 - p) / n + z2 / (4.0 * n * n));
        return new(p, n, successes == 0 ? 0 : middle - half, successes == n ? 1 : middle + half);
    }

    /// <summary>
    /// The mean of several independent shares (balanced accuracy: one recall per label). The distance to each end is the root of
    /// the summed squares of the shares' own distances (Zou and Donner 2008, Statistics in Medicine 27:1693; for
    /// Wilson's intervals Newcombe 1998, Statistics in Medicine 17:873, method 10).
    /// </summary>
    /// <param name="shares">the shares, each with its own interval; none, or one without examples, gives no value (NaN) and 0 to 1</param>
    public static Proportion Mean(IReadOnlyList<Proportion> shares)
    {
        if (shares.Count == 0 || shares.Any(s => s.N == 0)) return new(double.NaN, 0, 0, 1);
        double value = shares.Average(s => s.Value);
        double low = Math.Sqrt(shares.Sum(s => (s.Value - s.Low) * (s.Value - s.Low))) / shares.Count;
        double high = Math.Sqrt(shares.Sum(s => (s.High - s.Value) * (s.High - s.Value))) / shares.Count;
        return new(value, shares.Sum(s => s.N), Math.Max(0, value - low), Math.Min(1, value + high));
    }
}
