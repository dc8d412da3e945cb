using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>
/// One instruction set: what a vector of floats can do. Kernels take it as a type argument and are written once.
/// All instruction sets round alike (fused multiply-add included), so a value does not depend on the lane it was computed in.
/// </summary>
unsafe interface ILanes<V>
{
    static abstract int Width { get; }

    /// <summary>Whether the processor has 32 vector registers (tall matrix tiles) or 16.</summary>
    static abstract bool ManyRegisters { get; }

    static abstract V Splat(float x);
    static abstract V Load(float* at);
    static abstract void Store(float* at, V x);

    /// <summary>
    /// The mask of the first lanes, for the ends of rows that fill no vector; <paramref name="count"/> is below the width.
    /// </summary>
    static abstract V First(int count);

    /// <summary>The lanes of a mask, <paramref name="rest"/> in the others; memory beyond the mask is not touched.</summary>
    static abstract V Load(float* at, V mask, V rest);

    /// <summary>Stores the lanes of a mask; memory beyond it is not touched.</summary>
    static abstract void Store(float* at, V mask, V x);

    /// <summary>Stores past the caches, for what nobody reads soon; the address is a multiple of the vector's size.</summary>
    static abstract void Stream(float* at, V x);

    static abstract V Add(V a, V b);
    static abstract V Subtract(V a, V b);
    static abstract V Multiply(V a, V b);
    static abstract V Divide(V a, V b);

    /// <summary>a · b + c, rounded once.</summary>
    static abstract V MultiplyAdd(V a, V b, V c);

    static abstract V Max(V a, V b);
    static abstract V Min(V a, V b);
    static abstract V Abs(V x);
    static abstract V Sqrt(V x);

    /// <summary>To the nearest whole number, halves to even.</summary>
    static abstract V Round(V x);

    /// <summary>x · 2^n for a whole n, −252 to 252.</summary>
    static abstract V Scale(V x, V n);

    /// <summary>Where a is less than b, yes; elsewhere no.</summary>
    static abstract V IfLess(V a, V b, V yes, V no);

    /// <summary>The exponent and the mantissa in [√½, √2): x = mantissa · 2^exponent, for normal positive x.</summary>
    static abstract (V Mantissa, V Exponent) Split(V x);

    /// <summary>Whole numbers of 32 bits as the lanes' bits: first, first + 1, …</summary>
    static abstract V Count(uint first);

    /// <summary>Exclusive or of the lanes' bits.</summary>
    static abstract V Xor(V a, V b);

    /// <summary>Both halves of a · b, with the lanes' bits read as unsigned whole numbers.</summary>
    static abstract (V High, V Low) MultiplyBits(V a, uint b);

    /// <summary>A number between 0 and 1 from the lanes' bits, as <see cref="Chance.Uniform"/> makes it.</summary>
    static abstract V Uniform(V bits);

    /// <summary>Sum of the lanes, in one fixed order.</summary>
    static abstract float Sum(V x);

    /// <summary>Largest lane.</summary>
    static abstract float Max(V x);

    /// <summary>In the lower half the halves of a, added; in the upper half those of b.</summary>
    static abstract V Fold(V a, V b);

    /// <summary>In every lane the sum of the half that it is of, in one fixed order.</summary>
    static abstract V SumHalves(V x);

    /// <summary>The lower half, twice.</summary>
    static abstract V Lower(V x);

    /// <summary>The upper half, twice.</summary>
    static abstract V Upper(V x);
}

