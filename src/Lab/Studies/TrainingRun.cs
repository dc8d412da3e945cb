using System.Diagnostics;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Exports.Transformers;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Lab.Training;
using Heartwood.Lab.Training.Objectives;

namespace Heartwood.Lab.Studies;

/// <summary>
/// Trains a model in a run folder: <c>metrics.jsonl</c>, <c>curve.jsonl</c>, <c>state.safetensors</c> to resume from,
/// <c>checkpoints/step-N</c>, <c>model</c>.
/// </summary>
public sealed class TrainingRun
{
    const string StateFile = "state.safetensors";

    readonly TrainingRequest request;
    readonly DataSets data;
    readonly LoadedModel start;
    readonly IReadOnlyList<LoadedModel> teachers;
    readonly Trainer trainer;
    readonly Sets sets;

    /// <summary>Reads and checks everything, before the first expensive second.</summary>
    /// <exception cref="Exception">what <see cref="DataSource"/>, <see cref="LoadedModel"/>, <see cref="Sets"/> and
    /// <see cref="Trainer"/> refuse</exception>
    public TrainingRun(TrainingRequest request)
    {
        if (!request.Sets.Has(Role.InDomain) && request.Sets.Has(Role.OutOfDomain))
            throw new ArgumentException("--out-of-domain is measured next to --in-domain: give --in-domain FILE too.");
        this.request = request;
        data = DataSets.Read(request.Sets);
        IReadOnlyList<DataSource> training = data[Role.Train];
        IProblem asked = DataSource.ProblemOf(training);
        if (request.Labels.Count > 0 && asked is not Classification)
            throw new ArgumentException($"--labels names the labels of a classifier, and {training[0].Name} holds {asked.Words.Name}"
                + (asked.OfOneNumber ? $" (column '{training[0].LabelColumn}'). Leave it out, or if the numbers are classes, add "
                    + "task=labels to the file's name." : ". Leave it out, or give labelled rows."));
        _ = Objectives.ToTrain(asked);                           // refuses what nothing is trained on
        start = request.From is null ? new FreshModel(request).For(asked, training)
            : LoadedModel.ToTune(request.From, request.Labels, () => TrainingLabels.Collect(training), asked, request.Options.Seed);
        IProblem problem = asked.For(start.Model);
        IObjective loss = request.Loss == "" ? Objectives.ToTrain(problem) : LossTerms.Parse(request.Loss, problem);
        teachers = TeachersFor(loss, problem);
        trainer = new(start.Model, start.Encode(training, start.Model.Labels, Longest(problem)), request.Options, problem, loss,
            [.. teachers.Select(teacher => teacher.Model)]);
        sets = new(start, data.ToMeasure, LabelMap.Parse(request.LabelMap), request.MaxLength);
        if (request.CheckpointSteps.Where(s => s < 1 || s > Steps).ToArray() is [var beyond, ..])
            throw new ArgumentException($"--checkpoints asks for step {beyond}; the run has steps 1 to {Steps}.");
    }

    // the models to be like, which have to read and answer as the one that is trained
    IReadOnlyList<LoadedModel> TeachersFor(IObjective loss, IProblem problem)
    {
        if (!loss.NeedsReference && request.Teacher is null) return [];
        if (!loss.NeedsReference)
            throw new ArgumentException($"--teacher {request.Teacher} would have no effect: no term of the loss ({loss.Name}) compares "
                + $"with a teacher. Name some with --loss, of: {string.Join(", ", LossTerms.Known.Keys)}.");
        if (request.Teacher is not { } named)
            throw new ArgumentException($"The loss {loss.Name} compares with a teacher: give --teacher FOLDER, the full model.");
        LoadedModel[] all = [.. Teachers.In(named).Select(one => Teachers.Load(one, start))];
        foreach (LoadedModel one in all) _ = loss.Sites(problem, start.Model, one.Model);       // refuses what cannot be compared
        return all;
    }

    /// <summary>The data that the run reads, for its manifest.</summary>
    public IReadOnlyList<DataFacts> Data =>
        [start.Facts, .. teachers.Select(teacher => teacher.Facts with { Use = "teacher" }), .. data.Facts];

    /// <summary>What to do next with the model that was trained.</summary>
    /// <param name="model">its folder</param>
    /// <param name="measured">whether it was measured while training</param>
    public string Next(string model, bool measured) => start.Model switch
    {
        { Output: Output.Vocabulary, Causal: true } => $"Let it speak: heartwood generate --model {model} --prompt \"…\"",
        { Output: Output.Vocabulary } => $"Measure it: heartwood evaluate --model {model} --in-domain …",
        _ when start.Model.GivesOneNumber() && !measured => $"Measure it: heartwood evaluate --model {model} --in-domain …",
        _ => $"Find its subnetworks: heartwood find --model {model} --data … --in-domain … --out RUN",
    };

    /// <summary>What a reader should know of the data.</summary>
    public IReadOnlyCollection<string> Notes => start.Notes;

    /// <summary>Hash of the weights that training begins from.</summary>
    public string ModelSha256 => start.Sha256;

    /// <summary>Number of steps in all.</summary>
    public int Steps => trainer.Steps;

    /// <summary>Number of weights.</summary>
    public long Parameters => start.Model.Weights.Count;

