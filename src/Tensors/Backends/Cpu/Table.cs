using System.Runtime.CompilerServices;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>Rows of a table by index, and back.</summary>
static unsafe class Table
{
    const long BeyondCaches = 1 << 22;                           // floats of a table that the caches do not hold
    const long Near = 1 << 18;                                   // floats of a table that the caches hold anyway

    internal static void Rows<L, V>(float* table, long size, int* indices, int count, int width, float* y) where L : struct, ILanes<V>
    {
        int piece = Math.Max(1, (1 << 14) / Math.Max(1, width));
        Workers.For((count + piece - 1) / piece, p =>
        {
            for (int i = p * piece; i < Math.Min(count, (p + 1) * piece); i++)
            {
                float* next = size <= Near ? null : table + (long)indices[Math.Min(i + 1, count - 1)] * width;
                Copy<L, V>(table + (long)indices[i] * width, next, y + (long)i * width, width);
            }
        });
    }

    // the next row, which lies anywhere, is asked for meanwhile, unless the caches hold the table
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Copy<L, V>(float* x, float* next, float* to, int width) where L : struct, ILanes<V>
    {
        int i = 0;
        for (; next != null && i <= width - 4 * L.Width; i += 4 * L.Width)
        {
            V a = L.Load(x + i), b = L.Load(x + i + L.Width), c = L.Load(x + i + 2 * L.Width), d = L.Load(x + i + 3 * L.Width);
            for (int ahead = 0; ahead < 4 * L.Width; ahead += Prefetch.Line) Prefetch.Near(next + i + ahead);
            L.Store(to + i, a);
            L.Store(to + i + L.Width, b);
            L.Store(to + i + 2 * L.Width, c);
            L.Store(to + i + 3 * L.Width, d);
        }
        for (; i <= width - L.Width; i += L.Width) L.Store(to + i, L.Load(x + i));
        if (i < width) L.Store(to + i, L.First(width - i), L.Load(x + i, L.First(width - i), L.Splat(0)));
    }

    /// <summary>
    /// One item of work is a run of the table's rows: it clears them and adds what belongs there, in the order of the indices.
    /// </summary>
    internal static void RowsSlope<L, V>(float* g, int* indices, int count, int width, int rows, float* dTable) where L : struct, ILanes<V>
    {
        int runs = (int)Math.Clamp((long)rows * width >> 16, 1, 32), run = (rows + runs - 1) / runs;
        bool past = (long)rows * width > BeyondCaches;
        Workers.For(runs, item =>
        {
            int first = item * run, end = Math.Min(rows, first + run);
            if (first >= end) return;
            if (past) ClearPast<L, V>(dTable + (long)first * width, (nint)(end - first) * width);
            else new Span<float>(dTable + (long)first * width, (end - first) * width).Clear();
            for (int i = 0; i < count; i++)
                if (indices[i] >= first && indices[i] < end) Add<L, V>(g + (long)i * width, dTable + (long)indices[i] * width, width);
        });
    }

    // past the caches: memory that is only cleared need not be read first (the team's counters, which are atomic, order these writes before
    // the end of the item)
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void ClearPast<L, V>(float* to, nint count) where L : struct, ILanes<V>
    {
        V zero = L.Splat(0);
        float* end = to + count;
        for (; to < end && (nuint)to % (nuint)(L.Width * sizeof(float)) != 0; to++) *to = 0;
        for (; to <= end - L.Width; to += L.Width) L.Stream(to, zero);
        for (; to < end; to++) *to = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Add<L, V>(float* x, float* to, int width) where L : struct, ILanes<V>
    {
        int i = 0;
        for (; i <= width - L.Width; i += L.Width) L.Store(to + i, L.Add(L.Load(to + i), L.Load(x + i)));
        for (; i < width; i++) to[i] += x[i];
    }
}
