using System.CommandLine;
using System.Text.Json;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Exports.Onnx;
using Heartwood.Lab.Json;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Studies.Recipes;
using Heartwood.Lab.Tasks;

namespace Heartwood.App.Commands;

/// <summary>
/// <c>heartwood shrink</c>: from a model to a smaller one that still works, as a recipe that is made of the options: find and cut, heal,
/// quantize, write for other programs.
/// </summary>
static class ShrinkVerb
{
    const string Folder = "heartwood-shrink", Half = "time=0.5", EveryPart = "layers,heads,neurons";

    // what a subnetwork is ablated for, its core and every part, is no station of this road and is measured roughly
    const string FewDraws = "3", FewExamples = "200";

    // grids of quantized models that are those of a GGUF file
    static readonly string[] onFile = ["q8_0", "q4_0"];

    static readonly string[] ofLabels = ["bits=8", "bits=4,group=32,rounding=gptq"], ofText = ["grid=q8_0", "grid=q4_0,rounding=gptq"];

    static readonly Option<string[]> exports = RunSupport.Several("--export",
        $"How to write the healed model for other programs: NAME,key=value…. {TenantNames.Exports}. Each file is loaded there and "
            + "compared, where the program of checks/ is present. Without it onnx and gguf, as far as they can write the model; "
            + "with gguf also what "
            + "was quantized on its own grids (grid=q8_0, grid=q4_0).", "EXPORT");

    static IReadOnlyList<Option> ForSearch =>
    [
        StudyOptions.Model, StudyOptions.Data, StudyOptions.InDomain, StudyOptions.OutOfDomain, StudyOptions.Unseen, StudyOptions.ChooseOn,
        StudyOptions.Map, StudyOptions.Methods, StudyOptions.Parts, StudyOptions.Uniform, StudyOptions.Seeds, StudyOptions.Target,
        StudyOptions.TimeTable, StudyOptions.Ablation, StudyOptions.MaxExamples, StudyOptions.MaxLength,
    ];

    /// <summary>The verb.</summary>
    public static Verb Create()
    {
        Verb verb = new("shrink",
            "From a model to a smaller one that still works, in files that other programs load: finds a subnetwork of half the measured "
                + "time (or --target), cuts it out, heals it, quantizes it, and writes and checks the files. Ends with a table of every "
                + "station, in-domain and out of domain, each next to its null. Without a model it does this to the small BERT that comes "
                + $"with the program, into {Folder}. --dry-run prints the commands, which can be run one by one.",
            "shrink", "shrink --model models/mnli --data mnli/train.tsv --in-domain mnli/dev.tsv --out-of-domain hans.tsv "
                + "--label-map \"neutral>non-entailment|contradiction>non-entailment\" --target time=0.5 --out runs/mnli-half",
            "shrink --model models/stories15M --data stories.txt --in-domain more.txt --out-of-domain wikitext-2/valid.txt,rows=100 "
                + "--target weights=0.7 --out runs/stories-small")
        {
            Resumes = true,
            TakesOut = true,
            Draws = true,
            Computes = true,
            Run = (parsed, session) => RunVerb.Run(parsed, session, RecipeOf(parsed, session).Filled(new Dictionary<string, string>()),
                parsed.GetValue(StudyOptions.Model) is null ? Folder : null),
        };
        foreach (Option option in ForSearch) verb.Options.Add(option);
        foreach (Option option in (Option[])[HealVerb.Steps, HealVerb.Losses, QuantizeVerb.Schemes, exports, RunVerb.DryRun,
            SharedOptions.Title])
            verb.Options.Add(option);
        return verb;
    }

