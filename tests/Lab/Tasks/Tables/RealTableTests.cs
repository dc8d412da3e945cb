using Heartwood.Lab.Tasks.Tables;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Tasks.Tables;

public sealed class RealTableTests
{
    static Table Read(string path, string keys = "") => Table.Read(DataSpec.Parse(Files.Real(path).Replace(",", ",,") + keys));

    [Theory]
    [InlineData("mnli/train-subset.tsv", 12_988, 3), InlineData("mnli/dev-matched.tsv", 9_815, 3), InlineData("lingnli/train.tsv", 44_983, 3), InlineData("lingnli/validation.tsv", 7_371, 3)]
    [InlineData("hans/train.tsv", 30_000, 2), InlineData("hans/evaluation.tsv", 30_000, 2), InlineData("paws-qqp/paws-qqp.tsv", 12_663, 2)]
    [InlineData("sst2/train.tsv", 6_920, 2), InlineData("sst2/dev.tsv", 872, 2), InlineData("cola/train.tsv", 7_250, 2), InlineData("cola/dev.tsv", 1_043, 2)]
    public void Real_files_are_read_without_being_told_what_they_are(string path, int rows, int labels)
    {
        Table table = Read(path);
        Assert.Equal((rows, labels, 0), (table.Rows.Count, table.Rows.Select(row => row.Label).Distinct().Count(), table.Skipped));
        Assert.DoesNotContain(table.Rows, row => row.Text.Length == 0 || row.Pair?.Length == 0);
    }

    [Fact]
    public void Hans_has_30_cases_of_one_label_and_3_groups_of_both()
    {
        Table table = Read("hans/evaluation.tsv", ",per-case=200");
        Assert.Equal(6_000, table.Rows.Count);
        var cases = table.Rows.GroupBy(row => row.Case).ToArray();
        Assert.Equal(30, cases.Length);
        Assert.All(cases, rows => Assert.Equal((200, 1, 1), (rows.Count(), rows.Select(row => row.Label).Distinct().Count(), rows.Select(row => row.Group).Distinct().Count())));
        Assert.Equal(["constituent", "lexical_overlap", "subsequence"], table.Rows.Select(row => row.Group).Distinct().Order());
        Assert.Equal(18_000, Read("hans/train.tsv", ",not-cases=" + string.Join('|', cases.Take(12).Select(rows => rows.Key))).Rows.Count);
    }

    [Fact]
    public void Quoted_commas_and_json_lines_of_real_files_are_read()
    {
        Assert.Equal(499, Read("ioi/ioi_llama.csv", ",text=clean,pair=corrupted,label=correct_idx").Rows.Count);
        Assert.Equal(1_000, Read("greater-than/greater_than_data.csv", ",text=clean,pair=corrupted,label=label").Rows.Count);
        Table pairs = Read("blimp/adjunct_island.jsonl", ",text=sentence_good,pair=sentence_bad,label=field,case=linguistics_term");
        Assert.Equal((1_000, "syntax"), (pairs.Rows.Count, pairs.Rows[0].Label));
    }
}
