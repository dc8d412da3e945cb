using System.Text.Json.Serialization;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies;

/// <summary>Every part of a model ablated alone, on data.</summary>
/// <param name="Sets">the data: what is ablated on first, as in-domain data, and what else is measured next to it</param>
public sealed record AblationRequest(IReadOnlyList<NamedData> Sets)
{
    /// <summary>folder of the model; null for the embedded one</summary>
    public string? Model { get; init; }

    /// <summary>what the model's labels count as</summary>
    public string LabelMap { get; init; } = "";

    /// <summary>names of the kinds of part that are ablated, each part alone</summary>
    public IReadOnlyList<string> Parts { get; init; } = PartKinds.InPlay;

    /// <summary>what stands in for an ablated part, as <c>--ablation</c> takes it</summary>
    public string Ablation { get; init; } = "mean";

    /// <summary>"loss" or "accuracy" of the answers, or the name of an objective</summary>
    public string Measure { get; init; } = AblationRun.Loss;

    /// <summary>most examples of each set, spread evenly; 0 for all</summary>
    public int Examples { get; init; } = 2000;

    /// <summary>longest input in tokens; 0 for the model's own</summary>
    public int MostTokens { get; init; }

    /// <summary>of products with the weights</summary>
    public Precision Precision { get; init; }

    /// <summary>the page's headline; "" for the model's name</summary>
    public string Title { get; init; } = "";

    /// <summary>what names in the request are looked up in; no part of what is kept</summary>
    [JsonIgnore]
    public Tenants Tenants { get; init; } = Tenants.Usual;

    /// <summary>Refuses names that nothing has, before model and data are there.</summary>
    /// <exception cref="ArgumentException">names what is unknown, with the nearest that there is</exception>
    public void Check()
    {
        if (!Sets.Has(Role.InDomain)) throw new ArgumentException("On what should parts be ablated? Give --data FILE.");
        Tenants.PartKinds.Named(Parts);
        Tenants.Ablations.Parse(Ablation);
        Tasks.Tables.LabelMap.Parse(LabelMap);
        string[] measures = [AblationRun.Loss, AblationRun.Accuracy, .. Tenants.Objectives.Select(o => o.Name)];
        if (!measures.Contains(Measure)) throw new ArgumentException(Nearest.Unknown("measure", Measure, measures));
    }
}
