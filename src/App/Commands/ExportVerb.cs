using System.CommandLine;
using System.Text.Json;
using Heartwood.Lab.Json;
using Heartwood.Lab.Studies;
using static System.FormattableString;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood export FOLDER --to NAME --out FOLDER</c>: a model as files that other programs load.</summary>
static class ExportVerb
{
    static readonly Argument<string> model = new("MODEL") { Description = "A model's folder, or a run's, whose cut is written." };
    static readonly Option<string> to = new("--to")
    {
        Description = $"How to write it: NAME,key=value…. {TenantNames.Exports}.",
        HelpName = "EXPORT",
        Required = true,
    };
    static readonly Option<string?> into =
        new("--out") { Description = "Where to write: a new or empty folder; of gguf a new file.", HelpName = "FOLDER" };
    static readonly Option<bool> check = new("--check")
    {
        Description = $"Have another program load what was written and compare its scores with Heartwood's on {ModelExport.MostRows} rows, "
            + "each alone and in a padded batch, or of gguf what follows the first of them, token by token; and take its time, of a run's "
            + "cut next to the full model's. ONNX Runtime and llama.cpp are in the program of checks/, which HEARTWOOD_CHECKS names.",
    };
    static readonly Option<string[]> data = RunSupport.Several("--data",
        "Rows to compare on, FILE[,key=value…]; without it token ids are drawn by the seed.", "DATA");

    /// <summary>The verb.</summary>
    public static Verb Create() => new("export", "Writes a model, or the cut of a run, as files that other programs load.",
        "export runs/mnli --to onnx --out mnli-onnx --check --data mnli/dev.tsv",
        "export models/stories15M --to gguf,type=q8_0 --out stories.gguf --check")
    {
        Arguments = { model },
        Options = { to, into, check, data },
        WritesOut = _ => true,
        Computes = true,
        Draws = true,
        Run = (parsed, session) =>
        {
            if (!parsed.GetValue(check))
                RunSupport.RefuseIdle(parsed, "without --check", data, SharedOptions.Seed, SharedOptions.Threads);
            if (parsed.GetValue(data)!.Length > 0) RunSupport.RefuseIdle(parsed, "with --data: nothing is drawn", SharedOptions.Seed);
            RunSupport.UseThreads(parsed);
            ExportFacts made = ModelExport.Write(
                new(parsed.GetRequiredValue(model), parsed.GetRequiredValue(to), parsed.GetValue(into)
                    ?? throw new ArgumentException("Where should the result go? Give a folder with --out FOLDER."))
                {
                    Check = parsed.GetValue(check),
                    Data = parsed.GetValue(data)!,
                    Seed = parsed.GetValue(SharedOptions.Seed),
                    Threads = parsed.GetValue(SharedOptions.Threads),
                    Tenants = session.Tenants,
                }, session.Stop, session.World.Say);
            session.Result(() => JsonSerializer.Serialize(new { exports = new[] { made } }, JsonWriting.Published),
                () => string.Join('\n', Lines(made)));
        },
    };

    static IEnumerable<string> Lines(ExportFacts made)
    {
        yield return $"{made.Format}: {made.File}";
        if (made.HowLoaded is { } how) yield return $"In other programs: {how}.";
        if (made.Note is { } note) yield return $"Not loaded by another program: {note}.";
        if (made.LoadedBy is null) yield break;
        yield return made.Tokens is { } tokens
            ? Invariant($"{made.LoadedBy} goes on with {made.Rows} prompts as generate does for {made.SameTokens} of {tokens} tokens at ")
                + Invariant($"least, greedily; scores within {made.LargestDifference:0.0e+0}.")
            : Invariant($"{made.LoadedBy} gives Heartwood's scores within {made.LargestDifference:0.0e+0} ({made.Rows} rows, each ")
                + "alone and in a padded batch).";
        string beside = made.FullSeconds is { } seconds
            ? Invariant($", {made.Seconds / seconds:0.00} of the full model's {seconds * 1000:0.0} ms") : "";
        string of = made.Tokens is { } each ? Invariant($"these {made.Rows} times {each} tokens") : "the rows in padded batches";
        yield return Invariant($"Its time for {of}: {made.Seconds * 1000:0.0} ms{beside}.");
    }
}
