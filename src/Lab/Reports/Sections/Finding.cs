using Heartwood.Lab.Charts;

namespace Heartwood.Lab.Reports.Sections;

/// <summary>The finding, in three to five sentences computed from the figures; nothing is ranked that noise could order.</summary>
internal static class Finding
{
    /// <summary>The sentences.</summary>
    public static IReadOnlyList<string> Sentences(Findings study) =>
        [Accuracy(study), .. Differences(study), .. Core(study), .. Cost(study), .. study.Result.Cut.ParametersBefore > 0 ? [Cuts.Reading(study.Result.Cut)] : (string[])[]];

    /// <summary>The finding in one line.</summary>
    public static string Headline(Findings study)
    {
        var inside = Spread.Of(study.Main.Select(e => e.On(DataSet.InDomain)));
        if (inside.N == 0) return "No subnetwork was measured";
        double lost = study.Full.On(DataSet.InDomain) is { } full ? Math.Max(0, full.Value - inside.Low) : double.NaN;
        if (inside.N == 1) return $"One subnetwork, {Wording.Points(lost)} below the full model in-domain";
        string alike = lost <= 0.03 ? $"{inside.N} subnetworks within {Wording.Points(lost)} of the full model in-domain" : $"{inside.N} subnetworks, up to {Wording.Points(lost)} below the full model in-domain";
        var groups = Groups.Spreads(study);
        return groups.Count == 0 ? alike : groups[0].Spread.BeyondNoise(groups.Count) ? $"{alike}, and {Wording.Points(groups[0].Spread.Width)} apart on {groups[0].Name}" : $"{alike}, and not to be told apart elsewhere";
    }

    static string Accuracy(Findings study)
    {
        string full = $"The full model reaches {Wording.Short(study.Full.On(DataSet.InDomain))} {(study.AsksTokens ? study.Words(DataSet.InDomain).Accuracy + " " : "")}in-domain{(study.Full.On(DataSet.OutOfDomain) is { } p ? $" and {Wording.Short(p)} {(study.AsksTokens ? study.Words(DataSet.OutOfDomain).Accuracy + " " : "")}out of domain" : "")}";
        var spread = Spread.Of(study.Main.Select(e => e.On(DataSet.InDomain)));
        if (spread.N == 0) return full + ".";
        double lost = study.Full.On(DataSet.InDomain) is { } f ? f.Value - spread.Low : double.NaN;
        string subnetworks = $"{full}; at {Wording.Sparsity(study.Sparsities[0])}, {(spread.N == 1 ? "one subnetwork reaches" : $"{spread.N} subnetworks reach")} {Wording.Range(spread.Low, spread.High)} in-domain";
        return lost <= 0.03 ? $"{subnetworks}, within {Wording.Points(Math.Max(0, lost))} of it{(study.AsksTokens ? "" : ": equal only within the share of counterexamples")}." : $"{subnetworks}, up to {Wording.Points(lost)} below it.";
    }

    static IEnumerable<string> Differences(Findings study)
    {
        if (study.Main.Count < 2) yield break;
        var correlation = study.Result.Correlation.FirstOrDefault(c => c.TargetSparsity == study.Sparsities[0]);
        string loss = correlation is not { Pearson: not null, N: >= 3 } ? "" : $"; over seeds, in-domain loss and {study.Accuracy(DataSet.OutOfDomain)} have {Losses.Coefficient(correlation)}{(Losses.IsClear(correlation) ? "" : ", which settles nothing")}";
        var groups = Groups.Spreads(study);
        if (groups.Count > 0)
        {
            var (name, set, spread) = groups[0];
            string range = Wording.Range(spread.Low, spread.High), p = $"{Wording.Probability(spread.Corrected(groups.Count))}, corrected for {Wording.Count(groups.Count, "group")}";
            yield return (spread.BeyondNoise(groups.Count)
                ? $"Elsewhere the seeds differ: {study.GroupAccuracy(Findings.SetOf(set))} on {name} ({Findings.Name(set)}), the widest spread, runs from {range}, which noise does not explain ({p})"
                : $"Between seeds no group of cases differs by more than noise explains; the widest spread is {Wording.Points(spread.Width)}") + loss + ".";
            yield break;
        }
        var outside = Spread.Of(study.Main.Select(e => e.On(DataSet.OutOfDomain)));
        if (outside.N > 1) yield return $"Out of domain they span {Wording.Range(outside.Low, outside.High)}, {(outside.BeyondNoise() ? "more than noise explains" : "which noise may explain")}{loss}.";
    }

    static IEnumerable<string> Core(Findings study) => study.Result.Core.Subnetworks > 1 ? [Frequencies.Reading(study.Result.Core)] : [];

    /// <summary>The heads' knock-out and the core alone, in one sentence; the whole core's is left to its figure, since MLPs decide it.</summary>
    static IEnumerable<string> Cost(Findings study)
    {
        string[] words = [.. KnockOuts.Readings(study)];
        string[] told = [.. words.Where(w => KnockOuts.Find(study, "core heads") is null || !w.StartsWith("Knocking out the whole core", StringComparison.Ordinal))];
        if (told.Length > 0) yield return string.Join(" ", told);
    }
}
