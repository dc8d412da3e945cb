using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Checkpoints.Gguf;

/// <summary>A tensor to be written to a GGUF file.</summary>
/// <param name="Name">its name in the file, at most 63 bytes</param>
/// <param name="Shape">the lengths of its axes, slowest first ([out in] of a matrix); the file has them the other way round</param>
/// <param name="Type">a type that is written; rows are whole blocks of it</param>
/// <param name="Values">gives its numbers, last axis fastest</param>
public sealed record GgufTensor(string Name, IReadOnlyList<int> Shape, GgufType Type, TensorValues Values)
{
    /// <summary>How many numbers the shape holds.</summary>
    public long Count => Shape.Aggregate(1L, (product, length) => checked(product * length));
}

/// <summary>
/// Writes GGUF files of version 3: keys and tensors in the order given, tensors one after another at multiples of 32 bytes. The same
/// input gives the same bytes.
/// </summary>
public static class GgufWriter
{
    const int ChunkNumbers = 1 << 18;                            // whole blocks of every type

    /// <summary>Writes a file next to its place and moves it there.</summary>
    /// <param name="path">the file; one that is there already is replaced</param>
    /// <param name="metadata">keys and values; keys differ</param>
    /// <param name="tensors">the tensors; names differ</param>
    /// <exception cref="ArgumentException">
    /// a key or name occurs twice or is too long, a type is not written, values do not fill their shape or its blocks, or one is no number
    /// that the type stores
    /// </exception>
    /// <exception cref="IOException">it cannot be written; what was there before still is</exception>
    public static void Write(string path, IReadOnlyList<KeyValuePair<string, GgufValue>> metadata, IReadOnlyList<GgufTensor> tensors) =>
        Atomic.WriteFile(path, stream => Write(stream, metadata, tensors));

    /// <summary>Writes the same to a stream.</summary>
    /// <exception cref="ArgumentException">as for a path</exception>
    public static void Write(Stream stream, IReadOnlyList<KeyValuePair<string, GgufValue>> metadata, IReadOnlyList<GgufTensor> tensors)
    {
        Refuse(metadata, tensors);
        ReadOnlySpan<byte> header = Header(metadata, tensors);
        stream.Write(header);
        Pad(stream, header.Length);
        byte[] buffer = new byte[ChunkNumbers * sizeof(float)];
        foreach (GgufTensor tensor in tensors)
        {
            ReadOnlySpan<float> values = tensor.Values();
            if (values.Length != tensor.Count) throw Wrong(tensor, $"{tensor.Count} numbers", values.Length);
            for (int done = 0; done < values.Length; done += ChunkNumbers)
            {
                ReadOnlySpan<float> chunk = values[done..Math.Min(values.Length, done + ChunkNumbers)];
                RefuseTooLarge(tensor, chunk);
                Span<byte> bytes = buffer.AsSpan(0, (int)tensor.Type.Bytes(chunk.Length));
                BlockEncoder.Encode(tensor.Type, chunk, bytes, keepCodes: true);
                stream.Write(bytes);
            }
            Pad(stream, tensor.Type.Bytes(tensor.Count));
        }
    }

    static void Refuse(IReadOnlyList<KeyValuePair<string, GgufValue>> metadata, IReadOnlyList<GgufTensor> tensors)
    {
        if (metadata.GroupBy(item => item.Key).FirstOrDefault(group => group.Count() > 1) is { } key)
            throw new ArgumentException($"The key '{key.Key}' is given twice.", nameof(metadata));
        if (tensors.GroupBy(tensor => tensor.Name).FirstOrDefault(group => group.Count() > 1) is { } name)
            throw new ArgumentException($"The tensor '{name.Key}' is given twice.", nameof(tensors));
        foreach (GgufTensor tensor in tensors)
        {
            if (Encoding.UTF8.GetByteCount(tensor.Name) is > GgufHeader.LongestName or 0)
                throw Wrong(tensor, $"a name of 1 to {GgufHeader.LongestName} bytes", Encoding.UTF8.GetByteCount(tensor.Name));
            if (!tensor.Type.IsWritten()) throw Wrong(tensor, "a type that is written", tensor.Type);
            if (tensor.Shape.Count is 0 or > GgufHeader.MostAxes)
                throw Wrong(tensor, $"1 to {GgufHeader.MostAxes} axes", tensor.Shape.Count);
            if (tensor.Count == 0) throw Wrong(tensor, "at least one number", "none");
            if (tensor.Shape[^1] % tensor.Type.Block() != 0)
                throw Wrong(tensor, $"rows of a multiple of {tensor.Type.Block()} for {tensor.Type}", tensor.Shape[^1]);
        }
    }

