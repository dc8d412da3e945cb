using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Comparison;

/// <summary>Several finders on the same model and data, each next to random parts.</summary>
/// <param name="Rows">one per finder, in the order of the run</param>
/// <param name="Random">areas of random rankings, means over <paramref name="RandomRankings"/> of them; null where nothing was
/// measured</param>
/// <param name="RandomRankings">how many random rankings were measured</param>
/// <param name="Examples">examples of each set on which areas were measured, by the set's use</param>
public sealed record FinderTable(
    IReadOnlyList<FinderRow> Rows, FinderAreas? Random, int RandomRankings, IReadOnlyDictionary<string, int> Examples);

/// <summary>One finder.</summary>
/// <param name="Method">its label in the run</param>
/// <param name="Seeded">whether chance decides anything in it; a finder that is not seeded has one subnetwork per size</param>
/// <param name="Searches">number of searches</param>
/// <param name="Passes">passes of an example through the model by all its searches; a pass back counts two</param>
/// <param name="Seconds">time of all its searches, each counted whole though several run at once</param>
/// <param name="Sizes">its subnetworks, one entry per sparsity; none where nothing is measured</param>
/// <param name="Areas">areas over sizes, mean over seeds; null where its scores depend on the size, or nothing is measured</param>
/// <param name="Agreement">
/// rank correlation of its scores (their mean over seeds; at the first sparsity where they depend on the size) with the exact effects of
/// ablating each part alone; null where that is not among the run's finders, or is this one
/// </param>
public sealed record FinderRow(
    string Method, bool Seeded, int Searches, long Passes, double Seconds, IReadOnlyList<FinderAtSize> Sizes, FinderAreas? Areas,
    RankCorrelation? Agreement)
{
    /// <summary>Its subnetworks, measured; none of the run's first method, whose subnetworks stand under accuracy.</summary>
    public IReadOnlyList<MeasuredSubnetwork> Subnetworks { get; init; } = [];

    /// <summary>Random parts of the make of each of those.</summary>
    public IReadOnlyList<MeasuredSubnetwork> RandomSubnetworks { get; init; } = [];
}

/// <summary>A finder's subnetworks of one sparsity.</summary>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="Found">accuracy of its subnetworks</param>
/// <param name="Random">accuracy of random parts of the same numbers by kind, as many sets as the run has seeds</param>
public sealed record FinderAtSize(Target TargetSparsity, AccuracyOfSeveral Found, AccuracyOfSeveral Random);

/// <summary>Accuracy of several subnetworks; out of domain null where no such set was given.</summary>
/// <param name="Subnetworks">how many</param>
/// <param name="InDomain">in-domain</param>
/// <param name="OutOfDomain">out of domain</param>
public sealed record AccuracyOfSeveral(int Subnetworks, MeanAndRange InDomain, MeanAndRange? OutOfDomain);

/// <summary>A mean with the least and the largest.</summary>
/// <param name="Mean">the mean</param>
/// <param name="Least">the least</param>
/// <param name="Most">the largest</param>
public sealed record MeanAndRange(double Mean, double Least, double Most)
{
    /// <summary>Of some figures; null where there is none.</summary>
    public static MeanAndRange? Over(IReadOnlyList<double> figures) =>
        figures.Count == 0 ? null : new(figures.Average(), figures.Min(), figures.Max());
}

/// <summary>
/// Areas over sizes of the mean log-probability of the right answer, by set ("inDomain", "outOfDomain", "unseen"); a set on which the
/// whole model is as good as no part at all has none.
/// </summary>
/// <param name="Exact">over every size</param>
/// <param name="Benchmark">at MIB's ten shares</param>
public sealed record FinderAreas(IReadOnlyDictionary<string, AreaFacts> Exact, IReadOnlyDictionary<string, AreaFacts> Benchmark);

/// <summary>Two areas.</summary>
/// <param name="Cpr">see <see cref="AreaOverSizes.Cpr"/></param>
/// <param name="Cmd">see <see cref="AreaOverSizes.Cmd"/></param>
public sealed record AreaFacts(double Cpr, double Cmd);
