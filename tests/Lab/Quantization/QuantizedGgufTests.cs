using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Checkpoints.Gguf;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Models;
using Heartwood.Lab.Quantization;
using Heartwood.Lab.Runs;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Reports;

namespace Heartwood.Tests.Lab.Quantization;

/// <summary>Codes chosen on a GGUF type's own grid are what the file holds.</summary>
public sealed class QuantizedGgufTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    [Theory]
    [InlineData(GgufType.Q8_0, GridKind.Q8_0)]
    [InlineData(GgufType.Q4_0, GridKind.Q4_0)]
    public void A_block_on_the_types_grid_is_encoded_without_a_change_whichever_codes_it_has(GgufType type, GridKind kind)
    {
        Grid grid = new(kind, 8, 32);
        for (int draw = 0; draw < 200; draw++)
        {
            float[] weights = Tensor.Normal(new((ulong)draw, "block"), 0.05f, 32).Values.ToArray(), decoded = new float[32];
            GridStep step = grid.Fit(weights);
            // as after corrections: nothing at the end of the grid any more
            float[] values = [.. weights.Select(w => grid.Nearest(w * (draw % 3 == 0 ? 1 : 0.6f), step))];
            byte[] bytes = new byte[type.BlockBytes()];
            BlockEncoder.Encode(type, values, bytes, keepCodes: true);
            BlockDecoder.Decode(type, bytes, decoded);
            Same(values, decoded, $"{type} block {draw}");
        }
    }

    [Theory]
    [InlineData("q8_0", "gptq")]
    [InlineData("q4_0", "gptq")]
    [InlineData("q4_0", "learned")]
    [InlineData("q4_0", "boa")]
    public void A_model_on_the_files_grid_comes_back_from_a_GGUF_file_to_the_bit(string type, string rounding)
    {
        string folder = SmallSpeaker.In(temporary.At("speaker"));
        using HuggingFaceFolder open = HuggingFaceFolder.Open(folder);
        IModel model = ModelFolder.Load(open);
        Scheme scheme = Scheme.Read(TenantSpec.Parse($"quantize,grid={type},rounding={rounding}", "change"));
        Sequence[] texts = [.. Enumerable.Range(0, 30).Select(i => Sequence.Plain([.. Enumerable.Range(0, 6).Select(t => (i * 5 + t * 3) % model.Vocabulary)]))];
        IModel made = ModelQuantization.Make(model, scheme, ModelQuantization.Batches(texts, 1000)).Model;
        IExport export = new GgufExport().With(TenantSpec.Parse($"gguf,type={type}", "export"));
        string file = export.Write(made, open.ReadTokenizer(), temporary.At($"{type}-{rounding}"), replace: false);
        using HuggingFaceFolder back = HuggingFaceFolder.Open(file);
        IModel read = ModelFolder.Load(back);
        Assert.Equal(made.Weights.All.Keys.Order(StringComparer.Ordinal), read.Weights.All.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, tensor) in made.Weights.All) Same(tensor.Values, read.Weights.All[name].Values, name);
    }

    // the same numbers; a zero may have either sign, as the scale of its block
    static void Same(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.True(expected[i] == actual[i], $"{what}: value {i} is {actual[i]:R}, expected {expected[i]:R}.");
    }
}
