using Heartwood.Tensors.Backends;
using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>Values dropped by chance.</summary>
public static class Dropping
{
    const int Run = DropoutNumbers.Run;

    /// <summary>
    /// Zeroes each value with a probability and multiplies the others by 1 / (1 − share) (Srivastava et al. 2014). The gradient draws the
    /// same numbers again, so nothing is kept.
    /// </summary>
    /// <param name="x">any shape</param>
    /// <param name="share">probability that a value is dropped, 0 to 1 exclusive</param>
    /// <param name="chance">which numbers</param>
    /// <param name="first">place of the first value's number, a multiple of 64; those of all values follow</param>
    /// <exception cref="ArgumentOutOfRangeException">share or first is none</exception>
    public static Tensor Dropout(this Tensor x, float share, Chance chance, long first = 0)
    {
        if (share is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "A share of values to drop is from 0 to 1 exclusive.");
        if (first < 0 || first % Run != 0)
            throw new ArgumentOutOfRangeException(nameof(first), first, $"Numbers begin at a multiple of {Run}.");
        Tensor y = Tensor.Unset(x.Shape);
        Machine.Backend.Dropout(x.Values, chance, first, share, y.Writable);
        return Record("dropout", y, [], (x, g => g.Spread(x.Shape).Dropout(share, chance, first)));
    }

    /// <summary>
    /// Where the numbers of the next tensor begin: after those of one with this many values that began at <paramref name="first"/>.
    /// </summary>
    public static long After(long first, int values) => first + ((long)values + Run - 1) / Run * Run;
}
