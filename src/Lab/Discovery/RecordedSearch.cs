using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Discovery;

/// <summary>
/// A search that looks at values of the full model and adds up one number per part and token; scores are their means over all tokens of
/// all sequences.
/// </summary>
abstract class RecordedSearch : SteppedSearch
{
    const int TokensInBatch = 1024, BatchesAtOnce = 8;

    readonly Search search;
    readonly Batch[] batches;
    readonly double[] sums, tokens = new double[1];

    /// <summary>Prepares a search.</summary>
    /// <param name="finder">the finder's name</param>
    /// <param name="search">what is asked</param>
    /// <param name="most">most examples, spread evenly; 0 for all</param>
    protected RecordedSearch(string finder, Search search, int most) : this(finder, search, BatchesOf(search, most)) { }

    RecordedSearch(string finder, Search search, Batch[] batches) : base(finder, (batches.Length + BatchesAtOnce - 1) / BatchesAtOnce)
    {
        (this.search, this.batches) = (search, batches);
        sums = new double[search.Universe.Count];
    }

    static Batch[] BatchesOf(Search search, int most) =>
        [.. Inputs.Packed(Thinning.Thinned(search.Examples, most), TokensInBatch, search.Problem).Select(b => b.Batch)];

    /// <summary>What is asked.</summary>
    protected Search Asked => search;

    /// <summary>Which values are looked at.</summary>
    protected abstract bool Wants(Site site);

    /// <summary>The sum of a part's number over the tokens of a batch.</summary>
    /// <param name="place">the part</param>
    /// <param name="seen">the values that are looked at, each [token width]</param>
    protected abstract double Sum(Place place, IReadOnlyDictionary<Site, Tensor> seen);

    /// <inheritdoc/>
    protected override IReadOnlyDictionary<string, double[]> Kept =>
        new Dictionary<string, double[]> { ["sums"] = sums, ["tokens"] = tokens };

    /// <inheritdoc/>
    public override Scores Scores => new([.. sums.Select(s => tokens[0] == 0 ? 0 : s / tokens[0])]);

    /// <inheritdoc/>
    protected override IReadOnlyList<StepFigure> Take(int step)
    {
        Batch[] here = [.. batches.Skip(step * BatchesAtOnce).Take(BatchesAtOnce)];
        double[][] each = new double[here.Length][];
        Parallelism.For(here.Length, i =>
        {
            search.Stop.ThrowIfCancellationRequested();
            using Scope scope = Scope.Open();
            Recorder recorder = new(Wants);
            search.Model.Stream(here[i], recorder, Tokens.All);
            each[i] = [.. search.Universe.Places.Select(place => Sum(place, recorder.Seen))];
        });
        for (int i = 0; i < here.Length; i++)
        {
            tokens[0] += here[i].Tokens;
            for (int p = 0; p < sums.Length; p++) sums[p] += each[i][p];
        }
        return [];
    }
}
