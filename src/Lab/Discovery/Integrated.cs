using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Discovery;

/// <summary>How the path is walked.</summary>
/// <param name="Steps">points on the path, in the middles of as many equal pieces</param>
/// <param name="Examples">most examples, spread evenly; 0 for all</param>
/// <param name="BatchSize">examples whose passes are kept at once</param>
public sealed record IntegratedOptions(int Steps = 5, int Examples = 512, int BatchSize = 16)
{
    /// <summary>Reads the options of <c>integrated,key=value,…</c>.</summary>
    /// <exception cref="ArgumentException">an option is unknown or out of range</exception>
    public static IntegratedOptions Read(TenantSpec spec)
    {
        IntegratedOptions usual = new();
        IntegratedOptions read = new(spec.Number("steps", usual.Steps, 1, 10_000), spec.Number("examples", usual.Examples, 0, int.MaxValue),
            spec.Number("batch-size", usual.BatchSize, 1, int.MaxValue));
        spec.RefuseUnread();
        return read;
    }
}

/// <summary>
/// Integrated gradients (Sundararajan, Taly and Yan 2017, eq. 1) of the mask, along the straight path on which all parts come in together,
/// from all ablated to all present: the scores sum to what the objective falls from one end to the other, but for the error of as many
/// points. Unlike the slope at the full model it does not vanish where the model is saturated.
/// </summary>
/// <param name="options">null for the usual ones</param>
public sealed class Integrated(IntegratedOptions? options = null) : IFinder
{
    readonly IntegratedOptions options = options ?? new();

    /// <inheritdoc/>
    public FinderFacts Facts { get; } = new("integrated", "the slope of the objective by its mask, from all ablated to all present",
        "Sundararajan, Taly and Yan 2017, Axiomatic Attribution for Deep Networks", FinderNeeds.Examples | FinderNeeds.Gradient,
        Seeded: false);

    /// <inheritdoc/>
    public IFinder With(TenantSpec options) => new Integrated(IntegratedOptions.Read(options));

    /// <inheritdoc/>
    public FinderCost Cost(int parts, int examples)
    {
        int count = options.Examples == 0 ? examples : Math.Min(options.Examples, examples);
        long passes = (long)options.Steps * count;
        return new(passes, passes) { KeptAtOnce = Math.Min(count, options.BatchSize), Spreads = true };
    }

    /// <inheritdoc/>
    public ISearch Begin(Search search) =>
        new Path(search.Universe.Count, new(search, options.Examples, options.BatchSize), options.Steps);

    sealed class Path(int parts, MaskSlopes slopes, int points) : SteppedSearch("integrated", points * slopes.Runs)
    {
        readonly double[] sums = new double[parts], weight = new double[1];

        protected override IReadOnlyDictionary<string, double[]> Kept =>
            new Dictionary<string, double[]> { ["sums"] = sums, ["weight"] = weight };

        public override Scores Scores => new([.. sums.Select(s => weight[0] == 0 ? 0 : -s / weight[0])]);

        protected override IReadOnlyList<StepFigure> Take(int step)
        {
            double at = (step / slopes.Runs + 0.5) / points;
            slopes.Visit(step % slopes.Runs, MaskSlopes.Filled(parts, at), (count, slope) =>
            {
                weight[0] += count;
                for (int i = 0; i < sums.Length; i++) sums[i] += slope[i];
            });
            return [];
        }
    }
}
