using System.Text.Json;

namespace Heartwood.Bench.Harness;

/// <summary>The rows of one entry and where they were measured.</summary>
/// <param name="Entry">name of the entry</param>
/// <param name="Machine">processor, cores, memory, system</param>
/// <param name="Date">year-month-day</param>
/// <param name="Versions">of .NET and of the peers</param>
/// <param name="Rows">what was measured</param>
sealed record EntryResults(string Entry, string Machine, string Date, SortedDictionary<string, string> Versions, IReadOnlyList<Row> Rows);

/// <summary>The kept results that the page is made from: docs/performance.json.</summary>
static class Results
{
    /// <summary>Reads the kept results; none where there is no file.</summary>
    /// <exception cref="JsonException">the file is something else</exception>
    public static IReadOnlyList<EntryResults> Read(string file) =>
        File.Exists(file) ? JsonSerializer.Deserialize<List<EntryResults>>(File.ReadAllText(file), Json.Options)! : [];

    /// <summary>
    /// Kept results with new ones put in. A new row takes the place of the one of its size and threads; the entry's other
    /// rows stay only where they come from the same machine. An entry measured whole replaces all that was kept of it, but
    /// for rows that only --only measures.
    /// </summary>
    /// <param name="kept">what is there</param>
    /// <param name="measured">what is new</param>
    /// <param name="whole">whether the entries were measured with all their cases</param>
    /// <param name="order">the order of entries</param>
    public static IReadOnlyList<EntryResults> Merged(IEnumerable<EntryResults> kept, IEnumerable<EntryResults> measured, bool whole, IReadOnlyList<string> order)
    {
        Dictionary<string, EntryResults> all = kept.ToDictionary(e => e.Entry);
        foreach (EntryResults entry in measured)
        {
            all.TryGetValue(entry.Entry, out EntryResults? before);
            all[entry.Entry] = before is null || before.Machine != entry.Machine ? entry
                : entry with { Rows = whole ? [.. entry.Rows, .. before.Rows.Where(r => r.Asked).Select(r => Dated(r, before.Date))] : Joined(before.Rows, entry.Rows) };
        }
        return [.. all.Values.Where(e => order.Contains(e.Entry)).OrderBy(e => order.ToList().IndexOf(e.Entry))];
    }

    static Row Dated(Row row, string date) => row.Note?.Contains(Measured, StringComparison.Ordinal) == true ? row
        : row with { Note = $"{(row.Note is null ? "" : row.Note + "; ")}{Measured} {date}" };

    const string Measured = "measured on";

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

    /// <summary>Name of the rows that compare one thread with two.</summary>
    public const string ThreadsEntry = "threads";

    /// <summary>Name of the rows that say what two threads gain where no work is divided: the same on each, nothing shared.</summary>
    public const string ApartEntry = "apart";

    /// <summary>What two threads must gain.</summary>
    public const double ThreadsTarget = 1.85;

    /// <summary>One row per size that was timed with two threads and, in turn or before, with one: ours is how many times as fast two are. Not of <c>sizes</c>, which asks how time grows, of files that are read and written too, nor of <c>profile</c>, whose stopwatch takes part: its work is judged in entries of its own.</summary>
    public static IEnumerable<Row> Threads(IReadOnlyList<Row> rows)
    {
        ILookup<string, Row> apart = rows.Where(r => r.Entry == ApartEntry).ToLookup(r => r.Size);
        return rows
            .Where(r => r.Timed && r.Entry is not ("sizes" or "profile")).GroupBy(r => (r.Entry, r.Size))
            .Select(g => (Size: $"{g.Key.Entry}: {g.Key.Size}", Two: g.FirstOrDefault(r => r.Threads == 2), Before: g.FirstOrDefault(r => r.Threads == 1)?.Ours))
            .Where(g => (g.Two?.OneThread ?? g.Before) is not null && g.Two is not null)
            .Select(g => Gain(g.Size, (g.Two!.OneThread ?? g.Before)!.Value, g.Two, apart[g.Size].FirstOrDefault()));
    }

    static Row Gain(string size, double one, Row two, Row? apart) => new Row
    {
        Entry = ThreadsEntry,
        Size = size,
        Threads = 2,
        Ours = one / two.Ours!.Value,
        Unit = "times",
        OursInterval = two.GainInterval,
        Rounds = two.GainInterval is null ? null : two.Rounds,
        Limit = Limit(one, two, apart),
    }.Judged(new(FormattableString.Invariant($"at least {ThreadsTarget} times one thread"), r => r.Ours >= ThreadsTarget));

    // what holds two threads back: half of the work each, once the second has heard of it, or moving the bytes, bound them; beside long work stands what two pieces that share nothing gain
    static string? Limit(double one, Row two, Row? apart)
    {
        string? late = two.HandOver is { } seconds ? FormattableString.Invariant($"{Tables.Value(one, null)} on one thread, {Tables.Value(seconds, null)} to hand a part over and back: at most {2 / (1 + seconds / one):0.00} times") : null;
        string? twice = apart is null ? null : $"twice, once on each thread with nothing shared: {Tables.OursOf(apart)}";
        string? moved = two.MemoryShare is { } share ? $"two threads move {Tables.Percent(share)} of what this machine's memory lets two threads move"
            : two is { MovingShare: not null, MovingGain: { } gain } ? FormattableString.Invariant($"moving as many bytes and computing nothing gains {gain:0.00} times") : null;
        string limit = string.Join("; ", new[] { late, twice, moved }.OfType<string>());
        return limit.Length > 0 ? limit : null;
    }
}
