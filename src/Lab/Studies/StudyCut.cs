using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies;

public sealed partial class Study
{
    /// <summary>Folder of the cut model in the run.</summary>
    public const string CutFolder = "cut";

    /// <summary>Folder of the model of full size that computes the same, in the run.</summary>
    public const string FullSizeFolder = "full-size";

    /// <summary>
    /// Cuts out the subnetwork of the main sparsity with the lowest in-domain loss (out-of-domain data does not choose), as a smaller model
    /// and, where other software reads that, as one of full size.
    /// </summary>
    /// <exception cref="NotSupportedException">the run's ablation depends on the input, so that nothing can be cut</exception>
    public CutFacts Cut() => WhyNoCut is { } why ? throw new NotSupportedException(why) : CutOrNot();

    /// <summary>Why the run's subnetworks cannot be cut, with the next move; null where they can.</summary>
    internal string? WhyNoCut => Cutting.WhyNot(Model, universe.Parts, Absent());

    // without weights where nothing can be cut
    CutFacts CutOrNot()
    {
        if (WhyNoCut is { } why) return new(0, 0, "", 0, 0, double.NaN, double.NaN, 0, 0, 0, 0, why);
        MeasuredSubnetwork best = Evaluate().Subnetworks.Where(s => s.TargetSparsity == request.Sparsities[0]).MinBy(s => s.InDomainLoss ?? 1 - s.InDomain.Value)!;
        return folder.Stage("cut", () =>
        {
            Subnetwork subnetwork = Find().Single(s => s.Seed == best.Seed && s.TargetSparsity == best.TargetSparsity);
            return WriteCut(subnetwork, Absent(), folder.PathOf(CutFolder), folder.PathOf(FullSizeFolder), CutFolder, replace: true);
        });
    }

    /// <summary>
    /// Cuts out any subnetwork of the run's model into a folder of its own, with the model of full size next to it, where there is one
    /// that other software reads (<see cref="Cutting.WhyNoFullSize"/>).
    /// </summary>
    /// <param name="subnetwork">which parts stay</param>
    /// <param name="into">the folder to make; the cut model goes to <see cref="CutFolder"/> in it</param>
    /// <param name="otherModel">whether it may have been found in a model of other weights</param>
    /// <exception cref="ArgumentException">the subnetwork is another model's, or was found with another ablation</exception>
    /// <exception cref="IOException">a model stands there already</exception>
    public CutFacts Cut(Subnetwork subnetwork, string into, bool otherModel = false)
    {
        RequireInDomain();
        Universe parts = Masks.UniverseOf([subnetwork], Model, request.Tenants.PartKinds);
        Subnetwork fit = Masks.Fit(subnetwork, loaded, parts, request.Tenants.PartKinds, otherModel);
        return WriteCut(fit, AblationOf(fit, parts).Ablation, Path.Combine(into, CutFolder), Path.Combine(into, FullSizeFolder), Path.GetFullPath(Path.Combine(into, CutFolder)), replace: false);
    }

    /// <summary>The same of a subnetwork as the command line names it.</summary>
    /// <inheritdoc cref="Cut(Subnetwork, string, bool)"/>
    public CutFacts Cut(string mask, string into, bool otherModel = false) => Cut(Masks.Read(mask, Model.Sizes(request.Tenants.PartKinds)).Mask, into, otherModel);

    CutFacts WriteCut(Subnetwork subnetwork, Ablation ablation, string cutPath, string fullSizePath, string shown, bool replace)
    {
        IReadOnlyList<Part> kept = subnetwork.Kept;
        IModel cut = Cutting.Cut(Model, kept, ablation);
        string? noFullSize = Cutting.WhyNoFullSize(Model, ablation.How);
        IModel? fullSize = noFullSize is null ? Cutting.FullSize(Model, kept, ablation) : null;
        double difference = Difference(cut), fullSizeDifference = fullSize is null ? double.NaN : Difference(fullSize);
        Dictionary<string, byte[]> files = new(loaded.TokenizerFiles);
        ModelFolder.Save(cut, cutPath, files, Dtype.F32, replace);
        if (fullSize is not null) ModelFolder.Save(fullSize, fullSizePath, files, Dtype.F32, replace);
        var (before, after) = Speed.InTurn(Model, cut, Thinning.Thinned(sets.InDomain, 512), 5, Advance("timing the cut model", 5, "rounds"), stop, sets.InDomainProblem);
        return new(subnetwork.Seed, 1 - (double)kept.Count / ablation.Universe.Count, shown, Model.Weights.Count, cut.Weights.Count,
            difference, fullSizeDifference, sets.InDomain.Count, before, after, before / after, noFullSize);

        double Difference(IModel other) =>
            MaskMeasuring.LargestDifference(Model, other, kept, ablation, sets.InDomainProblem, sets.InDomain, stop);
    }

    /// <summary>Writes <c>result.json</c> and <c>report.html</c> from all the stages, and marks the run finished.</summary>
    public RunResult Report()
    {
        EvaluationStage evaluation = Evaluate();
        ComparisonStage comparison = Compare();
        CutFacts cut = CutOrNot();
        foreach (DataSource source in inDomain.Concat(outOfDomain).Concat(unseen)) source.RefuseChanged();
        RunResult? written = null;
        folder.Finish(() =>
        {
            written = Result(evaluation, comparison, cut);
            folder.WriteText("result.json", ResultJson.Write(written));
            folder.WriteText("report.html", Reports.Report.Html(written));
        });
        return written ?? ResultJson.Read(File.ReadAllText(folder.PathOf("result.json")));
    }

    RunResult Result(EvaluationStage evaluation, ComparisonStage comparison, CutFacts cut)
    {
        ModelFacts model = new(Model.Family, Model.Layers.Count, [.. Model.Layers.Select(l => l.Heads)], Model.Width, Model.Weights.Count,
            Model.Labels);
        return new(request.Title == "" ? loaded.Name : request.Title, model, evaluation.Full, evaluation.Baselines,
            evaluation.Subnetworks, evaluation.RandomSubnetworks, comparison.Overlap, comparison.Frequencies, comparison.Cores[0],
            comparison.Cores, comparison.KnockOuts, comparison.PartKnockOuts, comparison.Correlation, cut, folder.Seconds, folder.Manifest,
            sets.Cases(), Tasks: sets.Tasks);
    }
}
