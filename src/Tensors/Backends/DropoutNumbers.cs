namespace Heartwood.Tensors.Backends;

/// <summary>Which random number decides on which value where values are dropped by chance.</summary>
static class DropoutNumbers
{
    /// <summary>Numbers of one tensor begin at a multiple of this.</summary>
    internal const int Run = 64;

    const int Counters = 16;

    /// <summary>
    /// The index of a value's number. A counter of the generator gives four numbers; each 64 values take those of 16 counters, the
    /// first number of each counter, then the second of each, so that a kernel of any width computes counters side by side.
    /// </summary>
    internal static long IndexFor(long value)
    {
        var (run, at) = Math.DivRem(value, Run);
        return run * Run + at % Counters * (Run / Counters) + at / Counters;
    }
}
