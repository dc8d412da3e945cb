using System.CommandLine;
using Heartwood.Lab.Charts;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Studies.Paper;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Lab.Tasks;
using static System.FormattableString;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood paper</c>: everything that The Heuristic Core shows, on one model.</summary>
static class PaperVerb
{
    const string Folder = "heartwood-paper";

    const int HeldOut = 2000;

    const double Usual = 0.5;

    // paper's own: what find's say of them is not so here
    static readonly Option<string?> model = new("--model")
    {
        Description = "Folder of the model, a classifier: config.json, model.safetensors or pytorch_model.bin, vocab.txt or "
            + "tokenizer.json. Without it the embedded model's recipe is trained anew, for its checkpoints.",
        HelpName = "FOLDER",
    };
    static readonly Option<string[]> data = RunSupport.Several(
        "--data",
        "In-domain data with labels to learn masks on (the training data): FILE[,key=value…], several in a row, "
            + $"or {DataSource.WorldShort}. {DataSource.MoreHelp}",
        "DATA");
    static readonly Option<double[]> sparsity = new("--sparsity")
    {
        Description =
            "The main sparsity, which core, ablations and cut are about: the curve from 0.05 to 0.9 is searched all the same. "
                + $"Several in a row are the curve itself, the main one first. Without it {Usual}, of the embedded model "
                + $"{EmbeddedStudy.Study.Sparsities[0]}.",
        HelpName = "S",
        AllowMultipleArgumentsPerToken = true
    };

    static readonly Option<string[]> checkpoints = RunSupport.Several(
        "--checkpoints",
        "Folders of the model at steps of its training (RUN/checkpoints/step-500 …), for the core's emergence and the effective size over "
            + "training.",
        "FOLDER");
    static readonly Option<double[]> gridSparsity = new("--grid-sparsity")
    {
        Description = "Sparsities searched at each checkpoint; where the study has them too, the last checkpoint's are the study's own.",
        HelpName = "S",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [.. new PaperRequest(EmbeddedStudy.Study).GridSparsities.Select(s => s.Value)]
    };
    static readonly Option<string> gridSeeds = new("--grid-seeds")
    {
        Description = "Seeds searched with at each checkpoint: 1-3, or 1,2,7; without it the study's first three.",
        HelpName = "LIST",
        DefaultValueFactory = _ => ""
    };
    static readonly Option<int> gridCheckpoints = SharedOptions.Number(
        "--grid-checkpoints", "Most checkpoints to search at, spread evenly over those whose model stands above guessing.", 6, 1);
    static readonly Option<double> tolerance = SharedOptions.Number(
        "--tolerance", "How far below its model a subnetwork may lie and still count as good as it, a fraction.", 0.03, 0, 1);

    static readonly Option<int> headExamples = SharedOptions.Number(
        "--head-examples",
        "Most examples per set for the questions about the core's heads (what they attend to, what other heads need of them, which parts "
            + "bring generalization back), spread evenly; 0 for all.",
        400, 0);

    /// <summary>The verb.</summary>
    public static Verb Create()
    {
        Verb verb = new("paper",
            "Runs everything that The Heuristic Core (Bhaskar, Friedman and Chen 2024) shows on one model, and writes it as one page: "
                + "accuracy against sparsity, partial generalization, the core and its emergence in training, effective size, ablations. "
                + "Without --model it first trains the embedded model's recipe anew, for its checkpoints; "
                + $"without --out it writes to {Folder}.",
            "paper --out runs/paper",
            "paper --model runs/mnli-model/model --checkpoints runs/mnli-model/checkpoints/step-* --data mnli/train.tsv --in-domain "
                + "mnli/dev.tsv --ood hans.tsv --label-map \"neutral>non-entailment|contradiction>non-entailment\" --out runs/mnli-paper")
        { Resumes = true, TakesOut = true, Draws = true, Computes = true, Foresee = Foresee, Run = Run };
        Option[] replaced = [StudyOptions.Model, StudyOptions.Data, StudyOptions.Sparsity, StudyOptions.Target, StudyOptions.TimeTable];
        Option[] own =
        [
            model, data, sparsity, checkpoints, gridSparsity, gridSeeds, gridCheckpoints, tolerance, headExamples, QuestionOptions.Ask,
            SharedOptions.Title,
        ];
        foreach (Option option in StudyOptions.Sources.Concat(StudyOptions.Search).Except(replaced).Concat(own)) verb.Options.Add(option);
        return verb;
    }

