using System.Text.Json.Serialization;
using Heartwood.Tensors;

namespace Heartwood.Bench.Harness;

/// <summary>
/// Between what ends a figure lies: the middle 95 % of what the rounds give when as many of them are drawn again, with
/// replacement, many times.
/// </summary>
/// <param name="Low">the lower end</param>
/// <param name="High">the upper end</param>
sealed record Interval(double Low, double High)
{
    const int Draws = 400;
    const double Normal = 1.96;                                  // standard errors to either side that hold 95 % of a normal distribution

    /// <summary>By how much of itself the figure is uncertain to either side.</summary>
    [JsonIgnore]
    public double HalfWidth => Math.Sqrt(High / Low) - 1;

    /// <summary>Of the ratio of two medians, whose rounds were taken in turn and are drawn in pairs.</summary>
    public static Interval OfRatio(IReadOnlyList<double> above, IReadOnlyList<double> below)
    {
        int rounds = Math.Min(above.Count, below.Count);
        ChanceStream stream = new Chance(1, "rounds").Stream();
        double[] ratios = new double[Draws], x = new double[rounds], y = new double[rounds];
        for (int draw = 0; draw < Draws; draw++)
        {
            for (int i = 0; i < rounds; i++)
            {
                int round = stream.Below(rounds);
                (x[i], y[i]) = (above[round], below[round]);
            }
            ratios[draw] = Measuring.Median(x) / Measuring.Median(y);
        }
        Array.Sort(ratios);
        return new(ratios[Draws / 40], ratios[^(1 + Draws / 40)]);
    }

    /// <summary>Of the geometric mean of figures that were measured apart; null where one of them has none.</summary>
    /// <param name="each">those of the figures</param>
    /// <param name="mean">the mean</param>
    public static Interval? OfMean(IEnumerable<Interval?> each, double? mean)
    {
        Interval?[] all = [.. each];
        if (mean is null || all.Length == 0 || all.Contains(null)) return null;
        double error = Math.Sqrt(all.Sum(i => Math.Pow(Math.Log(i!.High / i.Low) / (2 * Normal), 2))) / all.Length;
        return new(mean.Value * Math.Exp(-Normal * error), mean.Value * Math.Exp(Normal * error));
    }

    /// <summary>The same of a figure that is this one times <paramref name="by"/>.</summary>
    public Interval Times(double by) => new(Low * by, High * by);
}
