using System.CommandLine;
using System.Globalization;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Tasks;
using SizeTarget = Heartwood.Lab.Subnetworks.Targets.Target;

namespace Heartwood.App.Commands;

/// <summary>The options of a search, shared by find and demo.</summary>
static class StudyOptions
{
    public static readonly Option<string?> Model = new("--model")
    {
        Description = "Folder of the model: config.json, model.safetensors or pytorch_model.bin, vocab.txt or tokenizer.json. "
            + "Without it the embedded one.",
        HelpName = "FOLDER",
    };
    public static readonly Option<string[]> Data = RunSupport.Several("--data",
        "In-domain data to learn masks on (the training data): "
            + $"FILE[,key=value…], several in a row, or {DataSource.WorldShort}. {DataSource.MoreHelp}", "DATA");
    public static readonly Option<string[]> InDomain = RunSupport.Several("--in-domain",
        "Data to measure on in-domain; several are pooled, and each is shown by its name too: NAME=FILE gives it one.", "DATA");
    public static readonly Option<string[]> OutOfDomain = RunSupport.Several("--out-of-domain",
        "Data to measure on out of domain, of constructions that training holds; named as in-domain data is.", "DATA", "--ood");
    public static readonly Option<string[]> Unseen = RunSupport.Several("--unseen",
        "Data to measure on out of domain, of constructions that training does not hold.", "DATA");
    public static readonly Option<string[]> ChooseOn = RunSupport.Several("--choose-on",
        "Data to choose by which subnetwork is written, by the lowest loss: rows that are measured for nothing else. Without it the "
            + "in-domain set chooses.", "DATA");
    public static readonly Option<string> Map = new("--label-map")
    {
        Description = "What the model's labels count as, on every set that has such labels: "
            + "neutral>non-entailment|contradiction>non-entailment.",
        HelpName = "A>B",
        DefaultValueFactory = _ => "",
    };
    public static readonly Option<string> Seeds = new("--seeds")
    {
        Description = "Seeds to search with: 1-6, or 1,2,7 (6 alone is the seed number 6); without it the six that follow --seed. A finder "
            + "that draws nothing by chance is run once.",
        HelpName = "LIST",
        DefaultValueFactory = _ => "",
    };
    public static readonly Option<double[]> Sparsity = new("--sparsity")
    {
        Description = "Fraction of the parts in play that are ablated, 0 to 1; several in a row. The first is the one that core, ablations "
            + "and cut are about; without it 0.5, the demo 0.6.",
        HelpName = "S",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [0.5],
    };
    public static readonly Option<string[]> Target = RunSupport.Several("--target",
        "In place of --sparsity, the size in what counts: weights=0.5, bytes=0.25 or time=0.5, the share of the full model that remains, "
            + "embeddings included, or sparsity=0.5; several in a row. What cannot be reached is refused with the smallest that can.",
        "UNIT=SHARE");
    public static readonly Option<string?> TimeTable = new("--time-table")
    {
        Description = "Table of times for --target, as a run keeps it (RUN/time-table.json): the same table and seed give the same bits. "
            + "Without it times are measured on this machine.",
        HelpName = "FILE",
    };
    public static readonly Option<string[]> Methods = RunSupport.Several("--method",
        "How to find subnetworks: NAME[,key=value…], several in a row or one by one; the first is the one that core, ablations and cut "
            + $"are about. NAME is {TenantNames.Finders}; each one's keys are in docs/methods.md, and named where "
            + $"one is unknown. Without it {Method.Usual}.", "METHOD");
    public static readonly Option<string> Objective = new("--objective")
    {
        Description =
            $"What finders make small: {TenantNames.Objectives}. Without it each finder's "
            + "usual: learned masks the distance from the full model, attributions the loss of the right answers.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "",
    };
    public static readonly Option<int> MaxExamples = SharedOptions.Number("--max-examples",
        "Most examples to search on; 0 for all.", new StudyRequest([]).Examples, 0);
    public static readonly Option<int> MaxLength = SharedOptions.Number("--max-length",
        "Longest input in tokens, 0 for the model's own; longer pairs are truncated, the longer sentence first.", 0, 0);
    public static readonly Option<string> Ablation = new("--ablation")
    {
        Description = "What stands in for an ablated part: NAME[,key=value…]. "
            + $"{TenantNames.Ablations}.",
        HelpName = "NAME",
        DefaultValueFactory = _ => Mean.Kind.Name,
    };
    public static readonly Option<string> Precision = SharedOptions.Choices("--precision",
        "How exactly the model's weights are multiplied. bf16 rounds weights and what they multiply to 8 bits of precision and sums in "
            + "float32: up to 1.8 times as fast where the processor has the instruction (AVX-512 BF16; heartwood inspect tells), slower "
            + "elsewhere, and a little less exact. Masks and everything else stay float32.", "float32", "bf16");
    public static readonly Option<double> Share = SharedOptions.Number("--core-share",
        "Share of the subnetworks that must keep a part for the wider core.", 0.8, 0, 1);
    public static readonly Option<int> Draws = SharedOptions.Number("--draws", "Random draws next to each ablation of the core.", 20, 1);
    public static readonly Option<int> AblationExamples = SharedOptions.Number("--ablation-examples",
        "Most examples of each set in ablations; 0 for all.", 0, 0);

