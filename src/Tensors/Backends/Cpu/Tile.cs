using System.Runtime.CompilerServices;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>
/// The matrix product's innermost loops. A tile is 8 or 4 rows of c by three vectors of columns, held in registers
/// while the inner axis is walked: each step loads three vectors of packed b and broadcasts one value of a per row.
/// The accumulators are separate locals on purpose: in an array the loop runs at a fifth of the speed.
/// a[row, k] stands at a + row · rowStep + k · innerStep; b is packed [inner][3 vectors]; c begins from
/// <c>start</c> (a bias of three vectors, or null for zero), or from what it holds if <c>onTop</c>.
/// </summary>
static unsafe class Tile
{
    /// <summary>c[8 rows, 3 vectors] (+)= a · b; see the class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Rows8<L, V>(float* a, nint rowStep, nint innerStep, float* b, float* c, nint cStep, int inner, float* start, bool onTop) where L : struct, ILanes<V>
    {
        V c00, c01, c02;
        V c10, c11, c12;
        V c20, c21, c22;
        V c30, c31, c32;
        V c40, c41, c42;
        V c50, c51, c52;
        V c60, c61, c62;
        V c70, c71, c72;
        nint w = L.Width;
        if (onTop)
        {
            float* at0 = c + 0 * cStep;
            (c00, c01, c02) = (L.Load(at0), L.Load(at0 + w), L.Load(at0 + 2 * w));
            float* at1 = c + 1 * cStep;
            (c10, c11, c12) = (L.Load(at1), L.Load(at1 + w), L.Load(at1 + 2 * w));
            float* at2 = c + 2 * cStep;
            (c20, c21, c22) = (L.Load(at2), L.Load(at2 + w), L.Load(at2 + 2 * w));
            float* at3 = c + 3 * cStep;
            (c30, c31, c32) = (L.Load(at3), L.Load(at3 + w), L.Load(at3 + 2 * w));
            float* at4 = c + 4 * cStep;
            (c40, c41, c42) = (L.Load(at4), L.Load(at4 + w), L.Load(at4 + 2 * w));
            float* at5 = c + 5 * cStep;
            (c50, c51, c52) = (L.Load(at5), L.Load(at5 + w), L.Load(at5 + 2 * w));
            float* at6 = c + 6 * cStep;
            (c60, c61, c62) = (L.Load(at6), L.Load(at6 + w), L.Load(at6 + 2 * w));
            float* at7 = c + 7 * cStep;
            (c70, c71, c72) = (L.Load(at7), L.Load(at7 + w), L.Load(at7 + 2 * w));
        }
        else
        {
            (c00, c01, c02) = start is null ? (L.Splat(0), L.Splat(0), L.Splat(0)) : (L.Load(start), L.Load(start + w), L.Load(start + 2 * w));
            (c10, c11, c12) = (c00, c01, c02);
            (c20, c21, c22) = (c00, c01, c02);
            (c30, c31, c32) = (c00, c01, c02);
            (c40, c41, c42) = (c00, c01, c02);
            (c50, c51, c52) = (c00, c01, c02);
            (c60, c61, c62) = (c00, c01, c02);
            (c70, c71, c72) = (c00, c01, c02);
        }
        nint row3 = 3 * rowStep;
        float* low = a + 4 * rowStep;
        for (float* end = b + inner * 3 * w; b < end; b += 3 * w)
        {
            V b0 = L.Load(b), b1 = L.Load(b + w), b2 = L.Load(b + 2 * w), x;
            x = L.Splat(*a);
            c00 = L.MultiplyAdd(x, b0, c00);
            c01 = L.MultiplyAdd(x, b1, c01);
            c02 = L.MultiplyAdd(x, b2, c02);
            x = L.Splat(a[rowStep]);
            c10 = L.MultiplyAdd(x, b0, c10);
            c11 = L.MultiplyAdd(x, b1, c11);
            c12 = L.MultiplyAdd(x, b2, c12);
            x = L.Splat(a[2 * rowStep]);
            c20 = L.MultiplyAdd(x, b0, c20);
            c21 = L.MultiplyAdd(x, b1, c21);
            c22 = L.MultiplyAdd(x, b2, c22);
            x = L.Splat(a[row3]);
            c30 = L.MultiplyAdd(x, b0, c30);
            c31 = L.MultiplyAdd(x, b1, c31);
            c32 = L.MultiplyAdd(x, b2, c32);
            x = L.Splat(*low);
            c40 = L.MultiplyAdd(x, b0, c40);
            c41 = L.MultiplyAdd(x, b1, c41);
            c42 = L.MultiplyAdd(x, b2, c42);
            x = L.Splat(low[rowStep]);
            c50 = L.MultiplyAdd(x, b0, c50);
            c51 = L.MultiplyAdd(x, b1, c51);
            c52 = L.MultiplyAdd(x, b2, c52);
            x = L.Splat(low[2 * rowStep]);
            c60 = L.MultiplyAdd(x, b0, c60);
            c61 = L.MultiplyAdd(x, b1, c61);
            c62 = L.MultiplyAdd(x, b2, c62);
            x = L.Splat(low[row3]);
            c70 = L.MultiplyAdd(x, b0, c70);
            c71 = L.MultiplyAdd(x, b1, c71);
            c72 = L.MultiplyAdd(x, b2, c72);
            a += innerStep;
            low += innerStep;
        }
        Put<L, V>(c, c00, c01, c02);
        Put<L, V>(c + cStep, c10, c11, c12);
        Put<L, V>(c + 2 * cStep, c20, c21, c22);
        Put<L, V>(c + 3 * cStep, c30, c31, c32);
        Put<L, V>(c + 4 * cStep, c40, c41, c42);
        Put<L, V>(c + 5 * cStep, c50, c51, c52);
        Put<L, V>(c + 6 * cStep, c60, c61, c62);
        Put<L, V>(c + 7 * cStep, c70, c71, c72);
    }

