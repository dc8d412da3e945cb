using System.Text.Json;

namespace Heartwood.Lab.Checkpoints;

/// <summary>
/// The header of a safetensors file (https://huggingface.co/docs/safetensors): 8 bytes of length, then one JSON object that gives
/// each tensor's dtype, shape and data_offsets. A parsed header is right in itself and fits its file: every tensor lies inside,
/// none overlap, and no byte belongs to none.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The longest header, in bytes: the reference implementation's limit.</summary>
    public const long MostBytes = 100_000_000;

    const string MetadataName = "__metadata__", Again = "The file is damaged: copy or download it again.";

    readonly string file;
    readonly List<string> names = [];
    readonly Dictionary<string, TensorEntry> tensors = [];
    readonly Dictionary<string, string> metadata = [];

    /// <summary>Names in the order of the header.</summary>
    public IReadOnlyList<string> Names => names;

    /// <summary>Each tensor by name.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors => tensors;

    /// <summary>What the writer noted, for example "format": "pt".</summary>
    public IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <summary>Where the header's JSON ends, from a file's length and its first 8 bytes.</summary>
    /// <exception cref="CheckpointException">the file is too short, or the header would not lie inside it</exception>
    public static long End(string file, long fileBytes, ulong headerBytes)
    {
        long most = Math.Min(MostBytes, fileBytes - 8);
        if (headerBytes > (ulong)most)
            throw new CheckpointException($"{file}: its first 8 bytes announce a header of {headerBytes} bytes; expected at most {most} in "
                + $"this file of {fileBytes}. It is not a safetensors file, or it is cut off: copy or download it again.");
        return 8 + (long)headerBytes;
    }

    /// <summary>Reads and checks a header.</summary>
    /// <param name="file">the file's name, for messages</param>
    /// <param name="json">the header's JSON</param>
    /// <param name="dataBytes">how many bytes follow it</param>
    /// <exception cref="CheckpointException">anything is wrong with it</exception>
    public SafetensorsHeader(string file, ReadOnlySpan<byte> json, long dataBytes)
    {
        this.file = file;
        if (json is not [(byte)'{', ..])
        {
            string found = json.IsEmpty ? "nothing" : $"byte 0x{json[0]:X2}";
            throw new CheckpointException($"{file}: expected a header that begins with '{{', found {found}. "
                + "It is not a safetensors file: give the model's .safetensors file.");
        }
        foreach (JsonProperty property in CheckpointException.Json($"{file}: header").ObjectIn(json).Object.EnumerateObject())
        {
            if (property.Name == MetadataName)
            {
                ReadMetadata(property.Value);
                continue;
            }
            names.Add(property.Name);
            tensors.Add(property.Name, ReadEntry(property.Name, property.Value, dataBytes));
        }
        CheckOrder(dataBytes);
    }

    void ReadMetadata(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new CheckpointException(
                $"{file}: expected {MetadataName} to be an object of strings, found {element.ValueKind}. {Again}");
        foreach (JsonProperty item in element.EnumerateObject())
        {
            JsonValueKind kind = item.Value.ValueKind;
            if (kind != JsonValueKind.String)
                throw new CheckpointException($"{file}: {MetadataName} '{item.Name}': expected a string, found {kind}. {Again}");
            metadata.Add(item.Name, item.Value.GetString()!);
        }
    }

    TensorEntry ReadEntry(string name, JsonElement element, long dataBytes)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Damaged(name, "an object with dtype, shape and data_offsets", element.ValueKind);
        foreach (JsonProperty property in element.EnumerateObject())
            if (property.Name is not ("dtype" or "shape" or "data_offsets"))
                throw Damaged(name, "dtype, shape and data_offsets only", $"'{property.Name}'");
        Dtype dtype = ReadDtype(name, element);
        long[] shape = Numbers(name, element, "shape"), offsets = Numbers(name, element, "data_offsets");
        if (shape.FirstOrDefault(length => length > int.MaxValue) is > 0 and var huge)
            throw Damaged(name, $"axes of at most {int.MaxValue}", huge);
        if (offsets is not [var begin, var end] || begin > end || end > dataBytes)
        {
            string expected = $"two rising data_offsets within the {dataBytes} bytes after the header";
            throw Damaged(name, expected, $"[{string.Join(", ", offsets)}]");
        }
        UInt128 bytes = shape.Contains(0) ? 0 : (UInt128)dtype.Size();
        foreach (long length in shape) bytes = bytes > long.MaxValue ? bytes : bytes * (UInt128)length;
        if (bytes != (UInt128)(end - begin))
        {
            string apart = bytes > long.MaxValue ? "more than 2^63" : $"{bytes}";
            throw Damaged(name, $"data_offsets {apart} bytes apart for {dtype} [{string.Join(' ', shape)}]", $"{end - begin} bytes");
        }
        return new(dtype, [.. shape.Select(length => (int)length)], (end - begin) / dtype.Size(), begin);
    }

    Dtype ReadDtype(string name, JsonElement element)
    {
        if (!element.TryGetProperty("dtype", out JsonElement dtype) || dtype.ValueKind != JsonValueKind.String)
            throw Damaged(name, "a dtype", dtype.ValueKind);
        string given = dtype.GetString()!;
        string[] known = Enum.GetNames<Dtype>();
        return known.Contains(given) ? Enum.Parse<Dtype>(given)
            : throw new CheckpointException($"{file}: tensor '{name}': expected a dtype among {string.Join(", ", known)}, found '{given}'. "
                + "Convert the file to F32, F16 or BF16.");
    }

    long[] Numbers(string name, JsonElement element, string key)
    {
        if (!element.TryGetProperty(key, out JsonElement array) || array.ValueKind != JsonValueKind.Array)
            throw Damaged(name, $"'{key}' to be an array", array.ValueKind);
        return [.. array.EnumerateArray().Select(item =>
            item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out long number) && number >= 0
                ? number
                : throw Damaged(name, $"'{key}' to hold whole numbers from 0", item.GetRawText()))];
    }

    void CheckOrder(long dataBytes)
    {
        long covered = 0;
        string last = "the header";
        foreach (string name in names.OrderBy(n => tensors[n].Begin).ThenBy(n => tensors[n].End))
        {
            long begin = tensors[name].Begin;
            if (begin != covered)
            {
                string wrong = begin < covered ? "they overlap" : "the bytes between belong to no tensor";
                throw new CheckpointException($"{file}: tensor '{name}': expected its data to begin at byte {covered}, where that of "
                    + $"{last} ends, found {begin}: {wrong}. {Again}");
            }
            (covered, last) = (tensors[name].End, $"'{name}'");
        }
        if (covered == dataBytes) return;
        throw new CheckpointException($"{file}: expected {covered} bytes after the header, where {last} ends, found {dataBytes}. {Again}");
    }

    CheckpointException Damaged(string name, string expected, object found) =>
        new($"{file}: tensor '{name}': expected {expected}, found {found}. {Again}");
}
