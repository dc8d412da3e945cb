using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Questions;

/// <summary>The smallest subnetworks that are as good as their checkpoint's model.</summary>
/// <param name="Tolerance">how far below its model a subnetwork may lie and still count as good as it, a fraction</param>
/// <param name="Parts">how many parts the model has</param>
/// <param name="Sparsities">the sparsities of the grid, rising</param>
/// <param name="Seeds">the seeds</param>
/// <param name="Checkpoints">the checkpoints of the grid</param>
/// <param name="InDomainTrend">over checkpoints, rank correlation of the model's accuracy out of domain with the smallest size in-domain;
/// null
/// below 3 checkpoints</param>
public sealed record SizeFacts(double Tolerance, int Parts, IReadOnlyList<Target> Sparsities, IReadOnlyList<ulong> Seeds,
    IReadOnlyList<CheckpointSizes> Checkpoints, TrendFacts? InDomainTrend);

/// <summary>
/// The smallest subnetworks at one checkpoint, in parts, over seeds; a seed without any counts the whole model. Null where the checkpoint
/// does
/// not count, see <see cref="CheckpointFacts"/>.
/// </summary>
/// <param name="Name">its folder's name</param>
/// <param name="Step">its step</param>
/// <param name="InDomain">as good as the model in-domain</param>
/// <param name="OutOfDomain">as good out of domain</param>
/// <param name="Both">as good on both</param>
/// <param name="Reused">whether its searches are those of the study itself</param>
/// <param name="Grid">every subnetwork of the grid</param>
public sealed record CheckpointSizes(
    string Name, long Step, Band? InDomain, Band? OutOfDomain, Band? Both, bool Reused, IReadOnlyList<GridPoint> Grid);

/// <summary>One subnetwork of the grid.</summary>
/// <param name="Seed">its seed</param>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="Parts">how many parts it keeps</param>
/// <param name="InDomain">its accuracy in-domain</param>
/// <param name="OutOfDomain">out of domain</param>
public sealed record GridPoint(ulong Seed, Target TargetSparsity, int Parts, Proportion InDomain, Proportion? OutOfDomain);

/// <summary>Whether one figure moves with another over checkpoints.</summary>
/// <param name="Correlation">Spearman's rank correlation</param>
/// <param name="PValue">two-sided, against shuffled checkpoints</param>
public sealed record TrendFacts(RankCorrelation Correlation, double PValue);

/// <summary>
/// The effective size over training: subnetworks of several sparsities and seeds at several checkpoints, and the smallest that are as
/// good as
/// their checkpoint's model. Drawn by <see cref="SizeLines"/>.
/// </summary>
sealed class Sizes : IQuestion<SizeFacts>
{
    public string Name => "sizes";

    public int Version => 3;

    public bool Usual => false;

    public int Searches(Prospect ahead) => ahead.GridSearches;

    public long Passes(Prospect ahead) => 2L * ahead.GridSearches * ahead.Sets.Examples;

    public SizeFacts? Ask(Subject subject)
    {
        if (subject.Facts<EmergenceFacts>() is not { } emergence || subject.Facts<AccuracyFacts>() is not { } own) return null;
        Settings settings = subject.Settings;
        ICheckpoint[] chosen = [.. Chosen(subject.Checkpoints, emergence, settings.GridCheckpoints)];
        bool Reused(ICheckpoint c) => settings.HasGrid && c.Sha256 == subject.Loaded.Sha256;
        int searches = chosen.Count(c => !Reused(c)) * settings.GridSparsities.Count * settings.GridSeeds.Count;
        SearchProgress progress = new(subject.Progress, "searches at checkpoints", searches, settings.Pruning.Steps);
        IReadOnlyList<MeasuredSubnetwork> Searched(ICheckpoint checkpoint) => checkpoint.Look(s =>
        {
            progress.Spare(s.Searched());
            return s.Facts<AccuracyFacts>()!.Subnetworks;
        }, progress.ShareOf(checkpoint.Name));
        CheckpointSizes Sizes(ICheckpoint c) => At(emergence.Checkpoints.Single(f => f.Name == c.Name),
            Reused(c) ? own.Subnetworks : Searched(c), settings, subject.Universe.Count, Reused(c));
        return Over([.. chosen.Select(Sizes)], emergence, settings, subject.Universe.Count);
    }

