using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Heartwood.Lab.Checkpoints;

/// <summary>
/// One safetensors file, mapped into memory (or held in it) and checked whole when it is opened; numbers are read when asked
/// for. The map is a window that moves along the file, so that bytes which were read do not stay in this process's memory.
/// </summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    const int Window = 1 << 23;                                  // bytes

    readonly SafeFileHandle? handle;
    readonly MemoryMappedFile? map;
    readonly ReadOnlyMemory<byte> held;                          // of a file that is in memory already
    readonly long length;
    readonly SafetensorsHeader header;
    readonly long dataStart;
    bool closed;

    /// <summary>The file's path, or the name given for bytes in memory.</summary>
    public string Path { get; }

    /// <summary>The tensors' names, in the order of the header.</summary>
    public IReadOnlyList<string> Names => header.Names;

    /// <summary>What the writer noted, for example "format": "pt".</summary>
    public IReadOnlyDictionary<string, string> Metadata => header.Metadata;

    /// <summary>Opens a file by memory map.</summary>
    /// <exception cref="CheckpointException">it cannot be read, or anything is wrong with its header</exception>
    public static SafetensorsFile Open(string path) => CheckpointException.Restating(path, () => new SafetensorsFile(path));

    /// <summary>Opens a file that is already in memory, for example an embedded resource.</summary>
    /// <param name="bytes">the whole file</param>
    /// <param name="name">what messages call it</param>
    /// <exception cref="CheckpointException">anything is wrong with its header</exception>
    public static SafetensorsFile Open(ReadOnlyMemory<byte> bytes, string name) => new(bytes, name);

    SafetensorsFile(string path)
    {
        Path = path;
        try
        {
            handle = File.OpenHandle(path);
            length = RandomAccess.GetLength(handle);
            if (length >= 8) map = MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            (header, dataStart) = ReadHeader();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    SafetensorsFile(ReadOnlyMemory<byte> bytes, string name)
    {
        (Path, length, held) = (name, bytes.Length, bytes);
        (header, dataStart) = ReadHeader();
    }

    (SafetensorsHeader, long) ReadHeader()
    {
        if (length < 8) throw new CheckpointException($"{Path}: expected a safetensors file, which has at least 8 bytes, found {length}. It is cut off: copy or download it again.");
        byte[] size = new byte[8];
        Visit(0, size.Length, (bytes, _) => bytes.CopyTo(size));
        long end = SafetensorsHeader.End(Path, length, BinaryPrimitives.ReadUInt64LittleEndian(size));
        byte[] json = new byte[end - 8];
        Visit(8, json.Length, (bytes, done) => bytes.CopyTo(json.AsSpan((int)done)));
        return (new(Path, json, length - end), end);
    }

    delegate void Visitor(ReadOnlySpan<byte> bytes, long done);

    // shows a run of the file, a window at a time; windows hold whole numbers
    void Visit(long from, long count, Visitor visit)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        for (long done = 0; done < count; done += Window)
        {
            int size = (int)Math.Min(Window, count - done);
            if (map is null)
            {
                visit(held.Span.Slice((int)(from + done), size), done);
                continue;
            }
            using MemoryMappedViewAccessor view = map.CreateViewAccessor(from + done, size, MemoryMappedFileAccess.Read);
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            try
            {
                visit(new(start + view.PointerOffset, size), done);
            }
            finally
            {
                view.SafeMemoryMappedViewHandle.ReleasePointer();
            }
        }
    }

    /// <summary>True if the file holds a tensor of this name.</summary>
    public bool Contains(string name) => header.Tensors.ContainsKey(name);

    /// <summary>The lengths of a tensor's axes; empty for a single number.</summary>
    /// <exception cref="CheckpointException">there is no such tensor</exception>
    public IReadOnlyList<int> ShapeOf(string name) => Entry(name).Shape;

    /// <summary>How a tensor's numbers are stored.</summary>
    /// <exception cref="CheckpointException">there is no such tensor</exception>
    public Dtype DtypeOf(string name) => Entry(name).Dtype;

    /// <summary>How many numbers a tensor has.</summary>
    /// <exception cref="CheckpointException">there is no such tensor</exception>
    public long Count(string name) => Entry(name).Count;

    /// <summary>Reads a tensor's numbers, last axis fastest, as float32: exact for F32, F16 and BF16.</summary>
    /// <param name="name">the tensor's name</param>
    /// <param name="into">room for exactly <see cref="Count"/> numbers</param>
    /// <exception cref="CheckpointException">there is no such tensor, its dtype is another one, or the file has become shorter since it was opened</exception>
    /// <exception cref="ArgumentException"><paramref name="into"/> has another length</exception>
    /// <exception cref="ObjectDisposedException">the file is closed</exception>
    public void Read(string name, Span<float> into)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        TensorEntry entry = Entry(name);
        if (!entry.Dtype.IsFloat32Readable()) throw new CheckpointException($"{Path}: tensor '{name}': expected F32, F16 or BF16 to read as float32, found {entry.Dtype}. Convert it, or leave it unread.");
        if (into.Length != entry.Count) throw new ArgumentException($"'{nameof(into)}' should have {entry.Count} numbers for tensor '{name}' of {Path}, it has {into.Length}.", nameof(into));
        if (handle is not null && RandomAccess.GetLength(handle) < length)
            throw new CheckpointException($"{Path}: expected {length} bytes as when it was opened, found {RandomAccess.GetLength(handle)}: something is writing to it. Wait for that to end, then start again.");
        int size = entry.Dtype.Size();
        fixed (float* to = into)
        {
            float* at = to;
            Visit(dataStart + entry.Begin, into.Length * (long)size, (bytes, done) => entry.Dtype.ToFloats(bytes, new(at + done / size, bytes.Length / size)));
        }
    }

    /// <summary>Adds all bytes of the file to a hash.</summary>
    internal void AppendTo(IncrementalHash hash) => Visit(0, length, (bytes, _) => hash.AppendData(bytes));

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        closed = true;
        map?.Dispose();
        handle?.Dispose();
    }

    TensorEntry Entry(string name) => header.Tensors.TryGetValue(name, out TensorEntry? entry)
        ? entry
        : throw CheckpointException.NoTensor(name, Path, Names);
}
