using System.Text.Json;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Checkpoints;
using Heartwood.Tests.Lab.Models;

namespace Heartwood.Tests.Lab;

/// <summary>
/// A folder of shared/goldens (or under HEARTWOOD_GOLDENS): what a program that is not ours computed. Its README says what the numbers are
/// and how near is near. Where the folder is absent, the test that asks for it is skipped and says so.
/// </summary>
sealed class GoldenFolder
{
    readonly string path;

    /// <param name="name">for example "training"</param>
    public GoldenFolder(string name)
    {
        string? found = Files.SharedGoldens(name);
        if (found is null) Assert.Skip($"shared/goldens/{name} is not next to the repository, nor under HEARTWOOD_GOLDENS.");
        path = found;
    }

    /// <summary>The tensors of NAME.safetensors.</summary>
    public GoldenTensors Tensors(string name) => new(Path.Combine(path, $"{name}.safetensors"));

    /// <summary>The content of NAME.json.</summary>
    public JsonElement Json(string name) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(path, $"{name}.json"))).RootElement;

    /// <summary>One of the sixteen tiny models, with its input and what transformers computes with it.</summary>
    public static ModelGolden Model(string name)
    {
        string folder = Path.Combine(new GoldenFolder("models").path, name);
        using HuggingFaceFolder open = HuggingFaceFolder.Open(folder);
        return new(ModelFolder.Load(open), open.Config, Path.Combine(folder, "outputs.safetensors"));
    }
}

static class GoldenValues
{
    /// <summary>A golden's values as a tensor.</summary>
    public static Tensor Tensor(this GoldenTensors golden, string name) => Heartwood.Tensors.Tensor.From(golden.Floats(name), golden.Shape(name));

    /// <summary>Fails where a value is further from the golden's than a tolerance times its size (times 1, where it is smaller).</summary>
    public static void NearInSize(this GoldenTensors golden, string name, ReadOnlySpan<float> actual, double tolerance)
    {
        float[] expected = golden.Floats(name);
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i])),
                $"{name}: value {i} is {actual[i]}, the golden is {expected[i]}.");
    }

    /// <summary>Fails where a value is further from the golden's than the folder's tolerance.</summary>
    public static void Near(this GoldenTensors golden, string name, ReadOnlySpan<float> actual, double tolerance)
    {
        float[] expected = golden.Floats(name);
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"{name}: value {i} is {actual[i]}, the golden is {expected[i]}.");
    }
}
