using Heartwood.Tensors.Backends;
using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>Positions as rotations.</summary>
public static class Rotary
{
    /// <summary>
    /// Turns each head's pairs of values by the angles of the row's position (Su et al. 2021, eq. 34); value d of a head pairs with
    /// value d + headWidth / 2, as published checkpoints have it. Lengths stay, and products of two turned heads depend on their distance.
    /// </summary>
    /// <param name="x">[token width], the heads side by side</param>
    /// <param name="turns">[position headWidth]: cosines of the position's angles, then their sines; a constant, without a gradient</param>
    /// <param name="positions">position of each row</param>
    /// <returns>[token width]</returns>
    /// <exception cref="ShapeException">
    /// the width does not divide into heads of the table's width, that is odd, or there is not one position per row
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">a position is not a row of the table</exception>
    public static Tensor Rotate(this Tensor x, Tensor turns, int[] positions)
    {
        var (tokens, width) = x.AsTokens();
        var (rows, headWidth) = turns.AsTokens();
        if (headWidth == 0 || headWidth % 2 != 0 || width % headWidth != 0)
            throw new ShapeException($"A width of {width} does not divide into heads of {headWidth}, an even number.");
        if (positions.Length != tokens)
            throw new ShapeException($"{x.Shape} has {tokens} rows, {positions.Length} positions were named; give one each.");
        if (positions.FirstOutside(rows) is { } position)
            throw new ArgumentOutOfRangeException(nameof(positions), position, $"The table has positions 0 to {rows - 1}.");
        if (Recording(x)) positions = [.. positions];            // the gradient needs them after the caller may have changed his
        return Record("rotate", Turned(x, false), [], (x, g => Turned(g.Spread(x.Shape), true)));

        Tensor Turned(Tensor value, bool back)
        {
            Tensor y = Tensor.Unset(value.Shape);
            Machine.Backend.Rotate(value.Values, turns.Values, positions, headWidth, back, y.Writable);
            return y;
        }
    }
}
