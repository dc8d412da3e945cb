using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Questions;

/// <summary>What few bits a weight cost, in-domain and out of domain, by every rounding that was asked and by nearest.</summary>
sealed class Quantizations : IQuestion<QuantizationFacts>
{
    /// <summary>The question's name.</summary>
    internal const string Asked = "quantization";

    public string Name => Asked;

    public int Version => 1;

    public bool Usual => false;

    public QuantizationFacts? Ask(Subject subject) => subject.Quantized?.Invoke();

    public IReadOnlyList<Candidate> Candidates(QuantizationFacts facts, Findings findings)
    {
        AccuracyFacts sets = Sets(facts);
        return [MeasuredCandidates.Made(MeasuredCandidates.Full, CandidateKind.Full, facts.Full, facts.Stored, sets),
            .. facts.Models.Select(m => MeasuredCandidates.Made(
                m.Name, m.IsRandom ? CandidateKind.Random : CandidateKind.Quantized, m.Measured, m.Stored, sets) with
            { From = MeasuredCandidates.Full })];
    }

    static AccuracyFacts Sets(QuantizationFacts facts) =>
        new(0, facts.Full, new Dictionary<string, Measured>(), [], [], null, facts.Tasks) { Stored = facts.Stored };

    static string[] Uses(QuantizationFacts facts) =>
        [.. MeasuredCandidates.SetNames.Where(set => facts.Models.Any(m => m.Likeness.ContainsKey(set)))];

    // ---- words

    /// <summary>What came out, in a line.</summary>
    public static string Headline(QuantizationFacts facts) => Worse(facts) is [var first, ..] ? first : Best(facts);

    /// <summary>What came out, in sentences: what calibrated rounding made worse first.</summary>
    public static IReadOnlyList<string> Sentences(QuantizationFacts facts) =>
        [.. Worse(facts), .. Random(facts), .. facts.Models.Where(m => m.Nearest is not null).SelectMany(m => Better(m))];

    static string Best(QuantizationFacts facts)
    {
        QuantizedFacts small = facts.Models.Where(m => !m.IsRandom).MinBy(m => m.Likeness.GetValueOrDefault("inDomain")?.Kl?.Value
            ?? m.Error)!;
        string share = Wording.Percent((double)small.Stored.Bytes! / (double)facts.Stored.Bytes!);
        return $"{small.Scheme}: {share} of the bytes{(KlOn(small, "inDomain") is { } kl ? $", {kl} in-domain" : "")}";
    }

    static IReadOnlyList<string> Worse(QuantizationFacts facts) => [.. facts.Models.SelectMany(m => m.FromNearest
        .Where(set => set.Value.Low > 0).Select(set => $"{m.Scheme} is worse than nearest rounding {Where(set.Key)}: its KL divergence "
            + $"from the full model is higher by {Said(set.Value)} nats"))];

    static IEnumerable<string> Better(QuantizedFacts model) => model.FromNearest.Where(set => !(set.Value.Low > 0)).Select(set =>
        set.Value.High < 0 ? $"{model.Scheme}: {Where(set.Key)} its KL divergence is lower than nearest rounding's, by "
                + $"{Said(new(-set.Value.Value, set.Value.N, -set.Value.High, -set.Value.Low))} nats"
            : $"{model.Scheme}: {Where(set.Key)} its KL divergence is not to be told from nearest rounding's "
                + $"({Said(set.Value)} nats)");

    // of a subnetwork's parts with more bits, next to random ones
    static IEnumerable<string> Random(QuantizationFacts facts)
    {
        foreach (var group in facts.Models.Where(m => m.IsRandom).GroupBy(m => m.Scheme))
            if (facts.Models.FirstOrDefault(m => !m.IsRandom && m.Scheme == group.Key) is { } own)
                foreach (string set in Uses(facts))
                    if (own.Likeness[set].Kl is { } kl)
                    {
                        int lower = group.Count(m => m.Likeness[set].Kl!.Value <= kl.Value);
                        yield return $"{own.Scheme}: {Where(set)} {lower} of {Wording.Count(group.Count(), "random set")} of parts with "
                            + $"more bits diverge as little as the subnetwork's ({Number(kl.Value)} nats)";
                    }
    }

