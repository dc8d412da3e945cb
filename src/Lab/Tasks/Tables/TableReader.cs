using System.Globalization;

namespace Heartwood.Lab.Tasks.Tables;

/// <summary>Makes rows of a file's records: finds the columns, renames labels, chooses rows.</summary>
sealed class TableReader(DataSpec spec, IReadOnlyCollection<string>? allowed)
{
    const int MostShown = 20;

    readonly string file = spec.File;
    readonly HashSet<string> seenLabels = [];
    int skipped;

    public (IReadOnlyList<Row> Rows, int Skipped) Read(byte[] bytes)
    {
        Records.RefuseInvalidText(bytes, file);
        string format = Format();
        using IEnumerator<Record> records = (format switch { "tsv" => Records.Tabs(bytes), "csv" => Records.Commas(bytes, file), _ => Records.Json(bytes, file) }).GetEnumerator();
        if (!records.MoveNext()) throw TableException.At(file, 1, "expected rows, found an empty file. Give the file that holds the data.");
        Record first = records.Current;
        Preset preset = Layout(first.Cells);
        bool header = format == "jsonl" || (spec.Header ?? (spec.Columns.Text is null || spec.Preset is not null ? preset.Header : Number(spec.Columns.Text) is null));
        Column[] columns = Find(preset.Columns, first, header);
        List<Row> rows = [];
        for (bool more = !header || records.MoveNext(); more; more = records.MoveNext())
            if (ToRow(records.Current, first.Cells.Length, columns, preset) is Row row) rows.Add(row);
        if (rows.Count == 0) throw TableException.At(file, first.Line, $"expected rows with labels after this line, found none{(skipped > 0 ? $" ({skipped} without an agreed label)" : "")}. Give the file that holds the data.");
        if (spec.Labels.Sources.FirstOrDefault(label => !seenLabels.Contains(label)) is string never)
            throw new TableException($"{file}: labels= renames '{never}', which never occurs. There are: {Shown(seenLabels)}.");
        return (Chosen(rows), skipped);
    }

    string Format() => spec.Format ?? Path.GetExtension(file).ToLowerInvariant() switch
    {
        ".tsv" or ".txt" => "tsv",
        ".csv" => "csv",
        ".jsonl" or ".ndjson" or ".json" => "jsonl",
        var other => throw new TableException($"{file}: expected a name that ends in .tsv, .txt, .csv or .jsonl, found '{other}'. Add format=tsv, format=csv or format=jsonl."),
    };

    /// <summary>The preset that is named or seen, with the columns that are given in place of its own.</summary>
    Preset Layout(string?[] first)
    {
        Preset? preset = spec.Preset is string name ? Preset.Named(name) : spec.Columns.Text is null ? Preset.Detect(first) : new("", new());
        if (preset is null)
            throw TableException.At(file, 1, $"expected the columns of a known layout ({string.Join(", ", Preset.All.Select(p => p.Name))}), found {Shown(first)}. Say which columns are what: text=COLUMN,label=COLUMN and where there are any pair=, case=, group=; by number from 1 where the file has no header.");
        Columns given = spec.Columns, own = preset.Columns;
        return preset with { Columns = new(given.Text ?? own.Text, given.Pair ?? own.Pair, given.Label ?? own.Label, given.Case ?? own.Case, given.Group ?? own.Group) };
    }

    /// <summary>A column by its name for messages and its place; −1 where the task has none.</summary>
    readonly record struct Column(string Name, int Place);

