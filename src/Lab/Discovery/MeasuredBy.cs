using Heartwood.Lab.Runs;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Discovery;

/// <summary>What finders that rank by a measure of sets share: which figure of it counts, and on how many examples.</summary>
/// <param name="Accuracy">whether the share of right answers counts; else the mean log-probability of the right answer (−loss),
/// nats</param>
/// <param name="Examples">most examples, spread evenly; 0 for all</param>
public sealed record MeasuredBy(bool Accuracy, int Examples)
{
    /// <summary>Tokens of a step.</summary>
    public const int TokensAtOnce = 8192;

    /// <summary>Reads the keys <c>measure</c> and <c>examples</c>.</summary>
    /// <param name="spec">the options</param>
    /// <param name="examples">most examples where they are not given</param>
    /// <param name="accuracy">whether accuracy counts where the measure is not given</param>
    public static MeasuredBy Read(TenantSpec spec, int examples, bool accuracy = false)
    {
        string[] choices = accuracy ? ["accuracy", "loss"] : ["loss", "accuracy"];
        return new(spec.Choice("measure", choices) == "accuracy", spec.Number("examples", examples, 0, int.MaxValue));
    }

    /// <summary>The figure that counts.</summary>
    public double Figure(Worth worth) => Accuracy ? worth.Objective : worth.Tie;

    /// <summary>How many examples are taken of so many.</summary>
    public int Count(int examples) => Examples == 0 ? examples : Math.Min(Examples, examples);

    /// <summary>The examples that are taken.</summary>
    public IReadOnlyList<Example> ExamplesOf(Search search) => Thinning.Thinned(search.Examples, Examples);

    /// <summary>The examples that are taken, in runs of a few thousand tokens, so that each is a step.</summary>
    /// <param name="search">the search</param>
    /// <param name="tokensAtOnce">most tokens of a run</param>
    public IReadOnlyList<IReadOnlyList<Example>> Runs(Search search, int tokensAtOnce = TokensAtOnce)
    {
        IReadOnlyList<Example> all = ExamplesOf(search);
        int[] lengths = [.. all.Select(e => search.Problem.Inputs(e).Sum(s => s.Ids.Length))];
        return [.. Inputs.Pack(lengths, tokensAtOnce).Select(run => (IReadOnlyList<Example>)[.. all.Skip(run.Start).Take(run.Count)])];
    }

    /// <summary>The measure of a search.</summary>
    /// <exception cref="ArgumentException">it has none</exception>
    public static ISetMeasure Measure(Search search, string finder) => search.Measure
        ?? throw new ArgumentException($"{finder} ranks sets of parts by a measure, and the search has none.", nameof(search));
}
