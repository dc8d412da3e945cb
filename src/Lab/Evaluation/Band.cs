namespace Heartwood.Lab.Evaluation;

/// <summary>One figure over several seeds: its mean, and the smallest and largest, which are the band that a chart shows.</summary>
/// <param name="Mean">mean over the seeds</param>
/// <param name="Low">the smallest</param>
/// <param name="High">the largest</param>
/// <param name="N">how many seeds</param>
public sealed record Band(double Mean, double Low, double High, int N)
{
    /// <summary>The band of the figures that are numbers; null where there is none.</summary>
    public static Band? Of(IEnumerable<double?> figures)
    {
        double[] there = [.. figures.OfType<double>().Where(double.IsFinite)];
        return there.Length == 0 ? null : new(there.Average(), there.Min(), there.Max(), there.Length);
    }
}
