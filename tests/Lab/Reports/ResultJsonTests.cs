using System.Text.Json.Nodes;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Reports;

namespace Heartwood.Tests.Lab.Reports;

public sealed class ResultJsonTests
{
    [Fact]
    public void What_is_written_is_read_back()
    {
        string json = ResultJson.Write(SampleResult.Usual);
        RunResult back = RunResult.From(ResultJson.Read(json, RunResult.Questions));
        Assert.Equal(json, ResultJson.Write(ResultJson.Read(json, RunResult.Questions)));
        Assert.Equal(SampleResult.Usual.Full.InDomain, back.Full.InDomain);
        Assert.Equal(SampleResult.Usual.Subnetworks[3].Measured.Cases, back.Subnetworks[3].Measured.Cases);
        Assert.Equal(SampleResult.Usual.Subnetworks[3].Parts, back.Subnetworks[3].Parts);
        Assert.Equal(SampleResult.Usual.Ablated[1].Rank, back.Ablated[1].Rank);
        Assert.Equal(SampleResult.Usual.Cut, back.Cut);
    }

    [Fact]
    public void The_names_are_those_that_programs_rely_on()
    {
        var json = JsonNode.Parse(ResultJson.Write(SampleResult.Usual))!;
        JsonNode Facts(string question) => json["questions"]![question]!["facts"]!;
        Assert.Equal(SampleResult.Usual.Full.InDomain.Low, (double)Facts("accuracy")["full"]!["inDomain"]!["low"]!);
        Assert.Equal(["value", "n", "low", "high"], Facts("accuracy")["full"]!["outOfDomain"]!.AsObject().Select(p => p.Key));
        Assert.Equal(120, (int)Facts("accuracy")["subnetworks"]![0]!["measured"]!["cases"]!["swap entailment"]!["n"]!);
        Assert.Equal("core", (string?)Facts("core")["ablated"]![0]!["name"]);
        Assert.Equal(0.12, (double)Facts("core")["main"]!["expectedByChance"]!);
        Assert.Equal(249_474, (long)Facts("cut")["parametersAfter"]!);
        Assert.NotNull(json["manifest"]!["command"]);
        Assert.NotNull(Facts("making")["seconds"]);
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_null_and_read_as_not_a_number()
    {
        var r = SampleResult.Least with
        {
            Seconds = double.NaN,
            Full = SampleResult.Least.Full with { InDomain = Proportion.FromCounts(0, 0), InDomainLoss = double.PositiveInfinity },
        };
        string json = ResultJson.Write(r);
        Assert.Null(JsonNode.Parse(json)!["questions"]!["making"]!["facts"]!["seconds"]);
        RunResult back = RunResult.From(ResultJson.Read(json, RunResult.Questions));
        Assert.True(double.IsNaN(back.Seconds));
        Assert.True(double.IsNaN(back.Full.InDomain.Value));
        Assert.Null(back.Full.InDomainLoss);
        Assert.Contains("not measured", Report.Html(back), StringComparison.Ordinal);
    }

    [Fact]
    public void Sets_that_were_not_given_are_null()
    {
        RunResult back = RunResult.From(ResultJson.Read(ResultJson.Write(SampleResult.Least), RunResult.Questions));
        Assert.Null(back.Full.OutOfDomain);
        Assert.Null(back.Subnetworks[0].Measured.Unseen);
        Assert.Null(back.Cases);
    }

    [Theory]
    [InlineData("{", "line 1")]
    [InlineData("null", "null")]
    [InlineData("{\"title\": \"x\"}", "title")]
    [InlineData("[]", "$")]
    public void What_is_no_result_is_refused_with_what_to_do(string json, string part)
    {
        var error = Assert.Throws<InvalidDataException>(() => ResultJson.Read(json, RunResult.Questions));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Contains("Run the command that made it again.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_field_that_this_version_does_not_know_is_refused_by_name()
    {
        var json = JsonNode.Parse(ResultJson.Write(SampleResult.Least))!;
        json["sparkle"] = 1;
        Assert.Contains("sparkle", Assert.Throws<InvalidDataException>(() => ResultJson.Read(json.ToJsonString(), RunResult.Questions)).Message, StringComparison.Ordinal);
    }
}
