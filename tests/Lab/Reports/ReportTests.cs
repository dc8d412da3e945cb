using System.Text.RegularExpressions;
using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Tasks;

namespace Heartwood.Tests.Lab.Reports;

public sealed class ReportTests
{
    static string Finding(RunResult r) => string.Join("\n", Heartwood.Lab.Questions.Finding.Sentences(new(r))).Replace('\u00A0', ' ');

    [Fact]
    public void The_same_result_gives_the_same_bytes() => Assert.Equal(Report.Html(SampleResult.Usual), Report.Html(new SampleResult().Make()));

    [Fact]
    public void The_report_can_be_made_from_result_json_alone() =>
        Assert.Equal(Report.Html(SampleResult.Usual), Report.Html(ResultJson.Read(ResultJson.Write(SampleResult.Usual), RunResult.Questions)));

    [Fact]
    public void It_names_no_address_on_the_network()
    {
        string page = Report.Html(SampleResult.Usual);
        Assert.DoesNotMatch(new Regex("https?:|//[a-z]|url\\(|@import", RegexOptions.IgnoreCase), Regex.Replace(page, "<script>.*?</script>", "", RegexOptions.Singleline));
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_name_from_outside_is_encoded()
    {
        string page = Report.Html(new SampleResult { Title = "<b>\"T\"&'", Constructions = ["<script>x", "swap"] }.Make());
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>x", page, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;&quot;T&quot;&amp;&#39;", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Tasks_without_labels_are_spoken_of_in_their_own_words()
    {
        TaskFacts pairs = TaskFacts.Describing(new MinimalPairs()), labels = TaskFacts.Describing(Classification.Instance);
        RunResult Asking(TaskFacts inDomain, TaskFacts other) => SampleResult.Usual with { Tasks = new Dictionary<string, TaskFacts> { ["inDomain"] = inDomain, ["outOfDomain"] = other, ["unseen"] = other } };
        string Page(RunResult r) => Regex.Replace(Report.Html(r), "<(script|style)>.*?</\\1>", "", RegexOptions.Singleline);

        string page = Page(Asking(pairs, pairs));
        Assert.Contains("</span> Pairs right per group</h2>", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(new Regex("[Bb]alanced|[Aa]ccuracy|>AUC|and AUC"), page);
        Assert.DoesNotMatch("<h2[^>]*>(<span[^>]*>[0-9]*</span> )?[a-z]", page);
        Assert.Contains("</span> Balanced accuracy per group</h2>", Page(Asking(pairs, labels)), StringComparison.Ordinal);
        Assert.Contains("</span> Share right per case</h2>", Page(Asking(pairs, labels)), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_unseen_holds_constructions_only_where_it_is_classified()
    {
        TaskFacts pairs = TaskFacts.Describing(new MinimalPairs()), labels = TaskFacts.Describing(Classification.Instance);
        string Page(TaskFacts unseen) => Report.Html(SampleResult.Usual with { Tasks = new Dictionary<string, TaskFacts> { ["inDomain"] = labels, ["outOfDomain"] = labels, ["unseen"] = unseen } });
        Assert.Contains("on the unseen set", Page(pairs), StringComparison.Ordinal);
        Assert.DoesNotContain("on unseen constructions", Page(pairs), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("on unseen constructions", Page(labels), StringComparison.OrdinalIgnoreCase);
    }

    [Theory, InlineData(2, "too few subnetworks (2) for a correlation"), InlineData(3, "r = 1.00, too few subnetworks for an interval")]
    public void Two_subnetworks_have_no_correlation(int n, string words) =>
        Assert.Equal(words, Losses.Coefficient(new(0.6, n, 1, null, null)).Replace('\u00A0', ' '));

    [Fact]
    public void A_correlation_below_zero_is_drawn_below_zero()
    {
        PaperFacts paper = SamplePaper.Usual.Paper!;
        RunResult opposed = SamplePaper.Usual with { Paper = paper with { Shift = paper.Shift! with { Correlations = [new(0.2, new(32, -0.4, -0.7, 0)), new(0.4, new(32, 0.5, 0.2, 0.8))] } } };
        string chart = Report.Html(opposed).Split("<svg id=\"shift-correlation\"")[1].Split("</svg>")[0];
        Assert.Contains(">−0.5<", chart, StringComparison.Ordinal);
    }

    [Fact]
    public void Markup_encodes_text_and_keeps_markup()
    {
        Markup inner = $"<i>{"<&>\"'"}</i>";
        Markup outer = $"<p class=\"{"a\"b"}\">{inner}{1.23456}{7}{(string?)null}{"\u0000\u001b"}</p>";
        Assert.Equal("<p class=\"a&quot;b\"><i>&lt;&amp;&gt;&quot;&#39;</i>1.237\uFFFD\uFFFD</p>", outer.ToString());
    }

    [Fact]
    public void The_finding_has_three_to_five_paragraphs_and_says_what_equality_means()
    {
        string text = Finding(SampleResult.Usual);
        Assert.InRange(text.Split('\n').Length, 3, 5);
        Assert.Contains("within the share of counterexamples", text, StringComparison.Ordinal);
        Assert.Contains("r = −0.93 (−0.99 to −0.47)", text, StringComparison.Ordinal);
        Assert.Contains("none of 20 random sets of as many heads hurt at least as much (p = 0.048)", text, StringComparison.Ordinal);
        Assert.Contains("20 of 20 random sets of as many heads and MLPs, kept alone, do no better in-domain", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Subnetworks_that_differ_by_noise_alone_are_not_ranked()
    {
        var first = SampleResult.Usual.Subnetworks[0];
        var alike = SampleResult.Usual with { Subnetworks = [.. SampleResult.Usual.Subnetworks.Select(s => s with { Measured = first.Measured with { InDomainLoss = s.Measured.InDomainLoss, Agreement = s.Measured.Agreement, Kl = s.Measured.Kl } })] };
        Assert.Contains("no group of cases differs by more than noise explains", Finding(alike), StringComparison.Ordinal);
        Assert.EndsWith("not to be told apart elsewhere", Heartwood.Lab.Questions.Finding.Headline(new(alike)), StringComparison.Ordinal);
        Assert.DoesNotContain("which noise does not explain", Finding(alike), StringComparison.Ordinal);
        Assert.Contains("which noise does not explain", Finding(SampleResult.Usual), StringComparison.Ordinal);
    }

    [Fact]
    public void A_core_no_worse_than_random_sets_is_said_to_be_so()
    {
        var r = SampleResult.Usual with { Ablated = [.. SampleResult.Usual.Ablated.Select(k => k.Name == "core heads" ? k with { Ranks = new("random heads", new(4, 20), null, new Dictionary<string, RankFacts>()) } : k)] };
        Assert.Contains("4 of 20 random sets of as many heads hurt at least as much (p = 0.24, so not clearly worse than chance)", Finding(r), StringComparison.Ordinal);
    }

    [Fact]
    public void A_correlation_whose_interval_holds_zero_settles_nothing()
    {
        var r = SampleResult.Usual with { Correlation = [new(0.6, 6, -0.4, -0.9, 0.6)] };
        Assert.Contains("r = −0.40 (−0.90 to 0.60), which settles nothing", Finding(r), StringComparison.Ordinal);
    }

    [Fact]
    public void A_spread_is_noise_when_shares_differ_as_binomials_do_and_real_when_they_differ_more()
    {
        Proportion[] alike = [.. ((int[])[88, 92, 90, 91, 87, 93]).Select(k => Proportion.FromCounts(k, 100))], apart = [Proportion.FromCounts(95, 100), Proportion.FromCounts(60, 100), Proportion.FromCounts(90, 100)];
        Assert.False(Spread.Across(alike).BeyondNoise());
        Assert.InRange(Spread.Across(alike).PValue, 0.5, 0.9);
        Assert.True(Spread.Across(apart).BeyondNoise(tests: 100));
        Assert.Equal(0.35, Spread.Across(apart).Width, 12);
        Assert.False(Spread.Across([alike[0]]).BeyondNoise());
        Assert.False(Spread.Across([null, Proportion.FromCounts(0, 0)]).BeyondNoise());
        Assert.Equal(1, Spread.Across(Enumerable.Repeat(Proportion.FromCounts(100, 100), 6)).PValue, 12);
    }

    [Theory]
    [InlineData(0.978, "97.8 %"), InlineData(1, "100 %"), InlineData(0.9997, "99.97 %"), InlineData(0.99999, "99.99 %"), InlineData(0, "0 %"), InlineData(0.0001, "below 0.1 %"), InlineData(double.NaN, "not measured")]
    public void A_share_is_never_rounded_to_all_or_nothing(double share, string words) => Assert.Equal(words, Wording.Percent(share).Replace('\u00A0', ' '));

    [Theory]
    [InlineData(0.0004, "p = 4.0e-4"), InlineData(2.9e-21, "p = 2.9e-21"), InlineData(0.013, "p = 0.013"), InlineData(0.24, "p = 0.24"), InlineData(double.NaN, "p not computed")]
    public void A_probability_is_said_as_precisely_as_it_matters(double p, string words) => Assert.Equal(words, Wording.Probability(p).Replace('\u00A0', ' '));

    [Fact]
    public void An_axis_holds_its_values_ends_on_round_numbers_and_has_no_negative_zero()
    {
        var axis = Scale.Around([0.978, 0.9994], 0, 100, ceiling: 1);
        Assert.True(axis.Low <= 0.978 && axis.High >= 0.9994 && axis.High <= 1);
        Assert.Equal(0, axis.At(axis.Low));
        Assert.Equal(100, axis.At(2));
        Assert.Equal([0, 0.2, 0.4, 0.6, 0.8, 1], Scale.Share(0, 1).Ticks(5).Select(t => Math.Round(t, 12)));
        Assert.False(double.IsNegative(Scale.Share(0, 1).Ticks(5).First()));
        Assert.InRange(Scale.Around([0.5, 0.5], 0, 1).Ticks(5).Count(), 2, 12);
        Assert.InRange(Scale.Around([], 0, 1).Ticks(5).Count(), 2, 12);
    }

    public static TheoryData<string> Odd => [.. odd.Keys];

    static readonly Dictionary<string, RunResult> odd = new()
    {
        ["no layers, no labels"] = SampleResult.Least with { Model = new("bert", 0, [], 0, 0, []) },
        ["an empty core"] = SampleResult.Usual with
        {
            Core = SampleResult.Usual.Core with { Parts = [] },
            Ablated = [.. SampleResult.Usual.Ablated.Select(k => k.Kind == "core" ? k with { Parts = [] } : k)],
        },
        ["random draws alone"] = SampleResult.Usual with { Ablated = [.. SampleResult.Usual.Ablated.Where(k => k.Kind != "core")] },
        ["nothing cut"] = SampleResult.Usual with { Cut = new(0, 0, "", 0, 0, double.NaN, double.NaN, 0, double.NaN, double.NaN, double.NaN) },
        ["no correlation"] = SampleResult.Usual with { Correlation = [new(0.6, 6, double.NaN, double.NaN, double.NaN)] },
        ["nothing measured"] = SampleResult.Usual with { Full = SampleResult.Usual.Full with { InDomain = Proportion.FromCounts(0, 0), OutOfDomain = Proportion.FromCounts(0, 0), Cases = new Dictionary<string, Proportion> { ["c"] = Proportion.FromCounts(0, 0) } } },
        ["overlap unknown"] = SampleResult.Usual with { Overlap = [new(0.6, [new(1, 2, 3, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN)]), new(0.5, [])] },
        ["a sparsity without subnetworks"] = SampleResult.Usual with { Core = SampleResult.Usual.Core with { TargetSparsity = 0.9 } },
        ["groups of another set"] = SampleResult.Usual with { Full = SampleResult.Usual.Full with { Groups = new Dictionary<string, GroupFacts> { ["g"] = new("sideways", Proportion.FromCounts(1, 2), null) } } },
        ["layers of different sizes"] = SampleResult.Usual with { Model = new("bert", 3, [2, 8, 25], 64, 1000, ["a", "b", "c"]) },
    };

    [Theory, MemberData(nameof(Odd))]
    public void Odd_results_still_make_a_page_without_broken_numbers(string name)
    {
        string page = Report.Html(odd[name]);
        Assert.Contains("How it was made", page, StringComparison.Ordinal);
        Assert.DoesNotMatch("NaN|Infinity|∞", Regex.Replace(page, "<script>.*?</script>", "", RegexOptions.Singleline));
    }

    [Fact]
    public void A_cut_that_is_not_the_masked_model_is_not_called_equal()
    {
        var wrong = SampleResult.Usual with { Cut = SampleResult.Usual.Cut! with { LargestDifference = 0.31 } };
        Assert.Contains("does not compute the masked model's function", Finding(wrong), StringComparison.Ordinal);
        Assert.Contains("computes the masked model's function: over 512 examples no logit differs by more than 2.4e-6 (in the full-size folder for stock software, by more than 2.9e-6)", Finding(SampleResult.Usual).Replace('\u00A0', ' '), StringComparison.Ordinal);
    }

    [Fact]
    public void A_part_whose_loss_is_inside_the_noise_is_left_white()
    {
        string map = new SingleParts().Draw(new(SampleResult.Usual.Parts), new(SampleResult.Usual))[0].Panels[0].ToString();
        var full = SampleResult.Usual.Full.InDomain;
        var harmless = SampleResult.Usual.Parts.First(k => Math.Abs(k.Measured.InDomain.Value - full.Value) < 0.002);
        var costly = SampleResult.Usual.Parts.First(k => k.Measured.InDomain.Value < full.Value - 0.1);
        Assert.Contains("faint\"><title>" + harmless.Name + " ", map, StringComparison.Ordinal);
        Assert.DoesNotContain("faint\"><title>" + costly.Name + " ", map, StringComparison.Ordinal);
    }
}
