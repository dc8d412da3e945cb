using System.Runtime.InteropServices;
using AppMachine = Heartwood.App.Console.Machine;

namespace Heartwood.Bench.Harness;

/// <summary>Where and with what rows are measured.</summary>
static class Place
{
    static readonly string[] telling = ["avx2", "fma", "avx512f", "avx512dq", "avx512_bf16", "avx512_vnni", "amx_tile"];

    /// <summary>Processor with family and model, the flags that matter, cores, memory, system.</summary>
    public static string Machine()
    {
        Dictionary<string, string> facts = [];
        if (File.Exists("/proc/cpuinfo"))
            foreach (string[] fact in File.ReadLines("/proc/cpuinfo").TakeWhile(l => l.Length > 0).Select(l => l.Split(':', 2, StringSplitOptions.TrimEntries)).Where(f => f.Length == 2))
                facts[fact[0]] = fact[1];
        string[] flags = facts.TryGetValue("flags", out string? all) ? [.. telling.Intersect(all.Split(' '))] : [];
        string model = facts.TryGetValue("cpu family", out string? family) ? $"family {family}, model {facts.GetValueOrDefault("model")}; " : "";
        return $"{AppMachine.InOneLine()} ({model}{string.Join(' ', flags)}; backend {Tensors.Backends.Machine.BackendInUse})";
    }

    /// <summary>Versions of .NET and of the peers that were started.</summary>
    public static SortedDictionary<string, string> Versions(PeerPool pool) =>
        new(pool.Versions, StringComparer.Ordinal) { [".NET"] = RuntimeInformation.FrameworkDescription.Replace(".NET ", "") };
}
