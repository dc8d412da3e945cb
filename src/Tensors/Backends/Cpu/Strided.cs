using System.Runtime.CompilerServices;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>A small whole number as a type, so that a kernel is compiled for it.</summary>
interface IExtent
{
    static abstract int Value { get; }
}

readonly struct One : IExtent { public static int Value => 1; }
readonly struct Two : IExtent { public static int Value => 2; }
readonly struct Three : IExtent { public static int Value => 3; }
readonly struct Four : IExtent { public static int Value => 4; }
readonly struct Five : IExtent { public static int Value => 5; }
readonly struct Six : IExtent { public static int Value => 6; }
readonly struct Seven : IExtent { public static int Value => 7; }
readonly struct Eight : IExtent { public static int Value => 8; }

/// <summary>
/// Products of small matrices where they stand: c[row, column] = Σ a[row, inner] b[inner, column], a at any two steps
/// (so that either of its axes may be the inner one), b and c with columns side by side in whole vectors. Every value is one
/// chain of fused multiply-adds over the inner axis in order, whatever stands next to it. For large matrices see <see cref="Gemm{L, V}"/>.
/// </summary>
static unsafe class Strided<L, V> where L : struct, ILanes<V>
{
    /// <param name="a">left matrix</param>
    /// <param name="rowStep">from one row of a to the next</param>
    /// <param name="innerStep">from one inner value of a to the next</param>
    /// <param name="rows">rows of a and c</param>
    /// <param name="inner">length of the chains</param>
    /// <param name="b">right matrix</param>
    /// <param name="bStep">from one inner value of b to the next</param>
    /// <param name="c">result</param>
    /// <param name="cStep">from one row of c to the next</param>
    /// <param name="vectors">columns, in vectors</param>
    /// <param name="scale">a factor for each row, or null</param>
    /// <param name="onTop">whether the chains go on from what c holds</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Product(
        float* a, nint rowStep, nint innerStep, int rows, int inner, float* b, nint bStep, float* c, nint cStep, int vectors,
        float* scale = null, bool onTop = false)
    {
        int most = L.ManyRegisters ? 3 : 2;
        for (int r = 0; r < rows;)
        {
            bool tall = L.ManyRegisters && rows - r > 4;
            int height = Math.Min(tall ? 8 : 4, rows - r);
            for (int j = 0; j < vectors;)
            {
                int wide = vectors - j == 4 ? 2 : Math.Min(most, vectors - j);
                float* from = a + r * rowStep, right = b + j * L.Width, to = c + r * cStep + j * L.Width;
                float* by = scale is null ? null : scale + r;
                switch (wide, tall)
                {
                    case (1, false): Tile<Four, One>(from, rowStep, innerStep, height, inner, right, bStep, to, cStep, by, onTop); break;
                    case (2, false): Tile<Four, Two>(from, rowStep, innerStep, height, inner, right, bStep, to, cStep, by, onTop); break;
                    case (3, false): Tile<Four, Three>(from, rowStep, innerStep, height, inner, right, bStep, to, cStep, by, onTop); break;
                    case (1, true): Tile<Eight, One>(from, rowStep, innerStep, height, inner, right, bStep, to, cStep, by, onTop); break;
                    case (2, true): Tile<Eight, Two>(from, rowStep, innerStep, height, inner, right, bStep, to, cStep, by, onTop); break;
                    default: Tile<Eight, Three>(from, rowStep, innerStep, height, inner, right, bStep, to, cStep, by, onTop); break;
                }
                j += wide;
            }
            r += height;
        }
    }

    // Where fewer rows are left than the tile is high, the last is computed several times and stored once.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Tile<R, C>(
        float* a, nint rowStep, nint innerStep, int rows, nint inner, float* b, nint bStep, float* c, nint cStep, float* scale, bool onTop)
        where R : struct, IExtent where C : struct, IExtent
    {
        nint last = rows - 1, w = L.Width;
        float* a0 = a, a1 = a + Math.Min(1, last) * rowStep, a2 = a + Math.Min(2, last) * rowStep, a3 = a + Math.Min(3, last) * rowStep;
        float* a4 = a + Math.Min(4, last) * rowStep, a5 = a + Math.Min(5, last) * rowStep;
        float* a6 = a + Math.Min(6, last) * rowStep, a7 = a + Math.Min(7, last) * rowStep;
        V c00 = L.Splat(0), c01 = c00, c02 = c00;
        V c10 = L.Splat(0), c11 = c10, c12 = c10;
        V c20 = L.Splat(0), c21 = c20, c22 = c20;
        V c30 = L.Splat(0), c31 = c30, c32 = c30;
        V c40 = L.Splat(0), c41 = c40, c42 = c40;
        V c50 = L.Splat(0), c51 = c50, c52 = c50;
        V c60 = L.Splat(0), c61 = c60, c62 = c60;
        V c70 = L.Splat(0), c71 = c70, c72 = c70;
        if (onTop)
        {
            (c00, c01, c02) = Take<C>(c);
            (c10, c11, c12) = Take<C>(c + Math.Min(1, last) * cStep);
            (c20, c21, c22) = Take<C>(c + Math.Min(2, last) * cStep);
            (c30, c31, c32) = Take<C>(c + Math.Min(3, last) * cStep);
            if (R.Value > 4)
            {
                (c40, c41, c42) = Take<C>(c + Math.Min(4, last) * cStep);
                (c50, c51, c52) = Take<C>(c + Math.Min(5, last) * cStep);
                (c60, c61, c62) = Take<C>(c + Math.Min(6, last) * cStep);
                (c70, c71, c72) = Take<C>(c + Math.Min(7, last) * cStep);
            }
        }
        for (nint k = 0, at = 0; k < inner; k++, at += innerStep, b += bStep)
        {
            V b0 = L.Load(b), b1 = C.Value > 1 ? L.Load(b + w) : b0, b2 = C.Value > 2 ? L.Load(b + 2 * w) : b0, f;
            f = L.Splat(a0[at]);
            c00 = L.MultiplyAdd(f, b0, c00);
            if (C.Value > 1) c01 = L.MultiplyAdd(f, b1, c01);
            if (C.Value > 2) c02 = L.MultiplyAdd(f, b2, c02);
            f = L.Splat(a1[at]);
            c10 = L.MultiplyAdd(f, b0, c10);
            if (C.Value > 1) c11 = L.MultiplyAdd(f, b1, c11);
            if (C.Value > 2) c12 = L.MultiplyAdd(f, b2, c12);
            f = L.Splat(a2[at]);
            c20 = L.MultiplyAdd(f, b0, c20);
            if (C.Value > 1) c21 = L.MultiplyAdd(f, b1, c21);
            if (C.Value > 2) c22 = L.MultiplyAdd(f, b2, c22);
            f = L.Splat(a3[at]);
            c30 = L.MultiplyAdd(f, b0, c30);
            if (C.Value > 1) c31 = L.MultiplyAdd(f, b1, c31);
            if (C.Value > 2) c32 = L.MultiplyAdd(f, b2, c32);
            if (R.Value <= 4) continue;
            f = L.Splat(a4[at]);
            c40 = L.MultiplyAdd(f, b0, c40);
            if (C.Value > 1) c41 = L.MultiplyAdd(f, b1, c41);
            if (C.Value > 2) c42 = L.MultiplyAdd(f, b2, c42);
            f = L.Splat(a5[at]);
            c50 = L.MultiplyAdd(f, b0, c50);
            if (C.Value > 1) c51 = L.MultiplyAdd(f, b1, c51);
            if (C.Value > 2) c52 = L.MultiplyAdd(f, b2, c52);
            f = L.Splat(a6[at]);
            c60 = L.MultiplyAdd(f, b0, c60);
            if (C.Value > 1) c61 = L.MultiplyAdd(f, b1, c61);
            if (C.Value > 2) c62 = L.MultiplyAdd(f, b2, c62);
            f = L.Splat(a7[at]);
            c70 = L.MultiplyAdd(f, b0, c70);
            if (C.Value > 1) c71 = L.MultiplyAdd(f, b1, c71);
            if (C.Value > 2) c72 = L.MultiplyAdd(f, b2, c72);
        }
        Put<C>(c, c00, c01, c02, scale);
        if (rows > 1) Put<C>(c + 1 * cStep, c10, c11, c12, scale is null ? null : scale + 1);
        if (rows > 2) Put<C>(c + 2 * cStep, c20, c21, c22, scale is null ? null : scale + 2);
        if (rows > 3) Put<C>(c + 3 * cStep, c30, c31, c32, scale is null ? null : scale + 3);
        if (R.Value <= 4) return;
        if (rows > 4) Put<C>(c + 4 * cStep, c40, c41, c42, scale is null ? null : scale + 4);
        if (rows > 5) Put<C>(c + 5 * cStep, c50, c51, c52, scale is null ? null : scale + 5);
        if (rows > 6) Put<C>(c + 6 * cStep, c60, c61, c62, scale is null ? null : scale + 6);
        if (rows > 7) Put<C>(c + 7 * cStep, c70, c71, c72, scale is null ? null : scale + 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (V, V, V) Take<C>(float* at) where C : struct, IExtent
    {
        V x = L.Load(at);
        return (x, C.Value > 1 ? L.Load(at + L.Width) : x, C.Value > 2 ? L.Load(at + 2 * L.Width) : x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Put<C>(float* at, V x, V y, V z, float* scale) where C : struct, IExtent
    {
        if (scale is not null)
        {
            V by = L.Splat(*scale);
            (x, y, z) = (L.Multiply(x, by), L.Multiply(y, by), L.Multiply(z, by));
        }
        L.Store(at, x);
        if (C.Value > 1) L.Store(at + L.Width, y);
        if (C.Value > 2) L.Store(at + 2 * L.Width, z);
    }
}
