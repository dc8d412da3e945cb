namespace Heartwood.Lab.Comparison;

/// <summary>
/// Faithfulness over sizes and the areas of the circuit track of the Mechanistic Interpretability Benchmark (Mueller et al. 2025; read in
/// hannamw/MIB-circuit-track, evaluation.py): f(k) = (m(k) − m(none)) / (m(all) − m(none)), not clipped; CPR = ∫ f, CMD = ∫ |1 − f| over
/// the share of parts that are kept, by linear trapezoids between the points. More CPR is better; the best CMD is 0.
/// </summary>
/// <param name="Shares">shares of parts that are kept, ascending</param>
/// <param name="Faithfulness">f at each</param>
public sealed record AreaOverSizes(IReadOnlyList<double> Shares, IReadOnlyList<double> Faithfulness)
{
    /// <summary>The benchmark's ten shares; the size at a share is ⌊share · parts⌋.</summary>
    public static IReadOnlyList<double> BenchmarkShares { get; } = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

    /// <summary>Area under f: how well the circuits perform.</summary>
    public double Cpr => Area(f => f);

    /// <summary>Area between f and 1: how far the circuits are from the model, above or below.</summary>
    public double Cmd => Area(f => Math.Abs(1 - f));

    /// <summary>From every size on: the exact curve, shares 0, 1/n … 1.</summary>
    /// <param name="measured">the measure with 0, 1 … n parts kept</param>
    /// <returns>null where the measure of the whole model is that of none: nothing can be faithful or not</returns>
    public static AreaOverSizes? Exact(IReadOnlyList<double> measured)
    {
        int parts = measured.Count - 1;
        return Curve([.. Enumerable.Range(0, parts + 1).Select(k => (double)k / parts)], measured, [.. Enumerable.Range(0, parts + 1)]);
    }

    /// <summary>At the benchmark's shares, of which many are no part at all where there are few parts.</summary>
    /// <inheritdoc cref="Exact"/>
    public static AreaOverSizes? AtBenchmarkShares(IReadOnlyList<double> measured) =>
        Curve(BenchmarkShares, measured, [.. BenchmarkShares.Select(share => (int)Math.Floor(share * (measured.Count - 1)))]);

    static AreaOverSizes? Curve(IReadOnlyList<double> shares, IReadOnlyList<double> measured, int[] sizes)
    {
        double none = measured[0], range = measured[^1] - none;
        return range == 0 ? null : new(shares, [.. sizes.Select(k => (measured[k] - none) / range)]);
    }

    double Area(Func<double, double> height)
    {
        double area = 0;
        for (int i = 1; i < Shares.Count; i++)
            area += (Shares[i] - Shares[i - 1]) * (height(Faithfulness[i - 1]) + height(Faithfulness[i])) / 2;
        return area;
    }
}
