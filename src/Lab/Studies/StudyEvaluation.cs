using System.Globalization;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Predictions;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies;

public sealed partial class Study
{
    /// <summary>
    /// Measures the full model, the baselines, every subnetwork (as the cut model that it is) and a random mask next to each.
    /// </summary>
    /// <exception cref="ArgumentException">there is no in-domain set</exception>
    public AccuracyFacts Evaluate()
    {
        RequireInDomain();
        return Subject.Facts<AccuracyFacts>() ?? throw new InvalidOperationException("The study's questions do not measure accuracy.");
    }

    /// <summary>Measures masks from anywhere in the run's model, on its data.</summary>
    /// <exception cref="ArgumentException">there is no in-domain set, or a mask is not the model's</exception>
    public MaskEvaluation Evaluate(MaskRequest masks)
    {
        RequireInDomain();
        var (read, parts) = masks.Read(loaded, request.Tenants.PartKinds);
        var baselines = Baselines.Measure(data[Role.Train], loaded, request.LabelMap, sets);
        return MaskEvaluation.Measure(loaded, sets, Subject.FullScores, baselines, read, masks,
            mask => AblationOf(mask, parts), progress, stop);
    }

    /// <summary>What the full model and every subnetwork of the run say of every row.</summary>
    /// <exception cref="ArgumentException">there is no in-domain set</exception>
    public IReadOnlyList<PredictedRow> Rows()
    {
        RequireInDomain();
        MaskMeasuring measuring = new(Model, sets, Subject.FullScores, OwnAblation(), stop, Costs());
        return MeasuredRows.Over(loaded, [(loaded.Name, sets, Subject.FullScores), .. Find().Select(found =>
            ($"{found.Method}, seed {found.Seed}, {SizeIn(found)}", sets,
                measuring.Masked(found.Kept)))]);
    }

    static string SizeIn(Subnetwork found) =>
        $"{found.TargetSparsity.UnitName} {found.TargetSparsity.Value.ToString(CultureInfo.InvariantCulture)}";

    // a mask's own ablation, in the run's model
    (Ablation Ablation, string InWords) AblationOf(Subnetwork mask, Universe parts)
    {
        string text = mask.Ablation == "" ? request.Ablation : mask.Ablation;
        var (kind, make) = request.Tenants.Ablations.Parse(text);
        if (MaskAblation.FileOf(mask, loaded) is { } file)
        {
            IAblation kept = make(AblationSource.Without(Model, parts));
            kept.Restore(file);
            return (new(parts, kept, stop), $"{text}, as in {file}");
        }
        if (text != request.Ablation && kind.NeedsData)
            throw new ArgumentException($"The subnetwork was found with the ablation {text}, the run has {request.Ablation} and nothing to "
                + $"take {text} over. Take a run with --ablation {text}.");
        if (text != request.Ablation) return (new(parts, make(AblationSource.Without(Model, parts)), stop), text);
        Ablation own = universe.Parts.SequenceEqual(parts.Parts) ? OwnAblation() : new(parts, ablationOver(parts), stop);
        return (own, own.How.IsZero ? text : $"{text}, as in the run");
    }

    void RequireInDomain()
    {
        if (data[Role.InDomain].Count == 0)
            throw new ArgumentException("What should be measured in-domain? Give --in-domain FILE when you find subnetworks "
                + "(or --in-domain world:in-domain).");
    }
}
