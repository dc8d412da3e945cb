using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Quantization;

/// <summary>What attention makes of some rows of a matrix.</summary>
public enum Projection
{
    /// <summary>queries</summary>
    Query,

    /// <summary>keys</summary>
    Key,

    /// <summary>values</summary>
    Value,
}

/// <summary>Rows that make the queries, keys or values of one head.</summary>
/// <param name="What">which of them</param>
/// <param name="Head">the head; of keys and values that heads share, the number of the key and value head</param>
/// <param name="Start">the first row</param>
/// <param name="Count">how many: the head's width</param>
public sealed record HeadRows(Projection What, int Head, int Start, int Count);

/// <summary>A matrix of a model that can be quantized: every output is a row, whichever way the checkpoint stores it.</summary>
/// <param name="Name">the tensor's name</param>
/// <param name="Rows">outputs</param>
/// <param name="Columns">inputs</param>
/// <param name="InputFirst">whether the checkpoint stores [in out]</param>
/// <param name="Reads">where its inputs pass; null of word embeddings and of what gives scores to words</param>
public sealed record WeightMatrix(string Name, int Rows, int Columns, bool InputFirst, Site? Reads)
{
    /// <summary>Rows that belong to heads, in order; none of matrices that make no queries, keys or values.</summary>
    public IReadOnlyList<HeadRows> Heads { get; init; } = [];

    /// <summary>Number of weights.</summary>
    public long Count => (long)Rows * Columns;

    /// <summary>Its weights, [out in] row by row.</summary>
    public float[] Read(Weights weights)
    {
        Tensor stored = weights.All[Name];
        return InputFirst ? Turned(stored.Values, Columns, Rows) : stored.Values.ToArray();
    }

    /// <summary>A tensor of such weights, stored as the checkpoint does.</summary>
    public Tensor Write(float[] values) => (InputFirst ? Tensor.From(Turned(values, Rows, Columns), Columns, Rows)
        : Tensor.From(values, Rows, Columns)).KeepForever();

    static float[] Turned(ReadOnlySpan<float> values, int rows, int columns)
    {
        float[] turned = new float[values.Length];
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++) turned[c * rows + r] = values[r * columns + c];
        return turned;
    }

    /// <summary>
    /// The matrices of a model's layers, first layer first, each in the order in which they are read: what reads the stream for attention,
    /// what reads heads, what reads the stream for the MLP, what reads neurons.
    /// </summary>
    public static IReadOnlyList<WeightMatrix> InLayers(IModel model) =>
        [.. Enumerable.Range(0, model.Layers.Count).SelectMany(layer => InLayer(model, layer))];

    /// <summary>The same of one layer.</summary>
    public static IReadOnlyList<WeightMatrix> InLayer(IModel model, int layer)
    {
        LayerShape shape = model.Layers[layer];
        List<WeightMatrix> found = [];
        if (shape.Heads > 0)
        {
            Series[] own = Matrices(model, shape.Attention.Own), shared = Matrices(model, shape.Attention.Shared);
            HeadSeries[] heads = HeadsIn(own, shared, shape.Attention);
            foreach (string name in own.Concat(shared).Select(s => s.Tensor).Distinct())
            {
                bool inputFirst = own.Concat(shared).First(s => s.Tensor == name).Axis == 1;
                WeightMatrix matrix = Made(model, name, inputFirst, new(layer, Point.AttentionIn));
                found.Add(matrix with { Heads = [.. heads.Where(h => h.Tensor == name).Select(h => h.Rows).OrderBy(h => h.Start)] });
            }
            found.Add(Made(model, shape.Attention.ReadBy.Tensor, shape.Attention.ReadBy.Axis == 0, new(layer, Point.Heads)));
        }
        if (shape.Neurons > 0)
        {
            foreach (Series series in Matrices(model, shape.Mlp.Own))
                found.Add(Made(model, series.Tensor, series.Axis == 1, new(layer, Point.MlpIn)));
            found.Add(Made(model, shape.Mlp.ReadBy.Tensor, shape.Mlp.ReadBy.Axis == 0, new(layer, Point.Neurons)));
        }
        return found;
    }

    /// <summary>Word embeddings, and the matrix that gives scores to words where it is another: a row for each word.</summary>
    public static IReadOnlyList<WeightMatrix> OfWords(IModel model)
    {
        HashSet<string> inside = [.. InLayers(model).Select(m => m.Name)];
        return [.. model.Weights.All.Where(t => t.Value.Shape.Rank == 2 && t.Value.Shape[0] == model.Vocabulary
                && t.Value.Shape[0] > model.TokenTypes && !inside.Contains(t.Key))
            .Select(t => new WeightMatrix(t.Key, t.Value.Shape[0], t.Value.Shape[1], false, null))];
    }

    sealed record HeadSeries(string Tensor, HeadRows Rows);

    static Series[] Matrices(IModel model, IEnumerable<Series> series) =>
        [.. series.Where(s => model.Weights.All[s.Tensor].Shape.Rank == 2)];

    // families say queries, keys and values in this order; one run three times as wide holds all three of a head
    static HeadSeries[] HeadsIn(Series[] own, Series[] shared, LayerBlock block)
    {
        int width = block.ItemWidth;
        if (own is [{ } all] && all.Length == 3 * width)
            return [.. Enumerable.Range(0, block.Count).SelectMany(head => Enum.GetValues<Projection>().Select(what =>
                new HeadSeries(all.Tensor, new(what, head, all.At(head).Start + (int)what * width, width))))];
        (Series Series, Projection What, int Count)[] each = own.Length == 3
            ? [.. own.Select((s, i) => (s, (Projection)i, block.Count))]
            : [(own[0], Projection.Query, block.Count), .. shared.Select((s, i) => (s, (Projection)(i + 1), block.Groups.Count))];
        return [.. each.SelectMany(e => Enumerable.Range(0, e.Count).Select(head =>
            new HeadSeries(e.Series.Tensor, new(e.What, head, e.Series.At(head).Start, width))))];
    }

    static WeightMatrix Made(IModel model, string name, bool inputFirst, Site reads)
    {
        Shape shape = model.Weights.All[name].Shape;
        return new(name, shape[inputFirst ? 1 : 0], shape[inputFirst ? 0 : 1], inputFirst, reads);
    }
}
