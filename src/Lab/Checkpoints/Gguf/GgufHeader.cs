using System.Numerics;

namespace Heartwood.Lab.Checkpoints.Gguf;

/// <summary>Where one tensor of a GGUF file lies, checked.</summary>
/// <param name="Type">how its numbers are stored</param>
/// <param name="Shape">the lengths of its axes, the slowest first: as PyTorch has them, the reverse of the file's order</param>
/// <param name="Begin">its first byte, from where the file's data begin</param>
sealed record GgufEntry(GgufType Type, int[] Shape, long Begin)
{
    /// <summary>How many numbers.</summary>
    public long Count => Shape.Aggregate(1L, (product, length) => product * length);

    /// <summary>How many bytes.</summary>
    public long Bytes => Type.Bytes(Count);
}

/// <summary>
/// The header of a GGUF file (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): magic, version, metadata, tensors. It is right
/// in itself and fits its file: tensors lie one after another in the header's order, each at the next multiple of the alignment, as
/// llama.cpp insists.
/// </summary>
sealed class GgufHeader
{
    public const int LongestName = 63, MostAxes = 4;

    const int LeastBytesOfValue = 13, LeastBytesOfTensor = 24;

    const string AlignmentKey = "general.alignment";

    readonly FileBytes file;
    readonly GgufCursor cursor;
    readonly Dictionary<string, GgufValue> metadata = [];
    readonly List<string> keys = [], names = [];
    readonly Dictionary<string, GgufEntry> tensors = [];
    long covered;

    /// <summary>2 or 3.</summary>
    public int Version { get; }

    /// <summary>The file's keys and their values.</summary>
    public IReadOnlyDictionary<string, GgufValue> Metadata => metadata;

    /// <summary>The keys in the file's order.</summary>
    public IReadOnlyList<string> Keys => keys;

    /// <summary>The tensors' names in the file's order.</summary>
    public IReadOnlyList<string> Names => names;

    /// <summary>Each tensor by name.</summary>
    public IReadOnlyDictionary<string, GgufEntry> Tensors => tensors;

    /// <summary>Data begin at a multiple of so many bytes.</summary>
    public long Alignment { get; }

    /// <summary>Where the file's data begin.</summary>
    public long DataStart { get; }

    /// <summary>Reads and checks a header.</summary>
    /// <exception cref="CheckpointException">anything is wrong with it</exception>
    public GgufHeader(FileBytes file)
    {
        (this.file, cursor) = (file, new(file));
        if (file.Length < 4 || !cursor.Bytes(4, "magic").SequenceEqual("GGUF"u8))
            throw new CheckpointException($"{file.Path}: expected a GGUF file, which begins with the letters GGUF, found "
                + (file.Length < 4 ? $"{file.Length} bytes" : $"the bytes {Convert.ToHexString(file.Beginning(4))}")
                + ". Give a .gguf file, or copy it again where it should be one.");
        Version = ReadVersion();
        int tensorCount = cursor.Count(LeastBytesOfTensor, "number of tensors", "tensors");
        int valueCount = cursor.Count(LeastBytesOfValue, "number of keys", "keys");
        for (int i = 0; i < valueCount; i++) ReadValue(i);
        Alignment = ReadAlignment();
        for (int i = 0; i < tensorCount; i++) ReadTensor(i);
        DataStart = Aligned(cursor.Position);
        foreach (string name in names)
        {
            GgufEntry entry = tensors[name];
            if (entry.Begin + entry.Bytes > file.Length - DataStart)
                throw cursor.Damaged($"tensor '{name}'", $"{entry.Bytes} bytes of {entry.Type} from byte {DataStart + entry.Begin}",
                    $"a file of {file.Length} bytes");
        }
    }

    int ReadVersion()
    {
        uint version = cursor.U32("version");
        if (version is 2 or 3) return (int)version;
        string move = version == 1 ? "Make the file again from its model with today's llama.cpp: version 1 had other lengths."
            : (version & 0xFFFF) == 0 && version != 0 ? "It was written for a big-endian machine: take the little-endian file."
            : "Take a file of version 3.";
        throw new CheckpointException($"{file.Path}: expected a GGUF file of version 2 or 3, found version {version}. {move}");
    }

    void ReadValue(int number)
    {
        string key = cursor.Text($"key {number}");
        if (key == "") throw cursor.Damaged($"key {number}", "a name", "an empty one");
        if (metadata.ContainsKey(key)) throw cursor.Damaged($"key '{Shown(key)}'", "every key once", "it twice");
        metadata.Add(key, cursor.Value($"key '{Shown(key)}'"));
        keys.Add(key);
    }

    long ReadAlignment()
    {
        if (!metadata.TryGetValue(AlignmentKey, out GgufValue? value)) return GgufFile.UsualAlignment;
        return value is { Kind: GgufKind.U32, Value: uint alignment } && BitOperations.IsPow2(alignment) ? alignment
            : throw cursor.Damaged($"key '{AlignmentKey}'", "a u32 that is a power of two", value);
    }

    void ReadTensor(int number)
    {
        string name = cursor.Text($"name of tensor {number}"), what = $"tensor '{Shown(name)}'";
        if (System.Text.Encoding.UTF8.GetByteCount(name) > LongestName)
            throw cursor.Damaged(what, $"a name of at most {LongestName} bytes", System.Text.Encoding.UTF8.GetByteCount(name));
        if (tensors.ContainsKey(name)) throw cursor.Damaged(what, "every name once", "it twice");
        uint axes = cursor.U32(what);
        if (axes > MostAxes) throw cursor.Damaged(what, $"at most {MostAxes} axes", axes);
        long[] lengths = new long[axes];
        for (int i = 0; i < axes; i++)
        {
            ulong length = cursor.U64(what);
            lengths[i] = length <= int.MaxValue ? (long)length : throw cursor.Damaged(what, $"axes of at most {int.MaxValue}", length);
        }
        GgufType type = ReadType(what);
        UInt128 count = lengths.Aggregate((UInt128)1, (product, length) => product * (UInt128)length);
        if (count > long.MaxValue / 8) throw cursor.Damaged(what, "fewer than 2^60 numbers", $"[{string.Join(' ', lengths)}]");
        long row = axes == 0 ? 1 : lengths[0];
        if (row % type.Block() != 0) throw cursor.Damaged(what, $"rows of whole blocks, a multiple of {type.Block()} for {type}", row);
        ulong begin = cursor.U64(what);
        if (begin != (ulong)covered)
            throw cursor.Damaged(what, $"its data at {covered}, where those of the tensor before it end, rounded up to {Alignment}", begin);
        GgufEntry entry = new(type, [.. lengths.Reverse().Select(length => (int)length)], (long)begin);
        names.Add(name);
        tensors.Add(name, entry);
        covered = Aligned(checked(covered + entry.Bytes));
    }

    GgufType ReadType(string what)
    {
        uint number = cursor.U32(what);
        return Enum.IsDefined((GgufType)number) ? (GgufType)number
            : throw new CheckpointException($"{file.Path}: {what}: expected a type that Heartwood knows, found type {number}, which is "
                + "damage, or older or newer than those. Make the file again as F16 or Q8_0 (llama.cpp's llama-quantize).");
    }

    long Aligned(long position) => (position + Alignment - 1) & -Alignment;

    static string Shown(string name) => name.Length > 80 ? $"{name[..80]}…" : name;
}
