using System.Runtime.CompilerServices;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>Rows of a table by index, and back.</summary>
static unsafe class Table
{
    internal static void Rows(float* table, int* indices, int count, int width, float* y)
    {
        int piece = Math.Max(1, (1 << 14) / Math.Max(1, width));
        Workers.For((count + piece - 1) / piece, p =>
        {
            for (int i = p * piece; i < Math.Min(count, (p + 1) * piece); i++)
                Unsafe.CopyBlockUnaligned(y + (long)i * width, table + (long)indices[i] * width, (uint)width * sizeof(float));
        });
    }

    /// <summary>One item of work is a run of the table's rows: it clears them and adds what belongs there, in the order of the indices.</summary>
    internal static void RowsSlope<L, V>(float* g, int* indices, int count, int width, int rows, float* dTable) where L : struct, ILanes<V>
    {
        int runs = (int)Math.Clamp((long)rows * width >> 16, 1, 32), run = (rows + runs - 1) / runs;
        Workers.For(runs, item =>
        {
            int first = item * run, end = Math.Min(rows, first + run);
            if (first >= end) return;
            new Span<float>(dTable + (long)first * width, (end - first) * width).Clear();
            for (int i = 0; i < count; i++)
                if (indices[i] >= first && indices[i] < end) Add<L, V>(g + (long)i * width, dTable + (long)indices[i] * width, width);
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Add<L, V>(float* x, float* to, int width) where L : struct, ILanes<V>
    {
        int i = 0;
        for (; i <= width - L.Width; i += L.Width) L.Store(to + i, L.Add(L.Load(to + i), L.Load(x + i)));
        for (; i < width; i++) to[i] += x[i];
    }
}
