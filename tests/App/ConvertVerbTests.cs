using System.Text.Json;
using Heartwood.Lab.Checkpoints;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.App;

/// <summary><c>heartwood convert</c>, and models that are there only as PyTorch saved them.</summary>
[Collection("the thread team")]
public sealed class ConvertVerbTests : IDisposable
{
    readonly SmallRuns runs = new();

    public void Dispose() => runs.Dispose();

    /// <summary>The small model with its weights as PyTorch would have saved them.</summary>
    string Older()
    {
        string folder = runs.At("older");
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(runs.Model).Where(f => Path.GetFileName(f) != Checkpoint.SingleFile)) File.Copy(file,
            Path.Combine(folder, Path.GetFileName(file)));
        using Checkpoint model = Checkpoint.Open(runs.Model);
        List<(string, object[])> tensors = [];
        List<(string, byte[])> storages = [];
        foreach (string name in model.Names)
        {
            int[] shape = [.. model.ShapeOf(name)], strides = [.. shape.Select((_, i) => shape[(i + 1)..].Aggregate(1, (a, b) => a * b))];
            tensors.Add((name, Pickles.Tensor(Pickles.Storage($"{storages.Count}", (int)model.Count(name)), 0, shape, strides)));
            storages.Add(($"{storages.Count}", Pickles.Floats(model.ReadAll(name))));
        }
        File.WriteAllBytes(Path.Combine(folder, Checkpoint.PyTorchSingleFile),
            Pickles.Saved(Pickles.Whole(Pickles.Dict(tensors)), storages));
        return folder;
    }

    [Fact]
    public void A_model_that_PyTorch_saved_is_inspected_and_converted_to_the_same_model()
    {
        string older = Older(), copy = runs.At("copy");
        JsonElement before = JsonDocument.Parse(SmallRuns.Works("inspect", older, "--json")).RootElement;
        Assert.StartsWith($"{older}: ", SmallRuns.Works("convert", older, "--out", copy));
        JsonElement after = JsonDocument.Parse(SmallRuns.Works("inspect", copy, "--json")).RootElement;
        Assert.Equal(before.GetProperty("parameters").GetInt64(), after.GetProperty("parameters").GetInt64());
        using Checkpoint model = Checkpoint.Open(runs.Model), converted = Checkpoint.Open(copy);
        PickleGoldenTests.Same(model, converted);
        Assert.Equal(File.ReadAllBytes(Path.Combine(runs.Model, "config.json")), File.ReadAllBytes(Path.Combine(copy, "config.json")));
        Assert.Contains("found one that holds something", SmallRuns.Fails("convert", older, "--out", copy));
    }

    [Fact]
    public void With_json_the_result_is_all_that_was_done()
    {
        JsonElement done = JsonDocument.Parse(SmallRuns.Works("convert", Older(), "--out", runs.At("copy"), "--json")).RootElement;
        using Checkpoint model = Checkpoint.Open(runs.Model);
        Assert.Equal(model.Names.Count, done.GetProperty("tensors").GetInt32());
        Assert.Equal(model.Names.Count, done.GetProperty("dtypes").GetProperty("F32").GetInt32());
        Assert.Contains("config.json", done.GetProperty("copied").EnumerateArray().Select(c => c.GetString()));
    }

    [Fact]
    public void A_single_file_becomes_a_single_file_and_its_entry_may_be_named()
    {
        string file = runs.At("last.ckpt");
        object[] tensor = Pickles.Tensor(Pickles.Storage("0", 2), 0, [2], [1]);
        File.WriteAllBytes(file, Pickles.Saved(Pickles.Whole(Pickles.Dict(("a", Pickles.Dict(("w", tensor))),
            ("b", Pickles.Dict(("v", tensor))))), ("0", Pickles.Floats(1, 2))));
        string message = SmallRuns.Fails("convert", file, "--out", runs.At("last.safetensors"));
        Assert.Contains($"heartwood convert {file} --entry a --out FILE.safetensors", message);
        SmallRuns.Works("convert", file, "--entry", "b", "--out", runs.At("last.safetensors"));
        using Checkpoint written = Checkpoint.Open(runs.At("last.safetensors"));
        Assert.Equal(["v"], written.Names);
        Assert.Equal([1, 2], written.ReadAll("v"));
    }
}
