using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Heartwood.Tensors;

/// <summary>
/// bf16: the upper half of a float32. 8 bits of exponent, so the same range; 8 bits of precision, so about 2.4 decimal digits.
/// </summary>
public static class Bf16
{
    /// <summary>The nearest bf16, ties to even; beyond the largest number lies infinity, NaN stays NaN.</summary>
    public static ushort Bits(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)(float.IsNaN(value) ? (bits >> 16) | QuietNaN : (bits + BelowHalf + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>The float32 that a bf16 stands for, exactly.</summary>
    public static float Value(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary><see cref="Bits"/> of every value.</summary>
    /// <param name="values">the values</param>
    /// <param name="bits">room for as many</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(ReadOnlySpan<float> values, Span<ushort> bits)
    {
        int i = 0;
        if (Avx512F.IsSupported)
        {
            ref float from = ref MemoryMarshal.GetReference(values);
            ref ushort to = ref MemoryMarshal.GetReference(bits[..values.Length]);
            for (; i <= values.Length - Vector512<float>.Count; i += Vector512<float>.Count)
            {
                Vector512<float> x = Vector512.LoadUnsafe(ref from, (nuint)i);
                Vector512<uint> whole = x.AsUInt32(), upper = whole >> 16;
                Vector512<uint> nearest = (whole + Vector512.Create(BelowHalf) + (upper & Vector512<uint>.One)) >> 16;
                Vector512<uint> number = Vector512.Equals(x, x).AsUInt32();
                Vector512<uint> rounded = Vector512.ConditionalSelect(number, nearest, upper | Vector512.Create(QuietNaN));
                Avx512F.ConvertToVector256UInt16(rounded).StoreUnsafe(ref to, (nuint)i);
            }
        }
        for (; i < values.Length; i++) bits[i] = Bits(values[i]);
    }

    const uint BelowHalf = 0x7FFF;                               // just below half of the last place; an odd upper half adds the rest

    const uint QuietNaN = 0x40;
}
