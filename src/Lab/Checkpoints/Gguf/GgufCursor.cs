using System.Buffers.Binary;
using System.Text;

namespace Heartwood.Lab.Checkpoints.Gguf;

/// <summary>
/// Reads a file from its beginning, number after number. Nothing is made room for that the rest of the file could not fill, so that a
/// damaged length costs no memory.
/// </summary>
sealed class GgufCursor(FileBytes file)
{
    const int Chunk = 1 << 16;                                   // bytes

    byte[] chunk = [];
    int at;
    long chunkStart;

    /// <summary>Where the next byte is read.</summary>
    public long Position => chunkStart + at;

    long Left => file.Length - Position;

    /// <summary>So many bytes; right until the next are read.</summary>
    /// <param name="count">how many, at most a chunk</param>
    /// <param name="what">what they are, for messages</param>
    public ReadOnlySpan<byte> Bytes(int count, string what)
    {
        if (count > Left)
            throw Damaged(what, $"{count} more bytes", $"{Left} before the end of the file");
        if (at + count > chunk.Length)
        {
            chunkStart = Position;
            chunk = file.Copy(chunkStart, (int)Math.Min(Math.Max(Chunk, count), Left));
            at = 0;
        }
        at += count;
        return chunk.AsSpan(at - count, count);
    }

    /// <summary>A 32-bit number from 0.</summary>
    public uint U32(string what) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4, what));

    /// <summary>A 64-bit number from 0.</summary>
    public ulong U64(string what) => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8, what));

    /// <summary>A count of things of which each takes at least so many bytes of the file.</summary>
    public int Count(int bytesOfEach, string what, string ofThings)
    {
        ulong count = U64(what);
        long most = Math.Min(Left / bytesOfEach, Array.MaxLength);
        return count <= (ulong)most ? (int)count
            : throw Damaged(what, $"at most {most} {ofThings}, which is what the rest of the file has room for", count);
    }

    /// <summary>A text: its length in bytes, then UTF-8; what is no UTF-8 becomes U+FFFD.</summary>
    public string Text(string what)
    {
        int length = Count(1, what, "bytes of text");
        return Encoding.UTF8.GetString(Bytes(length, what));
    }

    /// <summary>A value of metadata.</summary>
    public GgufValue Value(string what)
    {
        GgufKind kind = Kind(what, array: true);
        if (kind != GgufKind.Array) return new(kind, kind, Elements(kind, 1, what).GetValue(0)!);
        GgufKind element = Kind(what, array: false);
        int count = Count(Size(element), what, "elements");
        return new(kind, element, Elements(element, count, what));
    }

    GgufKind Kind(string what, bool array)
    {
        uint kind = U32(what);
        if (kind <= (uint)GgufKind.F64 && (array || kind != (uint)GgufKind.Array)) return (GgufKind)kind;
        throw Damaged(what, array ? "a type of value from 0 to 12" : "elements that are no arrays, of a type from 0 to 12", $"type {kind}");
    }

    // the least bytes that one takes in the file
    static int Size(GgufKind kind) => kind switch
    {
        GgufKind.U8 or GgufKind.I8 or GgufKind.Bool => 1,
        GgufKind.U16 or GgufKind.I16 => 2,
        GgufKind.U32 or GgufKind.I32 or GgufKind.F32 => 4,
        _ => 8,
    };

    Array Elements(GgufKind kind, int count, string what)
    {
        return kind switch
        {
            GgufKind.U8 => Each(b => b[0]),
            GgufKind.I8 => Each(b => (sbyte)b[0]),
            GgufKind.U16 => Each(BinaryPrimitives.ReadUInt16LittleEndian),
            GgufKind.I16 => Each(BinaryPrimitives.ReadInt16LittleEndian),
            GgufKind.U32 => Each(BinaryPrimitives.ReadUInt32LittleEndian),
            GgufKind.I32 => Each(BinaryPrimitives.ReadInt32LittleEndian),
            GgufKind.F32 => Each(BinaryPrimitives.ReadSingleLittleEndian),
            GgufKind.Bool => Each(b => b[0] != 0),
            GgufKind.U64 => Each(BinaryPrimitives.ReadUInt64LittleEndian),
            GgufKind.I64 => Each(BinaryPrimitives.ReadInt64LittleEndian),
            GgufKind.F64 => Each(BinaryPrimitives.ReadDoubleLittleEndian),
            _ => Texts(),
        };

        T[] Each<T>(Func<ReadOnlySpan<byte>, T> read)
        {
            T[] values = new T[count];
            for (int i = 0; i < count; i++) values[i] = read(Bytes(Size(kind), what));
            return values;
        }

        string[] Texts()
        {
            string[] values = new string[count];
            for (int i = 0; i < count; i++) values[i] = Text(what);
            return values;
        }
    }

    /// <summary>A refusal of the file.</summary>
    public CheckpointException Damaged(string what, string expected, object found) =>
        new($"{file.Path}: {what}: expected {expected}, found {found} (byte {Position}). The file is damaged or cut off: copy or download "
            + "it again.");
}
