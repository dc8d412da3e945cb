namespace Heartwood.Lab.Reports;

/// <summary>Files that are the old one or the new one, never half: written beside their place, flushed to the disk, moved there.</summary>
public static class AtomicFile
{
    /// <summary>What the names of unfinished files and folders end with.</summary>
    public const string Unfinished = ".tmp";

    const string Replaced = ".was" + Unfinished;                  // a folder on its way out: whole until its successor stands in its place

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

    /// <summary>Writes a folder of files, with no other writer of the same folder; an older one there is replaced.</summary>
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
        string replaced = Path.TrimEndingDirectorySeparator(path) + Replaced;
        RemoveFolder(replaced);
        if (Directory.Exists(path)) Directory.Move(path, replaced);
        Directory.Move(temporary, path);
        RemoveFolder(replaced);
    }, RemoveFolder);

    /// <summary>Removes what dead writers left below a folder; one that died between taking an old folder away and setting the new one in its place leaves the old one.</summary>
    /// <param name="folder">an existing folder in which nobody writes now</param>
    public static void Recover(string folder)
    {
        EnumerationOptions everywhere = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (string found in Directory.GetDirectories(folder, "*" + Unfinished, everywhere).Where(Directory.Exists))
            if (found.EndsWith(Replaced, StringComparison.Ordinal) && found[..^Replaced.Length] is var place && !Directory.Exists(place)) Directory.Move(found, place);
            else RemoveFolder(found);
        foreach (string found in Directory.GetFiles(folder, "*" + Unfinished, everywhere)) File.Delete(found);
    }

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
