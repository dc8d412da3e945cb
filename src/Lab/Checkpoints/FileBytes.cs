using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Heartwood.Lab.Checkpoints;

/// <summary>
/// The bytes of one file, mapped into memory (or held in it). The map is a window that moves along the file, so that bytes
/// which were read do not stay in this process's memory.
/// </summary>
internal sealed unsafe class FileBytes : IDisposable
{
    const int Window = 1 << 23;                                  // bytes

    readonly SafeFileHandle? handle;
    readonly MemoryMappedFile? map;
    readonly ReadOnlyMemory<byte> held;                          // of a file that is in memory already
    bool closed;

    /// <summary>Shows a run of bytes.</summary>
    /// <param name="bytes">the run</param>
    /// <param name="done">how many bytes were shown before it</param>
    public delegate void Visitor(ReadOnlySpan<byte> bytes, long done);

    /// <summary>Shows all bytes of a stretch at once; the pointer is right until this returns.</summary>
    public delegate void PointerVisitor(byte* bytes);

    /// <summary>The file's path, or the name given for bytes in memory.</summary>
    public string Path { get; }

    /// <summary>How many bytes the file had when it was opened.</summary>
    public long Length { get; }

    /// <summary>Opens a file and hands it to <paramref name="read"/>; it is closed where that fails.</summary>
    /// <exception cref="CheckpointException">it cannot be read, or <paramref name="read"/> throws one</exception>
    public static T Open<T>(string path, Func<FileBytes, T> read) => CheckpointException.Restating(path, () =>
    {
        FileBytes bytes = new(path);
        try
        {
            bytes.RefuseOtherThanWeights();
            return read(bytes);
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    });

    FileBytes(string path)
    {
        Path = path;
        handle = File.OpenHandle(path);
        try
        {
            Length = RandomAccess.GetLength(handle);
            if (Length > 0) map = MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None,
                leaveOpen: true);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>A file that is in memory.</summary>
    /// <param name="bytes">the whole file</param>
    /// <param name="name">what messages call it</param>
    public FileBytes(ReadOnlyMemory<byte> bytes, string name) => (Path, Length, held) = (name, bytes.Length, bytes);

    /// <summary>Shows a stretch of the file, a window at a time; windows hold whole numbers of up to 8 bytes.</summary>
    public void Visit(long from, long count, Visitor visit)
    {
        for (long done = 0; done < count; done += Window)
        {
            int size = (int)Math.Min(Window, count - done);
            long before = done;
            At(from + done, size, bytes => visit(new(bytes, size), before));
        }
    }

    /// <summary>Shows a stretch of the file as one piece of memory, of any length.</summary>
    public void At(long from, long count, PointerVisitor visit)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length - from);
        if (count <= 0) return;
        if (map is null)
        {
            fixed (byte* start = held.Span.Slice((int)from, (int)count)) visit(start);
            return;
        }
        using MemoryMappedViewAccessor view = map.CreateViewAccessor(from, count, MemoryMappedFileAccess.Read);
        byte* mapped = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref mapped);
        try
        {
            visit(mapped + view.PointerOffset);
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    /// <summary>A copy of a stretch of the file, which must lie inside it.</summary>
    public byte[] Copy(long from, int count)
    {
        byte[] copy = new byte[count];
        Visit(from, count, (bytes, done) => bytes.CopyTo(copy.AsSpan((int)done)));
        return copy;
    }

    /// <summary>A copy of the first bytes, fewer where the file is shorter.</summary>
    public byte[] Beginning(int most) => Copy(0, (int)Math.Min(most, Length));

    /// <summary>Refuses to read a file that has become shorter: a mapped byte that is gone ends the process.</summary>
    /// <exception cref="CheckpointException">it has</exception>
    /// <exception cref="ObjectDisposedException">it is closed</exception>
    public void RefuseShorter()
    {
        ObjectDisposedException.ThrowIf(closed, this);
        if (handle is not null && RandomAccess.GetLength(handle) is var now && now < Length)
            throw new CheckpointException($"{Path}: expected {Length} bytes as when it was opened, found {now}: something is writing to " +
                "it. Wait for that to end, then start again.");
    }

    /// <summary>Adds all bytes to a hash.</summary>
    public void AppendTo(IncrementalHash hash) => Visit(0, Length, (bytes, _) => hash.AppendData(bytes));

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        closed = true;
        map?.Dispose();
        handle?.Dispose();
    }

    // what a download leaves in the place of weights
    void RefuseOtherThanWeights()
    {
        byte[] begin = Beginning(64);
        if (begin.AsSpan().StartsWith("version https://git-lfs"u8))
            throw new CheckpointException($"{Path}: expected weights, found a pointer of Git LFS that stands for them ({Length} bytes). " +
                "Download the file itself: git lfs pull, in the folder of the clone.");
        if (begin.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'<', (byte)'!' or (byte)'h' or (byte)'H', ..])
            throw new CheckpointException($"{Path}: expected weights, found a web page ({Length} bytes): the download ended at a page " +
                "about them. Download the file itself.");
    }
}
