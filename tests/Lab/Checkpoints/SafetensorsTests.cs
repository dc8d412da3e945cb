using System.Runtime.InteropServices;
using Heartwood.Lab.Checkpoints;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Checkpoints;

public sealed class SafetensorsTests
{
    [Theory]
    [InlineData("f16"), InlineData("bf16")]
    public void Edge_values_of_an_independent_writer_are_read_to_the_bit(string dtype)
    {
        using Checkpoint golden = Checkpoint.Open(Files.Golden("safetensors/edges.safetensors"));
        Assert.Equal(Words(golden.ReadAll($"{dtype}.value")), Words(golden.ReadAll(dtype)));
    }

    [Theory]
    [InlineData(Dtype.F16), InlineData(Dtype.BF16)]
    public void Written_numbers_are_rounded_to_nearest_even_as_by_an_independent_writer(Dtype dtype)
    {
        using Checkpoint golden = Checkpoint.Open(Files.Golden("safetensors/edges.safetensors"));
        float[] inputs = golden.ReadAll("inputs");
        using Checkpoint written = Written(new NamedTensor("x", [inputs.Length], dtype, inputs));
        Assert.Equal(golden.ReadAll($"{dtype.ToString().ToLowerInvariant()}.rounded"), written.ReadAll("x"));
    }

    [Fact]
    public void Every_16_bit_number_is_read_exactly_and_comes_back_as_it_was()
    {
        ushort[] all = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        float[] values = new float[all.Length];
        ushort[] back = new ushort[all.Length];
        Dtype.F16.ToFloats(MemoryMarshal.AsBytes<ushort>(all), values);
        Dtype.F16.FromFloats(values, MemoryMarshal.AsBytes(back.AsSpan()));
        for (int i = 0; i < all.Length; i++)
        {
            Half half = BitConverter.UInt16BitsToHalf(all[i]);
            Assert.True(Half.IsNaN(half) ? float.IsNaN(values[i]) : BitConverter.SingleToUInt32Bits((float)half) == BitConverter.SingleToUInt32Bits(values[i]) && back[i] == all[i], $"F16 {i:X4}");
        }
        Dtype.BF16.ToFloats(MemoryMarshal.AsBytes<ushort>(all), values);
        Dtype.BF16.FromFloats(values, MemoryMarshal.AsBytes(back.AsSpan()));
        for (int i = 0; i < all.Length; i++)
            Assert.True(BitConverter.SingleToUInt32Bits(values[i]) == (uint)i << 16 && (back[i] == i || (float.IsNaN(values[i]) && back[i] == (i | 0x40))), $"BF16 {i:X4}");
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(7), InlineData(8), InlineData(15), InlineData(16), InlineData(17), InlineData(31), InlineData(1000), InlineData((1 << 20) + 3)]
    public void Tensors_of_ragged_sizes_come_back_in_every_dtype(int count)
    {
        Chance chance = new(1, "safetensors");
        float[] values = [.. Enumerable.Range(0, count).Select(i => MathF.Round(chance.Uniform(i) * 256))];
        using Checkpoint written = Written([.. new[] { Dtype.F32, Dtype.F16, Dtype.BF16 }.Select(dtype => new NamedTensor(dtype.ToString(), [count], dtype, values))]);
        Assert.Equal(["F32", "F16", "BF16"], written.Names);
        foreach (string name in written.Names) Assert.Equal(values, written.ReadAll(name));
    }

