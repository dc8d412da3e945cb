using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Discovery;

/// <summary>
/// Structured pruning as in The Heuristic Core (Bhaskar, Friedman and Chen, ACL 2024, section 3), after CoFi (Xia, Zhong and Chen, ACL
/// 2022, eq. 3): learned masks over the parts, the weights frozen. The search is <see cref="PruningSearch"/>.
/// </summary>
/// <param name="options">its constants; null for the usual ones</param>
public sealed class StructuredPruning(PruningOptions? options = null) : IFinder
{
    /// <summary>Its constants.</summary>
    public PruningOptions Options { get; } = options ?? new();

    /// <inheritdoc/>
    public FinderFacts Facts { get; } = new("structured-pruning", "learned masks: log α after descent on the objective and a size penalty",
        "Bhaskar, Friedman and Chen 2024, The Heuristic Core, section 3",
        FinderNeeds.Examples | FinderNeeds.Gradient | FinderNeeds.TargetSize, Seeded: true)
    { ScoresWeighSize = true };

    /// <inheritdoc/>
    public IFinder With(TenantSpec options) => new StructuredPruning(PruningOptions.Read(options));

    /// <inheritdoc/>
    public FinderCost Cost(int parts, int examples)
    {
        int batch = Math.Min(Options.BatchSize, examples);
        return new((long)Options.Steps * batch, (long)Options.Steps * batch) { KeptAtOnce = batch };
    }

    /// <inheritdoc/>
    public ISearch Begin(Search search) => new PruningSearch(search, Options);
}
