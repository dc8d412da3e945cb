using System.Security.Cryptography;
using System.Text;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Tasks.Tables;

public sealed class TableTests
{
    const string Hans = "gold_label\tsentence1\tsentence2\theuristic\tsubcase\ttemplate\n", Nli = "label\tpremise\thypothesis\tgenre\n";

    static Table Read(string content, string keys = "", string name = "t.tsv", string[]? labels = null) => Read(Encoding.UTF8.GetBytes(content), keys, name, labels);

    static Table Read(byte[] content, string keys = "", string name = "t.tsv", string[]? labels = null)
    {
        string path = Path.Combine(Files.NewFolder($"TableTests-{Convert.ToHexStringLower(SHA256.HashData([.. content, .. Encoding.UTF8.GetBytes(keys + name)]))[..16]}"), name);
        File.WriteAllBytes(path, content);
        return Table.Read(DataSpec.Parse(path + keys), labels);
    }

    static string Refused(string content, string keys = "", string name = "t.tsv", string[]? labels = null) => Assert.Throws<TableException>(() => Read(content, keys, name, labels)).Message;

    [Fact]
    public void A_hans_row_has_its_case_and_its_group() =>
        Assert.Equal([new Row("a b .", "b .", "entailment", "ce_adverb", "constituent")], Read(Hans + "entailment\ta b .\tb .\tconstituent\tce_adverb\ttemp68\n").Rows);

    [Theory]
    [InlineData("index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\tsentence2_parse\tsentence1\tsentence2\tlabel1\tgold_label\n0\t1\t2n\tfiction\t(a)\t(b)\t(A)\t(B)\ta\tb\tneutral\tneutral\n1\t1\t2n\tfiction\t(a)\t(b)\t(A)\t(B)\ta\tb\tneutral\t-\n", "a", "b", "neutral", 1)]
    [InlineData("id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n0\t1\t2\ta \"quoted\t\t0\n1\t1\t2\ttorn\n in two\t0\n", "a \"quoted", "", "0", 2)]
    [InlineData("index\tsentence1\tsentence2\tlabel\n0\ta\tb\tnot_entailment\n", "a", "b", "not_entailment", 0)]
    [InlineData("index\tquestion\tsentence\tlabel\n0\ta\tb\tentailment\n", "a", "b", "entailment", 0)]
    [InlineData("\uFEFFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n1\t702876\t702977\ta \"b\tc\r\n", "a \"b", "c", "1", 0)]
    [InlineData("sentence\tlabel\nit 's fine \t1\n", "it 's fine ", null, "1", 0)]
    [InlineData("gj04\t0\t*\tThe.\n", "The.", null, "0", 0)]
    [InlineData("one long string\t0\n", "one long string", null, "0", 0)]
    [InlineData("id\tsentence1\tsentence2\tlabel\n1\ta\tb\t0\n", "a", "b", "0", 0)]
    [InlineData("label\tpremise\thypothesis\tgenre\nentailment\ta\tb\tfiction\n", "a", "b", "entailment", 0)]
    public void Published_layouts_are_seen_from_their_first_line(string content, string text, string? pair, string label, int skipped)
    {
        Table table = Read(content);
        Assert.Equal([new Row(text, pair, label)], table.Rows);
        Assert.Equal(skipped, table.Skipped);
    }

    [Fact]
    public void Comma_separated_cells_may_hold_commas_quotes_and_line_ends() =>
        Assert.Equal(
            [new Row("a, \"b\"\r\nc", "", "x"), new Row("d\"e", "f", "y"), new Row("", "é", "x")],
            Read("\uFEFFlabel,\"premise\",hypothesis\r\nx,\"a, \"\"b\"\"\r\nc\",\ny,d\"e,\"f\"\r\nx,,é\n\n", name: "t.csv").Rows);

    [Fact]
    public void Json_lines_are_read_by_name_whatever_the_order() =>
        Assert.Equal(
            [new Row("a", "b", "neutral"), new Row("ü\n", "d", "1")],
            Read("{\"annotator_labels\":[\"x\"],\"gold_label\":\"neutral\",\"sentence1\":\"a\",\"sentence2\":\"b\"}\n{\"sentence2\":\"d\",\"sentence1\":\"\\u00fc\\n\",\"gold_label\":1}\r\n", name: "t.jsonl").Rows);

