namespace Heartwood.Lab.Quantization;

/// <summary>How the values of a group lie: where its codes begin, and how wide their steps are.</summary>
public enum GridKind
{
    /// <summary>from the least to the largest value, zero among them: GPTQ's asymmetric grid</summary>
    Asymmetric,

    /// <summary>
    /// 2^bits values around zero; zero has the code 2^(bits − 1), and the largest positive weight is cut off half a step below: GPTQ's
    /// symmetric grid
    /// </summary>
    Symmetric,

    /// <summary>from the least to the largest value, whether zero is among them or not: AWQ's grid</summary>
    MinMax,

    /// <summary>GGUF's blocks of 32: codes −127 to 127, a scale of 16 bits</summary>
    Q8_0,

    /// <summary>GGUF's blocks of 32: codes −8 to 7, a scale of 16 bits that may be negative</summary>
    Q4_0,

    /// <summary>no codes: each value as a 16-bit float</summary>
    F16,
}

/// <summary>The scale and the code of zero of one group.</summary>
/// <param name="Scale">difference of two values whose codes are neighbours</param>
/// <param name="Zero">the code of zero</param>
public readonly record struct GridStep(float Scale, float Zero);

/// <summary>
/// The values that quantized weights may have: neighbours of a row share a scale (and a code of zero), each value is scale · (code −
/// zero). All is float32, in the order of the programs that made the grids known, so that codes equal theirs.
/// </summary>
/// <param name="Kind">how the values lie</param>
/// <param name="Bits">bits of a code, 2 to 8</param>
/// <param name="Group">how many neighbours of a row (a row has one output's weights) share a scale; 0 for all</param>
public sealed record Grid(GridKind Kind, int Bits, int Group = 0)
{
    const int Tried = 80;
    const float Finest = 0.01f, Power = 2.4f;

    /// <summary>Whether scales are stored, and so chosen, as 16-bit floats; those of GGUF always are.</summary>
    public bool HalfScales { get; init; } = true;

    /// <summary>
    /// Whether ranges are narrowed where that makes the sum of |rounded − weight|^2.4 smaller: the best of 80 shares of the whole range,
    /// 1, 0.99 … 0.21 (the option mse of GPTQ's program).
    /// </summary>
    public bool Searched { get; init; }

    /// <summary>The smallest code.</summary>
    public int Low => Kind == GridKind.Q8_0 ? -127 : 0;

    /// <summary>The largest code.</summary>
    public int High => Kind switch { GridKind.Q8_0 => 127, GridKind.Q4_0 => 15, _ => (1 << Bits) - 1 };

    /// <summary>The scale and zero of a group.</summary>
    /// <param name="values">its weights</param>
    public GridStep Fit(ReadOnlySpan<float> values)
    {
        if (Kind == GridKind.F16) return new(1, 0);
        var (low, high) = Range(values);
        if (!Searched) return Step(low, high);
        GridStep best = default;
        double least = double.PositiveInfinity;
        for (int i = 0; i < Tried; i++)
        {
            float share = 1 - i * Finest;
            GridStep step = Step(share * low, share * high);
            double loss = 0;
            foreach (float value in values) loss += MathF.Pow(MathF.Abs(Nearest(value, step) - value), Power);
            if (loss < least) (best, least) = (step, loss);
        }
        return best;
    }

    /// <summary>The nearest value of the grid.</summary>
    public float Nearest(float value, GridStep step) =>
        Kind == GridKind.F16 ? (float)(Half)value : step.Scale * (Code(value, step) - step.Zero);

    /// <summary>The code of the nearest value.</summary>
    public float Code(float value, GridStep step) => Math.Clamp(MathF.Round(value / step.Scale) + step.Zero, Low, High);

    /// <summary>Bits that a group takes in a file: codes, scale and, where it is not the same for all, the code of zero.</summary>
    /// <param name="count">how many weights it has</param>
    public long BitsOf(int count) => Kind switch
    {
        GridKind.F16 => 16L * count,
        GridKind.Q8_0 => 8L * count + 16,
        GridKind.Q4_0 => 4L * count + 16,
        GridKind.Symmetric => (long)Bits * count + (HalfScales ? 16 : 32),
        _ => (long)Bits * count + (HalfScales ? 16 : 32) + Bits,
    };

    // of GGUF's kinds high is the value of the largest magnitude, with its sign
    (float Low, float High) Range(ReadOnlySpan<float> values)
    {
        if (Kind is GridKind.Q8_0 or GridKind.Q4_0)
        {
            float extreme = 0;
            foreach (float value in values)
                if (MathF.Abs(value) > MathF.Abs(extreme)) extreme = value;
            return (0, extreme);
        }
        bool withZero = Kind != GridKind.MinMax;
        float low = withZero ? 0 : float.PositiveInfinity, high = withZero ? 0 : float.NegativeInfinity;
        foreach (float value in values) (low, high) = (Math.Min(low, value), Math.Max(high, value));
        if (Kind == GridKind.Symmetric)
        {
            high = Math.Max(Math.Abs(low), high);
            if (low < 0) low = -high;
        }
        return withZero && low == 0 && high == 0 ? (-1, 1) : (low, high);
    }

    GridStep Step(float low, float high)
    {
        const float LeastRange = 1e-5f;
        int top = (1 << Bits) - 1;
        switch (Kind)
        {
            case GridKind.Q8_0: return new(Stored(MathF.Abs(high) / 127), 0);
            case GridKind.Q4_0: return new(Stored(high / -8), 8);
            case GridKind.MinMax:
                float wide = Stored(Math.Max(high - low, LeastRange) / top);
                return new(wide, Math.Clamp(-MathF.Round(low / wide), 0, top));
            default:
                float scale = Stored((high - low) / top);
                return new(scale, Kind == GridKind.Symmetric ? (top + 1) / 2 : MathF.Round(-low / scale));
        }
    }

    // a scale as the file keeps it, never zero
    float Stored(float scale)
    {
        if (!HalfScales && Kind is not (GridKind.Q8_0 or GridKind.Q4_0)) return scale;
        float half = (float)(Half)scale;
        return half == 0 ? MathF.CopySign((float)Half.Epsilon, scale) : half;
    }
}
