using System.Text.Json;
using Heartwood.Tests.Lab;

namespace Heartwood.Tests.App;

/// <summary><c>heartwood shrink</c>: find, cut, heal, quantize and export as one run.</summary>
[Collection("the thread team")]
public sealed class ShrinkVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    string[] Small(string into) => ["shrink", "--model", runs.Model, "--data", "world:training,rows=60", "--in-domain", "world:in-domain,rows=40",
        "--out-of-domain", "world:out-of-domain,per-case=2", "--target", "sparsity=0.5", "--seeds", "1", "--method", "structured-pruning,steps=4,batch-size=8",
        "--steps", "3", "--scheme", "bits=4,group=8,rounding=gptq", "--threads", "1", "--out", runs.At(into)];

    [Fact]
    public void It_ends_with_every_station_in_one_table_and_a_file_that_another_program_loads()
    {
        string said = SmallRuns.Works(Small("run"));
        foreach (string words in (string[])["full model", "random parts, sparsity 0.5, 1 draw", "healed", "4-bits-per-8-gptq", "> is the one that was written, to found/cut.", "gives Heartwood's scores within"])
            Assert.Contains(words, said.Replace("sparsity 0.5\n", "sparsity 0.5, 1 draw\n").Replace("sparsity 0.5  ", "sparsity 0.5, 1 draw  "));
        Assert.Matches(@"healed \(heal\): Healed for 3 steps \(outputs=1,temperature=2\), the cut goes ", said);

        JsonElement result = JsonDocument.Parse(SmallRuns.Works([.. Small("run"), "--json"])).RootElement;
        JsonElement[] candidates = [.. result.GetProperty("candidates").EnumerateArray()];
        string Kind(JsonElement c) => c.GetProperty("kind").GetString()!;
        string? Text(JsonElement c, string name) => c.GetProperty(name).GetString();
        Assert.Single(candidates, c => Kind(c) == "full");                          // what is quantized is the healed cut, and named once
        Assert.Equal(["structured-pruning-sparsity-0.5-seed-1-healed", "random-sparsity-0.5-seed-1-healed"],
            candidates.Where(c => Kind(c) == "healed").Select(c => Text(c, "name")));
        JsonElement[] quantized = [.. candidates.Where(c => Kind(c) == "quantized")];
        Assert.Equal(["4-bits-per-8-nearest", "4-bits-per-8-gptq"], quantized.Select(c => Text(c, "name")));
        Assert.All(quantized, c => Assert.Equal("structured-pruning-sparsity-0.5-seed-1-healed", Text(c, "from")));
        Assert.All(candidates, c => Assert.True(Text(c, "file") is not { } file || Path.Exists(runs.At("run", file)), Text(c, "file")));
        Assert.Equal(candidates.Length, candidates.Select(c => Text(c, "name")).Distinct().Count());

        JsonElement export = Assert.Single(result.GetProperty("exports").EnumerateArray());
        Assert.Equal(("onnx", "onnx", "found/healed"), (Text(export, "file"), Text(export, "format"), Text(export, "model")));
        Assert.StartsWith("ONNX Runtime 1.", Text(export, "loadedBy"));
        Assert.InRange(export.GetProperty("largestDifference").GetDouble(), 0, 1e-4);
        Assert.True(export.GetProperty("seconds").GetDouble() > 0 && export.GetProperty("fullSeconds").GetDouble() > 0);

        string page = File.ReadAllText(runs.At("run", "report.html"));
        Assert.Contains("<section class=\"candidates", page);
        Assert.Contains("<table class=\"candidates exports\">", page);
        Assert.DoesNotContain(runs.At("run", "found", "healed"), page.Split("id=\"steps\"")[0]);
    }

    [Fact]
    public void A_file_that_was_written_before_a_stop_is_written_again()
    {
        SmallRuns.Works(Small("run"));
        byte[] before = File.ReadAllBytes(runs.At("run", "onnx", "model.onnx"));
        File.Delete(runs.At("run", "stages", "onnx.json"));
        File.Delete(runs.At("run", "finished"));
        SmallRuns.Works(Small("run"));
        Assert.Equal(before, File.ReadAllBytes(runs.At("run", "onnx", "model.onnx")));
        Assert.True(File.Exists(runs.At("run", "finished")));
    }

    [Fact]
    public void Of_a_language_model_what_is_quantized_is_written_for_llama_cpp_too()
    {
        string model = SmallSpeaker.In(runs.At("speaker"));
        File.WriteAllText(runs.At("text.txt"), "the heat\nhe ate the hat\n");
        JsonElement plan = JsonDocument.Parse(SmallRuns.Works("shrink", "--model", model, "--data", $"{runs.At("text.txt")},format=lines", "--in-domain",
            $"{runs.At("text.txt")},format=lines", "--seed", "4", "--dry-run", "--json")).RootElement;
        (string? Name, string? Command)[] steps =
            [.. plan.GetProperty("steps").EnumerateArray().Select(s => (s.GetProperty("name").GetString(), s.GetProperty("command").GetString()))];
        Assert.Equal(["found", "healed", "quantized", "onnx", "gguf", "gguf-q8_0", "gguf-q4_0"], steps.Select(s => s.Name));
        Assert.Contains("--target time=0.5 --parts layers,heads,neurons --seeds 5-7 ", steps[0].Command);
        Assert.Contains("--scheme grid=q8_0 grid=q4_0,rounding=gptq", steps[2].Command);
        Assert.DoesNotContain("--seed ", steps[2].Command);
        Assert.Contains("quantized/quantized/q4-0-gptq --to gguf,type=q4_0 --check", steps[6].Command);
        Assert.False(Directory.Exists("RUN"));
    }

    [Fact]
    public void What_cannot_be_done_is_refused_before_anything_runs()
    {
        Assert.Contains("Name its training data with --data", SmallRuns.Fails("shrink", "--model", runs.Model, "--out", runs.At("run")));
        Assert.Contains("A GGUF file is written of llama", SmallRuns.Fails([.. Small("run"), "--export", "gguf"]));
        Assert.Contains("--seed says nothing with --seeds", SmallRuns.Fails([.. Small("run"), "--seed", "2"]));
        string wrong = SmallRuns.Fails([.. Small("run"), "--label-map", "nonsense"]);
        Assert.StartsWith("step 'found': ", wrong);                                 // no line of a file that nobody wrote
        Assert.False(Directory.Exists(runs.At("run")));
    }
}
