using System.Text.Json;
using Heartwood.Tests.Lab.Checkpoints;

namespace Heartwood.Tests.Lab.Comparison;

/// <summary>Figures of chance and uncertainty that <c>goldens/comparison/make.py</c> made by another road.</summary>
static class ComparisonGolden
{
    static readonly JsonElement root =
        JsonDocument.Parse(File.ReadAllText(Files.Golden("comparison/comparison.json"))).RootElement;

    public static IEnumerable<JsonElement> Entries(string name) => root.GetProperty(name).EnumerateArray();

    public static int Int(this JsonElement entry, string name) => entry.GetProperty(name).GetInt32();

    public static double Number(this JsonElement entry, string name) => entry.GetProperty(name).GetDouble();

    public static double[] Numbers(this JsonElement entry, string name) => [.. entry.GetProperty(name).EnumerateArray().Select(e => e.GetDouble())];

    public static int[][] Pairs(this JsonElement entry, string name) =>
        [.. entry.GetProperty(name).EnumerateArray().Select(pair => pair.EnumerateArray().Select(e => e.GetInt32()).ToArray())];

    /// <summary>Both within a share of the larger, so that a p-value of 1e-40 is checked as well as one of 0.5.</summary>
    public static void Near(double expected, double actual, double relative = 1e-12) =>
        Assert.True(Math.Abs(expected - actual) <= relative * Math.Max(Math.Abs(expected), Math.Abs(actual)), $"expected {expected:r}, found {actual:r}");
}
