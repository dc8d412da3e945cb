using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Reports.Paper;

namespace Heartwood.Lab.Studies.Paper;

/// <summary>The effective size over training: subnetworks of several sparsities and seeds at several checkpoints, and the smallest that are as good as their checkpoint's model.</summary>
static class SizeGrid
{
    /// <summary>The checkpoints of the grid: those that have learned anything in-domain, at most so many, spread evenly, first and last among them.</summary>
    public static IReadOnlyList<TrainingCheckpoint> Chosen(IReadOnlyList<TrainingCheckpoint> checkpoints, EmergenceFacts measured, int most)
    {
        TrainingCheckpoint[] learned = [.. checkpoints.Where((_, i) => measured.Checkpoints[i].LearnedInDomain)];
        return learned.Length <= most ? learned : most == 1 ? [learned[^1]] : [.. Enumerable.Range(0, most).Select(i => learned[(int)Math.Round((double)i * (learned.Length - 1) / (most - 1), MidpointRounding.AwayFromZero)])];
    }

    /// <summary>The sizes at one checkpoint.</summary>
    /// <param name="checkpoint">what was measured of its model</param>
    /// <param name="measured">its subnetworks, of which those of the grid count</param>
    /// <param name="request">the grid</param>
    /// <param name="whole">how many parts the model has</param>
    /// <param name="reused">whether they are the study's own</param>
    public static CheckpointSizes At(CheckpointFacts checkpoint, IReadOnlyList<MeasuredSubnetwork> measured, PaperRequest request, int whole, bool reused)
    {
        GridPoint[] grid = [.. measured.Where(s => request.GridSparsities.Contains(s.TargetSparsity) && request.SeedsOfGrid.Contains(s.Seed)).Select(s => new GridPoint(s.Seed, s.TargetSparsity, s.Parts.Count, s.InDomain, s.OutOfDomain))];
        bool Inside(GridPoint p) => EffectiveSize.IsGood(p.InDomain.Value, checkpoint.Full.InDomain.Value, request.Tolerance);
        bool Outside(GridPoint p) => EffectiveSize.IsGood(p.OutOfDomain!.Value, checkpoint.Full.OutOfDomain!.Value, request.Tolerance);
        Band? Size(bool counts, Func<GridPoint, bool> good) => counts ? EffectiveSize.Over(whole, grid.Select(p => (p.Seed, p.Parts, good(p)))) : null;
        return new(checkpoint.Name, checkpoint.Step, Size(checkpoint.LearnedInDomain, Inside), Size(checkpoint.LearnedOutOfDomain, Outside),
            Size(checkpoint.LearnedInDomain && checkpoint.LearnedOutOfDomain, p => Inside(p) && Outside(p)), reused, grid);
    }

    /// <summary>All checkpoints of the grid, with the trend over them.</summary>
    public static SizeFacts Of(IReadOnlyList<CheckpointSizes> sizes, EmergenceFacts checkpoints, PaperRequest request, int whole)
    {
        var counted = sizes.Where(s => s.InDomain is not null).Select(s => (Size: s.InDomain!.Mean, Outside: checkpoints.Checkpoints.Single(c => c.Name == s.Name).Full.OutOfDomain?.Value)).Where(s => s.Outside is not null).ToArray();
        return new(whole, [.. request.GridSparsities.Order()], request.SeedsOfGrid, sizes, Trend([.. counted.Select(c => c.Outside!.Value)], [.. counted.Select(c => c.Size)], request.Study.Seeds[0]));
    }

    static TrendFacts? Trend(double[] outside, double[] size, ulong seed)
    {
        RankCorrelation trend = RankCorrelation.Of(outside, size);
        if (size.Length < 3 || trend.Rho is not { } rho) return null;
        return new(trend, Permutation.Of(Math.Abs(rho), stream =>
        {
            double[] shuffled = [.. size];
            stream.Shuffle<double>(shuffled);
            return Math.Abs(RankCorrelation.Of(outside, shuffled).Rho!.Value);
        }, new(seed, "checkpoints shuffled")).PValue);
    }
}
