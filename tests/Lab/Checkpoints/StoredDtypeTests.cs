using System.Runtime.InteropServices;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;


namespace Heartwood.Tests.Lab.Checkpoints;

/// <summary>Numbers that weights rarely are stored as are read where they are a float32, and told where they are not.</summary>
public sealed class StoredDtypeTests
{
    static Checkpoint Holding(Dtype dtype, ReadOnlySpan<byte> bytes)
    {
        (int count, int end) = (bytes.Length / dtype.Size(), bytes.Length);
        string header = $$"""{"x":{"dtype":"{{dtype}}","shape":[{{count}}],"data_offsets":[0,{{end}}]} }""";
        return Checkpoint.Open((byte[])[.. Files.Safetensors(header, 0), .. bytes], "memory");
    }

    static float[] Read<T>(Dtype dtype, params T[] values) where T : unmanaged
    {
        using Checkpoint file = Holding(dtype, MemoryMarshal.AsBytes<T>(values));
        return file.ReadAll("x");
    }

    static string Refused<T>(Dtype dtype, params T[] values) where T : unmanaged =>
        Assert.Throws<CheckpointException>(() => Read(dtype, values)).Message;

    [Fact]
    public void Integers_and_F64_are_read_where_they_are_float32()
    {
        Assert.Equal([0, -1, 1 << 24, -9.223372036854775808e18f], Read(Dtype.I64, 0L, -1, 1 << 24, long.MinValue));
        Assert.Equal([0, 1.8446742974197924e19f], Read(Dtype.U64, 0UL, 0xFFFFFF0000000000));
        Assert.Equal([int.MinValue, 16777218], Read(Dtype.I32, int.MinValue, 16777218));
        Assert.Equal([4294967040f], Read(Dtype.U32, 0xFFFFFF00u));
        Assert.Equal([short.MinValue, short.MaxValue], Read(Dtype.I16, short.MinValue, short.MaxValue));
        Assert.Equal([ushort.MaxValue], Read(Dtype.U16, ushort.MaxValue));
        Assert.Equal([-128, 127], Read(Dtype.I8, sbyte.MinValue, sbyte.MaxValue));
        Assert.Equal([255], Read(Dtype.U8, byte.MaxValue));
        Assert.Equal([0, 1], Read(Dtype.BOOL, false, true));
        Assert.Equal([0.5f, float.MinValue, float.Epsilon, float.PositiveInfinity, float.NaN],
            Read(Dtype.F64, 0.5, float.MinValue, float.Epsilon, double.PositiveInfinity, double.NaN));
        Assert.True(float.IsNegative(Read(Dtype.F64, -0.0)[0]));
    }

    [Fact]
    public void A_number_that_no_float32_is_stands_in_the_message_with_its_dtype()
    {
        Assert.Equal("memory: tensor 'x' is stored as I64, and its value 16777217 has no float32, in which Heartwood computes. Take the " +
            "file in which the weights are floating-point numbers.", Refused(Dtype.I64, 1L, 16777217));
        Assert.Contains("as I64, and its value 9223372036854775807 has", Refused(Dtype.I64, long.MaxValue));
        Assert.Contains("as U64, and its value 18446744073709551615 has", Refused(Dtype.U64, ulong.MaxValue));
        Assert.Contains("as I32, and its value 2147483647 has", Refused(Dtype.I32, int.MaxValue));
        Assert.Contains("as I32, and its value -16777217 has", Refused(Dtype.I32, -16777217));
        Assert.Contains("as U32, and its value 4294967295 has", Refused(Dtype.U32, uint.MaxValue));
        Assert.Contains("as F64, and its value 0.1 has", Refused(Dtype.F64, 0.5, 0.1));
        Assert.Contains("as F64, and its value 1E+39 has", Refused(Dtype.F64, 1e39));
        Assert.Contains("as F64, and its value 5E-324 has", Refused(Dtype.F64, double.Epsilon));
        Assert.Contains("heartwood convert memory --float32 --out FILE.safetensors", Refused(Dtype.F64, 0.1));
    }

