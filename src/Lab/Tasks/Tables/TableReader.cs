using System.Globalization;

namespace Heartwood.Lab.Tasks.Tables;

/// <summary>Makes rows of a file's records: finds the columns, renames labels, chooses rows.</summary>
sealed class TableReader(DataSpec spec, IReadOnlyCollection<string>? allowed, RowReading? how = null)
{
    const int MostShown = 20;

    readonly string file = spec.File;
    readonly RowReading reading = how ?? RowReading.Usual;
    LabelColumn? labelled;
    string unit = "line";
    int skipped;

    /// <summary>See <see cref="Table.Notes"/>.</summary>
    public IReadOnlyList<string> Notes => [.. skipped > 0 ? [Torn] : (string[])[], .. labelled?.Notes ?? []];

    string Torn =>
        $"{file}: {skipped:N0} "
            + $"{(skipped == 1 ? "row with fewer columns than the first line is" : "rows with fewer columns than the first line are")} "
            + "left out, as published loaders do.";

    /// <summary>See <see cref="Table.Labels"/>.</summary>
    public IReadOnlyList<string> Labels => labelled?.Labels ?? [];

    /// <summary>See <see cref="Table.LabelledRows"/>.</summary>
    public int LabelledRows => labelled?.Rows ?? 0;

    /// <summary>See <see cref="Table.LabelColumn"/>.</summary>
    public string LabelName { get; private set; } = "";

    public (IReadOnlyList<Row> Rows, int Skipped, TaskKind Task) Read(DataFile data, Action<string> tell)
    {
        byte[] bytes = data.Content;
        string format = Format(data);
        if (format != "parquet") Records.RefuseInvalidText(bytes, file);
        if (format is "text" or "lines") return (Chosen(Texts(bytes, format), text: true), 0, TaskKind.Text);
        if (Marks.PageOfTheWeb(bytes) is { } page) throw new TableException($"{file}: {page.Name}, not a table. {page.Move(file)}");
        unit = format == "parquet" ? "row" : "line";
        Column[] columns = [];
        using IEnumerator<Record> records = (format switch
        {
            "tsv" => Records.Tabs(bytes),
            "csv" => Records.Commas(bytes, file),
            "parquet" => ParquetTable.Records(bytes, file, () => [.. columns.Select(c => c.Place)], tell),
            _ => JsonRecords.Read(bytes, file),
        }).GetEnumerator();
        if (!records.MoveNext()) throw TableException.At(file, 1, "expected rows, found an empty file. Give the file that holds the data.");
        Record first = records.Current;
        Preset preset = Layout(first.Cells);
        bool header = format is "jsonl" or "parquet"
            || (spec.Header ?? (spec.Columns.Text is null || spec.Preset is not null ? preset.Header : Number(spec.Columns.Text) is null));
        columns = Find(preset, first, header);
        if (HasLabels(preset.Task) && columns[2].Place >= 0)
            labelled = new(spec, preset, LabelName = columns[2].Name, reading.Labels == LabelUse.Optional);
        List<Row> rows = [];
        for (bool more = !header || records.MoveNext(); more; more = records.MoveNext())
            if (ToRow(records.Current, first.Cells.Length, columns, preset) is Row row)
                rows.Add(row with { Place = new(file, records.Current.Line, unit) });
        if (rows.Count == 0)
        {
            string where = unit == "row" ? "in it" : "after this line", what = preset.Task == TaskKind.Labels ? "with labels " : "";
            throw TableException.At(At(first), $"expected rows {what}{where}, found none. Give the file that holds the data.");
        }
        if (labelled is null && spec.Labels.Sources.Count + spec.Without.Count > 0)
            throw new TableException($"{file}: {(spec.Without.Count > 0 ? "without= leaves out" : "labels= renames")} labels, "
                + (HasLabels(preset.Task) ? "and none are read. Leave it out."
                    : $"and its rows ask for {preset.Task.ToString().ToLowerInvariant()}. Leave it out."));
        TaskKind task = labelled?.Settle(rows) ?? preset.Task;
        return (Chosen(rows, task == TaskKind.Text), skipped + (labelled?.LeftOut ?? 0), task);
    }

