using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends.Cpu;

namespace Heartwood.Bench.Harness;

/// <summary>
/// The most float32 multiply-adds that the processor does in a second: twelve chains that never leave the registers. A run takes
/// about as long as a call of what it is compared with: where the host of a virtual machine takes the processor away for some 40 µs
/// about once in a millisecond, what is briefer has a median without such gaps, and what is longer has its share of them.
/// </summary>
sealed class Peak
{
    const int Chains = 12, Trial = 1 << 14, Trials = 5;
    const double Briefest = 250e-6, Longest = 20e-3;             // seconds: above what handing over to threads takes; of many gaps

    readonly int threads, rounds;
    readonly string? backend;

    /// <summary>A peak to compare calls of this many seconds with.</summary>
    /// <param name="threads">how many threads run the chains at once</param>
    /// <param name="backend">whose vectors; null for the machine's best</param>
    /// <param name="seconds">how long a run should take</param>
    public Peak(int threads, string? backend, double seconds)
    {
        (this.threads, this.backend, rounds) = (threads, backend, Trial);
        double[] trials = new double[Trials];
        foreach (ref double trial in trials.AsSpan()) trial = Measuring.Seconds(Run);
        rounds = (int)(Trial * Math.Clamp(seconds, Briefest, Longest) / Measuring.Median(trials));
    }

    /// <summary>Floating-point operations of one run.</summary>
    public double Operations => 2.0 * rounds * Chains * (Wide(backend) ? Avx512Lanes.Width : Avx2Lanes.Width) * threads;

    /// <summary>Runs the chains on every thread at once.</summary>
    public void Run()
    {
        float[] ends = new float[threads];
        bool wide = Wide(backend);
        Parallelism.For(threads, i =>
            ends[i] = wide ? Spin<Avx512Lanes, Vector512<float>>(rounds) : Spin<Avx2Lanes, Vector256<float>>(rounds));
    }

    static bool Wide(string? backend) => (backend ?? Tensors.Backends.Machine.Backends.First()) == "avx512";

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static float Spin<L, V>(int rounds) where L : struct, ILanes<V>
    {
        V a = L.Splat(0.999f), b = L.Splat(1e-3f);
        V c0 = a, c1 = a, c2 = a, c3 = a, c4 = a, c5 = a, c6 = a, c7 = a, c8 = a, c9 = a, c10 = a, c11 = a;
        for (int i = 0; i < rounds; i++)
        {
            c0 = L.MultiplyAdd(c0, a, b);
            c1 = L.MultiplyAdd(c1, a, b);
            c2 = L.MultiplyAdd(c2, a, b);
            c3 = L.MultiplyAdd(c3, a, b);
            c4 = L.MultiplyAdd(c4, a, b);
            c5 = L.MultiplyAdd(c5, a, b);
            c6 = L.MultiplyAdd(c6, a, b);
            c7 = L.MultiplyAdd(c7, a, b);
            c8 = L.MultiplyAdd(c8, a, b);
            c9 = L.MultiplyAdd(c9, a, b);
            c10 = L.MultiplyAdd(c10, a, b);
            c11 = L.MultiplyAdd(c11, a, b);
        }
        V sum = L.Add(L.Add(L.Add(c0, c1), L.Add(c2, c3)), L.Add(L.Add(c4, c5), L.Add(c6, c7)));
        return L.Sum(L.Add(sum, L.Add(L.Add(c8, c9), L.Add(c10, c11))));
    }
}
