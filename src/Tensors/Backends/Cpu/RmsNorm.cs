using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>x / √(mean x² + epsilon) · gain, row by row, and its gradients.</summary>
static unsafe class RmsNorm<L, V> where L : struct, ILanes<V>
{
    // rows per item of work; fixed, so that sums over rows do not depend on the threads
    const int Block = 32;

    internal static void Forward(float* x, float* gain, int rows, int width, float epsilon, float* y, float* statistics) =>
        Blocks(rows, (start, end) =>
        {
            for (long r = start; r < end; r++) statistics[r] = ForwardRow(x + r * width, gain, width, epsilon, y + r * width);
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static float ForwardRow(float* x, float* gain, int width, float epsilon, float* y)
    {
        float inverse = 1 / MathF.Sqrt(Squares(x, width) / width + epsilon);
        V scale = L.Splat(inverse);
        int i = 0;
        for (; i <= width - L.Width; i += L.Width) L.Store(y + i, L.Multiply(L.Multiply(L.Load(x + i), scale), L.Load(gain + i)));
        for (; i < width; i++) y[i] = x[i] * inverse * gain[i];
        return inverse;
    }

    /// <summary>With n = x / root and h = g · gain: dx = (h − n mean(h n)) / root; dGain = Σ g n, unless it is null.</summary>
    internal static void Slope(float* x, float* gain, float* statistics, float* g, int rows, int width, float* dx, float* dGain)
    {
        int blocks = (rows + Block - 1) / Block;
        nuint bytes = (nuint)Math.Max(1, blocks) * (nuint)width * sizeof(float);
        float* partial = dGain is null ? null : (float*)NativeMemory.AlignedAlloc(bytes, 64);
        try
        {
            Blocks(rows, (start, end) =>
            {
                float* gains = partial is null ? null : partial + (long)start / Block * width;
                if (gains is not null) new Span<float>(gains, width).Clear();
                for (long r = start; r < end; r++)
                    SlopeRow(x + r * width, gain, statistics[r], g + r * width, width, dx + r * width, gains);
            });
            if (dGain is not null) Elementwise.SumRows<L, V>(partial, blocks, width, width, dGain);
        }
        finally
        {
            NativeMemory.AlignedFree(partial);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void SlopeRow(float* x, float* gain, float inverse, float* g, int width, float* dx, float* gains)
    {
        V sums = L.Splat(0);
        float sum = 0;
        int i = 0;
        for (; i <= width - L.Width; i += L.Width) sums = L.MultiplyAdd(L.Multiply(L.Load(g + i), L.Load(gain + i)), L.Load(x + i), sums);
        for (; i < width; i++) sum += g[i] * gain[i] * x[i];
        float across = (L.Sum(sums) + sum) * inverse / width;
        for (i = 0; i <= width - L.Width; i += L.Width)
            SlopeLane<L, V>(x + i, gain + i, inverse, g + i, across, dx + i, gains is null ? null : gains + i);
        for (; i < width; i++)
            SlopeLane<ScalarLanes, float>(x + i, gain + i, inverse, g + i, across, dx + i, gains is null ? null : gains + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void SlopeLane<M, W>(
        float* x, float* gain, float inverse, float* g, float across, float* dx, float* gains) where M : struct, ILanes<W>
    {
        W scale = M.Splat(inverse), slope = M.Load(g), n = M.Multiply(M.Load(x), scale);
        M.Store(dx, M.Multiply(M.Subtract(M.Multiply(slope, M.Load(gain)), M.Multiply(n, M.Splat(across))), scale));
        if (gains is not null) M.Store(gains, M.MultiplyAdd(slope, n, M.Load(gains)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static float Squares(float* x, int width)
    {
        V sums = L.Splat(0);
        float sum = 0;
        int i = 0;
        for (; i <= width - L.Width; i += L.Width)
        {
            V value = L.Load(x + i);
            sums = L.MultiplyAdd(value, value, sums);
        }
        for (; i < width; i++) sum += x[i] * x[i];
        return L.Sum(sums) + sum;
    }

    static void Blocks(int rows, Action<int, int> body) =>
        Workers.For((rows + Block - 1) / Block, block => body(block * Block, Math.Min(rows, (block + 1) * Block)));
}
