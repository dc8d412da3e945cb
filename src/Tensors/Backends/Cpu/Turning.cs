using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>Rows that become columns.</summary>
static unsafe class Turning
{
    /// <summary>to[c · toStep + r] = from[r · fromStep + c] for r below rows, c below columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Turn(float* from, nint fromStep, int rows, int columns, float* to, nint toStep)
    {
        int whole = Avx.IsSupported ? rows & ~7 : 0;
        for (int c0 = 0; c0 < columns; c0 += 16)                 // a cache line of each row at a time
        {
            int c1 = Math.Min(columns, c0 + 16);
            for (int r = 0; r < whole; r += 8)
            {
                int c = c0;
                for (; c <= c1 - 8; c += 8) Turn8(from + r * fromStep + c, fromStep, to + c * toStep + r, toStep);
                for (; c < c1; c++)
                    for (int i = r; i < r + 8; i++) to[c * toStep + i] = from[i * fromStep + c];
            }
            for (int r = whole; r < rows; r++)
                for (int c = c0; c < c1; c++) to[c * toStep + r] = from[r * fromStep + c];
        }
    }

    // 8 values of each of 8 rows: pairs, then pairs of pairs, then halves change places
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Turn8(float* from, nint fromStep, float* to, nint toStep)
    {
        float* low = from + 4 * fromStep;
        Vector256<float> a = Vector256.Load(from), b = Vector256.Load(from + fromStep);
        Vector256<float> c = Vector256.Load(from + 2 * fromStep), d = Vector256.Load(from + 3 * fromStep);
        Vector256<float> e = Vector256.Load(low), f = Vector256.Load(low + fromStep);
        Vector256<float> g = Vector256.Load(low + 2 * fromStep), h = Vector256.Load(low + 3 * fromStep);
        Turn4(a, b, c, d, out Vector256<float> a0, out Vector256<float> a1, out Vector256<float> a2, out Vector256<float> a3);
        Turn4(e, f, g, h, out Vector256<float> e0, out Vector256<float> e1, out Vector256<float> e2, out Vector256<float> e3);
        Avx.Permute2x128(a0, e0, 0x20).Store(to);
        Avx.Permute2x128(a1, e1, 0x20).Store(to + toStep);
        Avx.Permute2x128(a2, e2, 0x20).Store(to + 2 * toStep);
        Avx.Permute2x128(a3, e3, 0x20).Store(to + 3 * toStep);
        to += 4 * toStep;
        Avx.Permute2x128(a0, e0, 0x31).Store(to);
        Avx.Permute2x128(a1, e1, 0x31).Store(to + toStep);
        Avx.Permute2x128(a2, e2, 0x31).Store(to + 2 * toStep);
        Avx.Permute2x128(a3, e3, 0x31).Store(to + 3 * toStep);
    }

    // within each half, value i of the four inputs
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Turn4(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d,
        out Vector256<float> first, out Vector256<float> second, out Vector256<float> third, out Vector256<float> fourth)
    {
        Vector256<float> ab = Avx.UnpackLow(a, b), cd = Avx.UnpackLow(c, d), above = Avx.UnpackHigh(a, b), aside = Avx.UnpackHigh(c, d);
        first = Avx.Shuffle(ab, cd, 0x44);
        second = Avx.Shuffle(ab, cd, 0xEE);
        third = Avx.Shuffle(above, aside, 0x44);
        fourth = Avx.Shuffle(above, aside, 0xEE);
    }
}
