using Heartwood.Tensors;

namespace Heartwood.Lab.Comparison;

/// <summary>A figure next to what it is when what should not matter is shuffled.</summary>
/// <param name="Observed">the figure</param>
/// <param name="Mean">its mean over the shuffles</param>
/// <param name="Low">lower end of the shuffles' central 95 %</param>
/// <param name="High">upper end</param>
/// <param name="PValue">(1 + shuffles with at least as large a figure) / (1 + shuffles): Phipson and Smyth 2010, never 0</param>
/// <param name="Shuffles">how many</param>
public sealed record Permutation(double Observed, double Mean, double Low, double High, double PValue, int Shuffles)
{
    const double Rounding = 1e-12;

    /// <summary>Shuffles and counts.</summary>
    /// <param name="observed">the figure</param>
    /// <param name="shuffled">the figure after one shuffle, by the stream's numbers alone</param>
    /// <param name="chance">keyed by (seed, purpose)</param>
    /// <param name="shuffles">how many, at least 1</param>
    public static Permutation Test(double observed, Func<ChanceStream, double> shuffled, Chance chance, int shuffles = 9999)
    {
        double[] drawn = [.. Enumerable.Range(0, shuffles).Select(i => shuffled(chance.At(i).Stream())).Order()];
        int outside = (int)(0.025 * shuffles);
        return new(observed, drawn.Average(), drawn[outside], drawn[^(outside + 1)],
            (1.0 + drawn.Count(d => d >= observed - Rounding)) / (1 + shuffles), shuffles);
    }
}
