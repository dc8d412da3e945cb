using System.Buffers.Binary;

namespace Heartwood.Lab.Checkpoints.Gguf;

/// <summary>
/// Blocks of 256 whose codes are chosen for a small squared error: for each sub-block the best scale (and least value) among several
/// starts, each followed by least squares; then the block's own scales in half precision, upwards, and of each sub-block's neighbouring
/// whole scales the best under those. Errors are those of what the block will decode to.
/// </summary>
static class KBlockEncoder
{
    const int SubBlocks4 = 8, Length4 = 32, SubBlocks6 = 16, Length6 = 16;

    /// <summary>Q4_K.</summary>
    public static void FourBits(ReadOnlySpan<float> values, Span<byte> block)
    {
        block.Clear();
        Span<float> scales = stackalloc float[SubBlocks4], leasts = stackalloc float[SubBlocks4];
        float mostScale = 0, mostLeast = 0;
        for (int k = 0; k < SubBlocks4; k++)
        {
            (scales[k], leasts[k]) = ScaleAndLeast(values.Slice(k * Length4, Length4));
            (mostScale, mostLeast) = (Math.Max(mostScale, scales[k]), Math.Max(mostLeast, leasts[k]));
        }
        Half ofScales = Upwards(mostScale / 63), ofLeasts = Upwards(mostLeast / 63);
        BinaryPrimitives.WriteHalfLittleEndian(block, ofScales);
        BinaryPrimitives.WriteHalfLittleEndian(block[2..], ofLeasts);
        Span<byte> packed = block[4..16], codes = block[16..];
        for (int k = 0; k < SubBlocks4; k++)
        {
            ReadOnlySpan<float> sub = values.Slice(k * Length4, Length4);
            var (scale, least) = BestPair(sub, (float)ofScales, (float)ofLeasts, scales[k], leasts[k]);
            if (k < 4)
            {
                packed[k] |= (byte)scale;
                packed[k + 4] |= (byte)least;
            }
            else
            {
                packed[k + 4] |= (byte)(scale & 15 | (least & 15) << 4);
                packed[k - 4] |= (byte)(scale >> 4 << 6);
                packed[k] |= (byte)(least >> 4 << 6);
            }
            float step = (float)ofScales * scale, offset = (float)ofLeasts * least;
            for (int j = 0; j < Length4; j++) codes[32 * (k / 2) + j] |= (byte)(Nearest(sub[j] + offset, step, 0, 15) << 4 * (k % 2));
        }
    }

    /// <summary>Q6_K.</summary>
    public static void SixBits(ReadOnlySpan<float> values, Span<byte> block)
    {
        block.Clear();
        Span<float> scales = stackalloc float[SubBlocks6];
        float extreme = 0;
        for (int k = 0; k < SubBlocks6; k++)
        {
            scales[k] = Scale(values.Slice(k * Length6, Length6));
            if (Math.Abs(scales[k]) > Math.Abs(extreme)) extreme = scales[k];
        }
        Half ofBlock = Upwards(extreme / -128);
        BinaryPrimitives.WriteHalfLittleEndian(block[208..], ofBlock);
        for (int k = 0; k < SubBlocks6; k++)
        {
            ReadOnlySpan<float> sub = values.Slice(k * Length6, Length6);
            int scale = BestScale(sub, (float)ofBlock, scales[k]);
            block[192 + k] = (byte)(sbyte)scale;
            for (int j = 0; j < Length6; j++)
            {
                int code = Nearest(sub[j], (float)ofBlock * scale, -32, 31) + 32;
                var (low, lowShift, high, highShift) = KBlockDecoder.PlaceOfSixBits(k * Length6 + j);
                block[low] |= (byte)((code & 15) << lowShift);
                block[high] |= (byte)(code >> 4 << highShift);
            }
        }
    }

    // scale ≥ 0 and least ≥ 0 of x ≈ scale · code − least, codes 0 to 15
    static (float Scale, float Least) ScaleAndLeast(ReadOnlySpan<float> x)
    {
        float low = 0, high = float.NegativeInfinity;
        foreach (float value in x) (low, high) = (Math.Min(low, value), Math.Max(high, value));
        if (high <= low) return (0, -low);
        (float Scale, float Least) best = ((high - low) / 15, -low);
        double error = Error(x, best.Scale, best.Least, 0, 15);
        for (int start = -6; start <= 12; start++)
        {
            float scale = (high - low) / (15 + 0.25f * start), least = -low;
            for (int round = 0; round < 2; round++)
            {
                (scale, least) = LeastSquares(x, scale, least);
                if (!(scale > 0)) break;
                double now = Error(x, scale, least, 0, 15);
                if (now < error) (error, best) = (now, (scale, least));
            }
        }
        return best;
    }

