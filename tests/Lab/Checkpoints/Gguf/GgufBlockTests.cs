using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Checkpoints.Gguf;

namespace Heartwood.Tests.Lab.Checkpoints.Gguf;

/// <summary>Block formats against what gguf and llama.cpp make of a matrix, and of arbitrary bytes.</summary>
public sealed class GgufBlockTests
{
    const int Rows = 8, Columns = 512;

    static SafetensorsFile Blocks(GgufType type) => SafetensorsFile.Open(GgufGoldens.At(
        $"blocks-{(type is >= GgufType.Q2_K and <= GgufType.Q6_K ? "k" : "simple")}.safetensors"));

    static float[] Matrix()
    {
        using SafetensorsFile simple = SafetensorsFile.Open(GgufGoldens.At("blocks-simple.safetensors"));
        return simple.Floats("matrix");
    }

    /// <summary>The types that are read, F32 apart.</summary>
    public static TheoryData<GgufType> Read => [.. Enum.GetValues<GgufType>().Where(type => type.IsRead() && type != GgufType.F32)];

    [Theory, MemberData(nameof(Read))]
    public void Every_block_format_that_is_read_decodes_exactly(GgufType type)
    {
        using SafetensorsFile blocks = Blocks(type);
        string[] ends = type is GgufType.F16 or GgufType.BF16 ? [""] : ["", ".arbitrary"];
        foreach (string end in ends)
        {
            float[] expected = blocks.Floats($"{type}{end}.values"), found = new float[expected.Length];
            BlockDecoder.Decode(type, blocks.Bytes($"{type}{end}.bytes"), found);
            Assert.Equal(expected.Select(BitConverter.SingleToUInt32Bits), found.Select(BitConverter.SingleToUInt32Bits));
        }
    }

    [Theory, InlineData(GgufType.F16), InlineData(GgufType.BF16), InlineData(GgufType.Q8_0), InlineData(GgufType.Q4_0)]
    public void The_bytes_of_simple_formats_equal_ggmls(GgufType type)
    {
        using SafetensorsFile blocks = Blocks(type);
        byte[] expected = blocks.Bytes($"{type}.bytes"), found = new byte[expected.Length];
        BlockEncoder.Encode(type, Matrix(), found);
        Assert.Equal(expected, found);
    }

    [Theory, InlineData(GgufType.Q4_K), InlineData(GgufType.Q6_K)]
    public void The_squared_error_of_K_blocks_is_at_most_1_05_times_ggmls_in_every_row(GgufType type)
    {
        float[] matrix = Matrix(), found = new float[matrix.Length];
        using SafetensorsFile blocks = Blocks(type);
        float[] ggml = blocks.Floats($"{type}.values");
        byte[] bytes = new byte[type.Bytes(matrix.Length)];
        BlockEncoder.Encode(type, matrix, bytes);
        BlockDecoder.Decode(type, bytes, found);
        for (int row = 0; row < Rows; row++)
        {
            double ours = Error(found, row), theirs = Error(ggml, row);
            TestContext.Current.TestOutputHelper?.WriteLine($"{type} row {row}: {ours:G4}, ggml {theirs:G4}, ratio {ours / theirs:F4}");
            Assert.True(ours <= 1.05 * theirs, $"row {row}: squared error {ours}, ggml's is {theirs}.");
        }

        double Error(float[] values, int row) => Enumerable.Range(row * Columns, Columns)
            .Sum(i => ((double)values[i] - matrix[i]) * ((double)values[i] - matrix[i]));
    }
}
