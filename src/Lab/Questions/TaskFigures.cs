using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Subnetworks.Targets;
using static System.FormattableString;

namespace Heartwood.Lab.Questions;

/// <summary>The tasks' own figures: nats, log-probability differences, perplexity, bits per byte.</summary>
/// <param name="Figures">each figure of each set</param>
public sealed record TaskFiguresFacts(IReadOnlyList<TaskFigureSpan> Figures);

/// <summary>One figure of one set's task.</summary>
/// <param name="Set">"inDomain", "outOfDomain" or "unseen"</param>
/// <param name="Name">the figure's name</param>
/// <param name="Unit">its unit, "" for a plain number</param>
/// <param name="Full">the full model's</param>
/// <param name="Sparsities">that of the subnetworks, per sparsity</param>
public sealed record TaskFigureSpan(string Set, string Name, string Unit, Quantity? Full, IReadOnlyList<FigureRange> Sparsities);

/// <summary>A figure over the subnetworks of one sparsity.</summary>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="Subnetworks">how many subnetworks there are</param>
/// <param name="Low">the smallest</param>
/// <param name="High">the largest</param>
public sealed record FigureRange(Target TargetSparsity, int Subnetworks, double Low, double High);

/// <summary>The tasks' own figures, of every model.</summary>
sealed class TaskFigures : IQuestion<TaskFiguresFacts>
{
    public string Name => "figures";

    public int Version => 2;

    public TaskFiguresFacts? Ask(Subject subject) => subject.Facts<AccuracyFacts>() is { } measured ? FactsOf(measured) : null;

    /// <summary>The figures of what was measured; null where every set asks for labels.</summary>
    internal static TaskFiguresFacts? FactsOf(AccuracyFacts measured)
    {
        List<TaskFigureSpan> spans = [];
        foreach (var (set, task) in measured.Tasks ?? new Dictionary<string, TaskFacts>())
            foreach (FigureFacts figure in task.Figures)
            {
                Quantity? In(IReadOnlyDictionary<string, IReadOnlyDictionary<string, Quantity>>? figures) =>
                    figures?.GetValueOrDefault(set)?.GetValueOrDefault(figure.Name);
                FigureRange? Range(IGrouping<Target, MeasuredSubnetwork> at)
                {
                    double[] values = [.. at.Select(s => In(s.Measured.Figures)).OfType<Quantity>().Select(q => q.Value)];
                    return values.Length == 0 ? null : new(at.Key, values.Length, values.Min(), values.Max());
                }
                FigureRange[] ranges = [.. measured.Subnetworks.GroupBy(s => s.TargetSparsity).Select(Range).OfType<FigureRange>()];
                if (In(measured.Full.Figures) is not null || ranges.Length > 0)
                    spans.Add(new(set, figure.Name, figure.Unit, In(measured.Full.Figures), ranges));
            }
        return spans.Count == 0 ? null : new(spans);
    }

    /// <summary>Tasks' own figures in words, one line per set.</summary>
    public static string Lines(IReadOnlyDictionary<string, IReadOnlyDictionary<string, Quantity>>? figures) => string.Concat(
        (figures ?? new Dictionary<string, IReadOnlyDictionary<string, Quantity>>()).OrderBy(f => f.Key, StringComparer.Ordinal)
            .Select(set => $"    {Measurements.Name(set.Key)}: {string.Join("; ", set.Value.Select(f => InWords(f.Key, f.Value)))}\n"));

    static string InWords(string name, Quantity q)
    {
        string n = Wording.Examples(q.N);
        if (double.IsNaN(q.Value)) return $"{name} none (one of the two never changes, {n})";
        string interval = double.IsNaN(q.Low) ? "no interval" : Invariant($"{q.Low:0.0000} to {q.High:0.0000}");
        return Invariant($"{name} {q.Value:0.0000} ({interval}, {n})");
    }

    public IReadOnlyList<Figure> Draw(TaskFiguresFacts facts, Findings findings)
    {
        if (findings.Asking) return [];
        Measurements study = findings.Measured!;
        var shown = Shown(study);
        if (shown.Count == 0) return [];
        List<Markup> keys = [Chart.Key(Shape.Diamond, "full", "full model")];
        if (study.Subnetworks.Count > 0)
            keys.AddRange([Chart.Key(Shape.Disc, "sub", "subnetwork"), Chart.Key(Shape.Ring, "random", "random mask of the same size")]);
        var meanings = shown.DistinctBy(s => s.Facts.Name).Select(s => $"{Wording.Capital(s.Facts.Name)}: {s.Facts.Meaning}");
        return [new("figures", "The tasks' figures", Reading(facts, study),
            [.. shown.Select((s, i) => Panel(study, s.Set, s.Facts, $"figures-{i}"))], keys,
            $"""
            Thin lines are 95&nbsp;% intervals over examples (of text, over windows).
            {string.Join(" ", meanings)}
            """,
            [TableOf(study, shown)])];
    }

