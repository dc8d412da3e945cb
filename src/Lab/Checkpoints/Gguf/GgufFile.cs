namespace Heartwood.Lab.Checkpoints.Gguf;

/// <summary>
/// One GGUF file, mapped into memory (or held in it). Its header was checked whole when it was opened; numbers are read, and turned into
/// float32, when they are asked for.
/// </summary>
public sealed class GgufFile : IDisposable
{
    /// <summary>Where a file says none, data begin at multiples of so many bytes.</summary>
    public const int UsualAlignment = 32;

    readonly FileBytes bytes;
    readonly GgufHeader header;

    GgufFile(FileBytes bytes, GgufHeader header) => (this.bytes, this.header) = (bytes, header);

    /// <summary>Opens a file by memory map.</summary>
    /// <exception cref="CheckpointException">it cannot be read, or anything is wrong with its header</exception>
    public static GgufFile Open(string path) => FileBytes.Open(path, file => new GgufFile(file, new(file)));

    /// <summary>Opens a file that is already in memory.</summary>
    /// <param name="bytes">the whole file</param>
    /// <param name="name">what messages call it</param>
    /// <exception cref="CheckpointException">anything is wrong with its header</exception>
    public static GgufFile Open(ReadOnlyMemory<byte> bytes, string name)
    {
        FileBytes held = new(bytes, name);
        return new(held, new(held));
    }

    /// <summary>The file's path, or the name given for bytes in memory.</summary>
    public string Path => bytes.Path;

    /// <summary>The format's version, 2 or 3.</summary>
    public int Version => header.Version;

    /// <summary>The keys of the metadata, in the file's order.</summary>
    public IReadOnlyList<string> Keys => header.Keys;

    /// <summary>The metadata by key.</summary>
    public IReadOnlyDictionary<string, GgufValue> Metadata => header.Metadata;

    /// <summary>The tensors' names, in the file's order.</summary>
    public IReadOnlyList<string> Names => header.Names;

    /// <summary>Data begin at multiples of so many bytes.</summary>
    public long Alignment => header.Alignment;

    /// <summary>Where the data begin, in bytes from the file's beginning.</summary>
    public long DataStart => header.DataStart;

    /// <summary>True if the file holds a tensor of this name.</summary>
    public bool Contains(string name) => header.Tensors.ContainsKey(name);

    /// <summary>The lengths of a tensor's axes, slowest first ([out in] of a matrix): the reverse of the file's order.</summary>
    /// <exception cref="CheckpointException">there is no such tensor</exception>
    public IReadOnlyList<int> Shape(string name) => Entry(name).Shape;

    /// <summary>How a tensor's numbers are stored.</summary>
    /// <exception cref="CheckpointException">there is no such tensor</exception>
    public GgufType Type(string name) => Entry(name).Type;

    /// <summary>Where a tensor's data begin, in bytes from <see cref="DataStart"/>.</summary>
    /// <exception cref="CheckpointException">there is no such tensor</exception>
    public long Offset(string name) => Entry(name).Begin;

    /// <summary>How many numbers a tensor has.</summary>
    /// <exception cref="CheckpointException">there is no such tensor</exception>
    public long Count(string name) => Entry(name).Count;

    /// <summary>A tensor's bytes as they are stored.</summary>
    /// <exception cref="CheckpointException">there is no such tensor, it is above 2 GB, or the file has become shorter</exception>
    public byte[] Bytes(string name)
    {
        bytes.RefuseShorter();
        GgufEntry entry = Entry(name);
        return entry.Bytes <= Array.MaxLength ? bytes.Copy(DataStart + entry.Begin, (int)entry.Bytes)
            : throw new CheckpointException($"{Path}: tensor '{name}' has {entry.Bytes} bytes; expected at most {Array.MaxLength} to take "
                + "at once. Read its numbers instead.");
    }

    /// <summary>Reads a tensor's numbers, last axis fastest, as float32: for F32, F16 and BF16 exactly, else what its blocks say.</summary>
    /// <param name="name">the tensor's name</param>
    /// <param name="into">room for exactly <see cref="Count"/> numbers</param>
    /// <exception cref="CheckpointException">
    /// there is no such tensor, its type is not read, or the file has become shorter since it was opened
    /// </exception>
    /// <exception cref="ArgumentException"><paramref name="into"/> has another length</exception>
    /// <exception cref="ObjectDisposedException">the file is closed</exception>
    public void Read(string name, Span<float> into)
    {
        bytes.RefuseShorter();
        GgufEntry entry = Entry(name);
        if (!entry.Type.IsRead())
            throw new CheckpointException($"{Path}: tensor '{name}' is stored as {entry.Type}; Heartwood reads "
                + $"{string.Join(", ", Enum.GetValues<GgufType>().Where(type => type.IsRead()))}. Make the file again as one of these "
                + "(llama.cpp's llama-quantize), from the floating-point file.");
        if (into.Length != entry.Count)
            throw new ArgumentException($"'{nameof(into)}' should have {entry.Count} numbers for tensor '{name}' of {Path}, it has "
                + $"{into.Length}.", nameof(into));
        int blocks = Math.Max(1, (1 << 20) / entry.Type.BlockBytes()), numbers = blocks * entry.Type.Block();
        for (long done = 0; done < entry.Count; done += numbers)
        {
            int count = (int)Math.Min(numbers, entry.Count - done);
            byte[] stored = bytes.Copy(DataStart + entry.Begin + entry.Type.Bytes(done), (int)entry.Type.Bytes(count));
            BlockDecoder.Decode(entry.Type, stored, into.Slice((int)done, count));
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => bytes.Dispose();

    GgufEntry Entry(string name) => header.Tensors.TryGetValue(name, out GgufEntry? entry) ? entry
        : throw CheckpointException.NoTensor(name, Path, Names);
}