    // one text, or one a line; the file is their case
    List<Row> Texts(byte[] bytes, string format)
    {
        if (spec.Task is { } task and not TaskKind.Text
            || spec.Preset is { } preset && Preset.Named(preset).Task != TaskKind.Text
            || spec.Columns != new Columns() || spec.Labels.Sources.Count + spec.Without.Count > 0 || spec.Header is not null)
            throw new TableException($"{file}: format={format} is running text, without columns, header or labels. Leave out other tasks' "
                + "keys, or give format=tsv, csv or jsonl.");
        if (spec.Cases.Count + spec.NotCases.Count > 0 || (spec.PerCase is not null && format == "text"))
            throw new TableException($"{file}: {(spec.PerCase is not null ? "per-case=" : spec.Cases.Count > 0 ? "cases=" : "not-cases=")} "
                + "chooses by cases, and a file of running text is one case. Leave it out; rows=N takes N windows of it.");
        string text = System.Text.Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF');
        IEnumerable<string> pieces = format == "text" ? [text] : text.Split('\n').Select(line => line.TrimEnd('\r'));
        Row[] rows = [.. pieces.Select((t, i) => new Row(t, null, "", Path.GetFileName(file)) { Place = new(file, i + 1, "line") })
            .Where(row => !string.IsNullOrWhiteSpace(row.Text))];
        return rows.Length > 0 ? [.. rows]
            : throw TableException.At(file, 1, "expected text, found none. Give the file that holds the data.");
    }

    // a .txt file is running text unless it has tabs, or columns are named
    string Format(DataFile data)
    {
        byte[] bytes = data.Content;
        if (!Marks.IsParquet(bytes))
            return spec.Format != "parquet" ? spec.Format ?? FormatByName(data.Name, bytes)
                : throw new TableException($"{file}: expected a Parquet file, found one that does not begin as they do (PAR1). "
                    + "Leave out format=parquet, or give tsv, csv or jsonl.");
        return spec.Format is null or "parquet" ? "parquet"
            : throw new TableException($"{file}: expected {spec.Format}, found a Parquet file. Leave out format={spec.Format}.");
    }

    string FormatByName(string name, byte[] bytes) => Path.GetExtension(name).ToLowerInvariant() switch
    {
        ".txt" when spec is { Preset: null or "text", Task: null or TaskKind.Text, Columns.Text: null, Header: null }
            && !bytes.AsSpan(0, Math.Max(0, bytes.AsSpan().IndexOf((byte)'\n'))).Contains((byte)'\t') => reading.ByLines ? "lines" : "text",
        ".tsv" or ".txt" => "tsv",
        ".csv" => "csv",
        ".jsonl" or ".ndjson" or ".json" => "jsonl",
        _ when spec is { Task: TaskKind.Text, Columns.Text: null, Header: null } => "text",
        var other => throw new TableException($"{file}: expected a name that ends in .tsv, .txt, .csv or .jsonl "
            + $"(or any name of a Parquet file), found '{other}'. Add format=tsv, format=csv or format=jsonl, "
            + "or if it is running text task=text."),
    };

    /// <summary>The preset that is named or seen, with the columns that are given in place of its own.</summary>
    Preset Layout(string?[] first)
    {
        Preset? preset = spec.Preset is string name ? Preset.Named(name)
            : spec.Columns.Text is null
                ? Preset.Detect(first) ?? (reading.Labels == LabelUse.Needed ? null : Preset.DetectWithoutLabels(first))
            : new("", new());
        if (preset is null)
            throw TableException.At(new RowPlace(file, unit == "row" ? 0 : 1, unit),
                $"expected the columns of a known layout ({string.Join(", ", Preset.All.Select(p => p.Name))}), "
                    + $"found {Shown(Named(first))}. "
                    + "Say which columns are what: text=COLUMN,label=COLUMN and where there are any pair=, case=, group=, other=; "
                    + "by number from 1 where the file has no header. "
                    + "What the rows ask: task=labels, scores (label= the score), pairs (text= good, pair= bad), "
                    + "prompts (label= answer, wrong=, pair= corrupted) or text.");
        if (spec.Task is { } task && spec.Preset is not null && preset.Task != task && !(HasLabels(task) && HasLabels(preset.Task)))
            throw new TableException($"{file}: preset={preset.Name} is of {preset.Task.ToString().ToLowerInvariant()}, "
                + $"task={task.ToString().ToLowerInvariant()} asks for another. Leave one of the two out.");
        Columns given = spec.Columns, own = preset.Columns;
        return preset with
        {
            Task = spec.Task ?? preset.Task,
            Columns = new(given.Text ?? own.Text, given.Pair ?? own.Pair, given.Label ?? preset.LabelIn(first),
                given.Case ?? own.Case, given.Group ?? own.Group, given.Wrong ?? own.Wrong)
            { Other = given.Other },
        };
    }

