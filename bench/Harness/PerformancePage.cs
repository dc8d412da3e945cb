namespace Heartwood.Bench.Harness;

/// <summary>
/// Pages that are made from the kept results: docs/performance.md, prose by hand with three blocks between markers
/// (<see cref="Table"/>, <see cref="Unmet"/>, <see cref="Machine"/>), and the whole page, printed on demand.
/// </summary>
static class PerformancePage
{
    /// <summary>Name of the block with the table of <see cref="Headlines"/>.</summary>
    public const string Table = "table";

    /// <summary>Name of the block of unmet targets.</summary>
    public const string Unmet = "unmet";

    /// <summary>Name of the block that says where the rows were measured.</summary>
    public const string Machine = "machine";

    /// <summary>docs/performance.md with its blocks made anew; a block that the page lacks is added, with a heading, at the end.</summary>
    /// <param name="page">the page as it is</param>
    /// <param name="results">all kept results</param>
    /// <exception cref="InvalidDataException">a marker opens and does not close</exception>
    public static string Written(string page, IReadOnlyList<EntryResults> results)
    {
        page = Put(page, Table, Headlines.Markdown(results), "## Work on a model of BERT-base's size\n\n");
        page = Put(page, Unmet, Missed(results, eachGain: false), "## Targets that were missed\n\n");
        return Put(page, Machine, Places(results), "## Machine and versions\n\n");
    }

    /// <summary>Every kept row, as one page of Markdown.</summary>
    /// <param name="results">all kept results</param>
    /// <param name="about">one line about an entry</param>
    public static string Whole(IReadOnlyList<EntryResults> results, Func<string, string> about)
    {
        Row[] gains = [.. Results.Threads([.. results.SelectMany(r => r.Rows)])];
        string[] sections =
        [
            "# Performance: every row",
            "## Work on a model of BERT-base's size", Headlines.Markdown(results),
            "## Targets that were missed", Missed(results, eachGain: true),
            "## Machine and versions", Places(results),
            .. results.SelectMany(entry => new[] { $"## {entry.Entry}", Sentence(about(entry.Entry)), Block(entry) }),
            "## Two threads against one", gains.Length == 0 ? "Nothing was timed with one thread and with two." : Tables.Markdown(gains),
        ];
        return string.Join("\n\n", sections) + "\n";
    }

    /// <summary>Puts text between the markers of a block.</summary>
    /// <exception cref="InvalidDataException">a marker opens and does not close</exception>
    public static string Put(string page, string block, string text, string heading)
    {
        string open = $"<!-- bench:{block} -->", close = $"<!-- /bench:{block} -->";
        int start = page.IndexOf(open, StringComparison.Ordinal);
        if (start < 0) return $"{page.TrimEnd()}\n\n{heading}{open}\n\n{text}\n\n{close}\n";
        int end = page.IndexOf(close, start, StringComparison.Ordinal);
        if (end < 0)
            throw new InvalidDataException(
                $"docs/performance.md has '{open}' without '{close}' after it. Put the second where the block ends.");
        return $"{page[..(start + open.Length)]}\n\n{text}\n\n{page[end..]}";
    }

    static string Sentence(string about) => $"{char.ToUpperInvariant(about[0])}{about[1..]}.";

    static string Block(EntryResults entry) =>
        string.Join("\n\n", [Tables.Markdown(entry.Rows), .. Tables.Notes(entry.Rows).Select(n => n.TrimEnd('.') + ".")]);

    // gains of a second thread are many: the short page only counts them
    static string Missed(IReadOnlyList<EntryResults> results, bool eachGain)
    {
        Row[] rows = [.. results.SelectMany(r => r.Rows)], gains = [.. Results.Threads(rows)];
        Row[] judged = [.. rows.Concat(gains).Where(r => r.Met is not null)], missed = [.. judged.Where(r => r.Met == false)];
        int unjudged = rows.Count(r => r is { Target: not null, Met: null });
        List<string> lines = [$"{judged.Length - missed.Length} of {judged.Length} targets are met; {unjudged} could not be judged.", ""];
        foreach (var target in missed.GroupBy(r => (r.Entry, r.Target)))
        {
            bool counted = target.Key.Entry == Results.ThreadsEntry && !eachGain;
            int others = gains.Count(g => g.Met is not null) - target.Count();
            string count = counted ? $" missed by {target.Count()} rows, met by {others}." : "";
            lines.Add($"- **{target.Key.Entry}**, {target.Key.Target}:{count}");
            if (!counted) lines.AddRange(target.Select(Line));
        }
        return string.Join('\n', lines).TrimEnd();
    }

    static string Line(Row row)
    {
        string found = row.Target switch
        {
            _ when row.Unit is not null || row is { Ratio: null, PeakShare: null } => Tables.OursText(row),
            { } text when text.Contains("peak", StringComparison.Ordinal) => $"{Tables.PeakText(row)} of peak",
            _ => Tables.RatioText(row),
        };
        string limit = Limit(row) is { } said ? $"; {said}" : "";
        return $"  - {row.Size}, {row.Threads} {(row.Threads == 1 ? "thread" : "threads")}: {found}{limit}";
    }

    // how far the processor's peak lets a ratio fall; of a target that is itself a share of the peak the figure says it
    static string? Limit(Row row)
    {
        if (row is not { Ratio: { } ratio, PeakShare: { } share and > 0.5, Target: { } target }) return null;
        if (target.Contains("peak", StringComparison.Ordinal)) return null;
        return FormattableString.Invariant($"at {Tables.Percent(share)} of the processor's peak; all of it would be {ratio * share:0.00}");
    }

    static string Places(IReadOnlyList<EntryResults> results) => string.Join("\n", results
        .GroupBy(r => $"{r.Machine}; {r.Date}; {string.Join(", ", r.Versions.Select(v => $"{v.Key} {v.Value}"))}")
        .Select(g => $"- {string.Join(", ", g.Select(r => $"`{r.Entry}`"))}: {g.Key}."));
}