    static void RefuseTooLarge(GgufTensor tensor, ReadOnlySpan<float> values)
    {
        float largest = BlockEncoder.Largest(tensor.Type);
        foreach (float value in values)
            if (!(Math.Abs(value) <= largest))
                throw Wrong(tensor, $"numbers of at most {largest:R} in size, which {tensor.Type} stores", value);
    }

    static ReadOnlySpan<byte> Header(IReadOnlyList<KeyValuePair<string, GgufValue>> metadata, IReadOnlyList<GgufTensor> tensors)
    {
        ArrayBufferWriter<byte> bytes = new();
        bytes.Write("GGUF"u8);
        U32(bytes, 3);
        U64(bytes, tensors.Count);
        U64(bytes, metadata.Count);
        foreach (var (key, value) in metadata)
        {
            Text(bytes, key);
            Value(bytes, value);
        }
        long offset = 0;
        foreach (GgufTensor tensor in tensors)
        {
            Text(bytes, tensor.Name);
            U32(bytes, (uint)tensor.Shape.Count);
            foreach (int length in tensor.Shape.Reverse()) U64(bytes, length);
            U32(bytes, (uint)tensor.Type);
            U64(bytes, offset);
            offset += Padded(tensor.Type.Bytes(tensor.Count));
        }
        return bytes.WrittenSpan;
    }

    static void Value(ArrayBufferWriter<byte> bytes, GgufValue value)
    {
        U32(bytes, (uint)value.Kind);
        if (value.Value is not Array array)
        {
            Element(bytes, value.Value);
            return;
        }
        U32(bytes, (uint)value.Element);
        U64(bytes, array.Length);
        foreach (object element in array) Element(bytes, element);
    }

    static void Element(ArrayBufferWriter<byte> bytes, object value)
    {
        Span<byte> room = stackalloc byte[8];
        int size = 8;
        switch (value)
        {
            case string text: Text(bytes, text); return;
            case bool flag: (room[0], size) = ((byte)(flag ? 1 : 0), 1); break;
            case byte number: (room[0], size) = (number, 1); break;
            case sbyte number: (room[0], size) = ((byte)number, 1); break;
            case ushort number: BinaryPrimitives.WriteUInt16LittleEndian(room, number); size = 2; break;
            case short number: BinaryPrimitives.WriteInt16LittleEndian(room, number); size = 2; break;
            case uint number: BinaryPrimitives.WriteUInt32LittleEndian(room, number); size = 4; break;
            case int number: BinaryPrimitives.WriteInt32LittleEndian(room, number); size = 4; break;
            case float number: BinaryPrimitives.WriteSingleLittleEndian(room, number); size = 4; break;
            case ulong number: BinaryPrimitives.WriteUInt64LittleEndian(room, number); break;
            case long number: BinaryPrimitives.WriteInt64LittleEndian(room, number); break;
            case double number: BinaryPrimitives.WriteDoubleLittleEndian(room, number); break;
            default: throw new ArgumentException($"{value.GetType()} is no type of a value.", nameof(value));
        }
        bytes.Write(room[..size]);
    }

    static void Text(ArrayBufferWriter<byte> bytes, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        U64(bytes, utf8.Length);
        bytes.Write(utf8);
    }

    static void U32(ArrayBufferWriter<byte> bytes, uint value) => Element(bytes, value);

    static void U64(ArrayBufferWriter<byte> bytes, long value) => Element(bytes, value);

    static long Padded(long length) => (length + GgufFile.UsualAlignment - 1) / GgufFile.UsualAlignment * GgufFile.UsualAlignment;

    static void Pad(Stream stream, long length) => stream.Write(new byte[Padded(length) - length]);

    static ArgumentException Wrong(GgufTensor tensor, string expected, object found) => new(FormattableString.Invariant(
        $"Tensor '{tensor.Name}' [{string.Join(' ', tensor.Shape)}]: expected {expected}, found {found}."), nameof(tensor));
}
