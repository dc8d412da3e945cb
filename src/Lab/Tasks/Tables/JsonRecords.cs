using System.Text.Json;
using Heartwood.Lab.Json;

namespace Heartwood.Lab.Tasks.Tables;

/// <summary>Takes JSON apart: one object a line, blank lines passed over, or one list of objects.</summary>
internal static class JsonRecords
{
    const int MostLevels = 64;

    /// <summary>
    /// The rows of a file; the cells of the first are the first object's names, those of the others the values under these names.
    /// </summary>
    /// <exception cref="TableException">a line or an item is no JSON object</exception>
    public static IEnumerable<Record> Read(byte[] bytes, string file)
    {
        string[]? names = null;
        foreach ((int line, Range range) in IsList(bytes) ? Items(bytes, file) : Records.Lines(bytes))
        {
            if (bytes.AsSpan(range).Trim(" \t\r"u8).IsEmpty) continue;
            JsonElement row = StrictJson.ParseObject(bytes.AsSpan(range), out string found)
                ?? throw TableException.At(file, line,
                    $"expected a JSON object without duplicate names, found {found} {Move(bytes, range, file)}");
            if (names is null) yield return new(line, names = [.. row.EnumerateObject().Select(item => item.Name)]);
            yield return new(line, [.. names.Select(name => row.TryGetProperty(name, out JsonElement value) ? Cell(value) : null)]);
        }
    }

    static bool IsList(byte[] bytes) =>
        bytes.AsSpan(bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0).TrimStart(" \t\r\n"u8) is [(byte)'[', ..]
        && !IsListOfValues(bytes);

    // [1, 2] on each line is JSON lines of something else than objects, and is refused as that
    static bool IsListOfValues(byte[] bytes) =>
        bytes.AsSpan(bytes.AsSpan().IndexOf((byte)'[') + 1).TrimStart(" \t\r\n"u8) is not [(byte)'{' or (byte)']', ..];

    // where each item of a list stands, and on which line it begins
    static List<(int Line, Range Bytes)> Items(byte[] bytes, string file)
    {
        int start = bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0, line = 1, counted = 0;
        ReadOnlySpan<byte> text = bytes.AsSpan(start);
        List<(int, Range)> items = [];
        Utf8JsonReader reader = new(text, new JsonReaderOptions { MaxDepth = MostLevels + 1 });
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                int from = (int)reader.TokenStartIndex;
                line += text[counted..from].Count((byte)'\n');
                counted = from;
                reader.Skip();
                items.Add((line, (start + from)..(start + (int)reader.BytesConsumed)));
            }
            while (reader.Read()) { }
        }
        catch (JsonException e)
        {
            string found = JsonFault.InWords(text, e, MostLevels + 1);
            throw TableException.At(file, line,
                $"expected the list of JSON objects that the file begins, found {found} Correct it, or write one object a line.");
        }
        return items;
    }

    static string Move(byte[] bytes, Range range, string file) =>
        bytes.AsSpan(range).Trim(" \t\r\n"u8) is [(byte)'{'] or [(byte)'{', .., (byte)',']
        ? $"Write one object a line: jq -c . {file} > lines.jsonl (of a list within an object: jq -c '.NAME[]')."
        : "Write one object a line.";

    static string? Cell(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };
}
