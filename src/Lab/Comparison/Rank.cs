namespace Heartwood.Lab.Comparison;

/// <summary>The place of an ablation among random ablations of its kind.</summary>
/// <param name="AtLeastAsHarmful">how many draws leave an accuracy at most as high</param>
/// <param name="Draws">how many draws there are</param>
public sealed record Rank(int AtLeastAsHarmful, int Draws)
{
    /// <summary>
    /// (1 + at least as harmful) / (1 + draws): the p-value of "no more harmful than random" (Phipson and Smyth 2010), never 0.
    /// </summary>
    public double PValue => (1.0 + AtLeastAsHarmful) / (1 + Draws);

    /// <summary>Ranks an accuracy among those of random draws; equal counts as at least as harmful.</summary>
    /// <exception cref="ArgumentException">a figure is not a number</exception>
    public static Rank Among(double accuracy, IReadOnlyCollection<double> randomAccuracies) =>
        double.IsNaN(accuracy) || randomAccuracies.Any(double.IsNaN)
            ? throw new ArgumentException("An accuracy without examples (NaN) has no rank; rank figures that were measured.")
            : new(randomAccuracies.Count(r => r <= accuracy), randomAccuracies.Count);
}
