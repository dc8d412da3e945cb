using System.CommandLine;
using System.Text.Json;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Predictions;
using Heartwood.Lab.Json;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Tasks;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood evaluate</c>: a run's subnetworks, or any model, in-domain and out of domain.</summary>
static class EvaluateVerb
{
    static readonly Argument<string?> run = new("RUN")
    {
        Description = "A run's folder: its full model, subnetworks, random masks and baselines are measured. Or give --model.",
        Arity = ArgumentArity.ZeroOrOne
    };
    static readonly Option<string[]> data =
        RunSupport.Several("--data", $"The training data, which means of ablated parts are taken over (of --mask, --without) and, of "
        + $"classifiers, both baselines are fitted to: FILE[,key=value…], several in a row, or {DataSource.WorldShort}. "
        + DataSource.MoreHelp, "DATA");
    static readonly Option<int> examples = SharedOptions.Number(
        "--max-examples", "Most examples of --data to take means over; 0 for all.", new StudyRequest([]).Examples, 0);
    static readonly Option<string[]> masks =
        RunSupport.Several("--mask", $"Subnetworks to measure, from anywhere, next to random masks of their size: {Masks.Named}.", "MASK");
    static readonly Option<string[]> without = RunSupport.Several(
        "--without",
        "Parts to ablate in the full model, with commas, as L0.H1,a3.h7,m3; each list is measured like a mask. "
            + "They leave zeros, or with --data their means; in a run, what the run's ablated parts leave.",
        "PARTS");
    static readonly Option<int> random =
        SharedOptions.Number("--random", "Random masks of the same size (as many heads, as many MLPs) next to each mask.", 5, 0);
    static readonly Option<string?> rows = new("--examples")
    {
        Description = $"Write what the model says of every row into a file, next to it what every mask (of a run, every subnetwork) says: "
            + $"{ExampleFile.Named}.",
        HelpName = "FILE",
    };
    static readonly Option[] ofMasks = [random, MaskVerb.Ablation, examples, MaskVerb.OtherModel];

    /// <summary>The verb.</summary>
    public static Verb Create() => new("evaluate", "Measures accuracy in-domain, out of domain and per case, with intervals: of a run's "
        + "model and subnetworks, or of any model folder (a classifier next to two baselines where --data is given: majority, and a "
        + "linear model on word overlap; a model of scores by Pearson, Spearman and mean squared error next to a constant and such a "
        + "linear model); with --mask, of subnetworks from anywhere.",
        "evaluate runs/found",
        "evaluate --model models/mnli --data mnli/train.tsv --in-domain mnli/dev.tsv --out-of-domain hans.tsv --label-map "
            + "\"neutral>non-entailment|contradiction>non-entailment\"",
        "evaluate --model models/stories15M --in-domain blimp/anaphor_number_agreement.jsonl --out-of-domain ioi/ioi_llama.csv --unseen "
            + "wikitext-2/valid.txt,rows=200",
        "evaluate --model models/mnli --mask circuit.json --without a3.h7,m2 --data mnli/train.tsv --in-domain mnli/dev.tsv "
            + "--out-of-domain hans.tsv --label-map \"neutral>non-entailment|contradiction>non-entailment\"")
    {
        Arguments = { run },
        Options =
        {
            StudyOptions.Model, data, StudyOptions.InDomain, StudyOptions.OutOfDomain, StudyOptions.Unseen, StudyOptions.Map,
            StudyOptions.MaxLength, StudyOptions.Precision, masks, without, random, MaskVerb.Ablation, examples, MaskVerb.OtherModel, rows
        },
        Resumes = true,
        Draws = true,
        WhyNoSeed = WhyNoSeed,
        Computes = true,
        Run = Run,
    };

    static string? WhyNoSeed(ParseResult p) => p.GetValue(masks)!.Length + p.GetValue(without)!.Length == 0 ? "without --mask or --without"
        : p.GetValue(random) == 0 ? "with --random 0: nothing is drawn" : null;

    static void Run(ParseResult p, Session session)
    {
        MaskRequest asked = new(
            p.GetValue(masks)!, p.GetValue(without)!, p.GetValue(random), p.GetValue(SharedOptions.Seed), p.GetValue(MaskVerb.OtherModel),
            p.GetValue(MaskVerb.Ablation));
        if (p.GetValue(rows) is { } file) ExampleFile.Check(file);
        if (!asked.Any) RunSupport.RefuseIdle(p, "without --mask or --without", ofMasks);
        if (WhyNoSeed(p) is { } why) RunSupport.RefuseIdle(p, why, SharedOptions.Seed);
        if (p.GetValue(data)!.Length == 0) RunSupport.RefuseIdle(p, "without --data: there is nothing to take means over", examples);
        if (p.GetValue(run) is { } folder)
        {
            RunSupport.RefuseIdle(
                p, "with a run's folder: the run knows its model, data and precision", StudyOptions.Model, data, StudyOptions.InDomain,
                StudyOptions.OutOfDomain, StudyOptions.Unseen, StudyOptions.Map, StudyOptions.MaxLength, StudyOptions.Precision,
                MaskVerb.Ablation, examples);
            StageVerbs.In(p, session, (study, opened) =>
            {
                if (asked.Any) Show(p, session, study.Evaluate(asked));
                else
                {
                    Show(session, study.Evaluate(), study, opened);
                    Write(p, session, study.Rows);
                }
            }, folder);
        }
        else
        {
            RunSupport.UseThreads(p);
            StudyRequest request =
                StudyOptions.Parse(p, data) with { Examples = p.GetValue(examples), Tenants = session.Tenants };
            RunSupport.Tell(session, request.Precision);
            if (asked.Any)
            {
                Show(p, session, MaskEvaluation.Measure(request, asked, session.Progress, session.Stop, session.World.Say));
                return;
            }
            ModelEvaluation evaluation = ModelEvaluation.Measure(request, session.Stop, session.World.Say);
            session.Result(
                () => JsonSerializer.Serialize(evaluation.Measured, JsonWriting.Published),
                () => CandidateWords.Table(evaluation.Candidates, evaluation.Failed)
                    + Summary.Models([.. evaluation.Measured.Select(m => (m.Key, m.Value))], evaluation.TaskCases));
            Write(p, session, evaluation.Rows);
        }
    }

    static void Show(ParseResult p, Session session, MaskEvaluation evaluation)
    {
        session.Result(() => JsonSerializer.Serialize(evaluation, JsonWriting.Published), () => MaskSummary.InWords(evaluation));
        Write(p, session, evaluation.Rows);
    }

    static void Write(ParseResult p, Session session, Func<IReadOnlyList<PredictedRow>> made)
    {
        if (p.GetValue(rows) is not { } file) return;
        IReadOnlyList<PredictedRow> written = made();
        ExampleFile.Write(file, written);
        session.World.Say($"{written.Count:N0} rows are in {Path.GetFullPath(file)}.");
    }

    static void Show(Session session, AccuracyFacts stage, Study study, RunFolder folder) => session.Result(
        () => JsonSerializer.Serialize(stage, JsonWriting.Published),
        () => CandidateWords.Table(study.Candidates(), study.Failed())
            + Summary.Models([("full model", stage.Full), .. stage.Baselines.Select(b => (b.Key, b.Value))], study.TaskCases)
            + Summary.Subnetworks(stage.Subnetworks, stage.RandomSubnetworks)
            + $"Compare them: heartwood compare {folder.FolderPath}\n");
}
