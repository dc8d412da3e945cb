namespace Heartwood.Lab.Runs;

/// <summary>Room on the disk: asked for before the work, and named when it runs out.</summary>
public static class DiskSpace
{
    // ENOSPC; EDQUOT of Linux and of macOS; ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL of Windows
    static readonly int[] Codes = OperatingSystem.IsWindows() ? [unchecked((int)0x80070027), unchecked((int)0x80070070)]
        : OperatingSystem.IsMacOS() ? [28, 69] : [28, 122];

    /// <summary>Whether an error says that the disk, or the user's share of it, is full.</summary>
    public static bool IsFull(IOException error) => Codes.Contains(error.HResult);

    /// <summary>Refuses a run that its disk cannot hold, before the first expensive second.</summary>
    /// <param name="folder">an existing folder on the disk</param>
    /// <param name="bytes">how many bytes the run will write at most</param>
    /// <exception cref="IOException">fewer bytes are free</exception>
    public static void Require(string folder, long bytes)
    {
        long free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        if (free < bytes)
            throw new IOException($"The run needs up to {InWords(bytes)} in '{folder}', where {InWords(free)} are free. "
                + "Free some, or give a folder on another disk with --out.");
    }

    /// <summary>A number of bytes as people read it: "3.4 MB".</summary>
    public static string InWords(long bytes) => bytes switch
    {
        >= 1_000_000_000 => FormattableString.Invariant($"{bytes / 1e9:0.#} GB"),
        >= 1_000_000 => FormattableString.Invariant($"{bytes / 1e6:0.#} MB"),
        >= 1_000 => FormattableString.Invariant($"{bytes / 1e3:0.#} kB"),
        _ => FormattableString.Invariant($"{bytes} bytes"),
    };

    internal static IOException Full(string place, IOException cause) => new(
        $"No space is left on the disk for '{place}'. Everything written before it is whole and kept. "
            + "Free some space and run the same command again.",
        cause);
}
