using System.Text.Json;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tokenizers;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Models;

namespace Heartwood.Tests.Lab.Checkpoints.Gguf;

/// <summary>Models that come as GGUF files, against what transformers computes with the same numbers.</summary>
public sealed class GgufFolderTests
{
    [Theory, InlineData("tiny-llama", "f32"), InlineData("tiny-llama", "q8_0"), InlineData("tiny-qwen2", "f32"),
        InlineData("tiny-qwen2", "q8_0")]
    public void A_model_of_a_gguf_file_gives_transformers_logits(string name, string type)
    {
        using HuggingFaceFolder folder = HuggingFaceFolder.Open(GgufGoldens.At($"{name}-{type}.gguf"));
        IModel model = ModelFolder.Load(folder);
        GoldenTensors golden = new GoldenFolder("gguf").Tensors("logits");
        int[] ids = [.. golden.Longs($"{name}.input_ids").Select(id => (int)id)];
        Tensor logits = model.Forward(new Batch([new Sequence(ids, new int[ids.Length])]), NoProbe.Instance, Tokens.All);
        golden.Near($"{name}.{type}.transformers.logits", logits.Values, 1e-4);
    }

    [Fact]
    public void The_tokenizer_of_a_gguf_file_gives_llama_cpps_tokens()
    {
        JsonElement tokens = GgufGoldens.Json("tokens");
        string[] strings = [.. tokens.GetProperty("strings").EnumerateArray().Select(text => text.GetString()!)];
        foreach (string name in (string[])["tiny-llama", "tiny-qwen2"])
        {
            Tokenizer tokenizer = LoadedModel.Load(GgufGoldens.At($"{name}-f32.gguf")).Tokenizer;
            for (int i = 0; i < strings.Length; i++)
                Assert.True(tokens.GetProperty(name)[i].GetProperty("llama_cpp").Ints().SequenceEqual(tokenizer.Encode(strings[i]).Ids),
                    $"{name}: '{strings[i]}' gives {string.Join(' ', tokenizer.Encode(strings[i]).Ids)}");
        }
    }

    [Theory, InlineData("tiny-gpt2-f32", "its architecture is 'gpt2'"), InlineData("damaged/tensor-extra", "of 1 layers"),
        InlineData("damaged/tensor-absent", "down_proj"), InlineData("damaged/architecture-unknown", "'nonesuch'"),
        InlineData("damaged/key-architecture-absent", "'general.architecture'")]
    public void What_is_no_model_that_is_read_is_refused(string name, string said)
    {
        CheckpointException refused = Assert.Throws<CheckpointException>(() =>
        {
            using HuggingFaceFolder folder = HuggingFaceFolder.Open(GgufGoldens.At($"{name}.gguf"));
            ModelFolder.Load(folder);
        });
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
    }
}
