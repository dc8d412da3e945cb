using System.Security.Cryptography;
using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;
using static System.FormattableString;

namespace Heartwood.Lab.Studies;

/// <summary>
/// Joins finished searches that differ in seeds, methods, models or tasks: one table of all their subnetworks, and overlap and core of
/// those of the same universe, method and size. Nothing is measured again.
/// </summary>
public sealed class RunJoin
{
    readonly IReadOnlyList<One> runs;
    readonly string title;

    // one run, as its folder has it
    sealed record One(
        string Name, RunFolder Folder, StudyRequest Request, Measured Full, IReadOnlyList<(string Method, Study.OfMethod Stage)> Measured,
        IReadOnlyList<Subnetwork> Found, string Sha256)
    {
        public string Universe => Found[0] is { Model: { } sizes } one
            ? Invariant($"{sizes.Family}, {sizes.InWords}, {one.Parts} parts in play: {string.Join(", ", one.InPlay)}") : "";
    }

    RunJoin(IReadOnlyList<One> runs, string title) => (this.runs, this.title) = (runs, title);

    /// <summary>Reads the runs; their folders are left as they are.</summary>
    /// <param name="folders">the folders</param>
    /// <param name="tenants">where names in their requests are looked up</param>
    /// <param name="title">the page's headline; "" for the runs' names</param>
    /// <exception cref="ArgumentException">a run is named twice</exception>
    /// <exception cref="IOException">a folder holds no run</exception>
    /// <exception cref="InvalidDataException">a run is no search, or was not measured yet, or two hold the same subnetwork</exception>
    public static RunJoin Read(IReadOnlyList<string> folders, Tenants tenants, string title = "")
    {
        string[] paths = [.. folders.Select(f => Path.TrimEndingDirectorySeparator(Path.GetFullPath(f)))];
        if (paths.GroupBy(p => p).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"The run {twice.Key} is named twice. Name each once.");
        string[] names = [.. paths.Select(p => Path.GetFileName(p)!)];
        RunJoin join = new([.. paths.Select((path, i) => ReadRun(path, names.Count(n => n == names[i]) > 1 ? path : names[i], tenants))],
            title);
        join.RefuseTheSame();
        return join;
    }

    static One ReadRun(string path, string name, Tenants tenants)
    {
        RunFolder folder = RunFolder.Look(path);
        if (!Study.IsIn(path))
            throw new InvalidDataException(Study.IsIn(Path.Combine(path, "study"))
                ? $"{path} is a run of paper, which holds several. Name its searches: {Path.Combine(path, "study")}"
                : $"{path} is a run of another verb: it has no subnetworks to compare. Name runs of find or demo.");
        StudyRequest request = Study.RequestIn(folder, tenants);
        IReadOnlyList<Method> methods = Method.ReadAll(request.Methods, tenants);
        List<(string, Study.OfMethod)> measured = [];
        AccuracyFacts? main = Study.AccuracyIn(folder);
        if (main is not null) measured.Add((methods[0].Label, new(main.Subnetworks, main.RandomSubnetworks)));
        foreach (Method method in methods.Skip(1))
            if (Study.MeasuredIn(folder, method) is { } stage) measured.Add((method.Label, stage));
        if (main is null || measured.Count < methods.Count)
            throw new InvalidDataException(measured.Count == 0
                ? $"{path}: its subnetworks are not measured yet. First: heartwood evaluate {path}"
                : $"{path}: not all of its methods are measured yet. First: heartwood find … --all, or heartwood report {path}");
        Subnetwork[] found = [.. methods.SelectMany(m => Study.FoundIn(folder, request, m))];
        if (found[0].Model is null)
            throw new InvalidDataException($"{path}: its subnetworks do not say which model they are of. Find them again.");
        return new(name, folder, request, main.Full, measured, found, Study.HashIn(folder));
    }

