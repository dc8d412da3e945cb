using System.Text.Json.Serialization;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Reports.Paper;
using Heartwood.Lab.Runs;

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

/// <summary>The size of a model.</summary>
/// <param name="Family">for example "bert"</param>
/// <param name="Layers">number of layers</param>
/// <param name="HeadsPerLayer">heads of each layer</param>
/// <param name="Width">width of the residual stream</param>
/// <param name="Parameters">number of weights</param>
/// <param name="Labels">the labels' names</param>
public sealed record ModelFacts(string Family, int Layers, IReadOnlyList<int> HeadsPerLayer, int Width, long Parameters, IReadOnlyList<string> Labels);
