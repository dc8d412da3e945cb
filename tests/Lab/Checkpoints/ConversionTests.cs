using System.Text.Json;
using Heartwood.Lab.Checkpoints;
using static Heartwood.Tests.Lab.Checkpoints.Pickles;

namespace Heartwood.Tests.Lab.Checkpoints;

public sealed class ConversionTests
{
    static readonly byte[] Six = Floats(1, 2, 3, 4, 5, 6), Doubles = [.. new[] { 0.1, -2.5 }.SelectMany(BitConverter.GetBytes)];

    static readonly object[] Weight = Tensor(Storage("0", 6), 0, [3, 2], [1, 3]), Ids = Tensor(Storage("1", 2, "LongStorage"), 0, [2], [1]);

    static readonly byte[] Longs = [.. new[] { long.MaxValue, -1L }.SelectMany(BitConverter.GetBytes)];

    /// <summary>A folder as older ones are: two shards of PyTorch, a config, a tokenizer, and what else lies around.</summary>
    static string Older(string folder)
    {
        File.WriteAllBytes(Path.Combine(folder, "pytorch_model-00001-of-00002.bin"),
            Saved(Whole(Dict(("a.weight", Weight), ("a.tied", Weight))), ("0", Six)));
        File.WriteAllBytes(Path.Combine(folder, "pytorch_model-00002-of-00002.bin"),
            Saved(Whole(Dict(("ids", Ids), ("step", [5]))), ("1", Longs)));
        File.WriteAllText(Path.Combine(folder, Checkpoint.PyTorchIndexFile),
            """{"weight_map":{"a.weight":"ONE","a.tied":"ONE","ids":"TWO"}}""".Replace("ONE", "pytorch_model-00001-of-00002.bin")
            .Replace("TWO", "pytorch_model-00002-of-00002.bin"));
        foreach (string name in (string[])["config.json", "vocab.txt", "tokenizer.json", "generation_config.json", "spiece.model",
            "merges.txt", "README.md", "LICENSE", "optimizer.pt", "tf_model.h5", ".gitattributes"])
            File.WriteAllText(Path.Combine(folder, name), name == "config.json" ? "{\"model_type\":  \"bert\"}" : name);
        Directory.CreateDirectory(Path.Combine(folder, "onnx"));
        return folder;
    }

    [Fact]
    public void A_folder_is_copied_with_its_shards_joined_and_every_tensor_bit_for_bit()
    {
        string above = Files.NewFolder(), from = Older(Directory.CreateDirectory(Path.Combine(above, "old")).FullName),
            into = Path.Combine(above, "new");
        List<(int, int)> told = [];
        Conversion done = Conversion.Write(from, into, progress: (written, of) => told.Add((written, of)));
        using Checkpoint old = Checkpoint.Open(from), copy = Checkpoint.Open(into);
        PickleGoldenTests.Same(old, copy);
        Assert.Equal(["ids", "a.weight", "a.tied"], copy.Names);                              // the widest first: all are aligned
        Assert.Equal(Longs, PickleGoldenTests.Bytes(copy, "ids"));
        Assert.Equal("pt", copy.Metadata["format"]);
        Assert.Equal([(1, 3), (2, 3), (3, 3)], told);
        Assert.Equal(["LICENSE", "README.md", "config.json", "generation_config.json", "merges.txt", "spiece.model", "tokenizer.json",
            "vocab.txt"], done.Copied);
        Assert.All(done.Copied, name => Assert.Equal(File.ReadAllBytes(Path.Combine(from, name)),
            File.ReadAllBytes(Path.Combine(into, name))));
        Assert.Equal(["optimizer.pt", "tf_model.h5", "onnx/"], done.LeftOut);
        Assert.Equal([.. done.Copied.Append(Checkpoint.SingleFile).Order(StringComparer.Ordinal)],
            Directory.GetFileSystemEntries(into).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["a.weight", "a.tied"], Assert.Single(done.Shared));
        Assert.Equal(["step"], done.Skipped);
        Assert.Equal((3, 64L), (done.Tensors, done.Bytes));
        Assert.Equal([("F32", 2), ("I64", 1)], done.Dtypes.Select(d => (d.Key, d.Value)));
        Assert.Equal([from, into], Directory.GetFileSystemEntries(above).OrderDescending());
    }

