using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Studies.Paper;
using Heartwood.Lab.Tasks;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Studies.Paper;

/// <summary>A small paper's run: a task that a tiny model learns in a hundred steps, with checkpoints before and after it has.</summary>
sealed class SmallPaper(TemporaryFolder temporary)
{
    static readonly string[] people = ["doctor", "poet", "king", "nurse"], verbs = ["saw", "met", "slept"];

    /// <summary>Whether the second sentence is about the doctor: one word decides. Out of domain the case says which verb.</summary>
    public string Data(string name, int rows, int shift)
    {
        string file = temporary.At($"{name}.tsv");
        if (!File.Exists(file))
            File.WriteAllLines(file, ["text\tpair\tlabel\tkind", .. Enumerable.Range(shift, rows).Select(i =>
                $"the {people[i / 3 % 4]} {verbs[i % 3]}\tthe {(i % 2 == 0 ? "doctor" : people[1 + i / 2 % 3])} {verbs[i / 2 % 3]}\t{(i % 2 == 0 ? "entailment" : "non-entailment")}\t{verbs[i / 2 % 3]} {(i % 2 == 0 ? "yes" : "no")}")]);
        return $"{file},text=text,pair=pair,label=label,case=kind";
    }

    public TrainingRequest Training => new(NamedData.Listed([Data("training", 120, 0)], [Data("in", 60, 7)]), new(Seed: 3, Steps: 90, TokensPerBatch: 200, LearningRate: 0.02))
    {
        Size = new(2, 2, 8, 12, 40),
        CheckpointSteps = [1, 45, 90],
    };

    public PaperRequest Request => new(new StudyRequest(NamedData.Listed([Data("training", 120, 0)], [Data("in", 60, 7)], [Data("out", 48, 31)]))
    {
        Title = "A small paper",
        Seeds = [1, 2, 3],
        Sparsities = [0.5, 0.17, 0.34, 0.67],
        Methods = ["structured-pruning,steps=8,batch-size=8,learning-rate=0.5"],
        Draws = 3,
        CoreShare = 1,
    })
    {
        GridSparsities = [0.34, 0.67],
        GridSeeds = [1, 2],
        GridCheckpoints = 2,
    };

    /// <summary>A model's training with its checkpoints, made once.</summary>
    public string Trained()
    {
        string path = temporary.At("trained");
        if (Directory.Exists(path)) return path;
        TrainingRun run = new(Training);
        using RunFolder folder = RunFolder.Open(path, Manifests.Small with { ModelSha256 = run.ModelSha256, Data = run.Data, Request = RequestText.Flatten(Training) });
        run.Run(folder, new Told(_ => { }), default);
        return path;
    }

    /// <summary>The request of a user with a model and its checkpoints.</summary>
    public PaperRequest OfModel => Request with
    {
        Study = Request.Study with { Model = Path.Combine(Trained(), "model") },
        Checkpoints = [.. Training.CheckpointSteps.Select(s => Path.Combine(Trained(), $"checkpoints/step-{s}"))],
    };

    /// <summary>One process's part of a run, which ends at a given report of progress (never, if 0).</summary>
    public RunResult? Begin(string name, PaperRequest request, int stopAfter = 0)
    {
        PaperRun.Prepared prepared = new(request);
        using RunFolder folder = RunFolder.Open(temporary.At(name), Manifests.Small with { ModelSha256 = prepared.ModelSha256, Data = prepared.Facts, Seeds = request.Study.Seeds, Request = RequestText.Flatten(request) });
        using CancellationTokenSource stop = new();
        int reports = 0;
        Told progress = new(_ => { if (Interlocked.Increment(ref reports) == stopAfter) stop.Cancel(); });
        try { return RunResult.From(PaperRun.In(folder, prepared, progress, stop.Token).All()); }
        catch (OperationCanceledException) { return null; }
    }
}
