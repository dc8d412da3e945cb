using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Runs;
using Heartwood.Tensors;

namespace Heartwood.Lab.Discovery;

/// <summary>
/// How much an attention block, an MLP or a layer turns the residual stream: 1 − cos(what enters, what leaves), mean over tokens, the
/// residual and the block's norm inside. What hardly turns it goes first.
/// </summary>
/// <param name="examples">most examples, spread evenly; 0 for all</param>
public sealed class LayerSimilarity(int examples = 512) : IFinder
{
    static readonly Point[] turning = [Point.AttentionOut, Point.MlpOut, Point.LayerOut];

    /// <inheritdoc/>
    public FinderFacts Facts { get; } = new("layer-similarity", "how much it turns the stream: 1 − cosine of what enters and leaves",
        "He et al. 2024, What Matters in Transformers; block influence: Men et al. 2024, ShortGPT", FinderNeeds.Examples, Seeded: false)
    { Points = turning, ReadsMiddle = true };

    /// <inheritdoc/>
    public IFinder With(TenantSpec options)
    {
        LayerSimilarity read = new(options.Number("examples", 512, 0, int.MaxValue));
        options.RefuseUnread();
        return read;
    }

    /// <inheritdoc/>
    public FinderCost Cost(int parts, int given) => new(examples == 0 ? given : Math.Min(examples, given), 0) { Spreads = true };

    /// <inheritdoc/>
    public ISearch Begin(Search search)
    {
        Facts.Check(search.Universe);
        return new Turning(search, examples);
    }

    sealed class Turning(Search search, int examples) : RecordedSearch("layer-similarity", search, examples)
    {
        protected override bool Wants(Site site) => site.Point is Point.LayerIn or Point.Middle or Point.LayerOut;

        protected override double Sum(Place place, IReadOnlyDictionary<Site, Tensor> seen)
        {
            bool fromMiddle = place.Site.Point == Point.MlpOut, toMiddle = place.Site.Point == Point.AttentionOut;
            Tensor enters = seen[new(place.Part.Layer, fromMiddle ? Point.Middle : Point.LayerIn)];
            Tensor leaves = seen[new(place.Part.Layer, toMiddle ? Point.Middle : Point.LayerOut)];
            var (tokens, width) = enters.AsTokens();
            double sum = 0;
            for (int t = 0; t < tokens; t++)
                sum += 1 - Cosine(enters.Values.Slice(t * width, width), leaves.Values.Slice(t * width, width));
            return sum;
        }

        static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
        {
            double product = 0, first = 0, second = 0;
            for (int d = 0; d < a.Length; d++)
            {
                product += (double)a[d] * b[d];
                first += (double)a[d] * a[d];
                second += (double)b[d] * b[d];
            }
            return first == 0 || second == 0 ? 0 : product / Math.Sqrt(first * second);
        }
    }
}
