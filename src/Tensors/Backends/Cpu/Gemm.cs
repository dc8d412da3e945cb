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
    // a panel of b of this depth stays in the second-level cache while the next one comes, and so do this many rows of a
    const int InnerBlock = 1024, RowBlock = 96;
    const int RowsAhead = 8;                                     // of b, that are asked for while a panel is packed
    const int MostPacked = 1 << 22;                              // floats of b that a thread packs at a time
    const int LeastShared = 1 << 15;                             // steps of chains, some 4 µs, from which a product is shared by threads
    // items of a packed product for each thread, multiply-adds of one: as long as a usual interruption
    const int ItemsOfThread = 8, LeastItem = 1 << 22;
    const float PanelCost = 2.5f, StripCost = 0.6f;              // what packing takes as long as, in products of one tile

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

    internal static void Pack(float* b, int inner, int columns, bool turned, float* packed)
    {
        Product work = new() { Inner = inner, Columns = columns, B = b, Turned = turned };
        Workers.For(Panels(columns), p => PackPanel(work, p * Panel, 0, inner, packed + (long)p * Panel * inner));
    }

    // the panel of b that begins at this column, depth inner rows from row k0
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void PackPanel(in Product work, int first, int k0, int depth, float* to)
    {
        int vectors = VectorsOf(first, work.Columns), step = vectors * L.Width, width = Math.Min(step, work.Columns - first);
        if (work.Turned)
        {
            if (width < step) new Span<float>(to, step * depth).Clear();
            Turning.Turn(work.B + (long)first * work.Inner + k0, work.Inner, width, depth, to, step);
            return;
        }
        float* from = work.B + (long)k0 * work.Columns + first;
        for (int k = 0; k < depth; k++, from += work.Columns, to += step)
        {
            if (width < step)
            {
                Pad(from, width, to, step);
                continue;
            }
            for (int ahead = 0; ahead < step; ahead += Prefetch.Line) Prefetch.Near(from + RowsAhead * work.Columns + ahead);
            V one = L.Load(from), two = vectors > 1 ? L.Load(from + L.Width) : one, three = vectors > 2 ? L.Load(from + 2 * L.Width) : one;
            L.Store(to, one);
            if (vectors > 1) L.Store(to + L.Width, two);
            if (vectors > 2) L.Store(to + 2 * L.Width, three);
        }
    }

    internal static void MatMul<F>(Product work, bool activate) where F : struct, IMap
    {
        int tiles = (work.Rows + TileRows - 1) / TileRows, panels = Panels(work.Columns);
        bool once = work.Packed is null;
        if (!once && work.Rows <= RowBlock && Size(tiles, panels, work.Inner) < 2L * LeastItem)
        {
            // asked for once: the number may change meanwhile
            int shares = Chains(work) * work.Inner < LeastShared ? 1 : Workers.Threads;
            if (shares == 1) Block<F>(work, 0, work.Rows, 0, panels, activate, false);
            else Workers.For(shares, share => Stretch<F>(work, Place(work, share, shares), Place(work, share + 1, shares), activate));
            return;
        }
        (int rowItems, int panelItems) = once
            ? Split(tiles, panels, work.Inner, RowBlock, work.Transposed) : Split(tiles, panels, work.Inner, RowBlock);
        long number = once ? OwnPanels.Product() : 0;
        Workers.For(rowItems * panelItems, item =>
        {
            (int p, int r) = Math.DivRem(item, rowItems);
            int row0 = Share(r, rowItems, tiles) * TileRows, row1 = Math.Min(work.Rows, Share(r + 1, rowItems, tiles) * TileRows);
            int panel0 = Share(p, panelItems, panels), panel1 = Share(p + 1, panelItems, panels);
            if (!once)
            {
                Block<F>(work, row0, row1, panel0, panel1, activate, false);
                return;
            }
            long before = (long)panel0 * Panel * work.Inner;
            int count = checked((int)(PackedCount(work.Inner, Math.Min(work.Columns, panel1 * Panel)) - before));
            float* own = OwnPanels.Take(number, p, count, out bool there);
            Block<F>(work with { Packed = own - before }, row0, row1, panel0, panel1, activate, !there);
            OwnPanels.Keep(number, p);
        });
    }

    /// <summary>c[Rows Columns] = A · B + Bias, with B as it is stored, or <see cref="Packed"/> before.</summary>
    internal readonly struct Product
    {
        internal float* A { get; init; }
        internal int Rows { get; init; }
        internal int Inner { get; init; }

        /// <summary>Whether A is stored [Inner Rows].</summary>
        internal bool Transposed { get; init; }

        /// <summary>[Inner Columns]; [Columns Inner] if <see cref="Turned"/>.</summary>
        internal float* B { get; init; }
        internal bool Turned { get; init; }

        /// <summary>If null, each thread packs the panels of B that it multiplies with.</summary>
        internal float* Packed { get; init; }
        internal int Columns { get; init; }

        /// <summary>[Columns], or null.</summary>
        internal float* Bias { get; init; }
        internal float* C { get; init; }
    }

    // Where a share of a brief product begins: the tiles of one panel after those of the one before, as many in each as take the same time.
    static (int Panel, int Row) Place(in Product work, int share, int shares)
    {
        int last = Panels(work.Columns) - 1;
        if (share == shares) return (last + 1, 0);
        int whole = Chains(work.Rows, 3), from = (int)((long)Chains(work) * share / shares), panel = Math.Min(last, from / whole);
        int tile = ChainsOfTile(TileRows, VectorsOf(panel * Panel, work.Columns));
        int row = (from - panel * whole + tile / 2) / tile * TileRows;
        return row < work.Rows ? (panel, row) : (panel + 1, 0);
    }

    // chains of multiply-adds that all columns take as long as, a panel, a tile: two are begun in each cycle, and none goes on before four
    static int Chains(in Product work)
    {
        int last = Panels(work.Columns) - 1;
        return last * Chains(work.Rows, 3) + Chains(work.Rows, VectorsOf(last * Panel, work.Columns));
    }

    static int Chains(int rows, int vectors) => rows / TileRows * ChainsOfTile(TileRows, vectors) + ChainsOfTile(rows % TileRows, vectors);

    static int ChainsOfTile(int rows, int vectors) => rows == 0 ? 0 : Math.Max(8, rows * vectors);

    // the tiles from one place to another
    static void Stretch<F>(in Product work, (int Panel, int Row) from, (int Panel, int Row) to, bool activate) where F : struct, IMap
    {
        if (from.Panel == to.Panel)
        {
            if (from.Row < to.Row) Block<F>(work, from.Row, to.Row, from.Panel, from.Panel + 1, activate, false);
            return;
        }
        int first = from.Row > 0 ? from.Panel + 1 : from.Panel;
        if (from.Row > 0) Block<F>(work, from.Row, work.Rows, from.Panel, first, activate, false);
        if (first < to.Panel) Block<F>(work, 0, work.Rows, first, to.Panel, activate, false);
        if (to.Row > 0) Block<F>(work, 0, Math.Min(work.Rows, to.Row), to.Panel, to.Panel + 1, activate, false);
    }

    // multiply-adds of whole tiles
    static long Size(int tiles, int panels, int inner) => (long)tiles * TileRows * panels * Panel * inner;

    internal static int Share(int item, int items, int count) => (int)((long)item * count / items);

    // The items of work, no taller than so many rows, that occupy the slowest thread the least, and enough of them that another can take
    // some from
    // a thread that is interrupted; never decides any value.
    static (int RowItems, int PanelItems) Split(int tiles, int panels, int inner, int tallest)
    {
        (int rowItems, int panelItems) = Split(tiles, panels, inner, tallest, 1, 0, 0);
        int threads = Workers.Threads;
        int most = threads == 1 ? 0 : (int)Math.Min(threads * ItemsOfThread, Size(tiles, panels, inner) / LeastItem);
        while (2 * rowItems * panelItems <= most && 2 * panelItems <= panels) panelItems *= 2;
        return (rowItems, panelItems);
    }

    // The same where each thread packs what it multiplies with: the panels of b that its items lie in, and, if a is transposed, the rows of
    // each item.
    static (int RowItems, int PanelItems) Split(int tiles, int panels, int inner, int tallest, bool transposed) =>
        Split(tiles, panels, inner, tallest, Math.Max(1, (int)(((long)panels * Panel * inner + MostPacked - 1) / MostPacked)),
            PanelCost, transposed ? StripCost : 0);

    // costs: what packing a panel, or a strip of rows, takes as long as, in products of one tile
    internal static (int RowItems, int PanelItems) Split(
        int tiles, int panels, int inner, int tallest, int fewest, float panelCost, float stripCost)
    {
        int threads = Workers.Threads, blocks = Math.Max(1, (tiles * TileRows + tallest - 1) / tallest);
        if (threads == 1 || (long)tiles * panels * ChainsOfTile(TileRows, 3) * inner < LeastShared) return (blocks, fewest);
        (int rowItems, int panelItems, float least) = (blocks, fewest, float.PositiveInfinity);
        for (int p = fewest; p <= Math.Max(fewest, Math.Min(threads, panels)); p++)
        {
            int r = blocks;
            while (r < tiles && r * p % threads != 0) r++;
            int items = (r * p + threads - 1) / threads, tall = (tiles + r - 1) / r, wide = (panels + p - 1) / p;
            float longest = (float)items * tall * wide + (items + r - 1) / r * wide * panelCost + (float)items * tall * stripCost;
            if (longest < least) (rowItems, panelItems, least) = (r, p, longest);
        }
        return (rowItems, panelItems);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    static void Block<F>(in Product work, int row0, int row1, int panel0, int panel1, bool activate, bool packs) where F : struct, IMap
    {
        int inner = work.Inner, columns = work.Columns, end = Math.Min(panel1 * Panel, columns), depth;
        int blocks = inner <= InnerBlock ? 1 : (inner + InnerBlock - 1) / InnerBlock;
        int most = blocks == 1 ? inner : (inner + blocks - 1) / blocks;
        // of the next panel, in each step of a tile
        int tiles = (row1 - row0 + TileRows - 1) / TileRows, share = tiles < 3 ? 0 : (Panel + tiles - 1) / tiles;
        int below = work.Transposed || blocks > 1 ? 0 : Math.Min(row1 - row0, work.Rows - row1);
        // of a, which the next item begins with: as many floats for every step
        int rowsAhead = share == 0 ? 0 : (below + tiles - 1) / tiles;
        float* edge = stackalloc float[9 * 48 + 16];             // a tile of c that is not whole, and the bias next to it
        edge = (float*)(((nuint)edge + 63) & ~(nuint)63);
        float* padded = edge + TileRows * Panel;
        int k0 = 0;
        do
        {
            depth = Math.Min(most, inner - k0);
            bool last = k0 + depth == inner, onTop = k0 > 0;
            float* a = work.Transposed ? Strips.Take((int)StripStep(depth) * tiles) : work.A + (long)row0 * inner + k0;
            bool packsA = work.Transposed;                       // while the first panel is multiplied with
            (nint rowStep, nint innerStep, nint tileStep) = work.Transposed
                ? (1, TileRows, StripStep(depth)) : (inner, 1, (nint)TileRows * inner);
            for (int first = panel0 * Panel; first < end; first += Panel)
            {
                int vectors = VectorsOf(first, columns), panel = vectors * L.Width, width = Math.Min(panel, columns - first);
                float* b = work.Packed + (long)first * inner + (long)k0 * panel, from = a, ahead = b;
                nint aheadStep = 0;                              // from what a step asks for to what the next one does
                (int next, int nextK) = first + Panel < end ? (first + Panel, k0) : (panel0 * Panel, k0 + depth);
                if (nextK == inner)                              // for the next item's rows
                {
                    if (rowsAhead > 0) ahead = work.A + (long)row1 * inner;
                    aheadStep = rowsAhead;
                }
                // for the next panel, packed or as it is stored, where that is as much in one run
                else if (!packs || (work.Turned && depth == inner))
                {
                    ahead = packs ? work.B + (long)next * inner : PanelAt(work, next, nextK);
                    aheadStep = share;
                }
                bool whole = width == 3 * L.Width, packsB = packs && !work.Turned && whole && row1 - row0 >= TileRows, hasStrip = !packsA;
                if (packs && !packsB) PackPanel(work, first, k0, depth, b);
                float* start = work.Bias is null ? null : work.Bias + first;
                if (start is not null && width < panel) start = Pad(start, width, padded, panel);
                for (int r = row0; r < row1; r += TileRows, from += tileStep, ahead += aheadStep * depth)
                {
                    int height = Math.Min(TileRows, row1 - r);
                    float* at = work.C + (long)r * columns + first;
                    float* to = width == panel ? at : edge;
                    nint step = width == panel ? columns : panel;
                    if (onTop && width < panel) CopyTile(at, columns, edge, panel, height, width);
                    bool two = !hasStrip && whole && r + 2 * TileRows <= row1;
                    if (!hasStrip && !two) PackStrip(work, r, height, k0, depth, from);
                    if (two || packsB)
                    {
                        float* left = two ? work.A + (long)k0 * work.Rows + r : from;
                        PackingTile(two, packsB)(
                            left, rowStep, two ? work.Rows : innerStep, b, to, step, depth, start, onTop, null, 0,
                            from, tileStep, work.B + (long)k0 * columns + first, columns);
                    }
                    else
                        TileOf(height, vectors)(
                            from, rowStep, innerStep, b, to, step, depth, start, onTop, ahead, aheadStep, null, 0, null, 0);
                    (hasStrip, packsB) = (!packsA || two, false);
                    if (last && activate) Activate<F>(to, step, height, width);
                    if (width < panel) CopyTile(edge, panel, at, columns, height, width);
                }
                packsA = false;
            }
        }
        while ((k0 += depth) < inner);
    }

    // where the panel of b that begins at this column has this inner row
    static float* PanelAt(in Product work, int first, int k) =>
        work.Packed + (long)first * work.Inner + (long)k * VectorsOf(first, work.Columns) * L.Width;

    static delegate*<float*, nint, nint, float*, float*, nint, int, float*, bool, float*, nint, float*, nint, float*, nint, void>
        TileOf(int rows, int vectors) => vectors switch
        {
            1 => TileOf<One>(rows),
            2 => TileOf<Two>(rows),
            _ => TileOf<Three>(rows),
        };

    static delegate*<float*, nint, nint, float*, float*, nint, int, float*, bool, float*, nint, float*, nint, float*, nint, void>
        TileOf<N>(int rows) where N : struct, IExtent => rows switch
        {
            1 => &Tile<L, V, One, N, Neither>.Multiply,
            2 => &Tile<L, V, Two, N, Neither>.Multiply,
            3 => &Tile<L, V, Three, N, Neither>.Multiply,
            4 => &Tile<L, V, Four, N, Neither>.Multiply,
            5 => &Tile<L, V, Five, N, Neither>.Multiply,
            6 => &Tile<L, V, Six, N, Neither>.Multiply,
            7 => &Tile<L, V, Seven, N, Neither>.Multiply,
            _ => &Tile<L, V, Eight, N, Neither>.Multiply,
        };

    // a whole tile that packs a (two strips of it), b, or both
    static delegate*<float*, nint, nint, float*, float*, nint, int, float*, bool, float*, nint, float*, nint, float*, nint, void>
        PackingTile(bool packsA, bool packsB) =>
        L.ManyRegisters ? PackingTile<Eight>(packsA, packsB) : PackingTile<Four>(packsA, packsB);

    static delegate*<float*, nint, nint, float*, float*, nint, int, float*, bool, float*, nint, float*, nint, float*, nint, void>
        PackingTile<R>(bool packsA, bool packsB) where R : struct, IExtent => (packsA, packsB) switch
        {
            (true, true) => &Tile<L, V, R, Three, Both>.Multiply,
            (true, false) => &Tile<L, V, R, Three, Left>.Multiply,
            _ => &Tile<L, V, R, Three, Right>.Multiply,
        };

    // a cache line apart, so that strips do not fall into the same places of the caches
    static nint StripStep(int depth) => TileRows * depth + Prefetch.Line;

    // a strip of rows of a, that is stored [inner rows], as [inner][rows of a tile]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void PackStrip(in Product work, int row, int height, int k0, int depth, float* to)
    {
        float* from = work.A + (long)k0 * work.Rows + row;
        for (int k = 0; k < depth; k++, from += work.Rows, to += TileRows)
        {
            Prefetch.Far(from + 16L * work.Rows);
            if (height == 8) Vector256.Load(from).Store(to);
            else
                for (int i = 0; i < height; i++) to[i] = from[i];
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

    static float* Pad(float* from, int width, float* to, int padded)
    {
        new Span<float>(from, width).CopyTo(new(to, padded));
        new Span<float>(to + width, padded - width).Clear();
        return to;
    }
}

/// <summary>
/// The panels of the right side that a thread has packed for itself: nobody else writes to them or reads them, so they stay in its own
/// caches.
/// </summary>
static unsafe class OwnPanels
{
    [ThreadStatic] static Scratch scratch;
    [ThreadStatic] static (long Product, int Group) kept;
    static long products;

    /// <summary>A number that no other product has, of whatever lanes.</summary>
    internal static long Product() => Interlocked.Increment(ref products);

    /// <summary>Memory for a group of panels.</summary>
    /// <param name="product">whose they are</param>
    /// <param name="group">which of them</param>
    /// <param name="count">floats</param>
    /// <param name="there">whether this thread packed them before</param>
    internal static float* Take(long product, int group, int count, out bool there)
    {
        there = kept == (product, group);
        if (!there) kept = default;
        return scratch.Take(count);
    }

    /// <summary>They are all packed.</summary>
    internal static void Keep(long product, int group) => kept = (product, group);
}

/// <summary>One growing scratch buffer per thread.</summary>
static unsafe class Strips
{
    [ThreadStatic] static Scratch scratch;

    internal static float* Take(int count) => scratch.Take(count);
}

/// <summary>Memory of one thread that is used again and again.</summary>
unsafe struct Scratch
{
    float* buffer;
    int size;

    internal float* Take(int count)
    {
        if (count <= size) return buffer;
        NativeMemory.AlignedFree(buffer);
        size = Math.Max(count, 1 << 14);
        return buffer = (float*)NativeMemory.AlignedAlloc((nuint)size * sizeof(float), 64);
    }
}
