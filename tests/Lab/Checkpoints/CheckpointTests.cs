using System.Security.Cryptography;
using Heartwood.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Checkpoints;

public sealed class CheckpointTests
{
    const string One = "model-00001-of-00002.safetensors", Two = "model-00002-of-00002.safetensors";

    static string Sharded(string folder, string index)
    {
        SafetensorsWriter.Write(Path.Combine(folder, One), [new("a", [2], Dtype.F32, new float[] { 1, 2 })]);
        SafetensorsWriter.Write(Path.Combine(folder, Two), [new("b", [1, 2], Dtype.F16, new float[] { 3, 4 })]);
        File.WriteAllText(Path.Combine(folder, Checkpoint.IndexFile), index);
        return folder;
    }

    [Fact]
    public void Shards_are_read_as_one()
    {
        string folder = Sharded(Files.NewFolder(), $$"""{"metadata":{"total_size":12},"weight_map":{"b":"{{Two}}","a":"{{One}}"} }""");
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        Assert.Equal(["a", "b"], checkpoint.Names);
        Assert.Equal([1, 2], checkpoint.ShapeOf("b"));
        Assert.Equal([1, 2], checkpoint.ReadAll("a"));
        Assert.Equal([3, 4], checkpoint.ReadAll("b"));
        byte[] both = [.. File.ReadAllBytes(Path.Combine(folder, One)), .. File.ReadAllBytes(Path.Combine(folder, Two))];
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(both)), checkpoint.Sha256());
        Assert.Contains("Did you mean a?", Assert.Throws<CheckpointException>(() => checkpoint.Count("aa")).Message);
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"1","b":"2"}}""", "expected the name of a .safetensors or .bin file next to the index, found \"1\"")]
    [InlineData("""{"weight_map":{"a":"../model.safetensors"}}""", "next to the index")]
    [InlineData("""{"weight_map":{"a":"ONE","b":"model-3.safetensors"}}""", "names the file 'model-3.safetensors', which is not next to it")]
    [InlineData("""{"weight_map":{"a":"ONE","b":"ONE"}}""", "expected tensor 'b' in 'model-00001-of-00002.safetensors'")]
    [InlineData("""{"weight_map":{"b":"TWO","a":"TWO"}}""", "expected tensor 'a' in 'model-00002-of-00002.safetensors'")]
    [InlineData("""{"weight_map":{"a":"ONE","a":"TWO"}}""", "without duplicate names")]
    [InlineData("""{"weight_map":{}}""", "expected 'weight_map'")]
    [InlineData("""{"weight_map":[]}""", "expected 'weight_map'")]
    [InlineData("{}", "expected 'weight_map'")]
    [InlineData("[]", "expected a JSON object without duplicate names, found Array.")]
    [InlineData("""{"weight_map":{"a":""", "expected a JSON object")]
    public void An_index_that_disagrees_with_its_shards_is_refused(string index, string says)
    {
        string folder = Sharded(Files.NewFolder(), index.Replace("ONE", One).Replace("TWO", Two));
        string message = Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder)).Message;
        Assert.StartsWith(Path.Combine(folder, Checkpoint.IndexFile), message);
        Assert.Contains(says, message);
    }

    [Fact]
    public void A_shard_with_a_tensor_that_the_index_does_not_name_is_refused()
    {
        string folder = Sharded(Files.NewFolder(), $$"""{"weight_map":{"a":"{{One}}"} }""");
        SafetensorsWriter.Write(Path.Combine(folder, One), [new("a", [0], Dtype.F32, new float[0]), new("z", [0], Dtype.F32, new float[0])]);
        Assert.Contains("holds tensor 'z', which the index does not name", Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder)).Message);
    }

    [Fact]
    public void Of_a_folder_with_both_forms_safetensors_is_read()
    {
        string folder = Files.NewFolder();
        File.WriteAllBytes(Path.Combine(folder, Checkpoint.PyTorchSingleFile),
            Pickles.Saved(Pickles.Whole(Pickles.Dict(("p", Pickles.Tensor(Pickles.Storage("0", 2), 0, [2], [1])))),
            ("0", Pickles.Floats(1, 2))));
        using (Checkpoint alone = Checkpoint.Open(folder)) Assert.Equal([1, 2], alone.ReadAll("p"));
        SafetensorsWriter.Write(Path.Combine(folder, Checkpoint.SingleFile), [new("s", [1], Dtype.F32, new float[] { 3 })]);
        using (Checkpoint both = Checkpoint.Open(folder)) Assert.Equal(["s"], both.Names);
    }

    [Fact]
    public void A_file_of_PyTorch_has_the_hash_of_its_bytes_and_is_known_by_them_under_any_name()
    {
        string path = Path.Combine(Files.NewFolder(), "weights");
        byte[] bytes = Pickles.Saved(Pickles.Whole(Pickles.Dict(("p", Pickles.Tensor(Pickles.Storage("0", 2), 0, [2], [1])))),
            ("0", Pickles.Floats(1, 2)));
        File.WriteAllBytes(path, bytes);
        using Checkpoint checkpoint = Checkpoint.Open(path);
        Assert.Equal(["p"], checkpoint.Names);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), checkpoint.Sha256());
    }

    [Theory]
    [InlineData("adapter_model.safetensors", "It is an adapter")]
    [InlineData("pytorch_model-00001-of-00002.bin", "download the others and their index")]
    [InlineData("tf_model.h5", "from_tf=True")]
    [InlineData("flax_model.msgpack", "from_flax=True")]
    [InlineData("model-q4.gguf", "the model that it was made from")]
    [InlineData("training_args.bin", "found neither. Give a Hugging Face model folder.")]
    public void A_folder_without_weights_that_are_read_says_what_is_there_and_the_next_move(string file, string move)
    {
        string folder = Files.NewFolder();
        File.WriteAllText(Path.Combine(folder, file), "");
        string message = Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder)).Message;
        Assert.StartsWith($"{folder}: expected model.safetensors or pytorch_model.bin", message);
        Assert.EndsWith(move, move.EndsWith('.') ? message : message[..(message.IndexOf(move, StringComparison.Ordinal) + move.Length)]);
    }

    [Theory]
    [InlineData("model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull")]
    [InlineData("pytorch_model.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull")]
    [InlineData("pytorch_model.bin", "\n<!doctype html><html>", "a web page")]
    [InlineData("model.safetensors", "<html>", "a web page")]
    public void What_a_download_leaves_in_the_place_of_weights_is_refused_as_what_it_is(string file, string content, string gist)
    {
        string path = Path.Combine(Files.NewFolder(), file);
        File.WriteAllText(path, content);
        string message = Assert.Throws<CheckpointException>(() => Checkpoint.Open(path)).Message;
        Assert.StartsWith($"{path}: expected weights, found", message);
        Assert.Contains(gist, message);
    }

    [Fact]
    public void A_checkpoint_in_memory_has_the_hash_of_its_bytes()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Files.SmallSafetensors(), "small");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Files.SmallSafetensors())), checkpoint.Sha256());
    }
}
