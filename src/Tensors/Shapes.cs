using System.Runtime.CompilerServices;

namespace Heartwood.Tensors;

/// <summary>Shapes said in words: each takes a tensor apart by the names of its axes, or says what it should have been.</summary>
public static class Shapes
{
    /// <summary>The axes of a packed activation.</summary>
    public static (int Tokens, int Width) AsTokens(this Tensor x, [CallerArgumentExpression(nameof(x))] string name = "") =>
        x.Shape.Rank == 2 ? (x.Shape[0], x.Shape[1]) : throw Wrong(x, name, "[token width]");

    /// <summary>The axes of a linear layer's weight.</summary>
    public static (int Out, int In) AsWeight(this Tensor x, [CallerArgumentExpression(nameof(x))] string name = "") =>
        x.Shape.Rank == 2 ? (x.Shape[0], x.Shape[1]) : throw Wrong(x, name, "[out in]");

    /// <summary>The axes of a batch of scores.</summary>
    public static (int Batch, int Labels) AsLogits(this Tensor x, [CallerArgumentExpression(nameof(x))] string name = "") =>
        x.Shape.Rank == 2 ? (x.Shape[0], x.Shape[1]) : throw Wrong(x, name, "[batch label]");

    /// <summary>Checks an exact shape.</summary>
    public static Tensor Require(this Tensor x, Shape shape, [CallerArgumentExpression(nameof(x))] string name = "") =>
        x.Shape == shape ? x : throw Wrong(x, name, shape.ToString());

    /// <summary>The first index that is no row of a table with this many rows; null where all are.</summary>
    internal static int? FirstOutside(this int[] indices, int rows)
    {
        int at = rows == 0 ? indices.Length - 1 : indices.AsSpan().IndexOfAnyExceptInRange(0, rows - 1);
        return at < 0 ? null : indices[at];
    }

    static ShapeException Wrong(Tensor x, string name, string expected) => new($"'{name}' should be {expected}, it is {x.Shape}.");
}
