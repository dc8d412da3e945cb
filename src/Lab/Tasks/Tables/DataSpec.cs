using System.Globalization;
using System.Text;

namespace Heartwood.Lab.Tasks.Tables;

/// <summary>
/// Which rows of which file, as one word of the command line: <c>FILE[,preset=hans][,text=COL][,cases=a|b][,rows=N] …</c>; a comma inside a
/// name is written twice.
/// </summary>
/// <param name="File">the data file</param>
public sealed record DataSpec(string File)
{
    internal static readonly string[] Keys =
    [
        "preset", "format", "header", "task", "text", "pair", "label", "wrong", "case", "group", "other", "labels",
        "without", "cases", "not-cases", "per-case", "rows", "window", "stride",
    ];

    /// <summary>The layout's name (see <see cref="Tables.Preset.All"/>); null to see from the first line.</summary>
    public string? Preset { get; init; }

    /// <summary>What the rows ask; null to take it from the preset, or labels.</summary>
    public TaskKind? Task { get; init; }

    /// <summary>
    /// "tsv", "csv", "jsonl" or "parquet"; "text" for a file that is one running text, "lines" for one text a line; null to see from the
    /// file.
    /// </summary>
    public string? Format { get; init; }

    /// <summary>
    /// Whether the first line names the columns; null where the preset says, or where columns given by number say that it does not.
    /// </summary>
    public bool? Header { get; init; }

    /// <summary>Columns that are given; others come from the preset.</summary>
    public Columns Columns { get; init; } = new();

    /// <summary>Renames the file's labels.</summary>
    public LabelMap Labels { get; init; } = LabelMap.None;

    /// <summary>No rows of these labels, as the file writes them.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>Only rows of these cases; empty for all.</summary>
    public IReadOnlyList<string> Cases { get; init; } = [];

    /// <summary>No rows of these cases.</summary>
    public IReadOnlyList<string> NotCases { get; init; } = [];

    /// <summary>At most this number of rows of each case, spread evenly over the case's rows.</summary>
    public int? PerCase { get; init; }

    /// <summary>At most this number of rows in all, spread evenly over the rows that are left; of running text, of windows.</summary>
    public int? Rows { get; init; }

    /// <summary>Tokens in a window of running text; null for as many as the model takes.</summary>
    public int? Window { get; init; }

    /// <summary>Tokens between the beginnings of two windows; null for windows that do not overlap.</summary>
    public int? Stride { get; init; }

    /// <summary>Reads a specification.</summary>
    /// <exception cref="FormatException">a key is unknown or given twice, or a value is not one; the message says what there is</exception>
    public static DataSpec Parse(string text)
    {
        IReadOnlyList<string> words = Split(text);
        if (words[0].Length == 0) throw new FormatException($"'{text}' names no file. Write FILE, or FILE,preset=hans.");
        DataSpec spec = new(words[0]);
        HashSet<string> given = [];
        foreach (string word in words.Skip(1))
        {
            int equals = word.IndexOf('=');
            string key = equals < 0 ? word : word[..equals], value = equals < 0 ? "" : word[(equals + 1)..];
            if (!Keys.Contains(key))
                throw new FormatException($"'{word}' in '{text}': there is no key '{key}'.{Nearest.DidYouMean(key, Keys)} "
                    + $"There are: {string.Join(", ", Keys)}. A comma inside a name is written twice.");
            if (value.Length == 0) throw new FormatException($"'{word}' in '{text}' has no value. Write {key}=VALUE.");
            if (!given.Add(key)) throw new FormatException($"'{text}' gives {key} twice. Give it once.");
            spec = spec.With(key, value);
        }
        return spec;
    }

    DataSpec With(string key, string value) => key switch
    {
        "preset" => this with { Preset = Tables.Preset.Named(value).Name },
        "task" => this with { Task = TaskNamed(value) },
        "format" => this with { Format = FormatNamed(value) },
        "header" => this with { Header = IsYes(value) },
        "text" => this with { Columns = Columns with { Text = value } },
        "pair" => this with { Columns = Columns with { Pair = value } },
        "label" => this with { Columns = Columns with { Label = value } },
        "wrong" => this with { Columns = Columns with { Wrong = value } },
        "case" => this with { Columns = Columns with { Case = value } },
        "group" => this with { Columns = Columns with { Group = value } },
        "other" => this with { Columns = Columns with { Other = value } },
        "labels" => this with { Labels = LabelMap.Parse(value) },
        "without" => this with { Without = value.Split('|') },
        "cases" => this with { Cases = value.Split('|') },
        "not-cases" => this with { NotCases = value.Split('|') },
        "per-case" => this with { PerCase = Number(key, value) },
        "window" => this with { Window = Number(key, value) },
        "stride" => this with { Stride = Number(key, value) },
        _ => this with { Rows = Number(key, value) },
    };

    static bool IsYes(string value) => value is "yes" or "no" ? value == "yes"
        : throw new FormatException($"header={value} is neither. Write header=yes or header=no.");

    static string FormatNamed(string value) => value is "tsv" or "csv" or "jsonl" or "parquet" or "text" or "lines" ? value
        : throw new FormatException($"'{value}' is no format. "
            + "Write format=tsv, csv, jsonl or parquet, or of running text format=text or lines.");

    static TaskKind TaskNamed(string name) =>
        Enum.GetNames<TaskKind>().Contains(name, StringComparer.OrdinalIgnoreCase) ? Enum.Parse<TaskKind>(name, ignoreCase: true)
        : throw new FormatException($"'{name}' is no task. Write task=labels, scores, pairs, prompts or text.");

    static int Number(string key, string value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n > 0
        ? n
        : throw new FormatException($"{key}={value} is no number of {(key is "window" or "stride" ? "tokens" : "rows")}. "
            + "Write a whole number from 1.");

    /// <summary>The same with its labels renamed further.</summary>
    public DataSpec Renaming(LabelMap map) => this with { Labels = Labels.Then(map) };

    /// <summary>The specification as <see cref="Parse"/> reads it, keys in a fixed order.</summary>
    public override string ToString()
    {
        string?[] values =
        [
            Preset, Format, Header is bool header ? header ? "yes" : "no" : null, Task?.ToString().ToLowerInvariant(),
            Columns.Text, Columns.Pair, Columns.Label, Columns.Wrong, Columns.Case, Columns.Group, Columns.Other,
            Labels.ToString(), string.Join('|', Without), string.Join('|', Cases), string.Join('|', NotCases), $"{PerCase}", $"{Rows}",
            $"{Window}", $"{Stride}",
        ];
        return Doubled(File) + string.Concat(Keys.Zip(values).Where(pair => !string.IsNullOrEmpty(pair.Second))
            .Select(pair => $",{pair.First}={Doubled(pair.Second!)}"));
    }

    static string Doubled(string text) => text.Replace(",", ",,");

    static List<string> Split(string text)
    {
        List<string> words = [];
        StringBuilder word = new();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != ',' || text.AsSpan(i).StartsWith(",,"))
            {
                word.Append(text[i]);
                if (text[i] == ',') i++;
                continue;
            }
            words.Add(word.ToString());
            word.Clear();
        }
        words.Add(word.ToString());
        return words;
    }
}
