using System.Text.Json.Serialization;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training;
using Heartwood.Lab.Training.Objectives;

namespace Heartwood.Lab.Studies;

/// <summary>What <c>heartwood train</c> is asked.</summary>
/// <param name="Sets">
/// training data, and sets to measure on while training, out of domain for the curve only; there may be none
/// </param>
/// <param name="Options">how to train</param>
public sealed record TrainingRequest(IReadOnlyList<NamedData> Sets, TrainingOptions Options)
{
    /// <summary>what names in the request are looked up in; no part of what is kept</summary>
    [JsonIgnore]
    public Tenants Tenants { get; init; } = Tenants.Usual;

    /// <summary>folder of the model to fine-tune; null to make one of <see cref="Size"/></summary>
    public string? From { get; init; }

    /// <summary>family of a fresh model, one of <see cref="ModelFolder.Families"/></summary>
    public string Family { get; init; } = "bert";

    /// <summary>size of a fresh model</summary>
    public ModelSize Size { get; init; } = new();

    /// <summary>folder whose tokenizer a fresh model reads with: another model's, say; null for <see cref="Vocabulary"/></summary>
    public string? Tokenizer { get; init; }

    /// <summary>the fresh model's vocabulary, a vocab.txt; null for the made-up language's</summary>
    public string? Vocabulary { get; init; }

    /// <summary>whether the fresh model's tokenizer makes lower case</summary>
    public bool LowerCase { get; init; } = true;

    /// <summary>how a fresh model begins</summary>
    public FreshRecipe Fresh { get; init; } = FreshRecipe.Plain;

    /// <summary>
    /// the label names, in order; empty to take them from the model or, for one that is fresh or has no head, from the data, sorted. Others
    /// than the model's give it a new head
    /// </summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>the renaming that makes the model's labels the out-of-domain data's</summary>
    public string LabelMap { get; init; } = "";

    /// <summary>longest input in tokens; 0 for the model's own</summary>
    public int MaxLength { get; init; }

    /// <summary>the terms of the loss, see <see cref="LossTerms.Parse"/>; "" for what training makes small without a teacher</summary>
    public string Loss { get; init; } = "";

    /// <summary>the model that terms of the loss compare with, or several, as <see cref="Teachers.In"/> reads them; null for none</summary>
    public string? Teacher { get; init; }

    /// <summary>steps at which the model is kept as a folder, besides the last</summary>
    public IReadOnlyList<int> CheckpointSteps { get; init; } = [];

    /// <summary>steps between two measurements; 0 for ten in all</summary>
    public int EvaluateEvery { get; init; }

    /// <summary>whether weights are stored as bf16</summary>
    public bool Half { get; init; }
}
