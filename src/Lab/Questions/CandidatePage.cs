using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;

namespace Heartwood.Lab.Questions;

/// <summary>The first thing on the page: the table of candidates, and in-domain against out of domain next to it.</summary>
static class CandidatePage
{
    /// <summary>The section; nothing where there are no candidates.</summary>
    public static Markup Section(Findings findings)
    {
        IReadOnlyList<Candidate> candidates = findings.Candidates;
        if (candidates.Count == 0) return Markup.Empty;
        Markup chart = Drawing(candidates, findings), table = TableOf(candidates, [.. findings.Failed.SelectMany(f => f.Candidates)]);
        return $"""
            <section class="candidates{(chart.ToString() == "" ? "" : " drawn")}" id="candidates" aria-label="Candidates">
            <div class="choices"><div class="across" tabindex="0" role="region" aria-label="Table of candidates">{table}</div>
            {Choice(candidates, findings.Measured is { } study ? Accuracy.Meanings(study).Trim() : "")}</div>
            {chart}{All(findings)}{ExportWords.Section(findings.Exports)}</section>

            """;
    }

    // every figure, to be opened
    static Markup All(Findings findings) => findings.Measured is not { } study ? Markup.Empty
        : Markup.From($"<div class=\"every\">{Accuracy.TableOf(study).Html}</div>\n");

    // ---- the table

    sealed record Column(string Heading, Func<Candidate, bool> Has, Func<IReadOnlyList<Candidate>, Markup> Cell);

    static Markup TableOf(IReadOnlyList<Candidate> candidates, HashSet<string> failed)
    {
        Column[] columns = [.. Columns(candidates).Where(column => candidates.Any(column.Has))];
        IReadOnlyList<CandidateRow> rows = CandidateRows.Arrange(candidates), first = CandidateRows.First(rows);
        Markup Line(CandidateRow row)
        {
            if (row.Of.Count == 0)
                return $"<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"{columns.Length + 1}\">{row.Label}</th></tr>\n";
            Markup place = row.Of is [{ File: { } file } one]
                && (one.Chosen || one.Kind is not (CandidateKind.Subnetwork or CandidateKind.Quantized))
                    ? Markup.From($" <code>{file}</code>") : Markup.Empty;
            string kind = $"{row.Of[0].Kind.ToString().ToLowerInvariant()}{(row.Of.Any(c => c.Chosen) ? " chosen" : "")}";
            bool bad = row.Of.Any(c => failed.Contains(c.Name));
            Markup said = bad ? Markup.From($" <span class=\"failed\">failed</span>") : Markup.Empty;
            Markup name = $"<th scope=\"row\" title=\"{row.Of[0].File}\">{Symbol(row.Of[0])} {row.Label}{said}{place}</th>";
            kind += $"{(row.Under ? " under" : "")}{(bad ? " failed" : "")}";
            return $"<tr class=\"{kind}\">{name}{columns.Select(c => c.Cell(row.Of))}</tr>\n";
        }
        static Markup Heading(Column column) => $"<th scope=\"col\">{column.Heading}</th>";
        Markup Lines(IEnumerable<CandidateRow> some) => $"""
            <table class="candidates">
            <thead><tr><th scope="col">candidate</th>{columns.Select(Heading)}</tr></thead>
            <tbody>{some.Select(Line)}</tbody></table>
            """;
        CandidateRow[] rest = [.. rows.Except(first)];
        return rest.Length == 0 ? Lines(rows) : $"""
            {Lines(first)}
            <details class="sizes"><summary>Other sizes ({Wording.Count(rest.Length, "row")})</summary>
            {Lines(rest)}</details>
            """;
    }

