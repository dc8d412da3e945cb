namespace Heartwood.Bench.Harness;

/// <summary>Runs entries, every case at every number of threads; what was measured before a stop is kept.</summary>
sealed class Run(PeerPool pool, Progress progress, CancellationToken stop)
{
    /// <summary>Only cases whose size contains this; null for all.</summary>
    public string? Only { get; init; }

    /// <summary>Numbers of threads.</summary>
    public required IReadOnlyList<int> Threads { get; init; }

    /// <summary>
    /// Hears of every entry as soon as it is measured, so that nothing is lost by what comes after it, and whether it was
    /// measured whole.
    /// </summary>
    public Action<EntryResults, bool> Measured { get; init; } = (_, _) => { };

    /// <summary>Whether every case was asked for, with one thread and with two.</summary>
    public bool Whole => Only is null && Threads.Contains(1) && Threads.Contains(2);

    /// <summary>Measures the entries, one after another.</summary>
    public IReadOnlyList<EntryResults> Measure(IReadOnlyList<Entry> entries)
    {
        string machine = Place.Machine(), date = TimeProvider.System.GetLocalNow().ToString("yyyy-MM-dd", null);
        Measuring measuring = new(pool, stop);
        List<EntryResults> results = [];
        foreach (Entry entry in entries)
        {
            Case[] cases = [.. entry.Cases().Where(c => Only is null ? !c.Asked : c.Size.Contains(Only, StringComparison.Ordinal))];
            List<Row> rows = [];
            foreach (int threads in Threads)
            {
                rows.AddRange(Measure(entry, cases, threads, measuring));
                pool.End();
            }
            if (rows.Count > 0)
            {
                results.Add(new(entry.Name, machine, date, Place.Versions(pool), rows));
                Measured(results[^1], Whole && !stop.IsCancellationRequested);
            }
            if (stop.IsCancellationRequested) break;
        }
        progress.Clear();
        return results;
    }

    List<Row> Measure(Entry entry, Case[] cases, int threads, Measuring measuring)
    {
        List<Row> rows = [];
        foreach (Case work in cases.Where(c => c.Threads is null || c.Threads.Contains(threads)))
        {
            if (stop.IsCancellationRequested) return rows;
            progress.Begin($"{entry.Name}, {work.Size}, {threads} {(threads == 1 ? "thread" : "threads")}");
            try
            {
                rows.Add(measuring.Measure(entry.Name, work, threads));
                progress.End(rows[^1]);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return rows;
            }
        }
        return rows.Count > 0 && Only is null ? [.. rows, .. entry.Summaries(rows)] : rows;
    }
}

/// <summary>
/// What is measured now: one line that is written over on a terminal, a line per row elsewhere. No thread of its own: it would
/// be measured too.
/// </summary>
sealed class Progress(TextWriter output, bool redirected)
{
    string what = "";

    /// <summary>A case begins.</summary>
    public void Begin(string name)
    {
        what = name;
        if (!redirected) output.Write($"\r\e[K{name} …");
    }

    /// <summary>It is measured.</summary>
    public void End(Row row)
    {
        if (!redirected) return;
        string ratio = row.Ratio is null ? "" : FormattableString.Invariant($", {row.Ratio:0.00} of the best peer");
        string peak = row.PeakShare is { } share ? $", {Tables.Percent(share)} of peak" : "";
        output.WriteLine($"{what}: {Tables.Value(row.Ours, row.Unit)}{ratio}{peak}");
    }

    /// <summary>Takes the line away.</summary>
    public void Clear()
    {
        if (!redirected) output.Write("\r\e[K");
    }
}
