using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Lab.Training.Objectives;

namespace Heartwood.Lab.Studies;

/// <summary>
/// Ablates every part of a model alone, on any data, in a run folder: the finder of exact ablations on each set, whose differences of
/// single examples become paired intervals; the question <c>parts</c> says and draws them. A run that was stopped goes on after the
/// examples that were done.
/// </summary>
public sealed class AblationRun
{
    /// <summary>Measured by the loss of the right answers.</summary>
    public const string Loss = "loss";

    /// <summary>Measured by the share of right answers.</summary>
    public const string Accuracy = "accuracy";

    const string AblationFile = "ablation.safetensors", ScoresFile = "subnetworks/ablation.json", ResultFile = "result.json";
    const string Finder = "ablation";
    const int TokensAtOnce = 4096;

    readonly AblationRequest request;
    readonly LoadedModel loaded;
    readonly DataSets data;
    readonly Universe universe;
    readonly IAblation how;
    readonly Sets sets;
    readonly IReadOnlyList<EvaluationSet> measured;
    readonly IObjective? objective;

    /// <summary>Reads and checks everything, before the first expensive second.</summary>
    /// <exception cref="ArgumentException">a name is unknown, or the measure is not for what the data asks</exception>
    /// <exception cref="InvalidDataException">the data cannot be asked of the model</exception>
    public AblationRun(AblationRequest request)
    {
        request.Check();
        this.request = request;
        loaded = LoadedModel.Load(request.Model, request.Precision);
        universe = loaded.Model.Universe(request.Tenants.PartKinds.Named(request.Parts));
        data = DataSets.Read(request.Sets);
        data.RefusePipes();
        Sets all = new Sets(loaded, data, LabelMap.Parse(request.LabelMap), request.MostTokens).Thin(request.Examples);
        IReadOnlyList<Example> own = [.. all.InDomain.Select(all.InDomainProblem.ToLearn)];
        how = request.Tenants.Ablations.Parse(request.Ablation).Make(new(loaded.Model, universe,
            [.. own.SelectMany(all.InDomainProblem.Inputs)], () => Inputs.Batches(own, 2048)));
        sets = all.ServedBy(how, loaded.Note);
        // of a prompt the clean form is ablated, as searches do
        measured = [.. sets.Each.Select(s => s.Set with { Examples = [.. s.Set.Examples.Select(s.Set.Problem.ToLearn)] })];
        objective = request.Measure is Loss or Accuracy ? null : Objectives.Named(request.Tenants.Objectives, request.Measure);
        foreach (EvaluationSet set in measured) CheckMeasure(set);
    }

    void CheckMeasure(EvaluationSet set)
    {
        if (objective is not null) Objectives.Check(objective, set.Problem, request.Tenants.Objectives);
        if (request.Measure == Accuracy && set.Problem is Regression)
            throw new ArgumentException($"--measure accuracy: a score is not right or wrong ({string.Join(", ", set.Names)}). "
                + "Take --measure loss, the squared error.");
    }

    /// <summary>Hash of the model's weights.</summary>
    public string ModelSha256 => loaded.Sha256;

    /// <summary>The data, for the manifest.</summary>
    public IReadOnlyList<DataFacts> Facts => [loaded.Facts, .. data.Facts];

    /// <summary>What a reader should know of the model and the data.</summary>
    public IReadOnlyCollection<string> Notes => loaded.Notes;

    /// <summary>What it costs, in a line.</summary>
    public string Cost => $"ablation: {Many(universe.Count, "part")} alone, each on {string.Join(" and ", measured.Select(InWords))}: "
        + $"{Passes:N0} passes of an example at most";

    static string InWords(EvaluationSet set) =>
        $"{Many(set.Examples.Count, set.Problem.Words.Example)} {(set.Use == "inDomain" ? "of the data" : Measurements.Name(set.Use))}";

    static string Many(int count, string noun) => $"{count:N0} {noun}{(count == 1 ? "" : "s")}";

    long Passes => measured.Sum(set => Sweep.Cost(universe.Count, set.Examples.Count).Passes);

    /// <summary>What it will take; layers below a part are computed once for many parts, so that it is rather less.</summary>
    public Estimate Estimate()
    {
        Estimate[] each = [.. measured.Select(set => Studies.Estimate.Searches(loaded.Model, universe, set.Problem, set.Examples,
            [new MethodCost(Finder, 1, Sweep.Cost(universe.Count, set.Examples.Count))]))];
        long masks = sizeof(float) * ((long)universe.Count + 1) * universe.Count;
        return new(each.Sum(e => e.Seconds), each.Max(e => e.Bytes) + masks);
    }

