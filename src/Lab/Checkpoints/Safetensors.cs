using System.Buffers;
using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Heartwood.Lab.Checkpoints;

/// <summary>One safetensors file, mapped into memory (or held in it) and checked whole when it is opened; numbers are read when asked for.</summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    const int ChunkFloats = 1 << 20;

    readonly SafeFileHandle? handle;
    readonly MemoryMappedFile? map;
    readonly MemoryMappedViewAccessor? view;
    readonly MemoryHandle pin;
    readonly long length;
    readonly SafetensorsHeader header;
    readonly long dataStart;
    byte* start;

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
            if (length >= 8)
            {
                map = MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
                view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
                view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
                start += view.PointerOffset;
            }
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
        (Path, length, pin) = (name, bytes.Length, bytes.Pin());
        start = (byte*)pin.Pointer;
        try
        {
            (header, dataStart) = ReadHeader();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    (SafetensorsHeader, long) ReadHeader()
    {
        if (length < 8) throw new CheckpointException($"{Path}: expected a safetensors file, which has at least 8 bytes, found {length}. It is cut off: copy or download it again.");
        long end = SafetensorsHeader.End(Path, length, BinaryPrimitives.ReadUInt64LittleEndian(new(start, 8)));
        return (new(Path, new(start + 8, (int)(end - 8)), length - end), end);
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
        ObjectDisposedException.ThrowIf(start == null, this);
        TensorEntry entry = Entry(name);
        if (!entry.Dtype.IsFloat32Readable()) throw new CheckpointException($"{Path}: tensor '{name}': expected F32, F16 or BF16 to read as float32, found {entry.Dtype}. Convert it, or leave it unread.");
        if (into.Length != entry.Count) throw new ArgumentException($"'{nameof(into)}' should have {entry.Count} numbers for tensor '{name}' of {Path}, it has {into.Length}.", nameof(into));
        if (handle is not null && RandomAccess.GetLength(handle) < length)
            throw new CheckpointException($"{Path}: expected {length} bytes as when it was opened, found {RandomAccess.GetLength(handle)}: something is writing to it. Wait for that to end, then start again.");
        int size = entry.Dtype.Size();
        for (int done = 0; done < into.Length; done += ChunkFloats)
        {
            int count = Math.Min(ChunkFloats, into.Length - done);
            entry.Dtype.ToFloats(new(start + dataStart + entry.Begin + (long)done * size, count * size), into.Slice(done, count));
        }
    }

    /// <summary>Adds all bytes of the file to a hash.</summary>
    internal void AppendTo(IncrementalHash hash)
    {
        ObjectDisposedException.ThrowIf(start == null, this);
        const int chunk = 1 << 24;
        for (long done = 0; done < length; done += chunk) hash.AppendData(new ReadOnlySpan<byte>(start + done, (int)Math.Min(chunk, length - done)));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        if (start != null) view?.SafeMemoryMappedViewHandle.ReleasePointer();
        start = null;
        view?.Dispose();
        map?.Dispose();
        handle?.Dispose();
        pin.Dispose();
    }

    TensorEntry Entry(string name) => header.Tensors.TryGetValue(name, out TensorEntry? entry)
        ? entry
        : throw CheckpointException.NoTensor(name, Path, Names);
}
