using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Questions;

/// <summary>The subnetworks of several runs side by side, each next to random parts: accuracy, and of scores the task's figures.</summary>
static class JoinedAccuracy
{
    // what a panel shows of an entry: accuracy on a set, or one of the figures of a set that asks for scores
    sealed record Shown(string Id, string Heading, string Axis, bool IsShare, Func<Entry, (double Value, double Low, double High)?> Value);

    // the subnetworks of one run, method and size, each with random parts of the same make
    sealed record Size(string Run, string Method, Target Sparsity, IReadOnlyList<Entry> Found, IReadOnlyList<Entry> Random);

    static IReadOnlyList<Size> Sizes(JoinedRuns facts) => [.. facts.Rows.GroupBy(r => (r.Run, r.Method, r.Found.TargetSparsity)).Select(g =>
        new Size(g.Key.Run, g.Key.Method, g.Key.TargetSparsity, [.. g.Select(r => Entry.ForSubnetwork(r.Found, EntryKind.Subnetwork))],
            [.. g.Select(r => Entry.ForSubnetwork(r.Random, EntryKind.Random))]))];

    /// <summary>Which subnetworks reach no more than random parts, a sentence each.</summary>
    public static IEnumerable<string> NoBetter(JoinedRuns facts)
    {
        foreach (Size size in Sizes(facts))
        {
            DataSet[] sets = [.. Enum.GetValues<DataSet>().Where(set => Mean(size.Found, set) <= Mean(size.Random, set))];
            if (sets.Length > 0)
                yield return $"{size.Run}: by {size.Method} at {Wording.Sparsity(size.Sparsity)}, subnetworks do no better than random "
                    + $"parts {Wording.List([.. sets.Select(Measurements.Say)])}, by their means.";
        }

        static double Mean(IEnumerable<Entry> entries, DataSet set) =>
            entries.Select(e => e.On(set)?.Value ?? double.NaN).DefaultIfEmpty(double.NaN).Average();
    }

    public static Figure Draw(JoinedRuns facts)
    {
        IReadOnlyList<Size> sizes = Sizes(facts);
        (JoinedRun Run, Entry Full)[] fulls = [.. facts.Runs.Select(r => (r, Entry.ForModel("full model", EntryKind.Full, r.Full)))];
        Entry[] all = [.. fulls.Select(f => f.Full), .. sizes.SelectMany(s => s.Found.Concat(s.Random))];
        IReadOnlyList<Shown> shown = ShownOf(all);
        bool oneMethod = sizes.Select(s => s.Method).Distinct().Count() == 1;
        return new("joined", "Subnetworks of all runs, next to random parts", Reading(facts, sizes),
            [.. shown.Select(Panel)],
            [Chart.Key(Shape.Diamond, "full", "full model"), Chart.Key(Shape.Disc, "sub", "subnetwork"),
                Chart.Key(Shape.Ring, "random", "random parts of the same make")],
            $"Thin lines are 95&nbsp;% intervals over examples. Every run is measured on its own sets.",
            [TableOf(facts, fulls), .. Figures(all)]);

        Markup Panel(Shown one)
        {
            List<Strip> rows = [];
            foreach (var (run, full) in fulls)
            {
                Strip[] own = [.. sizes.Where(s => s.Run == run.Name).Select(s => Row(s, one))];
                Strip[] whole = [new("full model", [.. MarkOf(full, one)]), .. own];
                whole = [.. whole.Where(row => row.Marks.Count > 0)];
                if (whole.Length > 0) rows.AddRange([Strip.Heading(run.Name), .. whole]);
            }
            IEnumerable<double> ends = all.Select(one.Value).SelectMany(v => v is { } q ? (double[])[q.Value, q.Low, q.High] : []);
            Scale axis = one.IsShare ? Scale.Around(ends, 0, 1, 1) : Scale.Around(ends, 0, 1, floor: double.NegativeInfinity);
            string title = $"{Wording.Capital(one.Axis)} {one.Heading} of all runs' subnetworks, next to random parts";
            string seen = $"{Wording.Count(facts.Runs.Count, "run")}, {Wording.Count(facts.Rows.Count, "subnetwork")}.";
            return Strips.Draw(one.Id, one.Heading, title, seen, rows, axis, one.Axis, one.IsShare, lanes: true);
        }

        Strip Row(Size size, Shown one)
        {
            string name = oneMethod ? Wording.Sparsity(size.Sparsity) : $"{size.Method}, {Wording.Short(size.Sparsity)}";
            return new(name, [.. size.Found.Concat(size.Random).SelectMany(e => MarkOf(e, one))]);
        }
    }

