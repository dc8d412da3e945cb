using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>One row of a tile: N vectors (1 to 3) of c. Fields of a local, so that each lives in a register of its own.</summary>
struct TileRow<L, V, N> where L : struct, ILanes<V> where N : struct, IExtent
{
    V x, y, z;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe void Load(float* at)
    {
        x = L.Load(at);
        if (N.Value > 1) y = L.Load(at + L.Width);
        if (N.Value > 2) z = L.Load(at + 2 * L.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Zero()
    {
        x = L.Splat(0);
        if (N.Value > 1) y = L.Splat(0);
        if (N.Value > 2) z = L.Splat(0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(float a, V b0, V b1, V b2)
    {
        V splat = L.Splat(a);
        x = L.MultiplyAdd(splat, b0, x);
        if (N.Value > 1) y = L.MultiplyAdd(splat, b1, y);
        if (N.Value > 2) z = L.MultiplyAdd(splat, b2, z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly unsafe void Store(float* at)
    {
        L.Store(at, x);
        if (N.Value > 1) L.Store(at + L.Width, y);
        if (N.Value > 2) L.Store(at + 2 * L.Width, z);
    }
}

/// <summary>
/// The matrix product's innermost loop. A tile is R rows (1 to 8) of c by N vectors of columns (1 to 3), held in
/// registers while the inner axis is walked: each step loads N vectors of packed b and broadcasts one value of a per row.
/// The rows are separate locals on purpose: in an array the loop runs at a fifth of the speed.
/// </summary>
static unsafe class Tile<L, V, R, N> where L : struct, ILanes<V> where R : struct, IExtent where N : struct, IExtent
{
    const int Ahead = 64;                                        // steps before a tile's end at which the lines that it will be written to are asked for: a panel of b pushes them out again after some 200

    /// <summary>
    /// c[R rows, N vectors] (+)= a · b. a[row, k] stands at a + row · rowStep + k · innerStep; b is packed [inner][N vectors];
    /// c begins from <paramref name="start"/> (a bias of N vectors, or null for zero), or from what it holds if <paramref name="onTop"/>.
    /// Meanwhile what stands at <paramref name="ahead"/>, <paramref name="aheadStep"/> floats a step, comes into the second-level cache;
    /// into the first comes the tile of c below this one, if c is loaded, or else, towards the end, where this one will be stored.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Multiply(float* a, nint rowStep, nint innerStep, float* b, float* c, nint cStep, int inner, float* start, bool onTop, float* ahead, nint aheadStep)
    {
        TileRow<L, V, N> r0 = default, r1 = default, r2 = default, r3 = default, r4 = default, r5 = default, r6 = default, r7 = default;
        nint w = L.Width;
        if (onTop)
        {
            Ask(c + R.Value * cStep, cStep);
            r0.Load(c);
            if (R.Value > 1) r1.Load(c + cStep);
            if (R.Value > 2) r2.Load(c + 2 * cStep);
            if (R.Value > 3) r3.Load(c + 3 * cStep);
            if (R.Value > 4) r4.Load(c + 4 * cStep);
            if (R.Value > 5) r5.Load(c + 5 * cStep);
            if (R.Value > 6) r6.Load(c + 6 * cStep);
            if (R.Value > 7) r7.Load(c + 7 * cStep);
        }
        else
        {
            if (start is null) r0.Zero();
            else r0.Load(start);
            if (R.Value > 1) r1 = r0;
            if (R.Value > 2) r2 = r0;
            if (R.Value > 3) r3 = r0;
            if (R.Value > 4) r4 = r0;
            if (R.Value > 5) r5 = r0;
            if (R.Value > 6) r6 = r0;
            if (R.Value > 7) r7 = r0;
        }
        nint row3 = 3 * rowStep;
        float* low = a + 4 * rowStep;
        float* end = b + inner * N.Value * w, pause = onTop || inner <= Ahead ? end : end - Ahead * N.Value * w;
        while (true)
        {
            for (; b < pause; b += N.Value * w)
            {
                V b0 = L.Load(b), b1 = N.Value > 1 ? L.Load(b + w) : b0, b2 = N.Value > 2 ? L.Load(b + 2 * w) : b0;
                r0.Add(*a, b0, b1, b2);
                if (R.Value > 1) r1.Add(a[rowStep], b0, b1, b2);
                if (R.Value > 2) r2.Add(a[2 * rowStep], b0, b1, b2);
                if (R.Value > 3) r3.Add(a[row3], b0, b1, b2);
                if (R.Value > 4) r4.Add(*low, b0, b1, b2);
                if (R.Value > 5) r5.Add(low[rowStep], b0, b1, b2);
                if (R.Value > 6) r6.Add(low[2 * rowStep], b0, b1, b2);
                if (R.Value > 7) r7.Add(low[row3], b0, b1, b2);
                if (R.Value > 3)
                {
                    Prefetch.Far(ahead);
                    ahead += aheadStep;
                }
                a += innerStep;
                if (R.Value > 4) low += innerStep;
            }
            if (pause == end) break;
            Ask(c, cStep);
            pause = end;
        }
        r0.Store(c);
        if (R.Value > 1) r1.Store(c + cStep);
        if (R.Value > 2) r2.Store(c + 2 * cStep);
        if (R.Value > 3) r3.Store(c + 3 * cStep);
        if (R.Value > 4) r4.Store(c + 4 * cStep);
        if (R.Value > 5) r5.Store(c + 5 * cStep);
        if (R.Value > 6) r6.Store(c + 6 * cStep);
        if (R.Value > 7) r7.Store(c + 7 * cStep);
    }

    // for the lines of a tile of c
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Ask(float* c, nint cStep)
    {
        for (int r = 0; r < R.Value; r++, c += cStep)
        {
            Prefetch.Near(c);
            if (N.Value > 1) Prefetch.Near(c + L.Width);
            if (N.Value > 2) Prefetch.Near(c + 2 * L.Width);
        }
    }
}

/// <summary>Asks for the cache line at an address, any address, before it is needed; where the processor cannot be asked, nothing.</summary>
static unsafe class Prefetch
{
    /// <summary>Into the first-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Near(float* at)
    {
        if (Sse.IsSupported) Sse.Prefetch0(at);
    }

    /// <summary>Into the second-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Far(float* at)
    {
        if (Sse.IsSupported) Sse.Prefetch1(at);
    }
}
