using Heartwood.Lab.Runs;
using Heartwood.Tensors;

namespace Heartwood.Lab.Discovery;

/// <summary>Scores that chance draws: what every other finder must beat. Uniform between 0 and 1, one number per part and seed.</summary>
public sealed class RandomScores : IFinder
{
    /// <inheritdoc/>
    public FinderFacts Facts { get; } =
        new("random", "a number that chance draws", "the null hypothesis of every table", FinderNeeds.None, Seeded: true)
        { ScoresWeighSize = true };

    /// <inheritdoc/>
    public IFinder With(TenantSpec options)
    {
        options.RefuseUnread();
        return this;
    }

    /// <inheritdoc/>
    public FinderCost Cost(int parts, int examples) => default;

    /// <inheritdoc/>
    public ISearch Begin(Search search) => new Drawing(search);

    sealed class Drawing(Search search) : SteppedSearch("random", 1)
    {
        readonly double[] drawn = new double[search.Universe.Count];

        protected override IReadOnlyDictionary<string, double[]> Kept => new Dictionary<string, double[]> { ["drawn"] = drawn };

        public override Scores Scores => new([.. drawn]);

        protected override IReadOnlyList<StepFigure> Take(int step)
        {
            Chance chance = new(search.Seed, "random scores");
            for (int i = 0; i < drawn.Length; i++) drawn[i] = chance.Uniform(i);
            return [];
        }
    }
}