    public static readonly Option<int> Heal = SharedOptions.Number("--heal", "Steps of training for the cut after everything else, on "
        + "--data, next to a random cut that is trained as long; 0 for none. Without it none, the demo 200.", 0, 0);
    public static readonly Option<string> HealLoss = new("--heal-loss")
    {
        Description = "Terms of the loss of --heal, as train's --loss names them, the full model being the teacher: labels, or "
            + "labels=0.1,outputs=0.9,temperature=2. Without it outputs=1,temperature=2, the demo labels.",
        HelpName = "TERMS",
        DefaultValueFactory = _ => HealRequest.UsualLoss,
    };

    public static readonly Option<string> Parts = new("--parts")
    {
        Description = "The parts in play, which a search may remove: kinds with commas between them, of "
            + $"{TenantNames.PartKinds}.",
        HelpName = "KINDS",
        DefaultValueFactory = _ => string.Join(',', PartKinds.InPlay),
    };

    public static readonly Option<bool> Uniform = new("--uniform")
    {
        Description = "Every layer keeps as many heads, key and value heads and neurons as any other, so that the cut has an ordinary "
            + "config.json of its family (docs/methods.md says which can).",
    };

    /// <summary>Options of the search itself, for every verb that searches.</summary>
    public static IReadOnlyList<Option> Search =>
        [Methods, Objective, Parts, Uniform, Seeds, Sparsity, Target, TimeTable,
            MaxExamples, MaxLength, Ablation, Share, Draws, AblationExamples, Precision];

    /// <summary>Options of the training that may follow.</summary>
    public static IReadOnlyList<Option> Healing => [Heal, HealLoss];

    /// <summary>Options that name model and data.</summary>
    public static IReadOnlyList<Option> Sources => [Model, Data, InDomain, OutOfDomain, Unseen, ChooseOn, Map];

    /// <summary>The request that the options make.</summary>
    /// <param name="p">what was given</param>
    /// <param name="data">the verb's own option for the data to learn on; null for <see cref="Data"/></param>
    public static StudyRequest Parse(ParseResult p, Option<string[]>? data = null) => With(p, Sourced(p, data));

    /// <summary>The model and data that are named, all else as it is by default.</summary>
    /// <param name="p">what was given</param>
    /// <param name="data">the verb's own option for the data to learn on; null for <see cref="Data"/></param>
    public static StudyRequest Sourced(ParseResult p, Option<string[]>? data = null) => new(
        NamedData.Listed(p.GetValue(data ?? Data), p.GetValue(InDomain), p.GetValue(OutOfDomain), p.GetValue(Unseen),
        p.GetValue(ChooseOn)))
    {
        Model = p.GetValue(Model),
        LabelMap = p.GetValue(Map)!,
    };

