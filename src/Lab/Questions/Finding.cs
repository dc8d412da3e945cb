using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Questions;

/// <summary>
/// What a study found, in a headline and some sentences computed from its facts; nothing is ranked that noise could order.
/// </summary>
static class Finding
{
    const double Alike = 0.03;

    /// <summary>The sentences.</summary>
    public static IReadOnlyList<string> Sentences(Findings findings)
    {
        if (findings.Measured is not { } study) return [];
        IReadOnlyList<Entry> sound = Sound(findings, study);
        List<string> sentences = [Accuracy(study, sound)];
        if (sound.Count == study.Main.Count) sentences.AddRange(Differences(findings, study));
        if (findings.Facts<CoreAblatedFacts>() is { } core)
        {
            if (findings.NoCore(core.Main.TargetSparsity) is { } why) return [.. sentences, why];
            if (core.Main.Subnetworks > 1) sentences.Add(CoreAblated.Sentence(core.Main));
            // the heads' ablation and the core alone; the whole core's is left to its figure, since MLPs decide it
            bool heads = CoreAblated.Find(core, "core heads") is not null;
            string[] told = [.. CoreAblated.Sentences(core)
                .Where(w => !heads || !w.StartsWith("Ablating the whole core", StringComparison.Ordinal))];
            if (told.Length > 0) sentences.Add(string.Join(" ", told));
        }
        if (findings.Facts<Evaluation.CutFacts>() is { ParametersBefore: > 0 } cut && !findings.CutFailed)
            sentences.Add(Cuts.Sentence(cut));
        return sentences;
    }

    /// <summary>The finding in one line.</summary>
    public static string Headline(Findings findings)
    {
        if (findings.Measured is not { } study) return "What was asked";
        IReadOnlyList<Entry> sound = Sound(findings, study);
        int failed = study.Main.Count - sound.Count;
        if (findings.ModelFailed is { } model) return OfTheModel(model.Kind);
        if (failed > 0 && sound.Count == 0) return NoneSound(findings, study);
        Spread inside = Spread.Across(sound.Select(e => e.On(DataSet.InDomain)));
        if (inside.N == 0) return "No subnetwork was measured";
        double lost = study.Full.On(DataSet.InDomain) is { } full ? Math.Max(0, full.Value - inside.Low) : double.NaN;
        string others = failed == 0 ? "" : $"; {failed} of {study.Main.Count} failed";
        if (inside.N == 1) return $"One subnetwork, {Wording.Points(lost)} below the full model in-domain{others}";
        string alike = lost <= Alike ? $"{inside.N} subnetworks within {Wording.Points(lost)} of the full model in-domain"
            : $"{inside.N} subnetworks, up to {Wording.Points(lost)} below the full model in-domain";
        IReadOnlyList<SpreadFacts> groups = Spreads(findings, study);
        return failed > 0 ? $"{alike}{others}" : groups.Count == 0 ? alike
            : groups[0].Spread.BeyondNoise(groups.Count)
                ? $"{alike}, and {Wording.Points(groups[0].Spread.Width)} apart on {groups[0].Name}"
            : $"{alike}, and not to be told apart elsewhere";
    }

    // those of the main sparsity that did not fail
    static IReadOnlyList<Entry> Sound(Findings findings, Measurements study) =>
        study.Sparsities.Count == 0 || findings.ModelFailed is not null ? [] : findings.Sound(study.Sparsities[0]);

    static string OfTheModel(FailureKind kind) => kind == FailureKind.Chance ? "The full model is at chance in-domain"
        : "The full model is no better in-domain than a baseline";

    static string NoneSound(Findings findings, Measurements study)
    {
        FailureKind[] kinds = [.. study.Main.SelectMany(e => findings.FailedBy(e.Seed!.Value, e.Target!.Value)).Select(f => f.Kind)];
        bool one = study.Main.Count == 1;
        string who = one ? "The subnetwork" : $"None of {study.Main.Count} subnetworks";
        return kinds.Contains(FailureKind.Chance) ? $"{who} is {(one ? "no better" : "better")} than guessing"
            : kinds.Contains(FailureKind.Random) ? $"{who} is {(one ? "no better" : "better")} than random parts of its make"
            : kinds.Contains(FailureKind.Baseline) ? $"{who} {(one ? "loses to" : "reaches")} a baseline that needs no model"
            : $"{who} {(one ? "did not reach its" : "has the")} size{(one ? "" : " that was asked for")}";
    }

