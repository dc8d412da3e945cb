using Heartwood.Lab.Runs;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Discovery;

/// <summary>
/// Exact effects of single parts, by running the model: what is lost when the part alone is ablated, m(all) − m(all without it), or what
/// is won when it alone is kept, m(only it) − m(none). m is the mean log-probability of the right answer, or accuracy.
/// </summary>
/// <param name="kept">whether the part alone is kept; else it alone is ablated</param>
/// <param name="by">the measure and the examples; null for the loss on at most 512</param>
/// <param name="tokensAtOnce">tokens of a step, after which a search can be stopped</param>
public sealed class AblationScores(bool kept = false, MeasuredBy? by = null, int tokensAtOnce = MeasuredBy.TokensAtOnce) : IFinder
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
    public ISearch Begin(Search search) => new Sweep(search, kept, by, by.Runs(search, tokensAtOnce));

    // each step runs some examples under the shared mask and under one mask per part
    sealed class Sweep : SteppedSearch, IPairedSearch
    {
        readonly Search search;
        readonly MeasuredBy by;
        readonly bool kept;
        readonly IReadOnlyList<IReadOnlyList<Example>> runs;
        readonly ISetMeasure measure;
        readonly float[] shared;
        readonly float[][] masks;
        readonly double[] sums, examples = [0];                   // [shared, part …] of the figure times examples, and the examples
        const int D = 0, DD = 1, DT = 2, Lost = 3, Gained = 4, Each = 5;
        readonly double[] paired = [], per = [0, 0, 0];           // [part sum], see PairedSums; Σ t, Σ t² and the number of examples

        public Sweep(Search search, bool kept, MeasuredBy by, IReadOnlyList<IReadOnlyList<Example>> runs) : base("ablation", runs.Count)
        {
            (this.search, this.kept, this.by, this.runs, measure) = (search, kept, by, runs, MeasuredBy.Measure(search, "ablation"));
            int parts = search.Universe.Count;
            shared = new float[parts];
            Array.Fill(shared, kept ? 0 : 1);
            masks = [shared, .. Enumerable.Range(0, parts).Select(Mask)];
            sums = new double[masks.Length];
            if (measure is IExampleMeasure) paired = new double[parts * Each];
        }

        float[] Mask(int part)
        {
            float[] mask = [.. shared];
            mask[part] = 1 - mask[part];
            return mask;
        }

        protected override IReadOnlyDictionary<string, double[]> Kept =>
            new Dictionary<string, double[]> { ["sums"] = sums, ["examples"] = examples, ["paired"] = paired, ["per"] = per };

        public IReadOnlyList<PairedSums>? Differences => measure is not IExampleMeasure ? null
            : [.. Enumerable.Range(0, search.Universe.Count).Select(part => paired.AsSpan(part * Each, Each) is var own
                ? new PairedSums((int)per[2], own[D], own[DD], own[DT], per[0], per[1], (int)own[Lost], (int)own[Gained]) : default)];

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
            IReadOnlyList<Worth> worths;
            if (measure is IExampleMeasure paired)
            {
                (worths, var each) = paired.WorthsOfEach(run, masks, shared, search.Stop);
                Compare(each);
            }
            else worths = measure.Worths(run, masks, shared, search.Stop);
            for (int i = 0; i < sums.Length; i++) sums[i] += by.Figure(worths[i]) * run.Count;
            examples[0] += run.Count;
            return [];
        }

        // example by example, against the shared mask
        void Compare(IReadOnlyList<IReadOnlyList<ExampleWorth>> each)
        {
            (double Sum, double Per) Term(ExampleWorth worth) => by.Accuracy ? (worth.Hits, worth.Of) : (worth.Sum, worth.Per);
            for (int e = 0; e < each[0].Count; e++)
            {
                var (whole, t) = Term(each[0][e]);
                if (double.IsNaN(whole)) continue;
                (per[0], per[1], per[2]) = (per[0] + t, per[1] + t * t, per[2] + 1);
                for (int part = 0; part < each.Count - 1; part++)
                {
                    double other = Term(each[part + 1][e]).Sum, d = kept ? other - whole : whole - other;
                    Span<double> own = paired.AsSpan(part * Each, Each);
                    own[D] += d;
                    own[DD] += d * d;
                    own[DT] += d * t;
                    if (by.Accuracy && d > 0) own[Lost]++;
                    else if (by.Accuracy && d < 0) own[Gained]++;
                }
            }
        }
    }
}
