using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Evaluation.Looks;
using Heartwood.Lab.Models;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Evaluation;

/// <summary>
/// What heads attend to, against the patterns of the transformers library: whatever folders stand in goldens/models of the shared data (or
/// under HEARTWOOD_GOLDENS).
/// </summary>
public class AttentionGoldenTests
{
    const string None = "no goldens";

    static string? Root => Files.SharedGoldens("models");

    public static TheoryData<string> Models => Root is not string root ? [None]
        : [.. Directory.GetDirectories(root).Where(f => File.Exists(Path.Combine(f, "outputs.safetensors")))
            .Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Models))]
    public void Every_heads_attention_is_that_of_transformers_to_the_edge_of_its_window(string folder)
    {
        Assert.SkipWhen(folder == None, "goldens/models are not next to the repository, nor under HEARTWOOD_GOLDENS.");
        string path = Path.Combine(Root!, folder);
        using HuggingFaceFolder open = HuggingFaceFolder.Open(path);
        Assert.SkipUnless(ModelFolder.Families.Contains(open.Config.Family), $"{open.Config.Family} is not built yet.");
        string head = open.Config.Optional<string[]>("architectures", [])[0];
        Assert.SkipUnless(head.EndsWith("ForSequenceClassification", StringComparison.Ordinal)
            || head.EndsWith("LMHeadModel", StringComparison.Ordinal)
            || head.EndsWith("ForCausalLM", StringComparison.Ordinal), $"{head} is not built yet.");
        IModel model = Load(open);
        Outputs golden = new(Path.Combine(path, "outputs.safetensors"));
        int positions = golden.Shape("input.input_ids")[1], rows = 0;
        long[] ids = golden.Longs("input.input_ids"), real = golden.Longs("input.attention_mask"),
            types = golden.Has("input.token_type_ids") ? golden.Longs("input.token_type_ids") : new long[ids.Length];
        int[] lengths = [.. real.Chunk(positions).Select(row => (int)row.Sum())];
        Batch batch = new([.. lengths.Select((length, s) => new Sequence(Row(ids, s, length), Row(types, s, length)))]);
        float[][] patterns = [.. model.Layers.Select((_, layer) => golden.Floats($"attentions.{layer}"))];
        Assert.False(golden.Has($"attentions.{model.Layers.Count}"), "The golden has more layers.");
        AttentionWeights.Each(model, batch, (layer, of, s, query, weights) =>
        {
            rows++;
            for (int key = 0; key < weights.Length; key++)
            {
                float expected = patterns[layer][((s * model.Layers[layer].Heads + of) * positions + query) * positions + key];
                Assert.True(Math.Abs(expected - weights[key]) <= 1e-5,
                    $"layer {layer}, row {s}, head {of}, from {query} to {key}: {weights[key]}, the golden has {expected}.");
                Assert.Equal(expected > 0, (float)weights[key] > 0);          // in float32, as it was stored: 3e-46 is 0 there
            }
        }, Tokens.All);
        Assert.Equal(model.Layers.Sum(l => l.Heads) * batch.Tokens, rows);

        int[] Row(long[] of, int row, int length) => [.. of.AsSpan(row * positions, length).ToArray().Select(v => (int)v)];
    }

    static IModel Load(HuggingFaceFolder open)
    {
        try { return ModelFolder.Load(open); }
        catch (CheckpointException e) when (e.Message.Contains("'problem_type'", StringComparison.Ordinal))
        {
            Assert.Skip($"Scores are not built yet: {e.Message}");
            throw;
        }
    }

    /// <summary>A safetensors file of float32 values and 64-bit whole numbers.</summary>
    sealed class Outputs(string path)
    {
        readonly byte[] file = File.ReadAllBytes(path);

        int Start => 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(file);

        JsonElement Header =>
            field.ValueKind == JsonValueKind.Undefined ? field = JsonDocument.Parse(file.AsMemory(8, Start - 8)).RootElement : field;

        internal bool Has(string name) => Header.TryGetProperty(name, out _);

        internal int[] Shape(string name) => Header.GetProperty(name).GetProperty("shape").Ints();

        internal float[] Floats(string name) => MemoryMarshal.Cast<byte, float>(Bytes(name, "F32")).ToArray();

        internal long[] Longs(string name) => MemoryMarshal.Cast<byte, long>(Bytes(name, "I64")).ToArray();

        ReadOnlySpan<byte> Bytes(string name, string dtype)
        {
            Assert.Equal(dtype, Header.GetProperty(name).GetProperty("dtype").GetString());
            int[] offsets = Header.GetProperty(name).GetProperty("data_offsets").Ints();
            return file.AsSpan((Start + offsets[0])..(Start + offsets[1]));
        }
    }
}
