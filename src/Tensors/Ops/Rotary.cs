using Heartwood.Tensors.Backends;
using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>Positions as rotations.</summary>
public static class Rotary
{
    /// <summary>
    /// Turns each head's pairs of values by the angles of the row's position (Su et al. 2021, eq. 34); value d of a head pairs with
    /// value d + turned / 2, as published checkpoints have it. Lengths stay, and products of two turned heads depend on their distance.
    /// Where only the first share of each head is turned (GPT-NeoX, Black et al. 2022, section 2.1.1), the rest of it stays what it is.
    /// </summary>
    /// <param name="x">[token width], the heads side by side</param>
    /// <param name="turns">
    /// [position turned]: cosines of the position's angles, then their sines; a constant, without a gradient; its width is how many values
    /// of a head are turned
    /// </param>
    /// <param name="positions">position of each row</param>
    /// <param name="headWidth">width of a head; null where all of it is turned</param>
    /// <returns>[token width]</returns>
    /// <exception cref="ShapeException">
    /// the width does not divide into heads, more than a head or an odd number is turned, or there is not one position per row
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">a position is not a row of the table</exception>
    public static Tensor Rotate(this Tensor x, Tensor turns, int[] positions, int? headWidth = null)
    {
        var (tokens, width) = x.AsTokens();
        var (rows, turned) = turns.AsTokens();
        int each = headWidth ?? turned;
        if (turned == 0 || turned % 2 != 0 || each < 1 || width % each != 0)
            throw new ShapeException($"A width of {width} does not divide into heads of {each}, "
                + (headWidth is null ? "an even number." : $"of which an even number is turned, not {turned}."));
        if (turned > each) throw new ShapeException($"{turned} values of a head are turned, a head has {each}.");
        if (positions.Length != tokens)
            throw new ShapeException($"{x.Shape} has {tokens} rows, {positions.Length} positions were named; give one each.");
        if (positions.FirstOutside(rows) is { } position)
            throw new ArgumentOutOfRangeException(nameof(positions), position, $"The table has positions 0 to {rows - 1}.");
        if (Recording(x)) positions = [.. positions];            // the gradient needs them after the caller may have changed his
        return Record("rotate", Turned(x, false), [], (x, g => Turned(g.Spread(x.Shape), true)));

        Tensor Turned(Tensor value, bool back)
        {
            Tensor y = Tensor.Unset(value.Shape);
            Machine.Backend.Rotate(value.Values, turns.Values, positions, each, turned, back, y.Writable);
            return y;
        }
    }
}
