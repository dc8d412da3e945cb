using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Evaluation;

/// <summary>
/// Examples to measure on, with the labels of the data, to which a model's labels are mapped (where a task has a choice without labels,
/// its choices). They are all the sets of one role, pooled row by row.
/// </summary>
/// <param name="Use">the role: "inDomain", "outOfDomain" or "unseen"</param>
/// <param name="Examples">the examples; their labels are numbers of <paramref name="Labels"/></param>
/// <param name="Labels">names of the data's labels</param>
/// <param name="MapLabel">for each label of the model, the label of the data that it counts as</param>
public sealed record EvaluationSet(string Use, IReadOnlyList<Example> Examples, IReadOnlyList<string> Labels, IReadOnlyList<int> MapLabel)
{
    /// <summary>What is asked.</summary>
    public IProblem Problem { get; init; } = Classification.Instance;

    /// <summary>Names of the sets that are pooled here; none where it is one set without a name.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>For each example, the number of its set in <see cref="Names"/>; empty where there are no names.</summary>
    public IReadOnlyList<int> From { get; init; } = [];

    /// <summary>The sets that are pooled, each with the numbers of its examples; a set without a name is called by its role.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<int> Examples)> Pooled
    {
        get
        {
            int[] all = [.. Enumerable.Range(0, Examples.Count)];
            return Names.Count == 0 ? [(Use, all)]
                : [.. Names.Select((name, set) => (name, (IReadOnlyList<int>)[.. all.Where(i => From[i] == set)]))];
        }
    }

    /// <summary>The same with some of the examples.</summary>
    /// <param name="which">their numbers</param>
    public EvaluationSet Only(IReadOnlyList<int> which) => this with
    {
        Examples = [.. which.Select(i => Examples[i])],
        From = Names.Count == 0 ? [] : [.. which.Select(i => From[i])],
    };
}
