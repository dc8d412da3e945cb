using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>
/// Matrix products c = a · b with b packed in panels of three vectors of columns: [panel][inner][3 vectors], zeros
/// beyond the last column. Every value of c is one chain of fused multiply-adds over the inner axis in order,
/// whatever tile or thread computes it, so results depend on neither.
/// </summary>
static unsafe class Gemm<L, V> where L : struct, ILanes<V>
{
    const int InnerBlock = 768;                                  // a panel of b of this depth stays in the second-level cache
    const int RowBlock = 192;                                    // rows of a that one item of work multiplies

    static int Panel => 3 * L.Width;

    static int TileRows => L.ManyRegisters ? 8 : 4;

    internal static int PackedCount(int inner, int columns) => checked((columns + Panel - 1) / Panel * Panel * inner);

    internal static void Pack(float* b, int inner, int columns, bool transposed, float* packed)
    {
        int panels = (columns + Panel - 1) / Panel;
        Workers.For(panels, p => PackPanel(b, inner, columns, transposed, packed + (long)p * Panel * inner, p * Panel));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void PackPanel(float* b, int inner, int columns, bool transposed, float* to, int first)
    {
        int panel = Panel, width = Math.Min(panel, columns - first);
        if (width < panel) new Span<float>(to, panel * inner).Clear();
        if (!transposed)
        {
            for (long k = 0; k < inner; k++) Unsafe.CopyBlockUnaligned(to + k * panel, b + k * columns + first, (uint)width * sizeof(float));
            return;
        }
        for (int k0 = 0; k0 < inner; k0 += 16)                   // blocks of 16 keep both sides in the first-level cache
        {
            int k1 = Math.Min(inner, k0 + 16);
            for (int j = 0; j < width; j++)
            {
                float* from = b + (long)(first + j) * inner;
                for (int k = k0; k < k1; k++) to[(long)k * panel + j] = from[k];
            }
        }
    }

    internal static void MatMul<F>(float* a, int rows, int inner, bool transposed, float* packed, int columns, float* bias, bool activate, float* c) where F : struct, IMap
    {
        int panels = (columns + Panel - 1) / Panel;
        float* paddedBias = bias is null ? null : PadBias(bias, columns, panels * Panel);
        try
        {
            (int rowStep, int panelStep) = Split(rows, panels, inner);
            int rowItems = (rows + rowStep - 1) / rowStep, panelItems = (panels + panelStep - 1) / panelStep;
            Workers.For(rowItems * panelItems, item =>
            {
                (int r, int p) = Math.DivRem(item, panelItems);
                Work work = new(a, rows, inner, transposed, packed, columns, paddedBias, c);
                Block<F>(work, r * rowStep, Math.Min(rows, (r + 1) * rowStep), p * panelStep, Math.Min(panels, (p + 1) * panelStep), activate);
            });
        }
        finally
        {
            NativeMemory.AlignedFree(paddedBias);
        }
    }

    readonly record struct Work(nint A, int Rows, int Inner, bool Transposed, nint Packed, int Columns, nint Bias, nint C)
    {
        internal Work(float* a, int rows, int inner, bool transposed, float* packed, int columns, float* bias, float* c)
            : this((nint)a, rows, inner, transposed, (nint)packed, columns, (nint)bias, (nint)c) { }
    }

    // Items small enough to share evenly, large enough that a panel is used many times; never decides any value.
    internal static (int RowStep, int PanelStep) Split(int rows, int panels, int inner)
    {
        int threads = Workers.Threads;
        if (threads == 1 || (long)rows * panels * Panel * inner < 1 << 18) return (Math.Min(RowBlock, Math.Max(rows, 1)), panels);
        int rowStep = Math.Clamp((rows / (2 * threads) + TileRows - 1) / TileRows * TileRows, 4 * TileRows, RowBlock);
        int rowItems = (rows + rowStep - 1) / rowStep;
        int panelItems = Math.Clamp((2 * threads + rowItems - 1) / rowItems, 1, panels);
        return (rowStep, (panels + panelItems - 1) / panelItems);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Block<F>(Work work, int row0, int row1, int panel0, int panel1, bool activate) where F : struct, IMap
    {
        float* a = (float*)work.A, packed = (float*)work.Packed, bias = (float*)work.Bias, c = (float*)work.C;
        int inner = work.Inner, panel = Panel, columns = work.Columns, tall = TileRows;
        float* edge = stackalloc float[8 * 48 + 16];
        edge = (float*)(((nuint)edge + 63) & ~(nuint)63);
        float* strip = work.Transposed ? Strips.Take(tall * Math.Min(InnerBlock, inner) * ((row1 - row0 + tall - 1) / tall)) : null;
        if (inner == 0) InnerNothing(work, row0, row1, panel0, panel1);
        for (int k0 = 0; k0 < inner; k0 += InnerBlock)
        {
            int depth = Math.Min(InnerBlock, inner - k0);
            bool last = k0 + depth == inner, onTop = k0 > 0;
            if (work.Transposed) PackStrips(a, work.Rows, k0, depth, row0, row1, tall, strip);
            for (int p = panel0; p < panel1; p++)
            {
                float* b = packed + ((long)p * inner + k0) * panel;
                float* start = bias is null ? null : bias + p * panel;
                int width = Math.Min(panel, columns - p * panel);
                for (int r = row0; r < row1; r += tall)
                {
                    int height = Math.Min(tall, row1 - r);
                    float* at = c + (long)r * columns + p * panel;
                    float* from = work.Transposed ? strip + (long)(r - row0) * depth : a + (long)r * inner + k0;
                    nint rowStep = work.Transposed ? 1 : inner, innerStep = work.Transposed ? tall : 1;
                    bool whole = height == tall && width == panel;
                    float* to = whole ? at : edge;
                    nint step = whole ? columns : panel;
                    if (!whole && onTop) CopyTile(at, columns, edge, panel, height, width);
                    if (height == tall && tall == 8) Tile.Rows8<L, V>(from, rowStep, innerStep, b, to, step, depth, start, onTop);
                    else if (height >= 4) RowsBy4(from, rowStep, innerStep, b, to, step, depth, start, onTop, height);
                    else RowByRow(from, rowStep, innerStep, b, to, step, depth, start, onTop, height);
                    if (last && activate) Activate<F>(to, step, height, whole ? panel : width);
                    if (!whole) CopyTile(edge, panel, at, columns, height, width);
                }
            }
        }
    }

    // 4 to 8 rows as tiles of 4, the last one reaching back over rows already done when the number is ragged
    static void RowsBy4(float* a, nint rowStep, nint innerStep, float* b, float* c, nint step, int depth, float* start, bool onTop, int height)
    {
        Tile.Rows4<L, V>(a, rowStep, innerStep, b, c, step, depth, start, onTop);
        if (height > 4) RowByRow(a + 4 * rowStep, rowStep, innerStep, b, c + 4 * step, step, depth, start, onTop, height - 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void RowByRow(float* a, nint rowStep, nint innerStep, float* b, float* c, nint step, int depth, float* start, bool onTop, int height)
    {
        int w = L.Width, panel = 3 * w;
        for (int r = 0; r < height; r++, a += rowStep, c += step)
        {
            float* init = onTop ? c : start;
            V c0 = L.Splat(0), c1 = c0, c2 = c0;
            if (init is not null) (c0, c1, c2) = (L.Load(init), L.Load(init + w), L.Load(init + 2 * w));
            float* at = a, bk = b;
            for (int k = 0; k < depth; k++, at += innerStep, bk += panel)
            {
                V x = L.Splat(*at);
                c0 = L.MultiplyAdd(x, L.Load(bk), c0);
                c1 = L.MultiplyAdd(x, L.Load(bk + w), c1);
                c2 = L.MultiplyAdd(x, L.Load(bk + 2 * w), c2);
            }
            L.Store(c, c0);
            L.Store(c + w, c1);
            L.Store(c + 2 * w, c2);
        }
    }

    // a stored [inner rows], rearranged to [strip of rows][inner][rows of a tile]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void PackStrips(float* a, int rows, int k0, int depth, int row0, int row1, int tall, float* strips)
    {
        for (int k = 0; k < depth; k++)
        {
            float* from = a + (long)(k0 + k) * rows;
            for (int r = row0; r < row1; r += tall)
            {
                float* to = strips + (long)(r - row0) * depth + k * tall;
                if (r + tall <= row1) Unsafe.CopyBlockUnaligned(to, from + r, (uint)tall * sizeof(float));
                else
                    for (int i = 0; i < tall; i++) to[i] = r + i < row1 ? from[r + i] : 0;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Activate<F>(float* c, nint step, int height, int width) where F : struct, IMap
    {
        V none = L.Splat(0);
        for (int r = 0; r < height; r++, c += step)
        {
            int j = 0;
            for (; j <= width - L.Width; j += L.Width) L.Store(c + j, F.Apply<L, V>(L.Load(c + j), none, none));
            for (; j < width; j++) c[j] = F.Apply<ScalarLanes, float>(c[j], 0, 0);
        }
    }

    internal static void CopyTile(float* from, nint fromStep, float* to, nint toStep, int height, int width)
    {
        for (int r = 0; r < height; r++) Unsafe.CopyBlockUnaligned(to + r * toStep, from + r * fromStep, (uint)width * sizeof(float));
    }

    static void InnerNothing(Work work, int row0, int row1, int panel0, int panel1)
    {
        for (long r = row0; r < row1; r++)
            for (int j = panel0 * Panel; j < Math.Min(work.Columns, panel1 * Panel); j++)
                ((float*)work.C)[r * work.Columns + j] = work.Bias == 0 ? 0 : ((float*)work.Bias)[j];
    }

    static float* PadBias(float* bias, int columns, int padded)
    {
        float* copy = (float*)NativeMemory.AlignedAlloc((nuint)padded * sizeof(float), 64);
        new Span<float>(bias, columns).CopyTo(new(copy, padded));
        new Span<float>(copy + columns, padded - columns).Clear();
        return copy;
    }
}

/// <summary>One growing scratch buffer per thread.</summary>
static unsafe class Strips
{
    [ThreadStatic] static float* buffer;
    [ThreadStatic] static int size;

    internal static float* Take(int count)
    {
        if (count <= size) return buffer;
        NativeMemory.AlignedFree(buffer);
        size = Math.Max(count, 1 << 14);
        return buffer = (float*)NativeMemory.AlignedAlloc((nuint)size * sizeof(float), 64);
    }
}
