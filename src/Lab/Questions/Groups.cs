using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Questions;

/// <summary>How far subnetworks lie apart on each group of cases.</summary>
/// <param name="Spreads">each group at each sparsity</param>
public sealed record GroupsFacts(IReadOnlyList<SpreadFacts> Spreads)
{
    /// <summary>The spreads at one sparsity, the widest first.</summary>
    internal IReadOnlyList<SpreadFacts> At(Target? sparsity) =>
        [.. Spreads.Where(s => s.TargetSparsity == sparsity && s.Subnetworks > 1).OrderByDescending(s => s.Spread.Width)];
}

/// <summary>Balanced accuracy (of tasks without labels, accuracy) per group of cases, with the spread over seeds.</summary>
sealed class Groups : IQuestion<GroupsFacts>
{
    public string Name => "groups";

    public int Version => 2;

    public GroupsFacts? Ask(Subject subject) => subject.Facts<AccuracyFacts>() is { } measured ? Among(measured) : null;

    /// <summary>The spreads among subnetworks that were measured; null where there are no groups.</summary>
    internal static GroupsFacts? Among(AccuracyFacts measured)
    {
        var all = measured.Full.Groups.Concat(measured.Subnetworks.SelectMany(s => s.Measured.Groups));
        (string Name, string Set)[] groups = [.. all.Select(g => (g.Key, g.Value.Set)).DistinctBy(g => g.Key)];
        if (groups.Length == 0) return null;
        var sparsities = measured.Subnetworks.GroupBy(s => s.TargetSparsity);
        return new([.. sparsities.SelectMany(at => groups.Select(g => SpreadFacts.Over(
            g.Name, g.Set, at.Key, at.Select(s => s.Measured.Groups.GetValueOrDefault(g.Name)?.Balanced))))]);
    }

    public IReadOnlyList<Figure> Draw(GroupsFacts facts, Findings findings)
    {
        if (findings.Asking) return [];
        Measurements study = findings.Measured!;
        var groups = GroupsIn(study);
        string measure = Measure(study);
        bool labels = groups.Any(g => study.AsksLabels(Measurements.SetOf(g.Set)));
        Target?[] sparsities = study.Sparsities.Count == 0 ? [null] : [.. study.Sparsities.Select(s => (Target?)s)];
        Markup note = $"""
            {(labels ? "Balanced accuracy is the mean of the labels' recalls. " : "")}Thin lines are 95&nbsp;% intervals over examples, the
            dotted line guessing;
            at the right, the spread over seeds: largest minus smallest.
            """;
        string[] columns = ["group", "set", "name", "kind", "target sparsity", .. Table.ColumnsOf(measure), .. labels
            ? Table.ColumnsOf("AUC") : []];
        object?[] Cells(Entry e, string group, GroupFacts g) =>
            [group, Measurements.Name(g.Set), e.Name, e.Kind.ToString().ToLowerInvariant(),
            e.Target, .. Table.CellsOf(g.Balanced), .. labels ? Table.CellsOf(g.Auc) : []];
        List<Markup> keys = [Chart.Key(Shape.Diamond, "full", "full model")];
        if (study.Subnetworks.Count > 0)
            keys.AddRange([Chart.Key(Shape.Disc, "sub", "one subnetwork per line, seeds in order"), Chart.BandKey("spread over seeds")]);
        var (most, rest) = Fold.Differing([.. groups.Select(g => g.Name)], name => study.Main.Append(study.Full)
            .Select(e => e.Groups.GetValueOrDefault(name)?.Balanced));
        Markup[] shown = [.. sparsities.Select((s, i) => Panel(study, groups, most, s, $"groups-{i}"))];
        return [new("groups", $"{Wording.Capital(measure)} per group", Reading(facts, study),
            shown[..Math.Min(shown.Length, Fold.Beside)], keys, $"{CasePanel.Order(rest.Count)}{note}",
            [new("groups", $"{measure}{(labels ? " and AUC" : "")} per group", columns,
                [.. study.All.SelectMany(e => e.Groups.Select(g => Cells(e, g.Key, g.Value)))])])
        {
            Folded = [new($"The other {Wording.Count(rest.Count, "group")}",
                    rest.Count == 0 ? [] : (Markup[])[.. sparsities.Select((s, i) => Panel(study, groups, rest, s, $"groups-{i}-more"))]),
                new("The same groups at other sparsities", shown[Math.Min(shown.Length, Fold.Beside)..])],
        }];
    }