    static IEnumerable<Mark> MarkOf(Entry entry, Shown shown)
    {
        if (shown.Value(entry) is not { } at) yield break;
        var (look, shape) = entry.Kind switch
        {
            EntryKind.Full => ("full", Shape.Diamond),
            EntryKind.Random => ("random", Shape.Ring),
            _ => ("sub", Shape.Disc),
        };
        yield return new(at.Value, look, shape, entry.Tip, double.IsNaN(at.Low) ? null : (at.Low, at.High));
    }

    static IReadOnlyList<Shown> ShownOf(IReadOnlyList<Entry> all)
    {
        List<Shown> shown = [];
        foreach (DataSet set in Enum.GetValues<DataSet>().Where(set => all.Any(e => e.On(set) is not null)))
            shown.Add(new($"joined-{set}", Measurements.Name(set), "accuracy", true,
                e => e.On(set) is { } p ? (p.Value, p.Low, p.High) : null));
        foreach (var (set, name) in FiguresOfScores(all))
            shown.Add(new($"joined-figure-{shown.Count}", $"{name} {Measurements.Name(set)}", name, false,
                e => e.Sets.Count > 0 && e.On(DataSet.InDomain) is null && e.Figure(set, name) is { } q ? (q.Value, q.Low, q.High) : null));
        return shown;
    }

    // of runs that ask for scores, which are not right or wrong
    static IEnumerable<(string Set, string Name)> FiguresOfScores(IReadOnlyList<Entry> all) =>
        all.Where(e => e.On(DataSet.InDomain) is null).SelectMany(e => e.Figures)
            .SelectMany(f => f.Value.Keys.Select(name => (f.Key, name))).Distinct();

    static Table TableOf(JoinedRuns facts, IReadOnlyList<(JoinedRun Run, Entry Full)> fulls)
    {
        DataSet[] sets = Enum.GetValues<DataSet>();
        string[] columns = ["run", "model", "method", "seed", "target sparsity", "sparsity", .. sets.SelectMany(set => (string[])
            [.. Table.ColumnsOf(Measurements.Name(set)), .. Table.ColumnsOf($"{Measurements.Name(set)} random")])];
        object?[] Full((JoinedRun Run, Entry Full) one) => [one.Run.Name, one.Run.Model, "full model", null, null, null,
            .. sets.SelectMany(set => (object?[])[.. Table.CellsOf(one.Full.On(set)), .. Table.CellsOf(null)])];
        object?[] Found(JoinedRow row)
        {
            Entry found = Entry.ForSubnetwork(row.Found, EntryKind.Subnetwork), random = Entry.ForSubnetwork(row.Random, EntryKind.Random);
            string model = facts.Runs.First(r => r.Name == row.Run).Model;
            return [row.Run, model, row.Method, row.Found.Seed, row.Found.TargetSparsity, row.Found.Sparsity,
                .. sets.SelectMany(set => (object?[])[.. Table.CellsOf(found.On(set)), .. Table.CellsOf(random.On(set))])];
        }
        return new("joined", "every run's full model and subnetworks, next to random parts", columns,
            [.. fulls.SelectMany(f => (object?[][])[Full(f), .. facts.Rows.Where(r => r.Run == f.Run.Name).Select(Found)])]);
    }

    static IEnumerable<Table> Figures(IReadOnlyList<Entry> all)
    {
        object?[][] rows = [.. all.SelectMany(e => e.Figures.SelectMany(set => set.Value.Select(f => (object?[])
            [Measurements.Name(set.Key), f.Key, e.Title, f.Value.Value, f.Value.N, f.Value.Low, f.Value.High])))];
        string[] columns = ["set", "figure", "name", "value", "n", "low", "high"];
        return rows.Length == 0 ? [] : [new("joined-figures", "the tasks' figures", columns, rows)];
    }

    static string Reading(JoinedRuns facts, IReadOnlyList<Size> sizes)
    {
        int better = sizes.Count(s => Least(s.Found) > Most(s.Random));
        string runs = Wording.List([.. facts.Runs.Select(r => r.Name)]);
        return $"Under the name of each run ({runs}) a row is a method and size, with every subnetwork and random parts of the same make. "
            + $"In {better} of {Wording.Count(sizes.Count, "row")} every subnetwork reaches more in-domain than any of its random parts; "
            + "whether two runs differ is seen only where their marks and intervals do not overlap.";

        static IEnumerable<double> Near(IEnumerable<Entry> entries) =>
            entries.Select(e => e.On(DataSet.InDomain)?.Value ?? double.NaN).DefaultIfEmpty(double.NaN);
        static double Least(IEnumerable<Entry> entries) => Near(entries).Min();
        static double Most(IEnumerable<Entry> entries) => Near(entries).Max();
    }
}
