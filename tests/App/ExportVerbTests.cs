using System.Text.Json;
using Heartwood.Lab.Checkpoints;
using Heartwood.Tests.Lab;
using Heartwood.Tests.Lab.Exports;

namespace Heartwood.Tests.App;

/// <summary><c>heartwood export</c>, with the program of checks/ next to the tests.</summary>
[Collection("the thread team")]
public sealed class ExportVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    static JsonElement Exported(params string[] words)
    {
        JsonElement exports = JsonDocument.Parse(SmallRuns.Works(["export", .. words, "--threads", "1", "--json"])).RootElement.GetProperty("exports");
        return Assert.Single(exports.EnumerateArray());
    }

    [Fact]
    public void The_cut_of_a_run_is_written_for_ONNX_Runtime_and_timed_there_next_to_the_full_model()
    {
        SmallRuns.Works(runs.Find("run", 4));
        Assert.Contains("is a run that has no cut yet. Write it with: heartwood cut", SmallRuns.Fails("export", runs.At("run"), "--to", "onnx", "--out", runs.At("made")));
        SmallRuns.Works("cut", runs.At("run"));
        JsonElement made = Exported(runs.At("run"), "--to", "onnx", "--out", runs.At("made"), "--check", "--data", "world:in-domain,rows=40");
        Assert.Equal((runs.At("made"), "onnx"), (made.GetProperty("file").GetString(), made.GetProperty("format").GetString()));
        Assert.StartsWith("ONNX Runtime 1.", made.GetProperty("loadedBy").GetString());
        Assert.InRange(made.GetProperty("largestDifference").GetDouble(), 0, 1e-4);
        Assert.Equal(40, made.GetProperty("rows").GetInt32());
        Assert.True(made.GetProperty("seconds").GetDouble() > 0 && made.GetProperty("fullSeconds").GetDouble() > 0);
        Assert.Equal(JsonValueKind.Null, made.GetProperty("note").ValueKind);
        Assert.Equal(Directory.GetFiles(runs.At("run", "cut")).Select(f => Path.GetFileName(f)).Except([Checkpoint.SingleFile, "README.md", "modeling_heartwood.py"]).Append("model.onnx").Order(StringComparer.Ordinal),
            Directory.GetFiles(runs.At("made")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.Equal(File.ReadAllBytes(runs.At("made", "model.onnx")), Cut("again"));

        // cut --export writes the same file
        byte[] Cut(string into)
        {
            SmallRuns.Works("cut", runs.At("run"), "--change", "cut", "--export", "onnx", "--out", runs.At(into));
            return File.ReadAllBytes(runs.At(into, "cut", "model.onnx"));
        }
    }

    [Fact]
    public void A_folder_is_checked_on_rows_that_are_drawn_by_the_seed()
    {
        string said = SmallRuns.Works("export", runs.Model, "--to", "onnx", "--out", runs.At("made"), "--check", "--threads", "1");
        Assert.Matches(@"ONNX Runtime 1\.\d+\.\d+ gives Heartwood's scores within \d\.\de-\d+ \(200 rows, each alone and in a padded batch\)", said);
        Assert.DoesNotContain("full model", said);
        JsonElement once = Exported(runs.Model, "--to", "onnx", "--out", runs.At("once"), "--check", "--seed", "1"), again = Exported(runs.Model, "--to", "onnx", "--out", runs.At("again"), "--check", "--seed", "1");
        Assert.Equal(once.GetProperty("largestDifference").GetDouble(), again.GetProperty("largestDifference").GetDouble());
        Assert.Equal(File.ReadAllBytes(runs.At("once", "model.onnx")), File.ReadAllBytes(runs.At("again", "model.onnx")));
    }

    [Fact]
    public void A_language_model_goes_the_same_way()
    {
        JsonElement made = Exported(SmallSpeaker.In(runs.At("speaker")), "--to", "onnx,weights=float16", "--out", runs.At("made"), "--check");
        Assert.InRange(made.GetProperty("largestDifference").GetDouble(), 0, 0.1);
        File.WriteAllText(runs.At("text.txt"), "the heat\nhe ate the hat\n");
        JsonElement read = Exported(runs.At("speaker"), "--to", "onnx", "--out", runs.At("other"), "--check", "--data", runs.At("text.txt"));
        Assert.InRange(read.GetProperty("largestDifference").GetDouble(), 0, 1e-4);
        Assert.Equal(2, read.GetProperty("rows").GetInt32());
    }

    [Fact]
    public void The_cut_of_a_language_model_is_one_file_that_llama_cpp_goes_on_from()
    {
        LlamaCheckTests.Program();
        File.WriteAllLines(runs.At("pairs.tsv"), ["good\tbad", .. Enumerable.Range(0, 12).Select(i => $"a b a {(i % 2 == 0 ? "b" : "a")}\tb b a a")]);
        string pairs = $"{runs.At("pairs.tsv")},task=pairs,text=good,pair=bad";
        SmallRuns.Works("find", "--model", SmallSpeaker.In(runs.At("speaker")), "--data", pairs, "--in-domain", $"{pairs},rows=10", "--seeds", "1",
            "--method", "structured-pruning,steps=4,batch-size=4", "--draws", "1", "--sparsity", "0.5", "--out", runs.At("run"));
        SmallRuns.Works("cut", runs.At("run"), "--change", "cut", "--export", "gguf,type=F32", "--out", runs.At("changed"));
        SmallRuns.Works("cut", runs.At("run"));
        JsonElement made = Exported(runs.At("run"), "--to", "gguf,type=F32", "--out", runs.At("cut.gguf"), "--check");
        Assert.Equal((runs.At("cut.gguf"), "gguf"), (made.GetProperty("file").GetString(), made.GetProperty("format").GetString()));
        Assert.StartsWith("llama.cpp (LLamaSharp 0.", made.GetProperty("loadedBy").GetString());
        Assert.True(made.GetProperty("tokens").GetInt32() is > 0 and <= 40);
        Assert.Equal(made.GetProperty("tokens").GetInt32(), made.GetProperty("sameTokens").GetInt32());
        Assert.InRange(made.GetProperty("largestDifference").GetDouble(), 0, 1e-4);
        Assert.Equal(5, made.GetProperty("rows").GetInt32());
        Assert.True(made.GetProperty("seconds").GetDouble() > 0 && made.GetProperty("fullSeconds").GetDouble() > 0);
        Assert.Equal(File.ReadAllBytes(runs.At("cut.gguf")), File.ReadAllBytes(runs.At("changed", "cut.gguf")));
        Assert.Matches(@"goes on with 5 prompts as generate does for \d+ of \d+ tokens at least, greedily; scores within \d\.\de-\d+",
            SmallRuns.Works("export", runs.At("speaker"), "--to", "gguf,type=q8_0", "--out", runs.At("quantized"), "--check", "--threads", "1"));
        Assert.Contains("cut.gguf is there already", SmallRuns.Fails("export", runs.At("run"), "--to", "gguf", "--out", runs.At("cut")));
    }

    [Fact]
    public void A_folder_for_Hugging_Face_is_written_and_the_check_says_why_nothing_here_loads_it()
    {
        JsonElement made = Exported(runs.Model, "--to", "hugging-face", "--out", runs.At("made"), "--check");
        Assert.Equal(JsonValueKind.Null, made.GetProperty("loadedBy").ValueKind);
        Assert.Contains("Python", made.GetProperty("note").GetString());
        Assert.Equal(File.ReadAllBytes(Path.Combine(runs.Model, Checkpoint.SingleFile)), File.ReadAllBytes(runs.At("made", Checkpoint.SingleFile)));
    }

    [Fact]
    public void What_cannot_be_exported_is_refused_with_the_next_move()
    {
        foreach (var (words, gist) in new (string[], string)[]
        {
            (["--to", "onxx", "--out", "x"], "There is no export 'onxx'. Did you mean onnx?"),
            (["--to", "onnx"], "Where should the result go? Give a folder with --out FOLDER."),
            (["--to", "onnx", "--out", "x", "--seed", "3"], "--seed says nothing without --check"),
            (["--to", "onnx", "--out", "x", "--check", "--data", "world:in-domain", "--seed", "3"], "--seed says nothing with --data"),
        })
            Assert.Contains(gist, SmallRuns.Fails(["export", runs.Model, .. words]));
        SmallRuns.Works("export", runs.Model, "--to", "onnx", "--out", runs.At("made"));
        Assert.Contains("found one that holds something", SmallRuns.Fails("export", runs.Model, "--to", "onnx", "--out", runs.At("made")));
        string other = runs.At("other");
        Heartwood.Lab.Models.ModelFolder.Save(Small.Model(family: "gemma2"), other, new Dictionary<string, byte[]>());
        Assert.StartsWith("onnx writes no gemma2 yet; it writes bert, ", SmallRuns.Fails("export", other, "--to", "onnx", "--out", runs.At("no")));
        Assert.False(Directory.Exists(runs.At("no")));
    }
}