    static void Run(ParseResult parsed, Session session)
    {
        StudyOptions.CheckSeeds(parsed, session.World.Say, gridSeeds);
        RunSupport.UseThreads(parsed);
        PaperRequest request = Parse(parsed);
        request = request with { Study = request.Study with { Tenants = session.Tenants } };
        string path = RunSupport.OutOf(parsed, request.Study.Model is null ? Folder : null);
        RunSupport.Tell(session, request.Study.Precision);
        PaperRun.Prepared prepared = new(request);
        foreach (string note in prepared.Notes) session.World.Say(note);
        PaperCost cost = prepared.Cost();
        session.World.Say(InWords(cost));
        if (cost.Bytes > Console.Machine.Memory)
            throw new InvalidOperationException(
                $"The search needs about {Words.Bytes(cost.Bytes)}, this machine has {Words.Bytes(Console.Machine.Memory)}. "
                    + "Lower --max-length, or the batch-size of --method.");
        if (request.Study.HeldOut > 0)
            session.World.Say(
                $"Without --in-domain, in-domain accuracy is that on at most {HeldOut:N0} rows of --data (a fifth at the most) that masks "
                    + "are not learned on; if the model was trained on them, it is too high. Better: --in-domain FILE.");
        if (request.Training is null && request.Checkpoints.Count == 0)
            session.World.Say(
                "Without --checkpoints the questions about training are left out: keep some while training (heartwood train --checkpoints "
                    + "500,1000,2000) and name their folders.");
        using RunFolder folder =
            RunSupport.Open(path, session, prepared.ModelSha256, prepared.Facts, request.Study.Seeds, request, request.Study.Precision);
        Result result = folder.Finished ? Report.Read(folder.FolderPath, session.Tenants.Questions, session.Tenants.PartKinds)
            : PaperRun.In(folder, prepared, session.Progress, session.Stop).All();
        Report.Write(folder.FolderPath, result);
        foreach (string inside in (string[])["study", "training"])
            if (folder.Has($"{inside}/{Report.FactsFile}"))
                Report.Write(folder.PathOf(inside),
                    Report.Read(folder.PathOf(inside), session.Tenants.Questions, session.Tenants.PartKinds));
        session.Result(() => ResultJson.Write(result), () => InWords(result, folder.FolderPath));
    }

    static string? Foresee(ParseResult parsed, Session session, bool complete)
    {
        PaperRequest request = Parse(parsed);
        request = request with { Study = request.Study with { Tenants = session.Tenants } };
        FindVerb.CheckNames(request.Study);
        return complete ? InWords(new PaperRun.Prepared(request).Cost()) : null;
    }

    static string InWords(PaperCost cost) =>
        $"{(cost.TrainingSteps > 0 ? $"{cost.TrainingSteps:N0} steps of training, " : "")}"
            + $"{cost.Searches} searches of {cost.Steps} steps, {cost.Passes:N0} passes of an example: "
            + $"about {Words.Duration(cost.Seconds)}, {Words.Bytes(cost.Bytes)} of memory";

    // each question with its answer, as the page has them, then where the page is
    static string InWords(Result result, string folder)
    {
        IEnumerable<string> answers = Report.Readings(result).Select(a => $"{a.Title}\n  {a.Reading}\n");
        double seconds = result.Facts<MakingFacts>()?.Seconds ?? double.NaN;
        string leftOut = string.Concat(new Findings(result).Warnings.Select(why => $"{Wording.Plain(why)}\n"));
        return $"{leftOut}{string.Concat(answers)}{Invariant($"Report: {Path.Combine(folder, Report.PageFile)}    ({seconds:0} s)\n")}";
    }

    static PaperRequest Parse(ParseResult p)
    {
        bool own = p.GetValue(model) is not null;
        if (!own)
            RunSupport.RefuseIdle(
                p, "without --model: the embedded model has its own data and checkpoints", data, StudyOptions.InDomain,
                StudyOptions.OutOfDomain, StudyOptions.Unseen, StudyOptions.ChooseOn, StudyOptions.Map, checkpoints);
        else if (p.GetValue(checkpoints)!.Length == 0)
            RunSupport.RefuseIdle(p, "without --checkpoints, which are what it is about", gridSparsity, gridSeeds, gridCheckpoints);
        StudyRequest sources = own
            ? StudyOptions.Sourced(p, data) with
            {
                Model = p.GetValue(model),
                HeldOut = p.GetValue(StudyOptions.InDomain)!.Length == 0 ? HeldOut : 0
            }
            : EmbeddedStudy.Study;
        Target[] asked = [.. (p.GetValue(sparsity) ?? []).Select(s => (Target)s)];
        sources = sources with
        {
            Sparsities = asked.Length > 1
                ? asked
                : PaperRequest.Sparsities(asked is [var main] ? main : own ? Usual : EmbeddedStudy.Study.Sparsities[0])
        };
        return new(StudyOptions.With(p, sources) with { Asked = QuestionOptions.Asked(p, true) })
        {
            Training = own ? null : EmbeddedStudy.Recipe,
            Checkpoints = p.GetValue(checkpoints)!,
            GridSparsities = [.. p.GetValue(gridSparsity)!.Select(s => (Target)s)],
            GridSeeds = p.GetValue(gridSeeds) is { Length: > 0 } seeds ? StudyOptions.SeedsOf("--grid-seeds", seeds) : [],
            GridCheckpoints = p.GetValue(gridCheckpoints),
            Tolerance = p.GetValue(tolerance),
            HeadExamples = p.GetValue(headExamples),
        };
    }
}
