using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Lab.Discovery;

/// <summary>What a finder needs besides a model and its parts.</summary>
[Flags]
public enum FinderNeeds
{
    /// <summary>nothing: the weights alone, or chance</summary>
    None = 0,

    /// <summary>examples to run the model on</summary>
    Examples = 1,

    /// <summary>the gradient of the objective</summary>
    Gradient = 2,

    /// <summary>a second input for each example</summary>
    Pairs = 4,

    /// <summary>the right answer of each example</summary>
    Labels = 8,

    /// <summary>the size that is asked for, so that every size is a search of its own</summary>
    TargetSize = 16,

    /// <summary>a measure of sets of parts, <see cref="ISetMeasure"/></summary>
    Measure = 32,
}

/// <summary>What is known of a finder before it begins.</summary>
/// <param name="Name">its name, as the command line and files write it: "structured-pruning"</param>
/// <param name="About">what it scores a part by, in half a sentence</param>
/// <param name="Paper">where it comes from</param>
/// <param name="Needs">what it needs</param>
/// <param name="Seeded">whether chance decides anything, so that another seed is another search</param>
public sealed record FinderFacts(string Name, string About, string Paper, FinderNeeds Needs, bool Seeded)
{
    /// <summary>The points at which the parts that it can score give their value; null for all.</summary>
    public IReadOnlyList<Point>? Points { get; init; }

    /// <summary>
    /// Whether it looks at the residual stream between attention and MLP to score one of the two, which some families do not have.
    /// </summary>
    public bool ReadsMiddle { get; init; }

    /// <summary>Whether its scores depend on the size that is asked for: then every size is a search of its own.</summary>
    public bool SizeDependent => Needs.HasFlag(FinderNeeds.TargetSize);

    /// <summary>
    /// Whether its scores are of a part whatever its size (a mean over its weights, a rank, a number that was learned with the size
    /// counted), so that a budget of weights, bytes or time ranks by them as they are; else it ranks by the score for what a part costs.
    /// </summary>
    public bool ScoresWeighSize { get; init; }

    /// <summary>Refuses a universe with parts that it cannot score.</summary>
    /// <exception cref="ArgumentException">names a part, and what the finder can score</exception>
    public void Check(Universe universe)
    {
        if (ReadsMiddle && universe.Places.FirstOrDefault(place => place.Parallel) is { } beside)
            throw new ArgumentException($"{Name} scores {beside.Part}, one of the {beside.Kind.Many}, by the residual stream between "
                + "attention and MLP (the middle site), and in this model the two stand side by side (a parallel residual): "
                + "there is none. Put layers in play (--parts layers), or take another --method.");
        if (Points is null || universe.Places.FirstOrDefault(place => !Points.Contains(place.Site.Point)) is not { } other) return;
        throw new ArgumentException($"{Name} scores parts that give their value at {string.Join(", ", Points)} only, and {other.Part}, "
            + $"one of the {other.Kind.Many}, gives it at {other.Site.Point}. Put only what it scores in play with --parts, "
            + "or take another --method.");
    }
}

/// <summary>What a search costs in passes of one example through the model, known before it begins.</summary>
/// <param name="Forward">passes forward</param>
/// <param name="Backward">passes back, each after one of those forward</param>
public readonly record struct FinderCost(long Forward, long Backward)
{
    /// <summary>Passes in all; a pass back counts two.</summary>
    public long Passes => Forward + 2 * Backward;

    /// <summary>Examples whose passes are kept at once for the way back, by one search; 0 where none is.</summary>
    public int KeptAtOnce { get; init; }

    /// <summary>Whether a search runs several batches at once by itself, so that a single one keeps all threads busy.</summary>
    public bool Spreads { get; init; }
}
