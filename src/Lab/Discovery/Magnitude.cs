using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Tensors;

namespace Heartwood.Lab.Discovery;

/// <summary>
/// The size of a part's own weights: of all matrices' stretches that only it has and that leave the file when it is cut; biases and norms
/// aside. No data, no pass.
/// </summary>
/// <param name="norm">"rms": root mean square, so that small and large parts can be compared; "l2", "l1": sums, which favour
/// large ones</param>
public sealed class Magnitude(string norm = "rms") : IFinder
{
    static readonly string[] norms = ["rms", "l2", "l1"];

    /// <inheritdoc/>
    public FinderFacts Facts { get; } = new("magnitude", "the size of its weights",
        "magnitude pruning: Han, Pool, Tran and Dally 2015; of whole structures: Li et al. 2017", FinderNeeds.None, Seeded: false)
    { ScoresWeighSize = norm == "rms" };

    /// <inheritdoc/>
    public IFinder With(TenantSpec options)
    {
        Magnitude read = new(options.Choice("norm", norms));
        options.RefuseUnread();
        return read;
    }

    /// <inheritdoc/>
    public FinderCost Cost(int parts, int examples) => default;

    /// <inheritdoc/>
    public ISearch Begin(Search search) => new Norms(search, norm);

    sealed class Norms(Search search, string norm) : SteppedSearch("magnitude", 1)
    {
        readonly double[] sizes = new double[search.Universe.Count];

        protected override IReadOnlyDictionary<string, double[]> Kept => new Dictionary<string, double[]> { ["sizes"] = sizes };

        public override Scores Scores => new([.. sizes]);

        protected override IReadOnlyList<StepFigure> Take(int step)
        {
            for (int i = 0; i < sizes.Length; i++) sizes[i] = Size(search.Universe.Places[i]);
            return [];
        }

        double Size(Place place)
        {
            double sum = 0;
            long count = 0;
            foreach (Stretch own in place.Own)
            {
                Tensor tensor = search.Model.Weights.All[own.Tensor];
                if (tensor.Shape.Rank != 2) continue;
                (int rows, int columns) = (tensor.Shape[0], tensor.Shape[1]);
                (int firstRow, int endRow) = own.Axis == 0 ? (own.Start, own.Start + own.Length) : (0, rows);
                (int firstColumn, int length) = own.Axis == 1 ? (own.Start, own.Length) : (0, columns);
                for (int row = firstRow; row < endRow; row++)
                    foreach (float weight in tensor.Values.Slice(row * columns + firstColumn, length))
                        sum += norm == "l1" ? Math.Abs((double)weight) : (double)weight * weight;
                count += (long)(endRow - firstRow) * length;
            }
            return norm switch { "l1" => sum, "l2" => Math.Sqrt(sum), _ => Math.Sqrt(sum / Math.Max(1, count)) };
        }
    }
}
