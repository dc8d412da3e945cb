using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Reports.Sections;

/// <summary>The tasks' own figures: nats, logit differences, perplexity, bits per byte.</summary>
internal static class TaskFigures
{
    /// <summary>The figure, or null where every set asks for labels.</summary>
    public static Figure? Draw(Findings study)
    {
        var shown = Shown(study);
        if (shown.Count == 0) return null;
        return new("figures", "The task's own figures", Reading(study), [.. shown.Select((s, i) => Panel(study, s.Set, s.Facts, $"figures-{i}"))],
            [Chart.Key(Shape.Diamond, "full", "full model"), .. study.Subnetworks.Count > 0 ? [Chart.Key(Shape.Disc, "sub", "subnetwork"), Chart.Key(Shape.Ring, "random", "random mask of the same size")] : (Markup[])[]],
            $"""
            Thin lines are 95&nbsp;% intervals over examples (of text, over windows).
            {string.Join(" ", shown.DistinctBy(s => s.Facts.Name).Select(s => $"{Wording.Capital(s.Facts.Name)}: {s.Facts.Meaning}"))}
            """,
            [TableOf(study, shown)]);
    }

    static List<(DataSet Set, FigureFacts Facts)> Shown(Findings study) => [.. study.Sets.SelectMany(set => (study.TaskOf(set)?.Figures ?? [])
        .Where(f => Entries(study).Any(e => e.Figure(Key(set), f.Name) is not null)).Select(f => (set, f)))];

    static IEnumerable<Entry> Entries(Findings study) => [study.Full, .. study.Subnetworks, .. study.Randoms];

    // as result.json writes it
    static string Key(DataSet set) => set switch { DataSet.InDomain => "inDomain", DataSet.OutOfDomain => "outOfDomain", _ => "unseen" };

    static Markup Panel(Findings study, DataSet set, FigureFacts facts, string id)
    {
        List<(string Name, Entry[] Entries)> rows = [("full model", [study.Full]), .. study.Sparsities.Select(s => (Wording.Sparsity(s), study.At(s).ToArray())),
            .. study.Randoms.GroupBy(r => r.Target).Select(g => ($"random, {Wording.Number(g.Key, "0.0#")}", g.ToArray()))];
        rows = [.. rows.Where(r => r.Entries.Any(e => e.Figure(Key(set), facts.Name) is not null))];
        var all = rows.SelectMany(r => r.Entries).Select(e => e.Figure(Key(set), facts.Name)).OfType<Quantity>().ToList();
        string heading = $"{facts.Name} {study.Where(set)}", axis = facts.Unit == "" ? facts.Name : $"{facts.Name}, {facts.Unit}";
        return Strips.Draw(id, heading, Wording.Capital(heading), $"{Wording.Count(rows.Count, "row")}, one mark per model or subnetwork.",
            [.. rows.Select(r => new Strip(r.Name, [.. r.Entries.Select(e => (Entry: e, Figure: e.Figure(Key(set), facts.Name))).Where(e => e.Figure is not null).Select(e => MarkOf(e.Entry, e.Figure!, facts))]))],
            Scale.Around(all.SelectMany(q => (double[])[q.Value, q.Low, q.High]), 0, 1, floor: double.NegativeInfinity), axis, facts.Unit == "share", lanes: true, [(0, "chance")]);
    }

    static Mark MarkOf(Entry e, Quantity q, FigureFacts facts) => new(q.Value,
        e.Kind switch { EntryKind.Full => "full", EntryKind.Random => "random", _ => "sub" }, e.Kind switch { EntryKind.Full => Shape.Diamond, EntryKind.Random => Shape.Ring, _ => Shape.Disc }, $"{e.Title}\n{facts.Name} {Full(q, facts.Unit)}")
    { Interval = double.IsNaN(q.Low) ? null : (q.Low, q.High) };

    static string Full(Quantity q, string unit) =>
        $"{Wording.Number(q.Value, "0.000")}{(unit is "" or "share" ? "" : $" {unit}")} ({(double.IsNaN(q.Low) ? "no interval" : $"{Wording.Number(q.Low, "0.000")} to {Wording.Number(q.High, "0.000")}")}, n\u00A0{Wording.Count(q.N)})";

    static string Reading(Findings study) => string.Join(" ", study.Sets.Where(set => study.TaskOf(set)?.Figures.Count > 0).Select(set =>
    {
        FigureFacts first = study.TaskOf(set)!.Figures[0];
        Quantity[] main = [.. study.Main.Select(e => e.Figure(Key(set), first.Name)).OfType<Quantity>()];
        return study.Full.Figure(Key(set), first.Name) is not { } full ? "" : $"{Wording.Capital(study.Where(set))} the full model's {first.Name} is {Full(full, first.Unit)}"
            + (main.Length == 0 ? "." : $"; {Wording.Count(main.Length, "subnetwork")} at {Wording.Sparsity(study.Sparsities[0])} {(main.Length == 1 ? "has" : "have")} {Wording.Number(main.Min(q => q.Value), "0.000")} to {Wording.Number(main.Max(q => q.Value), "0.000")}.");
    }));

    static Table TableOf(Findings study, List<(DataSet Set, FigureFacts Facts)> shown) => new("figures", "the tasks' own figures",
        ["set", "figure", "unit", "name", "target sparsity", "value", "n", "low", "high"],
        [.. shown.SelectMany(s => Entries(study).Concat(study.KnockOuts).Select(e => (Entry: e, Figure: e.Figure(Key(s.Set), s.Facts.Name))).Where(e => e.Figure is not null)
            .Select(e => (object?[])[Findings.Name(s.Set), s.Facts.Name, s.Facts.Unit, e.Entry.Name, e.Entry.Target, e.Figure!.Value, e.Figure.N, e.Figure.Low, e.Figure.High]))]);
}
