using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Heartwood.Lab.Tasks.Tables;

/// <summary>A data file, read once: its bytes as they are stored, and what they hold when gzip is undone and text is UTF-8.</summary>
/// <param name="Path">the file as it was named</param>
/// <param name="Name">the name that tells the format: of <c>nli.tsv.gz</c> the inner one, <c>nli.tsv</c></param>
/// <param name="Stored">the bytes as they were read; the hash is of these</param>
/// <param name="Content">the bytes unpacked; text with a byte order mark of UTF-16 or UTF-32 is UTF-8 here</param>
/// <param name="ReadOnce">whether it is a pipe (or another stream of the process), which has nothing left for a second reading</param>
/// <param name="Notes">what a reader should know of the file</param>
internal sealed record DataFile(string Path, string Name, byte[] Stored, byte[] Content, bool ReadOnce, IReadOnlyList<string> Notes)
{
    const int MostBytes = 2_000_000_000;

    /// <summary>Hash of the stored bytes, lower-case hexadecimal.</summary>
    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Stored));

    /// <summary>Reads a file, or a pipe to its end.</summary>
    /// <exception cref="TableException">it cannot be read, or is of a kind that is not read: the message names the kind and the next
    /// move</exception>
    public static DataFile Read(string path)
    {
        (byte[] stored, bool once) = Bytes(path);
        if (once && stored.Length == 0)
            throw new TableException($"{path}: expected data, found none: a pipe can be read once, "
                + "and this one is empty or was read already. "
                + "Save it to a file, and give the file.");
        return FromBytes(path, stored, once);
    }

    /// <summary>What the bytes of a file hold.</summary>
    /// <exception cref="TableException">they are of a kind that is not read</exception>
    internal static DataFile FromBytes(string path, byte[] stored, bool once = false)
    {
        bool packed = Marks.IsGzip(stored);
        byte[] content = packed ? Unpacked(stored, path) : stored;
        if (Marks.Unreadable(content) is { } mark)
            throw new TableException($"{path}: {(packed ? "gzip, and in it " : "")}{mark.Name}, not a table. {mark.Move(path)}");
        string name = packed && path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        if (Marks.Encoding(content) is not { } encoding) return new(path, name, stored, content, once, []);
        return new(path, name, stored, Utf8Of(content, encoding, path), once,
            [$"{path} is {Marks.NameOf(encoding)} and was read as that."]);
    }

    /// <summary>Hash of what stands at a path now.</summary>
    /// <exception cref="TableException">it cannot be read</exception>
    public static string HashOf(string path) => Convert.ToHexStringLower(SHA256.HashData(Bytes(path).Bytes));

    static (byte[] Bytes, bool Once) Bytes(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
            bool once = !stream.CanSeek || IsProcessOwn(path);
            if (stream.CanSeek && stream.Length > 0)
            {
                if (stream.Length > MostBytes) throw TooLarge(path);
                byte[] bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                return (bytes, once);
            }
            return (ToEnd(stream, path), once);
        }
        catch (Exception e)
            when (e is IOException and not TableException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new TableException(e is FileNotFoundException or DirectoryNotFoundException
                ? $"{path}: there is no such file. Check the path; keys are written FILE,key=value."
                : $"{path}: it cannot be read: {e.Message} Check that it is a file and that you may read it.", e);
        }
    }

    // what the process was given under a number, by a file or by a pipe, is not there for another process
    static bool IsProcessOwn(string path) => System.IO.Path.GetFullPath(path) is var full
        && (full.StartsWith("/dev/", StringComparison.Ordinal) || full.StartsWith("/proc/", StringComparison.Ordinal));

    static byte[] Unpacked(byte[] stored, string path)
    {
        try
        {
            using GZipStream stream = new(new MemoryStream(stored), CompressionMode.Decompress);
            byte[] content = ToEnd(stream, path);
            // the last four bytes say how long the content is, modulo 2^32: a file that was cut off has others there
            if (BitConverter.ToUInt32(stored, stored.Length - 4) is var length && (uint)content.Length != length && !HasMore(stored))
                throw new InvalidDataException($"{content.Length} bytes came out of it, and it says {length}.");
            return content;
        }
        catch (InvalidDataException e)
        {
            throw new TableException($"{path}: expected gzip as its first bytes say, found damage: {e.Message} "
                + $"Fetch or pack the file again; gunzip -t {path} tells whether it is whole.", e);
        }
    }

    // several packed files in a row, as bgzip and cat write them: the last length is of the last one only
    static bool HasMore(byte[] stored) => stored.AsSpan(3).IndexOf(stored.AsSpan(0, 3)) >= 0;

    static byte[] ToEnd(Stream stream, string path)
    {
        using MemoryStream whole = new();
        byte[] piece = new byte[1 << 16];
        for (int read; (read = stream.Read(piece)) > 0; whole.Write(piece, 0, read))
            if (whole.Length > MostBytes) throw TooLarge(path);
        return whole.ToArray();
    }

    static TableException TooLarge(string path) =>
        new($"{path}: expected at most {MostBytes:N0} bytes of data, unpacked, found more. "
            + "Split the file, and give its parts one after another.");

    static byte[] Utf8Of(byte[] content, Encoding encoding, string path)
    {
        try
        {
            ReadOnlySpan<byte> text = content.AsSpan(encoding.GetPreamble().Length);
            return Encoding.UTF8.GetBytes(encoding.GetString(text));
        }
        catch (ArgumentException e)
        {
            throw new TableException($"{path}: expected {Marks.NameOf(encoding)}, as its byte order mark says, found bytes that are none. "
                + "Save it as UTF-8.", e);
        }
    }
}
