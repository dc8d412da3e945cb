using System.Text.Json;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Checkpoints.Gguf;

namespace Heartwood.Tests.Lab.Checkpoints.Gguf;

/// <summary>Whole GGUF files: those that llama.cpp's programs wrote, damaged ones, and our own.</summary>
public sealed class GgufFileTests
{
    /// <summary>The files of the goldens that have tables.</summary>
    public static TheoryData<string> Whole =>
        [.. ((string[])["llama", "gpt2", "qwen2", "bert"]).SelectMany(m => (string[])[$"tiny-{m}-f32", $"tiny-{m}-q8_0"])];

    [Theory, MemberData(nameof(Whole))]
    public void Every_key_and_tensor_of_a_file_is_read(string name)
    {
        JsonElement table = GgufGoldens.Json(name);
        using GgufFile file = GgufFile.Open(GgufGoldens.At($"{name}.gguf"));
        Assert.Equal(table.GetProperty("version").GetInt32(), file.Version);
        Assert.Equal(table.GetProperty("alignment").GetInt64(), file.Alignment);
        Assert.Equal(table.GetProperty("data_start").GetInt64(), file.DataStart);
        Assert.Equal(table.GetProperty("metadata").EnumerateArray().Select(v => v.GetProperty("key").GetString()), file.Keys);
        foreach (JsonElement expected in table.GetProperty("metadata").EnumerateArray())
        {
            GgufValue found = file.Metadata[expected.GetProperty("key").GetString()!];
            Assert.Equal(expected.GetProperty("type").GetString(), found.Kind.ToString().ToLowerInvariant());
            if (found.Kind == GgufKind.Array)
                Assert.Equal(expected.GetProperty("element").GetString(), found.Element.ToString().ToLowerInvariant());
            Assert.Equal(GgufGoldens.Shown(expected.GetProperty("value")), GgufGoldens.Shown(found.Value));
        }
        Assert.Equal(table.GetProperty("tensors").EnumerateArray().Select(t => t.GetProperty("name").GetString()), file.Names);
        foreach (JsonElement expected in table.GetProperty("tensors").EnumerateArray())
        {
            string tensor = expected.GetProperty("name").GetString()!;
            Assert.Equal(expected.GetProperty("type_id").GetInt32(), (int)file.Type(tensor));
            Assert.Equal(expected.GetProperty("shape").Ints().Reverse(), file.Shape(tensor));
            Assert.Equal(expected.GetProperty("offset").GetInt64(), file.Offset(tensor));
            Assert.Equal(expected.GetProperty("bytes").GetInt64(), file.Bytes(tensor).Length);
        }
    }

