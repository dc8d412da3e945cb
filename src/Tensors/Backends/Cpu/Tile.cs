using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
static unsafe class Tile<L, V, R, N, S>
    where L : struct, ILanes<V> where R : struct, IExtent where N : struct, IExtent where S : struct, ISides
{
    const int StepsAhead = 32;                                   // that are asked for while they are packed
    // steps before a tile's end at which the lines that it will be written to are asked for; a panel of b pushes them out again after
    // some 200 steps
    const int Ahead = 64;

    /// <summary>
    /// c[R rows, N vectors] (+)= a · b. a[row, k] stands at a + row · rowStep + k · innerStep; b is packed [inner][N vectors];
    /// c begins from <paramref name="start"/> (a bias of N vectors, or null for zero), or from what it holds if <paramref name="onTop"/>.
    /// Meanwhile what stands at <paramref name="ahead"/>, <paramref name="aheadStep"/> floats a step, comes into the second-level cache;
    /// into the first comes the tile of c below this one, if c is loaded, or else, towards the end, where this one will be stored.
    /// <para>
    /// If <typeparamref name="S"/> packs b, its values come from <paramref name="stored"/>, <paramref name="storedStep"/> floats a step,
    /// and are left at b; if it packs a, whose rows then lie side by side, this strip and the next are left at <paramref name="strip"/>,
    /// <paramref name="stripStep"/> floats apart. What is to be packed is asked for in place of what stands ahead.
    /// </para>
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Multiply(
        float* a, nint rowStep, nint innerStep, float* b, float* c, nint cStep, int inner, float* start, bool onTop,
        float* ahead, nint aheadStep, float* strip, nint stripStep, float* stored, nint storedStep)
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
                float* from = S.PackB ? stored : b;
                V b0 = L.Load(from), b1 = N.Value > 1 ? L.Load(from + w) : b0, b2 = N.Value > 2 ? L.Load(from + 2 * w) : b0;
                if (S.PackB)
                {
                    L.Store(b, b0);
                    if (N.Value > 1) L.Store(b + w, b1);
                    if (N.Value > 2) L.Store(b + 2 * w, b2);
                    for (int line = 0; line < N.Value * L.Width; line += Prefetch.Line)
                        Prefetch.Far(stored + StepsAhead * storedStep + line);
                    stored += storedStep;
                }
                if (S.PackA)
                {
                    if (R.Value == 8)
                    {
                        Vector512<float> both = Vector512.Load(a);
                        both.GetLower().Store(strip);
                        both.GetUpper().Store(strip + stripStep);
                    }
                    else
                    {
                        Vector256<float> both = Vector256.Load(a);
                        both.GetLower().Store(strip);
                        both.GetUpper().Store(strip + stripStep);
                    }
                    Prefetch.Far(a + StepsAhead * innerStep);
                    strip += R.Value;
                }
                r0.Add(*a, b0, b1, b2);
                if (R.Value > 1) r1.Add(a[rowStep], b0, b1, b2);
                if (R.Value > 2) r2.Add(a[2 * rowStep], b0, b1, b2);
                if (R.Value > 3) r3.Add(a[row3], b0, b1, b2);
                if (R.Value > 4) r4.Add(*low, b0, b1, b2);
                if (R.Value > 5) r5.Add(low[rowStep], b0, b1, b2);
                if (R.Value > 6) r6.Add(low[2 * rowStep], b0, b1, b2);
                if (R.Value > 7) r7.Add(low[row3], b0, b1, b2);
                if (R.Value > 3 && !S.PackA && !S.PackB)
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

/// <summary>Which sides of a product a tile of 4 or 8 rows packs while it multiplies.</summary>
interface ISides
{
    static abstract bool PackA { get; }
    static abstract bool PackB { get; }
}

readonly struct Neither : ISides
{
    public static bool PackA => false;
    public static bool PackB => false;
}

readonly struct Left : ISides
{
    public static bool PackA => true;
    public static bool PackB => false;
}

readonly struct Right : ISides
{
    public static bool PackA => false;
    public static bool PackB => true;
}

readonly struct Both : ISides
{
    public static bool PackA => true;
    public static bool PackB => true;
}

/// <summary>
/// Asks for the cache line at an address, any address, before it is needed; where the processor cannot be asked, nothing.
/// </summary>
static unsafe class Prefetch
{
    /// <summary>Floats of a cache line.</summary>
    internal const int Line = 16;

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