    [Fact]
    public void A_place_that_is_taken_or_of_the_other_kind_is_refused()
    {
        string above = Files.NewFolder(), from = Older(Directory.CreateDirectory(Path.Combine(above, "old")).FullName),
            file = Path.Combine(above, "x.safetensors");
        Assert.Contains("expected a new or empty folder", Assert.Throws<IOException>(() => Conversion.Write(from, from)).Message);
        Assert.Contains("Give a folder with --out FOLDER", Assert.Throws<ArgumentException>(() => Conversion.Write(from, file)).Message);
        Assert.Contains("Give --out FILE.safetensors",
            Assert.Throws<ArgumentException>(() => Conversion.Write(Path.Combine(from, "pytorch_model-00001-of-00002.bin"), above))
            .Message);
        Conversion.Write(Path.Combine(from, "pytorch_model-00001-of-00002.bin"), file);
        Assert.Contains("is there already", Assert.Throws<IOException>(() =>
            Conversion.Write(Path.Combine(from, "pytorch_model-00001-of-00002.bin"), file)).Message);
    }

    [Fact]
    public void A_conversion_that_is_stopped_or_fails_leaves_nothing()
    {
        string above = Files.NewFolder(), from = Older(Directory.CreateDirectory(Path.Combine(above, "old")).FullName);
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() =>
            Conversion.Write(from, Path.Combine(above, "new"), progress: (_, _) => stop.Cancel(), stop: stop.Token));
        File.Delete(Path.Combine(from, "pytorch_model-00002-of-00002.bin"));
        Assert.Contains("which is not next to it",
            Assert.Throws<CheckpointException>(() => Conversion.Write(from, Path.Combine(above, "new"))).Message);
        Assert.Equal([from], Directory.GetFileSystemEntries(above));
    }

    [Fact]
    public void F64_is_rounded_to_float32_only_where_that_is_asked_for_and_the_config_says_so()
    {
        string above = Files.NewFolder(), from = Directory.CreateDirectory(Path.Combine(above, "old")).FullName;
        void Write(byte[] numbers) => File.WriteAllBytes(Path.Combine(from, Checkpoint.PyTorchSingleFile),
            Saved(Whole(Dict(("d", Tensor(Storage("0", 2, "DoubleStorage"), 0, [2], [1])), ("ids", Ids))), ("0", numbers), ("1", Longs)));
        Write(Doubles);
        File.WriteAllText(Path.Combine(from, "config.json"), """{"torch_dtype":"float64","model_type":"bert"}""");
        Conversion.Write(from, Path.Combine(above, "same"));
        using (Checkpoint same = Checkpoint.Open(Path.Combine(above, "same")))
        {
            Assert.Equal(Dtype.F64, same.DtypeOf("d"));
            Assert.Equal(Doubles, PickleGoldenTests.Bytes(same, "d"));
            Assert.Contains($"heartwood convert {Path.Combine(above, "same")} --float32 --out FOLDER",
                Assert.Throws<CheckpointException>(() => same.ReadAll("d")).Message);
        }
        Assert.Equal(["d"], Conversion.Write(from, Path.Combine(above, "rounded"), toFloat32: true).Rounded);
        using (Checkpoint rounded = Checkpoint.Open(Path.Combine(above, "rounded")))
        {
            Assert.Equal([0.1f, -2.5f], rounded.ReadAll("d"));
            Assert.Equal((Dtype.F32, Dtype.I64), (rounded.DtypeOf("d"), rounded.DtypeOf("ids")));
        }
        JsonElement config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(above, "rounded", "config.json"))).RootElement;
        Assert.Equal(("float32", "bert"), (config.GetProperty("torch_dtype").GetString(), config.GetProperty("model_type").GetString()));
        Write([.. new[] { 1e300, 0 }.SelectMany(BitConverter.GetBytes)]);
        Assert.Contains("tensor 'd': its value 1E+300 is beyond float32's largest",
            Assert.Throws<CheckpointException>(() => Conversion.Write(from, Path.Combine(above, "large"), toFloat32: true)).Message);
    }

    [Fact]
    public void Every_golden_model_of_this_house_is_unchanged_by_a_conversion()
    {
        foreach (string model in (string[])["bert/tiny-old", "gpt2/language", "llama/grouped"])
        {
            string into = Path.Combine(Files.NewFolder(), "copy");
            Conversion.Write(Goldens.Path(model), into);
            using Checkpoint old = Checkpoint.Open(Goldens.Path(model)), copy = Checkpoint.Open(into);
            PickleGoldenTests.Same(old, copy);
        }
    }
}