    [Fact]
    public void Every_F8_is_what_its_format_says()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        float[] wide = Read(Dtype.F8_E5M2, all), narrow = Read(Dtype.F8_E4M3, all);
        for (int i = 0; i < 256; i++)
        {
            Assert.Equal((float)BitConverter.UInt16BitsToHalf((ushort)(i << 8)),
                wide[i]);                        // E5M2 is the upper half of a binary16
            int exponent = (i >> 3) & 15, fraction = i & 7;
            double size = exponent == 0 ? fraction / 512.0 : (8 + fraction) * Math.Pow(2, exponent - 10);
            Assert.Equal((i & 127) == 127 ? float.NaN : (float)(i > 127 ? -size : size), narrow[i]);
        }
        Assert.Equal((448, 57344), (narrow.Where(v => !float.IsNaN(v)).Max(), wide.Where(float.IsFinite).Max()));
    }

    // the tiny golden BERT with some of its tensors stored otherwise
    static string Bert(Func<string, float[], (Dtype, byte[])?> stored, [System.Runtime.CompilerServices.CallerMemberName] string test = "",
        params NamedTensor[] more)
    {
        string folder = Files.NewFolder(test), from = Goldens.Path("bert/tiny");
        File.Copy(Path.Combine(from, "config.json"), Path.Combine(folder, "config.json"));
        using Checkpoint model = Checkpoint.Open(from);
        SafetensorsWriter.Write(Path.Combine(folder, Checkpoint.SingleFile),
            [.. model.Names.Select(name => stored(name, model.DtypeOf(name).IsFloat32Readable() ? model.ReadAll(name)
            : []) is var (dtype, bytes)
            ? NamedTensor.Stored(Holding(dtype, bytes), "x").Renamed(name, model.ShapeOf(name))
            : NamedTensor.Stored(model, name)), .. more]);
        return folder;
    }

    static IModel Load(string folder)
    {
        using HuggingFaceFolder open = HuggingFaceFolder.Open(folder);
        return ModelFolder.Load(open);
    }

    [Fact]
    public void A_model_whose_weights_are_stored_as_F64_is_the_same_model()
    {
        IModel whole = Load(Goldens.Path("bert/tiny")),
            wide = Load(Bert((_, values) => values.Length == 0 ? null
            : (Dtype.F64, MemoryMarshal.AsBytes<double>([.. values.Select(v => (double)v)]).ToArray())));
        Assert.Equal(whole.Weights.All.Keys, wide.Weights.All.Keys);
        Assert.All(whole.Weights.All, w => Assert.Equal(w.Value.Values.ToArray(), wide.Weights.All[w.Key].Values.ToArray()));
    }

    [Fact]
    public void A_weight_stored_as_an_integer_is_read_or_refused_by_its_dtype_and_never_called_missing()
    {
        const string bias = "classifier.bias";
        IModel model = Load(Bert((name, values) => name == bias ? (Dtype.I8, [.. values.Select((_, i) => (byte)(i + 3))]) : null));
        Assert.Equal([3, 4], model.Weights.All[bias].Values[..2].ToArray());
        string message = Assert.Throws<CheckpointException>(() =>
            Load(Bert((name, values) => name == bias
            ? (Dtype.I64, MemoryMarshal.AsBytes<long>([.. values.Select(_ => 16777217L)]).ToArray()) : null))).Message;
        Assert.Contains($"tensor '{bias}' is stored as I64, and its value 16777217", message);
        Assert.DoesNotContain("no tensor", message);
    }

    [Fact]
    public void Buffers_of_integers_are_left_out_and_other_integers_that_no_part_asks_for_are_refused()
    {
        static NamedTensor Integer(string name) =>
            NamedTensor.Stored(Holding(Dtype.I64, BitConverter.GetBytes(long.MaxValue - 1 & ~0xFFFFFFFFFFL)), "x").Renamed(name, [1]);
        Assert.DoesNotContain("bert.embeddings.token_type_ids",
            Load(Bert((_, _) => null, more: Integer("bert.embeddings.token_type_ids"))).Weights.All.Keys);
        Assert.Contains("'bert.magic'", Assert.Throws<CheckpointException>(() => Load(Bert((_, _) => null, more: Integer("bert.magic"))))
            .Message);
    }

    [Theory]
    [InlineData("bert.encoder.layer.0.output.dense.qweight", "GPTQ or AWQ")]
    [InlineData("bert.encoder.layer.0.output.dense.weight.SCB", "bitsandbytes, 8 bits")]
    [InlineData("bert.encoder.layer.0.output.dense.SCB", "bitsandbytes, 8 bits")]
    [InlineData("bert.encoder.layer.0.output.dense.weight.absmax", "bitsandbytes, 4 bits")]
    [InlineData("bert.encoder.layer.0.output.dense.weight_scale_inv", "FP8")]
    public void Quantized_weights_are_refused_as_such(string sign, string by)
    {
        string folder = Bert((name, values) => name.EndsWith("output.dense.weight", StringComparison.Ordinal)
            ? (Dtype.I8, new byte[values.Length]) : null, more: new NamedTensor(sign, [1], Dtype.F32, new float[1]));
        string message = Assert.Throws<CheckpointException>(() => Load(folder)).Message;
        Assert.Contains($"its weights are quantized ({by}): the tensor '{sign}'", message);
        Assert.Contains("before its quantization", message);
    }
}
