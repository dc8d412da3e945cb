using System.Text.Json;
using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Json;
using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Questions;

/// <summary>How a training went.</summary>
/// <param name="Model">folder of the trained model</param>
/// <param name="Steps">steps taken</param>
/// <param name="Final">the last measurement; null where nothing was given to measure on</param>
/// <param name="Baselines">what needs no model, measured on the same sets, by name</param>
/// <param name="Losses">loss of the batches, over stretches of steps</param>
/// <param name="Curve">what was measured while training</param>
public sealed record TrainingFacts(string Model, int Steps, Measured? Final, IReadOnlyDictionary<string, Measured> Baselines,
    IReadOnlyList<LossPoint> Losses, IReadOnlyList<TrainingPoint> Curve);

/// <summary>Loss of the batches over a stretch of steps.</summary>
/// <param name="Step">the last step of the stretch</param>
/// <param name="Mean">mean loss</param>
/// <param name="Low">the smallest</param>
/// <param name="High">the largest</param>
/// <param name="Batches">how many batches</param>
public sealed record LossPoint(long Step, double Mean, double Low, double High, int Batches);

/// <summary>One measurement while training, a line of <c>curve.jsonl</c>.</summary>
/// <param name="Step">after how many steps</param>
/// <param name="InDomainLoss">loss in-domain</param>
/// <param name="InDomain">accuracy in-domain; null where there is no such share</param>
/// <param name="OutOfDomain">accuracy out of domain; null where it was not measured</param>
/// <param name="Figures">the tasks' figures, by set and name; null where there are none</param>
public sealed record TrainingPoint(long Step, double? InDomainLoss, Proportion? InDomain = null, Proportion? OutOfDomain = null,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, Quantity>>? Figures = null);

/// <summary>How a training went: loss, accuracy over steps, and what has to be beaten.</summary>
sealed class TrainingCurve : IQuestion<TrainingFacts>
{
    const int Stretches = 50;

    public string Name => "training";

    public int Version => 1;

    public TrainingFacts? Ask(Subject subject)
    {
        if (subject.Training is not { } end) return null;
        Dictionary<string, Measured> baselines = end.Final is null ? []
            : Baselines.Measure(subject.Data, subject.Loaded, subject.Settings.LabelMap, subject.Sets);
        return new(end.Model, end.Steps, end.Final, baselines, Losses(subject.Folder), Curve(subject.Folder));
    }

    static LossPoint[] Losses(RunFolder folder)
    {
        (long Step, double Loss)[] all = [.. Lines(folder, "metrics.jsonl")
            .Select(l => (l.GetProperty("step").GetInt64(), Number(l.GetProperty("loss"))))];
        LossPoint Point((long Step, double Loss)[] of) =>
            new(of[^1].Step, of.Average(l => l.Loss), of.Min(l => l.Loss), of.Max(l => l.Loss), of.Length);
        return all.Length == 0 ? [] : [.. all.Chunk((all.Length + Stretches - 1) / Stretches).Select(Point)];
    }

    // NaN and infinities are written by name
    static double Number(JsonElement value) => value.Deserialize<double>(JsonWriting.Kept);

    static TrainingPoint[] Curve(RunFolder folder) =>
        [.. Lines(folder, "curve.jsonl").Select(l => l.Deserialize<TrainingPoint>(JsonWriting.Kept)!)];

    static IEnumerable<JsonElement> Lines(RunFolder folder, string file) => !folder.Has(file) ? []
        : File.ReadLines(folder.PathOf(file)).Where(l => l.Length > 0).Select(l => JsonSerializer.Deserialize<JsonElement>(l));

    public string Words(TrainingFacts facts, Findings findings)
    {
        if (facts.Final is not { } final) return "nothing was measured: give --in-domain\n";
        if (final.Figures is not null) return $"{TaskFigures.Lines(final.Figures).Trim()}\n";
        string outside = final.OutOfDomain is { } o ? $", out of domain {Wording.Full(o)}" : "";
        return $"in-domain {Wording.Full(final.InDomain)}{outside}\n";
    }

    // ---- drawing

    /// <summary>The training in one line.</summary>
    internal static string Headline(TrainingFacts facts)
    {
        string steps = $"Trained for {Wording.Count(facts.Steps, "step")}";
        return facts.Final is { InDomain.N: > 0 } final ? $"{steps}: {Wording.Percent(final.InDomain.Value)} in-domain" : steps;
    }

