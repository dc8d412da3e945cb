using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Heartwood.App.Console;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Json;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Formats;
using Heartwood.Lab.Tasks;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood mask FILE</c>: what a subnetwork's file holds; another format, another size.</summary>
static class MaskVerb
{
    static readonly Argument<string> mask = new("MASK") { Description = $"The subnetwork: {Masks.Named}." };
    static readonly Option<string?> into =
        new("--out") { Description = "The file to write; without --to in Heartwood's format.", HelpName = "FILE" };
    static readonly Option<string?> model = new("--model")
    {
        Description = "Folder of the model that it is of, for files that do not say its sizes; checked against those that do.",
        HelpName = "FOLDER"
    };
    static readonly Option<string?> to = SharedOptions.Choice(
        "--to",
        "Write it in a format: heartwood (docs/masks.md), mib (nodes or edges, as MIB's circuit track and EAP-IG read them) or "
            + "pruned-heads (a Hugging Face config.json's key). Without --out it is printed.",
        "FORMAT", [.. MaskFile.Formats]);
    static readonly Option<double?> sparsity =
        SharedOptions.NumberOrNone("--sparsity", "Choose anew by the scores: so that this fraction is ablated, 0 to 1.", "S", 0.0, 1);
    static readonly Option<long?> top = SharedOptions.NumberOrNone(
        "--top", "Choose anew by the scores: exactly so many parts (or edges, of a circuit of edges) stay.", "N", 0L, long.MaxValue);
    static readonly Option<bool> absolute =
        new("--absolute") { Description = "Scores count by their size, whatever their sign, as attributions often do." };
    static readonly Option<bool> nodes = new("--nodes")
    {
        Description =
            "Of a circuit of edges, take the parts that its kept edges begin or end in: a subnetwork of parts, which computes something "
                + "else than the circuit."
    };

    /// <summary>Takes a mask of a model with other weights.</summary>
    public static readonly Option<bool> OtherModel = new("--other-model")
    {
        Description =
            "Take the subnetwork although it was found in a model of other weights (another checkpoint, another seed of training); "
                + "the sizes must agree."
    };

    /// <summary>What stands in for ablated parts, where a mask is run in a model.</summary>
    public static readonly Option<string?> Ablation = new("--ablation")
    {
        Description = "What stands in for ablated parts, whatever the mask says: NAME[,key=value…], as find takes it. "
            + "Without it as the mask says; where that says nothing, and of --without, their mean over --data where that is given, "
            + "else zero. Means come from the mask's own file, if it has one, else they are taken over --data.",
        HelpName = "NAME",
    };

    /// <summary>The verb.</summary>
    public static Verb Create() => new("mask",
        "Shows what a subnetwork's file holds, whoever wrote it; writes it in another format or chosen anew at another size.",
        "mask runs/found/subnetworks/structured-pruning-sparsity-0.5-seed-1.json",
        "mask circuit.json --sparsity 0.9 --absolute --out chosen.json",
        "mask chosen.json --to mib --out circuit.json",
        "mask a0.h1,a3.h7,m3 --model models/mnli --out mine.json")
    {
        Arguments = { mask },
        Options = { model, OtherModel, to, into, sparsity, top, absolute, nodes },
        WritesOut = _ => true,
        Run = Run,
    };

    static void Run(ParseResult p, Session session)
    {
        if (p.GetValue(model) is null) RunSupport.RefuseIdle(p, "without --model", OtherModel);
        LoadedModel? loaded = p.GetValue(model) is { } folder ? LoadedModel.Load(folder) : null;
        MaskFile file = Masks.Read(p.GetRequiredValue(mask), loaded?.Model.Sizes(session.Tenants.PartKinds));
        Subnetwork chosen =
            Chosen(p, loaded is null ? file.Mask : Masks.InModel(file.Mask, loaded, session.Tenants.PartKinds, p.GetValue(OtherModel)));
        string? path = p.GetValue(into), format = p.GetValue(to) ?? (path is null ? null : MaskFile.Heartwood);
        if (path is not null && Path.Exists(path))
            throw new IOException($"{path} is there already. Give another name with --out, or remove it.");
        if (path is not null && chosen.AblationFile != "")
            chosen = chosen with
            {
                AblationFile = Path.GetRelativePath(Path.GetDirectoryName(Path.GetFullPath(path))!, chosen.AblationFile).Replace('\\', '/')
            };
        string? written = format is null ? null : MaskFile.Write(chosen with { Version = Machine.Version }, format);
        if (path is not null) Atomic.WriteFile(path, stream => stream.Write(Encoding.UTF8.GetBytes(written!)));
        if (format is not null && MaskFile.Lost(chosen, format) is { } lost) session.World.Say(lost);
        MaskFile shown = file with { Mask = chosen };
        session.Result(
            () => JsonSerializer.Serialize(
                new
                {
                    file.Source,
                    file.Format,
                    file.Notes,
                    written = path is null ? null : Path.GetFullPath(path),
                    mask = JsonNode.Parse(chosen.ToJson()),
                },
                JsonWriting.Published),
            () => path is null && written is not null
                ? written
                : MaskSummary.InWords(shown) + (path is null ? "" : $"Written to {Path.GetFullPath(path)} ({format}).\n"));
    }

    static Subnetwork Chosen(ParseResult p, Subnetwork mask)
    {
        var (share, count) = (p.GetValue(sparsity), p.GetValue(top));
        if (share is not null && count is not null)
            throw new ArgumentException("--sparsity and --top both choose a size. Leave one of the two out.");
        if (p.GetValue(absolute) && share is null && count is null)
            throw new ArgumentException("--absolute says how scores are ranked, and nothing is ranked. Give --sparsity S or --top N too.");
        if (share is not null) count = Universe.KeptAt(share.Value, mask.Edges?.Count ?? mask.Parts);
        if (count is not null) mask = mask.Top(count.Value, p.GetValue(absolute));
        return p.GetValue(nodes) ? mask.Nodes() : mask;
    }
}
