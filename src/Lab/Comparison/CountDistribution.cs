namespace Heartwood.Lab.Comparison;

/// <summary>The probability of each count 0, 1, 2 …: how many parts chance lets subnetworks share.</summary>
/// <remarks>
/// Hypergeometric probabilities come from the ratio of neighbours, started at the mode, so that only positive numbers of
/// moderate size are multiplied and added: within 3e-15 of exact fractions, relatively, from 36 to 2,000 parts. MathNet's
/// <c>Hypergeometric.PMF</c> goes through whole binomial coefficients: up to 1e-12 off at 1,056 parts, and not a number at 2,000.
/// </remarks>
public sealed class CountDistribution
{
    const double Tail = 0.025;                                   // outside each end of a 95 % interval
    readonly double[] probabilities;

    CountDistribution(double[] probabilities) => this.probabilities = probabilities;

    /// <summary>The probability of exactly this count.</summary>
    public double this[int count] => count >= 0 && count < probabilities.Length ? probabilities[count] : 0;

    /// <summary>The expected count.</summary>
    public double Mean => probabilities.Select((p, count) => p * count).Sum();

    /// <summary>How many marked parts stand among <paramref name="drawn"/> parts drawn without putting back.</summary>
    /// <param name="population">how many parts there are</param>
    /// <param name="marked">how many of them are marked</param>
    /// <param name="drawn">how many are drawn</param>
    /// <exception cref="ArgumentOutOfRangeException">marked or drawn is negative or above the population</exception>
    public static CountDistribution Hypergeometric(int population, int marked, int drawn)
    {
        if (marked < 0 || marked > population) throw Outside(nameof(marked), marked, population);
        if (drawn < 0 || drawn > population) throw Outside(nameof(drawn), drawn, population);
        int least = Math.Max(0, marked + drawn - population), most = Math.Min(marked, drawn);
        int mode = Math.Clamp((int)((drawn + 1L) * (marked + 1L) / (population + 2L)), least, most);
        double RatioAbove(int count) =>                           // p(count + 1) / p(count)
            (double)(marked - count) * (drawn - count) / ((count + 1.0) * (population - marked - drawn + count + 1.0));
        var weights = new double[most + 1];
        weights[mode] = 1;
        for (int count = mode; count < most; count++) weights[count + 1] = weights[count] * RatioAbove(count);
        for (int count = mode; count > least; count--) weights[count - 1] = weights[count] / RatioAbove(count - 1);
        return Normalized(weights);
    }

    /// <summary>
    /// How many parts lie in all of several random subsets, each drawn on its own: the size of the running intersection is a
    /// Markov chain, whose step from m is hypergeometric with m marked parts. Exact, and the same whatever the order.
    /// </summary>
    /// <param name="population">how many parts there are</param>
    /// <param name="sizes">the size of each subset, at least one</param>
    public static CountDistribution InAll(int population, IEnumerable<int> sizes)
    {
        int[] sorted = [.. sizes.Order()];                        // so that the order of subnetworks changes no bit
        if (sorted.Length == 0) throw new ArgumentException("An intersection needs at least one subset.", nameof(sizes));
        var now = Hypergeometric(population, population, sorted[0]);
        foreach (int size in sorted.AsSpan(1))
        {
            var next = new double[now.probabilities.Length];
            for (int shared = 0; shared < next.Length; shared++)
            {
                if (now[shared] == 0) continue;
                double[] step = Hypergeometric(population, shared, size).probabilities;
                for (int count = 0; count < step.Length; count++) next[count] += now[shared] * step[count];
            }
            now = Normalized(next);
        }
        return now;
    }

    /// <summary>The distribution of counts that were seen in draws.</summary>
    /// <param name="draws">how many draws gave each count 0, 1, 2 …</param>
    public static CountDistribution Seen(IReadOnlyList<int> draws) => Normalized([.. draws.Select(d => (double)d)]);

    /// <summary>The sum of this count and another, independent one.</summary>
    public CountDistribution Plus(CountDistribution other)
    {
        var sum = new double[probabilities.Length + other.probabilities.Length - 1];
        for (int a = 0; a < probabilities.Length; a++)
            for (int b = 0; b < other.probabilities.Length; b++) sum[a + b] += probabilities[a] * other.probabilities[b];
        return Normalized(sum);
    }

    /// <summary>P(count ≥ <paramref name="least"/>), small terms added first; exactly 1 where nothing lies below.</summary>
    public double AtLeast(int least)
    {
        if (!probabilities.Take(Math.Max(0, least)).Any(p => p > 0)) return 1;
        double sum = 0;
        for (int count = probabilities.Length - 1; count >= least; count--) sum += probabilities[count];
        return Math.Min(1, sum);
    }

    /// <summary>The central 95 % interval, ends included: at most 2.5 % lies below it and at most 2.5 % above.</summary>
    public (int Low, int High) Central95()
    {
        int low = 0, high = probabilities.Length - 1;
        for (double below = probabilities[low]; below <= Tail; below += probabilities[low]) low++;
        for (double above = probabilities[high]; above <= Tail; above += probabilities[high]) high--;
        return (low, high);
    }

    static CountDistribution Normalized(double[] weights)
    {
        double sum = weights.Sum();
        return new([.. weights.Select(w => w / sum)]);
    }

    static ArgumentOutOfRangeException Outside(string name, int value, int population) =>
        new(name, value, $"There are {population} parts; '{name}' should be from 0 to that.");
}
