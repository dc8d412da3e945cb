using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Quantization;

/// <summary>
/// Inputs of matrices divided, and the matrices' columns multiplied, by the same numbers, so that the function stays and roundings lie
/// better. The division is folded into what makes the inputs: the norm before a block, the values of heads, the second factor of gated
/// neurons. Where the stream itself is read (families with the norm after a block) or an activation stands between (neurons that are not
/// gated), nothing can be folded and nothing is scaled.
/// </summary>
public static class InputScaling
{
    /// <summary>Whether the inputs at a point of a layer can be divided.</summary>
    public static bool Folds(IModel model, int layer, Point point)
    {
        LayerShape shape = model.Layers[layer];
        return point switch
        {
            Point.AttentionIn => shape.Heads > 0 && NormOf(shape.Attention) is not null,
            Point.MlpIn => shape.Neurons > 0 && NormOf(shape.Mlp) is not null,
            Point.Heads => shape.Heads > 0,
            Point.Neurons => shape.Neurons > 0 && Gated(model, shape) is not null,
            _ => false,
        };
    }

    /// <summary>
    /// The numbers as they can be: heads that share a value have the same ones, their geometric mean.
    /// </summary>
    /// <param name="model">the model</param>
    /// <param name="layer">the layer</param>
    /// <param name="point">where the inputs pass</param>
    /// <param name="scales">one for each input, positive</param>
    public static double[] Shared(IModel model, int layer, Point point, double[] scales)
    {
        LayerBlock block = model.Layers[layer].Attention;
        if (point != Point.Heads || block.Groups.Count == 0) return scales;
        double[] shared = new double[scales.Length];
        for (int g = 0, head = 0; g < block.Groups.Count; head += block.Groups[g++])
            for (int i = 0; i < block.ItemWidth; i++)
            {
                int[] same = [.. Enumerable.Range(head, block.Groups[g]).Select(h => h * block.ItemWidth + i)];
                double mean = Math.Exp(same.Average(at => Math.Log(scales[at])));
                foreach (int at in same) shared[at] = mean;
            }
        return shared;
    }

    /// <summary>The weights with the inputs at a point divided and the matrices that read them multiplied.</summary>
    /// <param name="model">the model</param>
    /// <param name="layer">the layer</param>
    /// <param name="point">where the inputs pass</param>
    /// <param name="scales">one for each input, as <see cref="Shared"/> gives them</param>
    public static Weights Fold(IModel model, int layer, Point point, double[] scales)
    {
        Dictionary<string, Tensor> changed = [];
        Weights weights = model.Weights;
        foreach (WeightMatrix matrix in WeightMatrix.InLayer(model, layer).Where(m => m.Reads!.Value.Point == point))
        {
            float[] values = matrix.Read(weights);
            for (int i = 0; i < values.Length; i++) values[i] = (float)(values[i] * scales[i % matrix.Columns]);
            changed[matrix.Name] = matrix.Write(values);
        }
        LayerShape shape = model.Layers[layer];
        switch (point)
        {
            case Point.AttentionIn: DivideNorm(shape.Attention); break;
            case Point.MlpIn: DivideNorm(shape.Mlp); break;
            case Point.Heads:
                int[] firsts = FirstOfGroups(shape.Attention);
                foreach (WeightMatrix matrix in WeightMatrix.InLayer(model, layer))
                    foreach (HeadRows rows in matrix.Heads.Where(rows => rows.What == Projection.Value))
                        DivideRows(matrix, rows.Start, scales.AsSpan(firsts[rows.Head] * rows.Count, rows.Count));
                break;
            case Point.Neurons:
                DivideRows(WeightMatrix.InLayer(model, layer).Single(m => m.Name == Gated(model, shape)), 0, scales);
                break;
        }
        return weights.With(changed);

        void DivideNorm(LayerBlock block)
        {
            string name = NormOf(block)!;
            changed[name] = Divided(weights.All[name], block.NormAdds);
            string shift = BiasOf(name);
            if (weights.All.TryGetValue(shift, out Tensor? bias)) changed[shift] = Divided(bias, 0);
        }

        Tensor Divided(Tensor of, float plus)
        {
            float[] values = of.Values.ToArray();
            for (int i = 0; i < values.Length; i++) values[i] = (float)(((double)values[i] + plus) / scales[i] - plus);
            return Tensor.From(values, of.Shape.Axes).KeepForever();
        }

        void DivideRows(WeightMatrix matrix, int start, ReadOnlySpan<double> by)
        {
            float[] values = changed.TryGetValue(matrix.Name, out Tensor? own) ? matrix.Read(weights.With([new(matrix.Name, own)]))
                : matrix.Read(weights);
            for (int r = 0; r < by.Length; r++)
                for (int c = 0; c < matrix.Columns; c++)
                {
                    ref float value = ref values[(start + r) * matrix.Columns + c];
                    value = (float)(value / by[r]);
                }
            changed[matrix.Name] = matrix.Write(values);
            string name = BiasOf(matrix.Name);
            if (!weights.All.TryGetValue(name, out Tensor? bias)) return;
            float[] shifted = (changed.TryGetValue(name, out Tensor? before) ? before : bias).Values.ToArray();
            for (int r = 0; r < by.Length; r++) shifted[start + r] = (float)(shifted[start + r] / by[r]);
            changed[name] = Tensor.From(shifted, bias.Shape.Axes).KeepForever();
        }
    }

