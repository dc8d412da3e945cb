using System.Runtime.CompilerServices;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>Row by row: softmax and layer norm, with their gradients.</summary>
static unsafe class Rows
{
    const int Block = 32;                                        // rows per item of work; fixed, so that sums over rows do not depend on the threads

    internal static void Softmax<L, V>(float* x, int rows, int width, bool logarithm, float* y) where L : struct, ILanes<V> =>
        Blocks(rows, (start, end) =>
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
        V shift = L.Splat(-max), sums = L.Splat(0);
        float sum = 0;
        int i = 0;
        for (; i <= width - L.Width; i += L.Width)
        {
            V e = Exp.Of<L, V>(L.Add(L.Load(x + i), shift));
            sums = L.Add(sums, e);
            L.Store(y + i, e);
        }
        for (; i < width; i++) sum += y[i] = Exp.Of<ScalarLanes, float>(x[i] - max);
        float inverse = 1 / (L.Sum(sums) + sum);
        V scale = L.Splat(inverse);
        for (i = 0; i <= width - L.Width; i += L.Width) L.Store(y + i, L.Multiply(L.Load(y + i), scale));
        for (; i < width; i++) y[i] *= inverse;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void LogSoftmaxRow<L, V>(float* x, float* y, int width) where L : struct, ILanes<V>
    {
        float max = Largest<L, V>(x, width), sum = 0;
        V shift = L.Splat(-max), sums = L.Splat(0);
        int i = 0;
        for (; i <= width - L.Width; i += L.Width) sums = L.Add(sums, Exp.Of<L, V>(L.Add(L.Load(x + i), shift)));
        for (; i < width; i++) sum += Exp.Of<ScalarLanes, float>(x[i] - max);
        float logarithm = MathF.Log(L.Sum(sums) + sum);
        V minus = L.Splat(logarithm);
        for (i = 0; i <= width - L.Width; i += L.Width) L.Store(y + i, L.Subtract(L.Add(L.Load(x + i), shift), minus));
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
        Blocks(rows, (start, end) =>
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

    internal static void LayerNorm<L, V>(float* x, float* gain, float* shift, int rows, int width, float epsilon, float* y, float* statistics) where L : struct, ILanes<V> =>
        Blocks(rows, (start, end) =>
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
        int blocks = (rows + Block - 1) / Block;
        float[] partial = new float[dGain is null ? 0 : 2 * blocks * width];
        fixed (float* at = partial)
        {
            float* gains = at, shifts = at + (long)blocks * width;
            bool weights = dGain is not null;
            Workers.For(blocks, b =>
            {
                for (long r = b * Block; r < Math.Min(rows, (b + 1) * Block); r++)
                    LayerNormSlopeRow<L, V>(x + r * width, gain, statistics + 2 * r, g + r * width, width, dx + r * width,
                        weights ? gains + (long)b * width : null, weights ? shifts + (long)b * width : null);
            });
            if (!weights) return;
            Elementwise.SumRows<L, V>(gains, blocks, width, dGain);
            Elementwise.SumRows<L, V>(shifts, blocks, width, dShift);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void LayerNormSlopeRow<L, V>(float* x, float* gain, float* statistics, float* g, int width, float* dx, float* gains, float* shifts) where L : struct, ILanes<V>
    {
        float mean = statistics[0], inverse = statistics[1], along = 0, across = 0;
        V minus = L.Splat(-mean), scale = L.Splat(inverse), alongs = L.Splat(0), acrosses = L.Splat(0);
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
        along = (L.Sum(alongs) + along) / width;
        across = (L.Sum(acrosses) + across) / width;
        V a = L.Splat(-along), c = L.Splat(-across);
        for (i = 0; i <= width - L.Width; i += L.Width)
        {
            V slope = L.Load(g + i), n = L.Multiply(L.Add(L.Load(x + i), minus), scale), h = L.Multiply(slope, L.Load(gain + i));
            L.Store(dx + i, L.Multiply(L.MultiplyAdd(n, c, L.Add(h, a)), scale));
            if (gains is null) continue;
            L.Store(gains + i, L.MultiplyAdd(slope, n, L.Load(gains + i)));
            L.Store(shifts + i, L.Add(slope, L.Load(shifts + i)));
        }
        for (; i < width; i++)
        {
            float n = (x[i] - mean) * inverse;
            dx[i] = (g[i] * gain[i] - along - n * across) * inverse;
            if (gains is null) continue;
            gains[i] += g[i] * n;
            shifts[i] += g[i];
        }
    }

    static void Blocks(int rows, Action<int, int> body) =>
        Workers.For((rows + Block - 1) / Block, b => body(b * Block, Math.Min(rows, (b + 1) * Block)));
}
