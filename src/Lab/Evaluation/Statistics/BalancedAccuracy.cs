namespace Heartwood.Lab.Evaluation.Statistics;

/// <summary>The mean of the labels' recalls: 1 / labels for a model that always gives one answer, however common each label is.</summary>
public static class BalancedAccuracy
{
    /// <summary>Balanced accuracy over the labels that occur, with the interval of <see cref="Proportion.Mean"/>.</summary>
    /// <param name="labels">the right label of each example</param>
    /// <param name="answers">the answer to each example</param>
    /// <exception cref="ArgumentException">not one answer per label</exception>
    public static Proportion Measure(IReadOnlyList<string> labels, IReadOnlyList<string> answers) =>
        Proportion.Mean([.. Recalls(labels, answers).Values]);

    /// <summary>Of the examples of each label, the share that was answered with it; in the order in which labels first occur.</summary>
    /// <param name="labels">the right label of each example</param>
    /// <param name="answers">the answer to each example</param>
    /// <exception cref="ArgumentException">not one answer per label</exception>
    public static IReadOnlyDictionary<string, Proportion> Recalls(IReadOnlyList<string> labels, IReadOnlyList<string> answers)
    {
        if (labels.Count != answers.Count)
            throw new ArgumentException($"{answers.Count} answers for {labels.Count} examples; give one each.", nameof(answers));
        return labels.Zip(answers).GroupBy(e => e.First, e => e.First == e.Second)
            .ToDictionary(right => right.Key, right => Proportion.FromCounts(right.Count(r => r), right.Count()));
    }
}
