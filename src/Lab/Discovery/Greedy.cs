using System.Globalization;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Discovery;

/// <summary>
/// Greedy addition: from no part at all, the part whose addition raises the measure most, again and again, until all are there. A part's
/// score is how many parts came after it.
/// </summary>
/// <param name="by">the measure and the examples; null for accuracy (between equals the loss) on at most 256</param>
public sealed class Greedy(MeasuredBy? by = null) : IFinder
{
    const int UsualExamples = 256;

    readonly MeasuredBy by = by ?? new(Accuracy: true, UsualExamples);

    /// <inheritdoc/>
    public FinderFacts Facts { get; } = new("greedy", "how early greedy addition takes the part", "forward selection",
        FinderNeeds.Examples | FinderNeeds.Labels | FinderNeeds.Measure, Seeded: false)
    { ScoresWeighSize = true };

    /// <inheritdoc/>
    public IFinder With(TenantSpec options)
    {
        Greedy read = new(MeasuredBy.Read(options, UsualExamples, accuracy: true));
        options.RefuseUnread();
        return read;
    }

    /// <inheritdoc/>
    public FinderCost Cost(int parts, int examples) =>
        new(GreedyAddition.SetsLookedAt(parts, parts) * by.Count(examples), 0) { Spreads = true };

    /// <inheritdoc/>
    public ISearch Begin(Search search) => new Adding(search, by);

    sealed class Adding : SteppedSearch
    {
        readonly Search search;
        readonly MeasuredBy by;
        readonly IReadOnlyList<Example> examples;
        readonly ISetMeasure measure;
        readonly double[] order;                                  // places in the universe, in the order of addition; −1 for none yet

        public Adding(Search search, MeasuredBy by) : base("greedy", search.Universe.Count)
        {
            (this.search, this.by, examples, measure) = (search, by, by.ExamplesOf(search), MeasuredBy.Measure(search, "greedy"));
            order = new double[search.Universe.Count];
            Array.Fill(order, -1);
        }

        protected override IReadOnlyDictionary<string, double[]> Kept => new Dictionary<string, double[]> { ["order"] = order };

        public override Scores Scores
        {
            get
            {
                double[] scores = new double[order.Length];
                for (int step = 0; step < order.Length && order[step] >= 0; step++) scores[(int)order[step]] = order.Length - step;
                return new(scores);
            }
        }

        protected override IReadOnlyList<StepFigure> Take(int step)
        {
            IReadOnlyList<Part> parts = search.Universe.Parts;
            Part[] added = [.. order.Take(step).Select(place => parts[(int)place])];
            Addition next = new GreedyAddition(search.Universe, [], Worths).Next(added);
            order[step] = search.Universe.PlaceOf(next.Part);
            double figure = next.Worth.Objective;
            return [new("figure", figure, string.Create(CultureInfo.InvariantCulture, $"{next.Part}: {figure:0.000}"))];
        }

        IReadOnlyList<Worth> Worths(IReadOnlyList<Part> set, IReadOnlyList<Part> candidates)
        {
            float[] shared = Mask(set);
            float[][] masks = [.. candidates.Select(c => Mask([.. set, c]))];
            IReadOnlyList<Worth> worths = measure.Worths(examples, masks, shared, search.Stop);
            return by.Accuracy ? worths : [.. worths.Select(w => new Worth(w.Tie, w.Objective))];
        }

        float[] Mask(IReadOnlyList<Part> kept)
        {
            float[] mask = new float[search.Universe.Count];
            foreach (Part part in kept) mask[search.Universe.PlaceOf(part)] = 1;
            return mask;
        }
    }
}