    // the same subnetwork twice would agree with itself
    void RefuseTheSame()
    {
        var keys = runs.SelectMany(run => run.Found.Select(f => (Run: run, Found: f))).GroupBy(x => Key(x.Run, x.Found));
        if (keys.FirstOrDefault(g => g.Count() > 1)?.ToArray() is not [var (first, one), var (second, _), ..]) return;
        throw new InvalidDataException($"{first.Name} and {second.Name} hold the same subnetwork ({one.Method}, seed {one.Seed}, "
            + Invariant($"sparsity {one.TargetSparsity}, of the same weights, data and options): it would agree with itself. ")
            + "Leave one of the two runs out, or search with other seeds.");

        static string Key(One run, Subnetwork found) => string.Join('|',
            [found.ModelSha256, found.Method, Invariant($"{found.Seed}"), Invariant($"{found.TargetSparsity:R}"), found.Ablation,
                .. found.InPlay, .. found.Data.Select(d => d.Sha256),
                .. found.Options.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key}={o.Value}")]);
    }

    /// <summary>The runs, for the manifest of the one that joins them.</summary>
    public IReadOnlyList<DataFacts> Facts => [.. runs.Select(r => new DataFacts("run", r.Folder.FolderPath, r.Found.Count, r.Sha256))];

    /// <summary>Hash over the weights of all their models.</summary>
    public string ModelSha256 => Hash(runs.Select(r => r.Folder.Manifest.ModelSha256));

    /// <summary>All their seeds.</summary>
    public IReadOnlyList<ulong> Seeds => [.. runs.SelectMany(r => r.Folder.Manifest.Seeds).Distinct()];

    /// <summary>Joins the runs in a run of its own, which keeps what comes of it as <c>result.json</c>.</summary>
    /// <param name="folder">the run</param>
    /// <param name="progress">told of every group</param>
    /// <param name="stop">ends the work</param>
    public Result In(RunFolder folder, IProgress<Progress> progress, CancellationToken stop)
    {
        Tenants tenants = runs[0].Request.Tenants;
        folder.Finish(() =>
        {
            Result result = new(folder.Manifest, Subject(folder, tenants, progress, stop).AskEach("joined", "making"));
            folder.WriteText("result.json", ResultJson.Write(result));
        });
        return ResultJson.Read(File.ReadAllText(folder.PathOf("result.json")), tenants.Questions, tenants.PartKinds);
    }

    // it has no model of its own, and no sets: the first run's model says which parts there are
    Subject Subject(RunFolder folder, Tenants tenants, IProgress<Progress> progress, CancellationToken stop)
    {
        LoadedModel first = LoadedModel.Load(runs[0].Request.Model);
        return new(folder, progress, stop)
        {
            Loaded = first,
            Sets = new(first, new([]), LabelMap.None, 0),
            Settings = new()
            {
                Title = title == "" ? $"{Wording.List([.. runs.Select(r => r.Name)])} side by side" : title,
                Kind = RunKind.Comparison,
                Seeds = Seeds,
            },
            Questions = tenants.Questions,
            Join = () => Joined(progress),
        };
    }

    JoinedRuns Joined(IProgress<Progress> progress)
    {
        JoinedRow[] rows = [.. runs.SelectMany(run => run.Measured.SelectMany(m => m.Stage.Found.Zip(m.Stage.Random,
            (found, random) => new JoinedRow(run.Name, m.Method, found, random))))];
        var comparable = runs.SelectMany(run => run.Found.Select(f => (Run: run, Found: f)))
            .GroupBy(x => (Universe: x.Run.Universe, x.Found.Method, x.Found.TargetSparsity)).ToArray();
        List<JoinedGroup> groups = [];
        List<string> apart = [];
        foreach (var group in comparable)
        {
            (One Run, Subnetwork Found)[] members = [.. group];
            if (members.Length > 1) groups.Add(Group(members));
            else apart.Add(Invariant($"{Member(members[0])} ({group.Key.Method} at {group.Key.TargetSparsity}): ")
                + "no other subnetwork has its universe, method and size");
            progress.Report(new("overlap and core", groups.Count + apart.Count, comparable.Length, "groups"));
        }
        return new([.. runs.Select(Described)], [.. Differences()], rows, groups, apart);
    }

    static JoinedRun Described(One run) => new(run.Name, run.Folder.FolderPath, run.Request.Model ?? EmbeddedModel.Name,
        run.Folder.Manifest.ModelSha256, run.Universe, run.Full);

    static string Member((One Run, Subnetwork Found) member) => $"{member.Run.Name}, seed {member.Found.Seed}";

    JoinedGroup Group((One Run, Subnetwork Found)[] members)
    {
        // chance needs to know which parts there are: the first run's model has them
        One first = members[0].Run;
        Universe universe = Study.UniverseOf(LoadedModel.Load(first.Request.Model).Model, first.Request);
        IReadOnlyCollection<Part>[] kept = [.. members.Select(m => m.Found.Kept.ToArray())];
        string[] names = [.. members.Select(Member)];
        Subnetwork one = members[0].Found;
        Core core = Core.Shared(universe, kept, 1, Seeds[0]);
        CoreFacts facts = new(one.TargetSparsity, 1, core.Subnetworks, [.. core.Parts.Select(p => p.ToString())], core.ExpectedByChance,
            core.Low, core.High, core.PValue, core.Method);
        JoinedPair[] pairs = [.. Overlap.AllPairs(universe, kept).Select(o =>
            new JoinedPair(names[o.A], names[o.B], o.Shared, o.Jaccard, o.Expected, o.Low, o.High, o.PValue, o.Corrected))];
        return new(first.Universe, one.Method, one.TargetSparsity, names, pairs, facts);
    }

    IEnumerable<Difference> Differences()
    {
        IEnumerable<(string What, Func<One, string> Of)> asked = runs.SelectMany(r => r.Folder.Manifest.Request.Keys).Distinct()
            .Except(["out", "title", "threads", "json", "verbose"]).Order(StringComparer.Ordinal)
            .Select(key => (key, (Func<One, string>)(run => run.Folder.Manifest.Request.GetValueOrDefault(key, ""))));
        IEnumerable<(string What, Func<One, string> Of)> had =
        [
            ("model's weights", run => Short(run.Folder.Manifest.ModelSha256)),
            ("parts", run => run.Universe),
            .. runs.SelectMany(r => r.Folder.Manifest.Data).Select(d => d.Use).Distinct()
                .Select(use => ($"{use} (hash)", (Func<One, string>)(run => HashOfData(run, use)))),
            ("version", run => run.Folder.Manifest.Version),
            ("backend", run => run.Folder.Manifest.Backend),
        ];
        foreach (var (what, of) in asked.Concat(had))
            if (runs.Select(of).Distinct().Count() > 1) yield return new(what, runs.ToDictionary(r => r.Name, of));
    }

    static string HashOfData(One run, string use) => Short(Hash(run.Folder.Manifest.Data.Where(d => d.Use == use).Select(d => d.Sha256)));

    static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;

    static string Hash(IEnumerable<string> hashes) =>
        Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', hashes))));
}
