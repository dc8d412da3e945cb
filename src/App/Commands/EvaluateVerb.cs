using System.CommandLine;
using System.Text.Json;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Studies;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood evaluate</c>: a run's subnetworks, or any model, in-domain and out of domain.</summary>
static class EvaluateVerb
{
    static readonly Argument<string?> run = new("RUN") { Description = "A run's folder: its full model, subnetworks, random masks and baselines are measured. Or give --model.", Arity = ArgumentArity.ZeroOrOne };

    /// <summary>The verb.</summary>
    public static Verb Create() => new("evaluate", "Measures accuracy in-domain, out of domain and per case, with intervals: of a run's model and subnetworks, or of any model folder beside two baselines (majority; a linear model on word overlap).",
        "evaluate runs/found",
        "evaluate --model models/mnli --data mnli/train.tsv --in-domain mnli/dev.tsv --out-of-domain hans.tsv --label-map \"neutral>non-entailment|contradiction>non-entailment\"")
    {
        Arguments = { run },
        Options = { StudyOptions.Model, StudyOptions.Data, StudyOptions.InDomain, StudyOptions.OutOfDomain, StudyOptions.Unseen, StudyOptions.Map, StudyOptions.Most, StudyOptions.Precision },
        Resumes = true,
        Run = Run,
    };

    static void Run(ParseResult p, Session session)
    {
        if (p.GetValue(run) is { } folder)
        {
            RunSupport.RefuseIdle(p, "with a run's folder: the run knows its model, data and precision", StudyOptions.Model, StudyOptions.Data, StudyOptions.InDomain, StudyOptions.OutOfDomain, StudyOptions.Unseen, StudyOptions.Map, StudyOptions.Most, StudyOptions.Precision);
            StageVerbs.In(p, session, (study, opened) => Show(session, study.Evaluate(), opened), folder);
        }
        else
        {
            RunSupport.UseThreads(p);
            StudyRequest request = StudyOptions.Parse(p);
            RunSupport.Tell(session, request.Precision);
            IReadOnlyDictionary<string, Measured> measured = ModelEvaluation.Of(request, session.Stop);
            session.Result(() => JsonSerializer.Serialize(measured, ResultJson.Options), () => Summary.Of([.. measured.Select(m => (m.Key, m.Value))]));
        }
    }

    static void Show(Session session, EvaluationStage stage, RunFolder folder) => session.Result(
        () => JsonSerializer.Serialize(stage, ResultJson.Options),
        () => Summary.Of([("full model", stage.Full), .. stage.Baselines.Select(b => (b.Key, b.Value))]) + Summary.Of(stage.Subnetworks, stage.RandomSubnetworks) + $"Compare them: heartwood compare {folder.FolderPath}\n");
}