    static List<(string Name, string Set)> GroupsIn(Measurements study) =>
        [.. study.All.SelectMany(e => e.Groups).Select(g => (g.Key, g.Value.Set)).DistinctBy(g => g.Key)];

    static string Measure(Measurements study) => study.SharedGroupAccuracy(GroupsIn(study).Select(g => g.Set));

    static Markup Panel(
        Measurements study, List<(string Name, string Set)> all, IReadOnlyList<string> names, Target? sparsity, string id)
    {
        List<(string Name, string Set)> groups = [.. names.Select(name => all.First(g => g.Name == name))];
        IReadOnlyList<Entry> shown = sparsity is { } s ? study.At(s) : [];
        List<Strip> rows = [];
        foreach (var set in groups.GroupBy(g => g.Set).OrderBy(g => Measurements.Order(g.Key)))
        {
            rows.Add(Strip.Heading(Measurements.Name(set.Key)));
            rows.AddRange(set.Select(g => Row(study, shown, g.Name)));
        }
        string at = sparsity is { } t ? Wording.Sparsity(t) : "full model";
        var chances = groups.Select(g => Measurements.SetOf(g.Set)).OfType<DataSet>().Select(study.Chance).Distinct();
        return Strips.Draw(id, at, $"{Wording.Capital(Measure(study))} per group, {at}",
            $"{Wording.Count(groups.Count, "group")}, one row each, with the full model and {Wording.Count(shown.Count, "subnetwork")}.",
            rows, Scale.Share(0, 1), Measure(study), true, lanes: true, [.. chances.Select(c => (c, "chance"))]);
    }

    static Strip Row(Measurements study, IReadOnlyList<Entry> shown, string group)
    {
        Spread spread = Spread.Across(shown.Select(e => e.Groups.GetValueOrDefault(group)?.Balanced));
        Mark MarkOf(Entry e)
        {
            GroupFacts g = e.Groups[group];
            string auc = g.Auc is { } a ? $"\nAUC {Wording.Number(a.Value, "0.000")}" : "";
            bool full = e.Kind == EntryKind.Full;
            return Mark.Share(g.Balanced, full ? "full" : "sub", full ? Shape.Diamond : Shape.Disc,
                $"{e.Title}\n{group}: {Wording.Full(g.Balanced)}{auc}");
        }
        var there = shown.Append(study.Full).Where(e => e.Groups.TryGetValue(group, out GroupFacts? g) && !double.IsNaN(g.Balanced.Value));
        return new(Measurements.UnderHeading(group), [.. there.Select(MarkOf)], Band: spread.N > 1 ? (spread.Low, spread.High) : null,
            Right: spread.N > 1 ? $"{Wording.Number(100 * spread.Width, "0")} pts" : "");
    }

    static string Reading(GroupsFacts facts, Measurements study)
    {
        IReadOnlyList<SpreadFacts> spreads = study.Sparsities.Count == 0 ? [] : facts.At(study.Sparsities[0]);
        if (spreads.Count == 0) return "A single subnetwork, or none, leaves no spread over seeds to be read.";
        int alike = spreads.Count(s => !s.Spread.BeyondNoise(spreads.Count));
        SpreadFacts widest = spreads[0];
        string p = $"{Wording.Probability(widest.Spread.Corrected(spreads.Count))} after correction for "
            + $"{Wording.Count(spreads.Count, "group")}";
        string noise = widest.Spread.BeyondNoise(spreads.Count) ? "more than noise explains" : "which noise may explain";
        return $"The spread over seeds at {Wording.Sparsity(study.Sparsities[0])} is widest on {widest.Name} "
            + $"({Measurements.Name(widest.Set)}): {Wording.Range(widest.Low, widest.High)}, {Wording.Points(widest.Spread.Width)}, "
            + $"{noise} ({p}); "
            + $"in {alike} of {spreads.Count} the seeds cannot be told apart.";
    }
}
