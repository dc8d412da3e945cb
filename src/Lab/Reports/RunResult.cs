using System.Text.Json.Serialization;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Reports.Paper;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Reports;

// The shape of result.json. Names are written in camelCase; every accuracy is {value, n, low, high}.

/// <summary>What a run found: the content of <c>result.json</c>, and all that the report draws.</summary>
/// <param name="Title">what was studied, for the report's headline</param>
/// <param name="Model">the model's size</param>
/// <param name="Full">the full model, measured</param>
/// <param name="Baselines">what needs no model: majority, a linear model on word overlap</param>
/// <param name="Subnetworks">the subnetworks found, every seed at every sparsity</param>
/// <param name="RandomSubnetworks">random masks of the same numbers of heads and MLPs, one beside each found subnetwork</param>
/// <param name="Overlap">overlap of the subnetworks against chance, one entry per sparsity</param>
/// <param name="Frequencies">how often each part is kept, one entry per sparsity</param>
/// <param name="Core">the parts that all subnetworks of the main sparsity keep</param>
/// <param name="Cores">the same at every sparsity</param>
/// <param name="KnockOuts">sets of parts knocked out of the full model</param>
/// <param name="PartKnockOuts">each part alone knocked out of the full model</param>
/// <param name="Correlation">over subnetworks, in-domain loss against out-of-domain accuracy, one entry per sparsity</param>
/// <param name="Cut">the cut model's size, speed and proof</param>
/// <param name="Seconds">how long the run took</param>
/// <param name="Manifest">how the result was made</param>
/// <param name="Cases">what is known of each case, by name; null where nothing is, and then the report shows the cases in one list</param>
/// <param name="Tasks">what each set asks, by its use; null where all ask for labels</param>
/// <param name="Paper">what <c>heartwood paper</c> adds; null for other runs, and then the report is that of one study</param>
public sealed record RunResult(
    string Title,
    ModelFacts Model,
    Measured Full,
    IReadOnlyDictionary<string, Measured> Baselines,
    IReadOnlyList<MeasuredSubnetwork> Subnetworks,
    IReadOnlyList<MeasuredSubnetwork> RandomSubnetworks,
    IReadOnlyList<OverlapFacts> Overlap,
    IReadOnlyList<FrequencyFacts> Frequencies,
    CoreFacts Core,
    IReadOnlyList<CoreFacts> Cores,
    IReadOnlyList<KnockOutFacts> KnockOuts,
    IReadOnlyList<KnockOutFacts> PartKnockOuts,
    IReadOnlyList<CorrelationFacts> Correlation,
    CutFacts Cut,
    double Seconds,
    Manifest Manifest,
    IReadOnlyDictionary<string, CaseFacts>? Cases = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PaperFacts? Paper = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, TaskFacts>? Tasks = null);

/// <summary>What a set asks.</summary>
/// <param name="Words">how it is spoken of</param>
/// <param name="Figures">the task's own figures</param>
public sealed record TaskFacts(TaskWords Words, IReadOnlyList<FigureFacts> Figures)
{
    /// <summary>Of a problem.</summary>
    public static TaskFacts Of(IProblem problem) => new(problem.Words, [.. problem.Figures.Select(f => new FigureFacts(f.Name, f.Unit, f.Meaning))]);
}

/// <summary>One figure of a task.</summary>
/// <param name="Name">its name</param>
/// <param name="Unit">its unit, "" for a plain number</param>
/// <param name="Meaning">what it is, in a sentence</param>
public sealed record FigureFacts(string Name, string Unit, string Meaning);

/// <summary>What a case is.</summary>
/// <param name="Set">"inDomain", "outOfDomain" or "unseen"</param>
/// <param name="Group">the group that it belongs to, "" where there is none</param>
/// <param name="Label">the label of all its examples; null where it holds several</param>
public sealed record CaseFacts(string Set, string Group, string? Label);

/// <summary>The size of a model.</summary>
/// <param name="Family">for example "bert"</param>
/// <param name="Layers">number of layers</param>
/// <param name="HeadsPerLayer">heads of each layer</param>
/// <param name="Width">width of the residual stream</param>
/// <param name="Parameters">number of weights</param>
/// <param name="Labels">the labels' names</param>
public sealed record ModelFacts(string Family, int Layers, IReadOnlyList<int> HeadsPerLayer, int Width, long Parameters, IReadOnlyList<string> Labels);

