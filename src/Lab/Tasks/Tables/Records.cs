using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Heartwood.Lab.Tasks.Tables;

/// <summary>One row of a file before anything is known about its columns.</summary>
/// <param name="Line">the line it begins on, from 1</param>
/// <param name="Cells">its cells; null where a JSON line has no text or number</param>
internal readonly record struct Record(int Line, string?[] Cells);

/// <summary>Takes files apart: tab-separated, comma-separated, JSON lines. LF and CRLF end a line; a byte order mark and empty lines at the end are passed over.</summary>
internal static class Records
{
    /// <summary>The rows of a tab-separated file as GLUE publishes them: no quoting, one line a row.</summary>
    public static IEnumerable<Record> Tabs(byte[] bytes) => Lines(bytes).Select(line => new Record(line.Number, Text(bytes.AsSpan(line.Bytes)).Split('\t')));

    /// <summary>The rows of a comma-separated file (RFC 4180): a cell in double quotes may hold commas, line ends and doubled quotes.</summary>
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
            if (length < 0) throw TableException.At(file, first, "expected a closing double quote for a cell that begins with one, found the end of the file. Close it, or give format=tsv if the file is tab-separated.");
            at += length + 1;
            if (at == end || bytes[at] != '"') break;
            at++;
        }
        ReadOnlySpan<byte> cell = bytes.AsSpan(start..(at - 1));
        line += cell.Count((byte)'\n');
        if (at < end && bytes.AsSpan(at..end) is not ([(byte)',' or (byte)'\n', ..] or [(byte)'\r', (byte)'\n', ..]))
            throw TableException.At(file, line, "expected a comma or a line end after a closing double quote, found something else. Write a double quote inside a cell twice.");
        return Text(cell).Replace("\"\"", "\"");
    }

    /// <summary>The rows of a JSON-lines file; the cells of the first are its names, those of the others its values under these names.</summary>
    /// <exception cref="TableException">a line is no JSON object</exception>
    public static IEnumerable<Record> Json(byte[] bytes, string file)
    {
        string[]? names = null;
        foreach ((int number, Range range) in Lines(bytes))
        {
            JsonElement row = StrictJson.ParseObject(bytes.AsSpan(range), out string found) ?? throw TableException.At(file, number, $"expected a JSON object without duplicate names, found {found} Write one object a line.");
            if (names is null) yield return new(number, names = [.. row.EnumerateObject().Select(item => item.Name)]);
            yield return new(number, [.. names.Select(name => row.TryGetProperty(name, out JsonElement value) ? Cell(value) : null)]);
        }
    }

    static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    static string? Cell(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };

    /// <summary>Refuses bytes that are no UTF-8.</summary>
    /// <exception cref="TableException">names the line and the byte in the file</exception>
    public static void RefuseInvalidText(byte[] bytes, string file)
    {
        if (Utf8.IsValid(bytes)) return;
        int at = 0;
        while (Rune.DecodeFromUtf8(bytes.AsSpan(at), out _, out int length) == System.Buffers.OperationStatus.Done) at += length;
        throw TableException.At(file, 1 + bytes.AsSpan(0, at).Count((byte)'\n'), $"byte {at} (0x{bytes[at]:X2}) is not UTF-8. Convert the file to UTF-8, for example with iconv -f latin1 -t utf-8.");
    }

    static IEnumerable<(int Number, Range Bytes)> Lines(byte[] bytes)
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
