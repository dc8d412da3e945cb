using System.Runtime.CompilerServices;
using Heartwood.Tensors.Backends;
using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>Matrix products.</summary>
public static class MatrixProducts
{
    /// <summary>
    /// activation(x · weightᵀ + bias): a linear layer as checkpoints store it. Weights at rest are packed for the kernels once and kept
    /// packed.
    /// </summary>
    /// <param name="x">[token in]</param>
    /// <param name="weight">[out in]; [in out] if <paramref name="inputFirst"/></param>
    /// <param name="bias">[out], or null</param>
    /// <param name="activation">applied to the result; fused where no gradient is needed</param>
    /// <param name="inputFirst">whether the weight is stored the other way round: activation(x · weight + bias)</param>
    /// <param name="precision">of products with a weight at rest that is not tracked, both ways; with any other they are float32</param>
    /// <returns>[token out]</returns>
    /// <exception cref="ShapeException">the shapes do not fit</exception>
    /// <exception cref="NotSupportedException">the backend in use has not this precision</exception>
    public static Tensor Linear(
        this Tensor x, Tensor weight, Tensor? bias = null, Activation activation = Activation.None, bool inputFirst = false,
        Precision precision = Precision.Float32)
    {
        var (tokens, input) = x.AsTokens();
        var (output, inner) = weight.AsWeight();
        if (inputFirst) (output, inner) = (inner, output);
        if (inner != input) throw new ShapeException($"A weight {weight.Shape} takes a width of {inner}, the input is {x.Shape}.");
        bias?.Require(new(output));
        bool recording = Recording(x, weight, bias);
        Tensor y = Product(x, weight, precision, !inputFirst, output, bias, recording ? null : Activations.UnaryOf(activation));
        if (!recording) return y;
        Tensor[] inputs = bias is null ? [x, weight] : [x, weight, bias];
        return Record("linear", y, [x.For(weight), weight.For(x)], inputs, g =>
        [
            x.Wanted() ? Product(g, weight, precision, inputFirst, input) : null,
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
    static Tensor Product(
        Tensor x, Tensor weight, Precision precision, bool turned, int columns, Tensor? bias = null, Unary? activation = null)
    {
        if (!Frozen(weight)) return Once(x, false, weight, turned, columns, bias, activation);
        var (rows, inner) = x.AsTokens();
        IProducts products = Machine.FrozenProducts(precision);
        Tensor packed = Packed(weight, products, turned), y = Tensor.Unset(new(rows, columns));
        products.MatMul(x.Values, rows, inner, packed.Values, columns, ValuesOf(bias), activation, y.Writable);
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
    static Tensor Packed(Tensor weight, IProducts products, bool turned)
    {
        PackedMatrices packed = Kept(weight, products);
        lock (packed)
        {
            if (turned) return packed.Transposed ??= Pack(weight, products, true);
            return packed.Plain ??= Pack(weight, products, false);
        }
    }

    static PackedMatrices Kept(Tensor weight, IProducts products)
    {
        if (weight.Packed is { } packed && packed.Products == products && packed.Version == weight.Version) return packed;
        return weight.Packed = new(products, weight.Version);
    }

    static Tensor Pack(Tensor weight, IProducts products, bool turned)
    {
        var (inner, columns) = weight.AsWeight();
        if (turned) (inner, columns) = (columns, inner);
        Tensor packed = Tensor.Lasting(products.PackedCount(inner, columns));
        products.Pack(weight.Values, inner, columns, turned, packed.Writable);
        return packed;
    }

    static (int Rows, int Columns) Matrix(Tensor x, [CallerArgumentExpression(nameof(x))] string name = "")
    {
        if (x.Shape.Rank == 2) return (x.Shape[0], x.Shape[1]);
        throw new ShapeException($"'{name}' should be a matrix [rows columns], it is {x.Shape}.");
    }
}