readonly unsafe struct Avx512Lanes : ILanes<Vector512<float>>
{
    public static int Width => 16;
    public static bool ManyRegisters => true;
    public static Vector512<float> Splat(float x) => Vector512.Create(x);
    public static Vector512<float> Load(float* at) => Vector512.Load(at);
    public static void Store(float* at, Vector512<float> x) => x.Store(at);
    public static Vector512<float> First(int count) => Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();
    public static Vector512<float> Load(float* at, Vector512<float> mask, Vector512<float> rest) => Avx512F.MaskLoad(at, mask, rest);
    public static void Store(float* at, Vector512<float> mask, Vector512<float> x) => Avx512F.MaskStore(at, mask, x);
    public static void Stream(float* at, Vector512<float> x) => x.StoreAlignedNonTemporal(at);
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;
    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Avx512F.FusedMultiplyAdd(a, b, c);
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Avx512F.Max(a, b);
    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Avx512F.Min(a, b);
    public static Vector512<float> Abs(Vector512<float> x) => Vector512.Abs(x);
    public static Vector512<float> Sqrt(Vector512<float> x) => Avx512F.Sqrt(x);
    public static Vector512<float> Round(Vector512<float> x) => Avx512F.RoundScale(x, 0);
    public static Vector512<float> Scale(Vector512<float> x, Vector512<float> n) => Avx512F.Scale(x, n);
    public static Vector512<float> IfLess(Vector512<float> a, Vector512<float> b, Vector512<float> yes, Vector512<float> no) =>
        Vector512.ConditionalSelect(Vector512.LessThan(a, b), yes, no);

    public static (Vector512<float> Mantissa, Vector512<float> Exponent) Split(Vector512<float> x)
    {
        Vector512<int> bits = x.AsInt32(), shifted = bits - Vector512.Create(0x3F3504F3);
        Vector512<int> exponent = Vector512.ShiftRightArithmetic(shifted, 23);
        return ((bits - Vector512.ShiftLeft(exponent, 23)).AsSingle(), Vector512.ConvertToSingle(exponent));
    }

    public static Vector512<float> Count(uint first) => (Vector512.Create(first) + Vector512<uint>.Indices).AsSingle();
    public static Vector512<float> Xor(Vector512<float> a, Vector512<float> b) => (a.AsUInt32() ^ b.AsUInt32()).AsSingle();
    public static Vector512<float> Uniform(Vector512<float> bits)
    {
        Vector512<float> whole = Vector512.ConvertToSingle(Vector512.ShiftRightLogical(bits.AsUInt32(), 9).AsInt32());
        return (whole + Vector512.Create(0.5f)) * Vector512.Create(1f / (1 << 23));
    }

    public static (Vector512<float> High, Vector512<float> Low) MultiplyBits(Vector512<float> a, uint b)
    {
        Vector512<uint> by = Vector512.Create(b);
        Vector512<ulong> even = Avx512F.Multiply(a.AsUInt32(), by);
        Vector512<ulong> odd = Avx512F.Multiply(Vector512.ShiftRightLogical(a.AsUInt64(), 32).AsUInt32(), by);
        Vector512<ulong> lower = Vector512.Create(0xFFFFFFFFul);
        Vector512<ulong> highs = Vector512.ConditionalSelect(lower, Vector512.ShiftRightLogical(even, 32), odd);
        Vector512<ulong> lows = Vector512.ConditionalSelect(lower, even, Vector512.ShiftLeft(odd, 32));
        return (highs.AsSingle(), lows.AsSingle());
    }

    public static float Sum(Vector512<float> x) => Avx2Lanes.Sum(x.GetLower() + x.GetUpper());
    public static float Max(Vector512<float> x) => Avx2Lanes.Max(Avx.Max(x.GetLower(), x.GetUpper()));
    public static Vector512<float> Fold(Vector512<float> a, Vector512<float> b) =>
        Avx512F.Shuffle4x128(a, b, 0x44) + Avx512F.Shuffle4x128(a, b, 0xEE);
    public static Vector512<float> Lower(Vector512<float> x) => Avx512F.Shuffle4x128(x, x, 0x44);
    public static Vector512<float> Upper(Vector512<float> x) => Avx512F.Shuffle4x128(x, x, 0xEE);

    public static Vector512<float> SumHalves(Vector512<float> x)
    {
        x += Avx512F.Shuffle4x128(x, x, 0xB1);
        x += Avx512F.Permute4x32(x, 0x4E);
        return x + Avx512F.Permute4x32(x, 0xB1);
    }
}

