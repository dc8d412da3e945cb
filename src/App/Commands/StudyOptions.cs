using System.CommandLine;
using System.Globalization;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Tasks;

namespace Heartwood.App.Commands;

/// <summary>The options of a search, shared by find and demo.</summary>
static class StudyOptions
{
    static readonly PruningOptions standard = new();

    public static readonly Option<string?> Model = new("--model")
    {
        Description = "Folder of the model: config.json, model.safetensors or pytorch_model.bin, vocab.txt or tokenizer.json. "
            + "Without it the embedded one.",
        HelpName = "FOLDER",
    };
    public static readonly Option<string[]> Data = RunSupport.Several("--data",
        "In-domain data to learn masks on (the training data): "
            + $"FILE[,key=value…], several in a row; or {DataSource.WorldHelp}. {DataSource.TaskHelp}. {DataSource.FileHelp}.", "DATA");
    public static readonly Option<string[]> InDomain = RunSupport.Several("--in-domain", "Data to measure on in-domain.", "DATA");
    public static readonly Option<string[]> OutOfDomain = RunSupport.Several("--out-of-domain", "Data to measure on out of domain, of constructions that training holds.", "DATA", "--ood");
    public static readonly Option<string[]> Unseen = RunSupport.Several("--unseen", "Data to measure on out of domain, of constructions that training does not hold.", "DATA");
    public static readonly Option<string> Map = new("--label-map")
    {
        Description = "What the model's labels count as, on every set that has such labels: "
            + "neutral>non-entailment|contradiction>non-entailment.",
        HelpName = "A>B",
        DefaultValueFactory = _ => "",
    };
    public static readonly Option<string> Seeds = new("--seeds") { Description = "Seeds to search with: 1-6, or 1,2,7; without it the six that follow --seed.", HelpName = "LIST", DefaultValueFactory = _ => "" };
    public static readonly Option<double[]> Sparsity = new("--sparsity") { Description = "Fraction of the parts in play that are absent, 0 to 1; several in a row. The first is the one that core, knock-outs and cut are about; without it 0.5, the demo 0.6.", HelpName = "S", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [0.5] };
    public static readonly Option<int> Steps = SharedOptions.Number("--steps", "Steps of each search.", standard.Steps, 1), Batch = SharedOptions.Number("--batch", "Examples in a batch.", standard.Batch, 1), Examples = SharedOptions.Number("--examples", "Most examples to learn masks on; 0 for all.", 8000, 0), Most = SharedOptions.Number("--most-tokens", "Longest input in tokens, 0 for the model's own; longer pairs are truncated, the longer sentence first.", 0, 0);
    public static readonly Option<double> WarmUp = SharedOptions.Number("--warm-up", "Share of the steps in which the target sparsity rises.", standard.WarmUp, 0, 1), Rate = SharedOptions.Number("--mask-rate", "Learning rate of the masks.", standard.Rate, 0), Multipliers = SharedOptions.Number("--multiplier-rate", "Rate at which both multipliers of the penalty climb.", standard.MultiplierRate, 0);
    public static readonly Option<double> LogAlpha = SharedOptions.Number("--log-alpha", "Mean of log alpha at the start.", standard.LogAlpha), Deviation = SharedOptions.Number("--log-alpha-deviation", "Its standard deviation.", standard.LogAlphaDeviation, 0), Low = SharedOptions.Number("--low", "Lower limit of the hard concrete distribution.", standard.Low), High = SharedOptions.Number("--high", "Upper limit.", standard.High), Temperature = SharedOptions.Number("--temperature", "Its temperature.", standard.Temperature, 0);
    public static readonly Option<string> Ablation = new("--ablation")
    {
        Description = $"What stands in for an ablated part: NAME[,key=value…]. {string.Join("; ", Ablations.Usual.Select(kind => $"{kind.Name}: {kind.Does}"))}.",
        HelpName = "NAME",
        DefaultValueFactory = _ => Mean.Kind.Name,
    };
    public static readonly Option<string> Choose = SharedOptions.Choices("--choose", "Which parts stay: exactly the target size by rank, or those that the deterministic mask keeps.", "rank", "mask");
    public static readonly Option<string> Precision = SharedOptions.Choices("--precision", "How exactly the model's weights are multiplied. bf16 rounds weights and what they multiply to 8 bits of precision and sums in float32: up to 1.8 times as fast where the processor has the instruction (AVX-512 BF16; heartwood inspect tells), slower elsewhere, and a little less exact. Masks and everything else stay float32.", "float32", "bf16");
    public static readonly Option<double> Share = SharedOptions.Number("--core-share", "Share of the subnetworks that must keep a part for the wider core.", 0.8, 0, 1);
    public static readonly Option<int> Draws = SharedOptions.Number("--draws", "Random draws beside each knock-out of the core.", 20, 1), KnockOutExamples = SharedOptions.Number("--knock-out-examples", "Most examples of each set in knock-outs; 0 for all.", 0, 0);

