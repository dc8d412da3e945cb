using System.Text;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Tasks.Tables;

/// <summary>
/// Mutated data files, 42,000 of them: whatever their bytes, rows come out or a <see cref="TableException"/> that names the file.
/// </summary>
public sealed class DataFuzzTests
{
    const string Csv = "label,\"premise\",hypothesis\r\nx,\"a, \"\"b\"\"\nc\",\ny,d\"e,\"f\"\n";

    static readonly byte[] zip = [.. "PK\x03\x04"u8, .. "xl/workbook"u8];

    public static TheoryData<string, int> Parquet =>
        new() { { "snappy", 4000 }, { "gzip", 4000 }, { "zstd", 4000 }, { "plain", 4000 }, { "brotli", 2000 } };

    [Theory, MemberData(nameof(Parquet))]
    public void Mutated_parquet_files_are_read_or_refused_by_their_name(string codec, int count)
    {
        long before = GC.GetTotalAllocatedBytes();
        Fuzz($"fuzz-{codec}.parquet", count, File.ReadAllBytes(Files.Golden($"parquet/nli-{codec}.parquet")),
            ",text=premise,label=label,case=score,group=idx,without=-1", ",text=premise,label=idx");
        Assert.InRange((GC.GetTotalAllocatedBytes() - before) / count, 0, 4_000_000);
    }

    [Fact]
    public void Mutated_gzip_is_read_or_refused() => Fuzz("fuzz.csv.gz", 6000, DataFileTests.Gzip(Encoding.UTF8.GetBytes(Csv)), "");

    [Theory, InlineData("utf-16", 3000), InlineData("utf-16BE", 2000), InlineData("utf-32", 2000)]
    public void Mutated_wide_encodings_are_read_or_refused(string encoding, int count) =>
        Fuzz("fuzz.csv", count, [.. Encoding.GetEncoding(encoding).GetPreamble(), .. Encoding.GetEncoding(encoding).GetBytes(Csv)], "");

    [Fact]
    public void Mutated_lists_of_objects_are_read_or_refused() =>
        Fuzz("fuzz.json", 8000, ("[\n {\"premise\": \"a\", \"hypothesis\": \"b\", \"label\": 1},\n"u8
            + " {\"label\": true, \"premise\": \"\\u00e9\", \"hypothesis\": 2.5, \"more\": [1, {\"a\": null}]}\n]\n"u8).ToArray(), "");

    [Fact]
    public void Mutated_lines_of_objects_are_read_or_refused() =>
        Fuzz("fuzz.jsonl", 5000, ("{\"premise\": \"a\", \"hypothesis\": \"b\", \"label\": 1}\n\n"u8
            + "{\"label\": true, \"premise\": \"\\u00e9\", \"hypothesis\": 2.5, \"more\": [1, {\"a\": null}]}\n"u8).ToArray(), "");

    // time is bounded too: what does not end is a failure, not a test that hangs
    static void Fuzz(string name, int count, byte[] valid, params string[] keys) => FuzzTests.Fuzz(count, valid, bytes =>
    {
        Task read = Task.Run(() => Read(name, bytes, keys));
        if (Task.WaitAny([read], TimeSpan.FromSeconds(20)) < 0) Assert.Fail($"{name} does not end: {Convert.ToBase64String(bytes)}");
        read.GetAwaiter().GetResult();
    }, name);

    static void Read(string name, byte[] bytes, string[] keys)
    {
        DataSpec spec = DataSpec.Parse(name + keys[bytes.Length % keys.Length]);
        try
        {
            Assert.NotEmpty(new TableReader(spec, null).Read(DataFile.FromBytes(name, bytes), note => Assert.NotEmpty(note)).Rows);
        }
        catch (TableException e)
        {
            Assert.Contains(name, e.Message);
            throw;
        }
    }

    [Fact]
    public void A_mark_alone_is_no_crash()
    {
        foreach (byte[] bytes in (byte[][])
            [
                zip, "PAR1"u8.ToArray(), [0x1F, 0x8B, 8], [0xFF, 0xFE], [0xFE, 0xFF], [0, 0, 0xFE, 0xFF], [0xFF, 0xFE, 0, 0],
                [0xEF, 0xBB, 0xBF], [0x80], "BZh"u8.ToArray(), "["u8.ToArray(), "{"u8.ToArray(),
            ])
            foreach (string extension in (string[])["tsv", "csv", "jsonl", "txt"])
                try { new TableReader(new($"x.{extension}"), null).Read(DataFile.FromBytes($"x.{extension}", bytes), _ => { }); }
                catch (TableException e) { Assert.Contains($"x.{extension}", e.Message); }
    }
}
