using System.Globalization;
using Heartwood.Lab.Evaluation;

namespace Heartwood.Lab.Questions;

/// <summary>The table of candidates on a terminal.</summary>
public static class CandidateWords
{
    /// <summary>The table, with the reason of the choice under it; "" where there is nothing to choose from.</summary>
    public static string Table(IReadOnlyList<Candidate> candidates)
    {
        if (candidates.Count == 0) return "";
        IReadOnlyList<CandidateRow> rows = CandidateRows.Arrange(candidates);
        List<(string Heading, Func<Candidate, double?> Value, Func<IReadOnlyList<Candidate>, string> Cell)> columns = [];
        foreach (var (name, on) in (ReadOnlySpan<(string, Func<Candidate, CandidateFigure?>)>)
            [("in-domain", c => c.InDomain), ("out of domain", c => c.OutOfDomain), ("unseen", c => c.Unseen)])
            columns.Add((name, c => on(c)?.Value, of => Figures([.. of.Select(on).OfType<CandidateFigure>()])));
        columns.Add(("weights", c => c.Weights, of => Range(of.Select(c => (double?)c.Weights), Count)));
        columns.Add(("MB", c => c.Bytes, of => Range(of.Select(c => c.Bytes / 1e6), n => Number(n, n < 10 ? "0.00" : "0.0"))));
        columns.Add(("ms*", c => c.SecondsPer1000Tokens,
            of => Range(of.Select(c => c.SecondsPer1000Tokens * 1000), n => Number(n, "0.00"))));
        columns = [.. columns.Where(column => candidates.Any(c => column.Value(c) is not null))];

        string[][] cells = [["", .. columns.Select(c => c.Heading)], .. rows.Select(row => (string[])[Label(row),
            .. columns.Select(column => row.Of.Count == 0 ? "" : column.Cell(row.Of))])];
        int[] widths = [.. Enumerable.Range(0, cells[0].Length).Select(column => cells.Max(row => row[column].Length))];
        string Padded(string cell, int column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]);
        string lines = string.Concat(cells.Select(row => $"{string.Join("  ", row.Select(Padded)).TrimEnd()}\n"));
        string timed = candidates.Any(c => c.SecondsPer1000Tokens is not null) ? "*milliseconds per 1,000 tokens. " : "";
        string measures = Measures(candidates), notes = $"{measures}{timed}{(measures == "" ? "" : "± is a 95 % interval.")}".TrimEnd();
        return $"{lines}{(notes == "" ? "" : $"{notes}\n")}{Choice(candidates)}";
    }

    static string Label(CandidateRow row) => $"{(row.Of.Any(c => c.Chosen) ? "> " : "  ")}{(row.Under ? "  " : "")}{row.Label}";

    // the measures that the columns have, in one sentence where they are alike
    static string Measures(IReadOnlyList<Candidate> candidates)
    {
        string[] names = [.. candidates.SelectMany(c => (CandidateFigure?[])[c.InDomain, c.OutOfDomain, c.Unseen]).OfType<CandidateFigure>()
            .Select(f => f.Measure).Distinct()];
        return names is [CandidateFigure.Accuracy] ? "Accuracy in %. " : names is [var one] ? $"{char.ToUpperInvariant(one[0])}{one[1..]}. "
            : names.Length > 1 ? "Accuracy in %, other figures by their names. " : "";
    }

    static string Choice(IReadOnlyList<Candidate> candidates) => string.Concat(candidates.Where(c => c.Chosen).Select(c =>
        $"> is the one that was written, to {c.File}. {c.Reason}\n"));

    static string Figures(IReadOnlyList<CandidateFigure> figures)
    {
        if (figures.Count == 0) return "";
        string name = figures[0].Measure == CandidateFigure.Accuracy ? "" : $"{figures[0].Measure} ";
        string Value(double v) => figures[0].Measure == CandidateFigure.Accuracy ? Number(100 * v, "0.0")
            : Number(v, Math.Abs(v) < 1 ? "0.000" : "0.00");
        if (figures is [var one]) return $"{name}{Value(one.Value)}{(Half(one) is { } half ? $" ±{Value(half)}" : "")}";
        return $"{name}{Value(figures.Min(f => f.Value))} to {Value(figures.Max(f => f.Value))}";
    }

    // the longer side of the interval, which need not be symmetric
    static double? Half(CandidateFigure f) => f is { Low: { } low, High: { } high } ? Math.Max(f.Value - low, high - f.Value) : null;

    static string Range(IEnumerable<double?> values, Func<double, string> text)
    {
        string[] all = [.. values.OfType<double>().Order().Select(text).Distinct()];
        return all.Length switch { 0 => "", 1 => all[0], _ => $"{all[0]} to {all[^1]}" };
    }

    // 573,186 and 66.9 M
    static string Count(double weights) => weights < 1e7 ? Number(weights, "#,0") : $"{Number(weights / 1e6, "0.0")} M";

    static string Number(double value, string pattern) => value.ToString(pattern, CultureInfo.InvariantCulture);
}