/// <summary>A subnetwork and its figures.</summary>
/// <param name="Seed">the seed it was found (or drawn) with</param>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="Sparsity">the sparsity it has: fraction of parts that are absent</param>
/// <param name="Parts">addresses of the kept parts</param>
/// <param name="InDomain">accuracy in-domain</param>
/// <param name="OutOfDomain">see <see cref="Measured"/></param>
/// <param name="Unseen">see <see cref="Measured"/></param>
/// <param name="Cases">accuracy per case</param>
/// <param name="Groups">balanced accuracy and AUC per group</param>
/// <param name="InDomainLoss">cross entropy in-domain, nats per example</param>
/// <param name="Agreement">share of in-domain examples answered as the full model does</param>
/// <param name="Kl">KL divergence from the full model in-domain, nats per example</param>
/// <param name="LargestDifference">largest difference of a logit between the cut model (which was measured) and the masked one</param>
/// <param name="Figures">see <see cref="Measured"/></param>
public sealed record MeasuredSubnetwork(
    ulong Seed, double TargetSparsity, double Sparsity, IReadOnlyList<string> Parts,
    Proportion InDomain, Proportion? OutOfDomain, Proportion? Unseen,
    IReadOnlyDictionary<string, Proportion> Cases,
    IReadOnlyDictionary<string, GroupFacts> Groups,
    double? InDomainLoss, Proportion? Agreement, double? Kl, double LargestDifference,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, IReadOnlyDictionary<string, Quantity>>? Figures = null);

/// <summary>Overlap of all pairs of subnetworks at one sparsity against random subnetworks with the same numbers of heads and of MLPs.</summary>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="Pairs">each pair</param>
public sealed record OverlapFacts(double TargetSparsity, IReadOnlyList<PairFacts> Pairs);

/// <summary>Overlap of one pair.</summary>
/// <param name="SeedA">seed of the first</param>
/// <param name="SeedB">seed of the second</param>
/// <param name="Shared">how many parts both keep</param>
/// <param name="Jaccard">shared / kept by either</param>
/// <param name="Expected">how many shared parts chance gives</param>
/// <param name="Low">lower end of chance's 95 % interval</param>
/// <param name="High">upper end of chance's 95 % interval</param>
/// <param name="PValue">probability of at least as many by chance, exact</param>
/// <param name="Corrected">the same after Holm's correction for the number of pairs</param>
public sealed record PairFacts(ulong SeedA, ulong SeedB, int Shared, double Jaccard, double Expected, double Low, double High, double PValue, double Corrected);

/// <summary>How many of the subnetworks at one sparsity keep each part.</summary>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="Subnetworks">how many subnetworks there are</param>
/// <param name="Kept">address of every part of the model, with how many subnetworks keep it</param>
public sealed record FrequencyFacts(double TargetSparsity, int Subnetworks, IReadOnlyDictionary<string, int> Kept);

/// <summary>The parts that all (or a stated share) of several subnetworks keep.</summary>
/// <param name="TargetSparsity">sparsity of the subnetworks</param>
/// <param name="Share">the share of subnetworks that must keep a part, 1 for all</param>
/// <param name="Subnetworks">how many subnetworks there are</param>
/// <param name="Parts">addresses of the core's parts</param>
/// <param name="ExpectedByChance">how many parts random subnetworks of the same sizes would share</param>
/// <param name="Low">lower end of chance's 95 % interval</param>
/// <param name="High">upper end of chance's 95 % interval</param>
/// <param name="PValue">probability of a core at least as large by chance</param>
/// <param name="Method">"exact" or "permutation, N draws"</param>
public sealed record CoreFacts(double TargetSparsity, double Share, int Subnetworks, IReadOnlyList<string> Parts, double ExpectedByChance, double Low, double High, double PValue, string Method);

/// <summary>A set of parts knocked out of the full model, and what is left.</summary>
/// <param name="Name">"core", "core heads", "core alone" (all but the core knocked out), "random heads 1", "random parts 1", "random parts alone 1" (all others knocked out), or a part's address</param>
/// <param name="Kind">"core", "random heads", "random parts", "random parts alone", or "part"</param>
/// <param name="Parts">addresses of the absent parts</param>
/// <param name="InDomain">accuracy in-domain</param>
/// <param name="OutOfDomain">accuracy out of domain</param>
/// <param name="Unseen">accuracy on unseen constructions</param>
/// <param name="Cases">accuracy per case</param>
/// <param name="Ranks">its place among the random draws of its kind (a part: among all parts of its kind); null for the random draws themselves</param>
public sealed record KnockOutFacts(
    string Name, string Kind, IReadOnlyList<string> Parts, Proportion InDomain, Proportion? OutOfDomain, Proportion? Unseen,
    IReadOnlyDictionary<string, Proportion> Cases, KnockOutRanks? Ranks = null)
{
    /// <summary>See <see cref="Measured"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, Quantity>>? Figures { get; init; }

    /// <summary>Its rank by in-domain accuracy.</summary>
    [JsonIgnore]
    public RankFacts? Rank => Ranks?.InDomain;
}