    static IEnumerable<Column> Columns(IReadOnlyList<Candidate> candidates)
    {
        foreach (var (name, on) in Sets)
        {
            string[] measures = [.. candidates.Select(on).OfType<CandidateFigure>().Select(f => f.Measure).Distinct()];
            string heading = measures is [CandidateFigure.Accuracy] ? $"{name}, %" : measures is [var one] ? $"{name}, {one}" : name;
            yield return new(heading, c => on(c) is not null, of => Figures([.. of.Select(on).OfType<CandidateFigure>()]));
        }
        foreach (var (name, value, text) in CandidateRows.Costs)
            yield return new(name == "ms*" ? "ms per 1k\u00A0tokens" : name, c => value(c) is not null,
                of => $"<td class=\"n\">{CandidateRows.Range(of.Select(value), text)}</td>");
    }

    static readonly (string Name, Func<Candidate, CandidateFigure?> On)[] Sets =
        [("in-domain", c => c.InDomain), ("out of domain", c => c.OutOfDomain), ("unseen", c => c.Unseen)];

    static Markup Figures(IReadOnlyList<CandidateFigure> figures)
    {
        if (figures.Count == 0) return $"<td></td>";
        if (figures is [var one])
        {
            Markup interval = one is { Low: { } low, High: { } high }
                ? Markup.From($" <span class=\"interval\">{Value(one.Measure, low)} to {Value(one.Measure, high)}</span>") : Markup.Empty;
            return $"<td class=\"n\" title=\"n {Wording.Count(one.N)}\">{Value(one.Measure, one.Value)}{interval}</td>";
        }
        string least = Value(figures[0].Measure, figures.Min(f => f.Value)), most = Value(figures[0].Measure, figures.Max(f => f.Value));
        return $"<td class=\"n\">{least} to {most}</td>";
    }

    static string Value(string measure, double value) => CandidateRows.Value(measure, value);

    static Markup Symbol(Candidate c)
    {
        Markup drawn = $"<g class=\"mark-key {Look(c).Class}\">{Chart.Symbol(Look(c).Shape, 7, 7, 4)}</g>";
        return $"<svg class=\"symbol\" viewBox=\"0 0 14 14\" width=\"12\" height=\"12\" aria-hidden=\"true\">{drawn}</svg>";
    }

    static Markup Choice(IReadOnlyList<Candidate> candidates, string meanings)
    {
        Markup Sentence(Candidate c) =>
            $"<p class=\"choice\"><strong>{c.Name}</strong> was written, to <code>{c.File}</code>. {c.Reason}</p>\n";
        Markup meaning = meanings == "" ? Markup.Empty : Markup.From($"<p class=\"choice\">{meanings}</p>\n");
        return $"{candidates.Where(c => c.Chosen).Select(Sentence)}{meaning}";
    }

    // ---- the drawing

    static Markup Drawing(IReadOnlyList<Candidate> candidates, Findings findings)
    {
        foreach (var (set, on) in (ReadOnlySpan<(DataSet, Func<Candidate, CandidateFigure?>)>)
            [(DataSet.OutOfDomain, c => c.OutOfDomain), (DataSet.Unseen, c => c.Unseen)])
        {
            Candidate[] both = [.. candidates.Where(c => c.InDomain is not null && on(c) is not null).OrderBy(Order)];
            if (both.Length < 2) continue;
            HashSet<Candidate> named = [.. CandidateRows.Arrange(candidates).Where(row => row.Of.Count == 1).Select(row => row.Of[0])];
            Side along = SideOf(DataSet.InDomain, both[0].InDomain!, findings), up = SideOf(set, on(both[0])!, findings);
            Scale x = AxisOver(both.Select(c => c.InDomain!), along.Shares, Scatter.Along);
            Scale y = AxisOver(both.Select(c => on(c)!), up.Shares, Scatter.Up);
            Markup drawn = Scatter.Draw("candidates-drawn", "", $"{along.Name} against {up.Name}",
                $"{Wording.Count(both.Length, "candidate")}, each with its interval.",
                [.. both.Select(c => PointOf(c, on(c)!, along, up, named.Contains(c)))], x, y,
                (along.Name, up.Name), (along.Shares, up.Shares), (along.Chance, up.Chance), equality: along.Shares && up.Shares);
            return $"<figure>{drawn}<figcaption>{Key(both, along, up)}</figcaption></figure>\n";
        }
        return Markup.Empty;
    }

