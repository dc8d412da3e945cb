namespace Heartwood.Lab.Evaluation.Statistics;

/// <summary>
/// The area under the ROC curve: the probability that a random example of one label scores higher than a random example of the
/// others, ties counting half. Unlike accuracy it does not move when all scores move together.
/// </summary>
public static class Auc
{
    /// <summary>The area with its 95 % interval; n counts the examples of both kinds.</summary>
    /// <param name="positives">scores of the examples of the label, in any order and unit</param>
    /// <param name="negatives">scores of all others</param>
    /// <returns>null where the scores order nothing: one side has no examples, or all scores are equal</returns>
    /// <exception cref="ArgumentException">a score is not a number</exception>
    /// <remarks>
    /// Variance by DeLong, DeLong and Clarke-Pearson 1988 (Biometrics 44:837), interval on the logit scale, which
    /// Perme and Manevski 2019 (Stat. Methods Med. Res. 28:3755) found reliable. Where that variance is 0 or does not exist (the two
    /// kinds do not mix, or one has a single example) it says nothing, and the interval is Newcombe's 2006 (Statistics in Medicine
    /// 25:559, method 5): all areas θ with |θ − area| at most z standard errors, by Hanley and McNeil's 1982 variance at θ.
    /// </remarks>
    public static Proportion? Between(IReadOnlyList<double> positives, IReadOnlyList<double> negatives)
    {
        if (positives.Any(double.IsNaN) || negatives.Any(double.IsNaN))
            throw new ArgumentException("A score is not a number (NaN). Scores must order the examples; look at the model's logits.");
        if (positives.Count == 0 || negatives.Count == 0) return null;
        double[] above = [.. positives.Order()], below = [.. negatives.Order()];
        if (above[0] == above[^1] && below[0] == below[^1] && above[0] == below[0]) return null;

        double[] wins = Placements(above, below);                // V10: share of negatives below each positive
        double[] losses = Placements(below, above);              // 1 − V01: share of positives below each negative
        double area = wins.Average();
        double variance = Variance(wins) / wins.Length + Variance(losses) / losses.Length;
        int n = wins.Length + losses.Length;
        if (!(variance > 0))
            return new(area, n, Newcombe(area, wins.Length, losses.Length, 0), Newcombe(area, wins.Length, losses.Length, 1));
        double middle = Math.Log(area / (1 - area)), half = Proportion.Z * Math.Sqrt(variance) / (area * (1 - area));
        return new(area, n, Logistic(middle - half), Logistic(middle + half));
    }

    /// <summary>The area for one label against the rest.</summary>
    /// <param name="scores">one score per example, larger for more like the label</param>
    /// <param name="isLabel">whether each example has the label</param>
    public static Proportion? ForLabel(IReadOnlyList<double> scores, IReadOnlyList<bool> isLabel)
    {
        if (scores.Count != isLabel.Count)
            throw new ArgumentException($"{scores.Count} scores for {isLabel.Count} examples; give one each.", nameof(scores));
        var sides = scores.Zip(isLabel).ToLookup(e => e.Second, e => e.First);
        return Between([.. sides[true]], [.. sides[false]]);
    }

    /// <summary>
    /// For each of the sorted <paramref name="own"/>, the share of the sorted <paramref name="others"/> below it, ties half.
    /// </summary>
    static double[] Placements(double[] own, double[] others)
    {
        var shares = new double[own.Length];
        int below = 0, upTo = 0;
        for (int i = 0; i < own.Length; i++)
        {
            while (below < others.Length && others[below] < own[i]) below++;
            while (upTo < others.Length && others[upTo] <= own[i]) upTo++;
            shares[i] = (below + upTo) / (2.0 * others.Length);
        }
        return shares;
    }

    /// <summary>Sample variance, dividing by n − 1; NaN for one value.</summary>
    static double Variance(double[] values)
    {
        double mean = values.Average();
        return values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1);
    }

    /// <summary>The θ between the area and <paramref name="end"/> that lies z standard errors from the area, by bisection.</summary>
    static double Newcombe(double area, int positives, int negatives, double end)
    {
        double others = (positives + negatives) / 2.0 - 1;
        double Variance(double θ) =>
            θ * (1 - θ) * (1 + others * (1 - θ) / (2 - θ) + others * θ / (1 + θ)) / ((double)positives * negatives);
        double near = area, far = end;
        for (int halving = 0; halving < 60; halving++)
        {
            double middle = (near + far) / 2, distance = middle - area;
            if (distance * distance <= Proportion.Z * Proportion.Z * Variance(middle)) near = middle; else far = middle;
        }
        return far;
    }

    static double Logistic(double x) => 1 / (1 + Math.Exp(-x));
}