    /// <summary>The same with model and data given.</summary>
    public static StudyRequest With(ParseResult p, StudyRequest sources) => sources with
    {
        Title = p.GetValue(SharedOptions.Title) ?? sources.Title,
        Seeds = p.GetValue(Seeds) is { Length: > 0 } seeds ? SeedsOf("--seeds", seeds)
            : [.. Enumerable.Range(1, 6).Select(i => p.GetValue(SharedOptions.Seed) + (ulong)i)],
        Sparsities = Sizes(p) ?? sources.Sparsities,
        TimeTable = p.GetValue(TimeTable),
        Methods = p.GetValue(Methods) is { Length: > 0 } methods ? methods : sources.Methods,
        Objective = p.GetValue(Objective) ?? "",
        Parts = p.GetValue(Parts)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? PartKinds.InPlay,
        Uniform = p.GetValue(Uniform),
        Ablation = p.GetValue(Ablation)!,
        Examples = p.GetValue(MaxExamples),
        MostTokens = p.GetValue(MaxLength),
        Precision = p.GetValue(Precision) == "bf16" ? Tensors.Precision.Bf16 : Tensors.Precision.Float32,
        CoreShare = p.GetValue(Share),
        Draws = p.GetValue(Draws),
        AblationExamples = p.GetValue(AblationExamples),
        HealSteps = p.GetValue(Heal),
        HealLoss = p.GetValue(HealLoss) ?? sources.HealLoss,
    };

    static IReadOnlyList<SizeTarget>? Sizes(ParseResult p)
    {
        bool sparsity = p.GetResult(Sparsity) is { Implicit: false };
        if (p.GetValue(Target) is not { Length: > 0 } targets)
            return sparsity ? [.. p.GetValue(Sparsity)!.Select(s => (SizeTarget)s)] : null;
        if (sparsity) RunSupport.RefuseIdle(p, "with --target, which says the size (sparsity=0.5 too)", Sparsity);
        return [.. targets.Select(SizeTarget.Parse)];
    }

    /// <summary>Refuses options of healing that would have no effect.</summary>
    /// <param name="p">what was given</param>
    /// <param name="toTheEnd">whether the verb goes on to the cut</param>
    /// <exception cref="ArgumentException">nothing is cut, or the loss is of a training of no steps</exception>
    public static void CheckHealing(ParseResult p, bool toTheEnd)
    {
        if (!toTheEnd) RunSupport.RefuseIdle(p, "without --all: the cut is trained after everything else", Healing);
        else if (p.GetValue(Heal) == 0) RunSupport.RefuseIdle(p, "without --heal STEPS", HealLoss);
    }

    /// <summary>
    /// Says of a single number that it is a seed's and not how many seeds there are, and refuses --seed where the seeds are listed.
    /// </summary>
    /// <param name="p">what was given</param>
    /// <param name="tell">hears it</param>
    /// <param name="also">another list of seeds of the verb</param>
    /// <exception cref="ArgumentException">both --seed and --seeds are given</exception>
    public static void CheckSeeds(ParseResult p, Action<string> tell, params IEnumerable<Option<string>> also)
    {
        if (p.GetValue(Seeds) is { Length: > 0 }) RunSupport.RefuseIdle(p, "with --seeds, which lists the seeds", SharedOptions.Seed);
        foreach (Option<string> option in also.Prepend(Seeds))
            if (int.TryParse(p.GetValue(option), NumberStyles.None, CultureInfo.InvariantCulture, out int one) && one is > 1 and <= 100)
                tell($"{option.Name} {one} is one seed, the number {one}. {one} seeds: {option.Name} 1-{one}.");
    }

    /// <summary>Reads a list of seeds: 1-6 or 1,2,7.</summary>
    /// <exception cref="ArgumentException">it is neither</exception>
    public static IReadOnlyList<ulong> SeedsOf(string option, string text)
    {
        List<ulong> seeds = [];
        foreach (string word in text.Split(','))
        {
            string[] ends = word.Split('-');
            if (ends.Length is 1 or 2 && ulong.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out ulong first)
                && ulong.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong last)
                && first <= last && last - first < 10_000)
                for (ulong i = 0; i <= last - first; i++) seeds.Add(first + i);
            else throw new ArgumentException($"{option} takes 1-6 or 1,2,7; '{text}' is neither.");
        }
        return seeds;
    }
}
