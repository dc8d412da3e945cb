using System.Text.Json.Serialization;
using Heartwood.Lab.Quantization;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies;

/// <summary>A model quantized in one or several ways, each next to nearest rounding on the same grid.</summary>
/// <param name="Sets">data: to take moments on (as data to learn on), in-domain, out of domain, unseen</param>
public sealed record QuantizationRequest(IReadOnlyList<NamedData> Sets)
{
    /// <summary>folder of the model; null for the embedded one</summary>
    public string? Model { get; init; }

    /// <summary>the schemes, each key=value,…: the options of the change quantize</summary>
    public IReadOnlyList<string> Schemes { get; init; } = ["bits=4,group=32,rounding=gptq"];

    /// <summary>the subnetwork whose parts keep their bits where a scheme gives others fewer; "" for none</summary>
    public string Mask { get; init; } = "";

    /// <summary>how many random sets of parts of the same make are quantized next to it</summary>
    public int Random { get; init; } = 3;

    /// <summary>seed of what is drawn</summary>
    public ulong Seed { get; init; }

    /// <summary>what the model's labels count as</summary>
    public string LabelMap { get; init; } = "";

    /// <summary>most examples of each set to measure on, spread evenly; 0 for all</summary>
    public int Examples { get; init; } = 2000;

    /// <summary>longest input in tokens; 0 for the model's own</summary>
    public int MostTokens { get; init; }

    /// <summary>the page's headline; "" for the model's name</summary>
    public string Title { get; init; } = "";

    /// <summary>of products with the weights: moments and figures are float32</summary>
    [JsonIgnore]
    public static Precision Precision => Precision.Float32;

    /// <summary>what names in the request are looked up in; no part of what is kept</summary>
    [JsonIgnore]
    public Tenants Tenants { get; init; } = Tenants.Usual;

    /// <summary>The schemes as they are read, without nearest rounding next to them.</summary>
    /// <exception cref="ArgumentException">one is not understood</exception>
    internal IReadOnlyList<Scheme> Read() => [.. Schemes.Select(text => Scheme.Read(TenantSpec.Parse($"quantize,{text}", "scheme")))];

    /// <summary>The folder, from the run's, of the model that a scheme makes.</summary>
    /// <param name="scheme">the scheme, as --scheme takes it</param>
    /// <exception cref="ArgumentException">it is not understood</exception>
    public static string FolderOf(string scheme) => $"quantized/{SlugOf(Scheme.Read(TenantSpec.Parse($"quantize,{scheme}", "scheme")))}";

    /// <summary>A scheme as the name of a model.</summary>
    internal static string SlugOf(Scheme scheme) => string.Join('-', scheme.Words.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
        .Replace('_', '-').ToLowerInvariant();

    /// <summary>The same of a run's cut, on the run's data where no other is given.</summary>
    /// <param name="run">the run's folder</param>
    /// <param name="isThere">whether the run is made already: nothing can be read of one that is yet to be</param>
    /// <exception cref="InvalidDataException">the run has no cut</exception>
    public QuantizationRequest OfRun(string run, bool isThere)
    {
        string cut = Path.Combine(run, Study.CutFolder);
        NamedData[] unknown = [.. new[] { Role.Train, Role.InDomain }.Select(role => NamedData.Parse(role, run))];
        if (!isThere) return this with { Model = cut, Sets = Completed(unknown) };
        StudyRequest own = Study.RequestIn(RunFolder.Look(run), Tenants);
        if (!Directory.Exists(cut))
            throw new InvalidDataException($"{run} is a run that has no cut yet. Write it with: heartwood cut {run}; or name a model's "
                + "folder with --model.");
        return this with
        {
            Model = cut,
            Sets = Completed([.. own.Sets.Where(set => set.Role != Role.Choosing)]),
            LabelMap = LabelMap == "" ? own.LabelMap : LabelMap,
            MostTokens = MostTokens == 0 ? own.MostTokens : MostTokens,
        };
    }

    IReadOnlyList<NamedData> Completed(IReadOnlyList<NamedData> others) =>
        [.. others.Where(set => !Sets.Has(set.Role)).Concat(Sets).OrderBy(set => set.Role)];

    /// <summary>Refuses what can be refused before model and data are there.</summary>
    /// <exception cref="ArgumentException">data is missing, a scheme is not understood or named twice, a subnetwork is missing</exception>
    public void Check()
    {
        if (!Sets.Has(Role.InDomain))
            throw new ArgumentException("What should be measured? Give --in-domain FILE (and --out-of-domain FILE).");
        if (!Sets.Has(Role.Train))
            throw new ArgumentException("On what texts should moments of inputs be taken? Give --data FILE: the training data, or text "
                + "that is like what the model will read; the in-domain set is measured on and should not choose.");
        IReadOnlyList<Scheme> schemes = Read();
        if (schemes.Count == 0) throw new ArgumentException("How should it be quantized? Give --scheme bits=4,group=32,rounding=gptq.");
        if (schemes.GroupBy(s => s.Words).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"--scheme names '{twice.Key}' twice. Leave one out.");
        bool byParts = schemes.Any(s => s.Others > 0);
        if (byParts && Mask == "")
            throw new ArgumentException("others gives parts outside a subnetwork fewer bits. Say which subnetwork: --mask MASK.");
        if (!byParts && Mask != "")
            throw new ArgumentException("--mask says which parts keep their bits, and no scheme gives others fewer: add others=3 to a "
                + "--scheme, or leave --mask out (heartwood cut RUN --mask MASK --change quantize quantizes a cut).");
        Tasks.Tables.LabelMap.Parse(LabelMap);
    }
}
