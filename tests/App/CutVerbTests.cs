using System.Text.Json;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Tests.Lab.Studies;

namespace Heartwood.Tests.App;

/// <summary>What a cut says of itself: its dtype, its size, its own accuracy.</summary>
[Collection("the thread team")]
public sealed class CutVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    JsonElement Cut => JsonDocument.Parse(File.ReadAllText(runs.At("run", "result.json"))).RootElement
        .GetProperty("questions").GetProperty("cut").GetProperty("facts");

    [Theory]
    [InlineData(Dtype.BF16, "bfloat16")]
    [InlineData(Dtype.F16, "float16")]
    [InlineData(Dtype.F32, "float32")]
    public void A_cut_of_a_run_keeps_the_dtype_of_its_source_and_names_what_was_rounded(Dtype dtype, string inConfig)
    {
        LoadedModel small = LoadedModel.Load(SmallWorld.ModelIn(runs.At("float32")));
        ModelFolder.Save(small.Model, runs.At("model"), small.TokenizerFiles, dtype);
        string said = SmallRuns.Works(runs.Find("run", 4, "--all"));
        foreach (string name in (string[])["cut", "full-size"])
        {
            using HuggingFaceFolder folder = HuggingFaceFolder.Open(runs.At("run", name));
            Assert.All(folder.Weights.Names, tensor => Assert.Equal(dtype, folder.Weights.DtypeOf(tensor)));
            Assert.Equal(inConfig, JsonDocument.Parse(File.ReadAllText(runs.At("run", name, "config.json"))).RootElement.GetProperty("torch_dtype").GetString());
        }
        JsonElement cut = Cut;
        Assert.Equal($"{dtype}", cut.GetProperty("dtype").GetString());
        Assert.Equal(dtype.Size() * cut.GetProperty("parametersAfter").GetInt64(), cut.GetProperty("bytesAfter").GetInt64());
        Assert.Equal(dtype.Size() * cut.GetProperty("parametersBefore").GetInt64(), cut.GetProperty("bytesBefore").GetInt64());
        string page = File.ReadAllText(runs.At("run", "report.html"));
        if (dtype == Dtype.F32)
        {
            Assert.Equal(JsonValueKind.Null, cut.GetProperty("beforeStoring").ValueKind);
            Assert.DoesNotContain("before it was rounded", said + page);
        }
        else
        {
            Assert.InRange(cut.GetProperty("beforeStoring").GetDouble(), 0, 1e-5);
            Assert.InRange(cut.GetProperty("largestDifference").GetDouble(), 1e-5, 0.1);
            Assert.Contains($" as stored in {dtype} (before it was rounded to that, within ", said);
            Assert.Contains($"as it is stored in {dtype}, and before it was rounded to that", page);
        }
        Assert.Contains("it computes the masked model", page);
    }

    [Fact]
    public void A_cut_reports_the_accuracy_that_evaluate_measures_of_its_folder()
    {
        string said = SmallRuns.Works(runs.Find("run", 4, "--all"));
        JsonElement own = Cut.GetProperty("own"), measured = JsonDocument.Parse(SmallRuns.Works(
            "evaluate", "--model", runs.At("run", "cut"), "--in-domain", "world:in-domain,rows=40", "--out-of-domain", "world:out-of-domain,per-case=2",
            "--unseen", "world:unseen,per-case=1", "--json")).RootElement.GetProperty("model");
        foreach (string set in (string[])["inDomain", "outOfDomain", "unseen"])
            Assert.True(JsonElement.DeepEquals(measured.GetProperty(set), own.GetProperty(set)), set);
        Assert.Equal(40, own.GetProperty("inDomain").GetProperty("n").GetInt32());
        string line = said.Split('\n').Single(l => l.StartsWith("The cut model: in-domain ", StringComparison.Ordinal));
        Assert.Contains("n = 40); out of domain ", line);
        Assert.Contains(line, SmallRuns.Works("cut", runs.At("run")));
        Assert.Contains("As it is stored (F32), it reaches ", File.ReadAllText(runs.At("run", "report.html")));
        JsonElement made = JsonDocument.Parse(SmallRuns.Works("cut", runs.At("run"), "--change", "cut", "--out", runs.At("made"), "--json")).RootElement;
        Assert.True(JsonElement.DeepEquals(own, made.GetProperty("changes")[0].GetProperty("own")));
    }
}
