using Heartwood.Tensors.Backends;
using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>Rows and values by index.</summary>
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
        foreach (int index in indices)
            if ((uint)index >= (uint)rows) throw new ArgumentOutOfRangeException(nameof(indices), index, $"The table has rows 0 to {rows - 1}.");
        indices = [.. indices];                                  // the gradient needs them after the caller may have changed his
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

    /// <summary>One value of each row.</summary>
    /// <param name="x">[batch label]</param>
    /// <param name="columns">which value of each row</param>
    /// <returns>[batch]</returns>
    /// <exception cref="ShapeException">not one column per row, or a column that is not there</exception>
    public static Tensor Pick(this Tensor x, int[] columns)
    {
        var (batch, labels) = x.AsLogits();
        if (columns.Length != batch) throw new ShapeException($"{x.Shape} has {batch} rows, {columns.Length} columns were named.");
        foreach (int column in columns)
            if ((uint)column >= (uint)labels) throw new ShapeException($"{x.Shape} has no column {column}.");
        columns = [.. columns];                                  // as in Rows
        Tensor y = Tensor.Unset(new(batch));
        for (int i = 0; i < batch; i++) y.Writable[i] = x.Values[i * labels + columns[i]];
        return Record("pick", y, [], (x, g =>
        {
            Tensor back = Tensor.Zeros(batch, labels), spread = g.Spread(new(batch));
            for (int i = 0; i < batch; i++) back.Writable[i * labels + columns[i]] = spread.Values[i];
            return back;
        }
        ));
    }
}
