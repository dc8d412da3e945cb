using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>Row by row: softmax, cross entropy and layer norm, with their gradients.</summary>
static unsafe class Rows
{
    const int Block = 128;                                       // most rows per item of work

    internal static void Softmax<L, V>(float* x, int rows, int width, bool logarithm, float* y) where L : struct, ILanes<V> =>
        Blocks(rows, width, (start, end) =>
        {
            for (long r = start; r < end; r++)
            {
                if (logarithm) LogSoftmaxRow<L, V>(x + r * width, y + r * width, width);
                else SoftmaxRow<L, V>(x + r * width, y + r * width, width);
            }
        });

    /// <summary>y = softmax(x); y may be x. An infinite maximum or a NaN gives NaNs, never an exception.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void SoftmaxRow<L, V>(float* x, float* y, int width) where L : struct, ILanes<V>
    {
        float max = Largest<L, V>(x, width);
        V shift = L.Splat(max), sums = L.Splat(0);
        float sum = 0;
        int i = 0;
        for (; i <= width - L.Width; i += L.Width)
        {
            V e = Raised<L, V>(L.Load(x + i), shift);
            sums = L.Add(sums, e);
            L.Store(y + i, e);
        }
        for (; i < width; i++) sum += y[i] = Raised<ScalarLanes, float>(x[i], max);
        float inverse = 1 / (L.Sum(sums) + sum);
        V scale = L.Splat(inverse);
        for (i = 0; i <= width - L.Width; i += L.Width) L.Store(y + i, L.Multiply(L.Load(y + i), scale));
        for (; i < width; i++) y[i] *= inverse;
    }

    // e^(x − largest) for x up to the largest; computed as a power of two
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Raised<L, V>(V x, V largest) where L : struct, ILanes<V> => Exp.OfTwo<L, V>(L.Multiply(L.Subtract(x, largest), L.Splat(Exp.TwoPerNatural)));

