namespace Heartwood.Lab.Comparison;

/// <summary>A figure's place among the same figure of random draws, where larger is more.</summary>
/// <param name="Mean">the draws' mean</param>
/// <param name="Low">lower end of the draws' central 95 %</param>
/// <param name="High">upper end</param>
/// <param name="AtLeast">how many draws have at least as large a figure</param>
/// <param name="Draws">how many draws there are</param>
public sealed record AmongDraws(double Mean, double Low, double High, int AtLeast, int Draws)
{
    /// <summary>(1 + at least as large) / (1 + draws): the p-value of "no larger than random" (Phipson and Smyth 2010), never 0.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public double PValue => (1.0 + AtLeast) / (1 + Draws);

    /// <summary>Places a figure; null where there is no draw.</summary>
    /// <param name="figure">the figure</param>
    /// <param name="draws">the same of each draw; what is cut off at each end of the central 95 % is the whole number of draws
    /// below 2.5 %</param>
    /// <exception cref="ArgumentException">a figure is not a number</exception>
    public static AmongDraws? Rank(double figure, IReadOnlyCollection<double> draws)
    {
        if (draws.Count == 0) return null;
        if (double.IsNaN(figure) || draws.Any(double.IsNaN))
            throw new ArgumentException("A figure that is not a number (NaN) has no place among draws; rank figures that were measured.");
        double[] sorted = [.. draws.Order()];
        int outside = (int)(0.025 * sorted.Length);
        return new(sorted.Average(), sorted[outside], sorted[^(outside + 1)], sorted.Count(d => d >= figure), sorted.Length);
    }
}
