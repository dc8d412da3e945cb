using System.Runtime.InteropServices;
using Heartwood.Bench.Harness;
using Heartwood.Tensors;

namespace Heartwood.Bench.Models;

/// <summary>
/// What we compute, written where peers read it: each of their configurations is compared with it before it is timed, so that
/// equal work is measured.
/// </summary>
static class Expected
{
    /// <summary>Computes and writes.</summary>
    /// <param name="name">the file's name, one per case</param>
    /// <param name="compute">runs in a scope of its own</param>
    /// <returns>the file's path</returns>
    public static string Written(string name, Func<float[]> compute)
    {
        string path = Repository.Path("bench", "cache", $"expected-{name}.f32");
        using Scope scope = Scope.Open();
        File.WriteAllBytes(path, MemoryMarshal.AsBytes<float>(compute()));
        return path;
    }
}