readonly unsafe struct Avx2Lanes : ILanes<Vector256<float>>
{
    public static int Width => 8;
    public static bool ManyRegisters => false;
    public static Vector256<float> Splat(float x) => Vector256.Create(x);
    public static Vector256<float> Load(float* at) => Vector256.Load(at);
    public static void Store(float* at, Vector256<float> x) => x.Store(at);
    public static Vector256<float> First(int count) => Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(count)).AsSingle();
    public static Vector256<float> Load(float* at, Vector256<float> mask, Vector256<float> rest) =>
        Vector256.ConditionalSelect(mask, Avx.MaskLoad(at, mask), rest);
    public static void Store(float* at, Vector256<float> mask, Vector256<float> x) => Avx.MaskStore(at, mask, x);
    public static void Stream(float* at, Vector256<float> x) => x.StoreAlignedNonTemporal(at);
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;
    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Fma.MultiplyAdd(a, b, c);
    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Avx.Max(a, b);
    public static Vector256<float> Min(Vector256<float> a, Vector256<float> b) => Avx.Min(a, b);
    public static Vector256<float> Abs(Vector256<float> x) => Vector256.Abs(x);
    public static Vector256<float> Sqrt(Vector256<float> x) => Avx.Sqrt(x);
    public static Vector256<float> Round(Vector256<float> x) => Avx.RoundToNearestInteger(x);
    public static Vector256<float> IfLess(Vector256<float> a, Vector256<float> b, Vector256<float> yes, Vector256<float> no) =>
        Vector256.ConditionalSelect(Vector256.LessThan(a, b), yes, no);

    public static Vector256<float> Scale(Vector256<float> x, Vector256<float> n)
    {
        Vector256<int> whole = Vector256.ConvertToInt32(n), half = Vector256.ShiftRightArithmetic(whole, 1);
        // in two steps, so that the ends underflow and overflow as they should
        return x * PowerOfTwo(half) * PowerOfTwo(whole - half);
    }

    static Vector256<float> PowerOfTwo(Vector256<int> n) => Vector256.ShiftLeft(n + Vector256.Create(127), 23).AsSingle();

    public static (Vector256<float> Mantissa, Vector256<float> Exponent) Split(Vector256<float> x)
    {
        Vector256<int> bits = x.AsInt32(), shifted = bits - Vector256.Create(0x3F3504F3);
        Vector256<int> exponent = Vector256.ShiftRightArithmetic(shifted, 23);
        return ((bits - Vector256.ShiftLeft(exponent, 23)).AsSingle(), Vector256.ConvertToSingle(exponent));
    }

    public static Vector256<float> Count(uint first) => (Vector256.Create(first) + Vector256<uint>.Indices).AsSingle();
    public static Vector256<float> Xor(Vector256<float> a, Vector256<float> b) => (a.AsUInt32() ^ b.AsUInt32()).AsSingle();
    public static Vector256<float> Uniform(Vector256<float> bits)
    {
        Vector256<float> whole = Vector256.ConvertToSingle(Vector256.ShiftRightLogical(bits.AsUInt32(), 9).AsInt32());
        return (whole + Vector256.Create(0.5f)) * Vector256.Create(1f / (1 << 23));
    }

    public static (Vector256<float> High, Vector256<float> Low) MultiplyBits(Vector256<float> a, uint b)
    {
        Vector256<uint> by = Vector256.Create(b);
        Vector256<ulong> even = Avx2.Multiply(a.AsUInt32(), by);
        Vector256<ulong> odd = Avx2.Multiply(Vector256.ShiftRightLogical(a.AsUInt64(), 32).AsUInt32(), by);
        Vector256<ulong> lower = Vector256.Create(0xFFFFFFFFul);
        Vector256<ulong> highs = Vector256.ConditionalSelect(lower, Vector256.ShiftRightLogical(even, 32), odd);
        Vector256<ulong> lows = Vector256.ConditionalSelect(lower, even, Vector256.ShiftLeft(odd, 32));
        return (highs.AsSingle(), lows.AsSingle());
    }

    public static float Sum(Vector256<float> x)
    {
        Vector128<float> four = x.GetLower() + x.GetUpper(), two = four + Sse.MoveHighToLow(four, four);
        return two.ToScalar() + two[1];
    }

    public static float Max(Vector256<float> x)
    {
        Vector128<float> four = Sse.Max(x.GetLower(), x.GetUpper()), two = Sse.Max(four, Sse.MoveHighToLow(four, four));
        return Sse.MaxScalar(two, Vector128.Shuffle(two, Vector128.Create(1, 1, 1, 1))).ToScalar();
    }

    public static Vector256<float> Fold(Vector256<float> a, Vector256<float> b) =>
        Avx.Permute2x128(a, b, 0x20) + Avx.Permute2x128(a, b, 0x31);
    public static Vector256<float> Lower(Vector256<float> x) => Avx.Permute2x128(x, x, 0x00);
    public static Vector256<float> Upper(Vector256<float> x) => Avx.Permute2x128(x, x, 0x11);

    public static Vector256<float> SumHalves(Vector256<float> x)
    {
        x += Avx.Permute(x, 0x4E);
        return x + Avx.Permute(x, 0xB1);
    }
}

