using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>Row by row: layer norm and its gradient.</summary>
static unsafe class Rows
{
    const int MostRows = 1 << 10;                                // per item of work

    internal static void LayerNorm<L, V>(
        float* x, float* gain, float* shift, int rows, int width, float epsilon, float* y, float* statistics) where L : struct, ILanes<V> =>
        Blocks(rows, width, (start, end) =>
        {
            for (long r = start; r < end; r++)
                LayerNormRow<L, V>(x + r * width, gain, shift, width, epsilon, y + r * width, statistics + 2 * r);
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void LayerNormRow<L, V>(
        float* x, float* gain, float* shift, int width, float epsilon, float* y, float* statistics) where L : struct, ILanes<V>
    {
        float mean = Total<L, V>(x, width, 0, squared: false) / width;
        float inverse = 1 / MathF.Sqrt(Total<L, V>(x, width, -mean, squared: true) / width + epsilon);
        int i;
        V minus = L.Splat(-mean);
        V scale = L.Splat(inverse);
        for (i = 0; i <= width - L.Width; i += L.Width)
            L.Store(y + i, L.MultiplyAdd(L.Multiply(L.Add(L.Load(x + i), minus), scale), L.Load(gain + i), L.Load(shift + i)));
        for (; i < width; i++) y[i] = MathF.FusedMultiplyAdd((x[i] - mean) * inverse, gain[i], shift[i]);
        (statistics[0], statistics[1]) = (mean, inverse);
    }

    // Σ x, or Σ (x + shift)²: a sum in each lane, in as many as avx2 has where a vector is one lane: a single chain of float32 over the row
    // would lose what these hold
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Total<L, V>(float* x, int width, float shift, bool squared) where L : struct, ILanes<V>
    {
        if (L.Width == 1) return TotalInEight(x, width, shift, squared);
        V sums = L.Splat(0), by = L.Splat(shift);
        float sum = 0;
        int i = 0;
        for (; i <= width - L.Width; i += L.Width)
        {
            V d = squared ? L.Add(L.Load(x + i), by) : L.Load(x + i);
            sums = squared ? L.MultiplyAdd(d, d, sums) : L.Add(sums, d);
        }
        for (; i < width; i++) sum += squared ? (x[i] + shift) * (x[i] + shift) : x[i];
        return L.Sum(sums) + sum;
    }

    static float TotalInEight(float* x, int width, float shift, bool squared)
    {
        float* sums = stackalloc float[8];
        new Span<float>(sums, 8).Clear();
        for (int i = 0; i < width; i++)
        {
            float d = x[i] + shift;
            sums[i % 8] = squared ? MathF.FusedMultiplyAdd(d, d, sums[i % 8]) : sums[i % 8] + d;
        }
        for (int half = 4; half > 0; half /= 2)
            for (int i = 0; i < half; i++) sums[i] += sums[i + half];
        return sums[0];
    }

    /// <summary>
    /// With n = (x − mean) / deviation and h = g · gain: dx = (h − mean h − n mean(h n)) / deviation; dGain = Σ g n; dShift = Σ g.
    /// </summary>
    internal static void LayerNormSlope<L, V>(
        float* x, float* gain, float* statistics, float* g, int rows, int width, float* dx, float* dGain, float* dShift)
        where L : struct, ILanes<V>
    {
        int block = Math.Max(Math.Max(32, LeastPartial / Math.Max(1, width)), (rows + MostPartial - 1) / MostPartial);
        int blocks = (rows + block - 1) / block;
        bool weights = dGain is not null;
        float* partial = weights ? (float*)NativeMemory.AlignedAlloc((nuint)blocks * 2 * (nuint)width * sizeof(float), 64) : null;
        try
        {
            Workers.For(blocks, b =>
            {
                float* gains = weights ? partial + (long)b * 2 * width : null;
                if (weights) new Span<float>(gains, 2 * width).Clear();
                for (long r = (long)b * block, end = Math.Min(rows, r + block); r < end; r += Together)
                {
                    int count = (int)Math.Min(Together, end - r);
                    LayerNormSlopeRows<L, V>(
                        x + r * width, gain, statistics + 2 * r, g + r * width, count, width, dx + r * width, gains, gains + width);
                }
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

    // sums of gains and shifts that are summed at the end; values that one is of
    const int MostPartial = 32, LeastPartial = 1 << 14;
    const int Together = 8;                                      // rows that pass over the sums together

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void LayerNormSlopeRows<L, V>(
        float* x, float* gain, float* statistics, float* g, int rows, int width, float* dx, float* gains, float* shifts)
        where L : struct, ILanes<V>
    {
        float* means = stackalloc float[2 * Together];           // of h, and of h n
        for (int r = 0; r < rows; r++)
        {
            long at = (long)r * width;
            Means<L, V>(x + at, gain, statistics[2 * r], statistics[2 * r + 1], g + at, width, means + 2 * r);
        }
        int i = 0;
        for (; i <= width - L.Width; i += L.Width)
            SlopeColumn<L, V>(x + i, gain + i, statistics, g + i, means, rows, width, dx + i, gains, shifts, i);
        for (; i < width; i++)
            SlopeColumn<ScalarLanes, float>(x + i, gain + i, statistics, g + i, means, rows, width, dx + i, gains, shifts, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void SlopeColumn<L, V>(
        float* x, float* gain, float* statistics, float* g, float* means, int rows, nint width, float* dx, float* gains, float* shifts,
        int i) where L : struct, ILanes<V>
    {
        V by = L.Load(gain), sumGain = gains is null ? by : L.Load(gains + i), sumShift = gains is null ? by : L.Load(shifts + i);
        for (int r = 0; r < rows; r++, x += width, g += width, dx += width)
        {
            V scale = L.Splat(statistics[2 * r + 1]), slope = L.Load(g);
            V n = L.Multiply(L.Subtract(L.Load(x), L.Splat(statistics[2 * r])), scale);
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

    /// <summary>
    /// Pieces of whole rows, each from its first row to before its last; every row is computed alone, so they may be of any size.
    /// </summary>
    internal static void Blocks(int rows, int width, Action<int, int> body)
    {
        int block = Math.Clamp((1 << 14) / Math.Max(1, width), 1, MostRows);
        Workers.For((rows + block - 1) / block, b => body(b * block, Math.Min(rows, (b + 1) * block)));
    }
}