/// <summary>A knock-out's place among random draws, in-domain, out of domain and per case.</summary>
/// <param name="Among">what it is compared with: "random parts" for the core, "random heads" for its heads, "random parts alone" for the core alone, "heads" or "MLPs" for a part</param>
/// <param name="InDomain">by in-domain accuracy</param>
/// <param name="OutOfDomain">by accuracy out of domain; null where it was not measured</param>
/// <param name="Cases">by accuracy per case</param>
public sealed record KnockOutRanks(string Among, RankFacts InDomain, RankFacts? OutOfDomain, IReadOnlyDictionary<string, RankFacts> Cases);

/// <summary>A figure's place among random draws.</summary>
/// <param name="AtLeastAsHarmful">how many draws have an accuracy at most as high</param>
/// <param name="Draws">how many draws there are</param>
public sealed record RankFacts(int AtLeastAsHarmful, int Draws);

/// <summary>Over the subnetworks of one sparsity: in-domain loss against out-of-domain accuracy.</summary>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="N">how many subnetworks</param>
/// <param name="Pearson">correlation coefficient; NaN is written as null</param>
/// <param name="Low">lower end of its 95 % interval (Fisher's z), null below 4 subnetworks</param>
/// <param name="High">upper end</param>
public sealed record CorrelationFacts(double TargetSparsity, int N, double? Pearson, double? Low, double? High);

/// <summary>The cut model.</summary>
/// <param name="Seed">seed of the subnetwork that was cut</param>
/// <param name="Sparsity">its sparsity</param>
/// <param name="Folder">where it was written, relative to the run folder</param>
/// <param name="ParametersBefore">weights of the full model</param>
/// <param name="ParametersAfter">weights of the cut model</param>
/// <param name="LargestDifference">largest difference of a logit between cut and masked model</param>
/// <param name="FullSizeDifference">the same between the model of full size that computes the same and the masked model; NaN, written as
/// null, where there is none</param>
/// <param name="Compared">on how many examples these were measured</param>
/// <param name="SecondsPer1000TokensBefore">full model, median of several passes</param>
/// <param name="SecondsPer1000TokensAfter">cut model, in turn with the other</param>
/// <param name="SpeedUp">before / after</param>
/// <param name="NoFullSize">why no model of full size was written; null where one was</param>
public sealed record CutFacts(
    ulong Seed, double Sparsity, string Folder, long ParametersBefore, long ParametersAfter, double LargestDifference, double FullSizeDifference, int Compared,
    double SecondsPer1000TokensBefore, double SecondsPer1000TokensAfter, double SpeedUp, string? NoFullSize = null);

/// <summary>How a result was made; written before the work begins.</summary>
/// <param name="Command">the command line</param>
/// <param name="Version">version of Heartwood</param>
/// <param name="Machine">processor, cores, memory, operating system, .NET version</param>
/// <param name="Backend">the tensor backend</param>
/// <param name="Threads">number of threads</param>
/// <param name="Seeds">the seeds</param>
/// <param name="Started">when it began, UTC, ISO 8601</param>
/// <param name="ModelSha256">hash of the model's weights file</param>
/// <param name="Data">each data file with rows and hash</param>
/// <param name="Request">every option with its value</param>
public sealed record Manifest(
    string Command, string Version, string Machine, string Backend, int Threads, IReadOnlyList<ulong> Seeds, string Started,
    string ModelSha256, IReadOnlyList<DataFacts> Data, IReadOnlyDictionary<string, string> Request);

/// <summary>One data file.</summary>
/// <param name="Use">"train", "inDomain", "outOfDomain" or "unseen"; "config and tokenizer" for what belongs to the model beside its weights</param>
/// <param name="Source">the file, or the world and its seed; the model's folder</param>
/// <param name="Rows">number of examples; of a tokenizer, of words</param>
/// <param name="Sha256">hash of the file, or of the generated rows</param>
public sealed record DataFacts(string Use, string Source, int Rows, string Sha256);
