using System.Text.Json.Nodes;
using Heartwood.Lab.Questions;
using Heartwood.Tests.Lab.Reports;
using NJsonSchema;

namespace Heartwood.Tests.Lab.Questions;

/// <summary>The published schema of <c>result.json</c>.</summary>
public sealed class ResultSchemaTests
{
    static string Published => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "result.schema.json"));

    [Fact]
    public void The_published_schema_is_that_of_the_questions_records()
    {
        string made = ResultSchema.Text(RunResult.Questions), file = Path.Combine(Path.GetTempPath(), "result.schema.json");
        if (made == Published) return;
        File.WriteAllText(file, made);
        Assert.Fail($"docs/result.schema.json is not what the records of src/Lab/Questions say. Count up the version of the question that "
            + $"changed, and copy {file} there.");
    }

    public static TheoryData<string> Shapes => [.. ReportInBrowserTests.shapes.Keys];

    [Theory, MemberData(nameof(Shapes))]
    public async Task What_is_written_fits_the_published_schema(string shape)
    {
        JsonSchema schema = await JsonSchema.FromJsonAsync(Published, TestContext.Current.CancellationToken);
        Assert.Empty(schema.Validate(ResultJson.Write(ReportInBrowserTests.shapes[shape])).Select(e => e.ToString()));
    }

    [Fact]
    public async Task What_runs_side_by_side_write_fits_the_published_schema_and_reads_back()
    {
        JsonSchema schema = await JsonSchema.FromJsonAsync(Published, TestContext.Current.CancellationToken);
        string written = ResultJson.Write(SampleJoined.Usual);
        Assert.Empty(schema.Validate(written).Select(e => e.ToString()));
        Assert.Equal(written, ResultJson.Write(ResultJson.Read(written, RunResult.Questions)));
    }

    [Fact]
    public async Task What_single_ablations_write_fits_the_published_schema_and_reads_back()
    {
        JsonSchema schema = await JsonSchema.FromJsonAsync(Published, TestContext.Current.CancellationToken);
        string written = ResultJson.Write(SampleAblation.Usual);
        Assert.Empty(schema.Validate(written).Select(e => e.ToString()));
        Assert.Equal(written, ResultJson.Write(ResultJson.Read(written, RunResult.Questions)));
    }

    [Theory]
    [InlineData("accuracy", "full", "1")]
    [InlineData("core", "cores", "null")]
    [InlineData("cut", "compared", "0.5")]
    [InlineData("making", "colour", "\"red\"")]
    [InlineData("overlap", "sparsities", "[{}]")]
    public async Task What_the_schema_refuses_the_program_refuses(string question, string key, string value)
    {
        JsonNode file = JsonNode.Parse(ResultJson.Write(SampleResult.Usual))!;
        file["questions"]![question]!["facts"]![key] = JsonNode.Parse(value);
        JsonSchema schema = await JsonSchema.FromJsonAsync(Published, TestContext.Current.CancellationToken);
        Assert.NotEmpty(schema.Validate(file.ToJsonString()));
        Assert.Contains($"'{question}'",
            Assert.Throws<InvalidDataException>(() => ResultJson.Read(file.ToJsonString(), RunResult.Questions)).Message);
    }

    [Fact]
    public void A_question_of_another_version_or_of_nobody_is_refused_by_name()
    {
        string Refused(Action<JsonNode> change)
        {
            JsonNode file = JsonNode.Parse(ResultJson.Write(SampleResult.Least))!;
            change(file["questions"]!);
            return Assert.Throws<InvalidDataException>(() => ResultJson.Read(file.ToJsonString(), RunResult.Questions)).Message;
        }
        Assert.Contains("Its answer to 'cut' is version 7, this Heartwood reads version 3.", Refused(q => q["cut"]!["version"] = 7));
        Assert.Contains("It answers the question 'sparkle', which is none of", Refused(q => q["sparkle"] = q["cut"]!.DeepClone()));
    }
}
