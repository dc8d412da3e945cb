using Heartwood.Lab.Changes;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Tensors;

namespace Heartwood.Tests.Toys;

/// <summary>The cut model, with so many bits of each weight's fraction: 23 change nothing, 7 are bfloat16.</summary>
sealed class Rounded(int bits = 7) : IChange
{
    static readonly CutChange cut = new();

    public string Name => "rounded";

    public string InWords => "the cut model with rounded weights";

    public IChange With(TenantSpec options)
    {
        Rounded read = new(options.Number("bits", bits, 1, 23));
        options.RefuseUnread();
        return read;
    }

    public string? WhyNot(Original of) => cut.WhyNot(of);

    public Changed Apply(Original of)
    {
        IModel exact = cut.Apply(of).Model;
        IModel made = exact.With(exact.Config, exact.Weights.Map((_, tensor) => Round(tensor)));
        double most = MaskMeasuring.LargestDifference(of.Model, made, of.Kept, of.Ablation, of.Problem, of.Examples, of.Stop);
        return new(made, new($"is the cut model at {bits} bits", most, of.Examples.Count));
    }

    Tensor Round(Tensor tensor)
    {
        float[] rounded = new float[tensor.Count];
        for (int i = 0; i < rounded.Length; i++) rounded[i] = Round(tensor.Values[i]);
        return Tensor.From(rounded, tensor.Shape.Axes).KeepForever();
    }

    // to the nearest, halves away from zero
    float Round(float value)
    {
        int dropped = 23 - bits;
        if (dropped == 0) return value;
        uint half = 1u << (dropped - 1), left = BitConverter.SingleToUInt32Bits(value) + half;
        return BitConverter.UInt32BitsToSingle(left & ~((1u << dropped) - 1));
    }
}
