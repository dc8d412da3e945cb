using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Reports.Paper;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Lab.Studies.Paper;

/// <summary>How often each head is kept at the main sparsity against other sparsities.</summary>
static class FrequencyShift
{
    const double Apart = 0.2;

    /// <summary>The comparison; null where there is only one sparsity. The other sparsity that is drawn is the one nearest to 0.2 below the main one.</summary>
    public static FrequencyShiftFacts? Of(IReadOnlyList<FrequencyFacts> frequencies, double main)
    {
        FrequencyFacts own = frequencies.Single(f => f.TargetSparsity == main);
        FrequencyFacts[] others = [.. frequencies.Where(f => f.TargetSparsity != main).OrderBy(f => f.TargetSparsity)];
        if (others.Length == 0) return null;
        string[] heads = [.. own.Kept.Keys.Where(p => Heads.Kind.Includes(Part.Parse(p)))];
        double[] Kept(FrequencyFacts f) => [.. heads.Select(h => (double)f.Kept[h])];
        return new(main, others.MinBy(f => Math.Abs(f.TargetSparsity - (main - Apart)))!.TargetSparsity,
            [.. others.Select(f => new ShiftFacts(f.TargetSparsity, RankCorrelation.Of(Kept(own), Kept(f))))]);
    }
}
