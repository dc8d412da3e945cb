using Heartwood.Lab.Questions;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies.Paper;

/// <summary>What <c>heartwood paper</c> is asked: a study at many sparsities, and the checkpoints of the model's training.</summary>
/// <param name="Study">the study; the first sparsity is the one that core, ablations and cut are about</param>
public sealed record PaperRequest(StudyRequest Study)
{
    /// <summary>the training that makes the model, in the run's own folder; null where <see cref="StudyRequest.Model"/> names one</summary>
    public TrainingRequest? Training { get; init; }

    /// <summary>folders of the model at steps of its training; put in order by the numbers that their names end with</summary>
    public IReadOnlyList<string> Checkpoints { get; init; } = [];

    /// <summary>sparsities of the grid of checkpoints</summary>
    public IReadOnlyList<Target> GridSparsities { get; init; } = [0.2, 0.35, 0.5, 0.6, 0.7, 0.8];

    /// <summary>seeds of the grid</summary>
    public IReadOnlyList<ulong> GridSeeds { get; init; } = [];

    /// <summary>most checkpoints of the grid, spread evenly over those that stand above guessing, the last always among them</summary>
    public int GridCheckpoints { get; init; } = 6;

    /// <summary>how far below its model a subnetwork may lie and still count as good as it, a fraction</summary>
    public double Tolerance { get; init; } = 0.03;

    /// <summary>
    /// most examples per set on which heads' attention, needs and additions are measured, spread evenly; 0 for all. Needs, which take
    /// most passes, use half of them.
    /// </summary>
    public int HeadExamples { get; init; } = 400;

    /// <summary>The sparsities of the paper's curve, 5 % to 90 %, the main one first.</summary>
    public static IReadOnlyList<Target> Sparsities(Target main) =>
        [main, .. Enumerable.Range(1, 18).Select(i => (Target)(i * 5 / 100.0)).Where(s => s != main)];

    /// <summary>The seeds of the grid: those asked for, or the first three of the study.</summary>
    internal IReadOnlyList<ulong> SeedsOfGrid => GridSeeds.Count > 0 ? GridSeeds : [.. Study.Seeds.Take(3)];

    /// <summary>What questions need to know of the request.</summary>
    internal Settings Settings() => Study.Settings() with
    {
        Kind = RunKind.Paper,
        Tolerance = Tolerance,
        HeadExamples = HeadExamples,
        GridSparsities = GridSparsities,
        GridSeeds = SeedsOfGrid,
        GridCheckpoints = GridCheckpoints,
    };

    /// <summary>Refuses what cannot be asked.</summary>
    /// <exception cref="ArgumentException">names the option and its range</exception>
    public void Check()
    {
        if (Study.HeldOut == 0 && !Study.Sets.Has(Role.InDomain))
            throw new ArgumentException(
                "What should be measured in-domain? Give --in-domain FILE: data like the training data that the model was not trained on.");
        if (!Study.Sets.Has(Role.OutOfDomain))
            throw new ArgumentException(
                "What should be measured out of domain? Give --ood FILE (--out-of-domain): without it there is no generalization to "
                    + "study.");
        if (Tolerance is <= 0 or >= 1)
            throw new ArgumentException($"--tolerance is a fraction above 0 and below 1, as 0.03; it is {Tolerance}.");
        if (GridSparsities.Count == 0 || GridSparsities.Distinct().Count() != GridSparsities.Count)
            throw new ArgumentException("--grid-sparsity needs at least one sparsity, each once.");
        if (GridSeeds.Distinct().Count() != GridSeeds.Count) throw new ArgumentException("--grid-seeds takes each seed once.");
        if (GridCheckpoints < 1) throw new ArgumentException($"--grid-checkpoints should be at least 1, it is {GridCheckpoints}.");
        foreach (Target sparsity in GridSparsities) sparsity.Check();
        Study.Check();
    }
}
