using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors.Backends;

namespace Heartwood.Lab.Studies;

public sealed partial class Study
{
    /// <summary>Measures the full model, the baselines, every subnetwork (as the cut model that it is) and a random mask next to each.</summary>
    /// <exception cref="ArgumentException">there is no in-domain set</exception>
    public AccuracyFacts Evaluate()
    {
        RequireInDomain();
        using IDisposable precision = Machine.At(request.Precision);
        return Subject.Facts<AccuracyFacts>() ?? throw new InvalidOperationException("The study's questions do not measure accuracy.");
    }

    /// <summary>Measures masks from anywhere in the run's model, on its data.</summary>
    /// <exception cref="ArgumentException">there is no in-domain set, or a mask is not the model's</exception>
    public MaskEvaluation Evaluate(MaskRequest masks)
    {
        RequireInDomain();
        using IDisposable precision = Machine.At(request.Precision);
        return MaskEvaluation.Of(loaded, sets, Subject.FullScores, Baselines.Measure(data, loaded, request.LabelMap, sets), masks.Read(loaded), masks,
            AbsenceOf, progress, stop);
    }

    // a mask's own absence, in the run's model
    (Absence Absence, string InWords) AbsenceOf(Subnetwork mask)
    {
        if (mask.Absence == "zero") return (Absence.Zero(Model), "zero");
        if (MaskAbsence.MeansOf(mask, loaded) is { } file) return (Absence.Load(file, Model), $"mean, as in {file}");
        if (mask.Absence != "" && mask.Absence != request.Absence)
            throw new ArgumentException($"The subnetwork was found with absent parts at their {mask.Absence}, the run has them at their {request.Absence} (--absence) and knows no means. Take a run with --absence {mask.Absence}.");
        return (Absent(), request.Absence == "zero" ? "zero" : "mean, as in the run");
    }

    void RequireInDomain()
    {
        if (inDomain.Count == 0) throw new ArgumentException("What should be measured in-domain? Give --in-domain FILE when you find subnetworks (or --in-domain world:in-domain).");
    }
}