    static bool HasLabels(TaskKind task) => task is TaskKind.Labels or TaskKind.Scores;

    /// <summary>A column by its name for messages and its place; −1 where the task has none.</summary>
    readonly record struct Column(string Name, int Place);

    Column[] Find(Preset preset, Record first, bool header)
    {
        Columns columns = preset.Columns;
        bool answers = preset.Task == TaskKind.Prompts && preset.Derive is null;
        if (columns.Other is not null && !HasLabels(preset.Task))
            throw new TableException($"{file}: other= names another text of rows with labels or scores; rows of "
                + $"{preset.Task.ToString().ToLowerInvariant()} have no place for one "
                + "(prompts and pairs have their own: pair=). Leave it out.");
        return
        [
            Place("text", columns.Text, needed: true), Place("pair", columns.Pair, needed: preset.Task == TaskKind.Pairs),
            HasLabels(preset.Task) && reading.Labels != LabelUse.Needed ? LabelPlace()
                : Place("label", columns.Label, needed: HasLabels(preset.Task) || answers),
            Place("case", columns.Case), Place("group", columns.Group), Place("wrong", columns.Wrong, needed: answers),
            Place("other", columns.Other),
        ];

        // a column that the user names must be there, one that the layout usually has need not
        Column LabelPlace() => reading.Labels == LabelUse.Ignored
            || (spec.Columns.Label is null && header && columns.Label is { } usual && !first.Cells.Contains(usual))
            ? new("label", -1) : Place("label", columns.Label);

        Column Place(string role, string? name, bool needed = false)
        {
            if (name is null)
                return needed ? throw TableException.At(At(first), $"expected a column for the {role}, none is given. Add {role}=COLUMN"
                    + $"{(preset.Task == TaskKind.Labels ? ", or say what else the rows ask: task=pairs, task=prompts or task=text" : "")}"
                    + $"; there are: {Shown(Named(first.Cells))}.") : new(role, -1);
            int times = header ? first.Cells.Count(cell => cell == name) : 0;
            if (times > 1)
                throw TableException.At(At(first),
                    $"expected columns with names of their own, found '{name}' {times} times, and it is asked for as the {role}. "
                        + $"Rename one, or give {role}= by number from 1; if the line is no header, add header=no.");
            if (times == 1) return new(name, Array.IndexOf(first.Cells, name));
            if (Number(name) is >= 1 and int number && number <= first.Cells.Length) return new(name, number - 1);
            throw TableException.At(At(first), header
                ? $"expected a column '{name}' for the {role}, found {Shown(Named(first.Cells))}."
                    + $"{Nearest.DidYouMean(name, first.Cells.OfType<string>())} Add {role}=COLUMN."
                : $"expected a column '{name}' for the {role}, found {first.Cells.Length} columns without header. "
                    + $"Give {role}= as a number from 1 to {first.Cells.Length}, or add header=yes.");
        }
    }

