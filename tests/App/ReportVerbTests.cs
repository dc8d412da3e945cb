using System.Text.Json;
using Heartwood.App.Commands;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.App;

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
        Assert.Equal($"The report is in {temporary.At("report.html")}\n", world.Out.ToString());
        Assert.Equal(Report.Html(SampleResult.Usual), File.ReadAllText(temporary.At("report.html")));
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
    public void The_run_must_be_named()
    {
        Assert.Equal(2, Run("report"));
        Assert.EndsWith("See heartwood report --help.\n", world.Error.ToString());
    }

    int Run(params string[] arguments) => CommandLine.Run(arguments, world.Redirected());
}
