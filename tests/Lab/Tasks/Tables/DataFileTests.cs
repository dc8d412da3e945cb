using System.IO.Compression;
using System.Text;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Tasks.Tables;

/// <summary>What stands on a disk under a name: packed, in other encodings, or no table at all.</summary>
public sealed class DataFileTests : IDisposable
{
    const string Nli = "label\tpremise\thypothesis\nx\tä b\tc\ny\td\te\n";

    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    internal static byte[] Gzip(byte[] content)
    {
        using MemoryStream stream = new();
        using (GZipStream gzip = new(stream, CompressionLevel.Optimal)) gzip.Write(content);
        return stream.ToArray();
    }

    static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    Table Read(byte[] bytes, string name, string keys = "")
    {
        File.WriteAllBytes(temporary.At(name), bytes);
        return Table.Read(DataSpec.Parse(temporary.At(name) + keys));
    }

    string Refused(byte[] bytes, string name, string keys = "") => Assert.Throws<TableException>(() => Read(bytes, name, keys)).Message;

    static readonly Row[] rows = [new("ä b", "c", "x"), new("d", "e", "y")];

    [Fact]
    public void Gzip_is_undone_whatever_the_name_and_the_inner_name_tells_the_format()
    {
        Assert.Equal(rows, Read(Gzip(Utf8(Nli)), "a.tsv.gz").Rows);
        Assert.Equal(rows, Read(Gzip(Utf8(Nli)), "a.gz", ",format=tsv").Rows);
        Assert.Equal(rows, Read(Gzip(Utf8(Nli)), "a.tsv").Rows);
        Assert.Equal(rows, Read([.. Gzip(Utf8(Nli[..20])), .. Gzip(Utf8(Nli[20..]))], "parts.tsv.gz").Rows);
        Assert.Contains("found '.data'. Add format=tsv", Refused(Gzip(Utf8(Nli)), "a.data.gz"));
        Assert.Equal("one", Assert.Single(Read(Gzip(Utf8("one")), "text.txt.gz").Rows).Text);
    }

    [Fact]
    public void Gzip_that_is_damaged_or_cut_off_is_refused_by_its_name()
    {
        byte[] packed = Gzip(Utf8(Nli + string.Concat(Enumerable.Range(0, 300).Select(i => $"x\tword {i * i}\tpair {i}\n"))));
        for (int length = 19; length < packed.Length; length += 7) Assert.Contains("cut.tsv.gz: ", Refused(packed[..length], "cut.tsv.gz"));
        packed[packed.Length / 2] ^= 0x55;
        Assert.Contains("damaged.tsv.gz: expected gzip as its first bytes say, found damage", Refused(packed, "damaged.tsv.gz"));
    }

    public static TheoryData<string> Wide => ["utf-16", "utf-16BE", "utf-32", "utf-32BE"];

    [Theory, MemberData(nameof(Wide))]
    public void Wide_encodings_are_read_by_their_byte_order_mark_and_said_once(string name)
    {
        Encoding encoding = Encoding.GetEncoding(name);
        byte[] bytes = [.. encoding.GetPreamble(), .. encoding.GetBytes(Nli)];
        Table table = Read(bytes, "a.tsv");
        Assert.Equal(rows, table.Rows);
        Assert.Equal([$"{temporary.At("a.tsv")} is {name[..6].ToUpperInvariant()} and was read as that."], table.Notes);
        Assert.Equal(rows, Read(Gzip(bytes), "b.tsv.gz").Rows);
        byte[] none = encoding.CodePage is 1200 ? [0, 0xD8, 65, 0]
            : encoding.CodePage is 1201 ? [0xD8, 0, 0, 65] : [0xFF, 0xFF, 0xFF, 0xFF];
        Assert.Contains("found bytes that are none", Refused([.. encoding.GetPreamble(), .. encoding.GetBytes("a\t"), .. none], "c.tsv"));
    }

    [Fact]
    public void Encodings_without_a_mark_are_refused_with_the_move_for_each()
    {
        Assert.Contains("line 1: every other byte is 0, as in UTF-16 without a byte order mark. Convert it: iconv -f utf-16le -t utf-8 ",
            Refused(Encoding.Unicode.GetBytes(Nli), "a.tsv"));
        Assert.Contains("iconv -f utf-16be -t utf-8 ", Refused(Encoding.BigEndianUnicode.GetBytes(Nli), "a.tsv"));
        Assert.Contains(
            "line 2: byte 27 (0xE4) is not UTF-8. Convert the file to UTF-8 from the encoding that it has, "
                + "for example (if it is Western European) iconv -f latin1 -t utf-8",
            Refused(Encoding.Latin1.GetBytes(Nli), "a.tsv"));
        Assert.Contains("iconv -f windows-1252 -t utf-8", Refused([.. Utf8("a\tb\nit"), 0x92, .. Utf8("s\tx\n")], "a.tsv"));
        Assert.Contains("line 2: byte 5 is 0, which no text holds: this is a file of another kind",
            Refused([.. Utf8("a\tb\nx"), 0, 1, 2, .. Utf8("abcdefghijklmnop\ty\n")], "a.tsv"));
    }