    static IReadOnlyList<SpreadFacts> Spreads(Findings findings, Measurements study) =>
        study.Sparsities.Count == 0 ? [] : findings.Facts<GroupsFacts>()?.At(study.Sparsities[0]) ?? [];

    static string Accuracy(Measurements study, IReadOnlyList<Entry> sound)
    {
        string Named(DataSet set) => study.AsksTokens ? $"{study.Words(set).Accuracy} " : "";
        string outside = study.Full.On(DataSet.OutOfDomain) is { } p ? $" and {Wording.Short(p)} {Named(DataSet.OutOfDomain)}out of domain"
            : "";
        string full = $"The full model reaches {Wording.Short(study.Full.On(DataSet.InDomain))} "
            + $"{Named(DataSet.InDomain)}in-domain{outside}";
        Spread spread = Spread.Across(sound.Select(e => e.On(DataSet.InDomain)));
        if (spread.N == 0) return full + ".";
        double lost = study.Full.On(DataSet.InDomain) is { } f ? f.Value - spread.Low : double.NaN;
        bool some = sound.Count < study.Main.Count;
        string reach = spread.N == 1 ? $"one subnetwork{(some ? " that did not fail" : "")} reaches"
            : $"{spread.N} subnetworks{(some ? " that did not fail" : "")} reach";
        string subnetworks = $"{full}; at {Wording.Sparsity(study.Sparsities[0])}, {reach} {Wording.Range(spread.Low, spread.High)} "
            + "in-domain";
        return lost <= Alike
            ? $"{subnetworks}, within {Wording.Points(Math.Max(0, lost))} of "
                + $"it{(!study.HasOverlap ? "" : ": equal only within the share of counterexamples")}."
            : $"{subnetworks}, up to {Wording.Points(lost)} below it.";
    }

    static IEnumerable<string> Differences(Findings findings, Measurements study)
    {
        if (study.Main.Count < 2) yield break;
        CorrelationFacts? correlation =
            findings.Facts<LossesFacts>()?.Sparsities.FirstOrDefault(c => c.TargetSparsity == study.Sparsities[0]);
        string loss = correlation is not { Pearson: not null, N: >= 3 } ? ""
            : $"; over seeds, in-domain loss and {study.Accuracy(DataSet.OutOfDomain)} have {Losses.Coefficient(correlation)}"
                + (Losses.IsClear(correlation) ? "" : ", which settles nothing");
        IReadOnlyList<SpreadFacts> groups = Spreads(findings, study);
        if (groups.Count > 0)
        {
            SpreadFacts widest = groups[0];
            string p = $"{Wording.Probability(widest.Spread.Corrected(groups.Count))}, corrected for "
                + $"{Wording.Count(groups.Count, "group")}";
            yield return widest.Spread.BeyondNoise(groups.Count)
                ? $"Elsewhere the seeds differ: {study.GroupAccuracy(Measurements.SetOf(widest.Set))} on {widest.Name} "
                    + $"({Measurements.Name(widest.Set)}), the widest spread, runs from {Wording.Range(widest.Low, widest.High)}, "
                    + $"which noise does not explain ({p}){loss}."
                : "Between seeds no group of cases differs by more than noise explains; "
                    + $"the widest spread is {Wording.Points(widest.Spread.Width)}{loss}.";
            yield break;
        }
        Spread outside = Spread.Across(study.Main.Select(e => e.On(DataSet.OutOfDomain)));
        if (outside.N > 1)
            yield return $"Out of domain they span {Wording.Range(outside.Low, outside.High)}, "
                + $"{(outside.BeyondNoise() ? "more than noise explains" : "which noise may explain")}{loss}.";
    }
}
