namespace Heartwood.Lab.Quantization;

/// <summary>
/// Rows of a matrix whose errors are weighed together: tr(Rᵀ ΔW H ΔWᵀ). The rows of a head have a moment R of their own, others none
/// (R = 1: every row by itself).
/// </summary>
/// <param name="Start">the first row</param>
/// <param name="Count">how many</param>
/// <param name="Inputs">H, [in in]</param>
/// <param name="Outputs">R, [row row]; null for 1</param>
public sealed record RowBlock(int Start, int Count, double[] Inputs, double[]? Outputs = null)
{
    /// <summary>Σ over rows of a difference in the block.</summary>
    /// <param name="difference">of the whole matrix, [out in]</param>
    /// <param name="columns">inputs</param>
    public double Energy(float[] difference, int columns)
    {
        float[] own = difference.AsSpan(Start * columns, Count * columns).ToArray();
        if (Outputs is null) return Moments.Energy(own, Inputs, columns);
        double sum = 0;
        using Tensors.Scope scope = Tensors.Scope.Open();
        Tensors.Tensor d = Tensors.Tensor.From(own, Count, columns);
        ReadOnlySpan<float> h = Tensors.MatrixProducts.MatMul(d, Single(Inputs, columns)).Values;
        ReadOnlySpan<float> r = Tensors.MatrixProducts.MatMul(Single(Outputs, Count), d).Values;
        for (int i = 0; i < own.Length; i++) sum += (double)h[i] * r[i];
        return sum;
    }

    static Tensors.Tensor Single(double[] values, int n) => Tensors.Tensor.From(Array.ConvertAll(values, v => (float)v), n, n);
}

/// <summary>A matrix to be rounded.</summary>
/// <param name="Weights">[out in] row by row</param>
/// <param name="Grids">the values that it may have</param>
/// <param name="Blocks">its rows, in order, none left out</param>
public sealed record ToRound(float[] Weights, CellGrids Grids, IReadOnlyList<RowBlock> Blocks);

/// <summary>A way to choose the codes of a matrix.</summary>
public interface IRounding
{
    /// <summary>Its name on the command line: "gptq".</summary>
    string Name { get; }

    /// <summary>Whether it asks what attention makes of queries, keys and values.</summary>
    bool SeesAttention => false;

    /// <summary>Chooses.</summary>
    /// <param name="matrix">the matrix, and how its errors count</param>
    /// <param name="stop">ends the work</param>
    Rounded Round(ToRound matrix, CancellationToken stop);
}

/// <summary>The nearest value of the grid, whatever the inputs are.</summary>
public sealed class NearestRounding : IRounding
{
    /// <inheritdoc/>
    public string Name => "nearest";

    /// <inheritdoc/>
    public Rounded Round(ToRound matrix, CancellationToken stop) => matrix.Grids.Nearest(matrix.Weights);
}