    [Fact]
    public void Columns_can_be_given_by_name_or_number_and_replace_those_of_a_preset()
    {
        Assert.Equal([new Row("h", null, "entailment")], Read(Nli + "entailment\tp\th\tg\n", ",text=hypothesis,label=label").Rows);
        Assert.Equal([new Row("p", "h", "entailment", "", "g")], Read(Nli + "entailment\tp\th\tg\n", ",group=genre").Rows);
        Assert.Equal([new Row("p", "h", "entailment", "g")], Read("entailment\tp\th\tg\n", ",text=2,pair=3,label=1,case=4").Rows);
        Assert.Equal([new Row("h", null, "entailment")], Read(Nli + "entailment\tp\th\tg\n", ",text=3,label=1,header=yes").Rows);
    }

    [Fact]
    public void Labels_are_renamed_and_checked()
    {
        string[] two = ["entailment", "non-entailment"];
        string content = Nli + "neutral\ta\tb\tg\ncontradiction\ta\tb\tg\nentailment\ta\tb\tg\n";
        Assert.Equal(["non-entailment", "non-entailment", "entailment"], Read(content, ",labels=neutral>non-entailment|contradiction>non-entailment", labels: two).Rows.Select(row => row.Label));
        Assert.Contains("t.tsv, line 2: expected a label among entailment, non-entailment, found 'neutral'.", Refused(content, labels: two));
        Assert.Contains("renames 'nuetral', which never occurs. Did you mean neutral? There are: neutral, contradiction, entailment", Refused(content, ",labels=nuetral>x"));
        Assert.Contains("line 2: expected a label in column 'label', found nothing", Refused(Nli + "\ta\tb\tg\n"));
    }

    [Fact]
    public void Rows_are_chosen_by_case_and_spread_evenly()
    {
        string content = Hans + string.Concat(Enumerable.Range(0, 30).Select(i => $"entailment\tt{i}\tp\tlexical\tcase{i / 10}\ttemp\n"));
        Assert.Equal(["t0", "t5", "t20", "t25"], Texts(Read(content, ",cases=case0|case2,per-case=2")));
        Assert.Equal(["t10", "t15"], Texts(Read(content, ",not-cases=case0|case2,rows=2")));
        Assert.Equal(["t0", "t10", "t20"], Texts(Read(content, ",rows=3")));
        Assert.Equal(30, Read(content, ",per-case=1000,rows=1000").Rows.Count);
        Assert.Contains("there is no case 'case3'. Did you mean case0? There are: case0, case1, case2.", Refused(content, ",cases=case3"));
        Assert.Contains("leave no row", Refused(content, ",cases=case0,not-cases=case0"));
        Assert.Contains("The file has no cases: add case=COLUMN", Refused(Nli + "x\ta\tb\tg\n", ",not-cases=c"));

        static string[] Texts(Table table) => [.. table.Rows.Select(row => row.Text)];
    }