    static Recipe RecipeOf(ParseResult parsed, Session session)
    {
        string? model = parsed.GetValue(StudyOptions.Model);
        if (parsed.GetValue(StudyOptions.Seeds) is { Length: > 0 })
            RunSupport.RefuseIdle(parsed, "with --seeds, which lists the seeds", SharedOptions.Seed);
        StudyRequest asked = StudyOptions.Sourced(parsed);
        if (model is not null && (!asked.Sets.Has(Role.Train) || !asked.Sets.Has(Role.InDomain)))
            throw new ArgumentException("A model is made smaller on data of its own. Name its training data with --data and data to "
                + "measure on with --in-domain, and better also --out-of-domain; heartwood help data says how.");
        SeenModel seen = LoadedModel.ToInspect(model);
        bool text = seen.Model.Output == Output.Vocabulary && seen.Model.Causal;
        string[] schemes = parsed.GetValue(QuantizeVerb.Schemes) is { Length: > 0 } given ? given : text ? ofText : ofLabels;
        string[] written = parsed.GetValue(exports) is { Length: > 0 } named ? named
            : [.. new[] { OnnxExport.Called, GgufExport.Called }.Where(name => ExportOf(name, session).WhyNot(seen.Model) is null)];
        foreach (string export in written)
            if (ExportOf(export, session).WhyNot(seen.Model) is { } why) throw new NotSupportedException(why);

        Dictionary<string, object> steps = new()
        {
            ["found"] = Found(parsed, model),
            ["healed"] = new Dictionary<string, object>
            {
                ["verb"] = "heal",
                ["arguments"] = new[] { "${found}" },
                ["steps"] = $"{parsed.GetValue(HealVerb.Steps)}",
            },
            ["quantized"] = Quantized(parsed, model, schemes),
        };
        if (parsed.GetValue(HealVerb.Losses) is { Length: > 0 } losses) ((Dictionary<string, object>)steps["healed"])["loss"] = losses;
        string[] rows = model is null ? [Named(Role.InDomain, EmbeddedStudy.Study)[0]] : parsed.GetValue(StudyOptions.InDomain)!;
        foreach (string export in written) steps[NameOf(export)] = Exported("${found}/healed", export, rows);
        bool toGguf = written.Any(e => TenantSpec.Parse(e, "export").Name == GgufExport.Called);
        foreach (string scheme in schemes)
            if (toGguf && onFile.FirstOrDefault(type => scheme.Split(',').Contains($"grid={type}")) is { } grid)
                steps.TryAdd($"{GgufExport.Called}-{grid}", Exported($"${{quantized}}/{QuantizationRequest.FolderOf(scheme)}",
                    $"{GgufExport.Called},type={grid}", rows));
        string name = model is null ? "a small BERT" : Path.GetFileName(Path.GetFullPath(model).TrimEnd('/', '\\'));
        string target = string.Join(" and ", parsed.GetValue(StudyOptions.Target) is { Length: > 0 } targets ? targets : [Half]);
        return Recipe.Made(JsonSerializer.Serialize(new
        {
            title = parsed.GetValue(SharedOptions.Title) ?? $"From {name} to a smaller one that still works",
            about = $"A subnetwork of {target}, cut out, healed, in few bits, and written for other programs. Every station is measured "
                + "in-domain and out of domain, next to random parts of the same make.",
            steps,
        }, JsonWriting.Published));
    }

    static IExport ExportOf(string text, Session session)
    {
        TenantSpec spec = TenantSpec.Parse(text, "export");
        return spec.Among(session.Tenants.Exports, e => e.Name).With(spec);
    }

    static string NameOf(string export) => export.Replace(',', '-').Replace('=', '-').Replace('_', '-');

    static Dictionary<string, object> Found(ParseResult parsed, string? model)
    {
        Dictionary<string, object> step = new() { ["verb"] = "find" };
        foreach (Option option in ForSearch.Where(o => parsed.GetResult(o) is { Implicit: false }))
            step[option.Name[2..]] = option.ValueType == typeof(bool) ? "true" : parsed.GetResult(option)!.Tokens.Select(t => t.Value);
        if (model is null)
            foreach (var (option, role) in RolesOf) step.TryAdd(option.Name[2..], Named(role, EmbeddedStudy.Study));
        step.TryAdd(StudyOptions.Target.Name[2..], Half);
        step.TryAdd(StudyOptions.Parts.Name[2..], EveryPart);
        ulong seed = parsed.GetValue(SharedOptions.Seed);
        step.TryAdd(StudyOptions.Seeds.Name[2..], $"{seed + 1}-{seed + (model is null ? 2UL : 3)}");
        step[StudyOptions.Draws.Name[2..]] = FewDraws;
        step[StudyOptions.AblationExamples.Name[2..]] = FewExamples;
        step["all"] = "true";
        return step;
    }

    static Dictionary<string, object> Quantized(ParseResult parsed, string? model, string[] schemes)
    {
        Dictionary<string, object> step = new() { ["verb"] = "quantize", ["model"] = "${found}/healed", ["scheme"] = schemes };
        foreach (var (option, role) in RolesOf)
            if (model is null || parsed.GetValue(option) is { Length: > 0 })
                step[option.Name[2..]] = model is null ? Named(role, EmbeddedStudy.Study) : parsed.GetValue(option)!;
        if (parsed.GetValue(StudyOptions.Map) is { Length: > 0 } map) step[StudyOptions.Map.Name[2..]] = map;
        if (parsed.GetValue(StudyOptions.MaxLength) is > 0 and var most) step[StudyOptions.MaxLength.Name[2..]] = $"{most}";
        return step;
    }

    static Dictionary<string, object> Exported(string folder, string export, string[] rows) => new()
    {
        ["verb"] = "export",
        ["arguments"] = new[] { folder },
        ["to"] = export,
        ["check"] = "true",
        ["data"] = rows,
    };

    static IEnumerable<(Option<string[]> Option, Role Role)> RolesOf =>
    [
        (StudyOptions.Data, Role.Train), (StudyOptions.InDomain, Role.InDomain), (StudyOptions.OutOfDomain, Role.OutOfDomain),
        (StudyOptions.Unseen, Role.Unseen),
    ];

    static string[] Named(Role role, StudyRequest study) => [.. study.Sets.Where(set => set.Role == role).Select(set => set.InWords)];
}
