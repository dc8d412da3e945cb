using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Subnetworks;

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
        return MaskEvaluation.Of(loaded, sets, Subject.FullScores, Baselines.Measure(data, loaded, request.LabelMap, sets), read, masks,
            mask => AblationOf(mask, parts), progress, stop);
    }

    // a mask's own ablation, in the run's model
    (Ablation Ablation, string InWords) AblationOf(Subnetwork mask, Universe parts)
    {
        if (mask.Ablation == "zero") return (Ablation.Zero(parts), "zero");
        if (MaskAblation.MeansOf(mask, loaded) is { } file) return (Ablation.Load(file, parts), $"mean, as in {file}");
        if (mask.Ablation != "" && mask.Ablation != request.Ablation)
            throw new ArgumentException($"The subnetwork was found with absent parts at their {mask.Ablation}, the run has them at their "
                + $"{request.Ablation} (--ablation) and knows no means. Take a run with --ablation {mask.Ablation}.");
        bool own = universe.Parts.SequenceEqual(parts.Parts);
        return (own ? Absent() : Absent(parts), request.Ablation == "zero" ? "zero" : "mean, as in the run");
    }

    void RequireInDomain()
    {
        if (inDomain.Count == 0)
            throw new ArgumentException("What should be measured in-domain? Give --in-domain FILE when you find subnetworks "
                + "(or --in-domain world:in-domain).");
    }
}
