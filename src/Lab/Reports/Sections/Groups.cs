using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;

namespace Heartwood.Lab.Reports.Sections;

/// <summary>Balanced accuracy (of tasks without labels, the share right) per group of cases, with the spread over seeds.</summary>
internal static class Groups
{
    /// <summary>The figure, or null where no groups are known.</summary>
    public static Figure? Draw(Findings study)
    {
        var groups = Of(study);
        if (groups.Count == 0) return null;
        string measure = Measure(study);
        bool labels = groups.Any(g => study.AsksLabels(Findings.SetOf(g.Set)));
        double?[] sparsities = study.Sparsities.Count == 0 ? [null] : [.. study.Sparsities.Select(s => (double?)s)];
        Markup note = $"""
            {(labels ? "Balanced accuracy is the mean of the labels' recalls. " : "")}Thin lines are 95&nbsp;% intervals over examples, the dotted line guessing;
            at the right, the spread over seeds: largest minus smallest.
            """;
        string[] columns = ["group", "set", "name", "kind", "target sparsity", .. Table.ColumnsOf(measure), .. labels ? Table.ColumnsOf("AUC") : []];
        object?[] Cells(Entry e, string group, GroupFacts g) =>
            [group, Findings.Name(g.Set), e.Name, e.Kind.ToString().ToLowerInvariant(), e.Target, .. Table.CellsOf(g.Balanced), .. labels ? Table.CellsOf(g.Auc) : []];
        return new("groups", $"{Wording.Capital(measure)} per group", Reading(study), [.. sparsities.Select((s, i) => Panel(study, groups, s, $"groups-{i}"))],
            [Chart.Key(Shape.Diamond, "full", "full model"), .. study.Subnetworks.Count == 0 ? (Markup[])[]
                : [Chart.Key(Shape.Disc, "sub", "one subnetwork per line, seeds in order"), Chart.BandKey("spread over seeds")]],
            note, [new("groups", $"{measure}{(labels ? " and AUC" : "")} per group", columns, [.. study.All.SelectMany(e => e.Groups.Select(g => Cells(e, g.Key, g.Value)))])]);
    }

    /// <summary>The spreads of all groups at the main sparsity, the widest first.</summary>
    public static IReadOnlyList<(string Name, string Set, Spread Spread)> Spreads(Findings study) =>
        [.. Of(study).Select(g => (g.Name, g.Set, Spread: SpreadOf(study.Main, g.Name))).Where(g => g.Spread.N > 1).OrderByDescending(g => g.Spread.Width)];

    static Spread SpreadOf(IEnumerable<Entry> entries, string group) => Spread.Of(entries.Select(e => e.Groups.GetValueOrDefault(group)?.Balanced));

    static List<(string Name, string Set)> Of(Findings study) =>
        [.. study.All.SelectMany(e => e.Groups).Select(g => (g.Key, g.Value.Set)).DistinctBy(g => g.Key)];

    static string Measure(Findings study) => study.SharedGroupAccuracy(Of(study).Select(g => g.Set));

    static Markup Panel(Findings study, List<(string Name, string Set)> groups, double? sparsity, string id)
    {
        var shown = sparsity is { } s ? study.At(s) : [];
        Strip[] rows = [.. groups.GroupBy(g => g.Set).OrderBy(g => Findings.Order(g.Key)).SelectMany(set => (Strip[])[Strip.Heading(Findings.Name(set.Key)), .. set.Select(g => Row(study, shown, g.Name))])];
        string at = sparsity is { } t ? Wording.Sparsity(t) : "full model";
        return Strips.Draw(id, at, $"{Wording.Capital(Measure(study))} per group, {at}", $"{Wording.Count(groups.Count, "group")}, one row each, with the full model and {Wording.Count(shown.Count, "subnetwork")}.",
            rows, Scale.Share(0, 1), Measure(study), true, lanes: true,
            [.. groups.Select(g => Findings.SetOf(g.Set)).OfType<DataSet>().Select(study.Chance).Distinct().Select(c => (c, "chance"))]);
    }

    static Strip Row(Findings study, IReadOnlyList<Entry> shown, string group)
    {
        var spread = SpreadOf(shown, group);
        IEnumerable<Mark> marks = shown.Append(study.Full).Where(e => e.Groups.TryGetValue(group, out var g) && !double.IsNaN(g.Balanced.Value)).Select(e =>
            Mark.Of(e.Groups[group].Balanced, e.Kind == EntryKind.Full ? "full" : "sub", e.Kind == EntryKind.Full ? Shape.Diamond : Shape.Disc,
                $"{e.Title}\n{group}: {Wording.Full(e.Groups[group].Balanced)}{(e.Groups[group].Auc is { } auc ? $"\nAUC {Wording.Number(auc.Value, "0.000")}" : "")}"));
        return new(Findings.UnderHeading(group), [.. marks], Band: spread.N > 1 ? (spread.Low, spread.High) : null, Right: spread.N > 1 ? $"{Wording.Number(100 * spread.Width, "0")} pts" : "");
    }

    static string Reading(Findings study)
    {
        var spreads = Spreads(study);
        if (spreads.Count == 0) return "A single subnetwork, or none, leaves no spread over seeds to be read.";
        var beyond = spreads.Where(s => s.Spread.BeyondNoise(spreads.Count)).ToList();
        var (name, set, widest) = spreads[0];
        string p = $"{Wording.Probability(widest.Corrected(spreads.Count))} after correction for {Wording.Count(spreads.Count, "group")}";
        return $"The spread over seeds at {Wording.Sparsity(study.Sparsities[0])} is widest on {name} ({Findings.Name(set)}): {Wording.Range(widest.Low, widest.High)}, "
            + $"{Wording.Points(widest.Width)}, {(widest.BeyondNoise(spreads.Count) ? "more than noise explains" : "which noise may explain")} ({p}); "
            + $"in {spreads.Count - beyond.Count} of {spreads.Count} the seeds cannot be told apart.";
    }
}
