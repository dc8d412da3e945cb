using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Quantization;

/// <summary>One matrix that was quantized.</summary>
/// <param name="Name">the tensor</param>
/// <param name="Rows">its outputs</param>
/// <param name="Columns">its inputs</param>
/// <param name="Grid">what its values lie on: "Asymmetric", …, "F16"</param>
/// <param name="Group">weights of a row that share a scale</param>
/// <param name="Bits">bits of a code, mean over its weights</param>
/// <param name="Bytes">what codes, scales and zeros take</param>
/// <param name="Error">Σ‖(W′ − W) x‖² / Σ‖W x‖² over the calibration texts; null of word embeddings</param>
public sealed record QuantizedMatrix(
    string Name, int Rows, int Columns, string Grid, int Group, double Bits, long Bytes, double? Error);

/// <summary>A model whose matrices lie on grids.</summary>
/// <param name="Model">the model, its weights as float32</param>
/// <param name="Matrices">what was quantized</param>
/// <param name="Bytes">what it takes as codes, what was not quantized as it was stored</param>
/// <param name="Notes">what a reader should know</param>
public sealed record QuantizedModel(
    IModel Model, IReadOnlyList<QuantizedMatrix> Matrices, long Bytes, IReadOnlyList<string> Notes)
{
    /// <summary>Bits of a weight in the layers' matrices, codes alone, mean over weights; NaN where there is none.</summary>
    public double Bits => Mean(m => m.Error is not null, m => m.Bits, m => (double)m.Rows * m.Columns);

    /// <summary>Error of outputs, mean over the layers' matrices; NaN where there is none.</summary>
    public double Error => Mean(m => m.Error is not null, m => m.Error!.Value, _ => 1);

    double Mean(Func<QuantizedMatrix, bool> which, Func<QuantizedMatrix, double> value, Func<QuantizedMatrix, double> weight)
    {
        QuantizedMatrix[] some = [.. Matrices.Where(which)];
        return some.Length == 0 ? double.NaN : some.Sum(m => value(m) * weight(m)) / some.Sum(weight);
    }
}

/// <summary>Quantizes a model layer by layer.</summary>
public static class ModelQuantization
{
    const int TokensAtOnce = 2048;
    const double Alpha = 0.5;

    /// <summary>The texts in batches, as many as hold at most so many tokens, spread evenly over all.</summary>
    public static IReadOnlyList<Batch> Batches(IReadOnlyList<Sequence> texts, int mostTokens)
    {
        long all = texts.Sum(text => (long)text.Ids.Length);
        int kept = all <= mostTokens ? texts.Count : Math.Max(1, (int)(texts.Count * (mostTokens / (double)all)));
        Sequence[] some = [.. Enumerable.Range(0, kept).Select(i => texts[(int)((long)i * texts.Count / kept)])];
        List<Batch> batches = [];
        List<Sequence> own = [];
        int tokens = 0;
        foreach (Sequence text in some)
        {
            if (own.Count > 0 && tokens + text.Ids.Length > TokensAtOnce) Close();
            own.Add(text);
            tokens += text.Ids.Length;
        }
        if (own.Count > 0) Close();
        return batches;

        void Close()
        {
            batches.Add(new(own));
            own = [];
            tokens = 0;
        }
    }

