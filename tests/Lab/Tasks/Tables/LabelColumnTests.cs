using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Tasks.Tables;

/// <summary>What a label column is taken for, and what becomes of rows without an agreed label.</summary>
public sealed class LabelColumnTests : IDisposable
{
    const string Own = ",text=a,pair=b,label=gold";
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    Table Read(string header, IEnumerable<string> labels, string keys = "", string name = "t.tsv")
    {
        File.WriteAllLines(temporary.At(name),
            [header, .. labels.Select((l, i) => string.Join(name.EndsWith(".csv", StringComparison.Ordinal) ? ',' : '\t',
            Enumerable.Range(0, header.Split('\t', ',').Length - 1).Select(c => $"text {i % 7} {c}").Append(l)))]);
        return Table.Read(DataSpec.Parse(temporary.At(name) + keys));
    }

    string Refused(string header, IEnumerable<string> labels, string keys = "") =>
        Assert.Throws<TableException>(() => Read(header, labels, keys)).Message;

    static IEnumerable<string> Whole(int count, int different) => Enumerable.Range(0, count).Select(i => $"{i % different}");

    [Theory]
    [InlineData("premise\thypothesis\tlabel"), InlineData("premise,hypothesis,label", "t.csv"),
        InlineData("idx\tquestion1\tquestion2\tlabel"), InlineData("idx\tquestion\tsentence\tlabel")]
    [InlineData("idx\tsentence1\tsentence2\tlabel"), InlineData("idx\tsentence\tlabel"), InlineData("sentence1\tsentence2\tgold_label"),
        InlineData("id\tquestion1\tquestion2\tis_duplicate")]
    public void In_known_layouts_rows_without_an_agreed_label_are_left_out_and_counted(string header, string name = "t.tsv")
    {
        Table table = Read(header, ["0", "-1", "1", "-", "-1", "0"], name: name);
        Assert.Equal(["0", "1", "0"], table.Rows.Select(r => r.Label));
        Assert.Equal(["0", "1"], table.Labels);
        Assert.Equal(3, table.Skipped);
        Assert.Equal($"{temporary.At(name)}: 3 of 6 rows are left out, without an agreed label ('-1', '-'). If that is a class, rename "
            + $"it: ,labels=-1>NAME.", Assert.Single(table.Notes));
        Assert.Equal(["0", "no one knows", "1", "no one knows", "0"],
            Read(header, ["0", "-1", "1", "-", "-1", "0"], ",labels=-1>no one knows", name).Rows.Select(r => r.Label));
    }

    [Fact]
    public void Elsewhere_they_are_refused_with_both_moves_and_both_work()
    {
        const string Header = "a\tb\tgold";
        string message = Refused(Header, ["0", "-1", "1"], Own);
        Assert.Contains("the label '-1' in column 'gold' is not clear", message);
        Assert.Contains("add ,without=-1 to the file's name; if it is a class, give it a name: ,labels=-1>NAME", message);
        Assert.Contains("'-' in column", Refused(Header, ["yes", "-", "no"], Own));
        Table without = Read(Header, ["0", "-1", "1"], $"{Own},without=-1");
        Assert.Equal((2, 1), (without.Rows.Count, without.Skipped));
        Assert.Contains("1 of 3 rows is left out, whose label is '-1' (without=).", Assert.Single(without.Notes));
        Assert.Equal(["0", "-1", "1"], Read(Header, ["0", "-1", "1"], $"{Own},labels=-1>-1").Rows.Select(r => r.Label));
        // plus and minus are a pair of names
        Assert.Equal(["+", "-"], Read(Header, ["+", "-"], Own).Rows.Select(r => r.Label));
        Assert.Contains("without= leaves out 'y', which never occurs. There are: x.",
            Refused(Header, ["x"], $"{Own},without=y"));
        Assert.Contains("without= leaves no row", Refused(Header, ["x"], $"{Own},without=x"));
    }

    [Fact]
    public void A_class_of_minus_one_in_a_layout_that_looks_known_is_not_lost()
    {
        Assert.Contains("there is a label 1 and no 0, so that -1 may be a class", Refused("sentence\tlabel", ["1", "-1", "1"]));
        Assert.Equal(["1", "negative", "1"], Read("sentence\tlabel", ["1", "-1", "1"], ",labels=-1>negative").Rows.Select(r => r.Label));
    }

    [Fact]
    public void A_test_file_without_labels_is_refused_as_one() =>
        Assert.Contains("found none (3 without an agreed label: the label of all 3 is '-1', as in test files whose labels are not "
            + "published). Give the file that holds the data, for example the development set.",
            Refused("idx\tsentence1\tsentence2\tlabel", ["-1", "-1", "-1"]));

