using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Lab.Comparison;

/// <summary>Overlap of two subnetworks, judged against random subnetworks with as many parts of each stratum as each of them.</summary>
/// <param name="A">place of the first in the list that was given, from 0</param>
/// <param name="B">place of the second</param>
/// <param name="Shared">how many parts both keep</param>
/// <param name="Jaccard">shared / kept by either (Jaccard 1912); 1 where neither keeps anything</param>
/// <param name="Expected">how many shared parts chance gives on average</param>
/// <param name="Low">lower end of chance's central 95 % interval</param>
/// <param name="High">upper end</param>
/// <param name="PValue">exact probability that chance gives at least as many</param>
/// <param name="Corrected">the same after Holm's correction for the number of pairs</param>
public sealed record Overlap(
    int A, int B, int Shared, double Jaccard, double Expected, double Low, double High, double PValue, double Corrected)
{
    /// <summary>Every pair of several subnetworks: (0, 1), (0, 2) … (1, 2) …</summary>
    /// <param name="universe">the parts that could have been kept</param>
    /// <param name="subnetworks">the kept parts of each subnetwork</param>
    /// <exception cref="ArgumentException">there is no subnetwork, or one names a part twice or a part that the model does not
    /// have</exception>
    /// <remarks>
    /// Under the null, each subnetwork's parts of a stratum (heads, MLPs; of neurons those of a layer) are drawn from all of it, on their
    /// own: the shared parts of the strata are then independent hypergeometric counts, and the distribution of their sum is their
    /// convolution.
    /// </remarks>
    public static IReadOnlyList<Overlap> AllPairs(Universe universe, IReadOnlyList<IReadOnlyCollection<Part>> subnetworks)
    {
        var kept = KeptParts.OfEach(universe, subnetworks);
        List<Overlap> pairs = [];
        for (int a = 0; a < kept.Count; a++)
            for (int b = a + 1; b < kept.Count; b++) pairs.Add(Pair(universe, a, kept[a], b, kept[b]));
        var corrected = Holm.Correct([.. pairs.Select(p => p.PValue)]);
        return [.. pairs.Select((pair, i) => pair with { Corrected = corrected[i] })];
    }

    static Overlap Pair(Universe universe, int a, KeptParts first, int b, KeptParts second)
    {
        int shared = first.Parts.Count(second.Parts.Contains), either = first.Parts.Count + second.Parts.Count - shared;
        CountDistribution chance = universe.Strata
            .Select((stratum, s) => CountDistribution.InAll(stratum.Parts.Count, [first.Counts[s], second.Counts[s]]))
            .Aggregate((one, other) => one.Plus(other));
        var (low, high) = chance.Central95();
        double p = chance.AtLeast(shared);
        return new(a, b, shared, either == 0 ? 1 : (double)shared / either, chance.Mean, low, high, p, p);
    }
}
