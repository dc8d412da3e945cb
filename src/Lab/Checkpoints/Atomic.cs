namespace Heartwood.Lab.Checkpoints;

/// <summary>Writes files and folders beside their place and moves them there when they are whole, so that a crash leaves the old or the new, never half.</summary>
public static class Atomic
{
    /// <summary>Writes a file; one that is there already is replaced in one step.</summary>
    /// <param name="path">the file; its folder is made where it does not exist</param>
    /// <param name="write">writes the content</param>
    /// <exception cref="IOException">it cannot be written (no space left, for example); what was there before still is</exception>
    public static void WriteFile(string path, Action<Stream> write)
    {
        string temporary = Beside(path, "part");
        try
        {
            using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes a folder.</summary>
    /// <param name="path">the folder; the one above is made where it does not exist</param>
    /// <param name="write">fills the folder that it is given</param>
    /// <param name="replace">whether a folder that holds something may be replaced; it is moved aside first and removed last, so that between two renames there is none</param>
    /// <exception cref="IOException">it cannot be written, or there is something at its place already; what was there before still is</exception>
    public static void WriteFolder(string path, Action<string> write, bool replace = false)
    {
        path = Path.TrimEndingDirectorySeparator(path);
        if (File.Exists(path) || (!replace && Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()))
            throw new IOException($"{path}: expected a new or empty folder to write to, found {(File.Exists(path) ? "a file" : "one that holds something")}. Give another folder, or remove it.");
        string temporary = Beside(path, "part"), old = Beside(path, "old");
        try
        {
            if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
            Directory.CreateDirectory(temporary);
            write(temporary);
            if (Directory.Exists(path)) Directory.Move(path, old);
            Directory.Move(temporary, path);
            if (Directory.Exists(old)) Directory.Delete(old, recursive: true);
        }
        catch
        {
            if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
            if (Directory.Exists(old) && !Directory.Exists(path)) Directory.Move(old, path);
            throw;
        }
    }

    static string Beside(string path, string what)
    {
        string full = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(full) ?? throw new IOException($"{path}: expected a place inside a folder, found a root. Give another path.");
        Directory.CreateDirectory(folder);
        return Path.Combine(folder, $".{Path.GetFileName(full)}.{Environment.ProcessId}.{what}");
    }
}
