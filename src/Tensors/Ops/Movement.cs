using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>Slices and concatenation.</summary>
public static class Movement
{
    /// <summary>A run along one axis.</summary>
    /// <param name="x">any shape with the axis</param>
    /// <param name="axis">which axis, from 0</param>
    /// <param name="start">where the run starts</param>
    /// <param name="length">how long it is</param>
    /// <exception cref="ShapeException">the run is not inside the axis</exception>
    public static Tensor Slice(this Tensor x, int axis, int start, int length)
    {
        if (axis < 0 || axis >= x.Shape.Rank || start < 0 || length < 0 || start + length > x.Shape[axis])
            throw new ShapeException($"{x.Shape} has no run of {length} from {start} along axis {axis}.");
        var (outer, count, inner) = Around(x.Shape, axis);
        Tensor y = Tensor.Unset(With(x.Shape, axis, length));
        for (int o = 0; o < outer; o++)
            x.Values.Slice((o * count + start) * inner, length * inner).CopyTo(y.Writable[(o * length * inner)..]);
        return Record("slice", y, [], (x, g =>
        {
            Tensor back = Tensor.Zeros(x.Shape.Axes);
            for (int o = 0; o < outer; o++)
                g.Values.Slice(o * length * inner, length * inner).CopyTo(back.Writable[((o * count + start) * inner)..]);
            return back;
        }
        ));
    }

    /// <summary>One row without its axis: of [token width] the [width] of a token.</summary>
    /// <param name="x">any shape with an axis</param>
    /// <param name="row">which row; negative from the end, so that −1 is the last</param>
    /// <exception cref="ShapeException">there is no such row</exception>
    public static Tensor Row(this Tensor x, int row)
    {
        int from = row < 0 && x.Shape.Rank > 0 ? row + x.Shape[0] : row;
        if (x.Shape.Rank == 0 || from < 0 || from >= x.Shape[0]) throw new ShapeException($"{x.Shape} has no row {row}.");
        return x.Slice(0, from, 1).As(x.Shape.Axes[1..]);
    }

    /// <summary>Tensors one after another along an axis; all other axes must agree.</summary>
    /// <exception cref="ShapeException">there is none, or other axes differ</exception>
    public static Tensor Concatenate(int axis, params Tensor[] pieces)
    {
        if (pieces.Length == 0) throw new ShapeException("Nothing to concatenate.");
        Shape first = pieces[0].Shape;
        foreach (Tensor piece in pieces)
            if (axis < 0 || axis >= piece.Shape.Rank || With(piece.Shape, axis, 0) != With(first, axis, 0))
                throw new ShapeException($"{first} and {piece.Shape} do not concatenate along axis {axis}.");
        int total = pieces.Sum(p => p.Shape[axis]);
        var (outer, _, inner) = Around(first, axis);
        Tensor y = Tensor.Unset(With(first, axis, total));
        int[] starts = new int[pieces.Length];
        for (int i = 0, at = 0; i < pieces.Length; at += pieces[i].Shape[axis], i++)
        {
            starts[i] = at;
            int run = pieces[i].Shape[axis] * inner;
            for (int o = 0; o < outer; o++) pieces[i].Values.Slice(o * run, run).CopyTo(y.Writable[((o * total + at) * inner)..]);
        }
        return Record("concatenate", y, [], pieces, g =>
            [.. pieces.Select((p, i) => p.Wanted() ? g.Slice(axis, starts[i], p.Shape[axis]) : null)]);
    }

    static (int Outer, int Count, int Inner) Around(Shape shape, int axis)
    {
        int outer = 1, inner = 1;
        for (int i = 0; i < axis; i++) outer *= shape[i];
        for (int i = axis + 1; i < shape.Rank; i++) inner *= shape[i];
        return (outer, shape[axis], inner);
    }

    static Shape With(Shape shape, int axis, int length)
    {
        int[] axes = shape.Axes.ToArray();
        axes[axis] = length;
        return new(axes);
    }
}
