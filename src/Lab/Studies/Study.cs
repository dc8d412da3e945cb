using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;

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
    readonly IReadOnlyList<DataSource> data, inDomain, outOfDomain, unseen;
    readonly IReadOnlyList<Example> pool;
    readonly IProblem problem;
    readonly Sets sets;
    readonly Universe universe;
    readonly IAblation how;
    readonly Func<Universe, IAblation> ablationOver;
    readonly RunFolder folder;
    readonly IProgress<Progress> progress;
    readonly CancellationToken stop;
    IReadOnlyList<Subnetwork>? found;                            // each file is read once
    Ablation? absent;

    /// <summary>The model that is studied.</summary>
    public IModel Model => loaded.Model;

    /// <summary>See <see cref="Sets.TaskCases"/>.</summary>
    public IReadOnlyDictionary<string, CaseFacts>? TaskCases => sets.TaskCases;

    internal StudyRequest Request => request;

    internal LoadedModel Loaded => loaded;

    internal Sets Sets => sets;

    internal IReadOnlyList<Example> Pool => pool;

    internal RunFolder Folder => folder;

    internal Universe Universe => universe;

    Study(Prepared ready, RunFolder folder, IProgress<Progress> progress, CancellationToken stop)
    {
        (request, loaded, data, inDomain, outOfDomain, unseen, pool, problem, sets) = (ready.Request, ready.Loaded, ready.Data, ready.InDomain, ready.OutOfDomain, ready.Unseen, ready.Pool, ready.Problem, ready.Sets);
        (this.folder, this.progress, this.stop) = (folder, progress, stop);
        (universe, how, ablationOver) = (ready.Universe, ready.Ablation, ready.AblationOver);
    }

    /// <summary>Everything read and checked, before a run folder is opened.</summary>
    public sealed record Prepared
    {
        internal StudyRequest Request { get; }
        internal LoadedModel Loaded { get; }
        internal IReadOnlyList<DataSource> Data { get; }
        internal IReadOnlyList<DataSource> InDomain { get; }
        internal IReadOnlyList<DataSource> OutOfDomain { get; }
        internal IReadOnlyList<DataSource> Unseen { get; }
        internal IEnumerable<DataSource> Sources => Data.Concat(InDomain).Concat(OutOfDomain).Concat(Unseen);
        internal IReadOnlyList<Example> Pool { get; }
        internal IProblem Problem { get; }
        internal Sets Sets { get; }
        internal Universe Universe { get; }
        internal IAblation Ablation { get; }
        internal Func<Universe, IAblation> AblationOver { get; }

        /// <summary>Reads and checks everything that the request names.</summary>
        /// <param name="request">what is asked</param>
        /// <param name="sameData">what was prepared for a request of the same data, which is then not read again</param>
        public Prepared(StudyRequest request, Prepared? sameData = null)
        {
            request.Check();
            Request = request;
            Loaded = LoadedModel.Load(request.Model, request.Precision);
            Universe = Loaded.Model.Universe(request.Tenants.PartKinds.Named(request.Parts));
            if (sameData is not null)
                (Data, InDomain, OutOfDomain, Unseen) = (sameData.Data, sameData.InDomain, sameData.OutOfDomain, sameData.Unseen);
            else
            {
                (Data, InDomain) = (DataSource.ReadAll(request.Data), DataSource.ReadAll(request.InDomain));
                (OutOfDomain, Unseen) = (DataSource.ReadAll(request.OutOfDomain), DataSource.ReadAll(request.Unseen));
                DataSource.RefusePipes([.. Data, .. InDomain, .. OutOfDomain, .. Unseen]);
                if (request.HeldOut > 0) (Data, InDomain) = DataSource.HoldOut(Data, request.HeldOut);
            }
            Problem = DataSource.ProblemOf(Data);
            LabelMap map = LabelMap.Parse(request.LabelMap);
            Pool = [.. Thinning.Thinned(Loaded.Encode(Data, map, request.MostTokens), request.Examples).Select(Problem.ToLearn)];
            if (Pool.Count == 0) throw new InvalidDataException($"{string.Join(", ", request.Data)}: there is no example to learn masks on.");
            Sets = new(Loaded, InDomain, OutOfDomain, Unseen, map, request.MostTokens, Data);
            IReadOnlyList<Example> all = Pool;
            AblationOver = parts => request.Tenants.Ablations.Parse(request.Ablation).Make(
                new(Loaded.Model, parts, [.. all.SelectMany(Problem.Inputs)], () => Inputs.Batches(all, 2048)));
            Ablation = AblationOver(Universe);
            Pool = Ablation.Served(Problem, Pool, string.Join(", ", request.Data), Loaded.Note);
            Sets = Sets.ServedBy(Ablation, Loaded.Note);
        }

        /// <summary>Hash of the model's weights.</summary>
        public string ModelSha256 => Loaded.Sha256;

        /// <summary>The data, for the manifest.</summary>
        public IReadOnlyList<DataFacts> Facts => [Loaded.Facts, .. Sets.Facts(("train", Data), ("inDomain", InDomain), ("outOfDomain", OutOfDomain), ("unseen", Unseen))];

        /// <summary>What a reader should know of the model and the data, before the work begins.</summary>
        public IReadOnlyCollection<string> Notes =>
            Cutting.WhyNoFullSize(Loaded.Model, Ablation) is { } why ? [why, .. Loaded.Notes] : Loaded.Notes;

        /// <summary>What the search will take.</summary>
        public Estimate Estimate()
        {
            int searches = Request.Seeds.Count * Request.Sparsities.Count;
            return Studies.Estimate.Of(Loaded.Model, Universe, Problem, Pool, Request.Pruning.Steps, Request.Pruning.Batch, searches);
        }
    }

    /// <summary>The study of a request in a run folder.</summary>
    public static Study In(RunFolder folder, Prepared prepared, IProgress<Progress> progress, CancellationToken stop) => new(prepared, folder, progress, stop);

    /// <summary>Everything from search to report.</summary>
    public RunResult All()
    {
        Find();
        Evaluate();
        Compare();
        CutOrNot();
        return Report();
    }

    // ---- finding

    /// <summary>What the progress of a search is called, before its seed and sparsity.</summary>
    internal const string Finding = "finding, seed";

    /// <summary>How many of the searches are done.</summary>
    internal int Found => Searches.Count(s => folder.Has(s.File));

    /// <summary>The plan of the searches: by sparsity, then seed.</summary>
    IReadOnlyList<(double Sparsity, ulong Seed, string File)> Searches =>
        [.. request.Sparsities.SelectMany(sparsity => request.Seeds.Select(seed => (sparsity, seed, FileOf(sparsity, seed))))];

    /// <summary>
    /// Searches with every seed at every sparsity, several searches at once, shared with other processes that work on the folder.
    /// </summary>
    /// <returns>the subnetworks, by sparsity, then seed</returns>
    public IReadOnlyList<Subnetwork> Find()
    {
        if (found is not null) return found;
        if (!Searches.All(s => folder.Has(s.File)))
        {
            folder.RequireSpace(Model.Weights.Count * sizeof(float) * 3 + 50_000_000);
            Ablation ablation = Absent();
            float[] full = problem.OfVocabulary ? [] : folder.Stage("full-outputs",
                () => new Answers(pool).Of(Model, Advance("outputs of the full model", pool.Count, "examples"), stop));
            folder.Work([.. Searches.Select(s => new Job(s.File, () => Search(s.Sparsity, s.Seed, ablation, full)))]);
            foreach (DataSource source in data) source.RefuseChanged();
        }
        return found = [.. Searches.Select(s => Subnetwork.FromJson(File.ReadAllText(folder.PathOf(s.File)), folder.PathOf(s.File)))];
    }

    void Search(double sparsity, ulong seed, Ablation ablation, float[] full)
    {
        string file = FileOf(sparsity, seed), state = $"search/{NameOf(sparsity, seed)}.safetensors";
        PruningOptions options = request.Pruning with { Sparsity = sparsity };
        StructuredPruning search = new(Model, ablation, pool, full, options, seed, problem: problem);
        if (folder.Has(state)) search.Restore(folder.PathOf(state));
        using Metrics metrics = folder.Metrics($"search/{NameOf(sparsity, seed)}.jsonl", search.Step);
        while (!search.Done)
        {
            if (stop.IsCancellationRequested)
            {
                folder.Write(state, search.Save);
                stop.ThrowIfCancellationRequested();
            }
            PruningLine line = search.Advance();
            metrics.Append(line.Step, new { line.Distance, line.Sparsity, line.Target, line.Multiplier1, line.Multiplier2 });
            progress.Report(new($"{Finding} {seed} at {sparsity:0.##}", line.Step, options.Steps, "steps", $"{(problem.OfOneNumber ? "squared difference" : "KL")} {line.Distance:0.000}, sparsity {line.Sparsity:0.00}"));
            if (line.Step % 50 == 0) folder.Write(state, search.Save);
        }
        folder.Write(state, search.Save);
        IReadOnlyList<Part> kept = request.Choose == Choice.Rank ? search.KeptByRank() : search.KeptByMask();
        folder.WriteText(file, new Subnetwork(seed, "structured pruning", sparsity, universe.Count, kept, search.Scores, request.Ablation, loaded.Sha256)
        {
            InPlay = request.Parts,
            Model = Model.Sizes(request.Tenants.PartKinds),
            Data = [.. data.Select(d => new DataOrigin(d.Name, d.Rows.Count, d.Sha256))],
            Options = new Dictionary<string, string>(RequestText.Of(options)) { ["choose"] = request.Choose == Choice.Rank ? "rank" : "mask", ["examples"] = $"{pool.Count}" },
            AblationFile = how.IsKept ? $"../{AblationFile}" : "",
            Version = folder.Manifest.Version,
        }.ToJson());
    }

    internal Ablation Absent()
    {
        if (absent is not null) return absent;
        if (!how.IsKept) return absent = new(universe, how, stop);
        folder.Work(new Job(AblationFile, () =>
        {
            progress.Report(new("means of the parts", 0, pool.Count, "examples"));
            Ablation made = new(universe, how, stop);
            folder.Write(AblationFile, made.Save);
            progress.Report(new("means of the parts", pool.Count, pool.Count, "examples"));
        }));
        how.Restore(folder.PathOf(AblationFile));
        return absent = new(universe, how, stop);
    }

    internal static string NameOf(double sparsity, ulong seed) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"sparsity-{sparsity}-seed-{seed}");

    static string FileOf(double sparsity, ulong seed) => $"subnetworks/{NameOf(sparsity, seed)}.json";

    internal Action<int> Advance(string stage, long total, string unit)
    {
        long done = 0;
        return more => progress.Report(new(stage, Interlocked.Add(ref done, more), total, unit));
    }
}
