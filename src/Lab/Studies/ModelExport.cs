using Heartwood.Lab.Exports;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies;

/// <summary>What is to be written for other programs.</summary>
/// <param name="Folder">a model's folder, or a run's, whose cut is meant</param>
/// <param name="To">the export: NAME,key=value,…</param>
/// <param name="Out">where to write</param>
public sealed record ExportRequest(string Folder, string To, string Out)
{
    /// <summary>Whether a program that is not ours loads it and is compared.</summary>
    public bool Check { get; init; }

    /// <summary>Rows to compare on, as data is named on the command line; none for rows that are drawn.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>Seed of rows that are drawn.</summary>
    public ulong Seed { get; init; }

    /// <summary>Threads of the program that is not ours.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>What names are looked up in.</summary>
    public Tenants Tenants { get; init; } = Tenants.Usual;
}

/// <summary>Models written for other programs, and compared there.</summary>
public static class ModelExport
{
    /// <summary>How many rows are compared.</summary>
    public const int MostRows = 200;

    // of a row of a language model, whose every token has as many scores as there are words
    const int MostTokensOfVocabulary = 32, MostTokensDrawn = 40;

    /// <summary>Writes a model, and checks what was written where that is asked for.</summary>
    /// <param name="request">what to write</param>
    /// <param name="stop">ends it</param>
    /// <param name="tell">hears what a reader should know</param>
    /// <exception cref="NotSupportedException">the export cannot write the model</exception>
    /// <exception cref="InvalidDataException">the run has no cut, or the other program computes something else</exception>
    /// <exception cref="IOException">something stands there already</exception>
    public static ExportFacts Write(ExportRequest request, CancellationToken stop, Action<string> tell)
    {
        TenantSpec spec = TenantSpec.Parse(request.To, "export");
        IExport export = spec.Among(request.Tenants.Exports, e => e.Name).With(spec);
        bool ofRun = Study.IsIn(request.Folder);
        string folder = ofRun ? CutOf(request.Folder) : request.Folder;
        string? run = ofRun ? request.Folder : RunOf(request.Folder);
        SeenModel seen = LoadedModel.ToInspect(folder, reads: request.Data.Count > 0);
        foreach (string note in seen.Notes) tell(note);
        if (export.WhyNot(seen.Model) is { } why) throw new NotSupportedException(why);
        IReadOnlyList<Sequence> rows = !request.Check ? []
            : request.Data.Count > 0 ? Read(seen.Ready!, request.Data, tell) : Drawn(seen, request.Seed);
        string written = export.Write(seen.Model, seen.Ready?.TokenizerFiles ?? NoFiles, Path.GetFullPath(request.Out), replace: false);
        string? how = export.HowLoaded(seen.Model);
        if (!request.Check) return new(written, export.Name, null, null, 0, null, null, null) { HowLoaded = how, Model = folder };
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("heartwood-");
        try
        {
            ExportCheck check = export.Check(new(written, seen.Model, rows)
            {
                Threads = request.Threads,
                Beside = (run is not null ? FullOf(run) : export.Exact != export ? seen : null) is { } full
                    && export.Exact.WhyNot(full.Model) is null
                    ? () => export.Exact.Write(full.Model, full.Ready?.TokenizerFiles ?? NoFiles, Path.Combine(scratch.FullName, "full"),
                        replace: false) : null,
            }, stop);
            if (check.Differs)
                throw new InvalidDataException(FormattableString.Invariant($"{written}: {check.LoadedBy} gives scores that differ by ")
                    + FormattableString.Invariant($"{check.LargestDifference:0.0e+0} from Heartwood's, whose largest is ")
                    + FormattableString.Invariant($"{check.LargestScore:0.0}; at most {check.Tolerance:0.0e+0} of that is expected. ")
                    + "Do not use the file; please report the model's config.json as a bug.");
            return new(written, export.Name, check.LoadedBy, check.LargestDifference,
                check.LoadedBy is null ? 0 : check.Prompts ?? rows.Count, check.Seconds, check.SecondsBeside, check.Note)
            {
                Beside = check.SecondsBeside is null ? null : run is not null ? "the full model" : "the exact file",
                SameTokens = check.SameTokens,
                SameAnswers = check.Tolerance is null ? check.SameAnswers : null,
                Tokens = check.Tokens,
                HowLoaded = how,
                Model = folder,
            };
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    static readonly Dictionary<string, byte[]> NoFiles = [];

    static string CutOf(string run)
    {
        string cut = Path.Combine(run, Study.CutFolder);
        return Directory.Exists(cut) ? cut
            : throw new InvalidDataException($"{run} is a run that has no cut yet. Write it with: heartwood cut {run}; or name a model's "
                + "folder.");
    }

    // the run whose healed cut a folder is; null of any other
    static string? RunOf(string folder)
    {
        string path = Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar);
        return Path.GetFileName(path) is Study.CutFolder or Study.HealedFolder && Path.GetDirectoryName(path) is { } run && Study.IsIn(run)
            ? run : null;
    }

    static SeenModel FullOf(string run) => LoadedModel.ToInspect(Study.RequestIn(RunFolder.Look(run), Tenants.Usual).Model);

    // labels are not looked at, and of pairs that a language model would judge the first text is read
    static IReadOnlyList<Sequence> Read(LoadedModel loaded, IReadOnlyList<string> data, Action<string> tell)
    {
        bool ofVocabulary = loaded.Model.Output == Output.Vocabulary;
        RowReading reading = new(LabelUse.Ignored, ByLines: true);
        int most = Math.Min(loaded.Model.MostPositions, ofVocabulary ? MostTokensOfVocabulary : int.MaxValue);
        DataSource[] sources = [.. data.Select(spec => DataSource.Read(spec, reading))];
        int each = Math.Max(1, MostRows / sources.Length);
        return [.. sources.SelectMany(source => Inputs.EncodeTexts(
            [.. source.Rows.Take(each).Select(row => ofVocabulary ? row with { Pair = null } : row)],
            loaded.Tokenizer, most, loaded.Rule, source.Name, ofVocabulary ? null : tell))];
    }

    static IReadOnlyList<Sequence> Drawn(SeenModel seen, ulong seed)
    {
        IModel model = seen.Model;
        int words = Math.Min(model.Vocabulary, seen.Ready?.Tokenizer.Count ?? model.Vocabulary);
        return [.. Enumerable.Range(0, MostRows).Select(i =>
        {
            ChanceStream chance = new Chance(seed, "rows of an export's check").At(i).Stream();
            int length = 1 + chance.Below(Math.Min(model.MostPositions, MostTokensDrawn));
            int[] ids = [.. Enumerable.Range(0, length).Select(_ => chance.Below(words))];
            int second = chance.Below(ids.Length + 1);
            return new Sequence(ids, [.. ids.Select((_, t) => model.TokenTypes > 1 && t >= second ? 1 : 0)]);
        })];
    }
}
