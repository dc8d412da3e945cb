using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Discovery;

/// <summary>How slopes by the mask become scores.</summary>
/// <param name="At">the mask at which slopes are taken, the same for all parts: 1 for all present</param>
/// <param name="Score">"signed": the mean over examples; "absolute" or "squared": the mean of each example's own; "absolute-mean",
/// "squared-mean": of the mean</param>
/// <param name="Examples">most examples, spread evenly; 0 for all</param>
/// <param name="BatchSize">examples whose passes are kept at once; one by one where each example's own slope counts</param>
public sealed record MaskGradientOptions(double At = 1, string Score = "signed", int Examples = 512, int BatchSize = 16)
{
    static readonly string[] scores = ["signed", "absolute", "squared", "absolute-mean", "squared-mean"];

    /// <summary>Whether each example's own slope counts.</summary>
    public bool PerExample => Score is "absolute" or "squared";

    /// <summary>Reads the options of <c>mask-gradient,key=value,…</c>.</summary>
    /// <exception cref="ArgumentException">an option is unknown or out of range</exception>
    public static MaskGradientOptions Read(TenantSpec spec)
    {
        MaskGradientOptions usual = new();
        MaskGradientOptions read = new(spec.Number("at", usual.At, 0, 1), spec.Choice("score", scores),
            spec.Number("examples", usual.Examples, 0, int.MaxValue), spec.Number("batch-size", usual.BatchSize, 1, int.MaxValue));
        spec.RefuseUnread();
        return read;
    }
}

/// <summary>
/// The gradient of the objective by the mask at one point, all parts in one pass back: at the full model (a mask of ones) this is
/// (value − ablation) · slope of the value, first-order attribution, summed over tokens. A part scores high where its presence lowers the
/// objective (signed), or where it moves it at all.
/// </summary>
/// <param name="options">null for the usual ones</param>
public sealed class MaskGradient(MaskGradientOptions? options = null) : IFinder
{
    readonly MaskGradientOptions options = options ?? new();

    /// <inheritdoc/>
    public FinderFacts Facts { get; } = new("mask-gradient", "the slope of the objective by its mask",
        "Michel, Levy and Neubig 2019, section 3.1 (absolute); attribution patching: Nanda 2023; Fisher information: squared",
        FinderNeeds.Examples | FinderNeeds.Gradient, Seeded: false);

    /// <inheritdoc/>
    public IFinder With(TenantSpec options) => new MaskGradient(MaskGradientOptions.Read(options));

    /// <inheritdoc/>
    public FinderCost Cost(int parts, int examples)
    {
        int count = options.Examples == 0 ? examples : Math.Min(options.Examples, examples);
        return new(count, count) { KeptAtOnce = Math.Min(count, options.PerExample ? 1 : options.BatchSize), Spreads = true };
    }

    /// <inheritdoc/>
    public ISearch Begin(Search search)
    {
        MaskSlopes slopes = new(search, options.Examples, options.PerExample ? 1 : options.BatchSize);
        return new Slopes(search.Universe.Count, slopes, options);
    }

    sealed class Slopes(int parts, MaskSlopes slopes, MaskGradientOptions options) : SteppedSearch("mask-gradient", slopes.Runs)
    {
        readonly double[] sums = new double[parts], weight = new double[1];
        readonly float[] mask = MaskSlopes.Filled(parts, options.At);

        protected override IReadOnlyDictionary<string, double[]> Kept =>
            new Dictionary<string, double[]> { ["sums"] = sums, ["weight"] = weight };

        public override Scores Scores
        {
            get
            {
                double[] means = [.. sums.Select(s => weight[0] == 0 ? 0 : s / weight[0])];
                return options.Score switch
                {
                    "signed" => new([.. means.Select(m => -m)]),
                    "absolute-mean" => new([.. means.Select(Math.Abs)]),
                    "squared-mean" => new([.. means.Select(m => m * m)]),
                    _ => new(means),
                };
            }
        }

        protected override IReadOnlyList<StepFigure> Take(int step)
        {
            slopes.Visit(step, mask, (count, slope) =>
            {
                weight[0] += count;
                for (int i = 0; i < sums.Length; i++) sums[i] += Scored(slope[i], count);
            });
            return [];
        }

        // of one example its loss counts by its weight, and so does the size of its slope
        double Scored(double slope, double count) => options.Score switch
        {
            "absolute" => Math.Abs(slope),
            "squared" => slope * slope / count,
            _ => slope,
        };
    }
}
