using System.Text.Json;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.App;

/// <summary><c>--precision bf16</c>: said, kept, obeyed, and refused where it would do nothing.</summary>
[Collection("the thread team")]
public sealed class PrecisionTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    string[] Evaluate(params string[] more) => ["evaluate", "--model", runs.Model, "--data", "world:training,rows=30", "--in-domain", "world:in-domain,rows=40", "--json", .. more];

    static JsonElement Facts(JsonElement result, string question) => result.GetProperty("questions").GetProperty(question).GetProperty("facts");

    static double LossOf(string json) => JsonDocument.Parse(json).RootElement.GetProperty("model").GetProperty("inDomainLoss").GetDouble();

    [Fact]
    public void A_run_says_its_precision_in_manifest_result_and_report_and_keeps_it()
    {
        var (code, _, error) = SmallRuns.Here([.. runs.Find("run", 4), "--precision", "bf16"]);
        Assert.Equal(0, code);
        Assert.Contains("bf16: frozen weights and what they multiply are rounded to bf16, sums are float32", error);
        foreach (string verb in (string[])["evaluate", "compare", "cut", "report"]) SmallRuns.Works(verb, runs.At("run"));      // each takes the precision from the run
        SmallRuns.Works([.. runs.Find("whole", 4), "--precision", "bf16", "--all"]);
        runs.SameStudy("whole", "run");

        JsonElement result = JsonDocument.Parse(File.ReadAllText(runs.At("run", "result.json"))).RootElement, manifest = result.GetProperty("manifest");
        Assert.Equal(("bf16", Machine.BackendAt(Precision.Bf16)), (manifest.GetProperty("request").GetProperty("precision").GetString(), manifest.GetProperty("backend").GetString()));
        Assert.Contains("rounded to bf16, sums are float32", File.ReadAllText(runs.At("run", "report.html")));
        Assert.InRange(Facts(result, "cut").GetProperty("largestDifference").GetDouble(), 0, 1e-5);                      // proved in float32

        SmallRuns.Works([.. runs.Find("exact", 4), "--all"]);
        JsonElement exact = JsonDocument.Parse(File.ReadAllText(runs.At("exact", "result.json"))).RootElement;
        Assert.NotEqual(Facts(exact, "accuracy").GetProperty("full").GetProperty("inDomainLoss").GetDouble(), Facts(result, "accuracy").GetProperty("full").GetProperty("inDomainLoss").GetDouble());
        Assert.Equal("float32", exact.GetProperty("manifest").GetProperty("request").GetProperty("precision").GetString());
    }

    [Fact]
    public void A_run_is_not_resumed_with_another_precision()
    {
        SmallRuns.Works(runs.Find("run", 4));
        Assert.Contains($"precision was float32, now bf16; the backend was {Machine.BackendInUse}, now {Machine.BackendAt(Precision.Bf16)}. Give another folder", SmallRuns.Fails([.. runs.Find("run", 4), "--precision", "bf16"]));
    }

    [Theory]
    [InlineData("train takes no --precision: weights that are trained stay float32. To store the trained model in half the space: --bf16. See heartwood train --help.", "train", "--precision", "bf16")]
    [InlineData("train takes no --precision: weights that are trained stay float32. To store the trained model in half the space: --bf16. See heartwood train --help.", "train", "--precision=bf16")]
    [InlineData("compare takes no --precision: a run keeps the precision that it was begun with. See heartwood compare --help.", "compare", "run", "--precision", "bf16")]
    [InlineData("cut takes no --precision: a run keeps the precision that it was begun with. See heartwood cut --help.", "cut", "run", "--precision", "bf16")]
    [InlineData("report takes no --precision: a run keeps the precision that it was begun with. See heartwood report --help.", "report", "run", "--precision", "bf16")]
    public void Where_it_would_do_nothing_it_is_refused_with_the_reason(string expected, params string[] arguments)
    {
        var (code, output, error) = SmallRuns.Here(arguments);
        Assert.Equal((2, "", $"Error: {expected}\n"), (code, output, error));
    }

    [Fact]
    public void A_run_is_not_evaluated_with_another_precision() =>
        Assert.StartsWith("--precision says nothing with a run's folder: the run knows its model, data and precision.", SmallRuns.Fails("evaluate", runs.At("run"), "--precision", "bf16"));

    [Fact]
    public void Without_machine_code_the_same_values_come_out_and_the_reason_is_said()
    {
        string with = SmallRuns.Works(Evaluate("--precision", "bf16"));
        using Program program = new(new Dictionary<string, string?> { ["HEARTWOOD_NO_MACHINE_CODE"] = "1", ["HEARTWOOD_BACKEND"] = null }, Evaluate("--precision", "bf16"));
        var (code, without, error) = program.End();
        Assert.True(code == 0, error);
        Assert.Equal(LossOf(with), LossOf(without));
        Assert.NotEqual(LossOf(SmallRuns.Works(Evaluate())), LossOf(without));
        Assert.Contains("by float32 instructions", error);
        if (Machine.BackendAt(Precision.Bf16) == "avx512-bf16") Assert.Contains("That is slower than float32 here: HEARTWOOD_NO_MACHINE_CODE=1 forbids machine code.", error);
    }
}
