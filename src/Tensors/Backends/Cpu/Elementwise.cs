using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>Loops over values: maps, their slopes, broadcast zips, sums, AdamW.</summary>
static unsafe class Elementwise
{
    // values per item of work; fixed, so that results do not depend on the threads
    const int Piece = 1 << 14;

    /// <summary>y = F(x)</summary>
    internal static void Map<F, L, V>(float* x, float* y, int count, float p, float q) where F : struct, IMap where L : struct, ILanes<V>
    {
        if (count <= Piece) MapPiece<F, L, V>(x, y, count, p, q);
        else Pieces(count, (start, length) => MapPiece<F, L, V>(x + start, y + start, length, p, q));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void MapPiece<F, L, V>(float* x, float* y, int count, float p, float q) where F : struct, IMap where L : struct, ILanes<V>
    {
        V vp = L.Splat(p), vq = L.Splat(q);
        int i = 0;
        for (; i <= count - L.Width; i += L.Width) L.Store(y + i, F.Apply<L, V>(L.Load(x + i), vp, vq));
        for (; i < count; i++) y[i] = F.Apply<ScalarLanes, float>(x[i], p, q);
    }

    /// <summary>y = g · F′(x)</summary>
    internal static void MapSlope<F, L, V>(
        float* x, float* g, float* y, int count, float p, float q) where F : struct, IMap where L : struct, ILanes<V>
    {
        if (count <= Piece) SlopePiece<F, L, V>(x, g, y, count, p, q);
        else Pieces(count, (start, length) => SlopePiece<F, L, V>(x + start, g + start, y + start, length, p, q));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void SlopePiece<F, L, V>(
        float* x, float* g, float* y, int count, float p, float q) where F : struct, IMap where L : struct, ILanes<V>
    {
        V vp = L.Splat(p), vq = L.Splat(q);
        int i = 0;
        for (; i <= count - L.Width; i += L.Width) L.Store(y + i, L.Multiply(L.Load(g + i), F.Slope<L, V>(L.Load(x + i), vp, vq)));
        for (; i < count; i++) y[i] = g[i] * F.Slope<ScalarLanes, float>(x[i], p, q);
    }

    /// <summary>y = F(a, b), broadcast</summary>
    internal static void Zip<F, L, V>(float* a, float* b, float* y, Walk walk) where F : struct, IZip where L : struct, ILanes<V>
    {
        int inner = walk.Inner, outer = walk.Outer, stepA = walk.StepsA[^1], stepB = walk.StepsB[^1];
        if (outer == 1 && inner > Piece)
        {
            Pieces(inner, (start, length) => ZipPiece<F, L, V>(a + start * stepA, b + start * stepB, y + start, length, stepA, stepB));
            return;
        }
        int rows = Math.Max(1, Piece / Math.Max(1, inner));
        Workers.For((outer + rows - 1) / rows, piece =>
        {
            for (int o = piece * rows; o < Math.Min(outer, (piece + 1) * rows); o++)
            {
                (int startA, int startB) = walk.Start(o);
                ZipPiece<F, L, V>(a + startA, b + startB, y + (long)o * inner, inner, stepA, stepB);
            }
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void ZipPiece<F, L, V>(
        float* a, float* b, float* y, int count, int stepA, int stepB) where F : struct, IZip where L : struct, ILanes<V>
    {
        int i = 0;
        if (stepA == 1 && stepB == 1)
            for (; i <= count - L.Width; i += L.Width) L.Store(y + i, F.Apply<L, V>(L.Load(a + i), L.Load(b + i)));
        else if (stepA == 1 && stepB == 0)
            for (V same = L.Splat(*b); i <= count - L.Width; i += L.Width) L.Store(y + i, F.Apply<L, V>(L.Load(a + i), same));
        else if (stepA == 0 && stepB == 1)
            for (V same = L.Splat(*a); i <= count - L.Width; i += L.Width) L.Store(y + i, F.Apply<L, V>(same, L.Load(b + i)));
        for (; i < count; i++) y[i] = F.Apply<ScalarLanes, float>(a[(long)i * stepA], b[(long)i * stepB]);
    }

    /// <summary>y[outer inner] = sum over count of x[outer count inner], each in one fixed order.</summary>
    internal static void Sum<L, V>(float* x, int outer, int count, int inner, float* y) where L : struct, ILanes<V>
    {
        const int block = 256;                                   // rows that are summed before the sums are summed
        if (inner == 1)
        {
            int rows = Math.Max(1, Piece / Math.Max(1, count));
            Workers.For((outer + rows - 1) / rows, piece =>
            {
                for (int o = piece * rows; o < Math.Min(outer, (piece + 1) * rows); o++)
                    y[o] = (float)SumRun<L, V>(x + (long)o * count, count);
            });
            return;
        }
        int blocks = (count + block - 1) / block;
        if (blocks <= 1)
        {
            Workers.For(outer, o => SumRows<L, V>(x + (long)o * count * inner, count, inner, inner, y + (long)o * inner));
            return;
        }
        float* parts = (float*)NativeMemory.AlignedAlloc((nuint)outer * (nuint)blocks * (nuint)inner * sizeof(float), 64);
        try
        {
            Workers.For(outer * blocks, item =>
            {
                (int o, int b) = Math.DivRem(item, blocks);
                float* from = x + ((long)o * count + b * block) * inner;
                SumRows<L, V>(from, Math.Min(block, count - b * block), inner, inner, parts + (long)item * inner);
            });
            for (int o = 0; o < outer; o++) SumRows<L, V>(parts + (long)o * blocks * inner, blocks, inner, inner, y + (long)o * inner);
        }
        finally
        {
            NativeMemory.AlignedFree(parts);
        }
    }

    /// <summary>Sum of a run of values: lanes, then blocks of 4,096 in double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static double SumRun<L, V>(float* x, int count) where L : struct, ILanes<V>
    {
        double total = 0;
        for (int start = 0; start < count; start += 4096)
        {
            int end = Math.Min(count, start + 4096), i = start;
            V s0 = L.Splat(0), s1 = L.Splat(0);
            for (; i <= end - 2 * L.Width; i += 2 * L.Width) (s0, s1) = (L.Add(s0, L.Load(x + i)), L.Add(s1, L.Load(x + i + L.Width)));
            float tail = 0;
            for (; i < end; i++) tail += x[i];
            total += (double)L.Sum(L.Add(s0, s1)) + tail;
        }
        return total;
    }

    /// <summary>Σ x² in double; lanes within blocks of 4,096, one partial sum per piece.</summary>
    internal static double SumOfSquares<L, V>(float* x, int count) where L : struct, ILanes<V>
    {
        const int piece = 1 << 16;
        int pieces = (count + piece - 1) / piece;
        double[] sums = new double[pieces];
        Workers.For(pieces, i =>
        {
            for (int start = i * piece, end = Math.Min(count, start + piece); start < end; start += 4096)
                sums[i] += Squares<L, V>(x + start, Math.Min(4096, end - start));
        });
        double sum = 0;
        foreach (double one in sums) sum += one;
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static double Squares<L, V>(float* x, int count) where L : struct, ILanes<V>
    {
        V s0 = L.Splat(0), s1 = s0, s2 = s0, s3 = s0;
        int i = 0;
        for (; i <= count - 4 * L.Width; i += 4 * L.Width)
        {
            V a = L.Load(x + i), b = L.Load(x + i + L.Width), c = L.Load(x + i + 2 * L.Width), d = L.Load(x + i + 3 * L.Width);
            s0 = L.MultiplyAdd(a, a, s0);
            s1 = L.MultiplyAdd(b, b, s1);
            s2 = L.MultiplyAdd(c, c, s2);
            s3 = L.MultiplyAdd(d, d, s3);
        }
        float tail = 0;
        for (; i < count; i++) tail += x[i] * x[i];
        return (double)L.Sum(L.Add(L.Add(s0, s1), L.Add(s2, s3))) + tail;
    }

    // eight vectors of a row at a time, and asked for eight rows ahead: rows are far apart, which the processor does not foresee
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void SumRows<L, V>(float* x, int rows, int width, nint step, float* y) where L : struct, ILanes<V>
    {
        nint w = L.Width;
        int c = 0;
        for (; c <= width - 8 * L.Width; c += 8 * L.Width)
        {
            V s0 = L.Splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
            float* at = x + c, to = y + c;
            for (int r = 0; r < rows; r++, at += step)
            {
                for (float* ahead = at + 8 * step, end = ahead + 8 * w; ahead < end; ahead += Prefetch.Line) Prefetch.Near(ahead);
                s0 = L.Add(s0, L.Load(at));
                s1 = L.Add(s1, L.Load(at + w));
                s2 = L.Add(s2, L.Load(at + 2 * w));
                s3 = L.Add(s3, L.Load(at + 3 * w));
                s4 = L.Add(s4, L.Load(at + 4 * w));
                s5 = L.Add(s5, L.Load(at + 5 * w));
                s6 = L.Add(s6, L.Load(at + 6 * w));
                s7 = L.Add(s7, L.Load(at + 7 * w));
            }
            L.Store(to, s0);
            L.Store(to + w, s1);
            L.Store(to + 2 * w, s2);
            L.Store(to + 3 * w, s3);
            L.Store(to + 4 * w, s4);
            L.Store(to + 5 * w, s5);
            L.Store(to + 6 * w, s6);
            L.Store(to + 7 * w, s7);
        }
        for (; c <= width - L.Width; c += L.Width)
        {
            V sum = L.Splat(0);
            for (nint r = 0; r < rows; r++) sum = L.Add(sum, L.Load(x + r * step + c));
            L.Store(y + c, sum);
        }
        for (; c < width; c++)
        {
            float sum = 0;
            for (nint r = 0; r < rows; r++) sum += x[r * step + c];
            y[c] = sum;
        }
    }

    /// <summary>AdamW in place (Loshchilov and Hutter 2019, algorithm 2)</summary>
    internal static void AdamW<L, V>(
        float* weight, float* gradient, float* mean, float* square, int count, AdamStep step) where L : struct, ILanes<V> =>
        Pieces(count, (start, length) => AdamPiece<L, V>(weight + start, gradient + start, mean + start, square + start, length, step));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void AdamPiece<L, V>(
        float* weight, float* gradient, float* mean, float* square, int count, AdamStep step) where L : struct, ILanes<V>
    {
        int i = 0;
        for (; i <= count - L.Width; i += L.Width) AdamLane<L, V>(weight + i, gradient + i, mean + i, square + i, step);
        for (; i < count; i++) AdamLane<ScalarLanes, float>(weight + i, gradient + i, mean + i, square + i, step);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AdamLane<L, V>(float* weight, float* gradient, float* mean, float* square, AdamStep step) where L : struct, ILanes<V>
    {
        V g = L.Multiply(L.Load(gradient), L.Splat(step.GradientScale)), w = L.Load(weight);
        V m = L.MultiplyAdd(L.Splat(1 - step.MeanDecay), L.Subtract(g, L.Load(mean)), L.Load(mean));
        V s = L.MultiplyAdd(L.Splat(1 - step.SquareDecay), L.Subtract(L.Multiply(g, g), L.Load(square)), L.Load(square));
        V root = L.Add(L.Sqrt(L.Multiply(s, L.Splat(step.SquareScale))), L.Splat(step.Epsilon));
        V move = L.MultiplyAdd(L.Splat(step.WeightDecay), w, L.Divide(L.Multiply(m, L.Splat(step.MeanScale)), root));
        L.Store(mean, m);
        L.Store(square, s);
        L.Store(weight, L.MultiplyAdd(L.Splat(-step.Rate), move, w));
    }

    static void Pieces(int count, Action<int, int> body) =>
        Workers.For((count + Piece - 1) / Piece, piece => body(piece * Piece, Math.Min(Piece, count - piece * Piece)));
}
