using Heartwood.Tensors.Backends;
using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>Softmax, layer norm and RMS norm over the innermost axis.</summary>
public static class Normalization
{
    /// <summary>e^x / Σ e^x over the innermost axis.</summary>
    public static Tensor Softmax(this Tensor x) => Softmax(x, false);

    /// <summary>x − ln Σ e^x over the innermost axis.</summary>
    public static Tensor LogSoftmax(this Tensor x) => Softmax(x, true);

    static Tensor Softmax(Tensor x, bool logarithm)
    {
        int width = x.Shape.Last, rows = x.Count / Math.Max(1, width);
        Tensor y = Tensor.Unset(x.Shape);
        Machine.Backend.Softmax(x.Values, rows, width, logarithm, y.Writable);
        return Record(logarithm ? "log softmax" : "softmax", y, [y], (x, g =>
        {
            Tensor dx = Tensor.Unset(x.Shape);
            Machine.Backend.SoftmaxSlope(y.Values, g.Spread(x.Shape).Values, rows, width, logarithm, dx.Writable);
            return dx;
        }
        ));
    }

    /// <summary>(x − mean) / √(variance + epsilon) · gain + shift over the innermost axis (Ba, Kiros and Hinton 2016).</summary>
    /// <param name="x">[token width]</param>
    /// <param name="gain">[width]</param>
    /// <param name="shift">[width]</param>
    /// <param name="epsilon">added to the variance</param>
    /// <exception cref="ShapeException">gain or shift is not [width]</exception>
    public static Tensor LayerNorm(this Tensor x, Tensor gain, Tensor shift, float epsilon)
    {
        int width = x.Shape.Last, rows = x.Count / Math.Max(1, width);
        gain.Require(new(width));
        shift.Require(new(width));
        Tensor y = Tensor.Unset(x.Shape), statistics = Tensor.Unset(new(rows, 2));
        Machine.Backend.LayerNorm(x.Values, gain.Values, shift.Values, rows, width, epsilon, y.Writable, statistics.Writable);
        return Record("layer norm", y, [x, gain, statistics], [x, gain, shift], g =>
        {
            bool weights = gain.Wanted() || shift.Wanted();
            Shape each = new(weights ? width : 0);
            Tensor dx = Tensor.Unset(x.Shape), dGain = Tensor.Unset(each), dShift = Tensor.Unset(each);
            ReadOnlySpan<float> slope = g.Spread(x.Shape).Values;
            Machine.Backend.LayerNormSlope(
                x.Values, gain.Values, statistics.Values, slope, rows, width, dx.Writable, dGain.Writable, dShift.Writable);
            return [dx, dGain, dShift];
        });
    }

    /// <summary>
    /// x / √(mean x² + epsilon) · gain over the innermost axis (Zhang and Sennrich 2019, eq. 4), or over each stretch of it that is as wide
    /// as the gain: each of the heads that stand side by side.
    /// </summary>
    /// <param name="x">[token width], or [token heads·width]</param>
    /// <param name="gain">[width]</param>
    /// <param name="epsilon">added to the mean square</param>
    /// <exception cref="ShapeException">gain is not [width], of a width that divides the axis</exception>
    public static Tensor RmsNorm(this Tensor x, Tensor gain, float epsilon)
    {
        int width = gain.Count > 0 && x.Shape.Last % gain.Count == 0 ? gain.Count : x.Shape.Last, rows = x.Count / Math.Max(1, width);
        gain.Require(new(width));
        Tensor y = Tensor.Unset(x.Shape), statistics = Tensor.Unset(new(rows));
        Machine.Backend.RmsNorm(x.Values, gain.Values, rows, width, epsilon, y.Writable, statistics.Writable);
        return Record("rms norm", y, [x, gain, statistics], [x, gain], g =>
        {
            Tensor dx = Tensor.Unset(x.Shape), dGain = Tensor.Unset(new(gain.Wanted() ? width : 0));
            ReadOnlySpan<float> slope = g.Spread(x.Shape).Values;
            Machine.Backend.RmsNormSlope(x.Values, gain.Values, statistics.Values, slope, rows, width, dx.Writable, dGain.Writable);
            return [dx, dGain];
        });
    }
}