    /// <summary>Quantizes a model: word embeddings first, then one layer after another, each on what those before give it.</summary>
    /// <param name="model">the model</param>
    /// <param name="scheme">how</param>
    /// <param name="batches">the texts that moments are taken on</param>
    /// <param name="bits">bits of matrices that do not have the grid's, and of rectangles of them; null for none</param>
    /// <param name="advance">hears of every layer</param>
    /// <param name="stop">ends the work</param>
    /// <exception cref="ArithmeticException">a moment of inputs is no number</exception>
    public static QuantizedModel Make(IModel model, Scheme scheme, IReadOnlyList<Batch> batches, BitPlan? bits = null,
        Action? advance = null, CancellationToken stop = default)
    {
        List<QuantizedMatrix> done = [];
        List<string> notes = [];
        IModel changed = model.At(Precision.Float32);
        Dictionary<string, Tensor> words = [];
        foreach (WeightMatrix matrix in WeightMatrix.OfWords(model))
            if (scheme.OfWords is { } grid)
            {
                CellGrids cells = new(Fitting(grid, matrix.Columns), matrix.Rows, matrix.Columns);
                words[matrix.Name] = matrix.Write(cells.Nearest(matrix.Read(model.Weights)).Values);
                done.Add(Described(matrix, cells, grid, null));
            }
        changed = With(changed, words);
        Calibration calibration = new(batches);
        calibration.Begin(changed);
        IRounding rounding = scheme.MakeRounding();
        for (int layer = 0; layer < model.Layers.Count; layer++)
        {
            stop.ThrowIfCancellationRequested();
            if (scheme.Scaling != ScalingKind.None) changed = Scaled(changed, layer, scheme, calibration, stop);
            WeightMatrix[] all = [.. WeightMatrix.InLayer(changed, layer)];
            WeightMatrix[][] steps = scheme.BySteps ? [.. all.GroupBy(m => m.Reads).Select(g => g.ToArray())] : [all];
            foreach (WeightMatrix[] step in steps)
            {
                if (step.Length == 0) continue;
                AttentionMoments? attention = rounding.SeesAttention && step.Any(m => m.Heads.Count > 0)
                    ? new(changed, layer, calibration.Positions) : null;
                IReadOnlyDictionary<Point, Moments> moments = calibration.Gather(changed, layer, attention, stop);
                if (attention is not null)
                {
                    attention.AddReader(all.Single(m => m.Reads!.Value.Point == Point.Heads).Read(changed.Weights));
                    if (!attention.Turned && layer == 0)
                        notes.Add("queries and keys are normalized head by head, so that their rows are rounded by inputs alone");
                }
                Dictionary<string, Tensor> rounded = [];
                foreach (WeightMatrix matrix in step)
                {
                    float[] weights = matrix.Read(changed.Weights);
                    Grid grid = bits?.BitsOf(matrix.Name) is { } own ? scheme.Grid with { Bits = own } : scheme.Grid;
                    CellGrids cells = new(Fitting(grid, matrix.Columns), matrix.Rows, matrix.Columns);
                    bits?.Raise(matrix, cells);
                    Moments inputs = moments[matrix.Reads!.Value.Point];
                    float[] values = rounding.Round(new(weights, cells, Blocks(matrix, inputs, attention)), stop).Values;
                    rounded[matrix.Name] = matrix.Write(values);
                    done.Add(Described(matrix, cells, grid, Error(weights, values, inputs)));
                }
                changed = With(changed, rounded);
            }
            calibration.Advance(changed, layer);
            advance?.Invoke();
        }
        IModel made = model.With(model.Config, new Weights(changed.Weights.All, "the quantized model").At(model.Weights.Precision));
        return new(made, done, BytesOf(model, done), notes);
    }

    /// <summary>Bytes of a model with some of its matrices as codes and everything else as it was stored.</summary>
    internal static long BytesOf(IModel model, IReadOnlyList<QuantizedMatrix> matrices)
    {
        HashSet<string> names = [.. matrices.Select(m => m.Name)];
        return matrices.Sum(m => m.Bytes)
            + model.Weights.All.Where(t => !names.Contains(t.Key)).Sum(t => (long)t.Value.Count * model.Weights.StoredAs(t.Key).Size());
    }

    /// <summary>What a matrix that no block of GGUF's fits becomes there: 16-bit floats.</summary>
    internal static Grid Fitting(Grid grid, int columns) =>
        grid.Kind is GridKind.Q8_0 or GridKind.Q4_0 && columns % grid.Group != 0 ? new(GridKind.F16, 8) : grid;

    static IModel With(IModel model, Dictionary<string, Tensor> tensors) =>
        tensors.Count == 0 ? model : model.With(model.Config, model.Weights.With(tensors));

    static QuantizedMatrix Described(WeightMatrix matrix, CellGrids cells, Grid grid, double? error) =>
        new(matrix.Name, matrix.Rows, matrix.Columns, $"{Fitting(grid, matrix.Columns).Kind}", cells.Size, cells.CodeBits,
            (cells.Bits + 7) / 8, error);

    static double Error(float[] weights, float[] values, Moments inputs)
    {
        float[] difference = new float[weights.Length];
        for (int i = 0; i < weights.Length; i++) difference[i] = values[i] - weights[i];
        double whole = inputs.Energy(weights);
        return whole > 0 ? inputs.Energy(difference) / whole : 0;
    }

    static IReadOnlyList<RowBlock> Blocks(WeightMatrix matrix, Moments inputs, AttentionMoments? attention) =>
        attention is null || matrix.Heads.Count == 0 ? [new(0, matrix.Rows, inputs.Squares)]
            : [.. matrix.Heads.Select(head => new RowBlock(head.Start, head.Count,
                head.What == Projection.Value ? attention.Inputs(head.Head) : inputs.Squares, attention.Outputs(head.What, head.Head)))];

    static IModel Scaled(IModel model, int layer, Scheme scheme, Calibration calibration, CancellationToken stop)
    {
        IReadOnlyDictionary<Point, Moments> moments = calibration.Gather(model, layer, null, stop);
        foreach (var (point, inputs) in moments)
        {
            if (!InputScaling.Folds(model, layer, point)) continue;
            float[][] readers = [.. WeightMatrix.InLayer(model, layer).Where(m => m.Reads!.Value.Point == point)
                .Select(m => m.Read(model.Weights))];
            double[] scales = scheme.Scaling == ScalingKind.Awq
                ? InputScaling.Awq(inputs, readers, Fitting(scheme.Grid, inputs.Width), Shared).Scales
                : InputScaling.Shared(model, layer, point, InputScaling.Smooth(inputs, readers, Alpha));
            model = model.With(model.Config, InputScaling.Fold(model, layer, point, scales));

            double[] Shared(double[] s) => InputScaling.Shared(model, layer, point, s);
        }
        return model;
    }
}