    Row? ToRow(Record record, int width, Column[] columns, Preset preset)
    {
        if (record.Cells.Length != width)
        {
            if (preset.SkipShort && record.Cells.Length < width) return Skip();
            throw TableException.At(At(record),
                $"expected {width} columns as in the first line, found {record.Cells.Length}. "
                    + $"Correct the {unit}{(record.Cells.Length == 1 && record.Cells[0] == "" ? ": it is empty" : "")}.");
        }
        if (labelled is null)
            return Whole(new(Cell(columns[0])!, Cell(columns[1]), Cell(columns[2]) ?? "", Cell(columns[3]) ?? "",
                Cell(columns[4]) ?? "", Cell(columns[5]) ?? "")
            { Other = Cell(columns[6]) });
        string label = Cell(columns[2])!;
        if (label.Length == 0 && reading.Labels == LabelUse.Needed)
            throw TableException.At(At(record), $"expected a label in column '{columns[2].Name}', found nothing. Give a file with labels.");
        string renamed = label.Length == 0 ? "" : labelled.Renamed(label);
        if (label.Length == 0 || labelled.Leaves(label))
            return new(Cell(columns[0])!, Cell(columns[1]), label, Cell(columns[3]) ?? "", Cell(columns[4]) ?? "");
        if (preset.Task == TaskKind.Scores && Regression.Parse(renamed) is null)
            throw TableException.At(At(record), $"expected a score, a number, in column '{columns[2].Name}', found '{renamed}'. "
                + $"Correct the {unit}, give the scores' column with label=COLUMN, or leave such rows out with without={renamed}.");
        if (allowed is not null && !allowed.Contains(renamed))
            throw TableException.At(At(record),
                $"expected a label among {Shown(allowed)}, found '{renamed}'.{Nearest.DidYouMean(renamed, allowed)} "
                    + $"Correct the {unit}, or rename labels with labels={renamed}>LABEL.");
        return new(Cell(columns[0])!, Cell(columns[1]), renamed, Cell(columns[3]) ?? "", Cell(columns[4]) ?? "")
        { Other = Cell(columns[6]) };

        Row Whole(Row row)
        {
            try { row = preset.Derive?.Invoke(row) ?? row; }
            catch (FormatException e)
            {
                throw TableException.At(At(record), $"{e.Message}. Correct the {unit}, "
                    + "or say with task=, text=, label= and wrong= which columns are what.");
            }
            return preset.Task != TaskKind.Prompts || (row.Label != "" && row.Wrong != "") || preset.Derive is not null ? row
                : throw TableException.At(At(record), $"expected an answer and a wrong one in '{columns[2].Name}' and '{columns[5].Name}', "
                    + $"found nothing. Correct the {unit}.");
        }

        string? Cell(Column column) => column.Place < 0 ? null : record.Cells[column.Place]
            ?? throw TableException.At(At(record), $"expected text in '{column.Name}', found none. Correct the {unit}.");
    }

    RowPlace At(Record record) => new(file, record.Line, unit);

    static int? Number(string column) =>
        int.TryParse(column, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    Row? Skip()
    {
        skipped++;
        return null;
    }

    IReadOnlyList<Row> Chosen(List<Row> rows, bool text)
    {
        HashSet<string> cases = [.. rows.Select(row => row.Case)];
        if (spec.Cases.Concat(spec.NotCases).FirstOrDefault(name => !cases.Contains(name)) is string unknown)
            throw new TableException($"{file}: there is no case '{unknown}'." + (cases.SetEquals([""])
                ? " The file has no cases: add case=COLUMN."
                : $"{Nearest.DidYouMean(unknown, cases)} There are: {Shown(cases)}."));
        IEnumerable<Row> left = rows.Where(row => (spec.Cases.Count == 0 || spec.Cases.Contains(row.Case))
            && !spec.NotCases.Contains(row.Case));
        if (spec.PerCase is int perCase)
        {
            HashSet<Row> spread = new(left.GroupBy(row => row.Case).SelectMany(same => Spread([.. same], perCase)),
                ReferenceEqualityComparer.Instance);
            left = left.Where(spread.Contains);
        }
        // of running text the windows are counted
        IReadOnlyList<Row> chosen = Spread([.. left], text ? int.MaxValue : spec.Rows ?? int.MaxValue);
        return chosen.Count > 0 ? chosen
            : throw new TableException($"{file}: cases= and not-cases= leave no row. Name other cases; there are: {Shown(cases)}.");
    }

    /// <summary>At most <paramref name="count"/> of the rows, evenly spread: a file's neighbours are alike.</summary>
    static IReadOnlyList<Row> Spread(Row[] rows, int count) =>
        rows.Length <= count ? rows : [.. Enumerable.Range(0, count).Select(i => rows[(long)i * rows.Length / count])];

    static IEnumerable<string?> Named(string?[] cells) => cells.Select((name, i) => string.IsNullOrEmpty(name) ? $"column {i + 1}" : name);

    static string Shown(IEnumerable<string?> names)
    {
        string[] all = [.. names.Select(name => name is { Length: > 60 } ? name[..60] + "…" : $"{name}")];
        return string.Join(", ", all.Take(MostShown)) + (all.Length > MostShown ? $" and {all.Length - MostShown} more" : "");
    }
}
