using System.CommandLine;
using System.Text.Json;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Json;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Studies;

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
        WhyNoSeed = WhyNoSeed,
        Run = (parsed, session) =>
        {
            if (!parsed.GetValue(check))
                RunSupport.RefuseIdle(parsed, "without --check", data, SharedOptions.Threads);
            if (WhyNoSeed(parsed) is { } why) RunSupport.RefuseIdle(parsed, why, SharedOptions.Seed);
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
                () => string.Join('\n', ExportWords.Lines(made)));
        },
    };

    static string? WhyNoSeed(ParseResult p) => !p.GetValue(check) ? "without --check"
        : p.GetValue(data)!.Length > 0 ? "with --data: nothing is drawn" : null;
}
