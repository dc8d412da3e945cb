using System.Text.Json.Nodes;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Tasks;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Questions;

/// <summary>What failed is said before anything else, and what failed is not praised.</summary>
public sealed class FailureTests
{
    static string Plain(string words) => words.Replace('\u00A0', ' ');

    static string[] Said(RunResult result) => [.. new Findings(result).Failed.Select(f => Plain(f.Sentence))];

    static string Headline(RunResult result) => Plain(Finding.Headline(new(result)));

    [Fact]
    public void Where_nothing_failed_nothing_is_said_of_it()
    {
        Assert.Empty(Said(SampleResult.Usual));
        Assert.DoesNotContain("class=\"warning\"", Report.Html(SampleResult.Usual), StringComparison.Ordinal);
        Assert.DoesNotContain("\n! ", $"\n{Summary.Finished(SampleResult.Usual, "run")}", StringComparison.Ordinal);
    }

    [Fact]
    public void A_search_that_did_not_reach_its_size_is_told_from_one_that_rounds_to_whole_parts()
    {
        Assert.Equal("6 of 6 searches at sparsity 0.6 did not reach their size: what they found has sparsity 0.41.", Assert.Single(Said(SampleResult.Failing(FailureKind.Size))));
        Assert.Equal("1 of 6 searches at sparsity 0.6 did not reach its size: what it found has sparsity 0.41.", Assert.Single(Said(SampleResult.Failing(FailureKind.Size, all: false))));
        Assert.Equal("None of 6 subnetworks has the size that was asked for", Headline(SampleResult.Failing(FailureKind.Size)));
        RunResult rounded = SampleResult.Usual with { Subnetworks = [.. SampleResult.Usual.Subnetworks.Select(s => s with { Sparsity = s.Sparsity - 0.6 / 36 })] };
        Assert.Empty(Said(rounded));
    }

    [Fact]
    public void A_subnetwork_whose_interval_reaches_that_of_the_best_random_draw_is_no_better_than_random_parts()
    {
        Assert.Equal("At sparsity 0.6 all 6 subnetworks are no better in-domain than random parts of their make: they reach 70.0 %, and the best of 6 random draws 71.2 % (69.1 to 73.1); the 95 % intervals overlap.",
            Said(SampleResult.Failing(FailureKind.Random)).First(s => s.Contains("random", StringComparison.Ordinal)));
        Assert.Equal("None of 6 subnetworks is better than random parts of its make", Headline(SampleResult.Failing(FailureKind.Random)));
        RunResult clear = SampleResult.Failing(FailureKind.Random);
        clear = clear with { Subnetworks = [.. clear.Subnetworks.Select(s => s with { Measured = s.Measured with { InDomain = Proportion.FromCounts(1990, 2000) } })] };
        Assert.Empty(Said(clear));
    }

    [Fact]
    public void A_baseline_that_beats_a_subnetwork_or_the_model_is_said_with_both_figures()
    {
        Assert.Equal("At sparsity 0.6 all 6 subnetworks are beaten in-domain by the baseline word overlap: they reach 90.0 % against 95.4 % (94.4 to 96.2).".Replace("95.4 % (94.4 to 96.2)", Overlap()),
            Assert.Single(Said(SampleResult.Failing(FailureKind.Baseline))));
        Assert.Contains($"The baseline word overlap beats the full model in-domain: {Overlap()} against 90.0 % (88.6 to 91.2).", Said(SampleResult.WithModel(1800)));
        int near = (int)(2000 * SampleResult.Usual.Baselines["word overlap"].InDomain.Value) + 4;
        Assert.Contains(Said(SampleResult.WithModel(near)), s => s.StartsWith("The full model is not clearly better in-domain than the baseline word overlap: ", StringComparison.Ordinal));
        Assert.Equal("The full model is no better in-domain than a baseline", Headline(SampleResult.WithModel(1800)));

        static string Overlap()
        {
            Proportion p = SampleResult.Usual.Baselines["word overlap"].InDomain;
            return FormattableString.Invariant($"{100 * p.Value:0.0} % ({100 * p.Low:0.0} to {100 * p.High:0.0})");
        }
    }