    /// <summary>Σ e^(x − largest) over a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static float SumRaised<L, V>(float* x, int width, float largest) where L : struct, ILanes<V>
    {
        V shift = L.Splat(largest), sums = L.Splat(0);
        float sum = 0;
        int i = 0;
        for (; i <= width - L.Width; i += L.Width) sums = L.Add(sums, Raised<L, V>(L.Load(x + i), shift));
        for (; i < width; i++) sum += Raised<ScalarLanes, float>(x[i], largest);
        return L.Sum(sums) + sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void LogSoftmaxRow<L, V>(float* x, float* y, int width) where L : struct, ILanes<V>
    {
        float max = Largest<L, V>(x, width), logarithm = MathF.Log(SumRaised<L, V>(x, width, max));
        V shift = L.Splat(-max);
        int i = 0;
        V minus = L.Splat(logarithm);
        for (; i <= width - L.Width; i += L.Width) L.Store(y + i, L.Subtract(L.Add(L.Load(x + i), shift), minus));
        for (; i < width; i++) y[i] = x[i] - max - logarithm;
    }

    static float Largest<L, V>(float* x, int width) where L : struct, ILanes<V>
    {
        float max = float.NegativeInfinity;
        int i = 0;
        if (width >= L.Width)
        {
            V most = L.Load(x);
            for (i = L.Width; i <= width - L.Width; i += L.Width) most = L.Max(most, L.Load(x + i));
            max = L.Max(most);
        }
        for (; i < width; i++) max = x[i] > max ? x[i] : max;
        return max;
    }

    /// <summary>Softmax: dx = y (g − Σ g y). Its logarithm: dx = g − e^y Σ g.</summary>
    internal static void SoftmaxSlope<L, V>(float* y, float* g, int rows, int width, bool logarithm, float* dx) where L : struct, ILanes<V> =>
        Blocks(rows, width, (start, end) =>
        {
            for (long r = start; r < end; r++) SoftmaxSlopeRow<L, V>(y + r * width, g + r * width, dx + r * width, width, logarithm);
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void SoftmaxSlopeRow<L, V>(float* y, float* g, float* dx, int width, bool logarithm) where L : struct, ILanes<V>
    {
        V sums = L.Splat(0);
        float sum = 0;
        int i = 0;
        for (; i <= width - L.Width; i += L.Width)
            sums = logarithm ? L.Add(sums, L.Load(g + i)) : L.MultiplyAdd(L.Load(g + i), L.Load(y + i), sums);
        for (; i < width; i++) sum += logarithm ? g[i] : g[i] * y[i];
        float total = L.Sum(sums) + sum;
        V minus = L.Splat(-total);
        for (i = 0; i <= width - L.Width; i += L.Width)
        {
            V slope = logarithm ? L.MultiplyAdd(Exp.Of<L, V>(L.Load(y + i)), minus, L.Load(g + i)) : L.Multiply(L.Load(y + i), L.Add(L.Load(g + i), minus));
            L.Store(dx + i, slope);
        }
        for (; i < width; i++) dx[i] = logarithm ? g[i] - Exp.Of<ScalarLanes, float>(y[i]) * total : y[i] * (g[i] - total);
    }

    /// <summary>losses[row] = ln Σ e^x − x[label]; statistics[row 2] = the largest value and 1 / Σ e^(x − largest), unless null.</summary>
    internal static void CrossEntropy<L, V>(float* x, int* labels, int rows, int width, float* losses, float* statistics) where L : struct, ILanes<V> =>
        Blocks(rows, width, (start, end) =>
        {
            for (long r = start; r < end; r++)
            {
                float* row = x + r * width;
                float largest = Largest<L, V>(row, width), sum = SumRaised<L, V>(row, width, largest);
                losses[r] = largest - row[labels[r]] + MathF.Log(sum);
                if (statistics is not null) (statistics[2 * r], statistics[2 * r + 1]) = (largest, 1 / sum);
            }
        });

    /// <summary>dx = (softmax(x) − [column is label]) · factor</summary>
    internal static void CrossEntropySlope<L, V>(float* x, int* labels, float* statistics, float factor, int rows, int width, float* dx) where L : struct, ILanes<V> =>
        Blocks(rows, width, (start, end) =>
        {
            for (long r = start; r < end; r++)
            {
                CrossEntropySlopeRow<L, V>(x + r * width, width, statistics[2 * r], statistics[2 * r + 1] * factor, dx + r * width);
                dx[r * width + labels[r]] -= factor;
            }
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void CrossEntropySlopeRow<L, V>(float* x, int width, float largest, float share, float* dx) where L : struct, ILanes<V>
    {
        V shift = L.Splat(largest), by = L.Splat(share);
        int i = 0;
        for (; i <= width - L.Width; i += L.Width) L.Store(dx + i, L.Multiply(Raised<L, V>(L.Load(x + i), shift), by));
        for (; i < width; i++) dx[i] = Raised<ScalarLanes, float>(x[i], largest) * share;
    }

    internal static void LayerNorm<L, V>(float* x, float* gain, float* shift, int rows, int width, float epsilon, float* y, float* statistics) where L : struct, ILanes<V> =>
        Blocks(rows, width, (start, end) =>
        {
            for (long r = start; r < end; r++) LayerNormRow<L, V>(x + r * width, gain, shift, width, epsilon, y + r * width, statistics + 2 * r);
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void LayerNormRow<L, V>(float* x, float* gain, float* shift, int width, float epsilon, float* y, float* statistics) where L : struct, ILanes<V>
    {
        V sums = L.Splat(0), squares = L.Splat(0);
        float sum = 0, square = 0;
        int i = 0;
        for (; i <= width - L.Width; i += L.Width) sums = L.Add(sums, L.Load(x + i));
        for (; i < width; i++) sum += x[i];
        float mean = (L.Sum(sums) + sum) / width;
        V minus = L.Splat(-mean);
        for (i = 0; i <= width - L.Width; i += L.Width)
        {
            V d = L.Add(L.Load(x + i), minus);
            squares = L.MultiplyAdd(d, d, squares);
        }
        for (; i < width; i++) square += (x[i] - mean) * (x[i] - mean);
        float inverse = 1 / MathF.Sqrt((L.Sum(squares) + square) / width + epsilon);
        V scale = L.Splat(inverse);
        for (i = 0; i <= width - L.Width; i += L.Width)
            L.Store(y + i, L.MultiplyAdd(L.Multiply(L.Add(L.Load(x + i), minus), scale), L.Load(gain + i), L.Load(shift + i)));
        for (; i < width; i++) y[i] = MathF.FusedMultiplyAdd((x[i] - mean) * inverse, gain[i], shift[i]);
        (statistics[0], statistics[1]) = (mean, inverse);
    }

    /// <summary>With n = (x − mean) / deviation and h = g · gain: dx = (h − mean h − n mean(h n)) / deviation; dGain = Σ g n; dShift = Σ g.</summary>
    internal static void LayerNormSlope<L, V>(float* x, float* gain, float* statistics, float* g, int rows, int width, float* dx, float* dGain, float* dShift) where L : struct, ILanes<V>
    {
        int block = Math.Max(32, (rows + MostPartial - 1) / MostPartial), blocks = (rows + block - 1) / block;
        bool weights = dGain is not null;
        float* partial = weights ? (float*)NativeMemory.AlignedAlloc((nuint)blocks * 2 * (nuint)width * sizeof(float), 64) : null;
        try
        {
            Workers.For(blocks, b =>
            {
                float* gains = weights ? partial + (long)b * 2 * width : null;
                if (weights) new Span<float>(gains, 2 * width).Clear();
                for (long r = (long)b * block, end = Math.Min(rows, r + block); r < end; r += Together)
                    LayerNormSlopeRows<L, V>(x + r * width, gain, statistics + 2 * r, g + r * width, (int)Math.Min(Together, end - r), width, dx + r * width, gains, gains + width);
            });
            if (!weights) return;
            Elementwise.SumRows<L, V>(partial, blocks, width, 2 * width, dGain);
            Elementwise.SumRows<L, V>(partial + width, blocks, width, 2 * width, dShift);
        }
        finally
        {
            NativeMemory.AlignedFree(partial);
        }
    }

    const int MostPartial = 32;                                  // sums of gains and shifts that are summed at the end
    const int Together = 4;                                      // rows that pass over the sums together

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void LayerNormSlopeRows<L, V>(float* x, float* gain, float* statistics, float* g, int rows, int width, float* dx, float* gains, float* shifts) where L : struct, ILanes<V>
    {
        float* means = stackalloc float[2 * Together];           // of h, and of h n
        for (int r = 0; r < rows; r++) Means<L, V>(x + (long)r * width, gain, statistics[2 * r], statistics[2 * r + 1], g + (long)r * width, width, means + 2 * r);
        int i = 0;
        for (; i <= width - L.Width; i += L.Width) SlopeColumn<L, V>(x + i, gain + i, statistics, g + i, means, rows, width, dx + i, gains, shifts, i);
        for (; i < width; i++) SlopeColumn<ScalarLanes, float>(x + i, gain + i, statistics, g + i, means, rows, width, dx + i, gains, shifts, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void SlopeColumn<L, V>(float* x, float* gain, float* statistics, float* g, float* means, int rows, nint width, float* dx, float* gains, float* shifts, int i) where L : struct, ILanes<V>
    {
        V by = L.Load(gain), sumGain = gains is null ? by : L.Load(gains + i), sumShift = gains is null ? by : L.Load(shifts + i);
        for (int r = 0; r < rows; r++, x += width, g += width, dx += width)
        {
            V scale = L.Splat(statistics[2 * r + 1]), slope = L.Load(g), n = L.Multiply(L.Subtract(L.Load(x), L.Splat(statistics[2 * r])), scale);
            V along = L.Subtract(L.Multiply(slope, by), L.Splat(means[2 * r]));
            L.Store(dx, L.Multiply(L.Subtract(along, L.Multiply(n, L.Splat(means[2 * r + 1]))), scale));
            sumGain = L.MultiplyAdd(slope, n, sumGain);
            sumShift = L.Add(slope, sumShift);
        }
        if (gains is null) return;
        L.Store(gains + i, sumGain);
        L.Store(shifts + i, sumShift);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Means<L, V>(float* x, float* gain, float mean, float inverse, float* g, int width, float* means) where L : struct, ILanes<V>
    {
        V minus = L.Splat(-mean), scale = L.Splat(inverse), alongs = L.Splat(0), acrosses = L.Splat(0);
        float along = 0, across = 0;
        int i = 0;
        for (; i <= width - L.Width; i += L.Width)
        {
            V n = L.Multiply(L.Add(L.Load(x + i), minus), scale), h = L.Multiply(L.Load(g + i), L.Load(gain + i));
            alongs = L.Add(alongs, h);
            acrosses = L.MultiplyAdd(h, n, acrosses);
        }
        for (; i < width; i++)
        {
            float h = g[i] * gain[i];
            along += h;
            across += h * ((x[i] - mean) * inverse);
        }
        (means[0], means[1]) = ((L.Sum(alongs) + along) / width, (L.Sum(acrosses) + across) / width);
    }

    // pieces of whole rows; every row is computed alone, so they may be of any size
    static void Blocks(int rows, int width, Action<int, int> body)
    {
        int block = Math.Clamp((1 << 14) / Math.Max(1, width), 1, Block);
        Workers.For((rows + block - 1) / block, b => body(b * block, Math.Min(rows, (b + 1) * block)));
    }
}
