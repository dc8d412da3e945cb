using System.Runtime.CompilerServices;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>Heads, or the first share of each, turned by the angles of their row's position.</summary>
static unsafe class Rotary<L, V> where L : struct, ILanes<V>
{
    internal static void Rotate(float* x, float* turns, int* positions, int rows, int width, int headWidth, int turned, bool back, float* y)
    {
        int block = Math.Max(1, (1 << 14) / Math.Max(1, width));
        Workers.For((rows + block - 1) / block, item =>
        {
            for (int r = item * block; r < Math.Min(rows, (item + 1) * block); r++)
                for (int head = 0; head < width; head += headWidth)
                {
                    long at = (long)r * width + head;
                    One(x + at, turns + (long)positions[r] * turned, turned / 2, back ? -1 : 1, y + at);
                    int rest = headWidth - turned;
                    if (rest > 0) new Span<float>(x + at + turned, rest).CopyTo(new(y + at + turned, rest));
                }
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void One(float* x, float* turn, int half, float sign, float* y)
    {
        int d = 0;
        for (; d <= half - L.Width; d += L.Width) Pair<L, V>(x + d, turn + d, half, sign, y + d);
        for (; d < half; d++) Pair<ScalarLanes, float>(x + d, turn + d, half, sign, y + d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Pair<M, W>(float* x, float* turn, int half, float sign, float* y) where M : struct, ILanes<W>
    {
        W low = M.Load(x), high = M.Load(x + half), cosine = M.Load(turn), sine = M.Multiply(M.Load(turn + half), M.Splat(sign));
        M.Store(y, M.Subtract(M.Multiply(low, cosine), M.Multiply(high, sine)));
        M.Store(y + half, M.MultiplyAdd(high, cosine, M.Multiply(low, sine)));
    }
}