    static List<(DataSet Set, FigureFacts Facts)> Shown(Measurements study) => [.. study.Sets.SelectMany(set =>
        (study.TaskOf(set)?.Figures ?? []).Where(f => Entries(study).Any(e => e.Figure(Key(set), f.Name) is not null))
            .Select(f => (set, f)))];

    static IEnumerable<Entry> Entries(Measurements study) => [study.Full, .. study.Subnetworks, .. study.Randoms];

    // as result.json writes it
    static string Key(DataSet set) => set switch { DataSet.InDomain => "inDomain", DataSet.OutOfDomain => "outOfDomain", _ => "unseen" };

    static Markup Panel(Measurements study, DataSet set, FigureFacts facts, string id)
    {
        List<(string Name, Entry[] Entries)> rows = [("full model", [study.Full]),
            .. study.Sparsities.Select(s => (Wording.Sparsity(s), study.At(s).ToArray())),
            .. study.Randoms.GroupBy(r => r.Target).Select(g => ($"random, {Wording.Short(g.Key!.Value)}", g.ToArray()))];
        Quantity? In(Entry e) => e.Figure(Key(set), facts.Name);
        rows = [.. rows.Where(r => r.Entries.Any(e => In(e) is not null))];
        List<Quantity> all = [.. rows.SelectMany(r => r.Entries).Select(In).OfType<Quantity>()];
        string heading = $"{facts.Name} {study.Where(set)}", axis = facts.Unit == "" ? facts.Name : $"{facts.Name}, {facts.Unit}";
        return Strips.Draw(id, heading, Wording.Capital(heading), $"{Wording.Count(rows.Count, "row")}, one mark per model or subnetwork.",
            [.. rows.Select(r => new Strip(r.Name, [.. r.Entries.Where(e => In(e) is not null).Select(e => MarkOf(e, In(e)!, facts))]))],
            Scale.Around(all.SelectMany(q => (double[])[q.Value, q.Low, q.High]), 0, 1, floor: double.NegativeInfinity), axis,
            facts.Unit == "share", lanes: true, [(0, "chance")]);
    }

    static Mark MarkOf(Entry e, Quantity q, FigureFacts facts)
    {
        var (look, shape) = e.Kind switch
        {
            EntryKind.Full => ("full", Shape.Diamond),
            EntryKind.Random => ("random", Shape.Ring),
            _ => ("sub", Shape.Disc),
        };
        return new(q.Value, look, shape, $"{e.Title}\n{facts.Name} {Whole(q, facts.Unit)}")
        {
            Interval = double.IsNaN(q.Low) ? null : (q.Low, q.High),
        };
    }

    static string Whole(Quantity q, string unit)
    {
        string interval = double.IsNaN(q.Low) ? "no interval" : $"{Wording.Number(q.Low, "0.000")} to {Wording.Number(q.High, "0.000")}";
        return $"{Wording.Number(q.Value, "0.000")}{(unit is "" or "share" ? "" : $" {unit}")} ({interval}, {Wording.Examples(q.N)})";
    }

    static string Reading(TaskFiguresFacts facts, Measurements study)
    {
        List<string> sentences = [];
        foreach (DataSet set in study.Sets)
        {
            if (facts.Figures.FirstOrDefault(f => f.Set == Key(set)) is not { Full: { } full } first) continue;
            string model = $"{Wording.Capital(study.Where(set))} the full model's {first.Name} is {Whole(full, first.Unit)}";
            FigureRange? main = study.Sparsities.Count == 0 ? null
                : first.Sparsities.FirstOrDefault(r => r.TargetSparsity == study.Sparsities[0]);
            sentences.Add(main is null ? $"{model}."
                : $"{model}; {Wording.Count(main.Subnetworks, "subnetwork")} at {Wording.Sparsity(main.TargetSparsity)} "
                    + $"{(main.Subnetworks == 1 ? "has" : "have")} {Wording.Number(main.Low, "0.000")} to "
                    + $"{Wording.Number(main.High, "0.000")}.");
        }
        return string.Join(" ", sentences);
    }

    static Table TableOf(Measurements study, List<(DataSet Set, FigureFacts Facts)> shown)
    {
        object?[]? Row(DataSet set, FigureFacts facts, Entry e) => e.Figure(Key(set), facts.Name) is not { } q ? null
            : [Measurements.Name(set), facts.Name, facts.Unit, e.Name, e.Target, q.Value, q.N, q.Low, q.High];
        return new("figures", "the tasks' figures", ["set", "figure", "unit", "name", "target sparsity", "value", "n", "low", "high"],
            [.. shown.SelectMany(s => Entries(study).Concat(study.Ablated).Select(e => Row(s.Set, s.Facts, e))).OfType<object?[]>()]);
    }
}
