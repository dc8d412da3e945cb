namespace Heartwood.Lab.Checkpoints.Gguf;

/// <summary>How the numbers of a GGUF tensor are stored; names and numbers are ggml's.</summary>
public enum GgufType
{
    /// <summary>32-bit float</summary>
    F32 = 0,

    /// <summary>16-bit float, IEEE 754 binary16</summary>
    F16 = 1,

    /// <summary>blocks of 32: a scale, 4 bits from −8</summary>
    Q4_0 = 2,

    /// <summary>blocks of 32: a scale and a least value, 4 bits</summary>
    Q4_1 = 3,

    /// <summary>blocks of 32: a scale, 5 bits from −16</summary>
    Q5_0 = 6,

    /// <summary>blocks of 32: a scale and a least value, 5 bits</summary>
    Q5_1 = 7,

    /// <summary>blocks of 32: a scale, 8 bits</summary>
    Q8_0 = 8,

    /// <summary>of products only, never of files</summary>
    Q8_1 = 9,

    /// <summary>blocks of 256: 16 scales and least values of 4 bits, 2 bits</summary>
    Q2_K = 10,

    /// <summary>blocks of 256: 16 scales of 6 bits, 3 bits from −4</summary>
    Q3_K = 11,

    /// <summary>blocks of 256: 8 scales and least values of 6 bits, 4 bits</summary>
    Q4_K = 12,

    /// <summary>blocks of 256: 8 scales and least values of 6 bits, 5 bits</summary>
    Q5_K = 13,

    /// <summary>blocks of 256: 16 scales of 8 bits, 6 bits from −32</summary>
    Q6_K = 14,

    /// <summary>of products only, never of files</summary>
    Q8_K = 15,

    /// <summary>codewords, about 2 bits</summary>
    IQ2_XXS = 16,

    /// <summary>codewords, about 2.3 bits</summary>
    IQ2_XS = 17,

    /// <summary>codewords, about 3 bits</summary>
    IQ3_XXS = 18,

    /// <summary>codewords, about 1.5 bits</summary>
    IQ1_S = 19,

    /// <summary>blocks of 32: a scale, 4 bits through a table</summary>
    IQ4_NL = 20,

    /// <summary>codewords, about 3.4 bits</summary>
    IQ3_S = 21,

    /// <summary>codewords, about 2.5 bits</summary>
    IQ2_S = 22,

    /// <summary>blocks of 256: 8 scales of 6 bits, 4 bits through a table</summary>
    IQ4_XS = 23,

    /// <summary>8-bit integer</summary>
    I8 = 24,

    /// <summary>16-bit integer</summary>
    I16 = 25,

    /// <summary>32-bit integer</summary>
    I32 = 26,

    /// <summary>64-bit integer</summary>
    I64 = 27,

    /// <summary>64-bit float</summary>
    F64 = 28,

    /// <summary>codewords, about 1.75 bits</summary>
    IQ1_M = 29,

    /// <summary>the upper half of a 32-bit float</summary>
    BF16 = 30,

    /// <summary>ternary numbers, five to a byte</summary>
    TQ1_0 = 34,

    /// <summary>ternary numbers, four to a byte</summary>
    TQ2_0 = 35,

    /// <summary>blocks of 32: an exponent, floats of 4 bits</summary>
    MXFP4 = 39,

    /// <summary>blocks of 64: four scales of 8 bits, floats of 4 bits</summary>
    NVFP4 = 40,
}

/// <summary>Sizes of the types.</summary>
public static class GgufTypes
{
    /// <summary>How many numbers a block holds; rows are whole blocks.</summary>
    public static int Block(this GgufType type) => Sizes(type).Numbers;

    /// <summary>Bytes of a block.</summary>
    public static int BlockBytes(this GgufType type) => Sizes(type).Bytes;

    /// <summary>Bytes of so many numbers, which must be whole blocks.</summary>
    public static long Bytes(this GgufType type, long count) => count / type.Block() * type.BlockBytes();

    /// <summary>Whether Heartwood turns it into floats.</summary>
    public static bool IsRead(this GgufType type) => type is GgufType.F32 or GgufType.F16 or GgufType.BF16 or GgufType.Q4_0 or GgufType.Q4_1
        or GgufType.Q5_0 or GgufType.Q5_1 or GgufType.Q8_0 or >= GgufType.Q2_K and <= GgufType.Q6_K;

    /// <summary>Whether Heartwood makes it from floats.</summary>
    public static bool IsWritten(this GgufType type) => type is GgufType.F32 or GgufType.F16 or GgufType.BF16 or GgufType.Q4_0
        or GgufType.Q8_0 or GgufType.Q4_K or GgufType.Q6_K;

    static (int Numbers, int Bytes) Sizes(GgufType type) => type switch
    {
        GgufType.I8 => (1, 1),
        GgufType.F16 or GgufType.BF16 or GgufType.I16 => (1, 2),
        GgufType.F32 or GgufType.I32 => (1, 4),
        GgufType.F64 or GgufType.I64 => (1, 8),
        GgufType.Q4_0 or GgufType.IQ4_NL => (32, 18),
        GgufType.Q4_1 => (32, 20),
        GgufType.Q5_0 => (32, 22),
        GgufType.Q5_1 => (32, 24),
        GgufType.Q8_0 => (32, 34),
        GgufType.Q8_1 => (32, 36),
        GgufType.MXFP4 => (32, 17),
        GgufType.NVFP4 => (64, 36),
        GgufType.Q2_K => (256, 84),
        GgufType.Q3_K or GgufType.IQ3_S => (256, 110),
        GgufType.Q4_K => (256, 144),
        GgufType.Q5_K => (256, 176),
        GgufType.Q6_K => (256, 210),
        GgufType.Q8_K => (256, 292),
        GgufType.IQ2_XXS or GgufType.TQ2_0 => (256, 66),
        GgufType.IQ2_XS => (256, 74),
        GgufType.IQ3_XXS => (256, 98),
        GgufType.IQ1_S => (256, 50),
        GgufType.IQ2_S => (256, 82),
        GgufType.IQ4_XS => (256, 136),
        GgufType.IQ1_M => (256, 56),
        GgufType.TQ1_0 => (256, 54),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "is no type of GGUF"),
    };
}
