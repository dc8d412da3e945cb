using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Evaluation;

/// <summary>
/// Measures subnetworks of one model on the same sets, each as the cut model
/// that it is; masked, where it is none (<see cref="Cutting.WhyNot"/>).
/// </summary>
/// <param name="model">the full model</param>
/// <param name="sets">what to measure on</param>
/// <param name="full">the full model's scores of the sets</param>
/// <param name="ablation">what stands in for ablated parts</param>
/// <param name="stop">ends the work</param>
/// <param name="costs">what parts cost, where weights, bytes or time are asked for; null where they are not</param>
sealed class MaskMeasuring(
    IModel model, Sets sets, IReadOnlyList<float[]> full, Ablation ablation, CancellationToken stop, SizeCosts? costs = null)
{
    const int ComparedWithMasked = 512;

    readonly Universe universe = ablation.Universe;

    /// <summary>Figures of a subnetwork.</summary>
    public MeasuredSubnetwork Measure(Subnetwork subnetwork)
    {
        IModel? cut = Cutting.WhyNot(model, subnetwork.Kept, ablation) is null ? Cutting.Cut(model, subnetwork.Kept, ablation) : null;
        Measured m = sets.Measure(cut is null ? Masked(subnetwork.Kept) : sets.Scores(cut, stop, full: model), full);
        IReadOnlyList<Example> compared = Thinning.Thinned(sets.InDomain, ComparedWithMasked);
        double difference = cut is null ? double.NaN
            : LargestDifference(model, cut, subnetwork.Kept, ablation, sets.InDomainProblem, compared, stop);
        double sparsity = 1 - (double)subnetwork.Kept.Count / universe.Count;
        return new(subnetwork.Seed, subnetwork.TargetSparsity, sparsity, [.. subnetwork.Kept.Select(p => p.ToString())], m, difference)
        {
            Size = subnetwork.TargetSparsity.IsSparsity ? null : costs?.SharesOf(subnetwork.Kept),
            Stored = cut is null ? new(null, null, null) : StoredModel.Made(cut),
        };
    }

    /// <summary>What the masked model gives of every set, [example number] row by row.</summary>
    public IReadOnlyList<float[]> Masked(IReadOnlyList<Part> kept)
    {
        using Scope scope = Scope.Open();
        return sets.Scores(model, [MaskProbe.Only(universe, kept).Values.ToArray()], ablation, stop, full: model)[0];
    }

    /// <summary>
    /// Figures of a random subnetwork with as many parts of each stratum; where weights, bytes or time were asked for, of the same make and
    /// the same size in that (<see cref="SizedDraws"/>).
    /// </summary>
    /// <param name="subnetwork">the one to imitate</param>
    /// <param name="seed">seed of the draw</param>
    /// <param name="draw">number of the draw</param>
    public MeasuredSubnetwork RandomLike(Subnetwork subnetwork, ulong seed, long draw) =>
        Measure(subnetwork with { Kept = Random(universe, costs, subnetwork, seed, draw) });

    /// <summary>Random parts like a subnetwork's.</summary>
    internal static IReadOnlyList<Part> Random(Universe universe, SizeCosts? costs, Subnetwork subnetwork, ulong seed, long draw)
    {
        Chance chance = new(seed, "random mask");
        return costs is null || subnetwork.TargetSparsity.IsSparsity ? RandomParts.Like(universe, [.. subnetwork.Kept], chance, draw)
            : SizedDraws.Like(costs[subnetwork.TargetSparsity.Unit], universe, subnetwork.Kept, chance, draw);
    }

    /// <summary>
    /// Largest difference of any logit between a cut model and the masked one: in float32 whatever the models' precision, for it is the
    /// weights that are proved, and bf16 would round the two models differently.
    /// </summary>
    public static double LargestDifference(
        IModel model, IModel cut, IReadOnlyList<Part> kept, Ablation ablation,
        IProblem problem, IReadOnlyList<Example> examples, CancellationToken stop)
    {
        using Scope scope = Scope.Open();
        IModel exactCut = cut.At(Precision.Float32), exact = model.At(Precision.Float32);
        float[] mask = MaskProbe.Only(ablation.Universe, kept).Values.ToArray();
        return new Answers(examples, problem: problem).LargestDifference(exactCut, exact, mask, ablation, stop);
    }
}
