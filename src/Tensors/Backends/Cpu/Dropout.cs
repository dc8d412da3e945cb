using System.Runtime.CompilerServices;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>
/// Values dropped by chance: Philox4x32-10, counters side by side in the lanes, in the order of <see cref="DropoutNumbers.IndexFor"/>.
/// </summary>
static unsafe class Dropout<L, V> where L : struct, ILanes<V>
{
    const int Counters = 16, Run = 4 * Counters, Piece = 1 << 14;

    internal static void Drop(float* x, int count, Chance chance, long first, float share, float* y) =>
        Workers.For((count + Piece - 1) / Piece, piece =>
        {
            int start = piece * Piece, end = Math.Min(count, start + Piece), i = start;
            float up = 1 / (1 - share);
            for (; i <= end - Run; i += Run) DropRun(x + i, chance, (first + i) / 4, share, up, y + i);
            for (; i < end; i++) y[i] = x[i] * (chance.Uniform(DropoutNumbers.IndexFor(first + i)) < share ? 0 : up);
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void DropRun(float* x, Chance chance, long counter, float share, float up, float* y)
    {
        var (key0, key1, step0, step1) = chance.Source;
        V least = L.Splat(share), by = L.Splat(up);
        for (int lane = 0; lane < Counters; lane += L.Width)
        {
            V c0 = L.Count((uint)counter + (uint)lane), c1 = Bits((uint)(counter >> 32)), c2 = Bits(step0), c3 = Bits(step1);
            uint k0 = key0, k1 = key1;
            for (int round = 0; round < Chance.Rounds; round++, k0 += Chance.Weyl0, k1 += Chance.Weyl1)
            {
                var (high0, low0) = L.MultiplyBits(c0, Chance.Multiplier0);
                var (high1, low1) = L.MultiplyBits(c2, Chance.Multiplier1);
                c0 = L.Xor(L.Xor(high1, c1), Bits(k0));
                c1 = low1;
                c2 = L.Xor(L.Xor(high0, c3), Bits(k1));
                c3 = low0;
            }
            Keep(c0, lane);
            Keep(c1, Counters + lane);
            Keep(c2, 2 * Counters + lane);
            Keep(c3, 3 * Counters + lane);
        }

        void Keep(V bits, int at) => L.Store(y + at, L.Multiply(L.Load(x + at), L.IfLess(L.Uniform(bits), least, L.Splat(0), by)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Bits(uint bits) => L.Splat(BitConverter.UInt32BitsToSingle(bits));
}