    /// <summary>What came of the training: what beats it first.</summary>
    internal static IReadOnlyList<string> Sentences(TrainingFacts facts)
    {
        List<string> sentences = [];
        if (facts.Final is not { } final) return ["Nothing was measured while training: give data with --in-domain to see accuracy over "
            + "the steps."];
        if (final.InDomain.N == 0)
        {
            string Figure(string name, Quantity q) => $"{name} {Wording.Number(q.Value, "0.000")} ({Wording.Examples(q.N)})";
            foreach (var (set, figures) in final.Figures ?? new Dictionary<string, IReadOnlyDictionary<string, Quantity>>())
                sentences.Add($"At the end, {Measurements.Name(set)}: {Wording.List([.. figures.Select(f => Figure(f.Key, f.Value))])}.");
            return sentences;
        }
        foreach (var (name, baseline) in facts.Baselines.Where(b => b.Value.InDomain.Value >= final.InDomain.Value))
            sentences.Add($"The baseline {name}, which needs no model, does at least as well in-domain: "
                + $"{Wording.Full(baseline.InDomain)}.");
        string outside = final.OutOfDomain is { } o ? $" and {Wording.Full(o)} out of domain" : "";
        string[] others = [.. facts.Baselines.Select(b => $"{b.Key} {Wording.Percent(b.Value.InDomain.Value)}")];
        string compared = others.Length == 0 ? "" : $" For comparison, in-domain: {Wording.List(others)}.";
        sentences.Add($"At the end the model reaches {Wording.Full(final.InDomain)} in-domain{outside}.{compared}");
        return sentences;
    }

    public IReadOnlyList<Figure> Draw(TrainingFacts facts, Findings findings)
    {
        List<Figure> figures = [];
        if (facts.Losses.Count > 0) figures.Add(LossFigure(facts));
        if (facts.Curve.Any(p => p.InDomain is { N: > 0 })) figures.Add(AccuracyFigure(facts));
        else if (facts.Curve.Any(p => p.Figures is not null)) figures.Add(TaskFigure(facts));
        return figures;
    }

    static (Scale Axis, (double, string)[] Ticks) Steps(TrainingFacts facts)
    {
        Scale x = BandChart.Along(0, facts.Steps);
        return (x, [.. x.Ticks(5).Select(t => (t, Wording.Count((long)t)))]);
    }

    static Figure LossFigure(TrainingFacts facts)
    {
        var (x, ticks) = Steps(facts);
        BandPoint At(LossPoint p) => new(p.Step, new(p.Mean, p.Low, p.High, p.Batches),
            $"up to step {Wording.Count(p.Step)}\nmean loss {Wording.Number(p.Mean, "0.0000")} over {Wording.Count(p.Batches)} batches");
        BandPoint[] batches = [.. facts.Losses.Where(p => double.IsFinite(p.Mean)).Select(At)];
        BandPoint[] inDomain = [.. facts.Curve.Where(p => p.InDomainLoss is { } l && double.IsFinite(l)).Select(p => new BandPoint(
            p.Step, new(p.InDomainLoss!.Value, p.InDomainLoss.Value, p.InDomainLoss.Value, 1),
            $"step {Wording.Count(p.Step)}\nloss in-domain {Wording.Number(p.InDomainLoss, "0.0000")}"))];
        var values = batches.Concat(inDomain).SelectMany(p => (double[])[p.Y.Low, p.Y.High]);
        Markup panel = BandChart.Draw("training-loss", "loss over training", "Loss over the steps of training",
            $"{Wording.Count(batches.Length)} stretches of steps, and {Wording.Count(inDomain.Length, "measurement")} in-domain.",
            [new("sub", Shape.Disc, batches), new("full", Shape.Diamond, inDomain)], x, ticks,
            BandChart.Up([0, .. values], double.PositiveInfinity), ("step", "loss"), false);
        LossPoint first = facts.Losses[0], last = facts.Losses[^1];
        string reading = $"The loss of a batch falls from {Wording.Number(first.Mean, "0.000")} (mean of the first "
            + $"{Wording.Count(first.Batches)}) "
            + $"to {Wording.Number(last.Mean, "0.000")} (of the last {Wording.Count(last.Batches)}).";
        if (last.Mean >= first.Mean)
            reading = $"The loss of a batch does not fall: {Wording.Number(first.Mean, "0.000")} at first, "
                + $"{Wording.Number(last.Mean, "0.000")} at the end.";
        return new("loss", "Loss over training", reading, [panel],
            [Chart.Key(Shape.Disc, "sub", "batches of training: mean over a stretch of steps"),
                Chart.Key(Shape.Diamond, "full", "in-domain"),
                Chart.BandKey("from the smallest to the largest of the stretch")],
            $"A mark stands at the last step of its stretch.",
            [new("loss", "loss of the batches, over stretches of steps", ["step", "mean", "smallest", "largest", "batches"],
                [.. facts.Losses.Select(p => (object?[])[p.Step, p.Mean, p.Low, p.High, p.Batches])])]);
    }

