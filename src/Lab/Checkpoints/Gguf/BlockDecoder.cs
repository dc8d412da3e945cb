using System.Buffers.Binary;

namespace Heartwood.Lab.Checkpoints.Gguf;

/// <summary>
/// Numbers from the blocks of GGUF's types. All arithmetic is float32, a product of three taken from left to right, so that values equal
/// ggml's to the bit.
/// </summary>
static class BlockDecoder
{
    delegate void OneBlock(ReadOnlySpan<byte> block, Span<float> values);

    /// <summary>Decodes whole blocks.</summary>
    /// <param name="type">a type that is read</param>
    /// <param name="bytes">the blocks</param>
    /// <param name="values">as many numbers as they hold</param>
    public static void Decode(GgufType type, ReadOnlySpan<byte> bytes, Span<float> values)
    {
        switch (type)
        {
            case GgufType.F32: Dtype.F32.ToFloats(bytes, values); return;
            case GgufType.F16: Dtype.F16.ToFloats(bytes, values); return;
            case GgufType.BF16: Dtype.BF16.ToFloats(bytes, values); return;
        }
        OneBlock decode = type switch
        {
            GgufType.Q4_0 => (block, into) => Nibbles(block, into, offset: 8, hasLeast: false, fifthBit: false),
            GgufType.Q4_1 => (block, into) => Nibbles(block, into, offset: 0, hasLeast: true, fifthBit: false),
            GgufType.Q5_0 => (block, into) => Nibbles(block, into, offset: 16, hasLeast: false, fifthBit: true),
            GgufType.Q5_1 => (block, into) => Nibbles(block, into, offset: 0, hasLeast: true, fifthBit: true),
            GgufType.Q8_0 => Bytes,
            GgufType.Q2_K => KBlockDecoder.TwoBits,
            GgufType.Q3_K => KBlockDecoder.ThreeBits,
            GgufType.Q4_K => (block, into) => KBlockDecoder.FourOrFiveBits(block, into, fifthBit: false),
            GgufType.Q5_K => (block, into) => KBlockDecoder.FourOrFiveBits(block, into, fifthBit: true),
            GgufType.Q6_K => KBlockDecoder.SixBits,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "is not read"),
        };
        int numbers = type.Block(), size = type.BlockBytes();
        for (int b = 0; b * size < bytes.Length; b++) decode(bytes.Slice(b * size, size), values.Slice(b * numbers, numbers));
    }

    /// <summary>A 16-bit float of a block.</summary>
    public static float Half(ReadOnlySpan<byte> bytes) => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes);

    // a scale, a least value in some types, the fifth bits in some, 16 bytes of which the low halves come first
    static void Nibbles(ReadOnlySpan<byte> block, Span<float> values, int offset, bool hasLeast, bool fifthBit)
    {
        float scale = Half(block), least = hasLeast ? Half(block[2..]) : 0;
        int at = hasLeast ? 4 : 2;
        uint fifth = fifthBit ? BinaryPrimitives.ReadUInt32LittleEndian(block[at..]) : 0;
        ReadOnlySpan<byte> codes = block[(at + (fifthBit ? 4 : 0))..];
        for (int i = 0; i < values.Length; i++)
        {
            int nibble = i < 16 ? codes[i] & 15 : codes[i - 16] >> 4, code = nibble + (int)(16 * (fifth >> i & 1)) - offset;
            values[i] = hasLeast ? scale * code + least : scale * code;
        }
    }

    static void Bytes(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Half(block);
        for (int i = 0; i < values.Length; i++) values[i] = scale * (sbyte)block[2 + i];
    }
}
