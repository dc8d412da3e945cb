using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;

namespace Heartwood.Lab.Questions;

/// <summary>The table of candidates on a terminal.</summary>
public static class CandidateWords
{
    /// <summary>What failed, a line each, then the table with the reason of the choice under it; "" where there is neither.</summary>
    /// <param name="candidates">the candidates</param>
    /// <param name="failures">what failed; a row of it begins with an exclamation mark</param>
    public static string Table(IReadOnlyList<Candidate> candidates, IReadOnlyList<Failure> failures)
    {
        string failed = string.Concat(failures.Select(f => $"! {Wording.Plain(f.Sentence)}\n"));
        if (candidates.Count == 0) return failed;
        HashSet<string> names = [.. failures.SelectMany(f => f.Candidates)];
        IReadOnlyList<CandidateRow> rows = CandidateRows.Arrange(candidates);
        List<(string Heading, Func<Candidate, double?> Value, Func<IReadOnlyList<Candidate>, string> Cell)> columns = [];
        foreach (var (name, on) in (ReadOnlySpan<(string, Func<Candidate, CandidateFigure?>)>)
            [("in-domain", c => c.InDomain), ("out of domain", c => c.OutOfDomain), ("unseen", c => c.Unseen)])
            columns.Add((name, c => on(c)?.Value, of => Figures([.. of.Select(on).OfType<CandidateFigure>()])));
        foreach (var (name, of, text) in CandidateRows.Costs)
            columns.Add((name, of, several => CandidateRows.Range(several.Select(of), text)));
        columns = [.. columns.Where(column => candidates.Any(c => column.Value(c) is not null))];

        string[][] cells = [["", .. columns.Select(c => c.Heading)], .. rows.Select(row => (string[])[Label(row, names),
            .. columns.Select(column => row.Of.Count == 0 ? "" : column.Cell(row.Of))])];
        int[] widths = [.. Enumerable.Range(0, cells[0].Length).Select(column => cells.Max(row => row[column].Length))];
        string Padded(string cell, int column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]);
        string lines = string.Concat(cells.Select(row => $"{string.Join("  ", row.Select(Padded)).TrimEnd()}\n"));
        string timed = candidates.Any(c => c.SecondsPer1000Tokens is not null) ? "*milliseconds per 1,000 tokens. " : "";
        string measures = Measures(candidates), notes = $"{measures}{timed}{(measures == "" ? "" : "± is a 95 % interval.")}".TrimEnd();
        return $"{failed}{lines}{(notes == "" ? "" : $"{notes}\n")}{Choice(candidates)}";
    }

    static string Label(CandidateRow row, HashSet<string> failed)
    {
        string mark = row.Of.Any(c => failed.Contains(c.Name)) ? "! " : "  ";
        return row.Of.Any(c => c.Chosen) ? $">{(mark[0] == '!' ? "!" : " ")}{(row.Under ? "  " : "")}{row.Label}"
            : $"{mark}{(row.Under ? "  " : "")}{row.Label}";
    }

    // the measures that the columns have, in one sentence where they are alike
    static string Measures(IReadOnlyList<Candidate> candidates)
    {
        string[] names = [.. candidates.SelectMany(c => (CandidateFigure?[])[c.InDomain, c.OutOfDomain, c.Unseen]).OfType<CandidateFigure>()
            .Select(f => f.Measure).Distinct()];
        return names is [CandidateFigure.Accuracy] ? "Accuracy in %. " : names is [var one] ? $"{Wording.Capital(one)}. "
            : names.Length > 1 ? "Accuracy in %, other figures by their names. " : "";
    }

    static string Choice(IReadOnlyList<Candidate> candidates) => string.Concat(candidates.Where(c => c.Chosen).Select(c =>
        $"> is the one that was written, to {c.File}. {c.Reason}\n"));

    static string Figures(IReadOnlyList<CandidateFigure> figures)
    {
        if (figures.Count == 0) return "";
        string name = figures[0].Measure == CandidateFigure.Accuracy ? "" : $"{figures[0].Measure} ";
        string Value(double v) => CandidateRows.Value(figures[0].Measure, v);
        if (figures is [var one]) return $"{name}{Value(one.Value)}{(Half(one) is { } half ? $" ±{Value(half)}" : "")}";
        return $"{name}{Value(figures.Min(f => f.Value))} to {Value(figures.Max(f => f.Value))}";
    }

    // the longer side of the interval, which need not be symmetric
    static double? Half(CandidateFigure f) => f is { Low: { } low, High: { } high } ? Math.Max(f.Value - low, high - f.Value) : null;
}