    static (float Scale, float Least) LeastSquares(ReadOnlySpan<float> x, float scale, float least)
    {
        double sumX = 0, sumQ = 0, sumQQ = 0, sumXQ = 0;
        foreach (float value in x)
        {
            int q = Nearest(value + least, scale, 0, 15);
            (sumX, sumQ, sumQQ, sumXQ) = (sumX + value, sumQ + q, sumQQ + q * q, sumXQ + (double)value * q);
        }
        double apart = x.Length * sumQQ - sumQ * sumQ;
        if (sumQQ == 0) return (0, 0);
        double slope = apart > 0 ? (x.Length * sumXQ - sumX * sumQ) / apart : 0, offset = (slope * sumQ - sumX) / x.Length;
        return apart > 0 && offset >= 0 ? ((float)slope, (float)offset) : ((float)(sumXQ / sumQQ), 0);
    }

    static float Scale(ReadOnlySpan<float> x)
    {
        float extreme = 0;
        foreach (float value in x)
            if (Math.Abs(value) > Math.Abs(extreme)) extreme = value;
        if (extreme == 0) return 0;
        float best = extreme / -32;
        double error = Error(x, best, 0, -32, 31);
        for (int start = -12; start <= 12; start++)
        {
            float scale = extreme / -(32 + 0.125f * start);
            double sumQQ = 0, sumXQ = 0;
            foreach (float value in x)
            {
                int q = Nearest(value, scale, -32, 31);
                (sumQQ, sumXQ) = (sumQQ + q * q, sumXQ + (double)value * q);
            }
            if (sumQQ == 0) continue;
            scale = (float)(sumXQ / sumQQ);
            double now = Error(x, scale, 0, -32, 31);
            if (now < error) (error, best) = (now, scale);
        }
        return best;
    }

    static (int Scale, int Least) BestPair(ReadOnlySpan<float> x, float ofScales, float ofLeasts, float scale, float least)
    {
        int nearScale = Nearest(scale, ofScales, 0, 63), nearLeast = Nearest(least, ofLeasts, 0, 63);
        (int, int) best = (nearScale, nearLeast);
        double error = double.PositiveInfinity;
        for (int s = Math.Max(0, nearScale - 1); s <= Math.Min(63, nearScale + 1); s++)
            for (int m = Math.Max(0, nearLeast - 1); m <= Math.Min(63, nearLeast + 1); m++)
            {
                double now = Error(x, ofScales * s, ofLeasts * m, 0, 15);
                if (now < error) (error, best) = (now, (s, m));
            }
        return best;
    }

    static int BestScale(ReadOnlySpan<float> x, float ofBlock, float scale)
    {
        int near = Nearest(scale, ofBlock, -128, 127), best = near;
        double error = double.PositiveInfinity;
        for (int s = Math.Max(-128, near - 1); s <= Math.Min(127, near + 1); s++)
        {
            double now = Error(x, ofBlock * s, 0, -32, 31);
            if (now < error) (error, best) = (now, s);
        }
        return best;
    }

    static double Error(ReadOnlySpan<float> x, float scale, float least, int low, int high)
    {
        double sum = 0;
        foreach (float value in x)
        {
            float off = scale * Nearest(value + least, scale, low, high) - least - value;
            sum += off * off;
        }
        return sum;
    }

    static int Nearest(float value, float scale, int low, int high) =>
        scale == 0 ? Math.Clamp(0, low, high) : (int)Math.Clamp(MathF.Round(value / scale), low, high);

    // the half-precision number next to it that is not smaller in size, so that the largest scale fits its few bits
    static Half Upwards(float value)
    {
        Half near = (Half)value;
        return Math.Abs((float)near) >= Math.Abs(value) ? near
            : BitConverter.UInt16BitsToHalf((ushort)(BitConverter.HalfToUInt16Bits(near) + 1));
    }
}
