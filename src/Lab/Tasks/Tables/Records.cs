using System.Text;
using System.Text.Unicode;

namespace Heartwood.Lab.Tasks.Tables;

/// <summary>One row of a file before anything is known about its columns.</summary>
/// <param name="Line">the line it begins on, from 1; of Parquet the number of the row</param>
/// <param name="Cells">its cells; null where a JSON line or a row of Parquet has no text or number</param>
internal readonly record struct Record(int Line, string?[] Cells);

/// <summary>
/// Takes files apart: tab-separated, comma-separated. LF and CRLF end a line; a byte order mark and empty lines at the end are passed over.
/// </summary>
internal static class Records
{
    /// <summary>The rows of a tab-separated file as GLUE publishes them: no quoting, one line a row.</summary>
    public static IEnumerable<Record> Tabs(byte[] bytes) =>
        Lines(bytes).Select(line => new Record(line.Number, Text(bytes.AsSpan(line.Bytes)).Split('\t')));

    /// <summary>
    /// The rows of a comma-separated file (RFC 4180): a cell in double quotes may hold commas, line ends and doubled quotes.
    /// </summary>
    /// <exception cref="TableException">a quote is not closed, or something follows one that is</exception>
    public static IEnumerable<Record> Commas(byte[] bytes, string file)
    {
        (int at, int end) = Bounds(bytes);
        int line = 1;
        List<string> cells = [];
        for (int first = line; at < end; first = line)
        {
            cells.Clear();
            do
            {
                cells.Add(at < end && bytes[at] == '"' ? Quoted(bytes, ref at, end, ref line, file) : Plain(bytes, ref at, end));
            }
            while (at < end && bytes[at] == ',' && at++ < end);
            at += at + 1 < end && bytes[at] == '\r' ? 2 : 1;
            line++;
            yield return new(first, [.. cells]);
        }
    }

    static string Plain(byte[] bytes, ref int at, int end)
    {
        ReadOnlySpan<byte> rest = bytes.AsSpan(at..end);
        int length = rest.IndexOfAny(",\n"u8);
        if (length < 0) length = rest.Length;
        if (length > 0 && rest[length - 1] == '\r' && (length == rest.Length || rest[length] == '\n')) length--;
        at += length;
        return Text(rest[..length]);
    }

    static string Quoted(byte[] bytes, ref int at, int end, ref int line, string file)
    {
        int first = line, start = ++at;
        while (true)
        {
            int length = bytes.AsSpan(at..end).IndexOf((byte)'"');
            if (length < 0)
                throw TableException.At(file, first, "expected a closing double quote for a cell that begins with one, found the end of "
                    + "the file. Close it, or give format=tsv if the file is tab-separated.");
            at += length + 1;
            if (at == end || bytes[at] != '"') break;
            at++;
        }
        ReadOnlySpan<byte> cell = bytes.AsSpan(start..(at - 1));
        line += cell.Count((byte)'\n');
        if (at < end && bytes.AsSpan(at..end) is not ([(byte)',' or (byte)'\n', ..] or [(byte)'\r', (byte)'\n', ..]))
            throw TableException.At(file, line, "expected a comma or a line end after a closing double quote, found something else. Write "
                + "a double quote inside a cell twice.");
        return Text(cell).Replace("\"\"", "\"");
    }

    static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    /// <summary>Refuses bytes that are no text in UTF-8, with the move for what they are instead.</summary>
    /// <exception cref="TableException">names the line and the byte in the file</exception>
    public static void RefuseInvalidText(ReadOnlySpan<byte> bytes, string file)
    {
        int zero = bytes.IndexOf((byte)0);
        if (zero >= 0)
        {
            ReadOnlySpan<byte> head = bytes[..Math.Min(bytes.Length, 4096)];
            int[] zeros = [0, 0];
            for (int i = 0; i < head.Length; i++)
                if (head[i] == 0) zeros[i % 2]++;
            bool wide = Math.Max(zeros[0], zeros[1]) > head.Length / 8 && Math.Min(zeros[0], zeros[1]) <= Math.Max(zeros[0], zeros[1]) / 4;
            throw TableException.At(file, LineOf(bytes, zero), wide
                ? "every other byte is 0, as in UTF-16 without a byte order mark. "
                    + $"Convert it: iconv -f utf-16{(zeros[1] > zeros[0] ? "le" : "be")} -t utf-8 {file} > FILE"
                : $"byte {zero} is 0, which no text holds: this is a file of another kind. "
                    + "Give a table (tab- or comma-separated, JSON lines, Parquet) or running text.");
        }
        if (Utf8.IsValid(bytes)) return;
        int at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out int length) == System.Buffers.OperationStatus.Done) at += length;
        // 0x80 to 0x9F are letters and quotes in Windows' encoding only
        string encoding = bytes[at..].IndexOfAnyInRange((byte)0x80, (byte)0x9F) >= 0 && bytes[at] < 0xC0 ? "windows-1252" : "latin1";
        throw TableException.At(file, LineOf(bytes, at),
            $"byte {at} (0x{bytes[at]:X2}) is not UTF-8. Convert the file to UTF-8 from the encoding that it has, "
            + $"for example (if it is Western European) iconv -f {encoding} -t utf-8 {file} > FILE");
    }

    static int LineOf(ReadOnlySpan<byte> bytes, int at) => 1 + bytes[..at].Count((byte)'\n');

    /// <summary>Where the lines stand.</summary>
    internal static IEnumerable<(int Number, Range Bytes)> Lines(byte[] bytes)
    {
        (int at, int end) = Bounds(bytes);
        for (int number = 1; at < end; number++)
        {
            int length = bytes.AsSpan(at..end).IndexOf((byte)'\n'), next = length < 0 ? end : at + length;
            yield return (number, at..(next > at && bytes[next - 1] == '\r' ? next - 1 : next));
            at = next + 1;
        }
    }

    /// <summary>Where the text begins, after a byte order mark, and ends, before empty lines.</summary>
    static (int Start, int End) Bounds(byte[] bytes)
    {
        int start = bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0, end = bytes.Length;
        while (end > start && bytes[end - 1] is (byte)'\n' or (byte)'\r') end--;
        return (start, end);
    }
}
