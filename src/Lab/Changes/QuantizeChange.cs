using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Quantization;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Lab.Changes;

/// <summary>
/// The cut (of all parts, the full model) with its matrices on grids of few bits. The values stand in the usual form, as float32, and
/// <c>quantization.json</c> next to them says the grid, bits and bytes of every matrix. With <c>others</c> nothing is cut: parts that do
/// not stay have fewer bits.
/// </summary>
/// <param name="scheme">how</param>
public sealed class QuantizeChange(Scheme? scheme = null) : IChange
{
    readonly Scheme how = scheme ?? new();

    /// <inheritdoc/>
    public string Name => "quantize";

    /// <inheritdoc/>
    public string InWords => $"the cut with few bits a weight ({Scheme.InWords})";

    /// <inheritdoc/>
    public IChange With(TenantSpec options) => new QuantizeChange(Scheme.Read(options));

    /// <inheritdoc/>
    public string? WhyNot(Original of) => Cuts(of) ? Cutting.WhyNot(of.Model, of.Kept, of.Ablation) : null;

    /// <inheritdoc/>
    public Changed Apply(Original of)
    {
        IModel start = Cuts(of) ? Cutting.Cut(of.Model, of.Kept, of.Ablation) : of.Model;
        Quantizer quantizer = new(start, of.Problem, of.Examples);
        QuantizedModel made = quantizer.Make(how, how.Others == 0 ? null : new(of.Ablation.Universe, of.Kept), null, of.Stop);
        double difference = MaskMeasuring.LargestDifference(of.Model, made.Model, Cuts(of) ? of.Kept : of.Ablation.Universe.Parts,
            of.Ablation, of.Problem, of.Examples, of.Stop);
        string claim = $"computes what the {(Cuts(of) ? "masked" : "full")} model does up to rounding ({how.Words})";
        return new(made.Model, new(claim, difference, of.Examples.Count))
        {
            Files = new Dictionary<string, byte[]> { [QuantizationFile.Name] = QuantizationFile.Write(how, made) },
            Bytes = made.Bytes,
        };
    }

    bool Cuts(Original of) => how.Others == 0 && of.Kept.Count < of.Ablation.Universe.Count;
}