    static string Where(string set) => set == "unseen" ? "on unseen constructions" : Measurements.Name(set);

    static string? KlOn(QuantizedFacts model, string set) =>
        model.Likeness.GetValueOrDefault(set)?.Kl is { } kl ? $"KL {Said(kl)} nats" : null;

    static string Said(Quantity q) => double.IsNaN(q.Low) ? Number(q.Value) : $"{Number(q.Value)} ({Number(q.Low)} to {Number(q.High)})";

    static string Number(double value) =>
        Wording.Number(value, Math.Abs(value) >= 1 ? "0.00" : Math.Abs(value) >= 0.01 ? "0.000" : "0.0000");

    public string Words(QuantizationFacts facts, Findings findings)
    {
        List<string> lines = [.. Worse(facts).Select(worse => $"! {worse}\n")];
        AccuracyFacts sets = Sets(facts);
        string[] uses = Uses(facts);
        List<string[]> sizes = [["", "bits", "MB", "error of outputs"], [MeasuredCandidates.Full, "", Megabytes(facts.Stored), ""]];
        foreach (QuantizedFacts m in facts.Models)
            sizes.Add([NameOf(m), Wording.Number(m.Bits, "0.00"), Megabytes(m.Stored), $"{Wording.Number(100 * m.Error, "0.000")} %"]);
        lines.AddRange(Aligned(sizes));
        foreach (string set in uses)
        {
            string figure = MeasuredCandidates.FigureOn(set, facts.Full, sets)?.Measure ?? CandidateFigure.Accuracy;
            List<string[]> cells = [[N(set), "KL", "agreement", figure], [MeasuredCandidates.Full, "", "", On(set, facts.Full)]];
            foreach (QuantizedFacts m in facts.Models)
                cells.Add([NameOf(m), m.Likeness[set].Kl is { } kl ? Said(kl) : "",
                    m.Likeness[set].Agreement is { } share ? Wording.Short(share) : "", On(set, m.Measured)]);
            lines.AddRange(Aligned(cells));
        }
        lines.Add("KL is the divergence from the full model in nats (of text, per token); intervals are 95 %, over examples.\n");
        lines.Add($"Moments were taken on {Wording.Count(facts.Tokens, "token")} of {Wording.List(facts.Data)}; MB are those of codes and "
            + "scales, while the folders hold the same values as float32.\n");
        lines.AddRange(Random(facts).Concat(facts.Models.SelectMany(Better)).Select(sentence => $"{sentence}\n"));
        lines.AddRange(facts.Models.SelectMany(m => m.Notes.Select(note => $"{m.Scheme}: {note}.\n")).Distinct());
        return Wording.Plain(string.Concat(lines));

        static string NameOf(QuantizedFacts m) => m.IsRandom ? m.Name : m.Scheme;
        string N(string set) => MeasuredCandidates.FigureOn(set, facts.Full, sets) is { } f ? $"{Where(set)}, n = {f.N}" : Where(set);
        string On(string set, Measured of)
        {
            if (MeasuredCandidates.FigureOn(set, of, sets) is not { } f) return "";
            string Value(double value) => CandidateRows.Value(f.Measure, value);
            return f is { Low: { } low, High: { } high } ? $"{Value(f.Value)} ({Value(low)} to {Value(high)})" : Value(f.Value);
        }
    }

