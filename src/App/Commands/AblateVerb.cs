using System.CommandLine;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood ablate</c>: every part alone, on any data, without a search.</summary>
static class AblateVerb
{
    static readonly Option<string[]> data = RunSupport.Several("--data",
        $"The data to ablate parts on, which their means are taken over too: FILE[,key=value…], several in a row, or "
            + $"{DataSource.WorldShort}. " + DataSource.MoreHelp, "DATA");
    static readonly Option<string[]> outOfDomain = RunSupport.Several("--out-of-domain",
        "Data to ablate them on next to it, unlike it.", "DATA", "--ood");
    static readonly Option<string> measure = new("--measure")
    {
        Description = $"What is compared: {AblationRun.Loss} of the right answers, {AblationRun.Accuracy}, or an objective: "
            + $"{TenantNames.Objectives}.",
        HelpName = "NAME",
        DefaultValueFactory = _ => AblationRun.Loss,
    };
    static readonly Option<int> examples = SharedOptions.Number(
        "--max-examples", "Most examples of each set, spread evenly over it; 0 for all.", new AblationRequest([]).Examples, 0);

    /// <summary>The verb.</summary>
    public static Verb Create() => new("ablate",
        "Ablates every part alone, without a search, and says what that costs, example by example: a table with ranks as far as noise "
            + "allows them, a map of the parts, and a file of scores that mask chooses subnetworks from.",
        "ablate --out runs/ablated",
        "ablate --model models/mnli --data mnli/dev.tsv --out-of-domain hans.tsv "
            + "--label-map \"neutral>non-entailment|contradiction>non-entailment\" --out runs/mnli-parts",
        "ablate --model models/stories15M --data ioi/ioi_llama.csv --measure logit-difference --parts heads --out runs/ioi-heads")
    {
        Resumes = true,
        TakesOut = true,
        Computes = true,
        Foresee = (parsed, session, complete) =>
        {
            AblationRequest request = Parse(parsed, session);
            request.Check();
            return complete ? Costs(new AblationRun(request)) : null;
        },
        Options =
        {
            StudyOptions.Model, data, outOfDomain, StudyOptions.Unseen, StudyOptions.Map, StudyOptions.Parts, StudyOptions.Ablation,
            measure, examples, StudyOptions.MaxLength, StudyOptions.Precision, SharedOptions.Title,
        },
        Run = Run,
    };

    static string Costs(AblationRun run)
    {
        Estimate estimate = run.Estimate();
        return $"{run.Cost}, about {Words.Duration(estimate.Seconds)} and {Words.Bytes(estimate.Bytes)} of memory.";
    }

    static void Run(ParseResult parsed, Session session)
    {
        RunSupport.UseThreads(parsed);
        string path = RunSupport.OutOf(parsed);
        AblationRequest request = Parse(parsed, session);
        RunSupport.Tell(session, request.Precision);
        AblationRun run = new(request);
        foreach (string note in run.Notes) session.World.Say(note);
        Estimate estimate = run.Estimate();
        session.World.Say($"{run.Cost}, about {Words.Duration(estimate.Seconds)} and {Words.Bytes(estimate.Bytes)} of memory.");
        if (estimate.Bytes > Console.Machine.Memory)
            throw new InvalidOperationException($"That needs about {Words.Bytes(estimate.Bytes)}, this machine has "
                + $"{Words.Bytes(Console.Machine.Memory)}. Put fewer parts in play (--parts heads,mlps), or lower --max-length.");
        using RunFolder folder = RunSupport.Open(path, session, run.ModelSha256, run.Facts, [], request, request.Precision);
        Result result = run.In(folder, session.Progress, session.Stop);
        string page = Report.Write(folder.FolderPath, result);
        session.Result(() => ResultJson.Write(result), () => $"{new Findings(result).Words()}Choose a subnetwork by these scores: "
            + $"heartwood mask {Path.Combine(path, "subnetworks", "ablation.json")} --sparsity 0.5 --out FILE\nReport: {page}\n");
    }

    static AblationRequest Parse(ParseResult p, Session session)
    {
        string[] given = p.GetValue(data)!, outside = p.GetValue(outOfDomain)!, unseen = p.GetValue(StudyOptions.Unseen)!;
        // the embedded model has data of its own
        bool own = p.GetValue(StudyOptions.Model) is null && given.Length + outside.Length + unseen.Length == 0;
        return new(own ? [.. EmbeddedStudy.Study.Sets.Where(set => set.Role != Role.Train)]
            : NamedData.Listed(inDomain: given, outOfDomain: outside, unseen: unseen))
        {
            Title = p.GetValue(SharedOptions.Title) ?? "",
            Model = p.GetValue(StudyOptions.Model),
            LabelMap = p.GetValue(StudyOptions.Map)!,
            Parts = p.GetValue(StudyOptions.Parts)!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            Ablation = p.GetValue(StudyOptions.Ablation)!,
            Measure = p.GetValue(measure)!,
            Examples = p.GetValue(examples),
            MostTokens = p.GetValue(StudyOptions.MaxLength),
            Precision = p.GetValue(StudyOptions.Precision) == "bf16" ? Precision.Bf16 : Precision.Float32,
            Tenants = session.Tenants,
        };
    }
}
