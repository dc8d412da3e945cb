using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Heartwood.Tensors;

namespace Heartwood.Lab.Checkpoints;

/// <summary>How a tensor's numbers are stored; the names are those of safetensors.</summary>
public enum Dtype
{
    /// <summary>32-bit float</summary>
    F32,

    /// <summary>16-bit float, IEEE 754 binary16</summary>
    F16,

    /// <summary>the upper half of a 32-bit float</summary>
    BF16,

    /// <summary>64-bit float</summary>
    F64,

    /// <summary>8-bit float, 4 exponent bits</summary>
    F8_E4M3,

    /// <summary>8-bit float, 5 exponent bits</summary>
    F8_E5M2,

    /// <summary>true or false, one byte</summary>
    BOOL,

    /// <summary>8-bit integer</summary>
    I8,

    /// <summary>8-bit integer from 0</summary>
    U8,

    /// <summary>16-bit integer</summary>
    I16,

    /// <summary>16-bit integer from 0</summary>
    U16,

    /// <summary>32-bit integer</summary>
    I32,

    /// <summary>32-bit integer from 0</summary>
    U32,

    /// <summary>64-bit integer</summary>
    I64,

    /// <summary>64-bit integer from 0</summary>
    U64,
}

/// <summary>Sizes of the stored kinds of number, and the way from and to float32.</summary>
public static class Dtypes
{
    static readonly Vector256<uint> F32Infinity = Vector256.Create(0x7F800000u);

    /// <summary>Bytes of one number.</summary>
    public static int Size(this Dtype dtype) => dtype switch
    {
        Dtype.F64 or Dtype.I64 or Dtype.U64 => 8,
        Dtype.F32 or Dtype.I32 or Dtype.U32 => 4,
        Dtype.F16 or Dtype.BF16 or Dtype.I16 or Dtype.U16 => 2,
        _ => 1,
    };

    /// <summary>True for F32, F16 and BF16: every number is a float32, and floats are written so.</summary>
    public static bool IsFloat32Readable(this Dtype dtype) => dtype is Dtype.F32 or Dtype.F16 or Dtype.BF16;

    /// <summary>True for integers and BOOL.</summary>
    public static bool IsInteger(this Dtype dtype) => dtype >= Dtype.BOOL;

    /// <summary>Exact values of stored numbers.</summary>
    /// <param name="dtype">any</param>
    /// <param name="from">little-endian numbers, at any alignment</param>
    /// <param name="into">as many floats</param>
    /// <returns>the first number that has no float32, or −1 where all have; what follows that number is not read</returns>
    internal static int ToFloats(this Dtype dtype, ReadOnlySpan<byte> from, Span<float> into)
    {
        switch (dtype)
        {
            case Dtype.F32: from.CopyTo(MemoryMarshal.AsBytes(into)); return -1;
            case Dtype.F16: Widen<FromF16>(MemoryMarshal.Cast<byte, ushort>(from), into); return -1;
            case Dtype.BF16: Widen<FromBF16>(MemoryMarshal.Cast<byte, ushort>(from), into); return -1;
            default: return FurtherDtypes.ToFloats(dtype, from, into);
        }
    }

    /// <summary>
    /// The stored form of floats, rounded to nearest, ties to even; what is beyond the largest number becomes infinity, NaN stays
    /// NaN.
    /// </summary>
    /// <param name="dtype">F32, F16 or BF16</param>
    /// <param name="from">the floats</param>
    /// <param name="into">as many little-endian numbers</param>
    internal static void FromFloats(this Dtype dtype, ReadOnlySpan<float> from, Span<byte> into)
    {
        if (dtype == Dtype.F32)
        {
            MemoryMarshal.AsBytes(from).CopyTo(into);
            return;
        }
        Span<ushort> halves = MemoryMarshal.Cast<byte, ushort>(into);
        if (dtype == Dtype.BF16) Bf16.Round(from, halves);
        else
            for (int i = 0; i < from.Length; i++) halves[i] = BitConverter.HalfToUInt16Bits((Half)from[i]);
    }

    static void Widen<F>(ReadOnlySpan<ushort> from, Span<float> into) where F : IFromBits
    {
        int i = 0;
        for (; i <= from.Length - Vector128<ushort>.Count; i += Vector128<ushort>.Count)
        {
            Vector128<ushort> bits = Vector128.Create(from.Slice(i, Vector128<ushort>.Count));
            F.ToFloat(Vector256.Create(Vector128.WidenLower(bits), Vector128.WidenUpper(bits))).CopyTo(into[i..]);
        }
        for (; i < from.Length; i++) into[i] = F.ToFloat(Vector256.Create((uint)from[i])).GetElement(0);
    }

    /// <summary>Turns 16 bits, in the lower half of each lane, into floats.</summary>
    interface IFromBits
    {
        static abstract Vector256<float> ToFloat(Vector256<uint> bits);
    }

    readonly struct FromBF16 : IFromBits
    {
        public static Vector256<float> ToFloat(Vector256<uint> bits) => (bits << 16).AsSingle();
    }

    readonly struct FromF16 : IFromBits
    {
        /// <summary>
        /// Exponent and fraction moved into place mean value · 2^−112, subnormals too; one multiplication makes both right.
        /// Infinity and NaN get the full exponent.
        /// </summary>
        public static Vector256<float> ToFloat(Vector256<uint> bits)
        {
            Vector256<uint> sign = (bits & Vector256.Create(0x8000u)) << 16, rest = (bits & Vector256.Create(0x7FFFu)) << 13;
            Vector256<uint> finite = (rest.AsSingle() * Vector256.Create(5.192296858534828e33f)).AsUInt32();
            Vector256<uint> special = Vector256.GreaterThanOrEqual(rest, Vector256.Create(0x7C00u << 13));
            return (sign | Vector256.ConditionalSelect(special, rest | F32Infinity, finite)).AsSingle();
        }
    }
}