    [Fact]
    public void A_file_keeps_order_shapes_dtypes_and_metadata_and_pads_its_header()
    {
        string path = Path.Combine(Files.NewFolder(), "m.safetensors");
        Dictionary<string, string> notes = new() { ["step"] = "7", ["format"] = "pt" };
        SafetensorsWriter.Write(path, [new("z", [2, 1, 2], Dtype.F32, new float[] { 1, 2, 3, 4 }), new("a 'é'", [], Dtype.BF16, new float[] { 5 })], notes);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(["z", "a 'é'"], file.Names);
        Assert.Equal([2, 1, 2], file.ShapeOf("z"));
        Assert.Empty(file.ShapeOf("a 'é'"));
        Assert.Equal((Dtype.BF16, 1), (file.DtypeOf("a 'é'"), file.Count("a 'é'")));
        Assert.Equal(notes, file.Metadata);
        Assert.Equal(0, BitConverter.ToInt64(File.ReadAllBytes(path)) % 8);
        Assert.Equal([path], Directory.GetFileSystemEntries(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void Integers_and_truth_values_of_an_independent_writer_are_read_where_they_are_floats()
    {
        using Checkpoint golden = Checkpoint.Open(Files.Golden("safetensors/edges.safetensors"));
        Assert.Equal((Dtype.I64, 4), (golden.DtypeOf("ids"), golden.Count("ids")));
        Assert.Equal([1, 4], golden.ShapeOf("ids"));
        Assert.Equal([0, 1, 2, 3], golden.ReadAll("ids"));
        Assert.Equal([1], golden.ReadAll("flag"));
        Assert.Equal("pt", golden.Metadata["format"]);
        Assert.Empty(golden.ReadAll("empty"));
    }

    [Fact]
    public void A_missing_tensor_is_named_with_the_nearest()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Files.SmallSafetensors(), "small");
        Assert.Equal("No tensor 'bert.A2' in small. Did you mean bert.a?", Assert.Throws<CheckpointException>(() => file.Count("bert.A2")).Message);
    }

    [Fact]
    public void Reading_needs_room_for_exactly_the_tensor_and_an_open_file()
    {
        SafetensorsFile file = SafetensorsFile.Open(Files.SmallSafetensors(), "small");
        Assert.Throws<ArgumentException>(() => file.Read("bert.a", new float[5]));
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Read("bert.a", new float[6]));
    }

    [Fact]
    public void A_file_that_is_cut_short_after_opening_is_not_read()
    {
        string path = Path.Combine(Files.NewFolder(), "m.safetensors");
        File.WriteAllBytes(path, Files.SmallSafetensors());
        using SafetensorsFile file = SafetensorsFile.Open(path);
        using (FileStream cut = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) cut.SetLength(20);
        Assert.Contains("found 20", Assert.Throws<CheckpointException>(() => file.Read("c", new float[1])).Message);
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file_and_nothing_beside_it()
    {
        string folder = Files.NewFolder(), path = Path.Combine(folder, "m.safetensors");
        File.WriteAllBytes(path, Files.SmallSafetensors());
        Assert.Throws<IOException>(() => SafetensorsWriter.Write(path, [new("x", [1], Dtype.F32, () => throw new IOException("No space left on device"))]));
        Assert.Equal(Files.SmallSafetensors(), File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void The_writer_refuses_what_no_file_may_hold()
    {
        static NamedTensor One(string name, Dtype dtype = Dtype.F32, int count = 1) => new(name, [1], dtype, new float[count]);
        Assert.Contains("occurs once", Assert.Throws<ArgumentException>(() => Written(One("x"), One("x"))).Message);
        Assert.Contains("reserved", Assert.Throws<ArgumentException>(() => Written(One("__metadata__"))).Message);
        Assert.Contains("found I64", Assert.Throws<ArgumentException>(() => Written(One("x", Dtype.I64))).Message);
        Assert.Contains("should have 1 numbers, it has 2", Assert.Throws<ArgumentException>(() => Written(One("x", count: 2))).Message);
    }

    [Fact]
    public void A_real_pretrained_model_is_read()
    {
        using Checkpoint model = Checkpoint.Open(Files.Real("models/stories15M"));
        Assert.Equal(15_191_712, model.Names.Sum(model.Count));
        float[] embedding = model.ReadAll("model.embed_tokens.weight");
        Assert.Equal([32000, 288], model.ShapeOf("model.embed_tokens.weight"));
        Assert.All(embedding, value => Assert.True(float.IsFinite(value)));
        Assert.InRange(embedding.Max(Math.Abs), 0.01f, 100f);
    }

    static Checkpoint Written(params NamedTensor[] tensors)
    {
        using MemoryStream stream = new();
        SafetensorsWriter.Write(stream, tensors);
        return Checkpoint.Open(stream.ToArray(), "memory");
    }

    static uint[] Words(float[] values) => [.. values.Select(BitConverter.SingleToUInt32Bits)];
}
