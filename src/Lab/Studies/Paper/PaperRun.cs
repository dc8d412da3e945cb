using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Reports.Paper;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies.Paper;

/// <summary>
/// Everything that the paper asks of a model, in one run folder that holds runs: <c>training</c> (where the model is made here),
/// <c>study</c> (find, evaluate, compare, cut at many sparsities), <c>checkpoints/NAME</c> (the searches and knock-outs of each
/// checkpoint). Each of them can be given to the later verbs, and resumes; what is finished in them is never computed again.
/// </summary>
public sealed class PaperRun
{
    readonly Prepared ready;
    readonly PaperRequest request;
    readonly RunFolder folder;
    readonly IProgress<Progress> progress;
    readonly CancellationToken stop;

    PaperRun(Prepared ready, RunFolder folder, IProgress<Progress> progress, CancellationToken stop) =>
        (this.ready, request, this.folder, this.progress, this.stop) = (ready, ready.Request, folder, progress, stop);

    /// <summary>Everything read and checked, before a run folder is opened.</summary>
    public sealed record Prepared
    {
        internal PaperRequest Request { get; }
        internal Study.Prepared Shape { get; }
        internal TrainingRun? Training { get; }
        internal IReadOnlyList<TrainingCheckpoint> Checkpoints { get; }

        internal PruningOptions Pruning { get; }

        /// <summary>Reads and checks everything that the request names.</summary>
        public Prepared(PaperRequest request)
        {
            request.Check();
            (Request, Pruning) = (request, Learned(Method.ReadAll(request.Study.Methods, request.Study.Tenants)));
            Shape = new(request.Study);
            RefuseScores();
            if (Shape.Problem.OfVocabulary || Shape.Sets.Tasks is not null) throw new InvalidDataException("The paper's questions are asked of a classifier: give labelled data. For language models: heartwood find --all.");
            Training = request.Training is null ? null : new(request.Training);
            Checkpoints = TrainingCheckpoint.Read(request.Checkpoints, Shape.Loaded.Model, Shape.Universe.Kinds);
        }

        // its questions are of accuracy, case by case
        void RefuseScores()
        {
            string? what = Shape.Loaded.Model.GivesOneNumber() ? $"{Shape.Loaded.Name} gives one number, a score"
                : Shape.Sources.FirstOrDefault(source => source.Problem.OfOneNumber) is { } source
                    ? $"{source.Name} holds scores (column '{source.LabelColumn}')" : null;
            if (what is not null) throw new InvalidDataException(
                $"{what}, and the paper's questions are of accuracy, which scores do not have. heartwood find --all searches models of "
                + "scores; if the numbers are classes, train a classifier and add task=labels to the file's name.");
        }

        static PruningOptions Learned(IReadOnlyList<Method> methods) => methods is [{ Finder: StructuredPruning learned }] ? learned.Options
            : throw new ArgumentException($"heartwood paper repeats The Heuristic Core, whose masks are learned: it takes one --method, "
                + $"{Method.Usual}, not {string.Join(", ", methods.Select(m => m.Label))}. Other finders: heartwood find --method NAME --all.");

        /// <summary>Hash of the model's weights; of a model that is yet to be trained, of those that training begins from.</summary>
        public string ModelSha256 => Training?.ModelSha256 ?? Shape.ModelSha256;

        /// <summary>The data and the checkpoints, for the manifest.</summary>
        public IReadOnlyList<DataFacts> Facts => [.. Training is null ? Shape.Facts : [.. Training.Data, .. Shape.Facts.Skip(1)], .. Checkpoints.Select(c => new DataFacts("checkpoint", c.Folder, 1, c.Sha256))];

        /// <summary>What a reader should know before the work begins: of the data, and of what the model cannot give.</summary>
        public IReadOnlyCollection<string> Notes => [.. Shape.Notes.Union(Training?.Notes ?? [])];

        /// <summary>What the whole run takes.</summary>
        public PaperCost Cost() => PaperCost.Of(Request, Shape, Pruning, Request.Training?.CheckpointSteps.Count ?? Checkpoints.Count,
            HasGrid(Request) && (Training is not null ? Request.Training!.CheckpointSteps.Contains(Training.Steps) : Checkpoints.Any(c => c.Sha256 == Shape.ModelSha256)));
    }

    /// <summary>The run of a request in a folder.</summary>
    public static PaperRun In(RunFolder folder, Prepared prepared, IProgress<Progress> progress, CancellationToken stop) => new(prepared, folder, progress, stop);

    /// <summary>Everything, from training to the page; what the folder already has is read from there.</summary>
    public RunResult All()
    {
        var (model, checkpoints) = Trained();
        SearchProgress searches = new(progress, "searches", request.Study.Seeds.Count * request.Study.Sparsities.Count, ready.Pruning.Steps);

        StudyRequest asked = request.Study with { Model = model };
        Study.Prepared prepared = model == request.Study.Model ? ready.Shape : new(asked, ready.Shape);
        using RunFolder own = Within("study", prepared.ModelSha256, prepared.Facts, asked.Seeds, asked);
        Study.Keep(own, asked);
        Study study = Study.In(own, prepared, searches.Of(""), stop);
        searches.Spare(study.Found);
        RunResult result = own.Finished ? ResultJson.Read(File.ReadAllText(own.PathOf("result.json"))) : study.All();

        PaperFacts facts = Answers(study, result, checkpoints);
        folder.Finish(() =>
        {
            Manifest manifest = folder.Manifest with { ModelSha256 = prepared.ModelSha256 };
            RunResult whole = result with { Paper = facts, Seconds = folder.Seconds, Manifest = manifest };
            folder.WriteText("result.json", ResultJson.Write(whole));
            folder.WriteText("report.html", Report.Html(whole));
        });
        return ResultJson.Read(File.ReadAllText(folder.PathOf("result.json")));
    }

