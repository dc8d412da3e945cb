using System.Diagnostics;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Bench.Harness;

/// <summary>
/// A backend that notes how long each of its methods takes, and leaves the work to another. Where methods run at the same time
/// on several threads, it notes those of the thread that it was made on, which take as long as all.
/// </summary>
sealed class TimedBackend(IBackend inner) : IBackend
{
    readonly int thread = Environment.CurrentManagedThreadId;
    readonly SortedDictionary<string, long> ticks = new(StringComparer.Ordinal);

    /// <summary>Seconds in each method since the last <see cref="Clear"/>.</summary>
    public IReadOnlyDictionary<string, double> Seconds => ticks.ToDictionary(t => t.Key, t => t.Value / (double)Stopwatch.Frequency);

    /// <summary>Begins anew.</summary>
    public void Clear() => ticks.Clear();

    public string Name => inner.Name;

    // left untimed: what is profiled is float32
    public IProducts? Bf16 => inner.Bf16;

    public void Map(Unary op, ReadOnlySpan<float> x, Span<float> y, float p = 0, float q = 0)
    {
        long began = Stopwatch.GetTimestamp();
        inner.Map(op, x, y, p, q);
        Note($"{op}", began);
    }

    public void MapSlope(Unary op, ReadOnlySpan<float> x, ReadOnlySpan<float> g, Span<float> y, float p = 0, float q = 0)
    {
        long began = Stopwatch.GetTimestamp();
        inner.MapSlope(op, x, g, y, p, q);
        Note($"{op}, gradient", began);
    }

    public void Zip(Binary op, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y, Walk walk)
    {
        long began = Stopwatch.GetTimestamp();
        inner.Zip(op, a, b, y, walk);
        Note($"{op}", began);
    }

    public void Sum(ReadOnlySpan<float> x, int outer, int count, int inside, Span<float> y)
    {
        long began = Stopwatch.GetTimestamp();
        inner.Sum(x, outer, count, inside, y);
        Note("Sum", began);
    }

    public int PackedCount(int inside, int columns) => inner.PackedCount(inside, columns);

    public void Pack(ReadOnlySpan<float> b, int inside, int columns, bool turned, Span<float> packed)
    {
        long began = Stopwatch.GetTimestamp();
        inner.Pack(b, inside, columns, turned, packed);
        Note("Pack", began);
    }

    public void MatMul(
        ReadOnlySpan<float> a, int rows, int inside, ReadOnlySpan<float> packed, int columns, ReadOnlySpan<float> bias,
        Unary? activation, Span<float> c)
    {
        long began = Stopwatch.GetTimestamp();
        inner.MatMul(a, rows, inside, packed, columns, bias, activation, c);
        Note(activation is null ? "MatMul" : $"MatMul with {activation}", began);
    }

    public void MatMulOnce(
        ReadOnlySpan<float> a, int rows, int inside, bool transposed, ReadOnlySpan<float> b, int columns, bool turned,
        ReadOnlySpan<float> bias, Unary? activation, Span<float> c)
    {
        long began = Stopwatch.GetTimestamp();
        inner.MatMulOnce(a, rows, inside, transposed, b, columns, turned, bias, activation, c);
        string sides = transposed ? ", of aᵀ" : turned ? ", by bᵀ" : "";
        Note($"MatMul that packs{sides}{(activation is null ? "" : $", with {activation}")}", began);
    }

    public double SumOfSquares(ReadOnlySpan<float> x)
    {
        long began = Stopwatch.GetTimestamp();
        double sum = inner.SumOfSquares(x);
        Note("SumOfSquares", began);
        return sum;
    }

    public void Rows(ReadOnlySpan<float> table, ReadOnlySpan<int> indices, int width, Span<float> y)
    {
        long began = Stopwatch.GetTimestamp();
        inner.Rows(table, indices, width, y);
        Note("Rows", began);
    }

    public void RowsSlope(ReadOnlySpan<float> g, ReadOnlySpan<int> indices, int width, Span<float> dTable)
    {
        long began = Stopwatch.GetTimestamp();
        inner.RowsSlope(g, indices, width, dTable);
        Note("Rows, gradient", began);
    }

    public void CrossEntropy(ReadOnlySpan<float> x, ReadOnlySpan<int> labels, int width, Span<float> losses, Span<float> statistics)
    {
        long began = Stopwatch.GetTimestamp();
        inner.CrossEntropy(x, labels, width, losses, statistics);
        Note("CrossEntropy", began);
    }

    public void CrossEntropySlope(
        ReadOnlySpan<float> x, ReadOnlySpan<int> labels, ReadOnlySpan<float> statistics, float factor, int width, Span<float> dx)
    {
        long began = Stopwatch.GetTimestamp();
        inner.CrossEntropySlope(x, labels, statistics, factor, width, dx);
        Note("CrossEntropy, gradient", began);
    }

