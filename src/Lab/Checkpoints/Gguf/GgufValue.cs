namespace Heartwood.Lab.Checkpoints.Gguf;

/// <summary>What a value of a GGUF file's metadata is; the numbers are the format's.</summary>
public enum GgufKind
{
    /// <summary>8-bit integer from 0</summary>
    U8 = 0,

    /// <summary>8-bit integer</summary>
    I8 = 1,

    /// <summary>16-bit integer from 0</summary>
    U16 = 2,

    /// <summary>16-bit integer</summary>
    I16 = 3,

    /// <summary>32-bit integer from 0</summary>
    U32 = 4,

    /// <summary>32-bit integer</summary>
    I32 = 5,

    /// <summary>32-bit float</summary>
    F32 = 6,

    /// <summary>true or false, one byte</summary>
    Bool = 7,

    /// <summary>text in UTF-8</summary>
    String = 8,

    /// <summary>values of one kind, one after another</summary>
    Array = 9,

    /// <summary>64-bit integer from 0</summary>
    U64 = 10,

    /// <summary>64-bit integer</summary>
    I64 = 11,

    /// <summary>64-bit float</summary>
    F64 = 12,
}

/// <summary>One value of a GGUF file's metadata.</summary>
/// <param name="Kind">what it is</param>
/// <param name="Element">of an array, what its elements are; else the same as <paramref name="Kind"/></param>
/// <param name="Value">
/// the value in the type of .NET that the kind names (byte, sbyte, …, bool, string); of an array, an array of these
/// </param>
public sealed record GgufValue(GgufKind Kind, GgufKind Element, object Value)
{
    /// <summary>A number from 0.</summary>
    public static GgufValue Whole(int value) => new(GgufKind.U32, GgufKind.U32, checked((uint)value));

    /// <summary>A float.</summary>
    public static GgufValue Real(double value) => new(GgufKind.F32, GgufKind.F32, (float)value);

    /// <summary>True or false.</summary>
    public static GgufValue Flag(bool value) => new(GgufKind.Bool, GgufKind.Bool, value);

    /// <summary>A text.</summary>
    public static GgufValue Text(string value) => new(GgufKind.String, GgufKind.String, value);

    /// <summary>Texts.</summary>
    public static GgufValue Texts(IEnumerable<string> values) => new(GgufKind.Array, GgufKind.String, values.ToArray());

    /// <summary>Whole numbers.</summary>
    public static GgufValue Wholes(IEnumerable<int> values) => new(GgufKind.Array, GgufKind.I32, values.ToArray());

    /// <summary>Floats.</summary>
    public static GgufValue Reals(IEnumerable<float> values) => new(GgufKind.Array, GgufKind.F32, values.ToArray());

    /// <summary>The value as a reader should see it: "u32 64", "array of 352 string".</summary>
    public override string ToString() => Value is Array array
        ? $"array of {array.Length} {Element.ToString().ToLowerInvariant()}"
        : FormattableString.Invariant($"{Kind.ToString().ToLowerInvariant()} {Value}");
}