    static string Key(Candidate[] both, Side along, Side up)
    {
        string[] said = [.. both.Select(c => c.Kind).Distinct().Reverse().Select(kind => kind switch
        {
            CandidateKind.Full => "diamond: the full model",
            CandidateKind.Subnetwork => "discs: subnetworks, with their seeds",
            CandidateKind.Random => "rings: random parts",
            CandidateKind.Baseline => "cross: the best baseline",
            CandidateKind.Quantized => "squares: in few bits",
            _ => "squares: trained after a cut",
        }).Distinct()];
        string guess = double.IsNaN(along.Chance) && double.IsNaN(up.Chance) ? "" : " Dotted: guessing.";
        string equal = along.Shares && up.Shares ? " Dashed: both are equal." : "";
        return $"{Wording.Capital(string.Join("; ", said))}. Thin lines: 95\u00A0% intervals.{guess}{equal}";
    }

    // an axis: what it measures, whether that is a share, and what guessing reaches
    sealed record Side(string Name, bool Shares, double Chance);

    static Side SideOf(DataSet set, CandidateFigure figure, Findings findings) => figure.Measure == CandidateFigure.Accuracy
        ? new(findings.Measured?.Accuracy(set) ?? $"{figure.Measure} {Measurements.Name(set)}", true,
            findings.Measured?.Chance(set) ?? double.NaN)
        : new($"{figure.Measure} {Measurements.Name(set)}", false, double.NaN);

    static Scale AxisOver(IEnumerable<CandidateFigure> figures, bool shares, Func<IEnumerable<double>, double, Scale> axis)
    {
        IEnumerable<double> ends = figures.SelectMany(f => (double[])[f.Value, f.Low ?? f.Value, f.High ?? f.Value]);
        return shares ? axis([.. ends, 1], 1) : axis(ends, double.PositiveInfinity);
    }

    static int Order(Candidate c) => c.Chosen ? 4 : c.Kind switch
    {
        CandidateKind.Random => 0,
        CandidateKind.Baseline => 1,
        CandidateKind.Full => 3,
        _ => 2,
    };

    // of the subnetworks those that the table shows one by one have their seed next to them
    static Point PointOf(Candidate c, CandidateFigure up, Side along, Side above, bool named)
    {
        CandidateFigure beside = c.InDomain!;
        var (look, shape) = Look(c);
        string tip = $"{c.Name}\n{along.Name} {Value(beside.Measure, beside.Value)}\n{above.Name} {Value(up.Measure, up.Value)}";
        Mark mark = new(up.Value, look, shape, tip, up is { Low: { } low, High: { } high } ? (low, high) : null);
        string label = c.Kind switch
        {
            CandidateKind.Random => "",
            CandidateKind.Subnetwork when !named => "",
            CandidateKind.Subnetwork => c.Name[(c.Name.LastIndexOf('-') + 1)..],
            CandidateKind.Healed => CandidateRows.IsOfRandom(c) ? "random, healed" : "healed",
            _ => c.Name,
        };
        return new(beside.Value, up.Value, mark, label, beside is { Low: { } from, High: { } to } ? (from, to) : null);
    }

    static (string Class, Shape Shape) Look(Candidate c) => c.Kind switch
    {
        CandidateKind.Full => ("full", Shape.Diamond),
        CandidateKind.Random => ("random", Shape.Ring),
        CandidateKind.Healed when CandidateRows.IsOfRandom(c) => ("random", Shape.Square),
        CandidateKind.Healed => ("core", Shape.Square),
        CandidateKind.Baseline => ("base", Shape.Cross),
        _ => (c.Chosen ? "core" : "sub", c.Kind == CandidateKind.Subnetwork ? Shape.Disc : Shape.Square),
    };
}
