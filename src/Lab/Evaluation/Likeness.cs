using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Evaluation;

/// <summary>How much a changed model says what the full one says, on the sets of one role.</summary>
/// <param name="Kl">KL divergence from the full model, nats per example (of text, per token), with its interval over examples; null where
/// the task has none</param>
/// <param name="Agreement">share of answers (of text, of likeliest tokens) that are the full model's; null where the task has none</param>
public sealed record Likeness(Quantity? Kl, Proportion? Agreement)
{
    /// <summary>Both, by the use of the set.</summary>
    /// <param name="sets">the sets</param>
    /// <param name="scores">of the changed model, compared with the full one where the sets ask for tokens</param>
    /// <param name="full">of the full model</param>
    public static IReadOnlyDictionary<string, Likeness> Measure(
        Sets sets, IReadOnlyList<float[]> scores, IReadOnlyList<float[]> full) =>
        Each(sets, scores, full).ToDictionary(e => e.Use, e =>
        {
            int[] all = [.. e.Own.All];
            (double, double)[] terms = e.Terms;
            return new Likeness(terms.Length == 0 ? null : Quantity.Ratio(terms).Within(0, double.PositiveInfinity),
                e.Own.AgreementWith(e.Full, all));
        });

    /// <summary>
    /// By how much the divergence of one model is larger than another's, on the same examples: of the sets of each role the difference,
    /// with the interval of paired examples.
    /// </summary>
    /// <param name="sets">the sets</param>
    /// <param name="scores">of the one</param>
    /// <param name="other">of the other</param>
    /// <param name="full">of the full model</param>
    public static IReadOnlyDictionary<string, Quantity> Compare(
        Sets sets, IReadOnlyList<float[]> scores, IReadOnlyList<float[]> other, IReadOnlyList<float[]> full) =>
        Each(sets, scores, full).Zip(Each(sets, other, full)).Where(pair => pair.First.Terms.Length > 0)
            .ToDictionary(pair => pair.First.Use, pair => Quantity.Ratio(
                [.. pair.First.Terms.Zip(pair.Second.Terms, (one, two) => (one.Sum - two.Sum, one.Per))]));

    static IEnumerable<(string Use, SetAnswers Own, SetAnswers Full, (double Sum, double Per)[] Terms)> Each(
        Sets sets, IReadOnlyList<float[]> scores, IReadOnlyList<float[]> full)
    {
        for (int i = 0; i < sets.Each.Count; i++)
        {
            SetAnswers own = new(sets.Each[i].Set, scores[i]), reference = new(sets.Each[i].Set, full[i]);
            yield return (own.Use, own, reference, [.. own.DivergenceTerms(reference)]);
        }
    }
}