    public void Softmax(ReadOnlySpan<float> x, int rows, int width, bool logarithm, Span<float> y)
    {
        long began = Stopwatch.GetTimestamp();
        inner.Softmax(x, rows, width, logarithm, y);
        Note("Softmax", began);
    }

    public void SoftmaxSlope(ReadOnlySpan<float> y, ReadOnlySpan<float> g, int rows, int width, bool logarithm, Span<float> dx)
    {
        long began = Stopwatch.GetTimestamp();
        inner.SoftmaxSlope(y, g, rows, width, logarithm, dx);
        Note("Softmax, gradient", began);
    }

    public void LayerNorm(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> shift, int rows, int width, float epsilon, Span<float> y,
        Span<float> statistics)
    {
        long began = Stopwatch.GetTimestamp();
        inner.LayerNorm(x, gain, shift, rows, width, epsilon, y, statistics);
        Note("LayerNorm", began);
    }

    public void LayerNormSlope(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> statistics, ReadOnlySpan<float> g, int rows, int width,
        Span<float> dx, Span<float> dGain, Span<float> dShift)
    {
        long began = Stopwatch.GetTimestamp();
        inner.LayerNormSlope(x, gain, statistics, g, rows, width, dx, dGain, dShift);
        Note("LayerNorm, gradient", began);
    }

    public void RmsNorm(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, int rows, int width, float epsilon, Span<float> y, Span<float> statistics)
    {
        long began = Stopwatch.GetTimestamp();
        inner.RmsNorm(x, gain, rows, width, epsilon, y, statistics);
        Note("RmsNorm", began);
    }

    public void RmsNormSlope(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> statistics, ReadOnlySpan<float> g, int rows, int width,
        Span<float> dx, Span<float> dGain)
    {
        long began = Stopwatch.GetTimestamp();
        inner.RmsNormSlope(x, gain, statistics, g, rows, width, dx, dGain);
        Note("RmsNorm, gradient", began);
    }

    public void Rotate(
        ReadOnlySpan<float> x, ReadOnlySpan<float> turns, ReadOnlySpan<int> positions, int headWidth, int turned, bool back,
        Span<float> y)
    {
        long began = Stopwatch.GetTimestamp();
        inner.Rotate(x, turns, positions, headWidth, turned, back, y);
        Note(back ? "Rotate, gradient" : "Rotate", began);
    }

    public void Attention(
        ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, AttentionPlan plan, Span<float> context,
        Span<float> statistics)
    {
        long began = Stopwatch.GetTimestamp();
        inner.Attention(q, k, v, plan, context, statistics);
        Note("Attention", began);
    }

    public void AttentionSlope(
        ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, ReadOnlySpan<float> statistics, ReadOnlySpan<float> g,
        AttentionPlan plan, Span<float> dq, Span<float> dk, Span<float> dv)
    {
        long began = Stopwatch.GetTimestamp();
        inner.AttentionSlope(q, k, v, statistics, g, plan, dq, dk, dv);
        Note("Attention, gradient", began);
    }

    public void Mix(ReadOnlySpan<float> x, ReadOnlySpan<float> mask, ReadOnlySpan<float> ablation, int rows, Span<float> y)
    {
        long began = Stopwatch.GetTimestamp();
        inner.Mix(x, mask, ablation, rows, y);
        Note("Mix", began);
    }

    public void MixSlope(
        ReadOnlySpan<float> x, ReadOnlySpan<float> mask, ReadOnlySpan<float> ablation, ReadOnlySpan<float> g, int rows, Span<float> dx,
        Span<float> dMask)
    {
        long began = Stopwatch.GetTimestamp();
        inner.MixSlope(x, mask, ablation, g, rows, dx, dMask);
        Note("Mix, gradient", began);
    }

    public void Dropout(ReadOnlySpan<float> x, Chance chance, long first, float share, Span<float> y)
    {
        long began = Stopwatch.GetTimestamp();
        inner.Dropout(x, chance, first, share, y);
        Note("Dropout", began);
    }

    public void AdamW(Span<float> weight, ReadOnlySpan<float> gradient, Span<float> mean, Span<float> square, AdamStep step)
    {
        long began = Stopwatch.GetTimestamp();
        inner.AdamW(weight, gradient, mean, square, step);
        Note("AdamW", began);
    }

    void Note(string method, long began)
    {
        if (Environment.CurrentManagedThreadId != thread) return;
        ticks[method] = ticks.GetValueOrDefault(method) + Stopwatch.GetTimestamp() - began;
    }
}
