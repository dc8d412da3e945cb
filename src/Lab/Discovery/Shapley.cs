using System.Globalization;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Discovery;

/// <summary>How Shapley values are sampled.</summary>
/// <param name="Orders">orders in which parts are removed, an even number: each stands next to its reverse</param>
/// <param name="Truncate">an order is cut off once its value is nearer than this to that of the empty set, after at least three removals;
/// what is left of it gets 0. 0 for never.</param>
/// <param name="By">the measure and the examples</param>
public sealed record ShapleyOptions(int Orders, double Truncate, MeasuredBy By)
{
    /// <summary>The usual ones.</summary>
    public static ShapleyOptions Usual { get; } = new(40, 0, new(Accuracy: true, 256));

    /// <summary>Reads the options of <c>shapley,key=value,…</c>.</summary>
    /// <exception cref="ArgumentException">an option is unknown or out of range</exception>
    public static ShapleyOptions Read(TenantSpec spec)
    {
        ShapleyOptions read = new(spec.Number("orders", Usual.Orders, 2, 1_000_000),
            spec.Number("truncate", Usual.Truncate, 0, double.MaxValue),
            MeasuredBy.Read(spec, Usual.By.Examples, accuracy: true));
        spec.RefuseUnread();
        if (read.Orders % 2 == 1)
            throw new ArgumentException($"shapley: each order stands next to its reverse, so 'orders' is even; it is {read.Orders}.");
        return read;
    }
}

/// <summary>
/// Shapley values (Shapley 1953; sampled over orders as by Castro, Gómez and Tejada 2009): the mean, over orders, of what the measure
/// loses when a part is removed after those before it. Orders come in pairs with their reverse; errors are the standard deviation over
/// pairs divided by √pairs. Truncation after Ghorbani and Zou 2019.
/// </summary>
/// <param name="options">how they are sampled; null for the usual</param>
public sealed class Shapley(ShapleyOptions? options = null) : IFinder
{
    readonly ShapleyOptions options = options ?? ShapleyOptions.Usual;

    /// <inheritdoc/>
    public FinderFacts Facts { get; } = new("shapley", "its mean effect over orders of removal, with an error",
        "Shapley 1953; heads: Held and Yang 2023, Shapley Head Values", FinderNeeds.Examples | FinderNeeds.Labels | FinderNeeds.Measure,
        Seeded: true);

    /// <inheritdoc/>
    public IFinder With(TenantSpec options) => new Shapley(ShapleyOptions.Read(options));

    /// <inheritdoc/>
    public FinderCost Cost(int parts, int examples) =>
        new((2 + (long)options.Orders * (parts - 1)) * options.By.Count(examples), 0) { Spreads = true };

    /// <inheritdoc/>
    public ISearch Begin(Search search) => new Sampling(search, options);

    sealed class Sampling : SteppedSearch
    {
        const int Removals = 3, AtOnce = 8;

        readonly Search search;
        readonly ShapleyOptions options;
        readonly IReadOnlyList<Example> examples;
        readonly ISetMeasure measure;
        readonly double[] sums, squares, ends = new double[2], count = new double[2];    // ends: all, none; count: cut off, pairs

        public Sampling(Search search, ShapleyOptions options) : base("shapley", options.Orders / 2)
        {
            (this.search, this.options, examples) = (search, options, options.By.ExamplesOf(search));
            measure = MeasuredBy.Measure(search, "shapley");
            (sums, squares) = (new double[search.Universe.Count], new double[search.Universe.Count]);
        }

        protected override IReadOnlyDictionary<string, double[]> Kept => new Dictionary<string, double[]>
        {
            ["sums"] = sums,
            ["squares"] = squares,
            ["ends"] = ends,
            ["count"] = count,
        };

        public override Scores Scores
        {
            get
            {
                double pairs = Math.Max(1, count[1]);
                double[] means = [.. sums.Select(s => s / pairs)];
                double[] variances = [.. squares.Select((q, i) => Math.Max(0, q / pairs - means[i] * means[i]))];
                double[] errors = [.. variances.Select(variance => Math.Sqrt(variance / Math.Max(1, pairs - 1)))];
                return new(means, errors);
            }
        }

        protected override IReadOnlyList<StepFigure> Take(int step)
        {
            int parts = search.Universe.Count;
            if (step == 0) Values([Ones(parts), new float[parts]]).CopyTo(ends, 0);
            int[] order = [.. Enumerable.Range(0, parts)];
            new Chance(search.Seed, "orders of removal").At(step).Stream().Shuffle<int>(order);
            double[] pair = new double[parts];
            Follow(order, pair);
            Array.Reverse(order);
            Follow(order, pair);
            for (int i = 0; i < parts; i++)
            {
                double mean = pair[i] / 2;
                sums[i] += mean;
                squares[i] += mean * mean;
            }
            count[1]++;
            double cut = count[0] / (2.0 * parts * count[1]), gap = sums.Sum() / count[1] - (ends[0] - ends[1]);
            double error = Scores.Errors!.Max();
            string shown = string.Create(CultureInfo.InvariantCulture, $"largest error {error:0.0000}");
            return [new("cutOff", cut), new("gap", gap), new("error", error, shown)];
        }

        // removes the parts in order and adds what each removal loses
        void Follow(int[] order, double[] losses)
        {
            float[] mask = Ones(order.Length);
            double before = ends[0];
            int chunk = options.Truncate > 0 ? AtOnce : order.Length;
            for (int start = 0; start < order.Length; start += chunk)
            {
                int end = Math.Min(order.Length, start + chunk);
                List<float[]> masks = [];
                for (int i = start; i < end && i < order.Length - 1; i++)
                {
                    mask[order[i]] = 0;
                    masks.Add([.. mask]);
                }
                List<double> values = [.. Values(masks)];
                if (end == order.Length) values.Add(ends[1]);                     // nothing is left
                for (int i = start; i < end; i++)
                {
                    losses[order[i]] += before - values[i - start];
                    before = values[i - start];
                    if (i + 1 < Removals || Math.Abs(before - ends[1]) >= options.Truncate) continue;
                    count[0] += order.Length - i - 1;
                    return;
                }
            }
        }

        double[] Values(IReadOnlyList<float[]> masks) =>
            masks.Count == 0 ? [] : [.. measure.Worths(examples, masks, null, search.Stop).Select(options.By.Figure)];

        static float[] Ones(int parts)
        {
            float[] ones = new float[parts];
            Array.Fill(ones, 1);
            return ones;
        }
    }
}
