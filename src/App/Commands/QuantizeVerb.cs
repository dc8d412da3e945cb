using System.CommandLine;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Quantization;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Tasks;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood quantize</c>: a model with few bits a weight, measured in-domain and out of domain.</summary>
static class QuantizeVerb
{
    static readonly Argument<string?> run = new("RUN")
    {
        Description = "A run's folder: its cut is quantized, on the run's data unless other data is given. Or give --model.",
        Arity = ArgumentArity.ZeroOrOne,
    };
    static readonly Option<string[]> data = RunSupport.Several("--data",
        "Texts to take moments of inputs on (the training data, or what the model will read): FILE[,key=value…], several in a row, or "
            + $"{DataSource.WorldShort}. " + DataSource.MoreHelp, "DATA");
    /// <summary>How to quantize.</summary>
    public static readonly Option<string[]> Schemes = RunSupport.Several("--scheme",
        $"How to quantize: key=value,…, several in a row, each a model of its own next to nearest rounding. {Scheme.InWords}.", "SCHEME");
    static readonly Option<string> mask = new("--mask")
    {
        Description = $"The subnetwork whose parts keep their bits, of schemes with others: {Masks.Named}.",
        HelpName = "MASK",
        DefaultValueFactory = _ => "",
    };
    static readonly Option<int> random = SharedOptions.Number(
        "--random", "Random sets of as many parts that get the bits instead, next to --mask.", new QuantizationRequest([]).Random, 0);
    static readonly Option<int> examples = SharedOptions.Number(
        "--max-examples", "Most examples of each set to measure on, spread evenly; 0 for all.", new QuantizationRequest([]).Examples, 0);

    /// <summary>The verb.</summary>
    public static Verb Create() => new("quantize",
        "Writes a model with few bits a weight, rounded to nearest and by moments of its inputs (GPTQ, BoA, learned), and tables bytes, "
            + "error, divergence from the full model and accuracy in-domain and out of domain of each.",
        "quantize --out runs/quantized",
        "quantize --model models/stories15M --data stories.txt --in-domain more-stories.txt --out-of-domain wikitext-2/valid.txt,rows=200 "
            + "--scheme bits=4,group=32,rounding=gptq bits=3,group=32,rounding=boa --out runs/stories-4-bits",
        "quantize runs/mnli --scheme grid=q8_0 --out runs/mnli-q8")
    {
        Arguments = { run },
        Resumes = true,
        TakesOut = true,
        Computes = true,
        Draws = true,
        WhyNoSeed = WhyNoSeed,
        Foresee = (parsed, session, complete) =>
        {
            QuantizationRequest request = Parse(parsed, session, complete);
            request.Check();
            return complete ? $"{new QuantizationRun(request).Cost}." : null;
        },
        Options =
        {
            StudyOptions.Model, data, StudyOptions.InDomain, StudyOptions.OutOfDomain, StudyOptions.Unseen, StudyOptions.Map, Schemes, mask,
            random, examples, StudyOptions.MaxLength, SharedOptions.Title,
        },
        Refused = new Dictionary<string, string> { ["--precision"] = "moments and figures are float32" },
        Run = Run,
    };

    static string? WhyNoSeed(ParseResult p) => p.GetValue(mask) is not { Length: > 0 } ? "without --mask: nothing is drawn"
        : p.GetValue(random) == 0 ? "with --random 0: nothing is drawn" : null;

    static void Run(ParseResult parsed, Session session)
    {
        RunSupport.UseThreads(parsed);
        string path = RunSupport.OutOf(parsed);
        QuantizationRequest request = Parse(parsed, session, complete: true);
        if (request.Mask == "") RunSupport.RefuseIdle(parsed, WhyNoSeed(parsed)!, random);
        if (WhyNoSeed(parsed) is { } why) RunSupport.RefuseIdle(parsed, why, SharedOptions.Seed);
        QuantizationRun made = new(request);
        foreach (string note in made.Notes) session.World.Say(note);
        session.World.Say($"{made.Cost}.");
        using RunFolder folder = RunSupport.Open(path, session, made.ModelSha256, made.Facts, [], request);
        Result result = made.In(folder, session.Progress, session.Stop);
        string page = Report.Write(folder.FolderPath, result);
        session.Result(() => ResultJson.Write(result), () => $"{new Findings(result).Words()}Report: {page}\n");
    }

    static QuantizationRequest Parse(ParseResult p, Session session, bool complete)
    {
        StudyRequest asked = StudyOptions.Sourced(p, data);
        IReadOnlyList<NamedData> sets = asked.Sets;
        if (p.GetValue(run) is { } of) RunSupport.RefuseIdle(p, "with a run's folder: its cut is quantized", StudyOptions.Model, mask);
        else if (asked.Model is null && sets.Count == 0) sets = EmbeddedStudy.Study.Sets;     // the embedded model has data of its own
        string[] given = p.GetValue(Schemes)!;
        QuantizationRequest request = new(sets);
        request = request with
        {
            Model = asked.Model,
            Schemes = given.Length > 0 ? given : request.Schemes,
            Mask = p.GetValue(mask)!,
            Random = p.GetValue(random),
            Seed = p.GetValue(SharedOptions.Seed),
            LabelMap = asked.LabelMap,
            Examples = p.GetValue(examples),
            MostTokens = p.GetValue(StudyOptions.MaxLength),
            Title = p.GetValue(SharedOptions.Title) ?? "",
            Tenants = session.Tenants,
        };
        return p.GetValue(run) is { } folder ? request.OfRun(folder, complete) : request;
    }
}
