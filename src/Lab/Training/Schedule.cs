namespace Heartwood.Lab.Training;

/// <summary>
/// A learning rate that rises linearly over the warm-up and falls linearly to its end (Devlin et al. 2019, appendix A.2).
/// </summary>
/// <param name="Rate">the highest rate</param>
/// <param name="Steps">number of steps</param>
/// <param name="WarmUp">steps of rising</param>
/// <param name="Final">the rate at the end, as a share of the highest</param>
public sealed record Schedule(double Rate, int Steps, int WarmUp, double Final = 0)
{
    /// <summary>The rate of a step, counted from 0.</summary>
    public double At(int step) => step < WarmUp
        ? Rate * (step + 1) / WarmUp
        : Rate * (Final + (1 - Final) * Math.Max(0, Steps - step) / Math.Max(1, Steps - WarmUp));
}
