using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Discovery;

/// <summary>
/// What one example adds to the worth of a set of parts: sums, so that the worth over many examples is the ratio of both.
/// </summary>
/// <param name="Sum">−loss, summed over what the loss is a mean over; NaN where there is none</param>
/// <param name="Per">over how many: 1, or a text's tokens</param>
/// <param name="Hits">right answers; NaN where nothing is right or wrong</param>
/// <param name="Of">of how many: 1, or a text's tokens</param>
public readonly record struct ExampleWorth(double Sum, double Per, double Hits, double Of);

/// <summary>A measure that tells what every example adds, so that two sets of parts are compared example by example.</summary>
public interface IExampleMeasure : ISetMeasure
{
    /// <summary>The worth of the model under several masks, and what every example adds to each.</summary>
    /// <returns>the worths by mask, and by mask and example</returns>
    /// <inheritdoc cref="ISetMeasure.Worths"/>
    (IReadOnlyList<Worth> Worths, IReadOnlyList<IReadOnlyList<ExampleWorth>> Each) WorthsOfEach(
        IReadOnlyList<Example> examples, IReadOnlyList<float[]> masks, float[]? shared, CancellationToken stop);
}

/// <summary>
/// Differences between two sets of parts over the same examples, as sums: all that a paired interval needs. An example's difference is d,
/// and t is what it is a mean over (1, or a text's tokens).
/// </summary>
/// <param name="N">number of examples</param>
/// <param name="D">Σ d</param>
/// <param name="DD">Σ d²</param>
/// <param name="DT">Σ d t</param>
/// <param name="T">Σ t</param>
/// <param name="TT">Σ t²</param>
/// <param name="Lost">examples with one answer each that only the first gets right</param>
/// <param name="Gained">those that only the second gets right</param>
public readonly record struct PairedSums(int N, double D, double DD, double DT, double T, double TT, int Lost, int Gained)
{
    /// <summary>
    /// Whether every example has exactly one answer, so that <see cref="Lost"/> and <see cref="Gained"/> are all there is.
    /// </summary>
    public bool OneEach => T == N && TT == N;
}

/// <summary>A search that compares sets of parts example by example.</summary>
public interface IPairedSearch : ISearch
{
    /// <summary>
    /// For every part in play what the examples lose without it (or, where it alone is kept, win by it), so far; null where the measure
    /// does not tell examples apart.
    /// </summary>
    IReadOnlyList<PairedSums>? Differences { get; }
}
