namespace Heartwood.Lab.Evaluation;

/// <summary>From scores to figures: accuracy per set and case, balanced accuracy and AUC per group, loss, agreement and KL in-domain.</summary>
public static class Measuring
{
    /// <summary>Measures a model's scores.</summary>
    /// <param name="sets">the sets, with "inDomain" among them</param>
    /// <param name="scores">for each set the model's scores, [example label] row by row</param>
    /// <param name="full">the full model's scores of the same sets, to compare with; null for the full model itself</param>
    /// <param name="labels">number of the model's labels</param>
    public static Measured Measure(IReadOnlyList<EvaluationSet> sets, IReadOnlyList<float[]> scores, IReadOnlyList<float[]>? full, int labels)
    {
        Dictionary<string, Proportion> bySet = [];
        SortedDictionary<string, Proportion> cases = new(StringComparer.Ordinal);
        SortedDictionary<string, GroupFacts> groups = new(StringComparer.Ordinal);
        double? loss = null, kl = null;
        Proportion? agreement = null;
        foreach (int s in Enumerable.Range(0, sets.Count).OrderBy(s => sets[s].Use == "inDomain"))        // out of domain first, so that its cases keep their plain names
        {
            EvaluationSet set = sets[s];
            double[][] logs = [.. Enumerable.Range(0, set.Examples.Count).Select(i => LogSoftmax(scores[s].AsSpan(i * labels, labels)))];
            int[] answers = [.. logs.Select(l => set.MapLabel[Largest(l)])];
            int[] truth = [.. set.Examples.Select(e => e.Label)];
            bySet[set.Use] = Share(Enumerable.Range(0, truth.Length), truth, answers);
            foreach (var one in Enumerable.Range(0, truth.Length).GroupBy(i => set.Examples[i].Case).Where(g => g.Key != "")) cases[NameOf(cases.Keys, one.Key, set.Use)] = Share(one, truth, answers);
            foreach (var one in Enumerable.Range(0, truth.Length).GroupBy(i => set.Examples[i].Group).Where(g => g.Key != "")) groups[NameOf(groups.Keys, one.Key, set.Use)] = Group(set, one, truth, answers, logs);
            if (set.Use != "inDomain" || truth.Length == 0) continue;
            loss = truth.Select((t, i) => -LogOf(t, logs[i], set)).Average();
            if (full is null) continue;
            double[][] fullLogs = [.. Enumerable.Range(0, truth.Length).Select(i => LogSoftmax(full[s].AsSpan(i * labels, labels)))];
            agreement = Proportion.Of(Enumerable.Range(0, truth.Length).Count(i => Largest(fullLogs[i]) == Largest(logs[i])), truth.Length);
            kl = Enumerable.Range(0, truth.Length).Average(i => fullLogs[i].Select((p, k) => double.IsNegativeInfinity(p) ? 0 : Math.Exp(p) * (p - logs[i][k])).Sum());
        }
        return new(bySet["inDomain"], bySet.GetValueOrDefault("outOfDomain"), bySet.GetValueOrDefault("unseen"), cases, groups, loss, agreement, kl);
    }

    /// <summary>Which examples of a set are answered right.</summary>
    /// <param name="set">the set</param>
    /// <param name="scores">a model's scores, [example label] row by row</param>
    /// <param name="labels">number of the model's labels</param>
    public static bool[] Right(EvaluationSet set, float[] scores, int labels) =>
        [.. set.Examples.Select((e, i) => set.MapLabel[Largest(LogSoftmax(scores.AsSpan(i * labels, labels)))] == e.Label)];

    static Proportion Share(IEnumerable<int> which, int[] truth, int[] answers)
    {
        int right = 0, count = 0;
        foreach (int i in which) (right, count) = (right + (truth[i] == answers[i] ? 1 : 0), count + 1);
        return Proportion.Of(right, count);
    }

    // logarithm of the probability of one of the data's labels: of all the model's labels that count as it
    static double LogOf(int label, double[] logs, EvaluationSet set)
    {
        double[] its = [.. logs.Where((_, k) => set.MapLabel[k] == label)];
        double most = its.DefaultIfEmpty(double.NegativeInfinity).Max();
        return its.Length == 1 || double.IsNegativeInfinity(most) ? most : most + Math.Log(its.Sum(l => Math.Exp(l - most)));
    }

    // the first label's probability orders the examples
    static GroupFacts Group(EvaluationSet set, IEnumerable<int> which, int[] truth, int[] answers, double[][] logs)
    {
        int[] all = [.. which];
        double[] score = [.. all.Select(i => Math.Exp(LogOf(0, logs[i], set)))];
        Proportion balanced = Proportion.MeanOf([.. all.GroupBy(i => truth[i]).OrderBy(g => g.Key).Select(g => Share(g, truth, answers))]);
        return new(set.Use, balanced, Auc.Of(score, [.. all.Select(i => truth[i] == 0)]));
    }

    /// <summary>The name under which a case's (or group's) figures stand: its own, with its set where that is needed to tell it from another's.</summary>
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
