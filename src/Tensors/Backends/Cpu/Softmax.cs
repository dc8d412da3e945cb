using System.Runtime.CompilerServices;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>
/// Softmax of rows, its logarithm, cross entropy, and their gradients. A row is computed alone, its end under a mask. The
/// sums of several short rows are taken first, then the rows are written.
/// </summary>
static unsafe class Softmax<L, V> where L : struct, ILanes<V>
{
    /// <summary>Softmax or its logarithm; y may be x. An infinite maximum or a NaN gives NaNs, never an exception.</summary>
    internal static void Forward(float* x, int rows, int width, bool logarithm, float* y) => Rows.Blocks(rows, width, (start, end) =>
    {
        long at = (long)start * width;
        if (logarithm) Logarithms(x + at, end - start, width, y + at);
        else Shares(x + at, end - start, width, y + at);
    });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Shares(float* x, int rows, int width, float* y)
    {
        int whole = width - width % L.Width, together = Together(width);
        V mask = L.First(width - whole), nothing = L.Splat(float.NegativeInfinity);
        float* sums = stackalloc float[Most];
        for (int count; rows > 0; rows -= count)
        {
            count = Math.Min(together, rows);
            float* row = y;
            for (int r = 0; r < count; r++, x += width, row += width)
            {
                V shift = L.Splat(Largest(x, whole, width, mask)), sum = L.Splat(0);
                for (int i = 0; i < whole; i += L.Width)
                {
                    V e = Raised(L.Load(x + i), shift);
                    sum = L.Add(sum, e);
                    L.Store(row + i, e);
                }
                if (whole < width)
                {
                    V e = Raised(L.Load(x + whole, mask, nothing), shift);
                    sum = L.Add(sum, e);
                    L.Store(row + whole, mask, e);
                }
                sums[r] = 1 / L.Sum(sum);
            }
            for (int r = 0; r < count; r++, y += width)
            {
                V scale = L.Splat(sums[r]);
                for (int i = 0; i < whole; i += L.Width) L.Store(y + i, L.Multiply(L.Load(y + i), scale));
                if (whole < width) L.Store(y + whole, mask, L.Multiply(L.Load(y + whole, mask, scale), scale));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Logarithms(float* x, int rows, int width, float* y)
    {
        int whole = width - width % L.Width, together = Together(width);
        V mask = L.First(width - whole);
        float* largest = stackalloc float[2 * Most], sums = largest + Most;
        for (int count; rows > 0; rows -= count)
        {
            count = Math.Min(together, rows);
            float* row = x;
            for (int r = 0; r < count; r++, row += width)
            {
                largest[r] = Largest(row, whole, width, mask);
                sums[r] = SumRaised(row, whole, width, mask, L.Splat(largest[r]));
            }
            for (int r = 0; r < count; r += L.Width) L.Store(sums + r, Log.Apply<L, V>(L.Load(sums + r), mask, mask));
            for (int r = 0; r < count; r++, x += width, y += width)
            {
                V shift = L.Splat(largest[r]), minus = L.Splat(sums[r]);
                for (int i = 0; i < whole; i += L.Width) L.Store(y + i, L.Subtract(L.Subtract(L.Load(x + i), shift), minus));
                if (whole < width) L.Store(y + whole, mask, L.Subtract(L.Subtract(L.Load(x + whole, mask, shift), shift), minus));
            }
        }
    }

    // rows whose sums are taken before any of them is written, so that they do not wait for one another; they stay in the first cache
    static int Together(int width) => Math.Clamp((1 << 11) / Math.Max(1, width), 1, Most);

    const int Most = 16, Run = 256;

    // e^(x − largest) for x up to the largest
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Raised(V x, V largest) => Power(L.Subtract(x, largest));

    // e^x for x up to about 0; computed as a power of two
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Power(V x) => Exp.OfTwo<L, V>(L.Multiply(x, L.Splat(Exp.TwoPerNatural)));

    // Σ e^(x − largest) over a row, in runs: one chain over a vocabulary would lose what float32 holds
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float SumRaised(float* x, int whole, int width, V mask, V largest)
    {
        V sums = L.Splat(0);
        for (int start = 0; start < whole; start += Run * L.Width)
        {
            V run = L.Splat(0);
            for (int i = start; i < Math.Min(whole, start + Run * L.Width); i += L.Width) run = L.Add(run, Raised(L.Load(x + i), largest));
            sums = L.Add(sums, run);
        }
        if (whole < width) sums = L.Add(sums, Raised(L.Load(x + whole, mask, L.Splat(float.NegativeInfinity)), largest));
        return L.Sum(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Largest(float* x, int whole, int width, V mask)
    {
        V most = L.Splat(float.NegativeInfinity);
        if (whole < width) most = L.Load(x + whole, mask, most);
        for (int i = 0; i < whole; i += L.Width) most = L.Max(most, L.Load(x + i));
        return L.Max(most);
    }

    /// <summary>Softmax: dx = y (g − Σ g y). Its logarithm: dx = g − e^y Σ g.</summary>
    internal static void Backward(float* y, float* g, int rows, int width, bool logarithm, float* dx)
    {
        bool past = width >= Long && (long)rows * width > BeyondCaches;
        Rows.Blocks(rows, width, (start, end) =>
        {
            long at = (long)start * width;
            if (logarithm) Slopes<OfLogarithm>(y + at, g + at, end - start, width, past, dx + at);
            else Slopes<OfShare>(y + at, g + at, end - start, width, past, dx + at);
        });
    }

    const int Long = 1 << 10, BeyondCaches = 1 << 22;           // values in a row; in a tensor, three of which do not stay in a cache

    interface ISlope
    {
        static abstract V Add(V y, V g, V sums);

        static abstract V Slope(V y, V g, V sum);
    }

    readonly struct OfShare : ISlope
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Add(V y, V g, V sums) => L.MultiplyAdd(g, y, sums);
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Slope(V y, V g, V sum) => L.Multiply(y, L.Subtract(g, sum));
    }

    readonly struct OfLogarithm : ISlope
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Add(V y, V g, V sums) => L.Add(sums, g);
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Slope(V y, V g, V sum) => L.Subtract(g, L.Multiply(Power(y), sum));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Slopes<S>(float* y, float* g, int rows, int width, bool past, float* dx) where S : struct, ISlope
    {
        int whole = width - width % L.Width, together = Together(width);
        V mask = L.First(width - whole), zero = L.Splat(0);
        float* sums = stackalloc float[Most];
        if (!past && L.Width > 1 && width - whole == L.Width / 2)
            for (; rows > 1; rows -= 2, y += 2 * width, g += 2 * width, dx += 2 * width) SlopePair<S>(y, g, whole, mask, dx);
        for (int count; rows > 0; rows -= count)
        {
            count = Math.Min(together, rows);
            float* rowY = y, rowG = g;
            for (int r = 0; r < count; r++, rowY += width, rowG += width)
            {
                V sum = zero;
                for (int i = 0; i < whole; i += L.Width) sum = S.Add(L.Load(rowY + i), L.Load(rowG + i), sum);
                if (whole < width) sum = S.Add(L.Load(rowY + whole, mask, zero), L.Load(rowG + whole, mask, zero), sum);
                sums[r] = L.Sum(sum);
            }
            for (int r = 0; r < count; r++, y += width, g += width, dx += width)
            {
                V sum = L.Splat(sums[r]);
                if (past)
                {
                    SlopesPast<S>(y, g, width, sum, dx);
                    continue;
                }
                for (int i = 0; i < whole; i += L.Width) L.Store(dx + i, S.Slope(L.Load(y + i), L.Load(g + i), sum));
                if (whole < width) L.Store(dx + whole, mask, S.Slope(L.Load(y + whole, mask, zero), L.Load(g + whole, mask, zero), sum));
            }
        }
    }

    // Two rows that end in half a vector are whole vectors together; the one in the middle is the end of the one and the beginning
    // of the other. Each row is summed as it is when it stands alone.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void SlopePair<S>(float* y, float* g, int whole, V mask, float* dx) where S : struct, ISlope
    {
        int second = whole + L.Width / 2, after = whole + L.Width;
        V zero = L.Splat(0), one = zero, two = zero;
        for (int i = 0; i < whole; i += L.Width)
        {
            one = S.Add(L.Load(y + i), L.Load(g + i), one);
            two = S.Add(L.Load(y + second + i), L.Load(g + second + i), two);
        }
        one = S.Add(L.Load(y + whole, mask, zero), L.Load(g + whole, mask, zero), one);
        two = S.Add(L.Load(y + second + whole, mask, zero), L.Load(g + second + whole, mask, zero), two);
        V sums = L.SumHalves(L.Fold(one, two));
        one = L.Lower(sums);
        two = L.Upper(sums);
        for (int i = 0; i < whole; i += L.Width) L.Store(dx + i, S.Slope(L.Load(y + i), L.Load(g + i), one));
        L.Store(dx + whole, S.Slope(L.Load(y + whole), L.Load(g + whole), sums));
        for (int i = after; i < after + whole; i += L.Width) L.Store(dx + i, S.Slope(L.Load(y + i), L.Load(g + i), two));
    }

    // Written past the caches, whole vectors at aligned addresses: the memory need not be read first. (The team's counters, which
    // are atomic, order these writes before the end of the item.)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void SlopesPast<S>(float* y, float* g, int width, V sum, float* dx) where S : struct, ISlope
    {
        int i = Math.Min(width, (int)(-((nint)dx / sizeof(float)) & (L.Width - 1)));
        V head = L.First(i), zero = L.Splat(0);
        if (i > 0) L.Store(dx, head, S.Slope(L.Load(y, head, zero), L.Load(g, head, zero), sum));
        for (; i <= width - L.Width; i += L.Width) L.Stream(dx + i, S.Slope(L.Load(y + i), L.Load(g + i), sum));
        V tail = L.First(width - i);
        if (i < width) L.Store(dx + i, tail, S.Slope(L.Load(y + i, tail, zero), L.Load(g + i, tail, zero), sum));
    }

    /// <summary>losses[row] = ln Σ e^x − x[label]; statistics[row 2] = the largest value and 1 / Σ e^(x − largest), unless null.</summary>
    internal static void Loss(
        float* x, int* labels, int rows, int width, float* losses, float* statistics) => Rows.Blocks(rows, width, (start, end) =>
    {
        for (int r = start; r < end; r++)
        {
            float* row = x + (long)r * width;
            (float largest, float sum) = Statistics(row, width);
            losses[r] = largest - row[labels[r]] + MathF.Log(sum);
            if (statistics is not null) (statistics[2 * r], statistics[2 * r + 1]) = (largest, 1 / sum);
        }
    });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static (float Largest, float Sum) Statistics(float* x, int width)
    {
        int whole = width - width % L.Width;
        V mask = L.First(width - whole);
        float largest = Largest(x, whole, width, mask);
        return (largest, SumRaised(x, whole, width, mask, L.Splat(largest)));
    }

    /// <summary>dx = (softmax(x) − [column is label]) · factor</summary>
    internal static void LossSlope(
        float* x, int* labels, float* statistics, float factor, int rows, int width, float* dx) => Rows.Blocks(rows, width, (start, end) =>
    {
        for (int r = start; r < end; r++)
        {
            float* row = dx + (long)r * width;
            LossSlope(x + (long)r * width, width, statistics[2 * r], statistics[2 * r + 1] * factor, row);
            row[labels[r]] -= factor;
        }
    });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void LossSlope(float* x, int width, float largest, float share, float* dx)
    {
        int whole = width - width % L.Width;
        V shift = L.Splat(largest), by = L.Splat(share), mask = L.First(width - whole);
        for (int i = 0; i < whole; i += L.Width) L.Store(dx + i, L.Multiply(Raised(L.Load(x + i), shift), by));
        if (whole < width) L.Store(dx + whole, mask, L.Multiply(Raised(L.Load(x + whole, mask, shift), shift), by));
    }
}
