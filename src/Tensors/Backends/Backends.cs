using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Heartwood.Tensors.Backends.Cpu;

namespace Heartwood.Tensors.Backends;

/// <summary>What this machine can compute with.</summary>
public static class Machine
{
    /// <summary>
    /// Every backend that this machine has: best first, and behind those that are float32 throughout, which alone are chosen unasked,
    /// for each instruction set one whose products with frozen weights are bf16 (<see cref="At"/>). A precision is a backend, not a
    /// switch that every product must ask about: the rest of its arithmetic is the same code, packed weights are kept per backend,
    /// tests run over all of them, and a run's manifest names what computed it.
    /// </summary>
    internal static IReadOnlyList<IBackend> All { get; }

    static Machine()
    {
        List<(IBackend Plain, IBackend Bf16)> sets = [];
        if (Avx512F.IsSupported && Avx512DQ.IsSupported) sets.Add(Set<Avx512Lanes, Vector512<float>>("avx512", Bf16Code.WhyNot is null ? new Bf16Products() : null));
        if (Avx2.IsSupported && Fma.IsSupported) sets.Add(Set<Avx2Lanes, Vector256<float>>("avx2"));
        sets.Add(Set<ScalarLanes, float>("scalar"));
        All = [.. sets.Select(s => s.Plain), new Reference(), .. sets.Select(s => s.Bf16)];
    }

    // float32 throughout, and with bf16: by the processor's dot product, or the same values by float32's instructions
    static (IBackend Plain, IBackend Bf16) Set<L, V>(string name, IProducts? dot = null) where L : struct, ILanes<V>
    {
        CpuBackend<L, V> plain = new(name);
        return (plain, dot is null ? new CpuBackend<L, V>(name + ByRounding, new RoundedProducts(plain)) : new CpuBackend<L, V>(name + ByDotProduct, dot));
    }

    const string ByDotProduct = "-bf16", ByRounding = "-rounded";

    /// <summary>The backend in use: the best, or the one that HEARTWOOD_BACKEND names.</summary>
    internal static IBackend Backend => chosen ?? (preferred ??= Preferred(Environment.GetEnvironmentVariable("HEARTWOOD_BACKEND")));

    static IBackend? preferred;
    [ThreadStatic] static IBackend? chosen;

    /// <summary>The backend of that name, or the best where none is named.</summary>
    /// <exception cref="NotSupportedException">this machine has no such backend</exception>
    internal static IBackend Preferred(string? name) => string.IsNullOrEmpty(name) ? All[0]
        : All.FirstOrDefault(b => b.Name == name && b.Precision == Precision.Float32)
        ?? throw new NotSupportedException($"HEARTWOOD_BACKEND={name}, but this machine has: {string.Join(", ", Backends)}. (bf16 is a precision: heartwood … --precision bf16.)");

    /// <summary>Computes products with frozen weights at a precision until the result is disposed: on this thread, and in the pieces of <see cref="Parallelism"/> begun on it.</summary>
    /// <exception cref="NotSupportedException">the backend that HEARTWOOD_BACKEND names has only float32</exception>
    public static IDisposable At(Precision precision) => Using(Of(precision));

    /// <summary>Name of the backend of a precision.</summary>
    /// <exception cref="NotSupportedException">the backend that HEARTWOOD_BACKEND names has only float32</exception>
    public static string BackendAt(Precision precision) => Of(precision).Name;

    /// <summary>What is not float32 in the arithmetic of a backend, for people; null where all is.</summary>
    /// <param name="backend">its name, of this machine or another</param>
    public static string? Explain(string backend) =>
        backend.EndsWith(ByDotProduct, StringComparison.Ordinal) ? "frozen weights and what they multiply are rounded to bf16, sums are float32; by the processor's bf16 dot product"
        : backend.EndsWith(ByRounding, StringComparison.Ordinal) ? "frozen weights and what they multiply are rounded to bf16, sums are float32; by float32 instructions"
        : null;

    /// <summary>Why there is no bf16 that is faster than float32 here; null where there is.</summary>
    public static string? WhyBf16IsSlow => Bf16Code.WhyNot
        ?? (Backend.Name.StartsWith("avx512", StringComparison.Ordinal) ? null : $"HEARTWOOD_BACKEND={Backend.Name.Split('-')[0]} has no bf16 dot product");

    static IBackend Of(Precision precision)
    {
        IBackend now = Backend;
        string instructions = now.Name.Split('-')[0];
        return now.Precision == precision ? now : All.FirstOrDefault(b => b.Precision == precision && b.Name.Split('-')[0] == instructions)
            ?? throw new NotSupportedException($"The backend {now.Name} computes in float32 only. Unset HEARTWOOD_BACKEND, or leave out --precision bf16.");
    }

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

    /// <summary>Names of the backends that HEARTWOOD_BACKEND can name on this machine, best first.</summary>
    public static IEnumerable<string> Backends => All.Where(b => b.Precision == Precision.Float32).Select(b => b.Name);

    /// <summary>Name of the backend in use.</summary>
    public static string BackendInUse => Backend.Name;

    /// <summary>How many threads compute; set it before the first computation. Results do not depend on it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">less than 1</exception>
    public static int Threads { get => Workers.Threads; set => Workers.Threads = value; }
}