    [Fact]
    public void Every_number_of_a_quantized_file_is_near_the_float_files()
    {
        using GgufFile exact = GgufFile.Open(GgufGoldens.At("tiny-llama-f32.gguf"));
        using GgufFile rough = GgufFile.Open(GgufGoldens.At("tiny-llama-q8_0.gguf"));
        foreach (string name in exact.Names)
        {
            float[] expected = exact.Floats(name), found = rough.Floats(name);
            float largest = expected.Max(Math.Abs);
            Assert.All(expected.Zip(found), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, largest / 200));
        }
    }

    [Theory, MemberData(nameof(Whole))]
    public void A_float_file_written_again_has_the_same_bytes(string name)
    {
        if (!name.EndsWith("f32", StringComparison.Ordinal)) name = name.Replace("q8_0", "f32", StringComparison.Ordinal);
        string path = GgufGoldens.At($"{name}.gguf");
        using GgufFile file = GgufFile.Open(path);
        using MemoryStream again = new();
        GgufWriter.Write(again, [.. file.Keys.Select(key => KeyValuePair.Create(key, file.Metadata[key]))],
            [.. file.Names.Select(tensor => new GgufTensor(tensor, file.Shape(tensor), file.Type(tensor), () => file.Floats(tensor)))]);
        Assert.Equal(File.ReadAllBytes(path), again.ToArray());
    }

    [Fact]
    public void Of_the_55_damaged_files_those_are_refused_whose_header_or_length_llama_cpp_refuses_and_each_says_why()
    {
        JsonElement[] all = [.. GgufGoldens.Json("damaged").EnumerateArray()];
        Assert.Equal(55, all.Length);
        foreach (JsonElement damaged in all)
        {
            string name = damaged.GetProperty("file").GetString()!, path = GgufGoldens.At(name);
            bool loads = damaged.GetProperty("llama.cpp gguf_init_from_file").GetProperty("outcome").GetString() == "loads"
                && !name.Contains("data-truncated", StringComparison.Ordinal);
            try
            {
                using GgufFile file = GgufFile.Open(path);
                foreach (string tensor in file.Names) file.Floats(tensor);
                Assert.True(loads, $"{name} was read; llama.cpp refuses it.");
            }
            catch (CheckpointException e)
            {
                Assert.False(loads, $"{name} was refused; llama.cpp reads its header: {e.Message}");
                Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
                Assert.Contains("xpected", e.Message, StringComparison.Ordinal);
                Assert.Contains("found", e.Message, StringComparison.Ordinal);
                Assert.EndsWith(".", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_type_that_is_not_decoded_is_refused_by_name_when_it_is_read()
    {
        byte[] file = Small(GgufType.Q8_0);
        int at = file.AsSpan().IndexOf((byte[])[.. "blk.0.w"u8]) + "blk.0.w".Length + 4 + 8;
        file[at] = (byte)GgufType.MXFP4;                         // 32 numbers in 17 bytes: shorter, and no other tensor follows
        using GgufFile open = GgufFile.Open(file, "small");
        string message = Assert.Throws<CheckpointException>(() => open.Floats("blk.0.w")).Message;
        Assert.Contains("'blk.0.w' is stored as MXFP4", message, StringComparison.Ordinal);
        Assert.Contains("Q8_0", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mutated_files_are_read_within_their_bytes_or_refused_and_cost_no_more_memory_than_they_have_bytes_for()
    {
        long most = 0;
        FuzzTests.Fuzz(20_000, Small(GgufType.F16), bytes =>
        {
            long begin = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Assert.Equal(ReadBetween(0x00, bytes), ReadBetween(0xFF, bytes));
            }
            finally
            {
                most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - begin);
            }
        });
        Assert.InRange(most, 1, 2_000_000);
    }

    static List<uint> ReadBetween(byte wall, byte[] bytes)
    {
        byte[] walls = [.. Enumerable.Repeat(wall, 64)], walled = [.. walls, .. bytes, .. walls];
        using GgufFile file = GgufFile.Open(walled.AsMemory(64, bytes.Length), "fuzz");
        IEnumerable<float> values = file.Names.Where(name => file.Type(name).IsRead()).SelectMany(name => file.Floats(name));
        return [.. values.Select(BitConverter.SingleToUInt32Bits)];
    }

    /// <summary>A small file with a value of every kind and one tensor.</summary>
    static byte[] Small(GgufType type)
    {
        float[] values = [.. Enumerable.Range(0, 32).Select(i => i / 8f)];
        using MemoryStream stream = new();
        GgufWriter.Write(stream,
        [
            new("general.architecture", GgufValue.Text("llama")), new("a.flag", GgufValue.Flag(true)), new("a.real", GgufValue.Real(0.5)),
            new("a.whole", GgufValue.Whole(7)), new("a.u8", new(GgufKind.U8, GgufKind.U8, (byte)1)),
            new("a.i16", new(GgufKind.I16, GgufKind.I16, (short)-2)), new("a.i64", new(GgufKind.I64, GgufKind.I64, -3L)),
            new("a.f64", new(GgufKind.F64, GgufKind.F64, 0.25)), new("a.texts", GgufValue.Texts(["x", "yz", ""])),
            new("a.wholes", GgufValue.Wholes([1, -1])), new("a.reals", GgufValue.Reals([1.5f])),
        ], [new("blk.0.w", [32], type, () => values)]);
        return stream.ToArray();
    }

    [Fact]
    public void What_a_type_cannot_store_is_refused_by_the_tensors_name()
    {
        static void Write(GgufTensor tensor) => GgufWriter.Write(new MemoryStream(), [], [tensor]);
        Assert.Contains("multiple of 256", Assert.Throws<ArgumentException>(
            () => Write(new("narrow", [2, 288], GgufType.Q4_K, () => new float[576]))).Message, StringComparison.Ordinal);
        Assert.Contains("'large'", Assert.Throws<ArgumentException>(
            () => Write(new("large", [1], GgufType.F16, () => new[] { 1e6f }))).Message, StringComparison.Ordinal);
        Assert.Contains("'none'", Assert.Throws<ArgumentException>(
            () => Write(new("none", [1], GgufType.F32, () => new[] { float.NaN }))).Message, StringComparison.Ordinal);
        Assert.Contains("a type that is written", Assert.Throws<ArgumentException>(
            () => Write(new("other", [32], GgufType.Q5_1, () => new float[32]))).Message, StringComparison.Ordinal);
    }
}
