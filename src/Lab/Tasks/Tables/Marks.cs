using System.Text;

namespace Heartwood.Lab.Tasks.Tables;

/// <summary>Tells by a file's own bytes what kind of file it is, whatever its name says.</summary>
internal static class Marks
{
    /// <summary>A kind of file that is no table.</summary>
    /// <param name="Name">what it is, with its article</param>
    /// <param name="Move">what to do, given the file's name</param>
    public sealed record Mark(string Name, Func<string, string> Move);

    static readonly UnicodeEncoding utf16 = new(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
        utf16Big = new(true, true, true);
    static readonly UTF32Encoding utf32 = new(bigEndian: false, byteOrderMark: true, throwOnInvalidCharacters: true),
        utf32Big = new(true, true, true);

    static readonly Mark workbook = new("an Excel workbook",
        file => $"Save the sheet as CSV UTF-8 (File, Save As), and give that instead of {file}.");
    static readonly Mark openSheet = new("an OpenDocument spreadsheet",
        file => $"Save the sheet as CSV in UTF-8, and give that: soffice --convert-to csv {file}");
    static readonly Mark zip = new("a zip archive", file => $"Unpack it, and give the file inside: unzip {file}");
    static readonly Mark tar = new("a tar archive", file => $"Unpack it, and give the file inside: tar -xf {file}");
    static readonly Mark html = new("an HTML page",
        _ => "It is what a site shows of a file, or an error of the download: fetch the raw file itself.");
    static readonly Mark largeFile = new("a pointer of Git LFS to a file that was not fetched",
        _ => "Fetch it in its repository: git lfs pull");

    static readonly (int At, byte[] Bytes, Mark Mark)[] known =
    [
        (257, "ustar"u8.ToArray(), tar),
        (0, "7z\xBC\xAF\x27\x1C".Select(c => (byte)c).ToArray(),
            new("a 7z archive", file => $"Unpack it, and give the file inside: 7z x {file}")),
        (0, "Rar!\x1A\x07"u8.ToArray(), new("a rar archive", file => $"Unpack it, and give the file inside: unrar x {file}")),
        (0, [0xFD, .. "7zXZ\0"u8], new("compressed by xz", file => $"Unpack it, and give what comes out: xz -dk {file}")),
        (0, [0x28, 0xB5, 0x2F, 0xFD], new("compressed by zstd", file => $"Unpack it, and give what comes out: zstd -d {file}")),
        (0, [0x04, 0x22, 0x4D, 0x18], new("compressed by lz4", file => $"Unpack it, and give what comes out: lz4 -d {file}")),
        (0, [0x1F, 0x9D], new("compressed by compress", file => $"Unpack it, and give what comes out: uncompress {file}")),
        (0, [0x1F, 0x8B], new("gzip once more", file => $"Unpack it once, and give what comes out: gunzip -k {file}")),
        (0, [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], new("an old Office file (xls)", workbook.Move)),
        (0, "ARROW1"u8.ToArray(), Python("an Arrow (Feather) file", "read_feather")),
        (0, "FEA1"u8.ToArray(), Python("a Feather file", "read_feather")),
        (0, [0xFF, 0xFF, 0xFF, 0xFF],
            new("an Arrow stream", _ => "Save the data set as Parquet in Python: dataset.to_parquet('data.parquet'), and give that.")),
        (0, "ORC"u8.ToArray(), Python("an ORC file", "read_orc")),
        (0, "Obj\x01"u8.ToArray(), new("an Avro file", _ => "Convert it to Parquet, CSV or JSON lines.")),
        (0, "PARE"u8.ToArray(), new("an encrypted Parquet file", _ => "Decrypt it with the program that has its key.")),
        (0, "SQLite format 3\0"u8.ToArray(),
            new("an SQLite database", file => $"Write the table as CSV: sqlite3 -header -csv {file} 'select * from TABLE' > data.csv")),
        (0, [0x89, .. "HDF\r\n"u8], Python("an HDF5 file", "read_hdf")),
        (0, [0x93, .. "NUMPY"u8], new("an array of NumPy", _ => "Write it as a table with text and labels, as CSV or Parquet.")),
        (0, "%PDF-"u8.ToArray(), new("a PDF", file => $"Take its text out, and give that: pdftotext {file}")),
        (0, @"{\rtf"u8.ToArray(), new("a document in rich text", _ => "Save it as plain text in UTF-8.")),
        (0, "version https://git-lfs"u8.ToArray(), largeFile),
    ];

    /// <summary>Whether gzip is to be undone.</summary>
    public static bool IsGzip(ReadOnlySpan<byte> bytes) => bytes is [0x1F, 0x8B, 0x08, ..] && bytes.Length >= 18;

    /// <summary>Whether it is a Parquet file.</summary>
    public static bool IsParquet(ReadOnlySpan<byte> bytes) => bytes.StartsWith("PAR1"u8);

    /// <summary>Whether it is a page of the web, which a table never is and a running text may be.</summary>
    public static Mark? PageOfTheWeb(ReadOnlySpan<byte> bytes)
    {
        string head = System.Text.Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, 200)])
            .TrimStart('\u00EF', '\u00BB', '\u00BF', ' ', '\r', '\n', '\t');
        return head.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || head.StartsWith("<html", StringComparison.OrdinalIgnoreCase) ? html : null;
    }

    /// <summary>The kind of a file that is not read; null where nothing speaks against a table.</summary>
    public static Mark? Unreadable(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("PK\x03\x04"u8) || bytes.StartsWith("PK\x05\x06"u8)) return InZip(bytes);
        foreach (var (at, mark, kind) in known)
            if (bytes.Length >= at + mark.Length && bytes[at..].StartsWith(mark)) return kind;
        if (bytes is [(byte)'B', (byte)'Z', (byte)'h', >= (byte)'1' and <= (byte)'9', 0x31, 0x41, 0x59, 0x26, ..])
            return new("compressed by bzip2", file => $"Unpack it, and give what comes out: bunzip2 -k {file}");
        return bytes is [0x80, >= 2 and <= 5, ..] ? Python("a pickle, which may hold programs and is not opened", "read_pickle") : null;
    }

    /// <summary>
    /// The encoding that a byte order mark tells, of UTF-16 and UTF-32; it throws at bytes that are none. Null for others.
    /// </summary>
    public static Encoding? Encoding(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xFF, 0xFE, 0, 0, ..] when bytes.Length % 4 == 0 => utf32,
        [0, 0, 0xFE, 0xFF, ..] => utf32Big,
        [0xFF, 0xFE, ..] => utf16,
        [0xFE, 0xFF, ..] => utf16Big,
        _ => null,
    };

    /// <summary>"UTF-16" or "UTF-32".</summary>
    public static string NameOf(Encoding encoding) => encoding is UTF32Encoding ? "UTF-32" : "UTF-16";

    static Mark InZip(ReadOnlySpan<byte> bytes) => bytes.IndexOf("xl/workbook"u8) >= 0 ? workbook
        : bytes.IndexOf("opendocument.spreadsheet"u8) >= 0 ? openSheet : zip;

    static Mark Python(string name, string read) => new(name, file =>
        $"Save it as Parquet in Python, and give that: import pandas; pandas.{read}('{file}').to_parquet('data.parquet')");
}
