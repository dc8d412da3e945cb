namespace Heartwood.Lab.Reports;

/// <summary>Files that are the old one or the new one, never half: written beside their place, flushed to the disk, moved there.</summary>
public static class AtomicFile
{
    /// <summary>What the names of unfinished files and folders end with.</summary>
    public const string Unfinished = ".tmp";

    static int count;

    /// <summary>Writes a file through a stream; the folders above it are made where they are missing.</summary>
    /// <param name="path">where the file goes; an older one there is replaced</param>
    /// <param name="write">writes the content; if it throws, the older file stays as it was</param>
    /// <exception cref="IOException">the disk is full (the message says what was kept), or the place cannot be written</exception>
    public static void Write(string path, Action<Stream> write) => Beside(path, temporary =>
    {
        using FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 16);
        write(stream);
        stream.Flush(flushToDisk: true);
    }, temporary => File.Move(temporary, path, overwrite: true), File.Delete);

    /// <summary>Writes a folder of files; an older one there is replaced (a kill between the two leaves none, never a mixture).</summary>
    /// <param name="path">where the folder goes</param>
    /// <param name="write">given an empty folder beside that place, writes the files into it</param>
    /// <exception cref="IOException">as for <see cref="Write"/></exception>
    public static void WriteFolder(string path, Action<string> write) => Beside(path, temporary =>
    {
        Directory.CreateDirectory(temporary);
        write(temporary);
        foreach (string file in Directory.EnumerateFiles(temporary, "*", SearchOption.AllDirectories))
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.ReadWrite);
            stream.Flush(flushToDisk: true);
        }
    }, temporary =>
    {
        RemoveFolder(path);
        Directory.Move(temporary, path);
    }, RemoveFolder);

    static void Beside(string path, Action<string> write, Action<string> move, Action<string> remove)
    {
        string place = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string temporary = $"{place}.{Environment.ProcessId}-{Interlocked.Increment(ref count)}{Unfinished}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            write(temporary);
            move(temporary);
        }
        catch (Exception e)
        {
            try { remove(temporary); } catch (Exception cleaning) when (cleaning is IOException or UnauthorizedAccessException) { }
            if (e is IOException io && DiskSpace.IsFull(io)) throw DiskSpace.Full(place, io);
            throw;
        }
    }

    static void RemoveFolder(string path)
    {
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
    }
}