    // those that have learned anything in-domain, at most so many, spread evenly, first and last among them
    static IReadOnlyList<ICheckpoint> Chosen(IReadOnlyList<ICheckpoint> checkpoints, EmergenceFacts measured, int most)
    {
        ICheckpoint[] learned = [.. checkpoints.Where((_, i) => measured.Checkpoints[i].LearnedInDomain)];
        if (learned.Length <= most) return learned;
        if (most == 1) return [learned[^1]];
        int Place(int i) => (int)Math.Round((double)i * (learned.Length - 1) / (most - 1), MidpointRounding.AwayFromZero);
        return [.. Enumerable.Range(0, most).Select(i => learned[Place(i)])];
    }

    /// <summary>The sizes at one checkpoint.</summary>
    /// <param name="checkpoint">what was measured of its model</param>
    /// <param name="measured">its subnetworks, of which those of the grid count</param>
    /// <param name="settings">the grid</param>
    /// <param name="whole">how many parts the model has</param>
    /// <param name="reused">whether they are the study's own</param>
    internal static CheckpointSizes At(
        CheckpointFacts checkpoint, IReadOnlyList<MeasuredSubnetwork> measured, Settings settings, int whole, bool reused)
    {
        bool InGrid(MeasuredSubnetwork s) => settings.GridSparsities.Contains(s.TargetSparsity) && settings.GridSeeds.Contains(s.Seed);
        GridPoint[] grid = [.. measured.Where(InGrid)
            .Select(s => new GridPoint(s.Seed, s.TargetSparsity, s.Parts.Count, s.Measured.InDomain, s.Measured.OutOfDomain))];
        bool Good(Proportion own, Proportion model) => EffectiveSize.IsGood(own.Value, model.Value, settings.Tolerance);
        bool Inside(GridPoint p) => Good(p.InDomain, checkpoint.Full.InDomain);
        bool Outside(GridPoint p) => Good(p.OutOfDomain!, checkpoint.Full.OutOfDomain!);
        Band? Size(bool counts, Func<GridPoint, bool> good) =>
            counts ? EffectiveSize.Over(whole, grid.Select(p => (p.Seed, p.Parts, good(p)))) : null;
        return new(checkpoint.Name, checkpoint.Step, Size(checkpoint.LearnedInDomain, Inside), Size(checkpoint.LearnedOutOfDomain, Outside),
            Size(checkpoint.LearnedInDomain && checkpoint.LearnedOutOfDomain, p => Inside(p) && Outside(p)), reused, grid);
    }

    /// <summary>All checkpoints of the grid, with the trend over them.</summary>
    internal static SizeFacts Over(IReadOnlyList<CheckpointSizes> sizes, EmergenceFacts checkpoints, Settings settings, int whole)
    {
        double? OutsideAt(CheckpointSizes s) => checkpoints.Checkpoints.Single(c => c.Name == s.Name).Full.OutOfDomain?.Value;
        CheckpointSizes[] counted = [.. sizes.Where(s => s.InDomain is not null && OutsideAt(s) is not null)];
        TrendFacts? trend = Trend([.. counted.Select(c => OutsideAt(c)!.Value)], [.. counted.Select(c => c.InDomain!.Mean)],
            settings.Seeds[0]);
        return new(settings.Tolerance, whole, [.. settings.GridSparsities.Order()], settings.GridSeeds, sizes, trend);
    }

    static TrendFacts? Trend(double[] outside, double[] size, ulong seed)
    {
        RankCorrelation trend = RankCorrelation.Between(outside, size);
        if (size.Length < 3 || trend.Rho is not { } rho) return null;
        return new(trend, Permutation.Test(Math.Abs(rho), stream =>
        {
            double[] shuffled = [.. size];
            stream.Shuffle<double>(shuffled);
            return Math.Abs(RankCorrelation.Between(outside, shuffled).Rho!.Value);
        }, new(seed, "checkpoints shuffled")).PValue);
    }

    public IReadOnlyList<Figure> Draw(SizeFacts facts, Findings findings) =>
        facts.Checkpoints.Count == 0 ? [] : [SizeLines.Draw(facts, findings)];
}
