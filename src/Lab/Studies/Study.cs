using System.Security.Cryptography;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Lab.Training.Objectives;

namespace Heartwood.Lab.Studies;

/// <summary>
/// A study of one model in one run folder: find subnetworks, measure them, compare them, cut one out, report. Each step is kept
/// in the folder when it is done, so a study that was stopped goes on, and the verbs of the command line can be given one by one.
/// </summary>
public sealed partial class Study
{
    const string AblationFile = "ablation.safetensors";

    readonly StudyRequest request;
    readonly LoadedModel loaded;
    readonly DataSets data;
    readonly IReadOnlyList<Example> pool;
    readonly IProblem problem;
    readonly Sets sets;
    readonly Sets? choosing;
    readonly IReadOnlyList<Method> methods;
    readonly IObjective? objective;
    readonly Universe universe;
    readonly UniformChoice? uniform;
    readonly IAblation how;
    readonly Func<Universe, IAblation> ablationOver;
    readonly RunFolder folder;
    readonly Prepared ready;
    readonly IProgress<Progress> progress;
    readonly CancellationToken stop;
    Ablation? ownAblation;

    /// <summary>The model that is studied.</summary>
    public IModel Model => loaded.Model;

    /// <summary>See <see cref="Sets.TaskCases"/>.</summary>
    public IReadOnlyDictionary<string, CaseFacts>? TaskCases => sets.TaskCases;

    internal LoadedModel Loaded => loaded;

    Study(Prepared ready, RunFolder folder, IProgress<Progress> progress, CancellationToken stop)
    {
        (request, loaded, data, pool, problem, sets) =
            (ready.Request, ready.Loaded, ready.Data, ready.Pool, ready.Problem, ready.Sets);
        (methods, objective, choosing) = (ready.Methods, ready.Objective, ready.Choosing);
        (this.ready, this.folder, this.progress, this.stop) = (ready, folder, progress, stop);
        (universe, uniform, how, ablationOver) = (ready.Universe, ready.Uniform, ready.Ablation, ready.AblationOver);
    }

    /// <summary>Everything read and checked, before a run folder is opened.</summary>
    public sealed record Prepared
    {
        internal StudyRequest Request { get; }
        internal LoadedModel Loaded { get; }
        internal DataSets Data { get; }
        internal IReadOnlyList<Example> Pool { get; }
        internal IProblem Problem { get; }
        internal Sets Sets { get; }
        internal Sets? Choosing { get; }
        internal IReadOnlyList<Method> Methods { get; }
        internal Universe Universe { get; }
        internal UniformChoice? Uniform { get; }
        internal IAblation Ablation { get; }
        internal Func<Universe, IAblation> AblationOver { get; }
        internal IObjective? Objective { get; }

        /// <summary>Reads and checks everything that the request names.</summary>
        /// <param name="request">what is asked</param>
        /// <param name="sameData">what was prepared for a request of the same data, which is then not read again</param>
        /// <param name="reached">whether targets in weights, bytes and time must be such as can be reached</param>
        public Prepared(StudyRequest request, Prepared? sameData = null, bool reached = true)
        {
            request.Check();
            Request = request;
            Methods = Method.ReadAll(request.Methods, request.Tenants);
            Loaded = LoadedModel.Load(request.Model, request.Precision);
            Universe = Loaded.Model.Universe(request.Tenants.PartKinds.Named(request.Parts));
            foreach (Method method in Methods) method.Finder.Facts.Check(Universe);
            Uniform = request.Uniform ? UniformRules.Choice(request, Loaded.Model, Universe, Methods) : null;
            Objective = request.Objective == "" ? null : Objectives.Named(request.Tenants.Objectives, request.Objective);
            if (Objective is not null && !Methods.Any(m => m.Finder.Facts.Needs.HasFlag(FinderNeeds.Gradient)))
                throw new ArgumentException($"--objective {request.Objective} would have no effect: it is for finders that follow a "
                    + $"gradient, and {string.Join(", ", Methods.Select(m => m.Label))} follows none. Leave it out.");
            if (sameData is not null) Data = sameData.Data;
            else
            {
                Data = DataSets.Read(request.Sets);
                Data.RefusePipes();
                Data.RefuseChoosingByReported();
                if (request.HeldOut > 0) Data = Data.HoldOut(request.HeldOut);
            }
            IReadOnlyList<DataSource> learned = Data[Role.Train];
            Problem = DataSource.ProblemOf(learned).For(Loaded.Model);
            if (Objective is not null) Objectives.Check(Objective, Problem, request.Tenants.Objectives);
            if (Objectives.CanTrain(Problem)) _ = LossTerms.Parse(HealRequest.Named([request.HealLoss], Problem)[0], Problem);
            LabelMap map = LabelMap.Parse(request.LabelMap);
            Pool = [.. Thinning.Thinned(Loaded.Encode(learned, map, request.MostTokens), request.Examples).Select(Problem.ToLearn)];
            if (Pool.Count == 0)
                throw new InvalidDataException($"{request.Sets.InWords(Role.Train)}: there is no example to learn masks on.");
            Sets = new(Loaded, Data, map, request.MostTokens);
            Choosing = Sets.ToChoose(Loaded, Data, map, request.MostTokens);
            IReadOnlyList<Example> all = Pool;
            AblationOver = parts => request.Tenants.Ablations.Parse(request.Ablation).Make(
                new(Loaded.Model, parts, [.. all.SelectMany(Problem.Inputs)], () => Inputs.Batches(all, 2048)));
            Ablation = AblationOver(Universe);
            Pool = Ablation.Served(Problem, Pool, request.Sets.InWords(Role.Train), Loaded.Note);
            Sets = Sets.ServedBy(Ablation, Loaded.Note);
            Choosing = Choosing?.ServedBy(Ablation, Loaded.Note);
            if (request.CountsCosts && !Ablation.IsConstant)
                throw new ArgumentException($"The ablation {Ablation.Name} depends on the input, so that no smaller model has the size of "
                    + "--target. Take --ablation mean or --ablation zero, or a size in parts: --sparsity.");
            if (request.CountsCosts && reached) foreach (Target target in request.Sparsities) CostsBy(Times).Require(target);
        }

