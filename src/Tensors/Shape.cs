using System.Diagnostics.CodeAnalysis;

namespace Heartwood.Tensors;

/// <summary>
/// A tensor does not have the shape that an operation needs; the message names the tensor, the shape expected and the shape found.
/// </summary>
public sealed class ShapeException(string message) : ArgumentException(message);

/// <summary>The lengths of a tensor's axes, outermost first; <c>[]</c> is a single number.</summary>
public readonly struct Shape : IEquatable<Shape>
{
    readonly int[]? axes;

    /// <summary>A shape of these axis lengths.</summary>
    public Shape(params ReadOnlySpan<int> axes)
    {
        long count = 1;
        foreach (int length in axes)
        {
            if (length < 0) throw new ShapeException($"An axis cannot have length {length}.");
            count *= length;
            if (count > int.MaxValue)
                throw new ShapeException($"A tensor holds at most {int.MaxValue} numbers; [{string.Join(' ', axes.ToArray())}] is more.");
        }
        this.axes = axes.ToArray();
        Count = (int)count;
    }

    /// <summary>The axis lengths.</summary>
    public ReadOnlySpan<int> Axes => axes;

    /// <summary>Number of axes.</summary>
    public int Rank => axes?.Length ?? 0;

    /// <summary>Number of values; 1 for <c>[]</c>.</summary>
    public int Count { get => axes is null ? 1 : field; }

    /// <summary>Length of one axis; negative counts from the end.</summary>
    public int this[int axis] => axes![axis < 0 ? axis + axes.Length : axis];

    /// <summary>Length of the innermost axis, 1 for <c>[]</c>.</summary>
    public int Last => Rank == 0 ? 1 : axes![^1];

    /// <summary>The shape that two shapes broadcast to: axes are matched from the innermost, and a 1 stretches.</summary>
    /// <exception cref="ShapeException">two lengths differ and neither is 1</exception>
    public static Shape Broadcast(Shape a, Shape b)
    {
        if (a.Equals(b)) return a;
        int[] joint = new int[Math.Max(a.Rank, b.Rank)];
        for (int i = 1; i <= joint.Length; i++)
        {
            int x = i <= a.Rank ? a[^i] : 1, y = i <= b.Rank ? b[^i] : 1;
            if (x != y && x != 1 && y != 1)
                throw new ShapeException($"{a} and {b} do not broadcast: {x} is not {y}, and neither is 1.");
            joint[^i] = y == 1 ? x : y;
        }
        return new(joint);
    }

    int this[Index index] => axes![index];

    /// <inheritdoc/>
    public bool Equals(Shape other) => Axes.SequenceEqual(other.Axes);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Count * 31 + Rank;

    /// <summary>For example <c>[2 3]</c>.</summary>
    public override string ToString() => $"[{string.Join(' ', axes ?? [])}]";

    /// <inheritdoc cref="Equals(Shape)"/>
    public static bool operator ==(Shape a, Shape b) => a.Equals(b);

    /// <inheritdoc cref="Equals(Shape)"/>
    public static bool operator !=(Shape a, Shape b) => !a.Equals(b);
}
