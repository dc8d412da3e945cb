using System.Runtime.CompilerServices;
using Heartwood.Tensors.Backends;
using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>Matrix products.</summary>
public static class MatrixProducts
{
    /// <summary>activation(x · weightᵀ + bias): a linear layer as checkpoints store it. Weights at rest are packed for the kernels once and kept packed.</summary>
    /// <param name="x">[token in]</param>
    /// <param name="weight">[out in]; [in out] if <paramref name="inputFirst"/></param>
    /// <param name="bias">[out], or null</param>
    /// <param name="activation">applied to the result; fused where no gradient is needed</param>
    /// <param name="inputFirst">whether the weight is stored the other way round: activation(x · weight + bias)</param>
    /// <returns>[token out]</returns>
    /// <exception cref="ShapeException">the shapes do not fit</exception>
    public static Tensor Linear(this Tensor x, Tensor weight, Tensor? bias = null, Activation activation = Activation.None, bool inputFirst = false)
    {
        var (tokens, input) = x.AsTokens();
        var (output, inner) = weight.AsWeight();
        if (inputFirst) (output, inner) = (inner, output);
        if (inner != input) throw new ShapeException($"A weight {weight.Shape} takes a width of {inner}, the input is {x.Shape}.");
        bias?.Require(new(output));
        bool recording = Recording(x, weight, bias);
        Tensor y = Product(x, weight, !inputFirst, output, bias, recording ? null : Activations.UnaryOf(activation));
        if (!recording) return y;
        Tensor[] inputs = bias is null ? [x, weight] : [x, weight, bias];
        return Record("linear", y, [x.For(weight), weight.For(x)], inputs, g =>
        [
            x.Wanted() ? Product(g, weight, inputFirst, input) : null,
            weight.Wanted() ? inputFirst ? Outer(x, g) : Outer(g, x) : null,
            .. bias is null ? Array.Empty<Tensor?>() : [bias.Wanted() ? g.SumTo(bias.Shape) : null],
        ]).Activate(activation);
    }

    /// <summary>a · b.</summary>
    /// <param name="a">[rows inner]</param>
    /// <param name="b">[inner columns]</param>
    /// <returns>[rows columns]</returns>
    public static Tensor MatMul(this Tensor a, Tensor b)
    {
        var (rows, inner) = Matrix(a);
        var (height, columns) = Matrix(b);
        if (inner != height) throw new ShapeException($"{a.Shape} times {b.Shape}: {inner} columns meet {height} rows.");
        Tensor y = Once(a, false, b, false, columns);
        return Record("matmul", y, [b.For(a), a.For(b)],
            (a, g => Once(g, false, b, true, inner)),
            (b, g => Outer(a, g)));
    }

    // activation(x · weight + bias), or by the transposed weight
    static Tensor Product(Tensor x, Tensor weight, bool turned, int columns, Tensor? bias = null, Unary? activation = null)
    {
        if (!Frozen(weight)) return Once(x, false, weight, turned, columns, bias, activation);
        var (rows, inner) = x.AsTokens();
        Tensor y = Tensor.Unset(new(rows, columns));
        Machine.Backend.Frozen.MatMul(x.Values, rows, inner, Packed(weight, turned).Values, columns, ValuesOf(bias), activation, y.Writable);
        return y;
    }

    // aᵀ · b for a [inner rows], b [inner columns]
    static Tensor Outer(Tensor a, Tensor b) => Once(a, true, b, false, b.Shape[1]);

    static Tensor Once(Tensor a, bool transposed, Tensor b, bool turned, int columns, Tensor? bias = null, Unary? activation = null)
    {
        (int rows, int inner) = transposed ? (a.Shape[1], a.Shape[0]) : (a.Shape[0], a.Shape[1]);
        Tensor y = Tensor.Unset(new(rows, columns));
        Machine.Backend.MatMulOnce(a.Values, rows, inner, transposed, b.Values, columns, turned, ValuesOf(bias), activation, y.Writable);
        return y;
    }

    static ReadOnlySpan<float> ValuesOf(Tensor? bias) => bias is null ? default : bias.Values;

    static bool Frozen(Tensor weight) => weight.AtRest && !weight.Tracked;

    // a frozen weight, or its transpose, as the right side of products
    static Tensor Packed(Tensor weight, bool turned)
    {
        PackedMatrices packed = Kept(weight);
        lock (packed) return turned ? packed.Transposed ??= Pack(weight, true) : packed.Plain ??= Pack(weight, false);
    }

    static PackedMatrices Kept(Tensor weight) =>
        weight.Packed is { } packed && packed.Backend == Machine.Backend && packed.Version == weight.Version
            ? packed : weight.Packed = new(Machine.Backend, weight.Version);

    static Tensor Pack(Tensor weight, bool turned)
    {
        var (inner, columns) = weight.AsWeight();
        if (turned) (inner, columns) = (columns, inner);
        IProducts products = Machine.Backend.Frozen;
        Tensor packed = Tensor.Lasting(products.PackedCount(inner, columns));
        products.Pack(weight.Values, inner, columns, turned, packed.Writable);
        return packed;
    }

    static (int Rows, int Columns) Matrix(Tensor x, [CallerArgumentExpression(nameof(x))] string name = "") =>
        x.Shape.Rank == 2 ? (x.Shape[0], x.Shape[1]) : throw new ShapeException($"'{name}' should be a matrix [rows columns], it is {x.Shape}.");
}
