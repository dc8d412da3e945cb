using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Heartwood.Lab.Json;
using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Evaluation.Predictions;

/// <summary>
/// Writes what models say of rows, one row a line. The file's name says how: <c>.jsonl</c> one JSON object a line, with everything;
/// <c>.csv</c> commas, texts in quotes where they must be (RFC 4180); <c>.tsv</c> tabs, without quotes as GLUE has it, so that a tab or a
/// line's end inside a text becomes a space.
/// </summary>
public static class ExampleFile
{
    /// <summary>How the file is named, for help.</summary>
    public const string Named = "one row a line, as its name says: .jsonl (JSON objects, everything), .csv or .tsv (answer, probabilities, "
        + "figures; in .tsv a tab or a line's end inside a text becomes a space)";

    static readonly JsonSerializerOptions line = new(JsonWriting.Published)
    {
        WriteIndented = false,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Refuses a file that cannot be written, before anything is computed.</summary>
    /// <exception cref="ArgumentException">its name does not say how to write it</exception>
    /// <exception cref="IOException">it is there already, or its folder is not</exception>
    public static void Check(string path)
    {
        string ending = Path.GetExtension(path).ToLowerInvariant();
        if (ending is not (".jsonl" or ".tsv" or ".csv"))
            throw new ArgumentException($"--examples: expected a file named .jsonl, .tsv or .csv, which says how it is written, found "
                + $"'{path}'.");
        if (Path.Exists(path)) throw new IOException($"{path} is there already. Give another name with --examples, or remove it.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            throw new IOException($"There is no folder {folder} for --examples to write into. Make it, or give another.");
    }

    /// <summary>Writes the file.</summary>
    /// <param name="path">the file</param>
    /// <param name="rows">the rows, each with as many answers</param>
    public static void Write(string path, IReadOnlyList<PredictedRow> rows)
    {
        Check(path);
        string text = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".jsonl" => string.Concat(rows.Select(row => JsonSerializer.Serialize(row, line) + "\n")),
            ".csv" => Table(rows, ",", Quoted),
            _ => Table(rows, "\t", Spaced),
        };
        Atomic.WriteFile(Path.GetFullPath(path), stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }

    static string Table(IReadOnlyList<PredictedRow> rows, string between, Func<string, string> cell)
    {
        int models = rows.Count == 0 ? 1 : rows[0].Answers.Count;
        bool compared = rows.Any(row => row.Differ is not null);
        IReadOnlyList<(string Name, Func<RowAnswer, string?> Value)> own = Columns(rows);
        List<string> lines = [string.Join(between, new string[] { "set", "place", "text", "pair", "label", "case" }
            .Concat(compared ? ["differ"] : [])
            .Concat(Enumerable.Range(1, models).SelectMany(m => own.Select(column => models == 1 ? column.Name : $"{m}: {column.Name}")))
            .Select(cell))];
        foreach (PredictedRow row in rows)
            lines.Add(string.Join(between, new[] { row.Set, row.Place, row.Text, row.Pair, row.Label, row.Case }
                .Concat(compared ? [row.Differ is { } differ ? Yes(differ) : null] : [])
                .Concat(row.Answers.SelectMany(answer => own.Select(column => column.Value(answer))))
                .Select(value => cell(value ?? ""))));
        return string.Concat(lines.Select(text => text + "\n"));
    }

    // those that any row has; of sentences that are compared, which differ from row to row, the choice by its place
    static List<(string Name, Func<RowAnswer, string?> Value)> Columns(IReadOnlyList<PredictedRow> rows)
    {
        RowAnswer[] all = [.. rows.SelectMany(row => row.Answers)];
        List<(string, Func<RowAnswer, string?>)> columns = [];
        if (all.Any(a => a.Answer is not null)) columns.Add(("answer", a => a.Answer));
        if (all.Any(a => a.Right is not null)) columns.Add(("right", a => a.Right is { } right ? Yes(right) : null));
        if (all.Any(a => a.Score is not null)) columns.Add(("score", a => Number(a.Score)));
        IReadOnlyList<Choice>[] chosen = [.. all.Select(a => a.Choices).OfType<IReadOnlyList<Choice>>()];
        string[] names = chosen.Length == 0 ? [] : [.. chosen[0].Select(c => c.Name).Order(StringComparer.Ordinal)];
        if (chosen.All(choices => choices.Count == names.Length && choices.All(c => names.Contains(c.Name))))
            foreach (string name in names)
                columns.Add(($"probability of {name}", a => Number(a.Choices?.FirstOrDefault(c => c.Name == name)?.Probability)));
        else columns.Add(("probability of the answer", a => Number(a.Choices?[0].Probability)));
        foreach (string name in all.SelectMany(a => a.Figures?.Keys ?? []).Distinct())
            columns.Add((name, a => a.Figures is { } figures && figures.TryGetValue(name, out double value) ? Number(value) : null));
        foreach (string place in all.SelectMany(a => a.Likeliest ?? []).Select(p => p.Place).Distinct())
        {
            LikelyToken? First(RowAnswer a) => a.Likeliest?.FirstOrDefault(p => p.Place == place)?.Tokens[0];
            columns.AddRange([(place, a => First(a)?.Text), ($"{place}: probability", a => Number(First(a)?.Probability))]);
        }
        return columns;
    }

    static string Yes(bool value) => value ? "yes" : "no";

    static string? Number(double? value) => value is { } number ? number.ToString("R", CultureInfo.InvariantCulture) : null;

    static string Quoted(string text) => text.AsSpan().ContainsAny("\",\r\n") || text != text.Trim()
        ? $"\"{text.Replace("\"", "\"\"")}\"" : text;

    static string Spaced(string text) => text.Replace('\t', ' ').Replace('\n', ' ').Replace('\r', ' ');
}
