using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Tests.Lab.Checkpoints;
using Heartwood.Tests.Lab.Models;

namespace Heartwood.Tests.Lab;

/// <summary>A folder of shared/goldens: what a program that is not ours computed. Its README states definitions and what is odd.</summary>
sealed class GoldenFolder
{
    readonly string path;

    GoldenFolder(string path) => this.path = path;

    /// <summary>Opens a folder; skips the test, with the reason, where it is absent.</summary>
    /// <param name="name">for example "transformerlens/gpt2-lm"</param>
    public static GoldenFolder Open(string name)
    {
        string? found = Files.SharedGoldens(name);
        if (found is null) Assert.Skip($"shared/goldens/{name} is not next to the repository, nor under HEARTWOOD_GOLDENS.");
        return new(found);
    }

    /// <summary>The tensors of one of its files.</summary>
    public GoldenTensors this[string file] => new(Path.Combine(path, file));

    /// <summary>The folder itself as a model.</summary>
    public IModel Model()
    {
        using HuggingFaceFolder folder = HuggingFaceFolder.Open(path);
        return ModelFolder.Load(folder);
    }

    /// <summary>Compares values with a golden, each within a tolerance times its size (times 1, where it is smaller).</summary>
    public static void Near(ReadOnlySpan<float> golden, ReadOnlySpan<float> actual, string what, double tolerance = 1e-4)
    {
        Assert.Equal(golden.Length, actual.Length);
        for (int i = 0; i < golden.Length; i++)
            Assert.True(Math.Abs(golden[i] - actual[i]) <= tolerance * Math.Max(1, Math.Abs(golden[i])),
                $"{what}: value {i} is {actual[i]}, the golden is {golden[i]}.");
    }
}
