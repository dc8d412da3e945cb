using Heartwood.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Heartwood.Lab.Quantization;

/// <summary>How rounding is learned.</summary>
/// <param name="Steps">steps of Adam</param>
/// <param name="Rate">its learning rate</param>
/// <param name="Weight">how much undecided codes cost, next to an error that is 1 a weight where all go to the nearest value</param>
/// <param name="Damping">share of the mean diagonal that is added to moments</param>
public sealed record LearnedOptions(int Steps = 400, float Rate = 0.02f, float Weight = 0.3f, double Damping = 0.01);

/// <summary>
/// Whether each code is rounded down or up is learned (Nagel et al. 2020, "Up or down? Adaptive rounding for post-training quantization",
/// ICML, equations 21 to 24): w = s(⌊w/s⌋ + h(v)), h a stretched sigmoid, made small is tr(R ΔW H ΔWᵀ) + λ Σ (1 − |2h − 1|^β), β falling
/// from 20 to 2 after a fifth of the steps. H and R are moments, so that no step runs the model: the objective of aespa (Kim et al. 2024,
/// "Towards next-level post-training quantization of hyper-scale transformers", NeurIPS, equations 8 to 13). A block that ends with a
/// larger error than the nearest values keeps these.
/// </summary>
/// <param name="options">how</param>
public sealed class LearnedRounding(LearnedOptions? options = null) : IRounding
{
    const float Stretch = 1.2f, Below = -0.1f, FirstPower = 20, LastPower = 2, Warmup = 0.2f;

    readonly LearnedOptions o = options ?? new();

    /// <inheritdoc/>
    public string Name => "learned";

    /// <inheritdoc/>
    public bool SeesAttention => true;

    /// <inheritdoc/>
    public Rounded Round(ToRound matrix, CancellationToken stop)
    {
        Rounded nearest = matrix.Grids.Nearest(matrix.Weights);
        float[] values = (float[])nearest.Values.Clone();
        foreach (RowBlock block in matrix.Blocks) Learn(matrix, block, nearest, values, stop);
        return new(values, nearest.Steps);
    }

    void Learn(ToRound matrix, RowBlock block, Rounded nearest, float[] values, CancellationToken stop)
    {
        CellGrids grids = matrix.Grids;
        int columns = grids.Columns, count = block.Count * columns, first = block.Start * columns;
        if (grids.At(block.Start, 0).Kind == GridKind.F16) return;
        float[] w = matrix.Weights.AsSpan(first, count).ToArray(), down = new float[count], up = new float[count], v = new float[count];
        for (int i = 0; i < count; i++) (down[i], up[i], v[i]) = Ends(grids, nearest.Steps, block.Start + i / columns, i % columns, w[i]);
        Tensor h = Damped(block.Inputs, columns);
        Tensor? r = block.Outputs is { } outputs ? Damped(outputs, block.Count) : null;
        float[] d = new float[count], soft = new float[count], slope = new float[count];
        for (int i = 0; i < count; i++) d[i] = values[first + i] - w[i];
        double start = Energy(d, slope);
        if (!(start > 0)) return;
        float scale = (float)(count / start);
        float[] mean = new float[count], square = new float[count];
        for (int step = 0; step < o.Steps; step++)
        {
            stop.ThrowIfCancellationRequested();
            TensorPrimitives.Sigmoid(v, soft);
            for (int i = 0; i < count; i++) d[i] = down[i] + (up[i] - down[i]) * Open(soft[i]) - w[i];
            Energy(d, slope);
            float done = (step - Warmup * o.Steps) / ((1 - Warmup) * o.Steps);
            float power = LastPower + (FirstPower - LastPower) * 0.5f * (1 + MathF.Cos(MathF.PI * Math.Max(0, done)));
            float first1 = 1 - MathF.Pow(0.9f, step + 1), second = 1 - MathF.Pow(0.999f, step + 1);
            for (int i = 0; i < count; i++)
            {
                float open = Open(soft[i]), inside = open is > 0 and < 1 ? Stretch * soft[i] * (1 - soft[i]) : 0;
                float pull = 0;
                if (done > 0 && 2 * open - 1 is var side && side != 0)
                    pull = -o.Weight * power * MathF.Pow(MathF.Abs(side), power - 1) * 2 * MathF.Sign(side);
                float g = inside * (2 * scale * slope[i] * (up[i] - down[i]) + pull);
                mean[i] = 0.9f * mean[i] + 0.1f * g;
                square[i] = 0.999f * square[i] + 0.001f * g * g;
                v[i] -= o.Rate * (mean[i] / first1) / (MathF.Sqrt(square[i] / second) + 1e-8f);
            }
        }
        TensorPrimitives.Sigmoid(v, soft);
        float[] chosen = new float[count];
        for (int i = 0; i < count; i++) d[i] = (chosen[i] = Open(soft[i]) >= 0.5f ? up[i] : down[i]) - w[i];
        if (Energy(d, slope) < start) chosen.CopyTo(values, first);

        // tr(Rᵀ D H Dᵀ), and half its slope R D H
        double Energy(float[] difference, float[] into)
        {
            using Scope scope = Scope.Open();
            Tensor products = Tensor.From(difference, block.Count, columns).MatMul(h);
            if (r is not null) products = r.MatMul(products);
            products.Values.CopyTo(into);
            double sum = 0;
            for (int i = 0; i < count; i++) sum += (double)into[i] * difference[i];
            return sum;
        }
    }

    static float Open(float soft) => Math.Clamp(Stretch * soft + Below, 0, 1);

    // the values below and above a weight, and the v at which what lies between is the weight itself
    static (float Down, float Up, float V) Ends(CellGrids grids, GridStep[] steps, int row, int column, float weight)
    {
        int group = column / grids.Size;
        Grid grid = grids.At(row, group);
        GridStep step = steps[row * grids.Groups + group];
        float code = weight / step.Scale + step.Zero, floor = Math.Clamp(MathF.Floor(code), grid.Low, grid.High);
        float above = Math.Clamp(floor + 1, grid.Low, grid.High);
        float share = Math.Clamp(code - floor, 0.02f, 0.98f), soft = (share - Below) / Stretch;
        return (step.Scale * (floor - step.Zero), step.Scale * (above - step.Zero), MathF.Log(soft / (1 - soft)));
    }

    Tensor Damped(double[] moment, int n)
    {
        double mean = 0;
        for (int i = 0; i < n; i++) mean += moment[i * n + i] / n;
        float[] damped = Array.ConvertAll(moment, value => (float)value);
        for (int i = 0; i < n; i++) damped[i * n + i] += (float)(o.Damping * mean);
        return Tensor.From(damped, n, n).KeepForever();
    }
}
