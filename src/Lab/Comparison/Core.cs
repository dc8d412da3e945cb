using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Comparison;

/// <summary>
/// The parts that all, or a stated share, of several subnetworks keep, judged against as many independent random subnetworks,
/// each with as many heads and as many MLPs as one of those found.
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
    double Share, int Subnetworks, IReadOnlyList<Part> Parts, double ExpectedByChance, double Low, double High, double PValue, string Method)
{
    const double Rounding = 1e-9;                                // 0.28 · 25 is a hair above 7

    /// <summary>The core of several subnetworks.</summary>
    /// <param name="universe">the parts that could have been kept</param>
    /// <param name="subnetworks">the kept parts of each subnetwork; their order makes no difference</param>
    /// <param name="share">the share that must keep a part, above 0 up to 1: at least share · subnetworks of them, rounded up</param>
    /// <param name="seed">keys the draws, where the distribution is not exact</param>
    /// <param name="draws">how many draws are made where it is not exact</param>
    /// <exception cref="ArgumentException">there is no subnetwork, or one names a part twice or a part that the model does not have</exception>
    /// <exception cref="ArgumentOutOfRangeException">the share or the number of draws makes no sense</exception>
    /// <remarks>
    /// "All" is exact: the chain of <see cref="CountDistribution.InAll"/> for heads and for MLPs, convolved. Otherwise the p-value is
    /// (1 + b) / (1 + draws) with b draws at least as large (Phipson and Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9:39), never 0; the
    /// expected size is still exact, since each part's number of keepers is a sum of independent yes-or-no trials.
    /// </remarks>
    public static Core Of(
        Universe universe, IReadOnlyList<IReadOnlyCollection<Part>> subnetworks, double share = 1, ulong seed = 0, int draws = 9_999)
    {
        if (share is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(share), share, "The share of subnetworks that must keep a part is above 0 and at most 1.");
        if (draws < 1) throw new ArgumentOutOfRangeException(nameof(draws), draws, "At least one random draw is needed; 9,999 is usual.");
        var kept = KeptParts.OfEach(universe, subnetworks);
        int needed = Math.Max(1, (int)Math.Ceiling(share * kept.Count - Rounding));
        Part[] core = [.. universe.Parts.Where(part => kept.Count(k => k.Parts.Contains(part)) >= needed)];
        int[] heads = [.. kept.Select(k => k.Heads)], mlps = [.. kept.Select(k => k.Mlps)];

        bool exact = needed == kept.Count;
        var chance = exact ? CountDistribution.InAll(universe.Heads, heads).Plus(CountDistribution.InAll(universe.Mlps, mlps))
            : Drawn(universe, [.. heads.Zip(mlps).Order()], needed, seed, draws);
        double expected = Expected(universe.Heads, heads, needed) + Expected(universe.Mlps, mlps, needed);
        var (low, high) = chance.Central95();
        double above = chance.AtLeast(core.Length);
        return exact ? new(share, kept.Count, core, expected, low, high, above, "exact")
            : new(share, kept.Count, core, expected, low, high, (1 + Math.Round(above * draws)) / (1 + draws), $"permutation, {draws} draws");
    }

    /// <summary>How many of the subnetworks keep each part of the model, in address order.</summary>
    /// <param name="universe">the parts that could have been kept</param>
    /// <param name="subnetworks">the kept parts of each subnetwork</param>
    public static IReadOnlyList<(Part Part, int Kept)> Frequencies(Universe universe, IReadOnlyList<IReadOnlyCollection<Part>> subnetworks)
    {
        var kept = KeptParts.OfEach(universe, subnetworks);
        return [.. universe.Parts.Select(part => (part, kept.Count(k => k.Parts.Contains(part))))];
    }

    /// <summary>Core sizes of <paramref name="draws"/> draws of random subnetworks; draw i is keyed by (seed, i) and can be replayed alone.</summary>
    static CountDistribution Drawn(Universe universe, (int Heads, int Mlps)[] sizes, int needed, ulong seed, int draws)
    {
        var chance = new Chance(seed, "core by chance");
        var sizesSeen = new int[universe.Count + 1];
        int[] heads = new int[universe.Heads], mlps = new int[universe.Mlps];
        for (int draw = 0; draw < draws; draw++)
        {
            var stream = chance.At(draw).Stream();
            Span<int> keptHeads = new int[heads.Length], keptMlps = new int[mlps.Length];
            for (int i = 0; i < heads.Length; i++) heads[i] = i;
            for (int i = 0; i < mlps.Length; i++) mlps[i] = i;
            foreach (var size in sizes)
            {
                foreach (int head in RandomParts.First(heads, size.Heads, stream)) keptHeads[head]++;
                foreach (int mlp in RandomParts.First(mlps, size.Mlps, stream)) keptMlps[mlp]++;
            }
            int core = 0;
            foreach (int times in keptHeads) if (times >= needed) core++;
            foreach (int times in keptMlps) if (times >= needed) core++;
            sizesSeen[core]++;
        }
        return CountDistribution.Seen(sizesSeen);
    }

    /// <summary>population · P(at least <paramref name="needed"/> of the subsets hold a given part): the Poisson binomial distribution's tail.</summary>
    static double Expected(int population, int[] sizes, int needed)
    {
        var times = new double[sizes.Length + 1];                // times[k]: probability that k of the subsets so far hold it
        times[0] = 1;
        foreach (int size in sizes.Order())
            for (int k = sizes.Length; k >= 0; k--)
                times[k] = (k > 0 ? times[k - 1] * size : 0) / Math.Max(1, population) + times[k] * (population - size) / Math.Max(1, population);
        return population * times.Skip(needed).Sum();
    }
}
