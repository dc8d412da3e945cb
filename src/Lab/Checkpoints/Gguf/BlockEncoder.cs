using System.Buffers.Binary;

namespace Heartwood.Lab.Checkpoints.Gguf;

/// <summary>
/// Blocks of GGUF's types from numbers. F16, BF16, Q8_0 and Q4_0 give ggml's own bytes: every step is float32, a scale is used at full
/// precision and stored at half. Q4_K and Q6_K choose codes that decode with a small squared error (<see cref="KBlockEncoder"/>).
/// </summary>
static class BlockEncoder
{
    delegate void OneBlock(ReadOnlySpan<float> values, Span<byte> block);

    /// <summary>Encodes numbers of whole blocks.</summary>
    /// <param name="type">a type that is written</param>
    /// <param name="values">the numbers, finite and no larger than <see cref="Largest"/></param>
    /// <param name="bytes">room for exactly their blocks</param>
    public static void Encode(GgufType type, ReadOnlySpan<float> values, Span<byte> bytes)
    {
        switch (type)
        {
            case GgufType.F32: Dtype.F32.FromFloats(values, bytes); return;
            case GgufType.F16: Dtype.F16.FromFloats(values, bytes); return;
            case GgufType.BF16: Dtype.BF16.FromFloats(values, bytes); return;
        }
        OneBlock encode = type switch
        {
            GgufType.Q8_0 => EightBits,
            GgufType.Q4_0 => FourBits,
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

    static void EightBits(ReadOnlySpan<float> values, Span<byte> block)
    {
        float largest = 0;
        foreach (float value in values) largest = Math.Max(largest, Math.Abs(value));
        float scale = largest / 127, inverse = scale == 0 ? 0 : 1 / scale;
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
        for (int i = 0; i < values.Length; i++)
            block[2 + i] = (byte)(sbyte)MathF.Round(values[i] * inverse, MidpointRounding.AwayFromZero);
    }

    static void FourBits(ReadOnlySpan<float> values, Span<byte> block)
    {
        float extreme = 0;
        foreach (float value in values)
            if (Math.Abs(value) > Math.Abs(extreme)) extreme = value;
        float scale = extreme / -8, inverse = scale == 0 ? 0 : 1 / scale;
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
        for (int i = 0; i < 16; i++) block[2 + i] = (byte)(Code(values[i]) | Code(values[i + 16]) << 4);

        int Code(float value) => Math.Min(15, (int)(value * inverse + 8.5f));
    }
}
