using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Subnetworks.Targets;
using static System.FormattableString;

namespace Heartwood.Lab.Questions;

/// <summary>The full model, the baselines, every subnetwork and a random mask next to each, measured on every set.</summary>
/// <param name="Main">the main sparsity</param>
/// <param name="Full">the full model</param>
/// <param name="Baselines">what needs no model, by name: majority, a linear model on word overlap</param>
/// <param name="Subnetworks">the subnetworks, every seed at every sparsity</param>
/// <param name="RandomSubnetworks">a random mask of the same make next to each</param>
/// <param name="Cases">what is known of each case, by name; null where nothing is: the page then shows the cases in one list</param>
/// <param name="Tasks">what each set asks, by its use; null where all ask for labels</param>
public sealed record AccuracyFacts(
    Target Main, Measured Full, IReadOnlyDictionary<string, Measured> Baselines,
    IReadOnlyList<MeasuredSubnetwork> Subnetworks, IReadOnlyList<MeasuredSubnetwork> RandomSubnetworks,
    IReadOnlyDictionary<string, CaseFacts>? Cases, IReadOnlyDictionary<string, TaskFacts>? Tasks)
{
    /// <summary>The full model as it is stored.</summary>
    public StoredModel? Stored { get; init; }

    /// <summary>The same of the main sparsity alone.</summary>
    internal AccuracyFacts AtMain() => this with
    {
        Subnetworks = [.. Subnetworks.Where(s => s.TargetSparsity == Main)],
        RandomSubnetworks = [.. RandomSubnetworks.Where(s => s.TargetSparsity == Main)],
    };
}

/// <summary>Accuracy of everything in-domain and out of domain.</summary>
sealed class Accuracy : IQuestion<AccuracyFacts>
{
    const string Asked = "Do subnetworks that are equal in-domain generalize alike?";

    public string Name => "accuracy";

    public int Version => 4;

    public long Passes(Prospect ahead) => (2L * ahead.OwnSearches + 1) * ahead.Sets.Examples;

    public AccuracyFacts? Ask(Subject subject)
    {
        if (!subject.Sets.Any || subject.Found is not { } found) return null;
        Measured full = subject.Sets.Measure(subject.FullScores, null);
        Dictionary<string, Measured> baselines =
            Baselines.Measure(subject.Data, subject.Loaded, subject.Settings.LabelMap, subject.Sets);
        Action<int> advance = subject.Advance("measuring subnetworks", 2L * found.Count, "subnetworks");
        MaskMeasuring measuring =
            new(subject.Model, subject.Sets, subject.FullScores, subject.Ablation, subject.Stop, subject.Costs?.Invoke());
        List<MeasuredSubnetwork> measured = [], random = [];
        foreach (var (i, subnetwork) in found.Index())
        {
            MeasuredSubnetwork itself = measuring.Measure(subnetwork);
            measured.Add(itself with { Stored = itself.Stored! with { File = subject.MaskFile(subnetwork) } });
            advance(1);
            random.Add(measuring.RandomLike(subnetwork, subnetwork.Seed, i));
            advance(1);
        }
        return new(subject.Settings.Sparsities[0], full, baselines, measured, random, subject.Sets.Cases(), subject.Sets.Tasks)
        {
            Stored = new(subject.Model.Weights.Count, subject.Loaded.Bytes, subject.Loaded.Folder),
        };
    }

    public IReadOnlyList<Candidate> Candidates(AccuracyFacts facts, Findings findings) =>
        MeasuredCandidates.From(facts, findings.Facts<CutFacts>());

    public string Words(AccuracyFacts facts, Findings findings)
    {
        MeasuredSubnetwork[] main = [.. facts.AtMain().Subnetworks];
        if (main.Length < 2 || facts.Full.InDomain.N == 0) return "";
        string outside = facts.Full.OutOfDomain is null or { N: 0 } ? ""
            : Invariant($", out of domain by {Points(main.Select(s => s.Measured.OutOfDomain!)):0.0}{Widest(main, facts)}");
        return Invariant($"In-domain they differ by {Points(main.Select(s => s.Measured.InDomain)):0.0} points{outside}.\n");
    }

    // of labels the groups, whose accuracy is balanced; of a language model's tasks the cases
    static string Widest(MeasuredSubnetwork[] nets, AccuracyFacts facts)
    {
        bool labelled = facts.Tasks is null;
        IEnumerable<(string Name, Proportion Share)> Outside(MeasuredSubnetwork n) => labelled
            ? n.Measured.Groups.Where(g => g.Value.Set == "outOfDomain").Select(g => (g.Key, g.Value.Balanced))
            : n.Measured.Cases.Where(c => facts.Cases?.GetValueOrDefault(c.Key)?.Set == "outOfDomain").Select(c => (c.Key, c.Value));
        var widest = nets.SelectMany(Outside).GroupBy(g => g.Name, g => g.Share)
            .Select(g => (Name: g.Key, Spread: Points(g))).OrderByDescending(g => g.Spread).FirstOrDefault();
        return widest.Name is null ? ""
            : Invariant($", most on \"{widest.Name}\": {widest.Spread:0.0} points{(labelled ? " of balanced accuracy" : "")}");
    }