    /// <summary>The answers to the paper's questions, in the page's order. Each step is one file beside this one, its facts one member of <see cref="PaperFacts"/>, its figure one entry of <see cref="PaperPage"/>.</summary>
    PaperFacts Answers(Study study, RunResult result, IReadOnlyList<TrainingCheckpoint> checkpoints)
    {
        EvaluationStage measured = study.Evaluate();
        ulong seed = request.Study.Seeds[0];
        Part[] core = [.. result.Core.Parts.Select(Part.Parse).Where(Heads.Kind.Includes)];
        Subject subject = new(study.Loaded, study.Sets, study.Absent(), [.. result.Core.Parts.Select(Part.Parse)], request.Study.MostTokens, seed, Math.Max(Subject.LeastDraws, request.Study.Draws), folder, progress, stop);
        var (emergence, sizes) = checkpoints.Count == 0 ? (null, null) : OverTraining(study, checkpoints, core);
        return new(request.Tolerance,
            SparsityCurve.Of(measured),
            PartialGeneralization.Of(measured, result.Cases!, request.Tolerance, seed),
            FrequencyShift.Of(result.Frequencies, result.Core.TargetSparsity),
            emergence,
            sizes,
            folder.Stage("attention", () => Attending.Of(subject, request.HeadExamples)),
            Needing.Of(subject, request.HeadExamples / 2),
            AddingBack.Of(subject, request.HeadExamples, request.Tolerance, ready.Pruning));
    }

    // the checkpoints: knock-outs at each, then the grid of searches at some
    (EmergenceFacts, SizeFacts) OverTraining(Study study, IReadOnlyList<TrainingCheckpoint> checkpoints, IReadOnlyList<Part> core)
    {
        int tests = checkpoints.Count * study.Universe.CountOf(Heads.Kind);
        Measured trained = study.Evaluate().Full;
        EmergenceFacts emergence = Emergence.Of([.. checkpoints.Select(c => At(c, SearchProgress.Under(c.Name, progress), s => Emergence.Measure(s, c, core, tests, trained, request.Tolerance)))], core, tests, request.Study.Seeds[0]);

        TrainingCheckpoint[] chosen = [.. SizeGrid.Chosen(checkpoints, emergence, request.GridCheckpoints)];
        bool[] own = [.. chosen.Select(c => HasGrid(request) && c.Sha256 == study.Loaded.Sha256)];
        SearchProgress searches = new(progress, "searches at checkpoints", own.Count(o => !o) * request.GridSparsities.Count * request.SeedsOfGrid.Count, ready.Pruning.Steps);
        return (emergence, SizeGrid.Of([.. chosen.Zip(own, (c, reused) => SizeGrid.At(emergence.Checkpoints.Single(f => f.Name == c.Name), reused ? study.Evaluate().Subnetworks : At(c, searches.Of(c.Name), s =>
        {
            searches.Spare(s.Found);
            return s.Evaluate().Subnetworks;
        }), request, study.Universe.Count, reused))], emergence, request, study.Universe.Count));
    }

    T At<T>(TrainingCheckpoint checkpoint, IProgress<Progress> told, Func<Study, T> measure)
    {
        StudyRequest asked = request.Study with { Model = checkpoint.Folder, Sparsities = request.GridSparsities, Seeds = request.SeedsOfGrid };
        Study.Prepared prepared = new(asked, ready.Shape);
        using RunFolder own = Within($"checkpoints/{checkpoint.Name}", prepared.ModelSha256, prepared.Facts, asked.Seeds, asked);
        Study.Keep(own, asked);
        return measure(Study.In(own, prepared, told, stop));
    }

    (string? Model, IReadOnlyList<TrainingCheckpoint> Checkpoints) Trained()
    {
        if (request.Training is null) return (request.Study.Model, ready.Checkpoints);
        const string name = "training";
        using RunFolder own = Within(name, ready.Training!.ModelSha256, ready.Training.Data, [request.Training.Options.Seed], request.Training);
        ready.Training.Run(own, progress, stop);
        string model = own.PathOf("model");
        return (model, TrainingCheckpoint.Read([.. request.Training.CheckpointSteps.Select(s => own.PathOf($"checkpoints/step-{s}"))], LoadedModel.Load(model).Model, ready.Shape.Universe.Kinds));
    }

    RunFolder Within(string name, string modelSha256, IReadOnlyList<DataFacts> data, IReadOnlyList<ulong> seeds, object asked) =>
        folder.Within(name, folder.Manifest with { ModelSha256 = modelSha256, Data = data, Seeds = seeds, Request = RequestText.Of(asked) });

    // whether the study searched all that the grid asks for
    static bool HasGrid(PaperRequest request) => request.GridSparsities.All(request.Study.Sparsities.Contains) && request.SeedsOfGrid.All(request.Study.Seeds.Contains);
}
