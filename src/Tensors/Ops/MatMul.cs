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
        Tensor y = Tensor.Unset(new(tokens, output));
        Products(weight).MatMul(x.Values, tokens, input, false, Packed(weight, !inputFirst).Values, output, bias is null ? default : bias.Values,
            recording ? null : Activations.UnaryOf(activation), y.Writable);
        if (!recording) return y;
        Tensor[] inputs = bias is null ? [x, weight] : [x, weight, bias];
        return Record("linear", y, [x.For(weight), weight.For(x)], inputs, g =>
        [
            x.Wanted() ? Times(g, Packed(weight, inputFirst), input, Products(weight)) : null,
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
        Tensor y = Times(a, Pack(b, inner, columns, false), columns);
        return Record("matmul", y, [b.For(a), a.For(b)],
            (a, g => Times(g, Pack(b, columns, inner, true), inner)),
            (b, g => Outer(a, g)));
    }

    // a · packed
    static Tensor Times(Tensor a, Tensor packed, int columns, IProducts? products = null)
    {
        Tensor y = Tensor.Unset(new(a.Shape[0], columns));
        (products ?? Machine.Backend).MatMul(a.Values, a.Shape[0], a.Shape[1], false, packed.Values, columns, default, null, y.Writable);
        return y;
    }

    // aᵀ · b for a [inner rows], b [inner columns]
    static Tensor Outer(Tensor a, Tensor b)
    {
        int inner = a.Shape[0], rows = a.Shape[1], columns = b.Shape[1];
        Tensor y = Tensor.Unset(new(rows, columns));
        Machine.Backend.MatMul(a.Values, rows, inner, true, Pack(b, inner, columns, false).Values, columns, default, null, y.Writable);
        return y;
    }

    static bool Frozen(Tensor weight) => weight.AtRest && !weight.Tracked;

    static IProducts Products(Tensor weight) => Frozen(weight) ? Machine.Backend.Frozen : Machine.Backend;

    // a weight, or its transpose, as the right side of a product
    static Tensor Packed(Tensor weight, bool transposed)
    {
        var (inner, columns) = weight.AsWeight();
        if (transposed) (inner, columns) = (columns, inner);
        if (!Frozen(weight)) return Pack(weight, inner, columns, transposed);
        PackedMatrices packed = Kept(weight);
        lock (packed)
            return transposed
                ? packed.Transposed ??= Pack(weight, inner, columns, true, lasting: true, Machine.Backend.Frozen)
                : packed.Plain ??= Pack(weight, inner, columns, false, lasting: true, Machine.Backend.Frozen);
    }

    static PackedMatrices Kept(Tensor weight) =>
        weight.Packed is { } packed && packed.Backend == Machine.Backend && packed.Version == weight.Version
            ? packed : weight.Packed = new(Machine.Backend, weight.Version);

    static Tensor Pack(Tensor b, int inner, int columns, bool transposed, bool lasting = false, IProducts? products = null)
    {
        products ??= Machine.Backend;
        int count = products.PackedCount(inner, columns);
        Tensor packed = lasting ? Tensor.Lasting(count) : Tensor.Unset(new(count));
        products.Pack(b.Values, inner, columns, transposed, packed.Writable);
        return packed;
    }

    static (int Rows, int Columns) Matrix(Tensor x, [CallerArgumentExpression(nameof(x))] string name = "") =>
        x.Shape.Rank == 2 ? (x.Shape[0], x.Shape[1]) : throw new ShapeException($"'{name}' should be a matrix [rows columns], it is {x.Shape}.");
}
