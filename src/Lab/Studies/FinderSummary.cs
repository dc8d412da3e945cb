using System.Globalization;
using System.Text;
using Heartwood.Lab.Comparison;

namespace Heartwood.Lab.Studies;

/// <summary>The table of finders in words.</summary>
public static class FinderSummary
{
    /// <summary>The table, one line per finder and size.</summary>
    public static string Table(FinderTable table)
    {
        List<string[]> lines = [["finder", "sparsity", "in-domain", "random", "out of domain", "random", "CPR", "CMD", "ρ", "passes", "seconds"]];
        foreach (FinderRow row in table.Rows)
        {
            string[] cost = [row.Agreement?.Rho is { } rho ? Text($"{rho:0.00}") : "", Text($"{row.Passes:N0}"), Text($"{row.Seconds:0.0}")];
            if (row.Sizes.Count == 0) lines.Add([row.Method, "", "", "", "", "", .. Areas(row.Areas), .. cost]);
            foreach (var (size, i) in row.Sizes.Select((s, i) => (s, i)))
                lines.Add([i == 0 ? row.Method : "", Text($"{size.TargetSparsity:0.##}"), Share(size.Found.InDomain), Mean(size.Random.InDomain),
                    Share(size.Found.OutOfDomain), Mean(size.Random.OutOfDomain), .. i == 0 ? Areas(row.Areas) : ["", ""],
                    .. i == 0 ? cost : ["", "", ""]]);
        }
        if (table.Random is not null)
            lines.Add([$"{table.RandomRankings} random rankings", "", "", "", "", "", .. Areas(table.Random), "", "", ""]);
        int[] widths = [.. Enumerable.Range(0, lines[0].Length).Select(c => lines.Max(l => l[c].Length))];
        StringBuilder text = new();
        foreach (string[] line in lines)
            text.AppendLine(string.Join("  ", line.Select((cell, c) => c == 0 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]))).TrimEnd());
        text.AppendLine("Accuracy in percent, mean over seeds (least to most). CPR and CMD: areas over every size, in-domain / out of domain, of the");
        text.AppendLine("mean log-probability of the right answer; none where scores depend on the size. ρ: rank correlation with exact ablation.");
        return text.ToString();
    }

    static string[] Areas(FinderAreas? areas)
    {
        return areas is null ? ["", ""] : [Both(a => a.Cpr), Both(a => a.Cmd)];

        string Both(Func<AreaFacts, double> of) => string.Join(" / ", ((string[])["inDomain", "outOfDomain"])
            .Where(areas.Exact.ContainsKey).Select(set => Text($"{of(areas.Exact[set]):0.000}")));
    }

    static string Share(MeanAndRange? of) => of is null ? ""
        : of.Least == of.Most ? Text($"{100 * of.Mean:0.0}") : Text($"{100 * of.Mean:0.0} ({100 * of.Least:0.0} to {100 * of.Most:0.0})");

    static string Mean(MeanAndRange? of) => of is null ? "" : Text($"{100 * of.Mean:0.0}");

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
