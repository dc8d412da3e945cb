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
        Assert.Contains("Nearest: 'a'", Assert.Throws<CheckpointException>(() => checkpoint.Count("aa")).Message);
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"1","b":"2"}}""", "expected the name of a .safetensors file beside the index, found \"1\"")]
    [InlineData("""{"weight_map":{"a":"../model.safetensors"}}""", "beside the index")]
    [InlineData("""{"weight_map":{"a":"ONE","b":"model-3.safetensors"}}""", "names the file 'model-3.safetensors', which is not beside it")]
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
    public void A_folder_with_only_pickled_weights_says_how_to_convert_them()
    {
        string folder = Files.NewFolder();
        Assert.Contains("found neither", Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder)).Message);
        File.WriteAllText(Path.Combine(folder, "pytorch_model.bin"), "PK");
        Assert.Contains("safe_serialization=True", Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder)).Message);
    }

    [Fact]
    public void A_checkpoint_in_memory_has_the_hash_of_its_bytes()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Files.SmallSafetensors(), "small");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Files.SmallSafetensors())), checkpoint.Sha256());
    }
}
