namespace Heartwood.Lab.Comparison;

/// <summary>
/// Holm's step-down correction for several tests (Holm 1979, "A simple sequentially rejective multiple test procedure",
/// Scandinavian Journal of Statistics 6:65). It holds whatever the dependence between the tests, and pairs of the same
/// subnetworks do depend on each other.
/// </summary>
public static class Holm
{
    /// <summary>
    /// Corrected p-values, in the order given: the i-th smallest of m becomes the largest of (m − j + 1) · p(j), j ≤ i, at most 1.
    /// </summary>
    /// <param name="pValues">p-values from 0 to 1</param>
    /// <exception cref="ArgumentOutOfRangeException">a value is not a probability</exception>
    public static IReadOnlyList<double> Correct(IReadOnlyList<double> pValues)
    {
        var corrected = new double[pValues.Count];
        double largest = 0;
        int left = pValues.Count;
        foreach (int i in Enumerable.Range(0, pValues.Count).OrderBy(i => pValues[i]))
        {
            if (pValues[i] is not (>= 0 and <= 1))
                throw new ArgumentOutOfRangeException(nameof(pValues), pValues[i], "A p-value lies from 0 to 1.");
            corrected[i] = largest = Math.Max(largest, Math.Min(1, left-- * pValues[i]));
        }
        return corrected;
    }
}
