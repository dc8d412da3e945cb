using System.Numerics.Tensors;
using Heartwood.Tensors;

namespace Heartwood.Lab.Quantization;

/// <summary>How GPTQ goes through a matrix.</summary>
/// <param name="Damping">share of the mean diagonal that is added to moments</param>
/// <param name="Block">columns after which corrections reach the weights that grids of later groups are fitted to</param>
/// <param name="ByActivity">whether columns go by the size of their inputs, largest first; groups then are runs of that order</param>
/// <param name="Fixed">whether grids are fitted before anything is corrected, to groups of the matrix's own order</param>
/// <param name="DeadToZero">
/// whether weights of inputs that were always zero become zero, as GPTQ's program does; else they go to the nearest value, for other texts
/// may use them
/// </param>
public sealed record GptqOptions(
    double Damping = 0.01, int Block = 128, bool ByActivity = false, bool Fixed = false, bool DeadToZero = false);

/// <summary>
/// GPTQ (Frantar et al. 2023, "GPTQ: accurate post-training quantization", ICLR; algorithm 1): column by column to the nearest value, the
/// error e = (w − q)/U_jj passed on to later columns as w_k −= e·U_jk, with Uᵀ U = H⁻¹. Where rows have a moment R too (Kim et al. 2025,
/// "BoA: attention-aware post-training quantization without backpropagation", equations 12 to 15), what a row misses is passed on to later
/// rows of its head: w_j −= (w_i − q_i)·V_ij/V_ii, with Vᵀ V = R⁻¹.
/// </summary>
/// <param name="name">its name</param>
/// <param name="seesAttention">whether row moments are asked for</param>
/// <param name="options">how</param>
public sealed class GptqRounding(string name, bool seesAttention, GptqOptions? options = null) : IRounding
{
    readonly GptqOptions o = options ?? new();

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool SeesAttention => seesAttention;

    /// <summary>The order of the columns that a moment gives: largest diagonal first where that is asked for, dead ones as 1.</summary>
    internal static int[] OrderOf(double[] h, int columns, bool byActivity)
    {
        int[] all = [.. Enumerable.Range(0, columns)];
        return byActivity ? [.. all.OrderByDescending(j => h[j * columns + j] is var size && size == 0 ? 1 : size)] : all;
    }

    /// <inheritdoc/>
    public Rounded Round(ToRound matrix, CancellationToken stop)
    {
        CellGrids grids = matrix.Grids;
        int columns = grids.Columns;
        float[] values = new float[matrix.Weights.Length];
        GridStep[] steps = new GridStep[grids.Rows * grids.Groups];
        Dictionary<double[], Pass> passes = [];
        foreach (RowBlock block in matrix.Blocks)
            if (!passes.ContainsKey(block.Inputs)) passes[block.Inputs] = Prepare(block.Inputs, columns);
        // rows without a moment of their own are independent: many small pieces of work
        (RowBlock Block, double[]? Rows)[] pieces = [.. matrix.Blocks.SelectMany(Pieces)
            .Select(b => (b, b.Outputs is null ? null : Triangular.UpperOfInverse(b.Outputs, b.Count, o.Damping)))];
        Parallelism.For(pieces.Length, p =>
        {
            stop.ThrowIfCancellationRequested();
            var (block, rows) = pieces[p];
            RoundBlock(matrix, block, rows, passes[block.Inputs], values, steps);
        });
        return new(values, steps);
    }

    static IEnumerable<RowBlock> Pieces(RowBlock block)
    {
        const int rows = 8;
        if (block.Outputs is not null) return [block];
        return Enumerable.Range(0, (block.Count + rows - 1) / rows)
            .Select(i => block with { Start = block.Start + i * rows, Count = Math.Min(rows, block.Count - i * rows) });
    }

    // what the inputs say: the order of the columns, which are dead, the factor of their inverse in that order
    sealed record Pass(int[] Order, bool[] Dead, double[] Upper);

    Pass Prepare(double[] h, int columns)
    {
        int[] order = OrderOf(h, columns, o.ByActivity);
        bool[] dead = [.. order.Select(j => h[j * columns + j] == 0)];
        double[] turned = new double[columns * columns];
        for (int i = 0; i < columns; i++)
            for (int j = 0; j < columns; j++) turned[i * columns + j] = i == j && dead[i] ? 1 : h[order[i] * columns + order[j]];
        return new(order, dead, Triangular.UpperOfInverse(turned, columns, o.Damping));
    }

    void RoundBlock(ToRound matrix, RowBlock block, double[]? rows, Pass pass, float[] values, GridStep[] steps)
    {
        int columns = matrix.Grids.Columns;
        double[][] weights = new double[block.Count][];
        for (int r = 0; r < block.Count; r++)
            weights[r] = [.. pass.Order.Select(j => (double)matrix.Weights[(block.Start + r) * columns + j])];
        double[] was = new double[columns], missed = new double[columns];
        for (int r = 0; r < block.Count; r++)
        {
            double[] w = weights[r];
            if (rows is not null) w.CopyTo(was, 0);
            RoundRow(matrix.Grids, block.Start + r, w, pass, steps);
            for (int i = 0; i < columns; i++) values[(block.Start + r) * columns + pass.Order[i]] = (float)w[i];
            if (rows is null) continue;
            TensorPrimitives.Subtract<double>(was, w, missed);
            for (int later = r + 1; later < block.Count; later++)
                TensorPrimitives.MultiplyAdd<double>(missed, -rows[r * block.Count + later] / rows[r * block.Count + r], weights[later],
                    weights[later]);
        }
    }

    // w in the order of the columns; replaced by its values on the grid
    void RoundRow(CellGrids grids, int row, double[] w, Pass pass, GridStep[] steps)
    {
        int columns = w.Length, size = grids.Size;
        float[] fitted = [.. w.Select(v => (float)v)];
        GridStep[] own = new GridStep[grids.Groups];
        bool wholeRows = grids.Groups == 1, before = wholeRows || o.Fixed;
        if (before)
        {
            float[] inOrder = new float[columns];
            for (int i = 0; i < columns; i++) inOrder[pass.Order[i]] = fitted[i];
            if (o.DeadToZero && !wholeRows)
                for (int i = 0; i < columns; i++)
                    if (pass.Dead[i]) inOrder[pass.Order[i]] = 0;
            for (int g = 0; g < own.Length; g++)
                own[g] = grids.At(row, g).Fit(inOrder.AsSpan(g * size, Math.Min(size, columns - g * size)));
        }
        if (o.DeadToZero)
            for (int i = 0; i < columns; i++)
                if (pass.Dead[i]) w[i] = 0;
        for (int start = 0; start < columns; start += o.Block)
        {
            int end = Math.Min(columns, start + o.Block);
            if (!before)
                for (int i = start; i < columns; i++) fitted[i] = (float)w[i];
            for (int i = start; i < end; i++)
            {
                int group = before && o.Fixed && !wholeRows ? pass.Order[i] / size : i / size;
                Grid grid = grids.At(row, group);
                if (!before && i % size == 0) own[group] = grid.Fit(fitted.AsSpan(i, Math.Min(size, columns - i)));
                double value = w[i], rounded = grid.Nearest((float)value, own[group]), factor = pass.Upper[i * columns + i];
                w[i] = rounded;
                if (pass.Dead[i]) continue;
                TensorPrimitives.MultiplyAdd(pass.Upper.AsSpan(i * columns + i + 1, columns - i - 1), -(value - rounded) / factor,
                    w.AsSpan(i + 1), w.AsSpan(i + 1));
            }
        }
        own.CopyTo(steps.AsSpan(row * grids.Groups));
    }
}