    static Figure AccuracyFigure(TrainingFacts facts)
    {
        var (x, ticks) = Steps(facts);
        BandLine Line(string kind, Shape shape, string set, Func<TrainingPoint, Proportion?> share)
        {
            BandPoint? At(TrainingPoint p) => share(p) is not { N: > 0 } s ? null
                : new(p.Step, new(s.Value, s.Low, s.High, s.N), $"step {Wording.Count(p.Step)}\n{set} {Wording.Full(s)}");
            return new(kind, shape, [.. facts.Curve.Select(At).OfType<BandPoint>()]);
        }
        BandLine[] lines = [Line("sub", Shape.Diamond, "out of domain", p => p.OutOfDomain),
            Line("full", Shape.Disc, "in-domain", p => p.InDomain)];
        var ends = lines.SelectMany(l => l.Points).SelectMany(p => (double[])[p.Y.Low, p.Y.High]);
        double[] baselines = [.. facts.Baselines.Values.Select(b => b.InDomain.Value)];
        Markup panel = BandChart.Draw("training-accuracy", "accuracy over training", "Accuracy over the steps of training",
            $"{Wording.Count(facts.Curve.Count, "measurement")}.", lines, x, ticks, BandChart.Up([1, .. baselines, .. ends], 1),
            ("step", "accuracy"), true, [.. baselines.Select(b => (b, "chance"))]);
        string[] names = [.. facts.Baselines.Select(b => $"{b.Key} {Wording.Full(b.Value.InDomain)}")];
        string dotted = names.Length == 0 ? "" : $" Dotted lines are what needs no model, in-domain: {Wording.List(names)}.";
        TrainingPoint best = facts.Curve.MaxBy(p => p.InDomain!.Value)!;
        List<Markup> keys = [Chart.Key(Shape.Disc, "full", "in-domain")];
        if (lines[0].Points.Count > 0) keys.Add(Chart.Key(Shape.Diamond, "sub", "out of domain"));
        keys.Add(Chart.BandKey("95\u00A0% interval over examples"));
        return new("accuracy", "Accuracy over training",
            $"In-domain accuracy is highest at step {Wording.Count(best.Step)}: {Wording.Full(best.InDomain)}; the last step has "
                + $"{Wording.Full(facts.Curve[^1].InDomain)}. Out-of-domain data chose nothing.",
            [panel], keys, $"Figures are of the whole sets at each measurement.{dotted}",
            [new("accuracy", "accuracy while training",
                ["step", .. Table.ColumnsOf("in-domain"), .. Table.ColumnsOf("out of domain"), "in-domain loss"],
                [.. facts.Curve.Select(p => (object?[])[p.Step, .. Table.CellsOf(p.InDomain), .. Table.CellsOf(p.OutOfDomain),
                    p.InDomainLoss])])]);
    }

    // of tasks without answers that are right or wrong: each figure in a panel of its own
    static Figure TaskFigure(TrainingFacts facts)
    {
        var (x, ticks) = Steps(facts);
        string[] sets = [.. facts.Curve.SelectMany(p => p.Figures?.Keys ?? []).Distinct()];
        string[] names = [.. facts.Curve.SelectMany(p => p.Figures?.Values.SelectMany(f => f.Keys) ?? []).Distinct()];
        Quantity? In(TrainingPoint p, string set, string name) => p.Figures?.GetValueOrDefault(set)?.GetValueOrDefault(name);
        BandLine Line(string set, string name)
        {
            BandPoint? At(TrainingPoint p) => In(p, set, name) is not { } q || !double.IsFinite(q.Value) ? null
                : new(p.Step, new(q.Value, double.IsFinite(q.Low) ? q.Low : q.Value, double.IsFinite(q.High) ? q.High : q.Value, q.N),
                    $"step {Wording.Count(p.Step)}\n{Measurements.Name(set)} {name} {Wording.Number(q.Value, "0.000")} "
                        + $"({Wording.Examples(q.N)})");
            return new(set == "inDomain" ? "full" : "sub", set == "inDomain" ? Shape.Disc
                : Shape.Diamond, [.. facts.Curve.Select(At).OfType<BandPoint>()]);
        }
        Markup Panel(string name, int i)
        {
            BandLine[] lines = [.. sets.Select(s => Line(s, name))];
            var ends = lines.SelectMany(l => l.Points).SelectMany(p => (double[])[p.Y.Low, p.Y.High]);
            return BandChart.Draw($"training-figure-{i}", $"{name} over training", $"{Wording.Capital(name)} over the steps of training",
                $"{Wording.Count(facts.Curve.Count, "measurement")}.", lines, x, ticks,
                BandChart.Up(ends, double.PositiveInfinity, double.NegativeInfinity), ("step", name), false);
        }
        object?[]? Row(TrainingPoint p, string set, string name) =>
            In(p, set, name) is { } q ? [p.Step, Measurements.Name(set), name, q.Value, q.N, q.Low, q.High] : null;
        string[] last = [.. names.Where(n => In(facts.Curve[^1], "inDomain", n) is not null)
            .Select(n => $"{n} {Wording.Number(In(facts.Curve[^1], "inDomain", n)!.Value, "0.000")}")];
        return new("figures", "The tasks' figures over training", $"After the last step, in-domain: {Wording.List(last)}.",
            [.. names.Select(Panel)],
            [Chart.Key(Shape.Disc, "full", "in-domain"), Chart.Key(Shape.Diamond, "sub", "out of domain"),
                Chart.BandKey("95\u00A0% interval over examples")],
            $"Figures are of the whole sets at each measurement.",
            [new("figures", "the tasks' figures while training", ["step", "set", "figure", "value", "n", "low", "high"],
                [.. facts.Curve.SelectMany(p => sets.SelectMany(s => names.Select(n => Row(p, s, n)))).OfType<object?[]>()])]);
    }
}
