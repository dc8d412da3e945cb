using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;

namespace Heartwood.Lab.Studies;

/// <summary>What the evaluation of a study gives; kept as a stage of its run.</summary>
/// <param name="Full">the full model</param>
/// <param name="Baselines">what needs no model, by name</param>
/// <param name="Subnetworks">the found subnetworks</param>
/// <param name="RandomSubnetworks">a random mask beside each</param>
public sealed record EvaluationStage(
    Measured Full, IReadOnlyDictionary<string, Measured> Baselines, IReadOnlyList<MeasuredSubnetwork> Subnetworks, IReadOnlyList<MeasuredSubnetwork> RandomSubnetworks);

public sealed partial class Study
{
    IReadOnlyList<float[]>? fullScores;

    IReadOnlyList<float[]> FullScores => fullScores ??= sets.Scores(Model, stop, Advance("measuring the full model", sets.Examples, "examples"));

    /// <summary>Measures the full model, the baselines, every subnetwork (as the cut model that it is) and a random mask beside each.</summary>
    /// <exception cref="ArgumentException">there is no in-domain set</exception>
    public EvaluationStage Evaluate()
    {
        RequireInDomain();
        IReadOnlyList<Subnetwork> found = Find();
        return folder.Stage("evaluation", () =>
        {
            Ablation ablation = Absent();
            Measured full = sets.Measure(FullScores, null);
            Dictionary<string, Measured> baselines = Baselines(data, loaded, request.LabelMap, sets);
            Action<int> advance = Advance("measuring subnetworks", 2L * found.Count, "subnetworks");
            MaskMeasuring measuring = new(Model, sets, FullScores, ablation, stop);
            List<MeasuredSubnetwork> measured = [], random = [];
            foreach (var (subnetwork, i) in found.Select((s, i) => (s, i)))
            {
                measured.Add(measuring.Of(subnetwork));
                advance(1);
                random.Add(measuring.RandomLike(subnetwork, subnetwork.Seed, i));
                advance(1);
            }
            return new EvaluationStage(full, baselines, measured, random);
        });
    }

    internal static Dictionary<string, Measured> Baselines(IReadOnlyList<DataSource> data, LoadedModel loaded, string labelMap, Sets sets)
    {
        loaded.RefuseMixed(data);
        IReadOnlyList<Row> rows = Thinning.Thinned<Row>([.. data.SelectMany(d => d.Rows)], 60_000);
        if (sets.AllScored) return Figures(rows.Count > 0
            ? [ConstantBaseline.Fit(rows, "mean of training scores"), WordOverlapScores.Fit(rows)]
            : [ConstantBaseline.Fit(sets.InDomainRows, "best constant (in-domain mean)")]);
        if (rows.Count == 0 || !sets.AllLabelled || DataSource.ProblemOf(data) is not Classification) return [];
        LabelMatch match = LabelMatch.Of(loaded.Labels, LabelMap.Parse(labelMap), data);
        return Figures([new CountedBaseline(MajorityBaseline.Fit(rows, match.Names), match.Mapped),
            new CountedBaseline(WordOverlapBaseline.Fit(rows, match.Names), match.Mapped)]);

        Dictionary<string, Measured> Figures(IBaseline[] baselines) =>
            baselines.ToDictionary(b => b.Name, b => sets.Measure(sets.Scores(b), null) with { InDomainLoss = null });
    }

    /// <summary>Measures masks from anywhere in the run's model, on its data.</summary>
    /// <exception cref="ArgumentException">there is no in-domain set, or a mask is not the model's</exception>
    public MaskEvaluation Evaluate(MaskRequest masks)
    {
        RequireInDomain();
        var (read, parts) = masks.Read(loaded, request.Tenants.PartKinds);
        return MaskEvaluation.Of(loaded, sets, FullScores, Baselines(data, loaded, request.LabelMap, sets), read, masks,
            mask => AblationOf(mask, parts), progress, stop);
    }

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
        Ablation own = universe.Parts.SequenceEqual(parts.Parts) ? Absent() : new(parts, ablationOver(parts), stop);
        return (own, own.How.IsZero ? text : $"{text}, as in the run");
    }

    void RequireInDomain()
    {
        if (inDomain.Count == 0) throw new ArgumentException("What should be measured in-domain? Give --in-domain FILE when you find subnetworks (or --in-domain world:in-domain).");
    }
}
