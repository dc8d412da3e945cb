namespace Heartwood.Bench.Harness;

/// <summary>The rows of one entry and where they were measured.</summary>
/// <param name="Entry">name of the entry</param>
/// <param name="Machine">processor, cores, memory, system</param>
/// <param name="Date">year-month-day</param>
/// <param name="Versions">of .NET and of the peers</param>
/// <param name="Rows">what was measured</param>
sealed record EntryResults(string Entry, string Machine, string Date, SortedDictionary<string, string> Versions, IReadOnlyList<Row> Rows);

/// <summary>What becomes of rows once they are measured: put in the place of older ones, compared between numbers of threads.</summary>
static class Results
{
    const string Measured = "measured on";

    /// <summary>Name of the rows that compare one thread with two.</summary>
    public const string ThreadsEntry = "threads";

    /// <summary>What two threads must gain.</summary>
    public const double ThreadsTarget = 1.85;

    /// <summary>
    /// Kept results with new ones put in. A new row takes the place of the one of its size and threads; the entry's other
    /// rows stay only where they come from the same machine. An entry measured whole replaces all that was kept of it, but
    /// for rows that only --only measures.
    /// </summary>
    /// <param name="kept">what is there</param>
    /// <param name="measured">what is new</param>
    /// <param name="whole">whether the entries were measured with all their cases</param>
    /// <param name="order">the order of entries</param>
    public static IReadOnlyList<EntryResults> Merged(
        IEnumerable<EntryResults> kept, IEnumerable<EntryResults> measured, bool whole, IReadOnlyList<string> order)
    {
        Dictionary<string, EntryResults> all = kept.ToDictionary(e => e.Entry);
        foreach (EntryResults entry in measured)
        {
            bool sameMachine = all.TryGetValue(entry.Entry, out EntryResults? before) && before.Machine == entry.Machine;
            IReadOnlyList<Row> rows = !sameMachine ? entry.Rows
                : whole ? [.. entry.Rows, .. before!.Rows.Where(r => r.Asked).Select(r => Dated(r, before.Date))]
                : Joined(before!.Rows, entry.Rows);
            all[entry.Entry] = entry with { Rows = rows };
        }
        return [.. all.Values.Where(e => order.Contains(e.Entry)).OrderBy(e => order.ToList().IndexOf(e.Entry))];
    }

    static Row Dated(Row row, string date) => row.Note?.Contains(Measured, StringComparison.Ordinal) == true ? row
        : row with { Note = $"{(row.Note is null ? "" : row.Note + "; ")}{Measured} {date}" };

    static IReadOnlyList<Row> Joined(IReadOnlyList<Row> kept, IReadOnlyList<Row> measured)
    {
        List<Row> rows = [.. kept];
        foreach (Row row in measured)
        {
            int at = rows.FindIndex(r => r.Size == row.Size && r.Threads == row.Threads);
            if (at >= 0) rows[at] = row;
            else rows.Add(row);
        }
        return rows;
    }

    /// <summary>
    /// One row per size that was timed with two threads and, in turn or before, with one: ours is how many times as fast two
    /// are. Not of <c>sizes</c>, which reads and writes files too, nor of <c>profile</c>, whose stopwatch takes part: their
    /// work is judged in entries of its own.
    /// </summary>
    public static IEnumerable<Row> Threads(IReadOnlyList<Row> rows)
    {
        foreach (var size in rows.Where(r => r.Timed && r.Entry is not ("sizes" or "profile")).GroupBy(r => (r.Entry, r.Size)))
        {
            Row? two = size.FirstOrDefault(r => r.Threads == 2);
            double? one = two?.OneThread ?? size.FirstOrDefault(r => r.Threads == 1)?.Ours;
            if (two is not null && one is not null) yield return Gain($"{size.Key.Entry}: {size.Key.Size}", one.Value, two);
        }
    }

    static Row Gain(string size, double one, Row two) => new Row
    {
        Entry = ThreadsEntry,
        Size = size,
        Threads = 2,
        Ours = one / two.Ours!.Value,
        Unit = "times",
        OursInterval = two.GainInterval,
        Rounds = two.GainInterval is null ? null : two.Rounds,
    }.Judged(new(FormattableString.Invariant($"at least {ThreadsTarget} times one thread"), r => r.Ours >= ThreadsTarget));
}