    // in points
    static double Points(IEnumerable<Proportion> shares) => (shares.Max(s => s.Value) - shares.Min(s => s.Value)) * 100;

    // ---- drawing

    public IReadOnlyList<Figure> Draw(AccuracyFacts facts, Findings findings)
    {
        // a study's page begins with this: the candidates, with every figure in a table and out of domain drawn against in-domain
        if (!findings.Asking) return [];
        Measurements study = findings.Shown!;
        List<DataSet> other = Other(study);
        List<Markup> keys = [Chart.Key(Shape.Diamond, "full", "full model")];
        if (study.Subnetworks.Count > 0) keys.Add(Chart.Key(Shape.Disc, "sub", "subnetwork, with its seed"));
        if (study.Randoms.Count > 0) keys.Add(Chart.Key(Shape.Ring, "random", "random mask of the same size"));
        if (study.Baselines.Count > 0) keys.Add(Chart.Key(Shape.Cross, "base", "baseline without a model"));
        string guessing = other.Count == 0 ? "" : "The dotted lines are guessing; on the dashed line both are equal.";
        return [new("domains", Asked, Reading(study),
            other.Count == 0 ? [Alone(study)] : [.. other.SelectMany(set => Panels(study, set))], keys,
            $"Thin lines are 95\u00A0% intervals over examples. {guessing}{Meanings(study)}", [TableOf(study)])];
    }

    /// <summary>What is called accuracy, where it is not a label's.</summary>
    internal static string Meanings(Measurements study) =>
        !study.AsksTokens ? "" : " " + string.Join(" ", study.Sets.Select(s => study.Words(s).Meaning).Distinct());

    static List<DataSet> Other(Measurements study) => [.. study.Sets.Where(s => s != DataSet.InDomain)];

    static IEnumerable<Markup> Panels(Measurements study, DataSet set)
    {
        Entry[] all = [.. study.All.Where(e => e.On(DataSet.InDomain) is not null && e.On(set) is not null)];
        string along = study.Accuracy(DataSet.InDomain), up = study.Accuracy(set);
        (double X, double Y) chance = (study.Chance(DataSet.InDomain), study.Chance(set));
        double[] whole = [chance.X, chance.Y, .. study.All.SelectMany(e => e.Sets.Values).SelectMany(Ends)];
        string subnetworks = Wording.Count(study.Subnetworks.Count, "subnetwork");
        string randoms = Wording.Count(study.Randoms.Count, "random mask");
        // the first of them is drawn next to the candidates
        if (set != Other(study)[0]) yield return Scatter.Draw($"domains-{set}", $"Everything, {study.Where(set)}", $"{along} against {up}",
            $"The full model, {subnetworks}, {randoms} and {Wording.Count(study.Baselines.Count, "baseline")}.",
            [.. Ordered(all).Select(e => PointOf(e, set, e.Kind is EntryKind.Full or EntryKind.Baseline ? e.Name : ""))],
            Scatter.Along([.. whole, 1], 1), Scatter.Up([.. whole, 1], 1), (along, up), (true, true), chance, equality: true);

        Entry[] close = [.. study.Subnetworks.Append(study.Full).Where(e => e.On(DataSet.InDomain) is not null && e.On(set) is not null)];
        if (study.Subnetworks.Count == 0) yield break;
        Scale x = Scatter.Along(close.SelectMany(e => Ends(e.On(DataSet.InDomain)!)), 1);
        Scale y = Scatter.Up(close.SelectMany(e => Ends(e.On(set)!)), 1);
        foreach (Target sparsity in study.Sparsities)
        {
            Entry[] shown = [.. study.At(sparsity).Append(study.Full).Where(close.Contains)];
            string size = sparsity.IsSparsity ? Wording.Number(sparsity.Value, "0.0###") : sparsity.InNames;
            string id = $"domains-{set}-{size.Replace('.', '-')}";
            yield return Scatter.Draw(id, $"Closer, {Wording.Sparsity(sparsity)}", $"{along} against {up} at {Wording.Sparsity(sparsity)}",
                $"{Wording.Count(shown.Length - 1, "subnetwork")} and the full model, the same axes at every sparsity.",
                [.. Ordered(shown).Select(e => PointOf(e, set, e.Name))], x, y, (along, up), (true, true), chance);
        }
    }

    static double[] Ends(Proportion p) => double.IsNaN(p.Value) ? [] : [p.Low, p.High];

    static IEnumerable<Entry> Ordered(IEnumerable<Entry> entries) => entries.OrderBy(e => e.Kind switch
    {
        EntryKind.Random => 0,
        EntryKind.Baseline => 1,
        EntryKind.Subnetwork => 2,
        _ => 3,
    });

