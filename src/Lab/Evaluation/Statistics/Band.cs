namespace Heartwood.Lab.Evaluation.Statistics;

/// <summary>One figure over several seeds: its mean, and the smallest and largest, which are the band that a chart shows.</summary>
/// <param name="Mean">mean over the seeds</param>
/// <param name="Low">the smallest</param>
/// <param name="High">the largest</param>
/// <param name="N">how many seeds</param>
/// <param name="IntervalLow">lower end of Student's 95 % interval of the mean over seeds; null below 3 seeds, and where all are equal,
/// which says nothing of how far others lie</param>
/// <param name="IntervalHigh">upper end</param>
public sealed record Band(double Mean, double Low, double High, int N, double? IntervalLow = null, double? IntervalHigh = null)
{
    /// <summary>Below this number of seeds the mean has no interval: of two it spans nearly everything.</summary>
    public const int Fewest = 3;

    /// <summary>The band of the figures that are numbers; null where there is none.</summary>
    public static Band? Over(IEnumerable<double?> figures)
    {
        double[] there = [.. figures.OfType<double>().Where(double.IsFinite)];
        if (there.Length == 0) return null;
        Band band = new(there.Average(), there.Min(), there.Max(), there.Length);
        return there.Length >= Fewest && band.Low < band.High && Average.Over(there) is var mean
            ? band with { IntervalLow = mean.Low, IntervalHigh = mean.High } : band;
    }
}
