using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Comparison;

/// <summary>
/// The effective size of a model: how many parts the smallest subnetwork keeps that is as good as the model, up to a tolerance
/// (Bhaskar, Friedman and Chen 2024; after Merrill, Tsilivis and Shukla 2023).
/// </summary>
public static class EffectiveSize
{
    const double Rounding = 1e-9;

    /// <summary>Whether an accuracy lies at most the tolerance below the model's.</summary>
    public static bool IsGood(double accuracy, double model, double tolerance) => accuracy >= model - tolerance - Rounding;

    /// <summary>
    /// The smallest good subnetwork of each seed, over the seeds. A seed without any counts the whole model, which is as good as itself.
    /// </summary>
    /// <param name="whole">how many parts the model has</param>
    /// <param name="subnetworks">every subnetwork of the grid: its seed, its parts, whether it is good</param>
    public static Band Over(int whole, IEnumerable<(ulong Seed, int Parts, bool Good)> subnetworks) =>
        Band.Over(subnetworks.GroupBy(s => s.Seed)
            .Select(seed => (double?)seed.Where(s => s.Good).Select(s => s.Parts).Append(whole).Min()))
        ?? throw new ArgumentException("An effective size needs at least one subnetwork.", nameof(subnetworks));
}
