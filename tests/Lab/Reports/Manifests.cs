using Heartwood.Lab.Runs;

namespace Heartwood.Tests.Lab.Reports;

static class Manifests
{
    /// <summary>A manifest of a small run; tests change one thing of it.</summary>
    public static Manifest Small { get; } = new(
        "heartwood find --steps 100", "0.1.0", "a machine", "scalar", 2, [1, 2], "2026-11-20T12:00:00Z", "abc",
        [new("train", "train.tsv", 100, "def")],
        new Dictionary<string, string> { ["steps"] = "100", ["sparsity"] = "0.5", ["out"] = "a", ["threads"] = "2" });

    /// <summary>The same with one option changed, added or (null) left out.</summary>
    public static Manifest With(string option, string? value)
    {
        Dictionary<string, string> request = new(Small.Request);
        if (value is null) request.Remove(option);
        else request[option] = value;
        return Small with { Request = request };
    }
}

/// <summary>A folder that is gone after the test.</summary>
sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("heartwood-").FullName;

    public string At(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