    [Theory]
    [InlineData("0.5 3 2 4.75", true), InlineData("0 1 2 0 1 2", false), InlineData("1.0 0.0 1.0", false), InlineData("0.5 good 2", false),
        InlineData("1e-3 2 3", true), InlineData("-0.5 -1 2.5", true)]
    public void Decimals_are_scores(string labels, bool scores)
    {
        Table table = Read("a\tb\tgold", labels.Split(' '), Own);
        Assert.Equal(scores, table.Problem is Regression);
        Assert.Equal(labels.Split(' '), table.Rows.Select(r => r.Label));
        Assert.Equal(scores ? 1 : 0, table.Notes.Count);
        Assert.IsType<Classification>(Read("a\tb\tgold", labels.Split(' '),
            $"{Own},task=labels{(labels.Contains("-1", StringComparison.Ordinal) ? ",labels=-1>-1" : "")}").Problem);
    }

    [Theory, InlineData(20, false), InlineData(21, true)]
    public void More_than_twenty_whole_numbers_are_scores(int different, bool scores) =>
        Assert.Equal(scores, Read("a\tb\tgold", Whole(60, different), Own).Problem is Regression);

    [Fact]
    public void Whole_files_decide_and_not_the_rows_that_are_chosen()
    {
        Table table = Read("a\tb\tgold", ["1", "2", "2.5", "1"], $"{Own},rows=2");
        Assert.Equal(["1", "2.5"], table.Rows.Select(r => r.Label));
        Assert.IsType<Regression>(Read("a\tb\tgold", ["1", "2.5", "2", "1"], $"{Own},rows=2").Problem);
        Assert.Equal(["x", "y", "z"], Read("a\tb\tgold", ["x", "y", "z", "y"], $"{Own},rows=2").Labels);
    }

    [Fact]
    public void Numbers_that_are_renamed_to_names_are_labels() =>
        Assert.IsType<Classification>(Read("a\tb\tgold", ["0.5", "1"], $"{Own},labels=0.5>low|1>high").Problem);

    [Fact]
    public void A_column_that_numbers_the_rows_is_neither()
    {
        Assert.Contains("expected labels or scores in column 'gold', found another whole number in each of 30 rows",
            Refused("a\tb\tgold", Whole(30, 30), Own));
        Assert.IsType<Regression>(Read("a\tb\tgold", Whole(30, 30), $"{Own},task=scores").Problem);
    }

    [Theory]
    [InlineData("index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore"),
        InlineData("sentence1\tsentence2\tscore"), InlineData("sentence1\tsentence2\tlabel", ",preset=stsb")]
    public void Layouts_of_stsb_are_known(string header, string keys = "")
    {
        Table table = Read(header, ["0", "5", "-1", "3"], keys);
        Assert.IsType<Regression>(table.Problem);
        Assert.Equal((3, 1), (table.Rows.Count, table.Skipped));
        Assert.Equal(["text 0", "text 0"], new[] { table.Rows[0].Text[..6], table.Rows[0].Pair![..6] });
    }

    [Fact]
    public void Of_scores_below_zero_minus_one_is_one_of_them()
    {
        Assert.Equal(3, Read("sentence1\tsentence2\tscore", ["-2.5", "-1", "1"]).Rows.Count);
        Assert.Equal(2, Read("sentence1\tsentence2\tscore", ["2.5", "-1", "1"]).Rows.Count);
        Assert.Contains("If the column holds scores: ,task=scores", Refused("a\tb\tgold", ["2.5", "-1", "1"], Own));
        Assert.Equal(3, Read("a\tb\tgold", ["2.5", "-1", "1"], $"{Own},task=scores").Rows.Count);
    }

    [Fact]
    public void A_score_that_is_no_number_is_refused_with_its_line()
    {
        Assert.Contains(", line 3: expected a score, a number, in column 'gold', found 'high'",
            Refused("a\tb\tgold", ["1.5", "high"], $"{Own},task=scores"));
        Assert.Single(Read("a\tb\tgold", ["1.5", "high"], $"{Own},task=scores,without=high").Rows);
        Assert.Contains("found 'NaN'", Refused("a\tb\tgold", ["1.5", "NaN"], $"{Own},task=scores"));
    }

    [Fact]
    public void Torn_rows_are_counted_too() =>
        Assert.Contains("1 row with fewer columns than the first line is left out",
            Assert.Single(Read("id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate", ["0", "1\ntorn"]).Notes));

    [Fact]
    public void Rows_to_leave_out_are_written_as_they_are_read() =>
        Assert.Equal("d.tsv,labels=a>b,without=-1|x,rows=3", DataSpec.Parse("d.tsv,rows=3,without=-1|x,labels=a>b").ToString());
}
