using System.Runtime.CompilerServices;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>mask · x + (1 − mask) · ablation, part by part of each row, and its gradients.</summary>
static unsafe class Mixing<L, V> where L : struct, ILanes<V>
{
    // rows per item of work; fixed, so that sums over rows do not depend on the threads
    const int Block = 32;

    internal static void Mix(float* x, float* mask, float* ablation, int rows, int parts, int partWidth, float* y) =>
        Workers.For((rows + Block - 1) / Block, block =>
        {
            long width = (long)parts * partWidth;
            for (long r = block * Block; r < Math.Min(rows, (block + 1) * Block); r++)
                for (int p = 0; p < parts; p++)
                {
                    long at = r * width + (long)p * partWidth;
                    MixRun(x + at, mask[p], ablation + (long)p * partWidth, partWidth, y + at);
                }
        });

    // both ends are copies: the sum would turn −0 into 0 at one, and an infinite value into NaN at the other
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void MixRun(float* x, float mask, float* ablation, int count, float* y)
    {
        if (mask is 0 or 1)
        {
            new ReadOnlySpan<float>(mask == 1 ? x : ablation, count).CopyTo(new(y, count));
            return;
        }
        V share = L.Splat(mask), rest = L.Splat(1 - mask);
        int i = 0;
        for (; i <= count - L.Width; i += L.Width)
            L.Store(y + i, L.MultiplyAdd(share, L.Load(x + i), L.Multiply(rest, L.Load(ablation + i))));
        for (; i < count; i++) y[i] = MathF.FusedMultiplyAdd(mask, x[i], (1 - mask) * ablation[i]);
    }

    /// <summary>dx = mask g; dMask = Σ g (x − ablation). Either may be null.</summary>
    internal static void Slope(
        float* x, float* mask, float* ablation, float* g, int rows, int parts, int partWidth, float* dx, float* dMask)
    {
        int blocks = (rows + Block - 1) / Block;
        float[] sums = new float[dMask is null ? 0 : blocks * parts];
        Workers.For(blocks, block =>
        {
            int count = Math.Min(Block, rows - block * Block), width = parts * partWidth;
            for (int p = 0; p < parts; p++)
            {
                long at = (long)block * Block * width + (long)p * partWidth;
                if (dx is not null) ScaleRuns(g + at, mask[p], count, width, partWidth, dx + at);
                if (dMask is not null)
                    sums[block * parts + p] = SumRuns(x + at, ablation + (long)p * partWidth, g + at, count, width, partWidth);
            }
        });
        for (int p = 0; p < parts && dMask is not null; p++)
        {
            double sum = 0;
            for (int block = 0; block < blocks; block++) sum += sums[block * parts + p];
            dMask[p] = (float)sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void ScaleRuns(float* g, float mask, int rows, nint step, int count, float* dx)
    {
        V by = L.Splat(mask);
        for (int r = 0; r < rows; r++, g += step, dx += step)
        {
            int i = 0;
            for (; i <= count - L.Width; i += L.Width) L.Store(dx + i, L.Multiply(by, L.Load(g + i)));
            for (; i < count; i++) dx[i] = mask * g[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static float SumRuns(float* x, float* ablation, float* g, int rows, nint step, int count)
    {
        V sums = L.Splat(0);
        float sum = 0;
        for (int r = 0; r < rows; r++, x += step, g += step)
        {
            int i = 0;
            for (; i <= count - L.Width; i += L.Width)
                sums = L.MultiplyAdd(L.Load(g + i), L.Subtract(L.Load(x + i), L.Load(ablation + i)), sums);
            for (; i < count; i++) sum += g[i] * (x[i] - ablation[i]);
        }
        return L.Sum(sums) + sum;
    }
}
