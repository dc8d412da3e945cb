using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Runs;
using Heartwood.Tensors;

namespace Heartwood.Lab.Discovery;

/// <summary>
/// How large what a part gives is: the root mean square of its value at its site, mean over tokens; or of what it differs by from its
/// ablation.
/// </summary>
/// <param name="fromAblation">whether the ablation is taken off the value first</param>
/// <param name="examples">most examples, spread evenly; 0 for all</param>
public sealed class ActivationNorm(bool fromAblation = false, int examples = 512) : IFinder
{
    /// <inheritdoc/>
    public FinderFacts Facts { get; } = new("activation-norm", "the size of what it gives",
        "activation pruning: Hu et al. 2016, Network Trimming; Molchanov et al. 2017", FinderNeeds.Examples, Seeded: false)
    { ScoresWeighSize = true };

    /// <inheritdoc/>
    public IFinder With(TenantSpec options)
    {
        ActivationNorm read = new(options.Choice("from", "zero", "ablation") == "ablation",
            options.Number("examples", 512, 0, int.MaxValue));
        options.RefuseUnread();
        return read;
    }

    /// <inheritdoc/>
    public FinderCost Cost(int parts, int given) =>
        new(examples == 0 ? given : Math.Min(examples, given), 0) { Spreads = true };

    /// <inheritdoc/>
    public ISearch Begin(Search search) => new Norms(search, fromAblation, examples);

    sealed class Norms(Search search, bool fromAblation, int examples) : RecordedSearch("activation-norm", search, examples)
    {
        readonly HashSet<Site> sites = [.. search.Universe.Places.Select(place => place.Site)];

        protected override bool Wants(Site site) => sites.Contains(site);

        protected override double Sum(Place place, IReadOnlyDictionary<Site, Tensor> seen)
        {
            var (tokens, width) = seen[place.Site].AsTokens();
            ReadOnlySpan<float> values = seen[place.Site].Values, left = fromAblation ? Asked.Ablation.ConstantOf(place) : [];
            double sum = 0;
            for (int t = 0; t < tokens; t++)
            {
                double squares = 0;
                for (int d = 0; d < place.Length; d++)
                {
                    double value = values[t * width + place.Start + d] - (left.IsEmpty ? 0 : left[d]);
                    squares += value * value;
                }
                sum += Math.Sqrt(squares / place.Length);
            }
            return sum;
        }
    }
}
