using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Heartwood.Bench.Harness;

/// <summary>Rows as a table, for the console and for the page.</summary>
static class Tables
{
    /// <summary>The heads and the cells of a table of rows.</summary>
    public static (string[] Heads, string[][] Cells) Of(IReadOnlyList<Row> rows)
    {
        string[] peers = [.. rows.SelectMany(r => r.Peers.Keys).Distinct()];
        bool ratio = rows.Any(r => r.Ratio is not null), share = rows.Any(r => r.PeakShare is not null), rounds = rows.Any(r => r.Rounds is not null), target = rows.Any(r => r.Target is not null);
        string[] heads = ["what", "threads", "ours", .. peers, .. ratio ? ["ours / best"] : Array.Empty<string>(), .. share ? ["of peak"] : Array.Empty<string>(), .. rounds ? ["rounds"] : Array.Empty<string>(), .. target ? ["target", "met"] : Array.Empty<string>()];
        return (heads, [.. rows.Select(r => (string[])
        [
            r.Size, r.Threads.ToString(CultureInfo.InvariantCulture), OursOf(r),
            .. peers.Select(p => r.Peers.TryGetValue(p, out double? seconds) ? seconds is null ? "absent" : Value(seconds, r.Unit) : ""),
            .. ratio ? [RatioOf(r)] : Array.Empty<string>(),
            .. share ? [PeakOf(r)] : Array.Empty<string>(),
            .. rounds ? [r.Rounds?.ToString(CultureInfo.InvariantCulture) ?? ""] : Array.Empty<string>(),
            .. target ? [r.Target ?? "", r.Met switch { true => "yes", false => "no", null => "" }] : Array.Empty<string>(),
        ])]);
    }

    /// <summary>The table on a console.</summary>
    public static IRenderable Console(IReadOnlyList<Row> rows)
    {
        var (heads, cells) = Of(rows);
        Table table = new Table().Border(TableBorder.Simple);
        foreach (string head in heads) table.AddColumn(new TableColumn(Markup.Escape(head)) { NoWrap = head != "target", Alignment = head is "what" or "target" or "met" ? Justify.Left : Justify.Right });
        foreach (string[] row in cells) table.AddRow([.. row.Select(c => (IRenderable)new Text(c, c == "no" ? new Style(Color.Red) : Style.Plain))]);
        return table;
    }

    /// <summary>The table in Markdown.</summary>
    public static string Markdown(IReadOnlyList<Row> rows)
    {
        var (heads, cells) = Of(rows);
        string Line(IEnumerable<string> parts) => $"| {string.Join(" | ", parts.Select(p => p.Replace("|", "\\|")))} |";
        return string.Join('\n', [Line(heads), Line(heads.Select(h => h is "what" or "target" or "met" ? "---" : "---:")), .. cells.Select(Line)]);
    }

    /// <summary>What stands below a table: absent peers with their reasons, the configurations that were the peers' fastest, notes.</summary>
    public static IEnumerable<string> Notes(IReadOnlyList<Row> rows) =>
    [
        .. rows.SelectMany(r => r.Absent ?? []).GroupBy(a => (a.Key, a.Value)).Select(g => $"{g.Key.Key} absent in {Rows(g.Count())}: {g.Key.Value}"),
        .. rows.SelectMany(r => r.Configurations ?? []).GroupBy(c => c.Key).Select(g =>
            $"{g.Key}: {string.Join("; ", g.GroupBy(c => c.Value).OrderByDescending(c => c.Count()).Select(c => $"{c.Key} in {Rows(c.Count())}"))}"),
        .. rows.Where(r => r.Note is not null).GroupBy(r => r.Note!).Select(g => g.Count() == rows.Count(r => r.Ours is not null) ? g.Key : $"{string.Join(", ", g.Select(r => r.Size).Distinct())}: {g.Key}"),
    ];

    static string Rows(int count) => count == 1 ? "1 row" : string.Create(CultureInfo.InvariantCulture, $"{count} rows");

    /// <summary>Our figure with the ends of its interval, where it has them.</summary>
    public static string OursOf(Row row) => $"{Value(row.Ours, row.Unit)}{(row.OursInterval is { } ends ? FormattableString.Invariant($" ({ends.Low:0.00} to {ends.High:0.00})") : "")}";

    /// <summary>A row's ratio with the ends of its interval, where it has them.</summary>
    public static string RatioOf(Row row) => string.Create(CultureInfo.InvariantCulture, $"{row.Ratio:0.00}{(row.RatioInterval is { } ends ? FormattableString.Invariant($" ({ends.Low:0.00} to {ends.High:0.00})") : "")}");

    /// <summary>A row's share of the peak with the ends of its interval, where it has them.</summary>
    public static string PeakOf(Row row) => row.PeakShare is { } share
        ? $"{Percent(share)}{(row.PeakInterval is { } ends ? FormattableString.Invariant($" ({100 * ends.Low:0.0} to {100 * ends.High:0.0})") : "")}" : "";

    /// <summary>A share as percent, with one decimal.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} %");

    /// <summary>A figure with its unit, three digits long.</summary>
    public static string Value(double? value, string? unit) => (value, unit) switch
    {
        (null, _) => "",
        ( >= 100, null) => Digits(value.Value, "s"),
        ( >= 1, null) => Digits(value.Value, "s"),
        ( >= 1e-3, null) => Digits(value.Value * 1e3, "ms"),
        (_, null) => Digits(value.Value * 1e6, "µs"),
        ( >= 1 << 30, "bytes") => Digits(value.Value / (1 << 30), "GiB"),
        (_, "bytes") => Digits(value.Value / (1 << 20), "MiB"),
        _ => Digits(value.Value, unit),
    };

    static string Digits(double value, string unit) => $"{value.ToString(Math.Abs(value) switch { >= 100 => "0", >= 10 => "0.0", _ => "0.00" }, CultureInfo.InvariantCulture)} {unit}".TrimEnd();
}
