using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Checkpoints;

public sealed class HuggingFaceFolderTests
{
    static readonly NamedTensor[] Weights = [new("classifier.weight", [2, 1], Dtype.BF16, new float[] { 1, -2 })];
    static readonly Dictionary<string, byte[]> Tokenizer = new() { ["vocab.txt"] = "[PAD]\n"u8.ToArray(), ["tokenizer_config.json"] = """{"do_lower_case":false}"""u8.ToArray() };

    [Fact]
    public void A_written_folder_is_read_again_and_only_it_is_there()
    {
        string above = Files.NewFolder(), path = Path.Combine(above, "model");
        HuggingFaceFolder.Write(path, new JsonObject { ["model_type"] = "bert", ["id2label"] = new JsonObject { ["0"] = "né", ["1"] = "b" } }, Weights, Tokenizer);
        Assert.Equal([path], Directory.GetFileSystemEntries(above));
        using HuggingFaceFolder folder = HuggingFaceFolder.Open(path);
        Assert.Equal("bert", folder.Config.Family);
        Assert.Equal(["né", "b"], folder.Config.Labels(2));
        Assert.Equal([1, -2], folder.Weights.ReadAll("classifier.weight"));
        Assert.Equal(Tokenizer["vocab.txt"], folder.Require("vocab.txt"));
        Assert.Equal(Tokenizer.Keys, folder.ReadTokenizer().Keys);
        Assert.Null(folder.Find("tokenizer.json"));
        Assert.Equal(64, folder.Weights.Sha256().Length);
    }

    [Fact]
    public void A_folder_in_memory_reads_as_one_on_disk()
    {
        Dictionary<string, byte[]> files = new() { ["config.json"] = """{"model_type":"bert"}"""u8.ToArray(), [Checkpoint.SingleFile] = Files.SmallSafetensors() };
        using HuggingFaceFolder folder = HuggingFaceFolder.Open(files, "embedded");
        Assert.Equal(["bert.a", "bert.b", "c"], folder.Weights.Names);
        files.Remove(Checkpoint.SingleFile);
        Assert.Contains("embedded: expected a file model.safetensors", Assert.Throws<CheckpointException>(() => HuggingFaceFolder.Open(files, "embedded")).Message);
        files.Remove("config.json");
        Assert.Contains("embedded: expected a file config.json", Assert.Throws<CheckpointException>(() => HuggingFaceFolder.Open(files, "embedded")).Message);
    }

    [Fact]
    public void A_place_that_is_taken_is_refused_and_kept_unless_it_may_be_replaced()
    {
        string above = Files.NewFolder(), path = Path.Combine(above, "model");
        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, "mine.txt"), "kept");
        Assert.Contains("expected a new or empty folder", Assert.Throws<IOException>(() => HuggingFaceFolder.Write(path, [], Weights, Tokenizer)).Message);
        Assert.Equal("kept", File.ReadAllText(Path.Combine(path, "mine.txt")));
        HuggingFaceFolder.Write(path, [], Weights, Tokenizer, replace: true);
        Assert.False(File.Exists(Path.Combine(path, "mine.txt")));
        Assert.Equal([path], Directory.GetFileSystemEntries(above));
    }

    [Fact]
    public void A_failed_write_leaves_the_old_folder_and_nothing_beside_it()
    {
        string above = Files.NewFolder(), path = Path.Combine(above, "model");
        HuggingFaceFolder.Write(path, new JsonObject { ["old"] = true }, Weights, Tokenizer);
        Assert.Throws<IOException>(() => HuggingFaceFolder.Write(path, [], [new("x", [1], Dtype.F32, () => throw new IOException("No space left on device"))], Tokenizer, replace: true));
        Assert.Equal([path], Directory.GetFileSystemEntries(above));
        Assert.Contains("old", File.ReadAllText(Path.Combine(path, "config.json")));
    }

    [Fact]
    public void What_is_no_folder_is_refused()
    {
        string folder = Files.NewFolder(), file = Path.Combine(folder, "f");
        File.WriteAllText(file, "");
        Assert.Contains("found a file", Assert.Throws<CheckpointException>(() => HuggingFaceFolder.Open(file)).Message);
        Assert.Contains("found nothing", Assert.Throws<CheckpointException>(() => HuggingFaceFolder.Open(Path.Combine(folder, "g"))).Message);
        Assert.Contains("config.json", Assert.Throws<CheckpointException>(() => HuggingFaceFolder.Open(folder)).Message);
    }

    [Fact]
    public void A_real_folder_is_opened()
    {
        using HuggingFaceFolder folder = HuggingFaceFolder.Open(Files.Real("models/stories15M"));
        Assert.Equal(("llama", 288), (folder.Config.Family, folder.Config.RequirePositive("hidden_size")));
        Assert.Equal(["tokenizer.json"], folder.ReadTokenizer().Keys);
        Assert.Contains("'intermediate_size'", Assert.Throws<CheckpointException>(() => folder.Config.RefuseUnknown()).Message);
    }
}
