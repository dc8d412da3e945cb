using System.Globalization;

namespace Heartwood.Lab.Reports;

/// <summary>The lock that makes a run folder one process's: an open file, so that it vanishes with the process however that ends.</summary>
static class RunLock
{
    /// <summary>The lock file's name; the file itself stays, for a file that is deleted can be locked twice.</summary>
    public const string Name = ".lock";

    // EAGAIN of Linux, EWOULDBLOCK of macOS, ERROR_SHARING_VIOLATION of Windows
    static readonly int Taken = OperatingSystem.IsWindows() ? unchecked((int)0x80070020) : OperatingSystem.IsMacOS() ? 35 : 11;

    /// <summary>Makes the folder where it is missing, and takes its lock.</summary>
    /// <exception cref="IOException">another process has it, or the folder cannot be written</exception>
    public static FileStream Take(string folder)
    {
        string file = Path.Combine(folder, Name);
        try
        {
            Directory.CreateDirectory(folder);
            FileStream held = new(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            byte[] holder = [.. System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}"))];
            held.SetLength(0);
            held.Write(holder);
            return held;
        }
        catch (IOException e) when (e.HResult == Taken)
        {
            throw new IOException($"The run folder '{folder}' is in use by {Holder(file)}. Wait until that ends, stop it and run the same command to resume, or give another folder with --out.", e);
        }
        catch (IOException e) when (DiskSpace.IsFull(e))
        {
            throw DiskSpace.Full(folder, e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new IOException($"The run folder '{folder}' cannot be written: {e.Message} Give a folder that you may write with --out.", e);
        }
    }

    static string Holder(string file)
    {
        try
        {
            using StreamReader reader = new(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return reader.ReadToEnd() is { Length: > 0 } holder ? holder : "another process";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return "another process"; }
    }
}
