using Heartwood.Lab.Runs;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Discovery;

/// <summary>
/// Exact effects of single parts, by running the model: what is lost when the part alone is ablated, m(all) − m(all without it), or what
/// is won when it alone is kept, m(only it) − m(none). m is the mean log-probability of the right answer, or accuracy.
/// </summary>
/// <param name="kept">whether the part alone is kept; else it alone is ablated</param>
/// <param name="by">the measure and the examples; null for the loss on at most 512</param>
public sealed class AblationScores(bool kept = false, MeasuredBy? by = null) : IFinder
{
    const int UsualExamples = 512;

    readonly MeasuredBy by = by ?? new(Accuracy: false, UsualExamples);

    /// <inheritdoc/>
    public FinderFacts Facts { get; } = new("ablation", "what the model loses without the part alone, or wins by it alone",
        "leave one out, by running it; as in Michel, Levy and Neubig 2019, section 3.2",
        FinderNeeds.Examples | FinderNeeds.Labels | FinderNeeds.Measure, Seeded: false);

    /// <inheritdoc/>
    public IFinder With(TenantSpec options)
    {
        AblationScores read = new(options.Choice("part", "ablated", "kept") == "kept", MeasuredBy.Read(options, UsualExamples));
        options.RefuseUnread();
        return read;
    }

    /// <inheritdoc/>
    public FinderCost Cost(int parts, int examples) => new((parts + 1L) * by.Count(examples), 0) { Spreads = true };

    /// <inheritdoc/>
    public ISearch Begin(Search search) => new Sweep(search, kept, by, by.Runs(search));

    // each step runs some examples under the shared mask and under one mask per part
    sealed class Sweep : SteppedSearch
    {
        readonly Search search;
        readonly MeasuredBy by;
        readonly bool kept;
        readonly IReadOnlyList<IReadOnlyList<Example>> runs;
        readonly ISetMeasure measure;
        readonly float[] shared;
        readonly float[][] masks;
        readonly double[] sums, examples = [0];                   // [shared, part …] of the figure times examples, and the examples

        public Sweep(Search search, bool kept, MeasuredBy by, IReadOnlyList<IReadOnlyList<Example>> runs) : base("ablation", runs.Count)
        {
            (this.search, this.kept, this.by, this.runs, measure) = (search, kept, by, runs, MeasuredBy.Measure(search, "ablation"));
            int parts = search.Universe.Count;
            shared = new float[parts];
            Array.Fill(shared, kept ? 0 : 1);
            masks = [shared, .. Enumerable.Range(0, parts).Select(Mask)];
            sums = new double[masks.Length];
        }

        float[] Mask(int part)
        {
            float[] mask = [.. shared];
            mask[part] = 1 - mask[part];
            return mask;
        }

        protected override IReadOnlyDictionary<string, double[]> Kept =>
            new Dictionary<string, double[]> { ["sums"] = sums, ["examples"] = examples };

        public override Scores Scores
        {
            get
            {
                double[] means = [.. sums.Select(s => s / Math.Max(1, examples[0]))];
                return new([.. means.Skip(1).Select(m => kept ? m - means[0] : means[0] - m)]);
            }
        }

        protected override IReadOnlyList<StepFigure> Take(int step)
        {
            IReadOnlyList<Example> run = runs[step];
            IReadOnlyList<Worth> worths = measure.Worths(run, masks, shared, search.Stop);
            for (int i = 0; i < sums.Length; i++) sums[i] += by.Figure(worths[i]) * run.Count;
            examples[0] += run.Count;
            return [];
        }
    }
}
