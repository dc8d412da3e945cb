using System.Globalization;
using System.Text;
using System.Text.Json;
using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace Heartwood.Lab.Tasks.Tables;

/// <summary>
/// Takes a Parquet file apart by Parquet.Net: only the columns that are asked for. Whole numbers that the datasets library wrote for
/// the names of a class become these names.
/// </summary>
internal sealed class ParquetTable
{
    readonly string file;
    readonly Action<string> tell;

    ParquetTable(string file, Action<string> tell) => (this.file, this.tell) = (file, tell);

    /// <summary>The rows of a file; the cells of the first are the columns' names, and its number is 0.</summary>
    /// <param name="bytes">the file's content</param>
    /// <param name="file">its name, for messages</param>
    /// <param name="asked">which columns are asked for, by place; asked after the first record was taken. The other cells are null</param>
    /// <param name="tell">hears what a reader should know of the file</param>
    /// <exception cref="TableException">the file is damaged, or a column that is asked for holds more than one value a row</exception>
    public static IEnumerable<Record> Records(byte[] bytes, string file, Func<IReadOnlyCollection<int>> asked, Action<string> tell)
    {
        ParquetTable table = new(file, tell);
        using ParquetFile open = table.Guarded(() => new ParquetFile(bytes));
        Field[] fields = open.Fields;
        yield return new(0, [.. fields.Select(f => f.Name)]);
        int[] wanted = [.. asked().Where(place => place >= 0).Distinct()];
        IReadOnlyDictionary<string, string[]> names = table.Guarded(() => ClassNames(open.Reader));
        foreach (int place in wanted) table.RefuseNested(fields[place], place);
        int number = 0;
        for (int group = 0; group < open.Groups; group++)
        {
            (string?[]?[] columns, int rows) = table.Guarded(() => table.Group(open, group, fields, wanted, names));
            for (int row = 0; row < rows; row++) yield return new(++number, [.. columns.Select(column => column?[row])]);
        }
    }

