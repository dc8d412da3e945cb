using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Heartwood.Bench.Harness;

/// <summary>Rows as a table, for the console and for the page.</summary>
static class Tables
{
    sealed record Column(string Head, Func<Row, string> Cell);

    /// <summary>The heads and the cells of a table of rows: columns that no row needs are left out.</summary>
    public static (string[] Heads, string[][] Cells) HeadsAndCells(IReadOnlyList<Row> rows)
    {
        List<Column> columns =
        [
            new("what", r => r.Size),
            new("threads", r => r.Threads.ToString(CultureInfo.InvariantCulture)),
            new("ours", OursText),
            .. rows.SelectMany(r => r.Peers.Keys).Distinct().Select(peer => new Column(peer, r => PeerText(r, peer))),
        ];
        if (rows.Any(r => r.Ratio is not null)) columns.Add(new("ours / best", RatioText));
        if (rows.Any(r => r.PeakShare is not null)) columns.Add(new("of peak", PeakText));
        if (rows.Any(r => r.Rounds is not null)) columns.Add(new("rounds", r => r.Rounds?.ToString(CultureInfo.InvariantCulture) ?? ""));
        if (rows.Any(r => r.Target is not null))
        {
            columns.Add(new("target", r => r.Target ?? ""));
            columns.Add(new("met", r => r.Met switch { true => "yes", false => "no", null => "" }));
        }
        return ([.. columns.Select(c => c.Head)], [.. rows.Select(r => columns.Select(c => c.Cell(r)).ToArray())]);
    }

    static bool IsWords(string head) => head is "what" or "target" or "met";

    /// <summary>The table on a console.</summary>
    public static IRenderable Console(IReadOnlyList<Row> rows)
    {
        var (heads, cells) = HeadsAndCells(rows);
        Table table = new Table().Border(TableBorder.Simple);
        foreach (string head in heads)
        {
            Justify alignment = IsWords(head) ? Justify.Left : Justify.Right;
            table.AddColumn(new TableColumn(Markup.Escape(head)) { NoWrap = head != "target", Alignment = alignment });
        }
        foreach (string[] row in cells)
            table.AddRow([.. row.Select(c => (IRenderable)new Text(c, c == "no" ? new Style(Color.Red) : Style.Plain))]);
        return table;
    }

    /// <summary>The table in Markdown.</summary>
    public static string Markdown(IReadOnlyList<Row> rows)
    {
        var (heads, cells) = HeadsAndCells(rows);
        string Line(IEnumerable<string> parts) => $"| {string.Join(" | ", parts.Select(p => p.Replace("|", "\\|")))} |";
        return string.Join('\n', [Line(heads), Line(heads.Select(h => IsWords(h) ? "---" : "---:")), .. cells.Select(Line)]);
    }

    /// <summary>What stands below a table: absent peers with their reasons, the peers' fastest configurations, notes.</summary>
    public static IEnumerable<string> Notes(IReadOnlyList<Row> rows)
    {
        foreach (var absent in rows.SelectMany(r => r.Absent ?? []).GroupBy(a => (a.Key, a.Value)))
            yield return $"{absent.Key.Key} absent in {Rows(absent.Count())}: {absent.Key.Value}";
        foreach (var peer in rows.SelectMany(r => r.Configurations ?? []).GroupBy(c => c.Key))
        {
            var configurations = peer.GroupBy(c => c.Value).OrderByDescending(c => c.Count());
            yield return $"{peer.Key}: {string.Join("; ", configurations.Select(c => $"{c.Key} in {Rows(c.Count())}"))}";
        }
        int measured = rows.Count(r => r.Ours is not null);
        foreach (var note in rows.Where(r => r.Note is not null).GroupBy(r => r.Note!))
            yield return note.Count() == measured ? note.Key : $"{string.Join(", ", note.Select(r => r.Size).Distinct())}: {note.Key}";
    }

    static string Rows(int count) => count == 1 ? "1 row" : string.Create(CultureInfo.InvariantCulture, $"{count} rows");

    /// <summary>Our figure with the ends of its interval, where it has them.</summary>
    public static string OursText(Row row) => $"{Value(row.Ours, row.Unit)}{Ends(row.OursInterval)}";

    /// <summary>A row's ratio with the ends of its interval, where it has them.</summary>
    public static string RatioText(Row row) =>
        row.Ratio is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{row.Ratio:0.00}{Ends(row.RatioInterval)}");

    /// <summary>A row's share of the peak with the ends of its interval, where it has them.</summary>
    public static string PeakText(Row row)
    {
        if (row.PeakShare is not { } share) return "";
        string ends = row.PeakInterval is { } of ? FormattableString.Invariant($" ({100 * of.Low:0.0} to {100 * of.High:0.0})") : "";
        return Percent(share) + ends;
    }

    static string PeerText(Row row, string peer)
    {
        if (!row.Peers.TryGetValue(peer, out double? seconds)) return "";
        return seconds is null ? "absent" : Value(seconds, row.Unit);
    }

    static string Ends(Interval? interval) =>
        interval is null ? "" : FormattableString.Invariant($" ({interval.Low:0.00} to {interval.High:0.00})");

    /// <summary>A share as percent, with one decimal.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} %");

    /// <summary>A figure with its unit, three digits long.</summary>
    public static string Value(double? value, string? unit) => (value, unit) switch
    {
        (null, _) => "",
        ( >= 1, null) => Digits(value.Value, "s"),
        ( >= 1e-3, null) => Digits(value.Value * 1e3, "ms"),
        (_, null) => Digits(value.Value * 1e6, "µs"),
        ( >= 1 << 30, "bytes") => Digits(value.Value / (1 << 30), "GiB"),
        (_, "bytes") => Digits(value.Value / (1 << 20), "MiB"),
        _ => Digits(value.Value, unit),
    };

    static string Digits(double value, string unit)
    {
        string format = Math.Abs(value) switch { >= 100 => "0", >= 10 => "0.0", _ => "0.00" };
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {unit}".TrimEnd();
    }
}
