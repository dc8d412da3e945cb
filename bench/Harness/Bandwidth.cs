using System.Runtime.InteropServices;
using Heartwood.Tensors;

namespace Heartwood.Bench.Harness;

/// <summary>How fast memory can be read and written by the team of threads: y = x + y over arrays that no cache holds.</summary>
static unsafe class Bandwidth
{
    const int Floats = 1 << 25, Pieces = 64;
    static readonly Lazy<(nint X, nint Y)> arrays = new(() => (Cleared(), Cleared()));

    /// <summary>Bytes that one run moves: both arrays in, one out.</summary>
    public const double Bytes = 3.0 * Floats * sizeof(float);

    /// <summary>One run.</summary>
    public static void Run()
    {
        var (x, y) = arrays.Value;
        const int piece = Floats / Pieces;
        Parallelism.For(Pieces, i =>
        {
            Span<float> to = new((float*)y + (long)i * piece, piece);
            System.Numerics.Tensors.TensorPrimitives.Add(new((float*)x + (long)i * piece, piece), to, to);
        });
    }

    static nint Cleared()
    {
        void* at = NativeMemory.AlignedAlloc((nuint)Floats * sizeof(float), 64);
        new Span<float>(at, Floats).Clear();
        return (nint)at;
    }
}
