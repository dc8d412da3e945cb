namespace Heartwood.Lab.Checkpoints.Gguf;

/// <summary>Numbers from the blocks of 256, whose scales are themselves numbers of few bits times a scale of the block.</summary>
static class KBlockDecoder
{
    /// <summary>Numbers in a block.</summary>
    public const int Numbers = 256;

    /// <summary>Q2_K: 16 bytes of scales (low halves) and least values (high halves), 64 of codes, both scales of these.</summary>
    public static void TwoBits(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = BlockDecoder.Half(block[80..]), least = BlockDecoder.Half(block[82..]);
        for (int i = 0; i < Numbers; i++)
        {
            byte both = block[i / 16];
            values[i] = scale * (both & 15) * Pair(block[16..], i) - least * (both >> 4);
        }
    }

    /// <summary>Q3_K: 32 bytes of high bits, 64 of low ones, 12 of scales, the block's scale.</summary>
    public static void ThreeBits(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = BlockDecoder.Half(block[108..]);
        ReadOnlySpan<byte> scales = block[96..108];
        for (int i = 0; i < Numbers; i++)
        {
            int k = i / 16, low = k < 8 ? scales[k] & 15 : scales[k - 8] >> 4, high = scales[8 + k % 4] >> 2 * (k / 4) & 3;
            int code = Pair(block[32..], i) - ((block[i % 32] >> i / 32 & 1) == 0 ? 4 : 0);
            values[i] = scale * (low + 16 * high - 32) * code;
        }
    }

    /// <summary>Q4_K and Q5_K: the block's two scales, 12 bytes of scales and least values, the fifth bits of Q5_K, 128 bytes.</summary>
    public static void FourOrFiveBits(ReadOnlySpan<byte> block, Span<float> values, bool fifthBit)
    {
        float scale = BlockDecoder.Half(block), least = BlockDecoder.Half(block[2..]);
        ReadOnlySpan<byte> fifth = block[16..48], codes = block[(fifthBit ? 48 : 16)..];
        for (int k = 0; k < 8; k++)
        {
            var (s, m) = ScaleAndLeast(block[4..16], k);
            float ofScale = scale * s, ofLeast = least * m;
            for (int j = 0; j < 32; j++)
            {
                int code = codes[32 * (k / 2) + j] >> 4 * (k % 2) & 15;
                if (fifthBit) code += 16 * (fifth[j] >> k & 1);
                values[32 * k + j] = ofScale * code - ofLeast;
            }
        }
    }

    /// <summary>Q6_K: 128 bytes of low bits, 64 of high ones, 16 scales, the block's scale.</summary>
    public static void SixBits(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = BlockDecoder.Half(block[208..]);
        for (int i = 0; i < Numbers; i++)
        {
            var (low, lowShift, high, highShift) = PlaceOfSixBits(i);
            int code = (block[low] >> lowShift & 15) + 16 * (block[high] >> highShift & 3) - 32;
            values[i] = scale * (sbyte)block[192 + i / 16] * code;
        }
    }

    /// <summary>Where the bits of a number of Q6_K lie: byte and shift of the low four, byte and shift of the high two.</summary>
    public static (int Low, int LowShift, int High, int HighShift) PlaceOfSixBits(int i)
    {
        int half = i / 128, j = i % 128 / 32, l = i % 32;
        return (64 * half + 32 * (j % 2) + l, j >= 2 ? 4 : 0, 128 + 32 * half + l, 2 * j);
    }

    // two bits of 64 bytes
    static int Pair(ReadOnlySpan<byte> codes, int i) => codes[32 * (i / 128) + i % 32] >> 2 * (i % 128 / 32) & 3;

    static (int Scale, int Least) ScaleAndLeast(ReadOnlySpan<byte> packed, int k) => k < 4
        ? (packed[k] & 63, packed[k + 4] & 63)
        : (packed[k + 4] & 15 | packed[k - 4] >> 6 << 4, packed[k + 4] >> 4 | packed[k] >> 6 << 4);
}