readonly unsafe struct ScalarLanes : ILanes<float>
{
    public static int Width => 1;
    public static bool ManyRegisters => false;
    public static float Splat(float x) => x;
    public static float Load(float* at) => *at;
    public static void Store(float* at, float x) => *at = x;
    public static float First(int count) => 0;                   // a vector of one lane has no part
    public static float Load(float* at, float mask, float rest) => rest;
    public static void Store(float* at, float mask, float x) { }
    public static void Stream(float* at, float x) => *at = x;
    public static float Add(float a, float b) => a + b;
    public static float Subtract(float a, float b) => a - b;
    public static float Multiply(float a, float b) => a * b;
    public static float Divide(float a, float b) => a / b;
    public static float MultiplyAdd(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);
    public static float Max(float a, float b) => a > b ? a : b;
    public static float Min(float a, float b) => a < b ? a : b;
    public static float Abs(float x) => MathF.Abs(x);
    public static float Sqrt(float x) => MathF.Sqrt(x);
    public static float Round(float x) => MathF.Round(x);
    public static float IfLess(float a, float b, float yes, float no) => a < b ? yes : no;
    public static float Scale(float x, float n) => MathF.ScaleB(x, (int)n);

    public static (float Mantissa, float Exponent) Split(float x)
    {
        int bits = BitConverter.SingleToInt32Bits(x), exponent = (bits - 0x3F3504F3) >> 23;
        return (BitConverter.Int32BitsToSingle(bits - (exponent << 23)), exponent);
    }

    public static float Count(uint first) => BitConverter.UInt32BitsToSingle(first);
    public static float Xor(float a, float b) =>
        BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(a) ^ BitConverter.SingleToUInt32Bits(b));
    public static float Uniform(float bits) => ((BitConverter.SingleToUInt32Bits(bits) >> 9) + 0.5f) * (1f / (1 << 23));

    public static (float High, float Low) MultiplyBits(float a, uint b)
    {
        ulong product = (ulong)BitConverter.SingleToUInt32Bits(a) * b;
        return (BitConverter.UInt32BitsToSingle((uint)(product >> 32)), BitConverter.UInt32BitsToSingle((uint)product));
    }

    public static float Sum(float x) => x;
    public static float Max(float x) => x;
    public static float Fold(float a, float b) => a + b;         // one lane has no halves: nobody asks
    public static float SumHalves(float x) => x;
    public static float Lower(float x) => x;
    public static float Upper(float x) => x;
}