    /// <summary>Ablates, or reads what was made, and marks the run finished.</summary>
    /// <param name="folder">the run</param>
    /// <param name="progress">told how far the work is</param>
    /// <param name="stop">ends it</param>
    public Result In(RunFolder folder, IProgress<Progress> progress, CancellationToken stop)
    {
        folder.Finish(() =>
        {
            Subject subject = new(folder, progress, stop)
            {
                Loaded = loaded,
                Sets = sets,
                Settings = new()
                {
                    Title = request.Title == "" ? $"The parts of {Path.GetFileName(loaded.Name.TrimEnd('/', '\\'))}, one by one"
                        : request.Title,
                    Kind = RunKind.Ablation,
                    LabelMap = request.LabelMap,
                },
                Questions = request.Tenants.Questions,
                Effects = () => Effects(folder, OwnAblation(folder, progress, stop), progress, stop),
            };
            Result result = new(folder.Manifest, subject.AskEach("parts", "making"));
            foreach (DataSource source in data.Sources) source.RefuseChanged();
            folder.WriteText(ScoresFile, ScoresIn(result, folder).ToJson());
            folder.WriteText(ResultFile, ResultJson.Write(result));
        });
        return ResultJson.Read(File.ReadAllText(folder.PathOf(ResultFile)), request.Tenants.Questions, request.Tenants.PartKinds);
    }

    Ablation OwnAblation(RunFolder folder, IProgress<Progress> progress, CancellationToken stop)
    {
        if (how.IsKept)
        {
            folder.Work(new Job(AblationFile, () =>
            {
                progress.Report(new("means of the parts", 0, sets.InDomain.Count, "examples"));
                Ablation made = new(universe, how, stop);
                folder.Write(AblationFile, made.Save);
                progress.Report(new("means of the parts", sets.InDomain.Count, sets.InDomain.Count, "examples"));
            }));
            how.Restore(folder.PathOf(AblationFile));
        }
        return new(universe, how, stop);
    }

    AblationScores Sweep => new(by: new MeasuredBy(request.Measure == Accuracy, Examples: 0), tokensAtOnce: TokensAtOnce);

    PartEffectsFacts Effects(RunFolder folder, Ablation ablation, IProgress<Progress> progress, CancellationToken stop)
    {
        SetEffects[] effects = [.. measured.Select(set => SetEffects.From(set.Use, string.Join(", ", set.Names), universe,
            Swept(folder, ablation, set, progress, stop), request.Measure == Accuracy))];
        (string meaning, string unit) = Meaning();
        string stands = how.IsZero || !how.IsKept ? how.Name : $"its {how.Name} over the data";
        return new(request.Measure, meaning, unit, stands, ScoresFile, effects);
    }

    (string Meaning, string Unit) Meaning()
    {
        IProblem problem = sets.InDomainProblem;
        if (objective is { Meaning: var said })
            return said.LastIndexOf(", ", StringComparison.Ordinal) is > 0 and int comma ? (said, said[(comma + 2)..]) : (said, "");
        if (request.Measure == Accuracy) return (problem.Words.Accuracy, PartEffectsFacts.Points);
        if (problem.OfOneNumber) return ("mean squared error", "");
        return problem.Figures.FirstOrDefault(f => f.Role == FigureRole.Loss) is { Unit: { Length: > 0 } unit }
            ? ($"loss, {unit}", unit) : ("loss of the right answers, nats per example", "nats");
    }

    // one search on one set, taken up where it was stopped
    IReadOnlyList<PairedSums> Swept(
        RunFolder folder, Ablation ablation, EvaluationSet set, IProgress<Progress> progress, CancellationToken stop)
    {
        string state = $"search/{Finder}-{set.Use}.json", stage = $"ablating each part, {Measurements.Name(set.Use)}";
        long done = 0, total = (universe.Count + 1L) * set.Examples.Count;
        Action<int> advance = more => progress.Report(new(stage, Interlocked.Add(ref done, more), total, "passes"));
        IExampleMeasure measure = objective is null
            ? new AnswerMeasure(loaded.Model, ablation, set.Problem, set.Labels, set.MapLabel, advance)
            : new ObjectiveMeasure(loaded.Model, ablation, set.Problem, objective, advance);
        ISearch search = Sweep.Begin(new(loaded.Model, universe, ablation, set.Problem, set.Examples) { Measure = measure, Stop = stop });
        if (folder.Has(state)) search.Restore(folder.PathOf(state));
        done = search.Step == 0 ? 0 : total * search.Step / search.Steps;
        while (!search.IsDone())
        {
            stop.ThrowIfCancellationRequested();
            search.Advance();
            folder.Write(state, search.Save);
        }
        return ((IPairedSearch)search).Differences!;
    }

    // every part is kept, so that the file is a mask too: of the whole model, to be chosen from
    Subnetwork ScoresIn(Result result, RunFolder folder)
    {
        PartEffectsFacts effects = result.Facts<SinglePartsFacts>()!.Effects!;
        SetEffects main = effects.Sets[0];
        return new(0, Finder, 0, universe.Count, [.. universe.Parts], universe.Parts.Zip(main.Parts, (part, effect) => (part, effect.Cost))
            .ToDictionary(p => p.part, p => p.Cost), request.Ablation, loaded.Sha256)
        {
            InPlay = request.Parts,
            Model = loaded.Model.Sizes(request.Tenants.PartKinds),
            Data = [.. data[Role.InDomain].Select(d => new DataOrigin(d.Name, d.Rows.Count, d.Sha256))],
            Options = new Dictionary<string, string> { ["measure"] = request.Measure, ["examples"] = $"{main.N}" },
            AblationFile = how.IsKept ? $"../{AblationFile}" : "",
            Version = folder.Manifest.Version,
        };
    }
}
