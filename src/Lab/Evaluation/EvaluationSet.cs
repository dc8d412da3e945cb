using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Evaluation;

/// <summary>Examples to measure on, with the labels of the data, to which a model's labels are mapped (where a task has a choice without labels, its choices).</summary>
/// <param name="Use">"inDomain", "outOfDomain" or "unseen"</param>
/// <param name="Examples">the examples; their labels are numbers of <paramref name="Labels"/></param>
/// <param name="Labels">names of the data's labels</param>
/// <param name="MapLabel">for each label of the model, the label of the data that it counts as</param>
public sealed record EvaluationSet(string Use, IReadOnlyList<Example> Examples, IReadOnlyList<string> Labels, IReadOnlyList<int> MapLabel)
{
    /// <summary>What is asked.</summary>
    public IProblem Problem { get; init; } = Classification.Instance;
}