    static IEnumerable<string> Aligned(List<string[]> cells)
    {
        int[] widths = [.. Enumerable.Range(0, cells[0].Length).Select(column => cells.Max(row => row[column].Length))];
        string Padded(string cell, int column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]);
        return cells.Select(row => $"{string.Join("  ", row.Select(Padded)).TrimEnd()}\n");
    }

    static string Megabytes(StoredModel stored) => Wording.Number(stored.Bytes!.Value / 1e6, stored.Bytes < 1e7 ? "0.000" : "0.0");

    // ---- drawing

    public IReadOnlyList<Figure> Draw(QuantizationFacts facts, Findings findings)
    {
        string[] uses = [.. Uses(facts).Where(set => facts.Models.Any(m => m.Likeness[set].Kl is not null))];
        if (uses.Length == 0) return [];
        Markup Panel(string set)
        {
            Strip[] rows = [.. facts.Models.Where(m => m.Likeness[set].Kl is not null).Select(m =>
            {
                Quantity kl = m.Likeness[set].Kl!;
                string look = m.IsRandom ? "random" : m.Nearest is null ? "full" : "sub";
                Shape shape = m.IsRandom ? Shape.Ring : m.Nearest is null ? Shape.Diamond : Shape.Disc;
                (double, double)? interval = double.IsNaN(kl.Low) ? null : (kl.Low, kl.High);
                return new Strip(m.IsRandom ? m.Name : m.Scheme, [new(kl.Value, look, shape, $"{m.Scheme}\nKL {Said(kl)} nats", interval)]);
            })];
            IEnumerable<double> ends = rows.SelectMany(row => row.Marks)
                .SelectMany(mark => (double[])[0, mark.Value, mark.Interval?.High ?? mark.Value]);
            return Strips.Draw($"quantization-{set}", Measurements.Name(set), $"Divergence from the full model, {Measurements.Name(set)}",
                $"{Wording.Count(rows.Length, "quantized model")}, a row each.", rows, Scale.Around(ends, 0, 1), "KL, nats", false);
        }
        List<Markup> keys = [Chart.Key(Shape.Diamond, "full", "nearest rounding"), Chart.Key(Shape.Disc, "sub", "rounding by moments")];
        if (facts.Models.Any(m => m.IsRandom)) keys.Add(Chart.Key(Shape.Ring, "random", "random parts with more bits"));
        return [new(Asked, "What few bits a weight cost", string.Join(" ", Sentences(facts).Select(s => $"{s}.")),
            [.. uses.Select(Panel)], keys, $"""
            KL divergence of what each quantized model says from what the full model says; lines are 95&nbsp;% intervals over examples.
            Moments were taken on {Wording.Count(facts.Tokens, "token")} of {Wording.List(facts.Data)}. Megabytes are those of codes and
            scales; the folders hold the same values as float32, and quantization.json there says the grid of every matrix.
            """, [TableOf(facts)])];
    }

    static Table TableOf(QuantizationFacts facts)
    {
        AccuracyFacts sets = Sets(facts);
        string[] uses = Uses(facts);
        object?[] Likely(QuantizedFacts m, string set)
        {
            Likeness likeness = m.Likeness[set];
            CandidateFigure? figure = MeasuredCandidates.FigureOn(set, m.Measured, sets);
            Quantity? from = m.FromNearest.GetValueOrDefault(set);
            return [likeness.Kl?.Value, likeness.Kl?.Low, likeness.Kl?.High, from?.Value, from?.Low, from?.High, likeness.Agreement?.Value,
                figure?.Measure, figure?.Value, figure?.N, figure?.Low, figure?.High];
        }
        string[] Columns(string set) => [.. ((string[])["KL", "KL low", "KL high", "KL less nearest's", "less low", "less high",
            "agreement", "measure", "value", "n", "low", "high"]).Select(column => $"{Measurements.Name(set)} {column}")];
        return new("quantized", "quantized models", ["model", "scheme", "bits", "bytes", "error of outputs", "file",
            .. uses.SelectMany(Columns)], [.. facts.Models.Select(m => (object?[])[m.Name, m.Scheme, m.Bits, m.Stored.Bytes, m.Error,
                m.Stored.File, .. uses.SelectMany(set => Likely(m, set))])]);
    }
}
