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
        Dictionary<string, string> facts = Facts("/proc/cpuinfo");
        string[] flags = facts.TryGetValue("flags", out string? all) ? [.. telling.Intersect(all.Split(' '))] : [];
        string? family = facts.GetValueOrDefault("cpu family");
        string model = family is null ? "" : $"family {family}, model {facts.GetValueOrDefault("model")}; ";
        return $"{AppMachine.InOneLine()} ({model}{string.Join(' ', flags)}; backend {Tensors.Backends.Machine.BackendInUse})";
    }

    // of the first processor, by name; none where the system has no such file
    static Dictionary<string, string> Facts(string file)
    {
        Dictionary<string, string> facts = [];
        if (!File.Exists(file)) return facts;
        foreach (string line in File.ReadLines(file).TakeWhile(l => l.Length > 0))
            if (line.Split(':', 2, StringSplitOptions.TrimEntries) is [var name, var value]) facts[name] = value;
        return facts;
    }

    /// <summary>Versions of .NET and of the peers that were started.</summary>
    public static SortedDictionary<string, string> Versions(PeerPool pool) =>
        new(pool.Versions, StringComparer.Ordinal) { [".NET"] = RuntimeInformation.FrameworkDescription.Replace(".NET ", "") };
}
