using System.Globalization;

namespace Heartwood.Lab.Exports.Onnx;

/// <summary>A tensor of the model: its values little-endian, no axes for a single number.</summary>
readonly record struct OnnxTensor(string Name, OnnxType Type, IReadOnlyList<long> Axes, byte[] Values)
{
    // TensorProto: dims 1, data_type 2, name 8, raw_data 9, external_data 13 { key 1, value 2 }, data_location 14 (EXTERNAL 1)
    internal ProtoMessage Message(OnnxData? data)
    {
        ProtoMessage tensor = new();
        if (Axes.Count > 0) tensor.Packed(1, Axes);
        tensor.Add(2, (long)Type).Add(8, Name);
        if (data is null || Values.Length < OnnxData.Least) return tensor.Add(9, (ReadOnlyMemory<byte>)Values);
        long offset = data.Append(Values);
        return tensor.Add(13, Entry("location", data.FileName)).Add(13, Entry("offset", Digits(offset)))
            .Add(13, Entry("length", Digits(Values.Length))).Add(14, 1L);
    }

    static ProtoMessage Entry(string key, string value) => new ProtoMessage().Add(1, key).Add(2, value);

    static string Digits(long number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>
/// Values of large tensors in a file of their own, which graphs above the 2 GB of a message need (ONNX's "external data"): each begins at a
/// multiple of 4,096 bytes, so that it can be mapped into memory.
/// </summary>
/// <param name="fileName">the file's name, next to the graph's</param>
/// <param name="stream">the file, from its beginning</param>
sealed class OnnxData(string fileName, Stream stream)
{
    /// <summary>Bytes of the smallest tensor that is written here: shapes and other small constants stay in the graph.</summary>
    internal const int Least = 1024;

    const int Multiple = 4096;

    /// <summary>The file's name, next to the graph's.</summary>
    internal string FileName => fileName;

    /// <summary>Writes values.</summary>
    /// <returns>where they begin</returns>
    internal long Append(byte[] values)
    {
        int beyond = (int)(stream.Position % Multiple);
        if (beyond > 0) stream.Write(new byte[Multiple - beyond]);
        long offset = stream.Position;
        stream.Write(values);
        return offset;
    }
}