    Column[] Find(Columns columns, Record first, bool header)
    {
        if (header && first.Cells.GroupBy(name => name).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw TableException.At(file, first.Line, $"expected columns with names of their own, found '{twice.Key}' {twice.Count()} times. Rename one; if the line is no header, add header=no and give columns by number.");
        return [Place("text", columns.Text, needed: true), Place("pair", columns.Pair), Place("label", columns.Label, needed: true), Place("case", columns.Case), Place("group", columns.Group)];

        Column Place(string role, string? name, bool needed = false)
        {
            if (name is null) return needed ? throw TableException.At(file, first.Line, $"expected a column for the {role}, none is given. Add {role}=COLUMN; there are: {Shown(first.Cells)}.") : new(role, -1);
            if (header && Array.IndexOf(first.Cells, name) is >= 0 and int place) return new(name, place);
            if (Number(name) is >= 1 and int number && number <= first.Cells.Length) return new(name, number - 1);
            throw TableException.At(file, first.Line, header
                ? $"expected a column '{name}' for the {role}, found {Shown(first.Cells)}. Nearest: '{Nearest.Of(name, first.Cells.OfType<string>())}'. Add {role}=COLUMN."
                : $"expected a column '{name}' for the {role}, found {first.Cells.Length} columns without header. Give {role}= as a number from 1 to {first.Cells.Length}, or add header=yes.");
        }
    }

    Row? ToRow(Record record, int width, Column[] columns, Preset preset)
    {
        if (record.Cells.Length != width)
        {
            if (preset.SkipShort && record.Cells.Length < width) return Skip();
            throw TableException.At(file, record.Line, $"expected {width} columns as in the first line, found {record.Cells.Length}. Correct the line{(record.Cells.Length == 1 && record.Cells[0] == "" ? ": it is empty" : "")}.");
        }
        string label = Cell(columns[2])!;
        if (preset.Skip?.Contains(label) ?? false) return Skip();
        if (label.Length == 0) throw TableException.At(file, record.Line, $"expected a label in column '{columns[2].Name}', found nothing. Give a file with labels.");
        seenLabels.Add(label);
        string renamed = spec.Labels[label];
        if (allowed is not null && !allowed.Contains(renamed))
            throw TableException.At(file, record.Line, $"expected a label among {Shown(allowed)}, found '{renamed}'. Nearest: '{Nearest.Of(renamed, allowed)}'. Correct the line, or rename labels with labels={renamed}>LABEL.");
        return new(Cell(columns[0])!, Cell(columns[1]), renamed, Cell(columns[3]) ?? "", Cell(columns[4]) ?? "");

        string? Cell(Column column) => column.Place < 0 ? null : record.Cells[column.Place]
            ?? throw TableException.At(file, record.Line, $"expected text in '{column.Name}', found none. Correct the line.");
    }

    static int? Number(string column) => int.TryParse(column, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    Row? Skip()
    {
        skipped++;
        return null;
    }

    IReadOnlyList<Row> Chosen(List<Row> rows)
    {
        HashSet<string> cases = [.. rows.Select(row => row.Case)];
        if (spec.Cases.Concat(spec.NotCases).FirstOrDefault(name => !cases.Contains(name)) is string unknown)
            throw new TableException($"{file}: there is no case '{unknown}'. {(cases.SetEquals([""]) ? "The file has no cases: add case=COLUMN." : $"There are: {Shown(cases)}. Nearest: '{Nearest.Of(unknown, cases)}'.")}");
        IEnumerable<Row> left = rows.Where(row => (spec.Cases.Count == 0 || spec.Cases.Contains(row.Case)) && !spec.NotCases.Contains(row.Case));
        if (spec.PerCase is int perCase)
        {
            HashSet<Row> spread = new(left.GroupBy(row => row.Case).SelectMany(same => Spread([.. same], perCase)), ReferenceEqualityComparer.Instance);
            left = left.Where(spread.Contains);
        }
        IReadOnlyList<Row> chosen = Spread([.. left], spec.Rows ?? int.MaxValue);
        return chosen.Count > 0 ? chosen : throw new TableException($"{file}: cases= and not-cases= leave no row. Name other cases; there are: {Shown(cases)}.");
    }

    /// <summary>At most <paramref name="count"/> of the rows, evenly spread: a file's neighbours are alike.</summary>
    static IReadOnlyList<Row> Spread(Row[] rows, int count) => rows.Length <= count ? rows : [.. Enumerable.Range(0, count).Select(i => rows[(long)i * rows.Length / count])];

    static string Shown(IEnumerable<string?> names)
    {
        string[] all = [.. names.Select(name => name is { Length: > 60 } ? name[..60] + "…" : $"{name}")];
        return string.Join(", ", all.Take(MostShown)) + (all.Length > MostShown ? $" and {all.Length - MostShown} more" : "");
    }
}
