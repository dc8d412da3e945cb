using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Reports.Sections;

/// <summary>In-domain against out-of-domain accuracy of everything that was measured.</summary>
internal static class Domains
{
    /// <summary>The figure.</summary>
    public static Figure Draw(Findings study) => new("domains", Other(study).Count == 0 ? Wording.Capital(study.Accuracy(DataSet.InDomain)) : "In-domain against out of domain", Reading(study),
        Other(study).Count == 0 ? [Alone(study)] : [.. Other(study).SelectMany(set => Panels(study, set))],
        [Chart.Key(Shape.Diamond, "full", "full model"), .. study.Subnetworks.Count > 0 ? [Chart.Key(Shape.Disc, "sub", "subnetwork, with its seed")] : (Markup[])[],
            .. study.Randoms.Count > 0 ? [Chart.Key(Shape.Ring, "random", "random mask of the same size")] : (Markup[])[],
            .. study.Baselines.Count > 0 ? [Chart.Key(Shape.Cross, "base", "baseline without a model")] : (Markup[])[]],
        $"Thin lines are 95\u00A0% intervals over examples. {(Other(study).Count == 0 ? "" : "The dotted lines are guessing; on the dashed line both are equal.")}{Meanings(study)}", [TableOf(study)]);

    // what is called accuracy, where it is not a label's
    static string Meanings(Findings study) => !study.AsksTokens ? "" : " " + string.Join(" ", study.Sets.Select(s => study.Words(s).Meaning).Distinct());

    static List<DataSet> Other(Findings study) => [.. study.Sets.Where(s => s != DataSet.InDomain)];

    static IEnumerable<Markup> Panels(Findings study, DataSet set)
    {
        Entry[] all = [.. study.All.Where(e => e.On(DataSet.InDomain) is not null && e.On(set) is not null)];
        string along = study.Accuracy(DataSet.InDomain), up = study.Accuracy(set);
        (double X, double Y) chance = (study.Chance(DataSet.InDomain), study.Chance(set));
        double[] whole = [chance.X, chance.Y, .. study.All.SelectMany(e => e.Sets.Values).SelectMany(Ends)];
        yield return Scatter.Draw($"domains-{set}", $"Everything, {study.Where(set)}", $"{along} against {up}",
            $"The full model, {Wording.Count(study.Subnetworks.Count, "subnetwork")}, {Wording.Count(study.Randoms.Count, "random mask")} and {Wording.Count(study.Baselines.Count, "baseline")}.",
            [.. Ordered(all).Select(e => Point(e, set, e.Kind is EntryKind.Full or EntryKind.Baseline ? e.Name : ""))],
            Scatter.Along([.. whole, 1], 1), Scatter.Up([.. whole, 1], 1), (along, up), (true, true), chance, equality: true);

        Entry[] close = [.. study.Subnetworks.Append(study.Full).Where(e => e.On(DataSet.InDomain) is not null && e.On(set) is not null)];
        if (study.Subnetworks.Count == 0) yield break;
        Scale x = Scatter.Along(close.SelectMany(e => Ends(e.On(DataSet.InDomain)!)), 1), y = Scatter.Up(close.SelectMany(e => Ends(e.On(set)!)), 1);
        foreach (double sparsity in study.Sparsities)
        {
            Entry[] shown = [.. study.At(sparsity).Append(study.Full).Where(close.Contains)];
            yield return Scatter.Draw($"domains-{set}-{Wording.Number(sparsity, "0.0###").Replace('.', '-')}", $"Closer, {Wording.Sparsity(sparsity)}",
                $"{along} against {up} at {Wording.Sparsity(sparsity)}", $"{Wording.Count(shown.Length - 1, "subnetwork")} and the full model, the same axes at every sparsity.",
                [.. Ordered(shown).Select(e => Point(e, set, e.Name))], x, y, (along, up), (true, true), chance);
        }
    }

    static double[] Ends(Proportion p) => double.IsNaN(p.Value) ? [] : [p.Low, p.High];

    static IEnumerable<Entry> Ordered(IEnumerable<Entry> entries) =>
        entries.OrderBy(e => e.Kind switch { EntryKind.Random => 0, EntryKind.Baseline => 1, EntryKind.Subnetwork => 2, _ => 3 });

    static Point Point(Entry e, DataSet set, string label) => Charts.Point.Of(e.On(DataSet.InDomain)!, e.On(set)!, Look(e).Class, Look(e).Shape, e.Tip, label);

