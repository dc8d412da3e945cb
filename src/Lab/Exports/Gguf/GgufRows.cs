using Heartwood.Lab.Checkpoints.Gguf;
using Heartwood.Tensors;

namespace Heartwood.Lab.Exports.Gguf;

/// <summary>Numbers of tensors in the order in which llama.cpp has them.</summary>
static class GgufRows
{
    /// <summary>A tensor as it is.</summary>
    public static GgufTensor AsIs(string name, Tensor tensor) =>
        new(name, tensor.Shape.Axes.ToArray(), GgufType.F32, () => tensor.Values);

    /// <summary>A tensor of other numbers.</summary>
    public static GgufTensor Made(string name, IReadOnlyList<int> shape, Func<float[]> values) =>
        new(name, shape, GgufType.F32, () => values());

    /// <summary>Numbers of one value.</summary>
    public static GgufTensor Constant(string name, float value, params IReadOnlyList<int> shape)
    {
        int count = shape.Aggregate(1, (product, length) => product * length);
        return Made(name, shape, () => [.. Enumerable.Repeat(value, count)]);
    }

    /// <summary>
    /// Rows of a matrix, or entries of a bias, in another order: row r of what is made is row <paramref name="source"/>[r].
    /// </summary>
    public static GgufTensor Ordered(string name, Tensor tensor, IReadOnlyList<int> source)
    {
        int rows = tensor.Shape[0], columns = tensor.Count / rows;
        return Made(name, tensor.Shape.Rank == 1 ? [source.Count] : [source.Count, columns], () =>
        {
            float[] made = new float[source.Count * columns];
            for (int r = 0; r < source.Count; r++)
                tensor.Values.Slice(source[r] * columns, columns).CopyTo(made.AsSpan(r * columns));
            return made;
        });
    }

    /// <summary>
    /// For rows of heads whose rotary positions turn value i with value i + n/2: the order in which they turn neighbours, 2i with 2i + 1.
    /// </summary>
    /// <param name="heads">for each head of what is made, the head that it is</param>
    /// <param name="headWidth">rows of a head, n</param>
    public static int[] Interleaved(IEnumerable<int> heads, int headWidth) =>
        [.. heads.SelectMany(head => Enumerable.Range(0, headWidth).Select(row => head * headWidth + row % 2 * (headWidth / 2) + row / 2))];

    /// <summary>The rows of heads in their own order.</summary>
    /// <inheritdoc cref="Interleaved"/>
    public static int[] Plain(IEnumerable<int> heads, int headWidth) =>
        [.. heads.SelectMany(head => Enumerable.Range(head * headWidth, headWidth))];

    /// <summary>
    /// The transpose of stretches of a matrix [in out], one after another, [row columns]; rows beyond a stretch's length are zeros.
    /// </summary>
    /// <param name="matrix">the matrix</param>
    /// <param name="stretches">start and length along its last axis of each stretch, and how many rows are made of it</param>
    /// <param name="columns">how many numbers a row has: those beyond the matrix's first axis are zeros</param>
    public static float[] Transposed(Tensor matrix, IReadOnlyList<(int Start, int Length, int Rows)> stretches, int columns)
    {
        int inner = matrix.Shape[0], outer = matrix.Shape[1], at = 0;
        float[] made = new float[stretches.Sum(s => s.Rows) * columns];
        ReadOnlySpan<float> values = matrix.Values;
        foreach (var (start, length, rows) in stretches)
        {
            for (int r = 0; r < length; r++)
                for (int c = 0; c < inner; c++) made[(at + r) * columns + c] = values[c * outer + start + r];
            at += rows;
        }
        return made;
    }
}
