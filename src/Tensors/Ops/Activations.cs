using Heartwood.Tensors.Backends;
using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>Which function a linear layer applies to its result.</summary>
public enum Activation
{
    /// <summary>none</summary>
    None,

    /// <summary>x Φ(x)</summary>
    GeluErf,

    /// <summary>GELU's approximation by tanh</summary>
    GeluTanh,

    /// <summary>hyperbolic tangent</summary>
    Tanh,

    /// <summary>max(x, 0)</summary>
    Relu,

    /// <summary>x / (1 + e^−x)</summary>
    Silu,
}

/// <summary>Functions of each value.</summary>
public static class Activations
{
    /// <summary>e^x</summary>
    public static Tensor Exp(this Tensor x) => Map("exp", Unary.Exp, x);

    /// <summary>Natural logarithm; −∞ at 0 and NaN below.</summary>
    public static Tensor Log(this Tensor x) => Map("log", Unary.Log, x);

    /// <summary>Square root.</summary>
    public static Tensor Sqrt(this Tensor x) => Map("sqrt", Unary.Sqrt, x);

    /// <summary>Absolute value; its slope at 0 is 0.</summary>
    public static Tensor Abs(this Tensor x) => Map("abs", Unary.Abs, x);

    /// <summary>1 / (1 + e^−x)</summary>
    public static Tensor Sigmoid(this Tensor x) => Map("sigmoid", Unary.Sigmoid, x);

    /// <summary>Hyperbolic tangent.</summary>
    public static Tensor Tanh(this Tensor x) => Map("tanh", Unary.Tanh, x);

    /// <summary>max(x, 0); its slope at 0 is 0.</summary>
    public static Tensor Relu(this Tensor x) => Map("relu", Unary.Relu, x);

    /// <summary>x Φ(x) (Hendrycks and Gimpel 2016); absolute error below 1e-6.</summary>
    public static Tensor Gelu(this Tensor x) => Map("gelu", Unary.GeluErf, x);

    /// <summary>GELU's approximation by tanh (Hendrycks and Gimpel 2016, section 2).</summary>
    public static Tensor GeluTanh(this Tensor x) => Map("gelu tanh", Unary.GeluTanh, x);

    /// <summary>x / (1 + e^−x) (Elfwing, Uchibe and Doya 2018; the gate of SwiGLU, Shazeer 2020).</summary>
    public static Tensor Silu(this Tensor x) => Map("silu", Unary.Silu, x);

    /// <summary>Each value held between two bounds; the slope is 1 strictly inside and 0 elsewhere.</summary>
    public static Tensor Clamp(this Tensor x, float low, float high) => Map("clamp", Unary.Clamp, x, low, high);

    /// <summary>The named function.</summary>
    public static Tensor Activate(this Tensor x, Activation activation) =>
        UnaryOf(activation) is { } op ? Map(activation.ToString(), op, x) : x;

    internal static Unary? UnaryOf(Activation activation) => activation switch
    {
        Activation.None => null,
        Activation.GeluErf => Unary.GeluErf,
        Activation.GeluTanh => Unary.GeluTanh,
        Activation.Tanh => Unary.Tanh,
        Activation.Relu => Unary.Relu,
        Activation.Silu => Unary.Silu,
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, null),
    };

    static Tensor Map(string name, Unary op, Tensor x, float p = 0, float q = 0)
    {
        Tensor y = Tensor.Unset(x.Shape);
        Machine.Backend.Map(op, x.Values, y.Writable, p, q);
        return Record(name, y, [x], (x, g =>
        {
            Tensor slope = Tensor.Unset(x.Shape);
            Machine.Backend.MapSlope(op, x.Values, g.Spread(x.Shape).Values, slope.Writable, p, q);
            return slope;
        }
        ));
    }
}
