using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Tests.Lab.Checkpoints;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Tasks.Tables;

/// <summary>Files of minimal pairs, prompts and text.</summary>
public sealed class TaskTableTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    Table Read(string name, string content, string keys = "")
    {
        File.WriteAllText(temporary.At(name), content);
        return Table.Read(DataSpec.Parse(temporary.At(name) + keys));
    }

    string Refused(string name, string content, string keys = "") => Assert.Throws<TableException>(() => Read(name, content, keys)).Message;

    [Fact]
    public void Blimp_is_seen_by_its_columns()
    {
        Table table = Read("x.jsonl", """{"sentence_good": "A b.", "sentence_bad": "B a.", "field": "syntax", "linguistics_term": "order", "UID": "word_order"}""");
        Assert.Equal([new Row("A b.", "B a.", "", "word_order", "order")], table.Rows);
        Assert.IsType<MinimalPairs>(table.Problem);
    }

    [Fact]
    public void The_indirect_object_is_right_and_the_name_that_gives_is_wrong()
    {
        const string header = ",clean,corrupted,corrupted_hard,correct_idx,incorrect_idx\n";
        Table table = Read("x.csv", header + "1,\"Then, Aaron and Amber sat. Aaron gave a drink to\",\"Then, Aaron and Amber sat. Tim gave a drink to\",c,1,2\n2,\"When Ann and Bob met, Bob gave it to\",d,e,1,2\n");
        Assert.Equal([(" Amber", " Aaron", "Then BABA", "Then"), (" Ann", " Bob", "When ABBA", "When")], table.Rows.Select(r => (r.Label, r.Wrong, r.Case, r.Group)));
        Assert.IsType<Prompts>(table.Problem);
        Assert.Contains("line 2: expected two names", Refused("y.csv", header + "1,Nobody gave a drink to,d,e,1,2\n"));
        Assert.Contains("line 2: expected two names", Refused("y.csv", header + "1,Ann and Bob met. Ann and Bob gave it to,d,e,1,2\n"));
    }

    [Fact]
    public void Years_above_the_label_are_right_and_the_others_wrong()
    {
        Row row = Assert.Single(Read("x.csv", "clean,corrupted,label\nThe war lasted from 1397 to 13,The war lasted from 1301 to 13,97\n").Rows);
        Assert.Equal("05", Read("z.csv", "clean,corrupted,label\nfrom 1304 to 13,from 1301 to 13,4\n").Rows[0].Label[..2]);
        Assert.Equal(("98|99", "13", 98), (row.Label, row.Case, row.Wrong.Split('|').Length));
        Assert.Contains("the two digits of a year", Refused("y.csv", "clean,corrupted,label\na,b,x7\n"));
    }

    [Fact]
    public void Rows_with_labels_or_scores_may_name_a_column_of_other_texts()
    {
        Assert.Equal([new Row("a", null, "yes") { Other = "b" }], Read("x.tsv", "s\tt\tl\na\tb\tyes\n", ",text=s,other=t,label=l").Rows);
        Assert.Equal(["b"], Read("x.tsv", "s\tt\tl\na\tb\t0.5\n", ",task=scores,text=s,other=t,label=l").Rows.Select(r => r.Other));
        Assert.Contains("other= names another text of rows with labels or scores; rows of pairs have no place for one",
            Refused("x.tsv", "g\th\na\tb\n", ",task=pairs,text=g,pair=h,other=h"));
    }

    [Fact]
    public void Plain_tables_of_prompts_and_pairs_are_read_by_preset_or_by_columns()
    {
        Assert.Equal([new Row("a", "b", " c", Wrong: " d")], Read("x.tsv", "text\tcorrupted\tanswer\twrong\na\tb\t c\t d\n").Rows);
        Assert.Equal([new Row("a", null, " c", "k", Wrong: " d")], Read("x.tsv", "p\tq\tr\ts\na\t c\t d\tk\n", ",task=prompts,text=p,label=q,wrong=r,case=s").Rows);
        Assert.Equal([new Row("a", "b", "")], Read("x.tsv", "g\th\na\tb\n", ",task=pairs,text=g,pair=h").Rows);
        Assert.Contains("expected a column for the pair", Refused("x.tsv", "g\th\na\tb\n", ",task=pairs,text=g"));
        Assert.Contains("Add label=COLUMN, or say what else the rows ask: task=pairs, task=prompts or task=text; there are: g, h.", Refused("x.tsv", "g\th\na\tb\n", ",text=g,pair=h"));
        Assert.Contains("expected a column 'label' for the label, found column 1, clean, corrupted. Add label=COLUMN", Refused("x.csv", ",clean,corrupted\n1,a,b\n", ",preset=greater-than,task=prompts"));
        Assert.Contains("expected a column for the wrong", Refused("x.tsv", "g\th\na\tb\n", ",task=prompts,text=g,label=h"));
        Assert.Contains("expected an answer and a wrong one", Refused("x.tsv", "text\tcorrupted\tanswer\twrong\na\tb\t\t d\n"));
        Assert.Contains("labels= renames labels", Refused("x.tsv", "good\tbad\na\tb\n", ",labels=a>b"));
        Assert.Contains("preset=blimp is of pairs, task=text asks for another", Refused("x.tsv", "good\tbad\na\tb\n", ",preset=blimp,task=text"));
        Assert.Contains("window= and stride= are of running text", Refused("x.tsv", "good\tbad\na\tb\n", ",window=5"));
    }

    [Fact]
    public void A_text_file_is_one_document_or_one_a_line_and_files_with_tabs_stay_tables()
    {
        Assert.Equal([new Row("one\ntwo\n", null, "", "x.txt")], Read("x.txt", "one\ntwo\n").Rows);
        Assert.Equal(["one", "two"], Read("x.txt", "one\n\ntwo\r\n", ",format=lines").Rows.Select(r => r.Text));
        Table table = Read("x.md", "one two", ",format=text,window=9,stride=3,rows=2");
        Assert.Equal(new LanguageModelling(9, 3, 2), table.Problem);
        Assert.Equal([new Row("one", null, "", "k")], Read("x.jsonl", """{"body": "one", "from": "k"}""", ",task=text,text=body,case=from").Rows);
        Assert.IsType<Classification>(Read("x.txt", "premise\thypothesis\tlabel\na\tb\tc\n").Problem);
        Assert.Contains("expected text, found none", Refused("x.txt", " \n"));
        Assert.Contains("running text, without columns", Refused("x.txt", "one", ",format=text,text=a"));
        foreach (string idle in (string[])["per-case=2", "cases=x.txt", "not-cases=y"]) Assert.Contains($"{idle.Split('=')[0]}= chooses by cases", Refused("x.txt", "one", $",{idle}"));
        Assert.Equal(["one", "two"], Read("x.txt", "one\ntwo\nthree", ",format=lines,per-case=2").Rows.Select(r => r.Text));
        Assert.Equal([new Row("one two", null, "", "x.md")], Read("x.md", "one two", ",task=text").Rows);
        Assert.Contains("or if it is running text task=text", Refused("x.md", "one two"));
        Assert.Contains("is no task", Assert.Throws<FormatException>(() => DataSpec.Parse("x,task=3")).Message);
        Assert.Equal("x.txt,format=lines,task=text,rows=3,window=5,stride=2", DataSpec.Parse("x.txt,window=5,format=lines,stride=2,rows=3,task=text").ToString());
    }

    [Fact]
    public void Torn_files_of_every_task_are_read_or_refused_with_their_name()
    {
        string[] whole = ["clean,corrupted,label\nfrom 1352 to 13,from 1301 to 13,52\n", ",clean,corrupted,corrupted_hard,correct_idx,incorrect_idx\n1,\"Then, Ann and Bob sat. Ann gave it to\",b,c,1,2\n", "{\"sentence_good\": \"a\", \"sentence_bad\": \"b\", \"linguistics_term\": \"t\", \"UID\": \"u\"}\n", "text,corrupted,answer,wrong\na,b,c,d\n"];
        for (int i = 0; i < 400; i++)
        {
            ChanceStreamOf(i, out var chance);
            char[] text = whole[i % 4].ToCharArray();
            for (int k = 0; k < 1 + i % 3; k++) text[chance(text.Length)] = ",\"\n{}:ab7\t"[chance(10)];
            string name = temporary.At(i % 4 == 2 ? "f.jsonl" : "f.csv");
            File.WriteAllText(name, new string(text)[..(text.Length - chance(4))]);
            try { Assert.NotEmpty(Table.Read(DataSpec.Parse(name)).Rows); }
            catch (TableException e) { Assert.Contains(name, e.Message); }
        }
    }

    static void ChanceStreamOf(int seed, out Func<int, int> below)
    {
        Heartwood.Tensors.Chance chance = new((ulong)seed, "torn files");
        long drawn = 0;
        below = most => (int)(chance.Uniform(drawn++) * most);
    }

    [Fact]
    public void Real_files_are_seen_as_what_they_are()
    {
        Assert.All(Directory.GetFiles(Files.Real("blimp")), file => Assert.Equal((1000, typeof(MinimalPairs)), (Table.Read(DataSpec.Parse(file)) is var t ? t.Rows.Count : 0, Table.Read(DataSpec.Parse(file + ",rows=1")).Problem.GetType())));
        Assert.Equal((499, 499), (Table.Read(DataSpec.Parse(Files.Real("ioi/ioi_llama.csv"))) is var ioi ? ioi.Rows.Count : 0, ioi.Rows.Count(r => r.Label != "" && r.Wrong != "" && r.Label != r.Wrong)));
        Assert.IsType<Prompts>(Table.Read(DataSpec.Parse(Files.Real("greater-than/greater_than_data.csv"))).Problem);
        Assert.IsType<LanguageModelling>(Table.Read(DataSpec.Parse(Files.Real("wikitext-2/valid.txt"))).Problem);
    }
}
