namespace Heartwood.Lab.Evaluation;

/// <summary>
/// The logit of the correct label, ln (p / (1 − p)), in nats: how far the model is on the right side (above 0) or on the wrong one.
/// Unlike the raw score it does not move when all scores move together.
/// </summary>
public static class LabelLogit
{
    /// <summary>One per example of a set.</summary>
    /// <param name="set">the examples, and what each label of the model counts as</param>
    /// <param name="scores">a model's scores of them, [example label] row by row</param>
    /// <exception cref="ArgumentException">there is not one row per example, or all labels of the model count as the same</exception>
    public static double[] PerExample(EvaluationSet set, ReadOnlySpan<float> scores)
    {
        int labels = set.MapLabel.Count;
        if (scores.Length != set.Examples.Count * labels)
            throw new ArgumentException($"{set.Examples.Count} examples of {labels} labels need {set.Examples.Count * labels} scores, "
                + $"{scores.Length} were given.", nameof(scores));
        if (set.MapLabel.Distinct().Count() < 2)
            throw new ArgumentException($"All {labels} labels of the model count as the same label of the data: no answer can be wrong. "
                + "Look at --label-map.", nameof(set));
        double[] logits = new double[set.Examples.Count];
        for (int i = 0; i < logits.Length; i++) logits[i] = One(set.Examples[i].Label, scores.Slice(i * labels, labels), set.MapLabel);
        return logits;
    }

    // what is left of ln p − ln (1 − p): the sums over the labels that count as the correct one, and over all others
    static double One(int correct, ReadOnlySpan<float> scores, IReadOnlyList<int> map)
    {
        double most = double.NegativeInfinity, right = 0, wrong = 0;
        foreach (float score in scores) most = Math.Max(most, score);
        for (int k = 0; k < scores.Length; k++)
            if (map[k] == correct) right += Math.Exp(scores[k] - most); else wrong += Math.Exp(scores[k] - most);
        return Math.Log(right) - Math.Log(wrong);
    }
}
