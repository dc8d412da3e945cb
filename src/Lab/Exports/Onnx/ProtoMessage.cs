using System.Buffers.Binary;
using System.Text;

namespace Heartwood.Lab.Exports.Onnx;

/// <summary>
/// A message in the wire format of protocol buffers (protobuf.dev, "Encoding"): fields one after another, each a tag (number and kind) and
/// its value. Large bytes are kept by reference and copied only when the message is written.
/// </summary>
sealed class ProtoMessage
{
    const int VarintKind = 0, BytesKind = 2, FixedKind = 5;

    readonly List<ReadOnlyMemory<byte>> pieces = [];

    /// <summary>Bytes of the whole message.</summary>
    internal long Length { get; private set; }

    /// <summary>Adds a whole number; a negative one takes ten bytes, as int64 has it.</summary>
    internal ProtoMessage Add(int field, long value) => Append([.. Tag(field, VarintKind), .. Varint((ulong)value)]);

    /// <summary>Adds a float of four bytes.</summary>
    internal ProtoMessage Add(int field, float value)
    {
        byte[] bytes = new byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        return Append([.. Tag(field, FixedKind), .. bytes]);
    }

    /// <summary>Adds a text in UTF-8.</summary>
    internal ProtoMessage Add(int field, string text) => Add(field, Encoding.UTF8.GetBytes(text));

    /// <summary>Adds bytes.</summary>
    internal ProtoMessage Add(int field, ReadOnlyMemory<byte> bytes) => Begin(field, bytes.Length).Append(bytes);

    /// <summary>Adds a message as it is now.</summary>
    internal ProtoMessage Add(int field, ProtoMessage message)
    {
        Begin(field, message.Length);
        pieces.AddRange(message.pieces);
        Length += message.Length;
        return this;
    }

    /// <summary>Adds whole numbers packed into one field, as proto3 writes repeated ones.</summary>
    internal ProtoMessage Packed(int field, IEnumerable<long> values)
    {
        byte[] bytes = [.. values.SelectMany(value => Varint((ulong)value))];
        return Add(field, bytes);
    }

    /// <summary>Writes the message.</summary>
    internal void WriteTo(Stream stream)
    {
        foreach (ReadOnlyMemory<byte> piece in pieces) stream.Write(piece.Span);
    }

    ProtoMessage Begin(int field, long length) => Append([.. Tag(field, BytesKind), .. Varint((ulong)length)]);

    ProtoMessage Append(ReadOnlyMemory<byte> piece)
    {
        pieces.Add(piece);
        Length += piece.Length;
        return this;
    }

    ProtoMessage Append(byte[] piece) => Append((ReadOnlyMemory<byte>)piece);

    static byte[] Tag(int field, int kind) => Varint(((ulong)field << 3) | (uint)kind);

    // seven bits a byte, the lowest first; the highest bit says that more follow
    static byte[] Varint(ulong value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}