    [Fact]
    public void A_model_whose_interval_holds_guessing_is_at_chance()
    {
        Assert.Contains("At sparsity 0.6 all 6 subnetworks are at chance in-domain: they reach 50.5 %, and guessing reaches 50.0 %.", Said(SampleResult.Failing(FailureKind.Chance)));
        Assert.Equal("None of 6 subnetworks is better than guessing", Headline(SampleResult.Failing(FailureKind.Chance)));
        Assert.Equal("The full model is at chance in-domain: 50.5 % (48.3 to 52.7), and guessing reaches 50.0 %.", Said(SampleResult.WithModel(1010))[0]);
        Assert.Equal("The full model is at chance in-domain", Headline(SampleResult.WithModel(1010)));
        Assert.DoesNotContain(Said(SampleResult.WithModel(1060)), s => s.Contains("at chance", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(FailureKind.Size), InlineData(FailureKind.Random), InlineData(FailureKind.Baseline), InlineData(FailureKind.Chance)]
    public void What_failed_gets_no_headline_no_core_and_no_praise_for_its_speed(FailureKind kind)
    {
        RunResult failed = SampleResult.Failing(kind);
        string screen = Summary.Finished(failed, "run"), page = Report.Html(failed);
        Assert.StartsWith("! ", screen, StringComparison.Ordinal);
        Assert.True(page.IndexOf("class=\"warning\"", StringComparison.Ordinal) < page.IndexOf("table class=\"candidates\"", StringComparison.Ordinal));
        Assert.True(page.IndexOf("class=\"warning\"", StringComparison.Ordinal) > 0);
        Assert.Contains("No core is named at sparsity 0.6: 6 of 6 subnetworks failed.", screen, StringComparison.Ordinal);
        foreach (string text in (string[])[screen, page])
        {
            Assert.DoesNotContain("times as fast", text, StringComparison.Ordinal);
            Assert.DoesNotContain("The core:", text, StringComparison.Ordinal);
            Assert.DoesNotContain("within", Headline(failed), StringComparison.Ordinal);
        }
        Assert.DoesNotContain("id=\"core\" aria-labelledby", page, StringComparison.Ordinal);
        Assert.Contains("2.13 times as fast", Summary.Finished(SampleResult.Usual, "run"), StringComparison.Ordinal);
        Assert.Contains("id=\"core\" aria-labelledby", Report.Html(SampleResult.Usual), StringComparison.Ordinal);
        Assert.DoesNotContain("times as fast", Summary.Cut(failed.Cut!, "run", failed: true), StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_failed_among_several_is_left_out_of_the_headline_and_marked_in_the_table()
    {
        RunResult one = SampleResult.Failing(FailureKind.Chance, all: false);
        string[] lines = Summary.Finished(one, "run").Split('\n');
        Assert.StartsWith("5 subnetworks ", Headline(one), StringComparison.Ordinal);
        Assert.EndsWith("; 1 of 6 failed", Headline(one), StringComparison.Ordinal);
        Assert.Contains(lines, line => line.StartsWith(">!  seed 1 ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("    seed 2 ", StringComparison.Ordinal));
        Assert.Contains("The core:", string.Join('\n', lines), StringComparison.Ordinal);
        Assert.Contains("<tr class=\"subnetwork chosen under failed\">", Report.Html(one), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_is_judged_by_perplexity_where_less_is_better_and_scores_by_Pearson()
    {
        Measured Of(string name, double value, double half) => SampleResult.Usual.Full with
        {
            Figures = new Dictionary<string, IReadOnlyDictionary<string, Quantity>> { ["inDomain"] = new Dictionary<string, Quantity> { [name] = new(value, 50, value - half, value + half) } },
        };
        RunResult Asking(TaskFacts task, Measured full, Measured found, Measured random) => SampleResult.Usual with
        {
            Full = full,
            Baselines = new Dictionary<string, Measured>(),
            Subnetworks = [SampleResult.Usual.Subnetworks[0] with { Measured = found }],
            RandomSubnetworks = [SampleResult.Usual.RandomSubnetworks[0] with { Measured = random }],
            Tasks = new Dictionary<string, TaskFacts> { ["inDomain"] = task },
        };
        TaskFacts text = TaskFacts.Describing(new LanguageModelling(64)), scores = TaskFacts.Describing(Regression.Instance);
        Assert.Empty(Said(Asking(text, Of("perplexity", 9, 1), Of("perplexity", 12, 1), Of("perplexity", 40, 2))));
        Assert.Equal("At sparsity 0.6 the subnetwork is no better in-domain than random parts of its make: it reaches perplexity 42.00 (41.00 to 43.00), and the random draw perplexity 40.00 (38.00 to 42.00); the 95 % intervals overlap.",
            Assert.Single(Said(Asking(text, Of("perplexity", 9, 1), Of("perplexity", 42, 1), Of("perplexity", 40, 2)))));
        Assert.Contains("The full model is at chance in-domain: Pearson 0.100 (−0.100 to 0.300), and guessing has a Pearson of 0.",
            Said(Asking(scores, Of("Pearson", 0.1, 0.2), Of("Pearson", 0.9, 0.01), Of("Pearson", 0.1, 0.1))));
    }

    [Fact]
    public void In_the_file_failures_stand_before_the_candidates_and_name_them()
    {
        JsonNode file = JsonNode.Parse(ResultJson.Write(SampleResult.Failing(FailureKind.Random, all: false)))!;
        JsonNode failure = file["failures"]!.AsArray().Single(f => (string?)f!["kind"] == "random")!;
        Assert.Equal(["kind", "candidates", "set", "sentence"], failure.AsObject().Select(p => p.Key));
        Assert.Equal("structured-pruning-sparsity-0.6-seed-1", (string?)Assert.Single(failure["candidates"]!.AsArray()));
        Assert.Contains(file["candidates"]!.AsArray(), c => (string?)c!["name"] == "structured-pruning-sparsity-0.6-seed-1");
        Assert.Equal("inDomain", (string?)failure["set"]);
        Assert.Empty(JsonNode.Parse(ResultJson.Write(SampleResult.Usual))!["failures"]!.AsArray());
    }
}
