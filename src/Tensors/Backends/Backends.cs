using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Heartwood.Tensors.Backends.Cpu;

namespace Heartwood.Tensors.Backends;

/// <summary>What this machine can compute with.</summary>
public static class Machine
{
    /// <summary>
    /// Every backend that this machine has, best first. Each is float32 but for products with frozen weights, which a model may ask for in
    /// bf16 (<see cref="FrozenProducts"/>): by the processor's dot product, or the same values by float32's instructions.
    /// </summary>
    internal static IReadOnlyList<IBackend> All { get; }

    static Machine()
    {
        List<IBackend> found = [];
        Bf16Products? dot = Bf16Code.WhyNot is null ? new() : null;
        if (Avx512F.IsSupported && Avx512DQ.IsSupported) found.Add(new CpuBackend<Avx512Lanes, Vector512<float>>("avx512", dot));
        if (Avx2.IsSupported && Fma.IsSupported) found.Add(new CpuBackend<Avx2Lanes, Vector256<float>>("avx2"));
        found.Add(new CpuBackend<ScalarLanes, float>("scalar"));
        All = [.. found, new Reference()];
    }

    const string ByDotProduct = "-bf16", ByRounding = "-rounded";

    /// <summary>The backend in use: the best, or the one that HEARTWOOD_BACKEND names: the process's, chosen at first use.</summary>
    internal static IBackend Backend => compared ?? (preferred ??= Preferred(Environment.GetEnvironmentVariable("HEARTWOOD_BACKEND")));

    static IBackend? preferred;
    [ThreadStatic] static IBackend? compared;

    /// <summary>The backend of that name, or the best where none is named.</summary>
    /// <exception cref="NotSupportedException">this machine has no such backend</exception>
    internal static IBackend Preferred(string? name)
    {
        if (string.IsNullOrEmpty(name)) return All[0];
        return All.FirstOrDefault(backend => backend.Name == name) ?? throw new NotSupportedException(
            $"HEARTWOOD_BACKEND={name}, but this machine has: {string.Join(", ", Backends)}. "
            + "(bf16 is a precision: heartwood … --precision bf16.)");
    }

    /// <summary>The products with frozen weights of a precision.</summary>
    /// <exception cref="NotSupportedException">the backend that HEARTWOOD_BACKEND names has only float32</exception>
    internal static IProducts FrozenProducts(Precision precision)
    {
        IBackend backend = Backend;
        if (precision == Precision.Float32) return backend;
        return backend.Bf16 ?? throw new NotSupportedException(
            $"The backend {backend.Name} computes in float32 only. Unset HEARTWOOD_BACKEND, or leave out --precision bf16.");
    }

    /// <summary>What computes at a precision, as a run's manifest names it: the backend, and how it comes to bf16.</summary>
    /// <exception cref="NotSupportedException">the backend that HEARTWOOD_BACKEND names has only float32</exception>
    public static string BackendAt(Precision precision)
    {
        IProducts products = FrozenProducts(precision);
        if (precision == Precision.Float32) return Backend.Name;
        return Backend.Name + (products is RoundedProducts ? ByRounding : ByDotProduct);
    }

    /// <summary>What is not float32 in the arithmetic of a backend, for people; null where all is.</summary>
    /// <param name="backend">its name with the precision, as <see cref="BackendAt"/> gives it, of this machine or another</param>
    public static string? Explain(string backend)
    {
        const string Rounded = "frozen weights and what they multiply are rounded to bf16, sums are float32";
        if (backend.EndsWith(ByDotProduct, StringComparison.Ordinal)) return $"{Rounded}; by the processor's bf16 dot product";
        return backend.EndsWith(ByRounding, StringComparison.Ordinal) ? $"{Rounded}; by float32 instructions" : null;
    }

    /// <summary>Why there is no bf16 that is faster than float32 here; null where there is.</summary>
    public static string? WhyBf16IsSlow => Bf16Code.WhyNot
        ?? (Backend.Name == "avx512" ? null : $"HEARTWOOD_BACKEND={Backend.Name} has no bf16 dot product");

    /// <summary>
    /// Computes with another backend on this thread until the result is disposed. For tests and benchmarks, which compare backends in one
    /// process; the program itself has one backend from start to end.
    /// </summary>
    internal static IDisposable Using(IBackend backend)
    {
        Comparison comparison = new(compared);
        compared = backend;
        return comparison;
    }

    sealed class Comparison(IBackend? before) : IDisposable
    {
        public void Dispose() => compared = before;
    }

    /// <summary>Names of the backends that HEARTWOOD_BACKEND can name on this machine, best first.</summary>
    public static IEnumerable<string> Backends => All.Select(backend => backend.Name);

    /// <summary>Name of the backend in use.</summary>
    public static string BackendInUse => Backend.Name;

    /// <summary>How many threads compute; set it before the first computation. Results do not depend on it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">less than 1</exception>
    public static int Threads { get => Workers.Threads; set => Workers.Threads = value; }
}