    public static readonly Option<string> Parts = new("--parts")
    {
        Description = $"The parts in play, which a search may remove: kinds with commas between them, of {string.Join(", ", PartKinds.Usual.Select(kind => kind.Name))}.",
        HelpName = "KINDS",
        DefaultValueFactory = _ => string.Join(',', PartKinds.InPlay),
    };

    /// <summary>Options of the search itself, for every verb that searches.</summary>
    public static IReadOnlyList<Option> Search => [Parts, Seeds, Sparsity, Steps, WarmUp, Batch, Examples, Most, Rate, Multipliers, LogAlpha, Deviation, Low, High, Temperature, Ablation, Choose, Share, Draws, KnockOutExamples, Precision];

    /// <summary>Options that name model and data.</summary>
    public static IReadOnlyList<Option> Sources => [Model, Data, InDomain, OutOfDomain, Unseen, Map];

    /// <summary>The request that the options make.</summary>
    public static StudyRequest Parse(ParseResult p) => With(p, Sourced(p));

    /// <summary>The model and data that are named, all else as it is by default.</summary>
    public static StudyRequest Sourced(ParseResult p) => new(p.GetValue(Data)!, p.GetValue(InDomain)!) { Model = p.GetValue(Model), OutOfDomain = p.GetValue(OutOfDomain)!, Unseen = p.GetValue(Unseen)!, LabelMap = p.GetValue(Map)! };

    /// <summary>The same with model and data given.</summary>
    public static StudyRequest With(ParseResult p, StudyRequest sources) => sources with
    {
        Seeds = p.GetValue(Seeds) is { Length: > 0 } seeds ? SeedsOf("--seeds", seeds) : [.. Enumerable.Range(1, 6).Select(i => p.GetValue(SharedOptions.Seed) + (ulong)i)],
        Sparsities = p.GetResult(Sparsity) is { Implicit: false } ? p.GetValue(Sparsity)! : sources.Sparsities,
        Pruning = new(standard.Sparsity, p.GetValue(Steps), p.GetValue(WarmUp), p.GetValue(Batch), p.GetValue(Rate), p.GetValue(Multipliers), p.GetValue(LogAlpha), p.GetValue(Deviation), p.GetValue(Low), p.GetValue(High), p.GetValue(Temperature)),
        Parts = p.GetValue(Parts)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? PartKinds.InPlay,
        Ablation = p.GetValue(Ablation)!,
        Choose = p.GetValue(Choose) == "mask" ? Choice.Mask : Choice.Rank,
        Examples = p.GetValue(Examples),
        MostTokens = p.GetValue(Most),
        Precision = p.GetValue(Precision) == "bf16" ? Tensors.Precision.Bf16 : Tensors.Precision.Float32,
        CoreShare = p.GetValue(Share),
        Draws = p.GetValue(Draws),
        KnockOutExamples = p.GetValue(KnockOutExamples),
    };

    /// <summary>Reads a list of seeds: 1-6 or 1,2,7.</summary>
    /// <exception cref="ArgumentException">it is neither</exception>
    public static IReadOnlyList<ulong> SeedsOf(string option, string text)
    {
        List<ulong> seeds = [];
        foreach (string word in text.Split(','))
        {
            string[] ends = word.Split('-');
            if (ends.Length is 1 or 2 && ulong.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out ulong first) && ulong.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong last) && first <= last && last - first < 10_000)
                for (ulong i = 0; i <= last - first; i++) seeds.Add(first + i);
            else throw new ArgumentException($"{option} takes 1-6 or 1,2,7; '{text}' is neither.");
        }
        return seeds;
    }
}
