using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Questions;

/// <summary>A model with few bits a weight, in several ways.</summary>
/// <param name="Stored">how large the full model is, and where it is</param>
/// <param name="Full">what the full model reaches</param>
/// <param name="Tasks">what each set asks; null where all ask for labels</param>
/// <param name="Data">the texts that moments were taken on</param>
/// <param name="Tokens">how many tokens of them</param>
/// <param name="Models">the quantized models; nearest rounding before what it is compared with</param>
public sealed record QuantizationFacts(
    StoredModel Stored, Measured Full, IReadOnlyDictionary<string, TaskFacts>? Tasks, IReadOnlyList<string> Data, int Tokens,
    IReadOnlyList<QuantizedFacts> Models);

/// <summary>One quantized model.</summary>
/// <param name="Name">its name</param>
/// <param name="Scheme">how it was quantized, in words</param>
/// <param name="Rounding">the name of the rounding</param>
/// <param name="IsRandom">whether the parts that have more bits were drawn at random</param>
/// <param name="Bits">bits of a weight in the layers' matrices, codes alone, mean over weights</param>
/// <param name="Error">Σ‖(W′ − W) x‖² / Σ‖W x‖² on the texts that moments were taken on, mean over the layers' matrices</param>
/// <param name="Stored">how large it is as codes and scales, and where it is written (as float32)</param>
/// <param name="Measured">what it reaches</param>
/// <param name="Likeness">how much it says what the full model says, by set</param>
public sealed record QuantizedFacts(
    string Name, string Scheme, string Rounding, bool IsRandom, double Bits, double Error, StoredModel Stored, Measured Measured,
    IReadOnlyDictionary<string, Likeness> Likeness)
{
    /// <summary>The model of nearest rounding that it is compared with; null of those themselves.</summary>
    public string? Nearest { get; init; }

    /// <summary>
    /// Its divergence from the full model less that of nearest rounding, on the same examples, by set: above zero it is worse.
    /// </summary>
    public IReadOnlyDictionary<string, Quantity> FromNearest { get; init; } = new Dictionary<string, Quantity>();

    /// <summary>What a reader should know of how it was made.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
