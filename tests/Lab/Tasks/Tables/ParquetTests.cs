using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Tests.Lab.Checkpoints;
using Parquet;
using Parquet.Schema;

namespace Heartwood.Tests.Lab.Tasks.Tables;

/// <summary>
/// Parquet files as Arrow's C++ library writes them (through ParquetSharp), which is what pandas and the datasets library write with;
/// goldens/parquet/README.md says how.
/// </summary>
public sealed class ParquetTests
{
    static string Golden(string name) => Files.Golden($"parquet/nli-{name}.parquet");

    static Table Read(string spec) => Table.Read(DataSpec.Parse(spec));

    static string Refused(string spec) => Assert.Throws<TableException>(() => Read(spec)).Message;

    [Theory, InlineData("snappy"), InlineData("gzip"), InlineData("zstd"), InlineData("plain"), InlineData("brotli")]
    public void Rows_are_the_same_whatever_packs_the_pages(string codec)
    {
        Table table = Read($"{Golden(codec)},text=premise,label=label,case=idx,without=-1");
        Assert.Equal(
            [
                new Row("the old doctor saw the nurse .", null, "entailment", "0"),
                new Row("the king met the queen .", null, "contradiction", "1"),
                new Row("ein Käse — naïve", null, "neutral", "2"),
                new Row("the king met the queen .", null, "neutral", "3"), new Row("e", null, "entailment", "5"),
            ], table.Rows);
        Assert.Equal(["row 1", "row 2", "row 3", "row 4", "row 6"], table.Rows.Select(r => r.Place.InFile));
    }

    [Fact]
    public void Names_of_a_class_are_read_from_the_file_and_said_once()
    {
        IReadOnlyList<string> notes = Read($"{Golden("gzip")},text=premise,label=label,without=-1").Notes;
        Assert.Equal(2, notes.Count);
        Assert.EndsWith(
            "nli-gzip.parquet: the numbers in 'label' are read as the names that the file has for them: "
                + "0 entailment, 1 neutral, 2 contradiction.", notes[0]);
        Assert.EndsWith("1 of 6 rows is left out, whose label is '-1' (without=).", notes[1]);
        Assert.Empty(Read($"{Golden("gzip")},text=premise,label=idx").Notes);
    }

    [Fact]
    public void Numbers_and_truth_values_are_written_as_json_has_them()
    {
        Assert.Equal(["0.0", "1.5", "2.0", "-0.25", "1E-09", "5.0"],
            Read($"{Golden("snappy")},text=premise,label=score").Rows.Select(r => r.Label));
        Assert.Equal(["0", "1", "2", "3", "4", "5"], Read($"{Golden("snappy")},text=premise,label=idx").Rows.Select(r => r.Label));
    }

    [Fact]
    public void A_layout_is_seen_by_its_columns_and_an_empty_cell_is_refused_by_its_row() =>
        Assert.Contains("nli-snappy.parquet, row 5: expected text in 'hypothesis', found none", Refused(Golden("snappy")));

    [Fact]
    public void Columns_of_several_values_are_refused_only_where_they_are_asked_for()
    {
        Assert.Contains("expected one text or number a row in column 'tokens' (the 7th), found lists. Name another column",
            Refused($"{Golden("zstd")},text=tokens,label=label"));
        Assert.Contains("row 3: expected text in 'flag', found none", Refused($"{Golden("zstd")},text=premise,label=flag"));
        Assert.Contains(
            "nli-zstd.parquet: expected a column 'premis' for the text, "
                + "found premise, hypothesis, label, idx, score, flag, tokens. Did you mean premise?",
            Refused($"{Golden("zstd")},text=premis,label=label"));
    }

    [Fact]
    public void The_bytes_say_that_it_is_parquet_and_a_format_that_contradicts_them_is_refused()
    {
        string folder = Files.NewFolder(), named = Path.Combine(folder, "x.data"), packed = Path.Combine(folder, "x.parquet.gz");
        File.Copy(Golden("plain"), named);
        Assert.Equal(6, Read($"{named},text=premise,label=idx").Rows.Count);
        Assert.Equal(6, Read($"{named},text=premise,label=idx,format=parquet").Rows.Count);
        Assert.Contains("expected tsv, found a Parquet file. Leave out format=tsv.", Refused($"{named},text=premise,label=idx,format=tsv"));
        File.WriteAllBytes(packed, DataFileTests.Gzip(File.ReadAllBytes(named)));
        Assert.Equal(6, Read($"{packed},text=premise,label=idx").Rows.Count);
        File.WriteAllText(named, "a\tb\n");
        Assert.Contains("does not begin as they do (PAR1)", Refused($"{named},format=parquet"));
    }

    [Fact]
    public async Task Our_library_s_own_files_of_every_type_are_read()
    {
        string path = Path.Combine(Files.NewFolder(), "types.parquet");
        DataField[] fields =
        [
            new DataField<string>("text"), new DataField<int>("i32"), new DataField<int?>("none"), new DataField<byte>("u8"),
            new DataField<ulong>("u64"), new DataField<float>("f32"), new DataField<decimal>("dec"), new DataField<bool>("b"),
        ];
        await using (FileStream stream = File.Create(path))
        await using (ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), stream))
        {
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            await group.WriteAsync(fields[0], (string[])["a", "b"]);
            await group.WriteAsync<int>(fields[1], new[] { -3, 7 });
            await group.WriteAsync<int>(fields[2], new int?[] { null, 3 });
            await group.WriteAsync<byte>(fields[3], new byte[] { 0, 255 });
            await group.WriteAsync<ulong>(fields[4], new[] { 1UL, ulong.MaxValue });
            await group.WriteAsync<float>(fields[5], new[] { 0.1f, 3 });
            await group.WriteAsync<decimal>(fields[6], new[] { 1.5m, 2m });
            await group.WriteAsync<bool>(fields[7], new[] { true, false });
        }
        foreach (var (column, cells) in new (string, string[])[]
            { ("i32", ["-3", "7"]), ("u8", ["0", "255"]), ("u64", ["1", "18446744073709551615"]),
              ("f32", ["0.1", "3.0"]), ("b", ["true", "false"]) })
            Assert.Equal(cells, Read($"{path},text=text,label={column}").Rows.Select(r => r.Label));
        Assert.StartsWith("1.5", Read($"{path},text=text,label=dec").Rows[0].Label);
        Assert.Contains("row 1: expected text in 'none', found none", Refused($"{path},text=text,label=none"));
    }

    [Fact]
    public void A_file_that_is_cut_off_or_claims_more_than_it_holds_is_refused_by_its_name()
    {
        byte[] whole = File.ReadAllBytes(Golden("snappy"));
        string path = Path.Combine(Files.NewFolder(), "cut.parquet");
        foreach (int length in (int[])[4, 11, 12, 100, whole.Length / 2, whole.Length - 1])
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.StartsWith($"{path}: expected a Parquet file, as its first bytes say, found ",
                Refused($"{path},text=premise,label=label"));
        }
        // a footer of nested structures, one byte each: a reader that descends into them runs out of stack
        byte[] deep = [.. "PAR1"u8, .. Enumerable.Repeat((byte)0x1C, 2_000_000), .. BitConverter.GetBytes(2_000_000), .. "PAR1"u8];
        File.WriteAllBytes(path, deep);
        Assert.Contains("levels upon levels", Refused($"{path},text=premise,label=label"));
    }
}
