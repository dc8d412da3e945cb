using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Heartwood.Tensors.Backends.Cpu;

namespace Heartwood.Tensors.Backends;

/// <summary>What this machine can compute with.</summary>
public static class Machine
{
    /// <summary>Every backend that this machine has, best first.</summary>
    internal static IReadOnlyList<IBackend> All { get; } =
    [
        .. Avx512F.IsSupported && Avx512DQ.IsSupported ? [new CpuBackend<Avx512Lanes, Vector512<float>>("avx512")] : Array.Empty<IBackend>(),
        .. Avx2.IsSupported && Fma.IsSupported ? [new CpuBackend<Avx2Lanes, Vector256<float>>("avx2")] : Array.Empty<IBackend>(),
        new CpuBackend<ScalarLanes, float>("scalar"),
        new Reference(),
    ];

    /// <summary>The backend in use: the best, or the one that HEARTWOOD_BACKEND names.</summary>
    internal static IBackend Backend => chosen ?? (preferred ??= Preferred(Environment.GetEnvironmentVariable("HEARTWOOD_BACKEND")));

    static IBackend? preferred;
    [ThreadStatic] static IBackend? chosen;

    /// <summary>The backend of that name, or the best where none is named.</summary>
    /// <exception cref="NotSupportedException">this machine has no such backend</exception>
    internal static IBackend Preferred(string? name) => string.IsNullOrEmpty(name) ? All[0]
        : All.FirstOrDefault(b => b.Name == name) ?? throw new NotSupportedException($"HEARTWOOD_BACKEND={name}, but this machine has: {string.Join(", ", Backends)}.");

    /// <summary>Computes with another backend on this thread until the result is disposed: how one process compares backends.</summary>
    internal static IDisposable Using(IBackend backend)
    {
        Choice choice = new(chosen);
        chosen = backend;
        return choice;
    }

    sealed class Choice(IBackend? before) : IDisposable
    {
        public void Dispose() => chosen = before;
    }

    /// <summary>Names of the backends that this machine has, best first.</summary>
    public static IEnumerable<string> Backends => All.Select(b => b.Name);

    /// <summary>Name of the backend in use.</summary>
    public static string BackendInUse => Backend.Name;

    /// <summary>How many threads compute; set it before the first computation. Results do not depend on it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">less than 1</exception>
    public static int Threads { get => Workers.Threads; set => Workers.Threads = value; }
}
