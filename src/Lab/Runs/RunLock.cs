using System.Globalization;

namespace Heartwood.Lab.Runs;

/// <summary>The lock that makes a run folder one process's: an open file, so that it vanishes with the process however that ends.</summary>
static class RunLock
{
    const string LockName = ".lock", HolderName = ".holder";

    /// <summary>The names of the lock file (it stays, for a file that is deleted can be locked twice) and of the one that says who holds it (a locked file cannot be read).</summary>
    public static readonly string[] Names = [LockName, HolderName];

    // EAGAIN of Linux, EWOULDBLOCK of macOS, ERROR_SHARING_VIOLATION of Windows
    static readonly int Taken = OperatingSystem.IsWindows() ? unchecked((int)0x80070020) : OperatingSystem.IsMacOS() ? 35 : 11;

    /// <summary>Makes the folder where it is missing, and takes its lock.</summary>
    /// <exception cref="IOException">another process has it, or the folder cannot be written</exception>
    public static FileStream Take(string folder)
    {
        FileStream? held = null;
        try
        {
            Directory.CreateDirectory(folder);
            held = new(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            File.WriteAllText(Path.Combine(folder, HolderName), string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}"));
            return held;
        }
        catch (IOException e) when (e.HResult == Taken)
        {
            throw new IOException($"The run folder '{folder}' is in use by {Holder(folder)}. Wait until that ends, stop it and run the same command to resume, or give another folder with --out.", e);
        }
        catch (IOException e) when (DiskSpace.IsFull(e))
        {
            held?.Dispose();
            throw DiskSpace.Full(folder, e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            held?.Dispose();
            throw new IOException($"The run folder '{folder}' cannot be written: {e.Message} Give a folder that you may write with --out.", e);
        }
    }

    static string Holder(string folder)
    {
        try { return File.ReadAllText(Path.Combine(folder, HolderName)) is { Length: > 0 } holder ? holder : "another process"; }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return "another process"; }
    }
}
