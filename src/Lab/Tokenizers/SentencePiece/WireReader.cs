using System.Buffers.Binary;
using System.Text;

namespace Heartwood.Lab.Tokenizers.SentencePiece;

/// <summary>
/// The fields of a protobuf message, one after another, read where they stand: nothing is trusted, and nothing is allocated
/// that the file does not hold.
/// </summary>
ref struct WireReader
{
    const int Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5;

    static readonly UTF8Encoding strict = new(false, true);

    readonly ReadOnlySpan<byte> bytes;
    readonly string file, place;
    readonly int start;
    int at, kind;

    /// <param name="bytes">the message</param>
    /// <param name="file">the file that it stands in, for errors</param>
    /// <param name="place">what the message is, for errors</param>
    /// <param name="start">the byte of the file at which it starts</param>
    public WireReader(ReadOnlySpan<byte> bytes, string file, string place, int start = 0)
    {
        this.bytes = bytes;
        (this.file, this.place, this.start) = (file, place, start);
    }

    /// <summary>The number of the field that <see cref="Next"/> found.</summary>
    public int Field { get; private set; }

    /// <summary>Goes to the next field; its value is to be read or skipped before the next call.</summary>
    /// <returns>whether there is one</returns>
    /// <exception cref="InvalidDataException">not a field of a protobuf message</exception>
    public bool Next()
    {
        if (at == bytes.Length) return false;
        ulong key = Number();
        (Field, kind) = ((int)Math.Min(key >> 3, int.MaxValue), (int)(key & 7));
        if (key is < 8 or > uint.MaxValue || kind is not (Varint or Fixed64 or Delimited or Fixed32))
            throw Fault("a field of a protobuf message", $"field {key >> 3} of wire type {kind}");
        return true;
    }

    /// <summary>The field's whole number.</summary>
    /// <exception cref="InvalidDataException">it is of another kind, or cut off</exception>
    public int Int() => (int)NumberOfKind(Varint, "a whole number");

    /// <summary>The field's flag.</summary>
    /// <exception cref="InvalidDataException">it is of another kind, or cut off</exception>
    public bool Flag() => NumberOfKind(Varint, "true or false") != 0;

    /// <summary>The field's float32, which is finite.</summary>
    /// <exception cref="InvalidDataException">it is of another kind, cut off or not finite</exception>
    public float Float()
    {
        Expect(Fixed32, "a float32");
        float value = BinaryPrimitives.ReadSingleLittleEndian(Take(4));
        return float.IsFinite(value) ? value : throw Fault("a finite float32", $"{value}");
    }

    /// <summary>The field's bytes.</summary>
    /// <exception cref="InvalidDataException">it is of another kind, or cut off</exception>
    public ReadOnlySpan<byte> Bytes()
    {
        Expect(Delimited, "bytes");
        ulong length = Number();
        return length <= (ulong)(bytes.Length - at) ? Take((int)length) : throw Fault($"{length} bytes", $"{bytes.Length - at} to the end");
    }

    /// <summary>The field's text.</summary>
    /// <exception cref="InvalidDataException">it is of another kind, cut off or not UTF-8</exception>
    public string Text()
    {
        ReadOnlySpan<byte> text = Bytes();
        try
        {
            return strict.GetString(text);
        }
        catch (DecoderFallbackException)
        {
            throw Fault("text in UTF-8", $"bytes {Convert.ToHexString(text[..Math.Min(text.Length, 16)])}");
        }
    }

    /// <summary>The field's message.</summary>
    /// <param name="name">what it is, for errors</param>
    /// <exception cref="InvalidDataException">it is of another kind, or cut off</exception>
    public WireReader Message(string name)
    {
        ReadOnlySpan<byte> inner = Bytes();
        return new(inner, file, name, start + at - inner.Length);
    }

    /// <summary>Passes over the field's value.</summary>
    /// <exception cref="InvalidDataException">it is cut off</exception>
    public void Skip()
    {
        if (kind == Varint) Number();
        else if (kind == Delimited) Bytes();
        else Take(kind == Fixed32 ? 4 : 8);
    }

    /// <summary>What is wrong here.</summary>
    public readonly InvalidDataException Fault(string expected, string found) =>
        SentencePieceFile.Fault(file, $"{place} (byte {start + at})", expected, found);

    readonly void Expect(int wire, string what)
    {
        if (kind != wire) throw Fault($"field {Field} to be {what}", $"wire type {kind}");
    }

    ulong NumberOfKind(int wire, string what)
    {
        Expect(wire, what);
        return Number();
    }

    ReadOnlySpan<byte> Take(int length)
    {
        if (length > bytes.Length - at) throw Fault($"{length} bytes", $"{bytes.Length - at} to the end");
        at += length;
        return bytes.Slice(at - length, length);
    }

    ulong Number()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte part = Take(1)[0];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
        throw Fault("a number of at most 10 bytes", "more");
    }
}
