using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Heartwood.Lab.Checkpoints;

/// <summary>
/// Stored numbers that weights rarely are: F64, F8, integers, true and false. They are read where their value is a float32, and told where
/// it is not.
/// F8 as in Micikevicius et al. 2022 ("FP8 Formats for Deep Learning"): E5M2 like IEEE 754, E4M3 without infinities, its NaN at all ones.
/// </summary>
static class FurtherDtypes
{
    static readonly float[] E4M3 = [.. Enumerable.Range(0, 256).Select(bits => Float8(bits, fractionBits: 3, bias: 7, infinities: false))];
    static readonly float[] E5M2 = [.. Enumerable.Range(0, 256).Select(bits => Float8(bits, fractionBits: 2, bias: 15, infinities: true))];

    /// <inheritdoc cref="Dtypes.ToFloats"/>
    public static int ToFloats(Dtype dtype, ReadOnlySpan<byte> from, Span<float> into) => dtype switch
    {
        Dtype.F64 => Narrow<double>(from, into),
        Dtype.I64 => Narrow<long>(from, into),
        Dtype.U64 => Narrow<ulong>(from, into),
        Dtype.I32 => Narrow<int>(from, into),
        Dtype.U32 => Narrow<uint>(from, into),
        Dtype.I16 => Narrow<short>(from, into),
        Dtype.U16 => Narrow<ushort>(from, into),
        Dtype.I8 => Narrow<sbyte>(from, into),
        Dtype.U8 => Narrow<byte>(from, into),
        Dtype.BOOL => LookUp(from, into, bits => bits == 0 ? 0 : 1),
        Dtype.F8_E4M3 => LookUp(from, into, bits => E4M3[bits]),
        Dtype.F8_E5M2 => LookUp(from, into, bits => E5M2[bits]),
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "is read elsewhere"),
    };

    /// <summary>A stored number as people read it.</summary>
    public static string InWords(this Dtype dtype, ReadOnlySpan<byte> number) => dtype switch
    {
        Dtype.F64 => Text<double>(number),
        Dtype.I64 => Text<long>(number),
        Dtype.U64 => Text<ulong>(number),
        Dtype.I32 => Text<int>(number),
        _ => Text<uint>(number),
    };

    static string Text<T>(ReadOnlySpan<byte> number) where T : unmanaged, IFormattable =>
        MemoryMarshal.Read<T>(number).ToString(null, CultureInfo.InvariantCulture);

    static int Narrow<T>(ReadOnlySpan<byte> from, Span<float> into) where T : unmanaged, INumber<T>
    {
        ReadOnlySpan<T> numbers = MemoryMarshal.Cast<byte, T>(from);
        for (int i = 0; i < numbers.Length; i++)
        {
            into[i] = float.CreateTruncating(numbers[i]);
            if (!IsExact(numbers[i], into[i])) return i;
        }
        return -1;
    }

    // the way back must give the same number; past the ends of long and ulong there is no way back
    static bool IsExact<T>(T number, float value) where T : INumber<T> => number switch
    {
        double wide => value == wide || double.IsNaN(wide),
        ulong large => value < 1.8446744073709552e19f && (ulong)value == large,
        _ => value < 9.2233720368547758e18f && (long)value == long.CreateTruncating(number),
    };

    static int LookUp(ReadOnlySpan<byte> from, Span<float> into, Func<byte, float> value)
    {
        for (int i = 0; i < from.Length; i++) into[i] = value(from[i]);
        return -1;
    }

    static float Float8(int bits, int fractionBits, int bias, bool infinities)
    {
        int exponentBits = 7 - fractionBits, exponent = (bits >> fractionBits) & ((1 << exponentBits) - 1),
            fraction = bits & ((1 << fractionBits) - 1);
        bool full = exponent == (1 << exponentBits) - 1;
        float size = full && infinities ? (fraction == 0 ? float.PositiveInfinity : float.NaN)
            : full && fraction == (1 << fractionBits) - 1 ? float.NaN
            : exponent == 0 ? MathF.ScaleB(fraction, 1 - bias - fractionBits)
            : MathF.ScaleB(fraction + (1 << fractionBits), exponent - bias - fractionBits);
        return bits >= 128 ? -size : size;
    }
}
