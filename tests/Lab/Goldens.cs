using System.Text.Json;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab;

/// <summary>Values that independent programs made; see the scripts beside them.</summary>
static class Goldens
{
    internal static string Path(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, "goldens", name);

    internal static JsonElement Json(string name) => JsonDocument.Parse(File.ReadAllBytes(Path(name))).RootElement;

    internal static Tensor Tensor(JsonElement golden) =>
        Heartwood.Tensors.Tensor.From(golden.GetProperty("values").Floats(), golden.GetProperty("shape").Ints());

    internal static float[] Floats(this JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetSingle())];

    internal static int[] Ints(this JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetInt32())];

    internal static void Near(Tensor expected, Tensor actual, double tolerance, string what)
    {
        Assert.True(expected.Shape == actual.Shape, $"{what}: shape {actual.Shape}, the golden is {expected.Shape}.");
        for (int i = 0; i < expected.Count; i++)
            Assert.True(Math.Abs(expected.Values[i] - actual.Values[i]) <= tolerance, $"{what}: value {i} is {actual.Values[i]}, the golden is {expected.Values[i]}.");
    }
}
