using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>
/// Matrix products c = a · b with b packed in panels of three vectors of columns, the last one of as few as it needs:
/// [panel][inner][1 to 3 vectors], zeros beyond the last column. Every value of c is one chain of fused multiply-adds
/// over the inner axis in order, whatever tile or thread computes it, so results depend on neither.
/// </summary>
static unsafe class Gemm<L, V> where L : struct, ILanes<V>
{
    const int InnerBlock = 1024;                                 // a panel of b of this depth stays in the second-level cache, and the next one comes;
    const int RowBlock = 96;                                     // so do this many rows of a
    const int Line = 16;                                         // floats of a cache line

    static int Panel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 3 * L.Width;
    }

    internal static int TileRows
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => L.ManyRegisters ? 8 : 4;
    }

    static int Panels(int columns) => (columns + Panel - 1) / Panel;

    // vectors in the panel that begins at this column
    static int VectorsOf(int first, int columns) => Math.Min(3, (columns - first + L.Width - 1) / L.Width);

    internal static int PackedCount(int inner, int columns) => checked((columns + L.Width - 1) / L.Width * L.Width * inner);

    internal static void Pack(float* b, int inner, int columns, bool transposed, float* packed)
    {
        const int Rows = 32;                                     // an item of work, where rows of b are read in order
        if (transposed) Workers.For(Panels(columns), p => TurnPanel(b, inner, columns, packed + (long)p * Panel * inner, p * Panel));
        else Workers.For((inner + Rows - 1) / Rows, i => PackRows(b, inner, columns, packed, i * Rows, Math.Min(inner, (i + 1) * Rows)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void PackRows(float* b, int inner, int columns, float* packed, int row0, int row1)
    {
        int whole = columns / Panel * Panel, width = columns - whole, step = VectorsOf(whole, columns) * L.Width;
        for (int above = row0, below; above < row1; above = below)
        {
            below = Math.Min(row1, above + 8);                   // few enough for the processor to follow, and each panel gets some lines at once
            for (int first = 0; first < whole; first += Panel)
            {
                float* from = b + (long)above * columns + first, to = packed + (long)first * inner + above * Panel;
                for (int k = above; k < below; k++, from += columns, to += Panel)
                {
                    for (int ahead = 4 * Panel; ahead < 5 * Panel; ahead += Line) Prefetch.Far(from + ahead);
                    V one = L.Load(from), two = L.Load(from + L.Width), three = L.Load(from + 2 * L.Width);
                    L.Store(to, one);
                    L.Store(to + L.Width, two);
                    L.Store(to + 2 * L.Width, three);
                }
            }
            if (width == 0) continue;
            for (long k = above; k < below; k++) Pad(b + k * columns + whole, width, packed + (long)whole * inner + k * step, step);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void TurnPanel(float* b, int inner, int columns, float* to, int first)
    {
        int step = VectorsOf(first, columns) * L.Width, width = Math.Min(step, columns - first);
        if (width < step) new Span<float>(to, step * inner).Clear();
        Turning.Turn(b + (long)first * inner, inner, width, inner, to, step);
    }

    internal static void MatMul<F>(float* a, int rows, int inner, bool transposed, float* packed, int columns, float* bias, bool activate, float* c) where F : struct, IMap
    {
        Product work = new() { A = a, Rows = rows, Inner = inner, Transposed = transposed, Packed = packed, Columns = columns, Bias = bias, C = c };
        int tiles = (rows + TileRows - 1) / TileRows, panels = Panels(columns);
        (int rowItems, int panelItems) = Split(tiles, panels, inner, RowBlock);
        Workers.For(rowItems * panelItems, item =>
        {
            (int p, int r) = Math.DivRem(item, rowItems);
            int row0 = Share(r, rowItems, tiles) * TileRows, row1 = Math.Min(rows, Share(r + 1, rowItems, tiles) * TileRows);
            Block<F>(work, row0, row1, Share(p, panelItems, panels), Share(p + 1, panelItems, panels), activate);
        });
    }

    readonly struct Product
    {
        internal float* A { get; init; }
        internal int Rows { get; init; }
        internal int Inner { get; init; }
        internal bool Transposed { get; init; }
        internal float* Packed { get; init; }
        internal int Columns { get; init; }
        internal float* Bias { get; init; }
        internal float* C { get; init; }
    }

    internal static int Share(int item, int items, int count) => (int)((long)item * count / items);

    // The items of work, no taller than so many rows, that occupy the slowest thread the least; never decides any value.
    internal static (int RowItems, int PanelItems) Split(int tiles, int panels, int inner, int tallest)
    {
        int threads = Workers.Threads, blocks = Math.Max(1, (tiles * TileRows + tallest - 1) / tallest);
        if (threads == 1 || (long)tiles * TileRows * panels * Panel * inner < 1 << 18) return (blocks, 1);
        (int rowItems, int panelItems, long least) = (blocks, 1, long.MaxValue);
        for (int p = 1; p <= Math.Min(threads, panels); p++)
        {
            int r = blocks;
            while (r < tiles && r * p % threads != 0) r++;
            long longest = (long)((r * p + threads - 1) / threads) * ((tiles + r - 1) / r) * ((panels + p - 1) / p);
            if (longest < least) (rowItems, panelItems, least) = (r, p, longest);
        }
        return (rowItems, panelItems);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    static void Block<F>(Product work, int row0, int row1, int panel0, int panel1, bool activate) where F : struct, IMap
    {
        int inner = work.Inner, columns = work.Columns, end = Math.Min(panel1 * Panel, columns), depth;
        int blocks = inner <= InnerBlock ? 1 : (inner + InnerBlock - 1) / InnerBlock, most = blocks == 1 ? inner : (inner + blocks - 1) / blocks;
        int tiles = (row1 - row0 + TileRows - 1) / TileRows, share = tiles < 3 ? 0 : (Panel + tiles - 1) / tiles;    // of the next panel, in each tile
        int below = work.Transposed || blocks > 1 ? 0 : Math.Min(row1 - row0, work.Rows - row1), rowsAhead = share == 0 ? 0 : (below + tiles - 1) / tiles;    // of a, which the next item begins with: as many floats for every step
        float* edge = stackalloc float[9 * 48 + 16];             // a tile of c that is not whole, and the bias beside it
        edge = (float*)(((nuint)edge + 63) & ~(nuint)63);
        float* padded = edge + TileRows * Panel;
        int k0 = 0;
        do
        {
            depth = Math.Min(most, inner - k0);
            bool last = k0 + depth == inner, onTop = k0 > 0;
            float* a = work.Transposed ? StripsOf(work, k0, depth, row0, row1) : work.A + (long)row0 * inner + k0;
            (nint rowStep, nint innerStep, nint tileStep) = work.Transposed ? (1, TileRows, StripStep(depth)) : (inner, 1, (nint)TileRows * inner);
            for (int first = panel0 * Panel; first < end; first += Panel)
            {
                int vectors = VectorsOf(first, columns), panel = vectors * L.Width, width = Math.Min(panel, columns - first);
                float* b = work.Packed + (long)first * inner + (long)k0 * panel, from = a, ahead = b;
                int aheadStep = share;
                if (first + Panel < end) ahead = PanelAt(work, first + Panel, k0);
                else if (!last) ahead = PanelAt(work, panel0 * Panel, k0 + depth);
                else
                {
                    aheadStep = rowsAhead;
                    if (rowsAhead > 0) ahead = work.A + (long)row1 * inner;
                }
                float* start = work.Bias is null ? null : work.Bias + first;
                if (start is not null && width < panel) start = Pad(start, width, padded, panel);
                for (int r = row0; r < row1; r += TileRows, from += tileStep, ahead += aheadStep * depth)
                {
                    int height = Math.Min(TileRows, row1 - r);
                    float* at = work.C + (long)r * columns + first;
                    float* to = width == panel ? at : edge;
                    nint step = width == panel ? columns : panel;
                    if (onTop && width < panel) CopyTile(at, columns, edge, panel, height, width);
                    TileOf(height, vectors)(from, rowStep, innerStep, b, to, step, depth, start, onTop, ahead, aheadStep);
                    if (last && activate) Activate<F>(to, step, height, width);
                    if (width < panel) CopyTile(edge, panel, at, columns, height, width);
                }
            }
        }
        while ((k0 += depth) < inner);
    }

    // where the panel of b that begins at this column has this inner row
    static float* PanelAt(Product work, int first, int k) => work.Packed + (long)first * work.Inner + (long)k * VectorsOf(first, work.Columns) * L.Width;

    static delegate*<float*, nint, nint, float*, float*, nint, int, float*, bool, float*, nint, void> TileOf(int rows, int vectors) => vectors switch
    {
        1 => TileOf<One>(rows),
        2 => TileOf<Two>(rows),
        _ => TileOf<Three>(rows),
    };

    static delegate*<float*, nint, nint, float*, float*, nint, int, float*, bool, float*, nint, void> TileOf<N>(int rows) where N : struct, IExtent => rows switch
    {
        1 => &Tile<L, V, One, N>.Multiply,
        2 => &Tile<L, V, Two, N>.Multiply,
        3 => &Tile<L, V, Three, N>.Multiply,
        4 => &Tile<L, V, Four, N>.Multiply,
        5 => &Tile<L, V, Five, N>.Multiply,
        6 => &Tile<L, V, Six, N>.Multiply,
        7 => &Tile<L, V, Seven, N>.Multiply,
        _ => &Tile<L, V, Eight, N>.Multiply,
    };

    // a cache line apart, so that strips do not fall into the same places of the caches
    static nint StripStep(int depth) => TileRows * depth + 16;

    // a stored [inner rows], rearranged to [strip of rows][inner][rows of a tile]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static float* StripsOf(Product work, int k0, int depth, int row0, int row1)
    {
        nint step = StripStep(depth);
        float* strips = Strips.Take((int)step * ((row1 - row0 + TileRows - 1) / TileRows));
        for (int k = 0; k < depth; k++)
        {
            float* from = work.A + (long)(k0 + k) * work.Rows, to = strips + k * TileRows;
            int r = row0;
            for (; r < row1; r += Line) Prefetch.Far(from + 16L * work.Rows + r);
            for (r = row0; r <= row1 - TileRows; r += TileRows, to += step)
            {
                if (L.ManyRegisters) Vector256.Load(from + r).Store(to);
                else Vector128.Load(from + r).Store(to);
            }
            for (; r < row1; r++) *to++ = from[r];
        }
        return strips;
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

    static float* Pad(float* from, int width, float* to, int padded)
    {
        new Span<float>(from, width).CopyTo(new(to, padded));
        new Span<float>(to + width, padded - width).Clear();
        return to;
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