        TimeTable? times;

        // of the file that was named, else measured here, once
        internal TimeTable Times => times ??= Request.TimeTable is { } file ? TimeTable.Read(file, Loaded.Model)
            : LayerTimes.Measure(Loaded.Model, Problem, Pool, LayerTimes.ToDecide);

        internal SizeCosts CostsBy(TimeTable table) => new(Loaded.Model, Universe, Ablation.IsZero, table);

        /// <summary>What to do with the run's cut next: see <see cref="NextTraining"/>.</summary>
        /// <param name="cut">the cut model's folder</param>
        /// <param name="into">the folder of the training's run</param>
        public NextTraining ToHeal(string cut, string into) => NextTraining.Make(Request, Loaded, Data, cut, into);

        /// <summary>Hash of the model's weights.</summary>
        public string ModelSha256 => Loaded.Sha256;

        /// <summary>The data, for the manifest.</summary>
        public IReadOnlyList<DataFacts> Facts =>
            [Loaded.Facts, .. Data.Facts, .. Request.TimeTable is { } file ? (DataFacts[])[TableFacts(file)] : []];

        static DataFacts TableFacts(string file) =>
            new("time table", file, 0, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))));

        /// <summary>What a reader should know of the model and the data, before the work begins.</summary>
        public IReadOnlyCollection<string> Notes =>
            Cutting.WhyNoFullSize(Loaded.Model, Ablation) is { } why ? [why, .. Loaded.Notes] : Loaded.Notes;

        /// <summary>What all searches will take.</summary>
        public Estimate Estimate() => Studies.Estimate.Searches(Loaded.Model, Universe, Problem, Pool, Costs);

        /// <summary>What each method costs, by its label, in the order of the request.</summary>
        public IReadOnlyList<MethodCost> Costs => [.. Methods.Select(m => m.Cost(Request, Universe.Count, Pool.Count))];
    }

    /// <summary>The study of a request in a run folder.</summary>
    public static Study In(RunFolder folder, Prepared prepared, IProgress<Progress> progress, CancellationToken stop) =>
        new(prepared, folder, progress, stop);

    /// <inheritdoc cref="Prepared.ToHeal"/>
    public NextTraining ToHeal(string cut, string into) => NextTraining.Make(request, loaded, data, cut, into);

    /// <summary>Everything from search to the facts of all questions.</summary>
    public Result All() => Report();

    internal Ablation OwnAblation()
    {
        if (ownAblation is not null) return ownAblation;
        if (!how.IsKept) return ownAblation = new(universe, how, stop);
        folder.Work(new Job(AblationFile, () =>
        {
            progress.Report(new("means of the parts", 0, pool.Count, "examples"));
            Ablation made = new(universe, how, stop);
            folder.Write(AblationFile, made.Save);
            progress.Report(new("means of the parts", pool.Count, pool.Count, "examples"));
        }));
        how.Restore(folder.PathOf(AblationFile));
        return ownAblation = new(universe, how, stop);
    }


    SizeCosts? costs;

    // what parts cost, where weights, bytes or time are asked for: by the table of times that the run keeps
    SizeCosts? Costs()
    {
        if (costs is not null || !request.CountsCosts) return costs;
        folder.Work(new Job(TimeTable.FileName, () =>
        {
            progress.Report(new("times of a layer", 0, 1, "tables"));
            folder.WriteText(TimeTable.FileName, ready.Times.ToJson());
            progress.Report(new("times of a layer", 1, 1, "tables"));
        }));
        return costs = ready.CostsBy(TimeTable.Read(folder.PathOf(TimeTable.FileName), Model));
    }

    // the target in weights, bytes or time as a search is given it; null of a sparsity
    SizeGoal? GoalAt(Target target) => target.IsSparsity ? null : new(Costs()![target.Unit], target.Value);

    double Reached(Subnetwork found) => found.TargetSparsity.IsSparsity ? 1 - (double)found.Kept.Count / found.Parts
        : Costs()![found.TargetSparsity.Unit].ShareOf(found.Kept);

    internal Action<int> Advance(string stage, long total, string unit)
    {
        long done = 0;
        return more => progress.Report(new(stage, Interlocked.Add(ref done, more), total, unit));
    }
}
