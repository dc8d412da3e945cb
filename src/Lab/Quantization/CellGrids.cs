namespace Heartwood.Lab.Quantization;

/// <summary>The grids of a matrix [out in]: one for each group of a row's neighbours, which differ by their bits alone.</summary>
/// <param name="grid">the grid where nothing else is said</param>
/// <param name="rows">outputs</param>
/// <param name="columns">inputs</param>
public sealed class CellGrids(Grid grid, int rows, int columns)
{
    readonly Dictionary<int, Grid> others = [];
    byte[]? bits;

    /// <summary>Weights of a group; the last of a row may have fewer.</summary>
    public int Size => grid.Group == 0 ? columns : grid.Group;

    /// <summary>Groups of a row.</summary>
    public int Groups => (columns + Size - 1) / Size;

    /// <summary>Outputs.</summary>
    public int Rows => rows;

    /// <summary>Inputs.</summary>
    public int Columns => columns;

    /// <summary>The grid of a group.</summary>
    public Grid At(int row, int group)
    {
        if (bits is null) return grid;
        int own = bits[row * Groups + group];
        if (own == grid.Bits) return grid;
        lock (others)
            return others.TryGetValue(own, out Grid? other) ? other : others[own] = grid with { Bits = own };
    }

    /// <summary>Gives the groups that a rectangle touches at least so many bits.</summary>
    public void Raise(int firstRow, int rowCount, int firstColumn, int columnCount, int atLeast)
    {
        if (bits is null) Array.Fill(bits = new byte[rows * Groups], (byte)grid.Bits);
        for (int row = firstRow; row < firstRow + rowCount; row++)
            for (int group = firstColumn / Size; group <= (firstColumn + columnCount - 1) / Size; group++)
                bits[row * Groups + group] = (byte)Math.Max(bits[row * Groups + group], atLeast);
    }

    /// <summary>Bits of all weights with their scales, as a file would hold them.</summary>
    public long Bits
    {
        get
        {
            long sum = 0;
            for (int row = 0; row < rows; row++)
                for (int group = 0; group < Groups; group++)
                    sum += At(row, group).BitsOf(Math.Min(Size, columns - group * Size));
            return sum;
        }
    }

    /// <summary>Bits of a code, mean over the weights.</summary>
    public double CodeBits
    {
        get
        {
            if (grid.Kind == GridKind.F16) return 16;
            double sum = 0;
            for (int row = 0; row < rows; row++)
                for (int group = 0; group < Groups; group++)
                    sum += (double)At(row, group).Bits * Math.Min(Size, columns - group * Size);
            return sum / ((double)rows * columns);
        }
    }

    /// <summary>Every weight as the nearest value of its group's grid.</summary>
    /// <param name="weights">[out in] row by row</param>
    public Rounded Nearest(ReadOnlySpan<float> weights)
    {
        float[] values = new float[rows * columns];
        GridStep[] steps = new GridStep[rows * Groups];
        for (int row = 0; row < rows; row++)
            for (int group = 0; group < Groups; group++)
            {
                int start = row * columns + group * Size, count = Math.Min(Size, columns - group * Size);
                Grid own = At(row, group);
                GridStep step = steps[row * Groups + group] = own.Fit(weights.Slice(start, count));
                for (int i = start; i < start + count; i++) values[i] = own.Nearest(weights[i], step);
            }
        return new(values, steps);
    }
}

/// <summary>A matrix of values on its grids.</summary>
/// <param name="Values">[out in] row by row</param>
/// <param name="Steps">scale and zero of each group, [out group]</param>
public sealed record Rounded(float[] Values, GridStep[] Steps);
