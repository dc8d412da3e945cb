namespace Heartwood.Bench.Harness;

/// <summary>
/// docs/performance.md: prose by hand, and between markers what is generated from docs/performance.json: a block per
/// entry, <c>threads</c>, and <c>unmet</c>.
/// </summary>
static class PerformancePage
{
    /// <summary>Name of the block of unmet targets.</summary>
    public const string Unmet = "unmet";

    /// <summary>Name of the block that says where the rows were measured.</summary>
    public const string Machine = "machine";

    /// <summary>The page with every block made anew; an entry without a block gets one, with a heading, at the end.</summary>
    /// <param name="page">the page as it is</param>
    /// <param name="results">all kept results</param>
    /// <param name="about">one line about an entry</param>
    public static string Written(string page, IReadOnlyList<EntryResults> results, Func<string, string> about)
    {
        Row[] rows = [.. results.SelectMany(r => r.Rows)], threads = [.. Results.Threads(rows)];
        foreach (EntryResults entry in results)
            page = Put(page, entry.Entry, Block(entry), $"## {entry.Entry}\n\n{char.ToUpperInvariant(about(entry.Entry)[0])}{about(entry.Entry)[1..]}.\n\n");
        page = Put(page, Results.ThreadsEntry, threads.Length == 0 ? "Nothing was timed with one thread and with two." : Tables.Markdown(threads), "## Two threads against one\n\n");
        page = Put(page, Unmet, Missed([.. rows, .. threads]), "## What we are still slower at\n\n");
        return Put(page, Machine, Places(results), "## Machine and versions\n\n");
    }

    /// <summary>Puts text between the markers of a block.</summary>
    /// <exception cref="InvalidDataException">a marker opens and does not close</exception>
    public static string Put(string page, string block, string text, string heading)
    {
        string open = $"<!-- bench:{block} -->", close = $"<!-- /bench:{block} -->";
        int start = page.IndexOf(open, StringComparison.Ordinal);
        if (start < 0) return $"{page.TrimEnd()}\n\n{heading}{open}\n\n{text}\n\n{close}\n";
        int end = page.IndexOf(close, start, StringComparison.Ordinal);
        if (end < 0) throw new InvalidDataException($"docs/performance.md has '{open}' without '{close}' after it. Put the second where the block ends.");
        return $"{page[..(start + open.Length)]}\n\n{text}\n\n{page[end..]}";
    }

    static string Block(EntryResults entry) => string.Join("\n\n", [Tables.Markdown(entry.Rows), .. Tables.Notes(entry.Rows).Select(n => n.TrimEnd('.') + ".")]);

    static string Missed(IReadOnlyList<Row> rows)
    {
        Row[] judged = [.. rows.Where(r => r.Met is not null)], missed = [.. judged.Where(r => r.Met == false)];
        string head = $"{judged.Length - missed.Length} of {judged.Length} targets are met; {rows.Count(r => r is { Target: not null, Met: null })} could not be judged.";
        return string.Join("\n", [head, "", .. missed.GroupBy(r => (r.Entry, r.Target)).Select(g => $"- **{g.Key.Entry}**, {g.Key.Target}:\n{string.Join("\n", g.Select(Line))}")]).TrimEnd();
    }

    static string Line(Row row)
    {
        string found = row.Target switch
        {
            _ when row.Unit is not null || row is { Ratio: null, PeakShare: null } => Tables.OursOf(row),
            { } text when text.Contains("peak", StringComparison.Ordinal) => $"{Tables.PeakOf(row)} of peak",
            _ => Tables.RatioOf(row),
        };
        return $"  - {row.Size}, {row.Threads} {(row.Threads == 1 ? "thread" : "threads")}: {found}{(LimitOf(row) is { } limit ? $"; {limit}" : "")}";
    }

    // what was measured beside the row, and bounds it
    static string? LimitOf(Row row) => row switch
    {
        { Limit: { } said } => said,
        { MemoryShare: { } share } => $"at {Tables.Percent(share)} of the memory's speed",
        { MovingShare: { } share } => $"moving as many bytes and computing nothing takes {Tables.Percent(share)} of its time",
        { Target: { } target } when target.Contains("peak", StringComparison.Ordinal) => null,      // the figure itself is the share
        { Ratio: { } ratio, PeakShare: { } share and > 0.5 } => FormattableString.Invariant($"at {Tables.Percent(share)} of the processor's peak; all of it would be {ratio * share:0.00}"),
        _ => null,
    };

    static string Places(IReadOnlyList<EntryResults> results) => string.Join("\n", results
        .GroupBy(r => $"{r.Machine}; {r.Date}; {string.Join(", ", r.Versions.Select(v => $"{v.Key} {v.Value}"))}")
        .Select(g => $"- {string.Join(", ", g.Select(r => $"`{r.Entry}`"))}: {g.Key}."));
}
