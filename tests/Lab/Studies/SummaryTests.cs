using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Tasks;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Studies;

/// <summary>A finished study in words.</summary>
public class SummaryTests
{
    static string Differ(RunResult result) => Summary.Finished(result, "run").Split('\n').FirstOrDefault(l => l.Contains("they differ")) ?? "";

    [Fact]
    public void What_was_not_measured_out_of_domain_is_not_spoken_of()
    {
        RunResult inDomain = new SampleResult { Constructions = [], Others = [], CaseFacts = false }.Make();
        Assert.Matches(@"^In-domain they differ by \d+\.\d points\.$", Differ(inDomain).TrimEnd());
        Assert.DoesNotContain("NaN", Summary.Finished(inDomain, "run"));
        Assert.Matches(@"points, out of domain by \d+\.\d, most on ""\w+"": \d+\.\d points of balanced accuracy\.$", Differ(SampleResult.Usual).TrimEnd());
    }

    [Fact]
    public void One_subnetwork_differs_from_no_other() => Assert.Equal("", Differ(SampleResult.Least));

    [Fact]
    public void Subnetworks_of_a_language_model_differ_most_on_a_case()
    {
        RunResult pairs = SampleResult.Usual with { Tasks = new Dictionary<string, TaskFacts> { ["outOfDomain"] = TaskFacts.Describing(new MinimalPairs()) } };
        MeasuredSubnetwork[] main = [.. pairs.Subnetworks.Where(s => s.TargetSparsity == pairs.Core.TargetSparsity)];
        double Width(string name) => main.Max(s => s.Measured.Cases[name].Value) - main.Min(s => s.Measured.Cases[name].Value);
        string widest = pairs.Cases!.Where(c => c.Value.Set == "outOfDomain").Select(c => c.Key).MaxBy(Width)!;
        Assert.EndsWith(FormattableString.Invariant($", most on \"{widest}\": {Width(widest) * 100:0.0} points."), Differ(pairs).TrimEnd());
    }

    [Fact]
    public void An_interval_that_says_nothing_is_not_shown() =>
        Assert.Equal(("34.0 % (no interval, n = 1)", "100 % (20.7 to 100 %, n = 1)"), (Wording.Plain(Wording.Full(new Proportion(0.34, 1, 0, 1))), Wording.Plain(Wording.Full(Proportion.FromCounts(1, 1)))));
}