    static Point PointOf(Entry e, DataSet set, string label) =>
        Point.Shares(e.On(DataSet.InDomain)!, e.On(set)!, Look(e).Class, Look(e).Shape, e.Tip, label);

    static (string Class, Shape Shape) Look(Entry e) => e.Kind switch
    {
        EntryKind.Full => ("full", Shape.Diamond),
        EntryKind.Random => ("random", Shape.Ring),
        EntryKind.Baseline => ("base", Shape.Cross),
        _ => ("sub", Shape.Disc),
    };

    // where nothing but in-domain accuracy is known: one row each
    static Markup Alone(Measurements study)
    {
        List<(string Name, Entry[] Entries)> rows = [("full model", [study.Full]), .. study.Baselines.Select(b => (b.Name, new[] { b })),
            .. study.Sparsities.Select(s => (Wording.Sparsity(s), study.At(s).ToArray())),
            .. study.Randoms.GroupBy(r => r.Target).Select(g => ($"random, {Wording.Short(g.Key!.Value)}", g.ToArray()))];
        Mark MarkOf(Entry e) => Mark.Share(e.On(DataSet.InDomain)!, Look(e).Class, Look(e).Shape, e.Tip);
        return Strips.Draw("domains-alone", "", Wording.Capital(study.Accuracy(DataSet.InDomain)),
            $"{Wording.Count(rows.Count, "row")}: the full model, baselines, subnetworks and random masks.",
            [.. rows.Select(r => new Strip(r.Name, [.. r.Entries.Where(e => e.On(DataSet.InDomain) is not null).Select(MarkOf)]))],
            Scale.Around(study.All.SelectMany(e => Ends(e.Sets[DataSet.InDomain])), 0, 1, 1), study.Accuracy(DataSet.InDomain), true,
            lanes: true, [(study.Chance(DataSet.InDomain), "chance")]);
    }

    static string Reading(Measurements study)
    {
        if (study.Main.Count == 0)
            return $"No subnetwork was measured; the full model reaches {Wording.Full(study.Full.On(DataSet.InDomain))} in-domain.";
        string at = $"At {Wording.Sparsity(study.Sparsities[0])}, {Wording.Count(study.Main.Count, "subnetwork")}";
        var spreads = study.Sets.Select(set => (Set: set, Spread: Spread.Across(study.Main.Select(e => e.On(set)))))
            .Where(s => s.Spread.N > 0).ToList();
        if (study.Main.Count == 1)
        {
            string[] reached = [.. spreads.Select(s => $"{Wording.Full(study.Main[0].On(s.Set))} {study.Where(s.Set)}")];
            return $"{at} reaches {Wording.List(reached)}; one seed says nothing about the spread between seeds.";
        }
        string Span(DataSet set, Spread spread) => $"{Wording.Points(spread.Width)} {study.Where(set)} "
            + $"({Wording.Range(spread.Low, spread.High)}; one mark is uncertain by up to ±{Wording.Points(spread.Noise)}, "
            + $"{(spread.BeyondNoise(spreads.Count) ? "so the seeds do differ" : "so the seeds cannot be told apart")})";
        return $"{at} span {Wording.List([.. spreads.Select(s => Span(s.Set, s.Spread))])}.{Others(study)}";
    }

    // what random masks and baselines reach, where there are any
    static string Others(Measurements study)
    {
        Spread random = Spread.Across(study.RandomsAt(study.Sparsities[0]).Select(e => e.On(DataSet.InDomain)));
        List<string> said = random.N == 0 ? [] : [$"random masks of the same size reach {Wording.Range(random.Low, random.High)}"];
        said.AddRange(study.Baselines.Where(b => b.On(DataSet.InDomain) is not null)
            .Select(b => $"{b.Name} {Wording.Percent(b.On(DataSet.InDomain)!.Value)}"));
        return said.Count == 0 ? "" : $" For comparison, in-domain: {Wording.List(said)}.";
    }

    /// <summary>Every figure of every model that was measured.</summary>
    internal static Table TableOf(Measurements study) => new("models", "every model, subnetwork, random mask and baseline",
        ["name", "kind", "seed", "target sparsity", "sparsity", .. study.Sets.SelectMany(s => Table.ColumnsOf(Measurements.Name(s))),
            "in-domain loss", "agreement", "KL"],
        [.. study.All.Select(e => (object?[])[e.Name, KindOf(e), e.Seed, e.Target, e.Sparsity,
            .. study.Sets.SelectMany(s => Table.CellsOf(e.On(s))), e.Loss, e.Agreement?.Value, e.Kl])]);

    static string KindOf(Entry e) => e.Kind switch
    {
        EntryKind.Full => "full model",
        EntryKind.Random => "random mask",
        EntryKind.Baseline => "baseline",
        _ => "subnetwork",
    };
}
