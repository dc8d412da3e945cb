using System.Text.Json;
using Heartwood.App.Commands;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.App;

[Collection("the thread team")]
public sealed class ReportVerbTests : IDisposable
{
    readonly TemporaryFolder temporary = new();
    readonly World world = new();

    public void Dispose() => temporary.Dispose();

    [Fact]
    public void The_report_is_drawn_from_the_result_alone()
    {
        File.WriteAllText(temporary.At("result.json"), ResultJson.Write(SampleResult.Usual));
        Assert.Equal(0, Run("report", temporary.Path));
        Assert.Equal($"{CandidateWords.Table(new Findings(SampleResult.Usual).Candidates, [])}The report is in {temporary.At("report.html")}\n", world.Out.ToString());
        Assert.Equal(Report.Html(SampleResult.Usual), File.ReadAllText(temporary.At("report.html")));
    }

    [Fact]
    public void Its_title_can_be_another_and_the_result_keeps_its_own()
    {
        string kept = ResultJson.Write(SampleResult.Usual);
        File.WriteAllText(temporary.At("result.json"), kept);
        Assert.Equal(0, Run("report", temporary.Path, "--title", "Heads of <mine>"));
        Assert.Contains("<h1>Heads of &lt;mine&gt;</h1>", File.ReadAllText(temporary.At("report.html")), StringComparison.Ordinal);
        Assert.Equal(kept, File.ReadAllText(temporary.At("result.json")));
    }

    [Theory, InlineData("find"), InlineData("demo"), InlineData("paper"), InlineData("compare"), InlineData("report"), InlineData("ablate")]
    public void Every_verb_with_a_page_takes_a_title(string verb)
    {
        Assert.Equal(0, Run(verb, "--help"));
        Assert.Contains("--title <TEXT>", world.Out.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Out_puts_it_elsewhere_and_json_tells_where()
    {
        File.WriteAllText(temporary.At("result.json"), ResultJson.Write(SampleResult.Usual));
        Assert.Equal(0, Run("report", temporary.Path, "--json", "--out", temporary.At("shared")));
        Assert.Equal(Path.Combine(temporary.At("shared"), "report.html"), JsonDocument.Parse(world.Out.ToString()).RootElement.GetProperty("report").GetString());
        Assert.True(File.Exists(Path.Combine(temporary.At("shared"), "report.html")));
        Assert.False(File.Exists(temporary.At("report.html")));
    }

    [Fact]
    public void An_unfinished_run_has_no_report_yet()
    {
        Assert.Equal(1, Run("report", temporary.Path));
        Assert.Equal($"Error: There is no {temporary.At("result.json")}: '{temporary.Path}' holds no finished run. Give the folder of a finished run (what --out named).\n", world.Error.ToString());
    }

    [Fact]
    public void A_folder_that_is_not_there_is_said_not_to_be()
    {
        Assert.Equal(1, Run("report", temporary.At("none")));
        Assert.Contains("is no folder", world.Error.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"title":"x"}""")]
    public void A_result_of_something_else_is_refused_in_one_line(string json)
    {
        File.WriteAllText(temporary.At("result.json"), json);
        Assert.Equal(1, Run("report", temporary.Path));
        Assert.Single(world.Error.ToString().TrimEnd().Split('\n'));
        Assert.Contains("result.json", world.Error.ToString());
        Assert.DoesNotContain("bug", world.Error.ToString());
        Assert.False(File.Exists(temporary.At("report.html")));
    }

    [Fact]
    public void More_is_asked_of_a_finished_run_and_what_comes_of_it_is_what_a_run_that_asked_at_once_has()
    {
        using SmallRuns runs = new();
        string[] Find(string into, params string[] more) =>
            ["find", "--model", runs.Model, "--data", "world:training,rows=40", "--in-domain", "world:in-domain,rows=20", "--out-of-domain",
                "world:out-of-domain,per-case=1", "--method", "magnitude", "--draws", "2", "--all", "--out", runs.At(into), .. more];
        SmallRuns.Works(Find("plain"));
        SmallRuns.Works(Find("asking", "--ask", "attention"));
        Result before = Report.Read(runs.At("plain"), RunResult.Questions);
        Assert.Null(before.Facts<AttentionFacts>());
        foreach (int _ in (int[])[1, 2])
        {
            Assert.Contains("The report is in", SmallRuns.Works("report", runs.At("plain"), "--ask", "attention"));
            JsonElement after = Answers("plain"), wanted = Answers("asking");
            Assert.Equal(wanted.GetProperty("attention").GetRawText(), after.GetProperty("attention").GetRawText());
            Assert.Equal(wanted.EnumerateObject().Select(q => q.Name), after.EnumerateObject().Select(q => q.Name));
            Assert.Equal(before.Facts<AccuracyFacts>()!.Full.InDomain, Report.Read(runs.At("plain"), RunResult.Questions).Facts<AccuracyFacts>()!.Full.InDomain);
            Assert.Contains("id=\"attention\"", File.ReadAllText(runs.At("plain", "report.html")));
        }
        Assert.Contains("There is no question 'atention'. Did you mean attention?", SmallRuns.Fails("report", runs.At("plain"), "--ask", "atention"));
        Assert.Contains("The question 'training' has nothing to say of", SmallRuns.Fails("report", runs.At("plain"), "--ask", "training"));
        SmallRuns.Works(runs.Train("trained", 20));
        Assert.Contains("--ask asks more of a run of find or demo, and", SmallRuns.Fails("report", runs.At("trained"), "--ask", "attention"));

        JsonElement Answers(string run) => JsonDocument.Parse(File.ReadAllText(runs.At(run, "result.json"))).RootElement.GetProperty("questions");
    }

    [Fact]
    public void The_run_must_be_named()
    {
        Assert.Equal(2, Run("report"));
        Assert.EndsWith("See heartwood report --help.\n", world.Error.ToString());
    }

    int Run(params string[] arguments) => CommandLine.Run(arguments, world.Redirected());
}