    /// <summary>
    /// SmoothQuant's numbers (Xiao et al. 2023, ICML, equation 4): s_j = max|x_j|^α / max_i|W_ij|^(1 − α).
    /// </summary>
    /// <param name="moments">of the inputs</param>
    /// <param name="matrices">the matrices that read them, each [out in] row by row</param>
    /// <param name="alpha">how much of the difficulty moves from inputs to weights, 0 to 1</param>
    public static double[] Smooth(Moments moments, IReadOnlyList<float[]> matrices, double alpha)
    {
        const double least = 1e-5;
        int width = moments.Width;
        double[] largest = new double[width];
        foreach (float[] matrix in matrices)
            for (int i = 0; i < matrix.Length; i++) largest[i % width] = Math.Max(largest[i % width], Math.Abs(matrix[i]));
        return [.. Enumerable.Range(0, width).Select(j => moments.Largest[j] == 0 ? 1
            : Math.Max(Math.Pow(moments.Largest[j], alpha) / Math.Pow(Math.Max(largest[j], least), 1 - alpha), least))];
    }

    /// <summary>What AWQ's search tried.</summary>
    /// <param name="Scales">the best numbers, one for each input</param>
    /// <param name="Best">which power was best, in twentieths</param>
    /// <param name="Losses">mean squared error of an output at each power</param>
    public sealed record Searched(double[] Scales, int Best, double[] Losses);

    /// <summary>
    /// AWQ's numbers (Lin et al. 2024, MLSys, equation 4): s_j = mean|x_j|^a, of twenty powers a the one at which nearest rounding of W s
    /// has the smallest error of outputs; by moments, so that no token is read again.
    /// </summary>
    /// <param name="moments">of the inputs</param>
    /// <param name="matrices">the matrices that read them, each [out in] row by row</param>
    /// <param name="grid">the grid that they will be rounded to</param>
    /// <param name="shared">makes numbers as they can be; null for no change</param>
    public static Searched Awq(Moments moments, IReadOnlyList<float[]> matrices, Grid grid, Func<double[], double[]>? shared = null)
    {
        const int powers = 20;
        const double least = 1e-4;
        int width = moments.Width;
        double[] means = moments.MeanMagnitudes, losses = new double[powers];
        double[][] tried = new double[powers][];
        for (int i = 0; i < powers; i++)
        {
            double[] s = [.. means.Select(mean => Math.Max(Math.Pow(mean, (double)i / powers), least))];
            double middle = Math.Sqrt(s.Max() * s.Min());
            tried[i] = s = [.. s.Select(one => one / middle)];
            if (shared is not null) tried[i] = s = shared(s);
            double sum = 0;
            long outputs = 0;
            foreach (float[] matrix in matrices)
            {
                float[] scaled = [.. matrix.Select((w, at) => (float)(w * s[at % width]))];
                float[] rounded = new CellGrids(grid, matrix.Length / width, width).Nearest(scaled).Values;
                float[] difference = [.. rounded.Select((w, at) => (float)(w / s[at % width] - matrix[at]))];
                sum += moments.Energy(difference);
                outputs += matrix.Length / width;
            }
            losses[i] = sum / ((double)outputs * Math.Max(1, moments.Tokens));
        }
        int best = Enumerable.Range(0, powers).MinBy(i => losses[i]);
        return new(tried[best], best, losses);
    }

    static string? NormOf(LayerBlock block) => block.Before.Count > 0 ? block.Before[0] : null;

    static string BiasOf(string weight) =>
        weight.EndsWith(".weight", StringComparison.Ordinal) ? $"{weight[..^".weight".Length]}.bias" : $"{weight}.bias";

    // the second factor of gated neurons: two matrices make them
    static string? Gated(IModel model, LayerShape shape) =>
        shape.Mlp.Own.Where(s => model.Weights.All[s.Tensor].Shape.Rank == 2).Select(s => s.Tensor).ToArray() is [_, var up] ? up : null;

    static int[] FirstOfGroups(LayerBlock block)
    {
        if (block.Groups.Count == 0) return [.. Enumerable.Range(0, block.Count)];
        int[] firsts = new int[block.Groups.Count];
        for (int g = 1; g < firsts.Length; g++) firsts[g] = firsts[g - 1] + block.Groups[g - 1];
        return firsts;
    }
}