    [Theory]
    [InlineData("504B0304140000000800", "a zip archive, not a table. Unpack it, and give the file inside: unzip ")]
    [InlineData("504B0304786C2F776F726B626F6F6B2E786D6C", "an Excel workbook, not a table. Save the sheet as CSV UTF-8")]
    [InlineData("504B03046D696D65747970656170706C69636174696F6E2F766E642E6F617369732E6F70656E646F63756D656E742E7370726561647368656574",
        "an OpenDocument spreadsheet")]
    [InlineData("D0CF11E0A1B11AE10000", "an old Office file (xls), not a table. Save the sheet as CSV")]
    [InlineData("377ABCAF271C0004", "a 7z archive")]
    [InlineData("526172211A0700", "a rar archive")]
    [InlineData("FD377A585A000004", "compressed by xz, not a table. Unpack it, and give what comes out: xz -dk ")]
    [InlineData("425A683931415926535900", "compressed by bzip2, not a table. Unpack it, and give what comes out: bunzip2 -k ")]
    [InlineData("28B52FFD0458", "compressed by zstd, not a table. Unpack it, and give what comes out: zstd -d ")]
    [InlineData("04224D186440", "compressed by lz4")]
    [InlineData("4152524F57310000", "an Arrow (Feather) file, not a table. Save it as Parquet in Python")]
    [InlineData("46454131", "a Feather file")]
    [InlineData("FFFFFFFF70000000", "an Arrow stream")]
    [InlineData("800495", "a pickle, which may hold programs and is not opened")]
    [InlineData("255044462D312E37", "a PDF")]
    [InlineData("53514C69746520666F726D6174203300", "an SQLite database")]
    [InlineData("894844460D0A1A0A", "an HDF5 file")]
    [InlineData("934E554D5059", "an array of NumPy")]
    [InlineData("76657273696F6E2068747470733A2F2F6769742D6C66732E6769746875622E636F6D2F737065632F76310A",
        "a pointer of Git LFS to a file that was not fetched, not a table. Fetch it in its repository: git lfs pull")]
    [InlineData("3C21444F43545950452068746D6C3E", "an HTML page, not a table")]
    [InlineData("0A3C68746D6C3E", "an HTML page")]
    public void Files_of_other_kinds_are_known_by_their_marks_and_the_move_is_theirs(string hex, string says)
    {
        byte[] bytes = Convert.FromHexString(hex);
        foreach (string name in (string[])["a.tsv", "a.csv", "a.jsonl"])
            Assert.Contains($"{temporary.At(name)}: {says}", Refused(bytes, name));
        string packed = Refused(Gzip(bytes), "a.tsv.gz");
        Assert.Contains(says.Split(',')[0], packed);
    }

    [Fact]
    public void A_tar_archive_is_known_also_inside_gzip()
    {
        byte[] tar = new byte[1024];
        "data.tsv"u8.CopyTo(tar);
        "ustar"u8.CopyTo(tar.AsSpan(257));
        Assert.Contains("a tar archive, not a table. Unpack it, and give the file inside: tar -xf ", Refused(tar, "a.tar"));
        Assert.Contains("a.tgz: gzip, and in it a tar archive", Refused(Gzip(tar), "a.tgz"));
        Assert.Contains("gzip, and in it gzip once more, not a table. Unpack it once", Refused(Gzip(Gzip(Utf8(Nli))), "a.tsv.gz"));
    }

    [Fact]
    public void A_page_of_the_web_may_be_running_text() => Assert.Single(Read(Utf8("<!DOCTYPE html><html></html>"), "a.txt").Rows);

    [Fact]
    public void Rows_know_their_lines()
    {
        Assert.Equal(["line 2", "line 3"], Read(Utf8(Nli), "a.tsv").Rows.Select(r => r.Place.InFile));
        Assert.Equal([$"{temporary.At("a.csv")}, line 2", $"{temporary.At("a.csv")}, line 4"],
            Read(Utf8("text,label\n\"a\nb\",x\nc,y\n"), "a.csv", ",text=text,label=label").Rows.Select(r => $"{r.Place}"));
        Assert.Equal(["line 1", "line 3"], Read(Utf8("one\n\ntwo"), "a.txt", ",format=lines").Rows.Select(r => r.Place.InFile));
    }

    [Fact]
    public void Columns_without_a_name_or_with_the_same_are_no_error_until_they_are_asked_for()
    {
        const string pandas = ",Unnamed: 0,text,label,text.1,note,note\n0,0,a,x,b,1,2\n1,1,c,y,d,1,2\n";
        Assert.Equal(["a", "c"], Read(Utf8(pandas), "a.csv", ",text=text,label=label").Rows.Select(r => r.Text));
        Assert.Contains(
            "line 1: expected columns with names of their own, found 'note' 2 times, and it is asked for as the case. "
                + "Rename one, or give case= by number from 1",
            Refused(Utf8(pandas), "a.csv", ",text=text,label=label,case=note"));
        Assert.Equal(["1", "1"], Read(Utf8(pandas), "a.csv", ",text=text,label=label,case=6").Rows.Select(r => r.Case));
        Assert.Equal(["0", "1"], Read(Utf8(pandas), "a.csv", ",text=text,label=label,case=1").Rows.Select(r => r.Case));
        Assert.Equal(rows, Read(Utf8("\t\t\tlabel\tpremise\thypothesis\n0\t0\t0\tx\tä b\tc\n1\t1\t1\ty\td\te\n"), "a.tsv").Rows);
    }

    [Fact]
    public void A_pipe_is_read_once_and_kept()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "named pipes are made with mkfifo");
        string pipe = temporary.At("pipe.tsv");
        using (var made = System.Diagnostics.Process.Start("mkfifo", pipe)) made.WaitForExit();
        Thread writer = new(() => File.WriteAllText(pipe, Nli));
        writer.Start();
        Table table = Table.Read(DataSpec.Parse(pipe));
        writer.Join();
        Assert.Equal(rows, table.Rows);
        Assert.True(table.ReadOnce);
        table.RefuseChanged();
        Thread nothing = new(() => File.WriteAllText(pipe, ""));
        nothing.Start();
        Assert.Contains("a pipe can be read once, and this one is empty or was read already. Save it to a file",
            Assert.Throws<TableException>(() => Table.Read(DataSpec.Parse(pipe))).Message);
        nothing.Join();
    }
}
