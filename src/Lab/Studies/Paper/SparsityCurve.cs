using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Reports.Paper;

namespace Heartwood.Lab.Studies.Paper;

/// <summary>Accuracy in-domain, out of domain and unseen against sparsity, with the band over seeds; random masks of the same sizes beside.</summary>
static class SparsityCurve
{
    /// <summary>One point per sparsity, rising.</summary>
    public static IReadOnlyList<CurvePoint> Of(EvaluationStage measured) => [.. measured.Subnetworks.GroupBy(s => s.TargetSparsity).OrderBy(g => g.Key).Select(g => new CurvePoint(
        g.Key, Band.Of(g.Select(s => (double?)s.Sparsity))!, Bands([.. g]), Bands([.. measured.RandomSubnetworks.Where(r => r.TargetSparsity == g.Key)])))];

    static SetBands Bands(MeasuredSubnetwork[] here) =>
        new(Band.Of(here.Select(s => (double?)s.InDomain.Value))!, Band.Of(here.Select(s => s.OutOfDomain?.Value)), Band.Of(here.Select(s => s.Unseen?.Value)));
}
