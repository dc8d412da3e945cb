using Heartwood.Tensors.Backends;
using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>Sums, differences, products and quotients with broadcasting; sums and means over axes.</summary>
public static class Arithmetic
{
    /// <summary>a + b, broadcast.</summary>
    public static Tensor Add(this Tensor a, Tensor b) => Record("add", Zip(Binary.Add, a, b), [], (a, g => g), (b, g => g));

    /// <summary>a − b, broadcast.</summary>
    public static Tensor Subtract(this Tensor a, Tensor b) =>
        Record("subtract", Zip(Binary.Subtract, a, b), [], (a, g => g), (b, g => g * -1));

    /// <summary>a · b value by value, broadcast.</summary>
    public static Tensor Multiply(this Tensor a, Tensor b) =>
        Record("multiply", Zip(Binary.Multiply, a, b), [b.For(a), a.For(b)], (a, g => g * b), (b, g => g * a));

    /// <summary>a / b value by value, broadcast.</summary>
    public static Tensor Divide(this Tensor a, Tensor b)
    {
        Tensor y = Zip(Binary.Divide, a, b);
        return Record("divide", y, [b, y.For(b)], (a, g => g / b), (b, g => g * y / b * -1));
    }

    /// <summary>scale · x + shift.</summary>
    public static Tensor Affine(this Tensor x, float scale, float shift)
    {
        Tensor y = Tensor.Unset(x.Shape);
        Machine.Backend.Map(Unary.Affine, x.Values, y.Writable, scale, shift);
        return Record("affine", y, [], (x, g => g * scale));
    }

    /// <summary>Sum of all values.</summary>
    public static Tensor Sum(this Tensor x) => x.SumTo(new());

    /// <summary>Mean of all values.</summary>
    /// <exception cref="ShapeException">there are none</exception>
    public static Tensor Mean(this Tensor x) =>
        x.Count > 0 ? x.Sum() * (1f / x.Count) : throw new ShapeException($"A tensor {x.Shape} has no mean.");

    /// <summary>Sum over the axes that <paramref name="to"/> lacks or has as 1: the reverse of broadcasting.</summary>
    /// <exception cref="ShapeException"><paramref name="to"/> does not broadcast to this tensor's shape</exception>
    public static Tensor SumTo(this Tensor x, Shape to)
    {
        if (x.Shape == to) return x;
        if (Shape.Broadcast(x.Shape, to) is var joint && joint != x.Shape)
            return Record("spread", Zip(Binary.Add, x, Tensor.Zeros(joint.Axes)), [], (x, g => g)).SumTo(to);
        int[] axes = x.Shape.Axes.ToArray(), target = new int[axes.Length];
        for (int i = 1; i <= axes.Length; i++) target[^i] = i <= to.Rank ? to[-i] : 1;
        Tensor sum = x.Detach();
        int inner = 1;
        for (int axis = axes.Length - 1; axis >= 0; axis--)
        {
            if (target[axis] == axes[axis])
            {
                inner *= axes[axis];
                continue;
            }
            int count = 1;                                       // neighbouring summed axes are summed in one go
            for (; axis >= 0 && target[axis] != axes[axis]; axis--) count *= axes[axis];
            axis++;
            int outer = 1;
            for (int i = 0; i < axis; i++) outer *= axes[i];
            Tensor next = Tensor.Unset(new(outer, inner));
            Machine.Backend.Sum(sum.Values, outer, count, inner, next.Writable);
            sum = next;
        }
        return Record("sum", sum.As(to.Axes), [], (x, g => g.Spread(x.Shape)));
    }

    /// <summary>The values repeated along the axes that <paramref name="to"/> has and this tensor lacks or has as 1.</summary>
    public static Tensor Spread(this Tensor x, Shape to) => x.Shape == to ? x : x + Tensor.Zeros(to.Axes);

    static Tensor Zip(Binary op, Tensor a, Tensor b)
    {
        Shape joint = Shape.Broadcast(a.Shape, b.Shape);
        Tensor y = Tensor.Unset(joint);
        if (joint.Count > 0) Machine.Backend.Zip(op, a.Values, b.Values, y.Writable, Walk.Broadcast(a.Shape, b.Shape, joint));
        return y;
    }
}