    /// <summary>
    /// Trains, from the beginning or from where the folder's run stopped; where another process is at it, waits for what that one trains.
    /// </summary>
    public Result Run(RunFolder folder, IProgress<Progress> progress, CancellationToken stop)
    {
        folder.Finish(() => Train(folder, progress, stop));
        return ResultJson.Read(File.ReadAllText(folder.PathOf("result.json")), request.Tenants.Questions);
    }

    void Train(RunFolder folder, IProgress<Progress> progress, CancellationToken stop)
    {
        folder.RequireSpace(start.Model.Weights.Count * sizeof(float) * (4 + request.CheckpointSteps.Count));
        if (folder.Has(StateFile)) trainer.Restore(folder.PathOf(StateFile));
        int every = request.EvaluateEvery > 0 ? request.EvaluateEvery : Math.Max(1, trainer.Steps / 10);
        int saveEvery = Math.Max(10, Math.Min(250, trainer.Steps / 20));
        Measured? last = null;
        // the curve's point at this step is measured again
        using (Metrics metrics = folder.Metrics("metrics.jsonl", trainer.Step), curve = folder.Metrics("curve.jsonl", trainer.Step - 1))
            try
            {
                double smooth = double.NaN;
                long began = Stopwatch.GetTimestamp(), tokens = 0;
                while (true)
                {
                    if (sets.Any && (trainer.Step == trainer.Steps || (trainer.Step > 0 && trainer.Step % every == 0)))
                    {
                        last = sets.Measure(trainer.Model, null, stop);
                        if (last.Figures is null)
                            curve.Append(trainer.Step, new { last.InDomain, last.OutOfDomain, last.InDomainLoss, last.Cases });
                        else curve.Append(trainer.Step, new { last.InDomainLoss, last.Figures });
                    }
                    if (request.CheckpointSteps.Contains(trainer.Step)) Keep($"checkpoints/step-{trainer.Step}", folder);
                    if (trainer.Step == trainer.Steps) break;
                    if (trainer.Step > 0 && trainer.Step % saveEvery == 0) folder.Write(StateFile, trainer.Save);
                    stop.ThrowIfCancellationRequested();
                    TrainingLine line = trainer.Advance();
                    tokens += line.Tokens;
                    double tokensPerSecond = tokens / Stopwatch.GetElapsedTime(began).TotalSeconds;
                    double? accuracy = double.IsNaN(line.Accuracy) ? null : line.Accuracy;
                    metrics.Append(line.Step, new { line.Loss, accuracy, line.Rate, line.GradientNorm, line.Tokens, tokensPerSecond });
                    smooth = double.IsNaN(smooth) ? line.Loss : 0.98 * smooth + 0.02 * line.Loss;
                    progress.Report(new("training", line.Step, trainer.Steps, "steps",
                        $"loss {smooth:0.000}{(last is null ? "" : $", in-domain {Short(last)}")}"));
                }
            }
            catch (OperationCanceledException)
            {
                folder.Write(StateFile, trainer.Save);
                throw;
            }
        foreach (DataSource source in data.Sources) source.RefuseChanged();
        Keep("model", folder);
        Result result = new(folder.Manifest, Ended(folder, last, progress, stop).AskAll());
        folder.WriteText("result.json", ResultJson.Write(result));
    }

    // what the run's questions are asked of
    Subject Ended(RunFolder folder, Measured? last, IProgress<Progress> progress, CancellationToken stop) => new(folder, progress, stop)
    {
        Loaded = start with { Model = trainer.Model },
        Sets = sets,
        Settings = new()
        {
            Title = $"Training of {start.Name}",
            Kind = RunKind.Training,
            Seeds = [request.Options.Seed],
            LabelMap = request.LabelMap
        },
        Questions = request.Tenants.Questions,
        Data = data[Role.Train],
        Training = new(folder.PathOf("model"), trainer.Steps, last),
    };

    static string Short(Measured last) => last.Figures is null ? $"{last.InDomain.Value:0.000}"
        : string.Join(", ", last.Figures!["inDomain"].Select(f => $"{f.Key} {f.Value.Value:0.000}"));

    void Keep(string name, RunFolder folder)
    {
        if (!folder.Has(name))
            TransformersFolder.Save(trainer.Model, folder.PathOf(name), start.TokenizerFiles, request.Half ? Dtype.BF16 : Dtype.F32);
    }

    /// <summary>
    /// Whether data is text whose windows nobody says the length of: then they are no longer than a batch.
    /// </summary>
    internal static bool IsOfOpenWindows(IProblem problem, IReadOnlyList<DataSource> data, int mostTokens) =>
        problem.OfVocabulary && mostTokens == 0 && data.All(source => source.Problem is LanguageModelling { Window: 0 });

    int Longest(IProblem problem)
    {
        bool open = IsOfOpenWindows(problem, data[Role.Train], request.MaxLength);
        if (!open || start.Model.MostPositions <= request.Options.TokensPerBatch) return request.MaxLength;
        start.Note($"windows of {request.Options.TokensPerBatch:N0} tokens, as many as a batch holds (--batch-tokens); the model takes "
            + $"{start.Model.MostPositions:N0}. Others: FILE,window=N or --max-length N.");
        return request.Options.TokensPerBatch;
    }
}