    static (string Class, Shape Shape) Look(Entry e) => e.Kind switch
    {
        EntryKind.Full => ("full", Shape.Diamond),
        EntryKind.Random => ("random", Shape.Ring),
        EntryKind.Baseline => ("base", Shape.Cross),
        _ => ("sub", Shape.Disc),
    };

    /// <summary>Where nothing but in-domain accuracy is known: one row each.</summary>
    static Markup Alone(Findings study)
    {
        List<(string Name, Entry[] Entries)> rows = [("full model", [study.Full]), .. study.Baselines.Select(b => (b.Name, new[] { b })),
            .. study.Sparsities.Select(s => (Wording.Sparsity(s), study.At(s).ToArray())), .. study.Randoms.GroupBy(r => r.Target).Select(g => ($"random, {Wording.Number(g.Key, "0.0#")}", g.ToArray()))];
        return Strips.Draw("domains-alone", "", Wording.Capital(study.Accuracy(DataSet.InDomain)), $"{Wording.Count(rows.Count, "row")}: the full model, baselines, subnetworks and random masks.",
            [.. rows.Select(r => new Strip(r.Name, [.. r.Entries.Where(e => e.On(DataSet.InDomain) is not null).Select(e => Mark.Of(e.On(DataSet.InDomain)!, Look(e).Class, Look(e).Shape, e.Tip))]))],
            Scale.Around(study.All.SelectMany(e => Ends(e.Sets[DataSet.InDomain])), 0, 1, 1), study.Accuracy(DataSet.InDomain), true, lanes: true, [(study.Chance(DataSet.InDomain), "chance")]);
    }

    static string Reading(Findings study)
    {
        if (study.Main.Count == 0) return $"No subnetwork was measured; the full model reaches {Wording.Full(study.Full.On(DataSet.InDomain))} in-domain.";
        string at = $"At {Wording.Sparsity(study.Sparsities[0])}, {Wording.Count(study.Main.Count, "subnetwork")}";
        var spreads = study.Sets.Select(set => (Set: set, Spread: Spread.Of(study.Main.Select(e => e.On(set))))).Where(s => s.Spread.N > 0).ToList();
        if (study.Main.Count == 1) return $"{at} reaches {Wording.List([.. spreads.Select(s => $"{Wording.Full(study.Main[0].On(s.Set))} {study.Where(s.Set)}")])}; one seed says nothing about the spread between seeds.";
        return $"{at} span {Wording.List([.. spreads.Select(s => $"{Wording.Points(s.Spread.Width)} {study.Where(s.Set)} ({Wording.Range(s.Spread.Low, s.Spread.High)}; one mark is uncertain by up to ±{Wording.Points(s.Spread.Noise)}, "
            + $"{(s.Spread.BeyondNoise(spreads.Count) ? "so the seeds do differ" : "so the seeds cannot be told apart")})")])}.{Others(study)}";
    }

    /// <summary>What random masks and baselines reach, where there are any.</summary>
    static string Others(Findings study)
    {
        var random = Spread.Of(study.RandomsAt(study.Sparsities[0]).Select(e => e.On(DataSet.InDomain)));
        string[] said = [.. random.N == 0 ? (string[])[] : [$"random masks of the same size reach {Wording.Range(random.Low, random.High)}"],
            .. study.Baselines.Where(b => b.On(DataSet.InDomain) is not null).Select(b => $"{b.Name} {Wording.Percent(b.On(DataSet.InDomain)!.Value)}")];
        return said.Length == 0 ? "" : $" For comparison, in-domain: {Wording.List(said)}.";
    }

    static Table TableOf(Findings study) => new("models", "every model, subnetwork, random mask and baseline",
        ["name", "kind", "seed", "target sparsity", "sparsity", .. study.Sets.SelectMany(s => Table.ColumnsOf(Findings.Name(s))), "in-domain loss", "agreement", "KL"],
        [.. study.All.Select(e => (object?[])[e.Name, Kind(e), e.Seed, e.Target, e.Sparsity, .. study.Sets.SelectMany(s => Table.CellsOf(e.On(s))), e.Loss, e.Agreement?.Value, e.Kl])]);

    static string Kind(Entry e) => e.Kind switch { EntryKind.Full => "full model", EntryKind.Random => "random mask", EntryKind.Baseline => "baseline", _ => "subnetwork" };
}
