using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

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
    const int ComparedWithMasked = 512;

    IReadOnlyList<float[]>? fullScores;

    IReadOnlyList<float[]> FullScores => fullScores ??= sets.Scores(Model, stop, Advance("measuring the full model", sets.Examples, "examples"));

    /// <summary>Measures the full model, the baselines, every subnetwork (as the cut model that it is) and a random mask beside each.</summary>
    /// <exception cref="ArgumentException">there is no in-domain set</exception>
    public EvaluationStage Evaluate()
    {
        RequireInDomain();
        using IDisposable precision = Machine.At(request.Precision);
        IReadOnlyList<Subnetwork> found = Find();
        return folder.Stage("evaluation", () =>
        {
            Absence absence = Absent();
            Measured full = sets.Measure(FullScores, null);
            Dictionary<string, Measured> baselines = Baselines(data, Model.Labels, sets);
            Action<int> advance = Advance("measuring subnetworks", 2L * found.Count, "subnetworks");
            List<MeasuredSubnetwork> measured = [], random = [];
            foreach (var (subnetwork, i) in found.Select((s, i) => (s, i)))
            {
                measured.Add(Measure(subnetwork, absence));
                advance(1);
                IReadOnlyList<Part> drawn = RandomParts.Like(universe, [.. subnetwork.Kept], new(subnetwork.Seed, "random mask"), i);
                random.Add(Measure(subnetwork with { Kept = drawn }, absence));
                advance(1);
            }
            return new EvaluationStage(full, baselines, measured, random);
        });
    }

    internal static Dictionary<string, Measured> Baselines(IReadOnlyList<DataSource> data, IReadOnlyList<string> labels, Sets sets)
    {
        if (!sets.AllLabelled || DataSource.ProblemOf(data) is not Classification) return [];
        IReadOnlyList<Row> rows = Thinned<Row>([.. data.SelectMany(d => d.Rows)], 60_000);
        IBaseline[] baselines = [MajorityBaseline.Fit(rows, labels), WordOverlapBaseline.Fit(rows, labels)];
        return baselines.ToDictionary(b => b.Name, b => sets.Measure(sets.Scores(b), null) with { InDomainLoss = null });
    }

    MeasuredSubnetwork Measure(Subnetwork subnetwork, Absence absence)
    {
        IModel cut = Cutting.Cut(Model, subnetwork.Kept, absence);
        Measured m = sets.Measure(sets.Scores(cut, stop, full: Model), FullScores);
        return new(subnetwork.Seed, subnetwork.TargetSparsity, 1 - (double)subnetwork.Kept.Count / universe.Count, [.. subnetwork.Kept.Select(p => p.ToString())],
            m.InDomain, m.OutOfDomain, m.Unseen, m.Cases, m.Groups, m.InDomainLoss, m.Agreement, m.Kl,
            LargestDifference(cut, subnetwork.Kept, absence, Thinned(sets.InDomain, ComparedWithMasked)), m.Figures);
    }

    // in float32 whatever the study's precision: it is the weights that are proved, and bf16 would round the two models differently
    double LargestDifference(IModel cut, IReadOnlyList<Part> kept, Absence absence, IReadOnlyList<Example> examples)
    {
        using IDisposable exact = Machine.At(Precision.Float32);
        return new Answers(examples, problem: sets.InDomainProblem).LargestDifference(cut, Model, MaskOf(kept), absence, stop);
    }

    internal float[] MaskOf(IEnumerable<Part> kept)
    {
        using Scope scope = Scope.Open();
        return MaskProbe.Only(universe, kept).Values.ToArray();
    }

    void RequireInDomain()
    {
        if (inDomain.Count == 0) throw new ArgumentException("What should be measured in-domain? Give --in-domain FILE when you find subnetworks (or --in-domain world:in-domain).");
    }
}
