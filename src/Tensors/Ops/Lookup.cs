using Heartwood.Tensors.Backends;
using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>Rows by index.</summary>
public static class Lookup
{
    /// <summary>Rows of a table, one per index.</summary>
    /// <param name="table">[row width]</param>
    /// <param name="indices">which rows</param>
    /// <returns>[index width]</returns>
    /// <exception cref="ArgumentOutOfRangeException">an index is not a row of the table</exception>
    public static Tensor Rows(this Tensor table, int[] indices)
    {
        var (rows, width) = table.AsWeight();
        if (indices.FirstOutside(rows) is { } index)
            throw new ArgumentOutOfRangeException(nameof(indices), index, $"The table has rows 0 to {rows - 1}.");
        if (Recording(table)) indices = [.. indices];            // the gradient needs them after the caller may have changed the array
        Tensor y = Tensor.Unset(new(indices.Length, width));
        Machine.Backend.Rows(table.Values, indices, width, y.Writable);
        return Record("rows", y, [], (table, g =>
        {
            Tensor back = Tensor.Unset(new(rows, width));        // dense: an optimizer's moments decay in every row
            Machine.Backend.RowsSlope(g.Values, indices, width, back.Writable);
            return back;
        }
        ));
    }
}
