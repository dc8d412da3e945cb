using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Checkpoints;

/// <summary>Gives a tensor's numbers, last axis fastest; called once, when they are written.</summary>
public delegate ReadOnlySpan<float> TensorValues();

/// <summary>A tensor to be written.</summary>
/// <param name="Name">its name in the checkpoint</param>
/// <param name="Shape">the lengths of its axes</param>
/// <param name="Dtype">F32, F16 or BF16; any, of a tensor that is taken as it is stored</param>
/// <param name="Values">gives its numbers</param>
public sealed record NamedTensor(string Name, IReadOnlyList<int> Shape, Dtype Dtype, TensorValues Values)
{
    /// <summary>A tensor whose numbers lie in managed memory.</summary>
    public NamedTensor(string name, IReadOnlyList<int> shape, Dtype dtype, ReadOnlyMemory<float> values)
        : this(name, shape, dtype, () => values.Span) { }

    /// <summary>A tensor of a checkpoint, to be written bit for bit in its own dtype, whatever that is.</summary>
    /// <exception cref="CheckpointException">there is no such tensor</exception>
    public static NamedTensor Stored(Checkpoint checkpoint, string name) =>
        new(name, checkpoint.ShapeOf(name), checkpoint.DtypeOf(name), () => throw new NotSupportedException("is taken as it is stored"))
        {
            Bytes = visit => checkpoint.ReadBytes(name, visit),
        };

    /// <summary>Shows the numbers as they are stored; null where <see cref="Values"/> gives them.</summary>
    internal Action<Action<ReadOnlySpan<byte>>>? Bytes { get; private init; }

    /// <summary>The same tensor; <paramref name="then"/> runs when it has been shown.</summary>
    internal NamedTensor After(Action then) => this with
    {
        Bytes = visit =>
        {
            Bytes!(visit);
            then();
        },
    };

    /// <summary>The same numbers under another name and in another shape of as many.</summary>
    internal NamedTensor Renamed(string name, IReadOnlyList<int> shape) => this with { Name = name, Shape = shape };

    /// <summary>The same tensor in another dtype.</summary>
    internal NamedTensor As(Dtype dtype, Func<ReadOnlySpan<byte>, ReadOnlySpan<byte>> converted) =>
        this with { Dtype = dtype, Bytes = visit => Bytes!(run => visit(converted(run))) };

    /// <summary>How many numbers the shape holds.</summary>
    public long Count => Shape.Aggregate(1L, (product, length) => checked(product * length));
}

/// <summary>
/// Writes safetensors files: tensors in the order given, header padded to a multiple of 8 bytes. The same tensors give the same
/// bytes.
/// </summary>
public static class SafetensorsWriter
{
    const int ChunkFloats = 1 << 18;

    /// <summary>Writes a file next to its place and moves it there.</summary>
    /// <param name="path">the file; one that is there already is replaced</param>
    /// <param name="tensors">the tensors; names differ</param>
    /// <param name="metadata">notes, for example "format": "pt"</param>
    /// <exception cref="ArgumentException">
    /// a name occurs twice or is reserved, a dtype is not a float, or values do not fill their shape
    /// </exception>
    /// <exception cref="IOException">it cannot be written; what was there before still is</exception>
    public static void Write(string path, IEnumerable<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        Atomic.WriteFile(path, stream => Write(stream, tensors, metadata));

    /// <summary>Writes the same to a stream.</summary>
    /// <exception cref="ArgumentException">as for a path</exception>
    public static void Write(Stream stream, IEnumerable<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        IReadOnlyList<NamedTensor> all = [.. tensors];
        stream.Write(Header(all, metadata ?? new Dictionary<string, string>()));
        byte[] buffer = new byte[ChunkFloats * sizeof(float)];
        foreach (NamedTensor tensor in all)
        {
            if (tensor.Bytes is { } stored)
            {
                stored(stream.Write);
                continue;
            }
            ReadOnlySpan<float> values = tensor.Values();
            if (values.Length != tensor.Count)
            {
                string shape = string.Join(' ', tensor.Shape);
                string message = $"Tensor '{tensor.Name}' [{shape}] should have {tensor.Count} numbers, it has {values.Length}.";
                throw new ArgumentException(message, nameof(tensors));
            }
            for (int done = 0; done < values.Length; done += ChunkFloats)
            {
                ReadOnlySpan<float> chunk = values[done..Math.Min(values.Length, done + ChunkFloats)];
                Span<byte> bytes = buffer.AsSpan(0, chunk.Length * tensor.Dtype.Size());
                tensor.Dtype.FromFloats(chunk, bytes);
                stream.Write(bytes);
            }
        }
    }

    static ReadOnlySpan<byte> Header(IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        ArrayBufferWriter<byte> bytes = new();
        bytes.Write(stackalloc byte[8]);
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata.OrderBy(item => item.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }
            long offset = 0;
            HashSet<string> names = ["__metadata__"];
            foreach (NamedTensor tensor in tensors)
            {
                if (!names.Add(tensor.Name)) throw new ArgumentException($"Tensor '{tensor.Name}': expected a name that occurs once and " +
                    "is not reserved. Rename it.", nameof(tensors));
                if (tensor.Bytes is null && !tensor.Dtype.IsFloat32Readable()) throw new ArgumentException($"Tensor '{tensor.Name}': " +
                    $"expected F32, F16 or BF16, found {tensor.Dtype}. Write it as one of these.", nameof(tensors));
                WriteEntry(json, tensor, ref offset);
            }
            json.WriteEndObject();
        }
        while (bytes.WrittenCount % 8 != 0) bytes.Write(" "u8);
        byte[] header = bytes.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - 8);
        return header;
    }

    static void WriteEntry(Utf8JsonWriter json, NamedTensor tensor, ref long offset)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Dtype.ToString());
        json.WriteStartArray("shape");
        foreach (int length in tensor.Shape) json.WriteNumberValue(length);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(offset += tensor.Count * tensor.Dtype.Size());
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
