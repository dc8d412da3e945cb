using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Evaluation;

/// <summary>
/// From scores to figures: accuracy per set and case, balanced accuracy and AUC per group, loss, agreement and KL in-domain.
/// </summary>
public static class Measuring
{
    /// <summary>Measures what a model gave.</summary>
    /// <param name="sets">the sets, with "inDomain" among them</param>
    /// <param name="numbers">for each set what the model gave, [example number] row by row</param>
    /// <param name="full">what the full model gave of the same sets, to compare with; null for the full model itself</param>
    public static Measured Measure(IReadOnlyList<EvaluationSet> sets, IReadOnlyList<float[]> numbers, IReadOnlyList<float[]>? full)
    {
        Dictionary<string, Proportion> bySet = [];
        SortedDictionary<string, Proportion> cases = new(StringComparer.Ordinal);
        SortedDictionary<string, GroupFacts> groups = new(StringComparer.Ordinal);
        Dictionary<string, IReadOnlyDictionary<string, Quantity>> figures = [];
        SortedDictionary<string, IReadOnlyDictionary<string, Quantity>> caseFigures = new(StringComparer.Ordinal);
        double? loss = null, kl = null;
        Proportion? agreement = null;
        SetFigures[][] each = new SetFigures[sets.Count][];
        // out of domain first, so that its cases keep their plain names
        foreach (int s in Enumerable.Range(0, sets.Count).OrderBy(s => sets[s].Use == "inDomain"))
        {
            SetAnswers set = new(sets[s], numbers[s]);
            SetAnswers? fullSet = full is null ? null : new(sets[s], full[s]);
            int[] all = [.. set.All];
            bySet[set.Use] = set.Share(all);
            each[s] = [.. sets[s].Pooled.Select(one => FiguresOn(set, one.Name, one.Examples, fullSet))];
            var inCases = all.GroupBy(i => set.Examples[i].Case).Where(g => g.Key != "");
            if (set.HasShare)
            {
                foreach (var one in inCases) cases[NameOf(cases.Keys, one.Key, set.Use)] = set.Share(one);
                foreach (var one in all.GroupBy(i => set.Examples[i].Group).Where(g => g.Key != ""))
                    groups[NameOf(groups.Keys, one.Key, set.Use)] = Group(set, [.. one]);
            }
            else foreach (var one in inCases) caseFigures[NameOf(caseFigures.Keys, one.Key, set.Use)] = set.FiguresOf(one);
            if (set.Figures is { Count: > 0 } own) figures[set.Use] = own;
            if (set.Use != "inDomain" || all.Length == 0) continue;
            loss = set.Loss(all);
            if (fullSet is null) continue;
            agreement = set.AgreementWith(fullSet, all);
            kl = set.DivergenceFrom(fullSet, all);
        }
        return new(bySet["inDomain"], bySet.GetValueOrDefault("outOfDomain"), bySet.GetValueOrDefault("unseen"), cases, groups, loss,
            agreement, kl, figures.Count > 0 ? figures : null, caseFigures.Count > 0 ? caseFigures : null)
        { Sets = [.. each.SelectMany(sets => sets)] };
    }

    static SetFigures FiguresOn(SetAnswers set, string name, IReadOnlyList<int> which, SetAnswers? full)
    {
        if (which.Count == 0) return new(name, set.Use, set.Share(which), null, null, null);
        IReadOnlyDictionary<string, Quantity> own = set.FiguresOf(which);
        return new(name, set.Use, set.Share(which), set.Loss(which), full is null ? null : set.AgreementWith(full, which),
            full is null ? null : set.DivergenceFrom(full, which), own.Count > 0 ? own : null);
    }

    /// <summary>Which examples of a set are answered right.</summary>
    /// <param name="set">the set, of a task in which an example is right or wrong</param>
    /// <param name="numbers">what a model gave, [example number] row by row</param>
    /// <exception cref="ArgumentException">its task has no such answers: text, scores</exception>
    public static bool[] Right(EvaluationSet set, float[] numbers)
    {
        if (set.Problem is LanguageModelling or MaskedLanguageModelling or Regression)
            throw new ArgumentException($"{(set.Problem is Regression ? "A score" : "A window of text")} is neither right nor wrong. Give "
                + "data with answers: labels, minimal pairs or prompts.", nameof(set));
        SetAnswers answers = new(set, numbers);
        return [.. answers.All.Select(answers.IsRight)];
    }

    // the first label's probability orders the examples
    static GroupFacts Group(SetAnswers set, int[] which)
    {
        if (!set.Chooses) return new(set.Use, set.Share(which), null);
        double[] score = [.. which.Select(i => Math.Exp(set.LogOf(0, i)))];
        var byLabel = which.GroupBy(i => set.Examples[i].Label).OrderBy(g => g.Key);
        Proportion balanced = Proportion.Mean([.. byLabel.Select(g => set.Share(g))]);
        return new(set.Use, balanced, Auc.ForLabel(score, [.. which.Select(i => set.Examples[i].Label == 0)]));
    }

    /// <summary>
    /// The name under which a case's (or group's) figures stand: its own, with its set where that is needed to tell it from another's.
    /// </summary>
    public static string NameOf(ICollection<string> taken, string name, string use) =>
        use == "inDomain" ? $"in-domain: {name}" : taken.Contains(name) ? $"{name} ({use})" : name;

    internal static int Largest(ReadOnlySpan<double> scores)
    {
        int best = 0;
        for (int i = 1; i < scores.Length; i++) if (scores[i] > scores[best]) best = i;
        return best;
    }

    internal static double[] LogSoftmax(ReadOnlySpan<float> scores)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (float s in scores) max = Math.Max(max, s);
        foreach (float s in scores) sum += Math.Exp(s - max);
        double[] logs = new double[scores.Length];
        for (int i = 0; i < logs.Length; i++) logs[i] = scores[i] - max - Math.Log(sum);
        return logs;
    }
}