    [Theory]
    [InlineData("", "", "line 1: expected rows, found an empty file")]
    [InlineData("\n\r\n", "", "line 1: expected rows, found an empty file")]
    [InlineData(Nli, "", "line 1: expected rows with labels after this line, found none")]
    [InlineData(Nli + "-\ta\tb\tg\n", "", "found none (1 without an agreed label)")]
    [InlineData("label\tpremise\thypothesis\tlabel\nx\ta\tb\tx\n", "", "line 1: expected columns with names of their own, found 'label' 2 times")]
    [InlineData(Nli + "x\ta\tb\tg\n", ",text=premis,label=label", "expected a column 'premis' for the text, found label, premise, hypothesis, genre. Did you mean premise? Add text=COLUMN.")]
    [InlineData(Nli + "x\ta\tb\tg\n", ",text=premise", "expected a column for the label, none is given. Add label=COLUMN, or say what else the rows ask: task=pairs, task=prompts or task=text; there are: label, premise")]
    [InlineData(Nli + "x\ta\tb\tg\n", ",preset=hans", "expected a column 'sentence1' for the text")]
    [InlineData("a\tb\nc\td\n", "", "line 1: expected the columns of a known layout (hans, mnli, nli, qqp, qnli, rte, paws, mrpc, stsb, "
        + "sst2, sst2-plain, cola, blimp, pairs, ioi, greater-than, prompts, text), found a, b. Say which columns are what")]
    [InlineData("sentence\tlabel\tother\na\t1\tb\n", "", "line 1: expected the columns of a known layout")]
    [InlineData("a\tb\nc\td\n", ",text=1,label=3", "expected a column '3' for the label, found 2 columns without header. Give label= as a number from 1 to 2")]
    [InlineData(Nli + "x\ta\tb\tg\nx\ta\tb\n", "", "line 3: expected 4 columns as in the first line, found 3")]
    [InlineData(Nli + "x\ta\tb\tg\n\nx\ta\tb\tg\n", "", "line 3: expected 4 columns as in the first line, found 1. Correct the line: it is empty.")]
    [InlineData("{\"sentence\":\"a\",\"label\":1}\n{\"sentence\":\"a\"}\n", ",format=jsonl", "line 2: expected text in 'label', found none")]
    [InlineData("{\"sentence\":\"a\",\"label\":1}\n{\"sentence\":null,\"label\":1}\n", ",format=jsonl", "line 2: expected text in 'sentence', found none")]
    [InlineData("{\"sentence\":\"a\",\"label\":1}\n[1]\n", ",format=jsonl", "line 2: expected a JSON object without duplicate names, found Array.")]
    [InlineData("{\"sentence\":\"a\",\"label\":1,\"label\":2}\n", ",format=jsonl", "line 1: expected a JSON object without duplicate names, found a name that occurs twice: 'label'.")]
    [InlineData("{\"sentence\":\"\\ud800\",\"label\":1}\n", ",format=jsonl", "line 1: expected a JSON object")]
    [InlineData("sentence,label\na,\"0\n1\n", ",format=csv", "line 2: expected a closing double quote")]
    [InlineData("sentence,label\n\"a\"b,0\n", ",format=csv", "line 2: expected a comma or a line end after a closing double quote")]
    [InlineData("sentence,label\n\"a\nb\",0\nc\n", ",format=csv", "line 4: expected 2 columns as in the first line, found 1")]
    public void A_bad_file_is_refused_with_line_and_what_to_do(string content, string keys, string says) => Assert.Contains(says, Refused(content, keys));

    [Fact]
    public void Text_that_is_not_utf8_is_refused_with_line_and_byte() =>
        Assert.Contains("t.tsv, line 2: byte 14 (0xE9) is not UTF-8", Assert.Throws<TableException>(() => Read([.. "a\tlabel\ncaf\u00E9s"u8, 0xE9, (byte)'\n'], ",text=a,label=label")).Message);

    [Fact]
    public void A_name_that_does_not_say_the_format_and_a_missing_file_are_refused()
    {
        Assert.Contains("found '.data'. Add format=tsv", Refused(Nli, name: "t.data"));
        Assert.Contains("there is no such file", Assert.Throws<TableException>(() => Table.Read(new("none.tsv"))).Message);
        Assert.Throws<TableException>(() => Table.Read(new(AppContext.BaseDirectory)));
        Assert.Throws<TableException>(() => Table.Read(new("a\0b.tsv")));
    }

    [Fact]
    public void A_line_of_ten_million_characters_is_read() => Assert.Equal(10_000_000, Read(new string('a', 10_000_000) + "\t1\n").Rows[0].Text.Length);

    [Fact]
    public void A_file_that_changes_after_reading_is_refused()
    {
        Table table = Read(Nli + "x\ta\tb\tg\nx\tchanged\tb\tg\n");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(table.Source))), table.Sha256);
        table.RefuseChanged();
        File.AppendAllText(table.Source, "x\ta\tb\tg\n");
        Assert.Contains("it changed during the run", Assert.Throws<TableException>(table.RefuseChanged).Message);
        File.Delete(table.Source);
        Assert.Throws<TableException>(table.RefuseChanged);
    }
}
