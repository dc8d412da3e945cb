using System.Buffers.Binary;

namespace Heartwood.Lab.Checkpoints.Gguf;

/// <summary>
/// Blocks of GGUF's types from numbers. F16, BF16, Q8_0 and Q4_0 give ggml's own bytes: every step is float32, a scale is used at full
/// precision and stored at half. Where it is asked, numbers that lie on the grid of Q8_0 or Q4_0 already, as a quantizer leaves them, keep
/// their codes to the bit, though none of a block may have the code at its end. Q4_K and Q6_K choose codes that decode with a
/// small squared error (<see cref="KBlockEncoder"/>).
/// </summary>
static class BlockEncoder
{
    delegate void OneBlock(ReadOnlySpan<float> values, Span<byte> block);

    /// <summary>Encodes numbers of whole blocks.</summary>
    /// <param name="type">a type that is written</param>
    /// <param name="values">the numbers, finite and no larger than <see cref="Largest"/></param>
    /// <param name="bytes">room for exactly their blocks</param>
    /// <param name="keepCodes">whether blocks of numbers that lie on the type's grid already keep their codes, else they are ggml's</param>
    public static void Encode(GgufType type, ReadOnlySpan<float> values, Span<byte> bytes, bool keepCodes = false)
    {
        switch (type)
        {
            case GgufType.F32: Dtype.F32.FromFloats(values, bytes); return;
            case GgufType.F16: Dtype.F16.FromFloats(values, bytes); return;
            case GgufType.BF16: Dtype.BF16.FromFloats(values, bytes); return;
        }
        OneBlock encode = type switch
        {
            GgufType.Q8_0 => (block, into) => EightBits(block, into, keepCodes),
            GgufType.Q4_0 => (block, into) => FourBits(block, into, keepCodes),
            GgufType.Q4_K => KBlockEncoder.FourBits,
            GgufType.Q6_K => KBlockEncoder.SixBits,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "is not written"),
        };
        int numbers = type.Block(), size = type.BlockBytes();
        for (int b = 0; b * numbers < values.Length; b++) encode(values.Slice(b * numbers, numbers), bytes.Slice(b * size, size));
    }

    /// <summary>The largest magnitude that a type stores as a finite number.</summary>
    public static float Largest(GgufType type) => type switch
    {
        GgufType.F32 => float.MaxValue,
        GgufType.BF16 => 3.3895314e38f,
        GgufType.F16 => 65504,
        GgufType.Q8_0 => 65504f * 127,
        _ => 65504f * 8,                                         // Q4_0's; those of Q4_K and Q6_K are larger
    };

    static void EightBits(ReadOnlySpan<float> values, Span<byte> block, bool keep)
    {
        float largest = Math.Abs(Extreme(values));
        float scale = (keep ? OwnScale(values, largest, -127, 127) : null) ?? largest / 127;
        float inverse = scale == 0 ? 0 : 1 / scale;
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
        for (int i = 0; i < values.Length; i++)
            block[2 + i] = (byte)(sbyte)MathF.Round(values[i] * inverse, MidpointRounding.AwayFromZero);
    }

    static void FourBits(ReadOnlySpan<float> values, Span<byte> block, bool keep)
    {
        float extreme = Extreme(values), scale = (keep ? OwnScale(values, extreme, -8, 7) : null) ?? extreme / -8;
        float inverse = scale == 0 ? 0 : 1 / scale;
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
        for (int i = 0; i < 16; i++) block[2 + i] = (byte)(Code(values[i]) | Code(values[i + 16]) << 4);

        int Code(float value) => Math.Min(15, (int)(value * inverse + 8.5f));
    }

    static float Extreme(ReadOnlySpan<float> values)
    {
        float extreme = 0;
        foreach (float value in values)
            if (Math.Abs(value) > Math.Abs(extreme)) extreme = value;
        return extreme;
    }

    // the scale, a 16-bit float, of which all numbers are whole multiples between two codes; null where there is none
    static float? OwnScale(ReadOnlySpan<float> values, float extreme, int low, int high)
    {
        if (extreme == 0 || !float.IsFinite(extreme)) return null;
        for (int size = -low; size > 0; size--)
            foreach (int code in (ReadOnlySpan<int>)[size, -size])
            {
                float scale = extreme / code;
                if (code <= high && (float)(Half)scale == scale && Holds(values, scale, low, high)) return scale;
            }
        return null;
    }

    static bool Holds(ReadOnlySpan<float> values, float scale, int low, int high)
    {
        foreach (float value in values)
            if (MathF.Round(value / scale) is var code && (code < low || code > high || code * scale != value)) return false;
        return true;
    }
}