    // the library throws whatever comes when a file is damaged: none of it is a statement to the user
    T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not TableException)
        {
            string why = e is InvalidDataException own ? own.Message : $"damage, or a form that is not read ({e.GetType().Name}).";
            throw new TableException($"{file}: expected a Parquet file, as its first bytes say, found {why} "
                + "Fetch or write the file again, or save it as CSV or JSON lines.", e);
        }
    }

    void RefuseNested(Field field, int place)
    {
        if (field is DataField { IsArray: false, MaxRepetitionLevel: 0 }) return;
        string kind = field.SchemaType switch
        {
            SchemaType.List => "lists",
            SchemaType.Map => "maps",
            SchemaType.Struct => "several fields",
            _ => "several values"
        };
        throw new TableException($"{file}: expected one text or number a row in column '{field.Name}' (the {place + 1}th), found {kind}. "
            + "Name another column, or write the part that you mean as a column of its own.");
    }

    (string?[]?[] Columns, int Rows) Group(
        ParquetFile open, int group, Field[] fields, int[] wanted, IReadOnlyDictionary<string, string[]> names)
    {
        using ParquetRowGroupReader reader = open.Reader.OpenRowGroupReader(group);
        int rows = open.RowsOf(reader);
        string?[]?[] columns = new string?[fields.Length][];
        foreach (int place in wanted)
        {
            DataField field = (DataField)fields[place];
            open.Check(reader, field);
            using RawColumnData raw = reader.ReadRawColumnDataBaseAsync(field, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            columns[place] = Cells(raw, field, rows);
            if (!names.TryGetValue(field.Name, out string[]? own)) continue;
            Named(columns[place]!, own);
            if (group == 0) tell($"{file}: the numbers in '{field.Name}' are read as the names that the file has for them: {Listed(own)}.");
        }
        return (columns, rows);
    }

    // {"info": {"features": {"label": {"names": [...], "_type": "ClassLabel"}}}} under the key "huggingface"
    static Dictionary<string, string[]> ClassNames(ParquetReader reader)
    {
        Dictionary<string, string[]> names = [];
        if (reader.CustomMetadata is null || !reader.CustomMetadata.TryGetValue("huggingface", out string? text)) return names;
        if (Json.StrictJson.ParseObject(Encoding.UTF8.GetBytes(text), out _) is not { } root) return names;
        if (!Under(root, "info", out JsonElement info) || !Under(info, "features", out JsonElement features)) return names;
        foreach (JsonProperty feature in features.EnumerateObject())
            if (Under(features, feature.Name, out JsonElement kind)
                && kind.TryGetProperty("_type", out JsonElement type) && type.ValueKind == JsonValueKind.String
                && type.GetString() == "ClassLabel"
                && kind.TryGetProperty("names", out JsonElement list) && list.ValueKind == JsonValueKind.Array
                && list.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String))
                names[feature.Name] = [.. list.EnumerateArray().Select(name => name.GetString()!)];
        return names;

        static bool Under(JsonElement element, string name, out JsonElement inner) =>
            element.TryGetProperty(name, out inner) && inner.ValueKind == JsonValueKind.Object;
    }

    static string Listed(string[] names) =>
        string.Join(", ", names.Take(20).Select((name, number) => $"{number} {name}")) + (names.Length > 20 ? " …" : "");

    // −1 is what the datasets library writes for "no label", and stays
    static void Named(string?[] cells, string[] names)
    {
        for (int i = 0; i < cells.Length; i++)
            if (int.TryParse(cells[i], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < names.Length)
                cells[i] = names[number];
    }

    string?[] Cells(RawColumnData raw, DataField field, int rows)
    {
        return raw switch
        {
            RawColumnData<ReadOnlyMemory<char>> text => Cells(text, v => v.ToString()),
            RawColumnData<ReadOnlyMemory<byte>> text => Cells(text, v => Utf8(v.Span, field)),
            RawColumnData<bool> truth => Cells(truth, v => v ? "true" : "false"),
            RawColumnData<float> number => Cells(number, v => Decimal(v.ToString("R", CultureInfo.InvariantCulture))),
            RawColumnData<double> number => Cells(number, v => Decimal(v.ToString("R", CultureInfo.InvariantCulture))),
            RawColumnData<sbyte> number => Cells(number, Whole),
            RawColumnData<byte> number => Cells(number, Whole),
            RawColumnData<short> number => Cells(number, Whole),
            RawColumnData<ushort> number => Cells(number, Whole),
            RawColumnData<int> number => Cells(number, Whole),
            RawColumnData<uint> number => Cells(number, Whole),
            RawColumnData<long> number => Cells(number, Whole),
            RawColumnData<ulong> number => Cells(number, Whole),
            RawColumnData<decimal> number => Cells(number, Whole),
            RawColumnData<DateTime> time => Cells(time, v => v.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture)),
            RawColumnData<DateOnly> day => Cells(day, v => v.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
            RawColumnData<Guid> id => Cells(id, v => v.ToString()),
            _ => throw new TableException($"{file}: expected texts or numbers in column '{field.Name}', found {field.ClrType.Name}. "
                + "Name another column, or write it as text."),
        };

        // the values of rows that have one stand together; the levels say which rows these are
        string?[] Cells<T>(RawColumnData<T> own, Func<T, string> text) where T : struct
        {
            ReadOnlySpan<int> levels = field.MaxDefinitionLevel > 0 ? own.DefinitionLevels : default;
            ReadOnlySpan<T> values = own.Values;
            string?[] cells = new string?[rows];
            for (int row = 0, value = 0; row < rows; row++)
                if (field.MaxDefinitionLevel == 0 || levels[row] == field.MaxDefinitionLevel) cells[row] = text(values[value++]);
            return cells;
        }
    }

    static string Whole<T>(T number) where T : IFormattable => number.ToString(null, CultureInfo.InvariantCulture);

    // as JSON and CSV have it: a float that is whole still shows what it is
    static string Decimal(string number) => number.AsSpan().TrimStart('-').ContainsAnyExceptInRange('0', '9') ? number : number + ".0";

    string Utf8(ReadOnlySpan<byte> text, DataField field) => System.Text.Unicode.Utf8.IsValid(text) ? Encoding.UTF8.GetString(text)
        : throw new TableException($"{file}: expected text in column '{field.Name}', found bytes that are not UTF-8. "
            + "Name another column, or write it as text.");
}
