using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;

namespace Heartwood.Tests.Lab.Reports;

/// <summary>The facts of a run by their names, as tests speak of them: one of them is changed, and the rest stays.</summary>
sealed record RunResult(
    string Title,
    ModelFacts Model,
    Measured Full,
    IReadOnlyDictionary<string, Measured> Baselines,
    IReadOnlyList<MeasuredSubnetwork> Subnetworks,
    IReadOnlyList<MeasuredSubnetwork> RandomSubnetworks,
    IReadOnlyList<OverlapFacts> Overlap,
    IReadOnlyList<FrequencyFacts> Frequencies,
    CoreFacts Core,
    IReadOnlyList<CoreFacts> Cores,
    IReadOnlyList<AblatedFacts> Ablated,
    IReadOnlyList<AblatedFacts> Parts,
    IReadOnlyList<CorrelationFacts> Correlation,
    CutFacts? Cut,
    double Seconds,
    Manifest Manifest,
    IReadOnlyDictionary<string, CaseFacts>? Cases = null,
    PaperFacts? Paper = null,
    IReadOnlyDictionary<string, TaskFacts>? Tasks = null,
    HealingFacts? Healing = null)
{
    public static IReadOnlyList<IQuestion> Questions => Heartwood.Lab.Questions.Questions.Usual;

    /// <summary>What was measured.</summary>
    public AccuracyFacts Accuracy => new(Core.TargetSparsity, Full, Baselines, Subnetworks, RandomSubnetworks, Cases, Tasks) { Stored = new(Model.Parameters, 4 * Model.Parameters, "models/full") };

    /// <summary>The result that a run with these facts has.</summary>
    public Result Result
    {
        get
        {
            MakingFacts making = new(Title, Paper is null ? RunKind.Study : RunKind.Paper, Model, Seconds);
            object?[] facts = [Accuracy, TaskFigures.FactsOf(Accuracy), new LossesFacts(Correlation),
                Heartwood.Lab.Questions.Cases.Among(Accuracy), Groups.Among(Accuracy),
                new FrequenciesFacts(Frequencies), new OverlapsFacts(Overlap), new CoreAblatedFacts(Core, Cores, Ablated),
                    new SinglePartsFacts(Parts), Cut, Healing,
                Paper?.Curve is { } curve ? new CurveFacts(Paper.Tolerance, curve)
                    : null, Paper?.Generalization, Paper?.Shift, Paper?.Emergence, Paper?.Sizes,
                Paper?.Attention, Paper?.Needs, Paper?.AddBack, making];
            Answer? Found(IQuestion question) =>
                facts.FirstOrDefault(f => f?.GetType() == question.FactsType) is { } found ? new(question, found, null)
                : question.Name == "emergence" && Paper is not null
                    ? new(question, null, "The run was given no checkpoints of the model's training.") : null;
            return new(Manifest, [.. Questions.Select(Found).OfType<Answer>()]);
        }
    }

    public static implicit operator Result(RunResult result) => result.Result;

    /// <summary>The facts of a result.</summary>
    public static RunResult From(Result result)
    {
        MakingFacts making = result.Facts<MakingFacts>()!;
        AccuracyFacts accuracy = result.Facts<AccuracyFacts>()!;
        CoreAblatedFacts core = result.Facts<CoreAblatedFacts>()!;
        PaperFacts? paper = result.Facts<CurveFacts>() is not { } curve ? null
            : new(curve.Tolerance, curve.Points, result.Facts<GeneralizationFacts>(),
            result.Facts<ShiftFacts>(), result.Facts<EmergenceFacts>(), result.Facts<SizeFacts>(), result.Facts<AttentionFacts>(),
                result.Facts<NeedFacts>(), result.Facts<AddBackFacts>());
        return new(making.Title, making.Model!, accuracy.Full, accuracy.Baselines, accuracy.Subnetworks, accuracy.RandomSubnetworks,
            result.Facts<OverlapsFacts>()!.Sparsities,
            result.Facts<FrequenciesFacts>()!.Sparsities, core.Main, core.Cores, core.Ablated, result.Facts<SinglePartsFacts>()!.Parts,
                result.Facts<LossesFacts>()!.Sparsities,
            result.Facts<CutFacts>(), making.Seconds, result.Manifest, accuracy.Cases, paper, accuracy.Tasks, result.Facts<HealingFacts>());
    }
}

/// <summary>The facts of a paper's own questions.</summary>
sealed record PaperFacts(
    double Tolerance, IReadOnlyList<CurvePoint> Curve, GeneralizationFacts? Generalization, ShiftFacts? Shift, EmergenceFacts? Emergence,
        SizeFacts? Sizes,
    AttentionFacts? Attention = null, NeedFacts? Needs = null, AddBackFacts? AddBack = null);