    /// <summary>c[4 rows, 3 vectors] (+)= a · b; see the class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Rows4<L, V>(float* a, nint rowStep, nint innerStep, float* b, float* c, nint cStep, int inner, float* start, bool onTop) where L : struct, ILanes<V>
    {
        V c00, c01, c02;
        V c10, c11, c12;
        V c20, c21, c22;
        V c30, c31, c32;
        nint w = L.Width;
        if (onTop)
        {
            float* at0 = c + 0 * cStep;
            (c00, c01, c02) = (L.Load(at0), L.Load(at0 + w), L.Load(at0 + 2 * w));
            float* at1 = c + 1 * cStep;
            (c10, c11, c12) = (L.Load(at1), L.Load(at1 + w), L.Load(at1 + 2 * w));
            float* at2 = c + 2 * cStep;
            (c20, c21, c22) = (L.Load(at2), L.Load(at2 + w), L.Load(at2 + 2 * w));
            float* at3 = c + 3 * cStep;
            (c30, c31, c32) = (L.Load(at3), L.Load(at3 + w), L.Load(at3 + 2 * w));
        }
        else
        {
            (c00, c01, c02) = start is null ? (L.Splat(0), L.Splat(0), L.Splat(0)) : (L.Load(start), L.Load(start + w), L.Load(start + 2 * w));
            (c10, c11, c12) = (c00, c01, c02);
            (c20, c21, c22) = (c00, c01, c02);
            (c30, c31, c32) = (c00, c01, c02);
        }
        nint row3 = 3 * rowStep;
        for (float* end = b + inner * 3 * w; b < end; b += 3 * w)
        {
            V b0 = L.Load(b), b1 = L.Load(b + w), b2 = L.Load(b + 2 * w), x;
            x = L.Splat(*a);
            c00 = L.MultiplyAdd(x, b0, c00);
            c01 = L.MultiplyAdd(x, b1, c01);
            c02 = L.MultiplyAdd(x, b2, c02);
            x = L.Splat(a[rowStep]);
            c10 = L.MultiplyAdd(x, b0, c10);
            c11 = L.MultiplyAdd(x, b1, c11);
            c12 = L.MultiplyAdd(x, b2, c12);
            x = L.Splat(a[2 * rowStep]);
            c20 = L.MultiplyAdd(x, b0, c20);
            c21 = L.MultiplyAdd(x, b1, c21);
            c22 = L.MultiplyAdd(x, b2, c22);
            x = L.Splat(a[row3]);
            c30 = L.MultiplyAdd(x, b0, c30);
            c31 = L.MultiplyAdd(x, b1, c31);
            c32 = L.MultiplyAdd(x, b2, c32);
            a += innerStep;
        }
        Put<L, V>(c, c00, c01, c02);
        Put<L, V>(c + cStep, c10, c11, c12);
        Put<L, V>(c + 2 * cStep, c20, c21, c22);
        Put<L, V>(c + 3 * cStep, c30, c31, c32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Put<L, V>(float* at, V x, V y, V z) where L : struct, ILanes<V>
    {
        L.Store(at, x);
        L.Store(at + L.Width, y);
        L.Store(at + 2 * L.Width, z);
    }
}
