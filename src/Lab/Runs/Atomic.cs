using System.Globalization;
using System.Text.RegularExpressions;

namespace Heartwood.Lab.Runs;

/// <summary>
/// Writes files and folders next to their place, flushes them to the disk and moves them there when they are whole, so that a crash
/// leaves the old or the new, never half.
/// </summary>
public static partial class Atomic
{
    /// <summary>What the names of unfinished files and folders end with.</summary>
    public const string Unfinished = ".tmp";

    // a folder on its way out: whole until its successor stands in its place
    const string Replaced = ".was" + Unfinished;

    static int count;

    /// <summary>Writes a file; one that is there already is replaced in one step.</summary>
    /// <param name="path">the file; its folder is made where it does not exist</param>
    /// <param name="write">writes the content</param>
    /// <exception cref="IOException">it cannot be written (no space left, for example); what was there before still is</exception>
    public static void WriteFile(string path, Action<Stream> write) => ThroughTemporary(path, temporary =>
    {
        using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
        {
            write(stream);
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }, File.Delete);

    /// <summary>Writes a folder, with no other writer of the same folder.</summary>
    /// <param name="path">the folder; the one above is made where it does not exist</param>
    /// <param name="write">fills the folder that it is given</param>
    /// <param name="replace">
    /// whether a folder that holds something may be replaced; it is moved aside first and removed last, so that between two renames there
    /// is none (<see cref="Recover"/> brings it back)
    /// </param>
    /// <exception cref="IOException">
    /// it cannot be written, or there is something at its place already; what was there before still is
    /// </exception>
    public static void WriteFolder(string path, Action<string> write, bool replace = false)
    {
        if (File.Exists(path) || (!replace && Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()))
            throw new IOException($"{path}: expected a new or empty folder to write to, found "
                + $"{(File.Exists(path) ? "a file" : "one that holds something")}. Give another folder, or remove it.");
        string replaced = NextTo(path, Replaced);
        ThroughTemporary(path, temporary =>
        {
            Directory.CreateDirectory(temporary);
            write(temporary);
            foreach (string file in Directory.EnumerateFiles(temporary, "*", SearchOption.AllDirectories))
            {
                using FileStream stream = new(file, FileMode.Open, FileAccess.ReadWrite);
                stream.Flush(flushToDisk: true);
            }
            if (Directory.Exists(path)) Directory.Move(path, replaced);
            Directory.Move(temporary, path);
            RemoveFolder(replaced);
        }, temporary =>
        {
            RemoveFolder(temporary);
            if (Directory.Exists(replaced) && !Directory.Exists(path)) Directory.Move(replaced, path);
        });
    }

    /// <summary>
    /// Removes what dead writers left below a folder; one that died between taking an old folder away and setting the new one in its place
    /// leaves the old one. What living processes write is left alone.
    /// </summary>
    /// <param name="folder">an existing folder</param>
    public static void Recover(string folder)
    {
        EnumerationOptions everywhere = new()
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
            IgnoreInaccessible = true,
        };
        foreach (string found in Directory.GetDirectories(folder, "*" + Unfinished, everywhere).Where(IsOfTheDead))
            Quietly(() =>
            {
                if (PlaceOfReplaced(found) is { } place && !Directory.Exists(place)) Directory.Move(found, place);
                else RemoveFolder(found);
            });
        foreach (string found in Directory.GetFiles(folder, "*" + Unfinished, everywhere).Where(IsOfTheDead))
            Quietly(() => File.Delete(found));

        // another process may be recovering the same
        static void Quietly(Action remove)
        {
            try { remove(); } catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException) { }
        }
    }

    /// <summary>The name of an unfinished file: PLACE.PROCESS-NUMBER and its ending.</summary>
    static string NextTo(string place, string ending) => string.Create(CultureInfo.InvariantCulture,
        $"{Path.TrimEndingDirectorySeparator(Path.GetFullPath(place))}.{Environment.ProcessId}-{Interlocked.Increment(ref count)}{ending}");

    // the number may have passed on to another process: then the rest stays until that one has ended too
    static bool IsOfTheDead(string unfinished) => Writer().Match(unfinished) is not { Success: true } writer
        || Claimant.StartOf(int.Parse(writer.Groups["process"].ValueSpan, CultureInfo.InvariantCulture)) is null;

    static string? PlaceOfReplaced(string unfinished) =>
        Writer().Match(unfinished) is { Success: true } writer && writer.Groups["replaced"].Success ? unfinished[..writer.Index] : null;

    [GeneratedRegex(@"\.(?<process>\d{1,9})-\d+(?<replaced>\.was)?\.tmp\z")]
    private static partial Regex Writer();

    static void ThroughTemporary(string path, Action<string> write, Action<string> remove)
    {
        string place = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string folder = Path.GetDirectoryName(place)
            ?? throw new IOException($"{path}: expected a place inside a folder, found a root. Give another path.");
        string temporary = NextTo(place, Unfinished);
        try
        {
            Directory.CreateDirectory(folder);
            write(temporary);
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
