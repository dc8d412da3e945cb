using Heartwood.Tensors;
using static System.Numerics.Tensors.TensorPrimitives;

namespace Heartwood.Bench.Ops;

/// <summary>What an operation on tensors of one shape cannot undercut: its inputs read, its result written, nothing computed but sums to read by.</summary>
static class Moving
{
    const int Piece = 1 << 14;                                   // floats that a thread takes at a time

    /// <summary>The setup of moving so many inputs of the shape into one result.</summary>
    /// <param name="reads">no input, for a result that is cleared; one, which is copied; or two, which are added</param>
    /// <param name="shape">of each</param>
    public static Func<Action> Of(int reads, params int[] shape) => () =>
    {
        Tensor x = Draw.Numbers("moved", shape), y = Draw.Numbers("moved too", shape), to = Draw.Numbers("moved to", shape);
        int count = to.Count;
        return () => Parallelism.For((count + Piece - 1) / Piece, item =>
        {
            Range piece = (item * Piece)..Math.Min(count, (item + 1) * Piece);
            if (reads == 0) to.Change()[piece].Clear();
            else if (reads == 1) x.Values[piece].CopyTo(to.Change()[piece]);
            else Add(x.Values[piece], y.Values[piece], to.Change()[piece]);
        });
    };
}
