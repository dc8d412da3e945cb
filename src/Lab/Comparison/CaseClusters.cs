using Heartwood.Tensors;

namespace Heartwood.Lab.Comparison;

/// <summary>
/// Cases that go together over subnetworks: hierarchical clustering with average linkage (Sokal and Michener 1958, UPGMA) on
/// 1 − Pearson's correlation of the cases' accuracies. Cases on which all subnetworks are equal correlate with nothing; they
/// are kept apart, as one cluster of their own.
/// </summary>
public static class CaseClusters
{
    const double Distance = 0.5;                                 // clusters are cut where the mean correlation falls to one half

    /// <summary>The clusters.</summary>
    /// <param name="accuracies">for each case its accuracy under every subnetwork</param>
    /// <returns>numbers of the cases, cluster by cluster, neighbours of the tree next to each other; the cases that never differ
    /// last</returns>
    public static IReadOnlyList<IReadOnlyList<int>> Find(IReadOnlyList<IReadOnlyList<double>> accuracies)
    {
        int[] still = [.. Enumerable.Range(0, accuracies.Count).Where(c => !Varies(accuracies[c]))];
        double[][] z = [.. accuracies.Select(Standardized)];
        List<int[]> now = [.. Enumerable.Range(0, accuracies.Count).Except(still).Select(c => new[] { c })];
        List<int[]>? cut = null;
        while (now.Count > 1)
        {
            var (a, b, distance) = Closest(now, z);
            if (distance > Distance) cut ??= [.. now];
            int[] joined = [.. now[a], .. now[b]];
            now.RemoveAt(b);
            now[a] = joined;
        }
        int[] order = [.. now.SelectMany(c => c)];
        return [.. (cut ?? now).OrderBy(c => Array.IndexOf(order, c[0])), .. still.Length > 0 ? [still] : Array.Empty<int[]>()];
    }

    /// <summary>
    /// The mean correlation of pairs of cases of the same class, against subnetworks shuffled for each case alone within their
    /// strata, so that what the strata alone explain stays in the shuffles.
    /// </summary>
    /// <param name="accuracies">for each case its accuracy under every subnetwork</param>
    /// <param name="classes">the class of each case: its label</param>
    /// <param name="strata">the stratum of each subnetwork: its sparsity</param>
    /// <param name="chance">keyed by (seed, purpose)</param>
    /// <param name="shuffles">how many shuffles</param>
    /// <returns>null where no pair of cases of one class varies</returns>
    public static Permutation? Agreement(
        IReadOnlyList<IReadOnlyList<double>> accuracies, IReadOnlyList<string> classes, IReadOnlyList<double> strata, Chance chance,
        int shuffles = 9999)
    {
        int[] varying = [.. Enumerable.Range(0, accuracies.Count).Where(c => Varies(accuracies[c]))];
        int[][] members = [.. varying.GroupBy(c => classes[c]).Where(g => g.Count() > 1).Select(g => g.ToArray())];
        if (members.Length == 0) return null;
        double[][] z = [.. accuracies.Select(Standardized)];
        int[][] places = [.. Enumerable.Range(0, strata.Count).GroupBy(s => strata[s]).Select(g => g.ToArray())];
        return Permutation.Test(MeanCorrelation(z, members),
            stream => MeanCorrelation([.. z.Select(v => Shuffled(v, places, stream))], members), chance, shuffles);
    }

    // of standardized figures the sum over all pairs of n of them is (|Σ z|² − n) / 2
    static double MeanCorrelation(double[][] z, int[][] members)
    {
        double sum = 0;
        int pairs = 0;
        foreach (int[] group in members)
        {
            double square = 0;
            for (int s = 0; s < z[group[0]].Length; s++)
            {
                double total = 0;
                foreach (int c in group) total += z[c][s];
                square += total * total;
            }
            sum += (square - group.Length) / 2;
            pairs += group.Length * (group.Length - 1) / 2;
        }
        return sum / pairs;
    }

    static double[] Shuffled(double[] values, int[][] places, ChanceStream stream)
    {
        double[] shuffled = new double[values.Length];
        foreach (int[] stratum in places)
        {
            int[] order = [.. stratum];
            stream.Shuffle<int>(order);
            for (int i = 0; i < order.Length; i++) shuffled[stratum[i]] = values[order[i]];
        }
        return shuffled;
    }

    static (int A, int B, double Distance) Closest(List<int[]> clusters, double[][] z)
    {
        (int A, int B, double Distance) best = (0, 1, double.PositiveInfinity);
        for (int a = 0; a < clusters.Count; a++)
            for (int b = a + 1; b < clusters.Count; b++)
            {
                double distance = clusters[a].Average(i => clusters[b].Average(j => 1 - z[i].Zip(z[j], (x, y) => x * y).Sum()));
                if (distance < best.Distance) best = (a, b, distance);
            }
        return best;
    }

    static bool Varies(IReadOnlyList<double> values) => values.Count > 1 && values.Any(v => v != values[0]);

    // mean 0, squares that sum to 1
    static double[] Standardized(IReadOnlyList<double> values)
    {
        double mean = values.Average(), length = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)));
        return [.. values.Select(v => length > 0 ? (v - mean) / length : 0)];
    }
}
