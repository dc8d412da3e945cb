using Heartwood.Tests.Lab.Tasks;

namespace Heartwood.Tests.App;

/// <summary>What evaluate prints of a language model and of masks of it.</summary>
[Collection("the thread team")]
public sealed class PrintedFiguresTests : IDisposable
{
    readonly SmallRuns runs = new();
    readonly string model, text, pairs, prompts;

    public PrintedFiguresTests()
    {
        model = LanguageFolder.In(runs.At("model"));
        (text, pairs, prompts) = (runs.At("running.txt"), runs.At("pairs.tsv"), runs.At("prompts.tsv"));
        File.WriteAllText(text, LanguageFolder.Text(30, 3));
        File.WriteAllText(pairs, "good\tbad\tkind\tfield\n" + string.Concat(Enumerable.Range(1, 12).Select(i => $"{LanguageFolder.Text(5, i)}\t{LanguageFolder.Text(5, i + 90)}\tkind {i % 3}\tsyntax\n")));
        File.WriteAllText(prompts, "text\tcorrupted\tanswer\twrong\n" + string.Concat(Enumerable.Range(1, 6).Select(i => $"{LanguageFolder.Text(4, i)}\t{LanguageFolder.Text(4, i + 7)}\t {LanguageFolder.Words[i]}\t {LanguageFolder.Words[i + 9]}\n")) + "aa ab\tab aa\t ba bb\t ba bc\n");
    }

    public void Dispose() => runs.Dispose();

    string[] Masked => ["--without", "L0.H1", "--without", "L1.H0", "--ablation", "zero", "--random", "0"];

    static string[] Lines(string said) => [.. said.Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];

    [Fact]
    public void A_mask_has_the_task_s_figures_on_every_set()
    {
        string said = SmallRuns.Works(["evaluate", "--model", model, "--in-domain", $"{text},window=6", "--out-of-domain", pairs, .. Masked]);
        string[] lines = Lines(said);
        foreach (string mask in (string[])["without L0.H1:", "without L1.H0:"])
        {
            string[] own = [.. lines.SkipWhile(l => !l.StartsWith(mask, StringComparison.Ordinal)).Skip(1).TakeWhile(l => l != "" && !l.StartsWith("without ", StringComparison.Ordinal))];
            Assert.Single(own, l => l.StartsWith("in-domain: loss ", StringComparison.Ordinal) && l.Contains("; perplexity ") && l.Contains("; bits per byte ") && l.Contains("; KL ") && l.Contains("; same next token "));
            Assert.Single(own, l => l.StartsWith("out of domain: difference ", StringComparison.Ordinal) && l.Contains("; KL "));
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Every_case_of_pairs_has_a_line_with_its_set_and_its_share(bool masked)
    {
        string spec = $"{pairs},case=kind,group=field";
        string[] lines = Lines(SmallRuns.Works(["evaluate", "--model", model, "--in-domain", $"{spec},cases=kind 0", "--out-of-domain", $"{spec},not-cases=kind 0", "--unseen", $"{spec},cases=kind 1", .. masked ? Masked : []]));
        foreach (string began in (string[])["in-domain kind 0 right ", "out of domain kind 1 right ", "out of domain kind 2 right ", "unseen kind 1 (unseen) right "])
            Assert.Matches(@"right \d+(\.\d)? % \(\d+(\.\d)? to \d+(\.\d)? %, n = 4\)$", Assert.Single(lines, l => l.StartsWith(began, StringComparison.Ordinal)));
        Assert.DoesNotContain(lines, l => l.Contains("balanced") || l.Contains("AUC") || l.Contains(" seen "));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void What_a_reader_should_know_of_the_data_is_told_with_masks_and_without(bool masked)
    {
        var (code, output, error) = SmallRuns.Here(["evaluate", "--model", model, "--in-domain", prompts, .. masked ? Masked : []]);
        Assert.Equal(0, code);
        Assert.Contains("6 of 7 prompts (86 %) can be scored", output + error);
    }

    [Fact]
    public void Rows_that_means_are_taken_over_are_told_of_too_and_nothing_is_told_twice()
    {
        var (code, output, error) = SmallRuns.Here("evaluate", "--model", model, "--in-domain", pairs, "--data", prompts, "--without", "L0.H1", "--without", "L1.H0", "--random", "0");
        Assert.Equal(0, code);
        Assert.Equal(2, (output + error).Split("6 of 7 prompts (86 %) can be scored").Length);
    }

    [Fact]
    public void One_example_has_no_interval()
    {
        string said = SmallRuns.Works("evaluate", "--model", model, "--in-domain", $"{text},window=30,rows=1");
        Assert.Contains("(no interval, n = 1)", said);
        Assert.DoesNotContain("NaN", said);
    }
}
