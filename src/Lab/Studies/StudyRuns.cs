using System.Security.Cryptography;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies;

public sealed partial class Study
{
    const string RequestFile = "request.json";

    /// <summary>Keeps the request in the run folder, for verbs that are given only the folder.</summary>
    public static void Keep(RunFolder folder, StudyRequest request)
    {
        if (!folder.Has(RequestFile)) folder.WriteJson(RequestFile, request);
    }

    /// <summary>Whether a folder holds a run of <c>find</c> or <c>demo</c>.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, RequestFile));

    /// <summary>The request of a run that <c>find</c> or <c>demo</c> began.</summary>
    internal static StudyRequest RequestIn(RunFolder folder, Tenants tenants) =>
        folder.ReadJson<StudyRequest>(RequestFile) with { Tenants = tenants };

    /// <summary>What was measured of the main method's subnetworks, and of the full model; null where nothing was.</summary>
    internal static AccuracyFacts? AccuracyIn(RunFolder folder) =>
        folder.Has("stages/accuracy.json") ? folder.ReadJson<Kept<AccuracyFacts>>("stages/accuracy.json").Facts : null;

    /// <summary>What was measured of another method's subnetworks; null where nothing was.</summary>
    internal static OfMethod? MeasuredIn(RunFolder folder, Method method)
    {
        string file = $"stages/finders-{method.Label}.json";
        return folder.Has(file) ? folder.ReadJson<OfMethod>(file) : null;
    }

    /// <summary>A method's subnetworks, by sparsity, then seed.</summary>
    internal static IReadOnlyList<Subnetwork> FoundIn(RunFolder folder, StudyRequest request, Method method)
    {
        IReadOnlyList<MethodSearch> searches = method.Searches(request);
        var files = request.Sparsities.SelectMany(sparsity => searches.SelectMany(s => s.Files).Where(f => f.Sparsity == sparsity));
        return [.. files.Select(f => Subnetwork.FromJson(File.ReadAllText(folder.PathOf(f.File)), folder.PathOf(f.File)))];
    }

    /// <summary>Hash over what a run found and measured.</summary>
    internal static string HashIn(RunFolder folder)
    {
        string[] files = [.. ((string[])["subnetworks", "stages"]).Select(folder.PathOf).Where(Directory.Exists)
            .SelectMany(f => Directory.GetFiles(f, "*.json")).Order(StringComparer.Ordinal)];
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // which subnetwork is written changes neither what was found nor what was measured
        foreach (string file in files.Where(f => Path.GetFileName(f) is not ("cut.json" or "choice.json" or "healing.json")))
            hash.AppendData(File.ReadAllBytes(file));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The parts in play of a request.</summary>
    internal static Universe UniverseOf(IModel model, StudyRequest request) =>
        model.Universe(request.Tenants.PartKinds.Named(request.Parts));

    /// <summary>The study of a run that <c>find</c> began, with its data checked against what was read then.</summary>
    /// <param name="folder">the run</param>
    /// <param name="progress">told how far the work is</param>
    /// <param name="stop">ends it</param>
    /// <param name="tenants">what names in the request are looked up in; null for those that Heartwood comes with</param>
    /// <exception cref="InvalidDataException">the run is not a study, or its model or data changed since</exception>
    public static Study Reopen(RunFolder folder, IProgress<Progress> progress, CancellationToken stop, Tenants? tenants = null)
    {
        if (!folder.Has(RequestFile))
            throw new InvalidDataException($"{folder.FolderPath} is not a run of find or demo: it has no {RequestFile}. "
                + "Begin one: heartwood find --model … --data … --in-domain … --out RUN");
        Prepared prepared = new(
            folder.ReadJson<StudyRequest>(RequestFile) with { Tenants = tenants ?? Tenants.Usual }, reached: false);
        foreach (var (then, now) in folder.Manifest.Data.Zip(prepared.Facts))
            if (then.Sha256 != now.Sha256)
            {
                bool ofModel = then.Use == now.Use && now.Use == "config and tokenizer";
                throw new InvalidDataException($"{now.Source}: {(ofModel ? "config or tokenizer are" : "the file is")} not what it was "
                    + $"when the run began (SHA-256 {then.Sha256[..12]}… then, {now.Sha256[..12]}… now). "
                    + "Put the old file back, or begin a new run.");
            }
        if (prepared.ModelSha256 != folder.Manifest.ModelSha256)
            throw new InvalidDataException($"{prepared.Request.Model ?? EmbeddedModel.Name}: the weights are not what they were "
                + "when the run began. Put the old ones back, or begin a new run.");
        return In(folder, prepared, progress, stop);
    }
}
