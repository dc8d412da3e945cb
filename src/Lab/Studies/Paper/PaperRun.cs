using Heartwood.Lab.Discovery;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies.Paper;

/// <summary>
/// Everything that the paper asks of a model, in one run folder that holds runs: <c>training</c> (where the model is made here),
/// <c>study</c> (find, measure, compare, cut at many sparsities), <c>checkpoints/NAME</c> (the searches and ablations of each
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
            if (Shape.Problem.OfVocabulary || Shape.Sets.Tasks is not null)
                throw new InvalidDataException("The paper's questions are asked of a classifier: give labelled data. "
                    + "For language models: heartwood find --all.");
            Training = request.Training is null ? null : new(request.Training with { Tenants = request.Study.Tenants });
            Checkpoints = TrainingCheckpoint.Read(request.Checkpoints, Shape.Loaded.Model, Shape.Universe.Kinds);
        }

        static PruningOptions Learned(IReadOnlyList<Method> methods) => methods is [{ Finder: StructuredPruning learned }] ? learned.Options
            : throw new ArgumentException($"heartwood paper repeats The Heuristic Core, whose masks are learned: it takes one --method, "
                + $"{Method.Usual}, not {string.Join(", ", methods.Select(m => m.Label))}. Other finders: "
                + "heartwood find --method NAME --all.");

        // its questions are of accuracy, case by case
        void RefuseScores()
        {
            string? what = Shape.Loaded.Model.GivesOneNumber() ? $"{Shape.Loaded.Name} gives one number, a score"
                : Shape.Data.Sources.FirstOrDefault(source => source.Problem.OfOneNumber) is { } source
                    ? $"{source.Name} holds scores (column '{source.LabelColumn}')" : null;
            if (what is not null) throw new InvalidDataException(
                $"{what}, and the paper's questions are of accuracy, which scores do not have. heartwood find --all searches models of "
                + "scores; if the numbers are classes, train a classifier and add task=labels to the file's name.");
        }

        /// <summary>Hash of the model's weights; of a model that is yet to be trained, of those that training begins from.</summary>
        public string ModelSha256 => Training?.ModelSha256 ?? Shape.ModelSha256;

        /// <summary>The data and the checkpoints, for the manifest.</summary>
        public IReadOnlyList<DataFacts> Facts
        {
            get
            {
                List<DataFacts> facts = Training is null ? [.. Shape.Facts] : [.. Training.Data, .. Shape.Facts.Skip(1)];
                facts.AddRange(Checkpoints.Select(c => new DataFacts("checkpoint", c.Folder, 1, c.Sha256)));
                return facts;
            }
        }

        /// <summary>What a reader should know before the work begins: of the data, and of what the model cannot give.</summary>
        public IReadOnlyCollection<string> Notes => [.. Shape.Notes.Union(Training?.Notes ?? [])];

        /// <summary>What the whole run takes.</summary>
        public PaperCost Cost()
        {
            bool last = Training is not null ? Request.Training!.CheckpointSteps.Contains(Training.Steps)
                : Checkpoints.Any(c => c.Sha256 == Shape.ModelSha256);
            int checkpoints = Request.Training?.CheckpointSteps.Count ?? Checkpoints.Count;
            return PaperCost.Before(Request, Shape, Pruning, checkpoints, Request.Settings().HasGrid && last);
        }
    }

    /// <summary>The run of a request in a folder.</summary>
    public static PaperRun In(RunFolder folder, Prepared prepared, IProgress<Progress> progress, CancellationToken stop) =>
        new(prepared, folder, progress, stop);

    /// <summary>Everything, from training to the facts of all questions; what the folder already has is read from there.</summary>
    public Result All()
    {
        var (model, checkpoints) = Trained();
        int searches = request.Study.Seeds.Count * request.Study.Sparsities.Count;
        SearchProgress found = new(progress, "searches", searches, ready.Pruning.Steps);

        StudyRequest asked = request.Study with { Model = model };
        Study.Prepared prepared = model == request.Study.Model ? ready.Shape : new(asked, ready.Shape);
        using RunFolder own = Within("study", prepared.ModelSha256, prepared.Facts, asked.Seeds, asked);
        Study.Keep(own, asked);
        Study study = Study.In(own, prepared, found.ShareOf(""), stop);
        found.Spare(study.Found);
        Result known = study.All();

        Subject subject = study.Subject with
        {
            Folder = folder,
            Progress = progress,
            Settings = request.Settings() with { Pruning = ready.Pruning },
            Heal = null,
            Known = known.Without("making").Answers,
            Checkpoints = [.. checkpoints.Select(c => new Checkpoint(this, c))],
        };
        if (!folder.Finished)
        {
            Result result = new(folder.Manifest with { ModelSha256 = prepared.ModelSha256 }, subject.AskAll());
            folder.Finish(() => folder.WriteText("result.json", ResultJson.Write(result)));
        }
        return ResultJson.Read(File.ReadAllText(folder.PathOf("result.json")), request.Study.Tenants.Questions);
    }

    // a checkpoint in a run of its own
    sealed class Checkpoint(PaperRun run, TrainingCheckpoint of) : ICheckpoint
    {
        public string Name => of.Name;

        public long Step => of.Step;

        public string Sha256 => of.Sha256;

        public T Look<T>(Func<Subject, T> look, IProgress<Progress> progress)
        {
            PaperRequest request = run.request;
            StudyRequest asked = request.Study with { Model = of.Folder, Sparsities = request.GridSparsities, Seeds = request.SeedsOfGrid };
            Study.Prepared prepared = new(asked, run.ready.Shape);
            using RunFolder own = run.Within($"checkpoints/{of.Name}", prepared.ModelSha256, prepared.Facts, asked.Seeds, asked);
            Study.Keep(own, asked);
            return look(Study.In(own, prepared, progress, run.stop).Subject);
        }
    }

    (string? Model, IReadOnlyList<TrainingCheckpoint> Checkpoints) Trained()
    {
        if (request.Training is not { } training) return (request.Study.Model, ready.Checkpoints);
        using RunFolder own = Within("training", ready.Training!.ModelSha256, ready.Training.Data, [training.Options.Seed], training);
        ready.Training.Run(own, progress, stop);
        string model = own.PathOf("model");
        string[] folders = [.. training.CheckpointSteps.Select(s => own.PathOf($"checkpoints/step-{s}"))];
        return (model, TrainingCheckpoint.Read(folders, LoadedModel.Load(model).Model, ready.Shape.Universe.Kinds));
    }

    RunFolder Within(string name, string modelSha256, IReadOnlyList<DataFacts> data, IReadOnlyList<ulong> seeds, object asked) =>
        folder.Within(name, folder.Manifest with
        {
            ModelSha256 = modelSha256,
            Data = data,
            Seeds = seeds,
            Request = RequestText.Flatten(asked),
        });
}
