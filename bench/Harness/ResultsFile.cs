using System.Text.Json;

namespace Heartwood.Bench.Harness;

/// <summary>
/// The kept results, bench/results.jsonl, one JSON object a line: for each entry a line that says where and with what it was
/// measured (entry, machine, date, versions), then a line for each of its rows.
/// </summary>
static class ResultsFile
{
    /// <summary>The line before an entry's rows.</summary>
    sealed record Heading(string Entry, string Machine, string Date, SortedDictionary<string, string> Versions);

    /// <summary>Reads the kept results; none where there is no file.</summary>
    /// <exception cref="InvalidDataException">a line is neither, or a row stands below another entry's heading</exception>
    public static IReadOnlyList<EntryResults> Read(string file)
    {
        if (!File.Exists(file)) return [];
        List<(Heading Heading, List<Row> Rows)> entries = [];
        int number = 0;
        foreach (string line in File.ReadLines(file))
        {
            number++;
            Heading? above = entries.Count > 0 ? entries[^1].Heading : null;
            try
            {
                using JsonDocument document = JsonDocument.Parse(line);
                Row? row = document.RootElement.TryGetProperty("size", out _) ? RowBelow(above, document) : null;
                if (row is not null) entries[^1].Rows.Add(row);
                else entries.Add((document.Deserialize<Heading>(Json.Line)!, []));
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                string expected = "an entry's heading (entry, machine, date, versions) or one of its rows (entry, size, threads, …)";
                string next = "Mend the line, or take it away and measure the entry again with --write.";
                throw new InvalidDataException($"{file}, line {number}: expected {expected}; {e.Message} {next}", e);
            }
        }
        return [.. entries.Select(e => new EntryResults(e.Heading.Entry, e.Heading.Machine, e.Heading.Date, e.Heading.Versions, e.Rows))];
    }

    static Row RowBelow(Heading? heading, JsonDocument document)
    {
        Row row = document.Deserialize<Row>(Json.Line)!;
        if (heading is null) throw new JsonException($"found a row of '{row.Entry}' with no heading above it.");
        return row.Entry == heading.Entry ? row
            : throw new JsonException($"found a row of '{row.Entry}' below the heading of '{heading.Entry}'.");
    }

    /// <summary>Writes them, in place of what was there.</summary>
    public static void Write(string file, IReadOnlyList<EntryResults> results) => File.WriteAllText(file, Text(results));

    /// <summary>What <see cref="Write"/> writes.</summary>
    public static string Text(IReadOnlyList<EntryResults> results)
    {
        List<string> lines = [];
        foreach (EntryResults entry in results)
        {
            lines.Add(JsonSerializer.Serialize(new Heading(entry.Entry, entry.Machine, entry.Date, entry.Versions), Json.Line));
            lines.AddRange(entry.Rows.Select(row => JsonSerializer.Serialize(row, Json.Line)));
        }
        return string.Concat(lines.Select(l => l + "\n"));
    }
}
