using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Comparison;

/// <summary>
/// The parts that all, or a stated share, of several subnetworks keep, judged against as many independent random subnetworks,
/// each with as many parts of each stratum as one of those found.
/// </summary>
/// <param name="Share">the share of subnetworks that must keep a part, 1 for all</param>
/// <param name="Subnetworks">how many subnetworks there are</param>
/// <param name="Parts">the core, in address order</param>
/// <param name="ExpectedByChance">how large a core chance gives on average; exact with either method</param>
/// <param name="Low">lower end of chance's central 95 % interval of its size</param>
/// <param name="High">upper end</param>
/// <param name="PValue">probability that chance gives a core at least as large</param>
/// <param name="Method">"exact" where all must keep a part, else "permutation, N draws"</param>
public sealed record Core(
    double Share, int Subnetworks, IReadOnlyList<Part> Parts, double ExpectedByChance, double Low, double High, double PValue,
    string Method)
{
    const double Rounding = 1e-9;                                // 0.28 · 25 is a hair above 7

    /// <summary>The core of several subnetworks.</summary>
    /// <param name="universe">the parts that could have been kept</param>
    /// <param name="subnetworks">the kept parts of each subnetwork; their order makes no difference</param>
    /// <param name="share">the share that must keep a part, above 0 up to 1: at least share · subnetworks of them, rounded up</param>
    /// <param name="seed">keys the draws, where the distribution is not exact</param>
    /// <param name="draws">how many draws are made where it is not exact</param>
    /// <exception cref="ArgumentException">there is no subnetwork, or one names a part twice or a part that the model does not
    /// have</exception>
    /// <exception cref="ArgumentOutOfRangeException">the share or the number of draws makes no sense</exception>
    /// <remarks>
    /// "All" is exact: the chain of <see cref="CountDistribution.InAll"/> for each stratum (heads, MLPs), convolved. Otherwise the p-value
    /// is (1 + b) / (1 + draws) with b draws at least as large (Phipson and Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9:39), never 0; the
    /// expected size is still exact, since each part's number of keepers is a sum of independent yes-or-no trials.
    /// </remarks>
    public static Core Shared(
        Universe universe, IReadOnlyList<IReadOnlyCollection<Part>> subnetworks, double share = 1, ulong seed = 0, int draws = 9_999)
    {
        if (share is not (> 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(share), share,
                "The share of subnetworks that must keep a part is above 0 and at most 1.");
        if (draws < 1) throw new ArgumentOutOfRangeException(nameof(draws), draws, "At least one random draw is needed; 9,999 is usual.");
        var kept = KeptParts.OfEach(universe, subnetworks);
        int needed = Math.Max(1, (int)Math.Ceiling(share * kept.Count - Rounding));
        Part[] core = [.. universe.Parts.Where(part => kept.Count(k => k.Parts.Contains(part)) >= needed)];
        int[][] sizes = [.. universe.Strata.Select((_, s) => (int[])[.. kept.Select(k => k.Counts[s])])];

        bool exact = needed == kept.Count;
        CountDistribution chance = exact
            ? universe.Strata.Select((stratum, s) => CountDistribution.InAll(stratum.Parts.Count, sizes[s]))
                .Aggregate((one, other) => one.Plus(other))
            : Drawn(universe, InOrder(kept), needed, seed, draws);
        double expected = universe.Strata.Select((stratum, s) => Expected(stratum.Parts.Count, sizes[s], needed)).Sum();
        var (low, high) = chance.Central95();
        double above = chance.AtLeast(core.Length);
        return exact ? new(share, kept.Count, core, expected, low, high, above, "exact")
            : new(share, kept.Count, core, expected, low, high, (1 + Math.Round(above * draws)) / (1 + draws),
                $"permutation, {draws} draws");
    }

    /// <summary>How many of the subnetworks keep each part of the model, in address order.</summary>
    /// <param name="universe">the parts that could have been kept</param>
    /// <param name="subnetworks">the kept parts of each subnetwork</param>
    public static IReadOnlyList<(Part Part, int Kept)> Frequencies(Universe universe, IReadOnlyList<IReadOnlyCollection<Part>> subnetworks)
    {
        var kept = KeptParts.OfEach(universe, subnetworks);
        return [.. universe.Parts.Select(part => (part, kept.Count(k => k.Parts.Contains(part))))];
    }

    // the sizes of each subnetwork by stratum, whatever the order of the subnetworks
    static IReadOnlyList<int>[] InOrder(IReadOnlyList<KeptParts> kept)
    {
        IReadOnlyList<int>[] sizes = [.. kept.Select(k => k.Counts)];
        Array.Sort(sizes, (a, b) => a.Zip(b, (x, y) => x.CompareTo(y)).FirstOrDefault(sign => sign != 0));
        return sizes;
    }

    /// <summary>
    /// Core sizes of <paramref name="draws"/> draws of random subnetworks; draw i is keyed by (seed, i) and can be replayed alone.
    /// </summary>
    static CountDistribution Drawn(Universe universe, IReadOnlyList<int>[] sizes, int needed, ulong seed, int draws)
    {
        var chance = new Chance(seed, "core by chance");
        var sizesSeen = new int[universe.Count + 1];
        int[][] parts = [.. universe.Strata.Select(stratum => new int[stratum.Parts.Count])];
        for (int draw = 0; draw < draws; draw++)
        {
            ChanceStream stream = chance.At(draw).Stream();
            int[][] times = [.. parts.Select(stratum => new int[stratum.Length])];
            foreach (int[] stratum in parts)
                for (int i = 0; i < stratum.Length; i++) stratum[i] = i;
            foreach (IReadOnlyList<int> size in sizes)
                for (int s = 0; s < parts.Length; s++)
                    foreach (int part in RandomParts.First(parts[s].AsSpan(), size[s], stream)) times[s][part]++;
            sizesSeen[times.Sum(stratum => stratum.Count(kept => kept >= needed))]++;
        }
        return CountDistribution.Seen(sizesSeen);
    }

    /// <summary>
    /// population · P(at least <paramref name="needed"/> of the subsets hold a given part): the Poisson binomial distribution's tail.
    /// </summary>
    static double Expected(int population, int[] sizes, int needed)
    {
        var times = new double[sizes.Length + 1];                // times[k]: probability that k of the subsets so far hold it
        times[0] = 1;
        foreach (int size in sizes.Order())
            for (int k = sizes.Length; k >= 0; k--)
                times[k] = (k > 0 ? times[k - 1] * size : 0) / Math.Max(1, population)
                    + times[k] * (population - size) / Math.Max(1, population);
        return population * times.Skip(needed).Sum();
    }
}
