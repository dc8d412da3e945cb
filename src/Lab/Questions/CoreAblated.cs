using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Targets;
using static System.FormattableString;

namespace Heartwood.Lab.Questions;

/// <summary>The core, and what the model loses without it.</summary>
/// <param name="Main">the parts that all subnetworks of the main sparsity keep</param>
/// <param name="Cores">the same at every sparsity, then the wider cores</param>
/// <param name="Ablated">the core ablated, its heads ablated, all but the core ablated, each followed by random sets of its make</param>
public sealed record CoreAblatedFacts(CoreFacts Main, IReadOnlyList<CoreFacts> Cores, IReadOnlyList<AblatedFacts> Ablated);

/// <summary>The core ablated, next to random sets of the same size.</summary>
sealed class CoreAblated : IQuestion<CoreAblatedFacts>
{
    const string Asked = "What does the model lose without the core, and what can the core do alone?";

    public string Name => "core";

    public int Version => 3;

    public bool AboutCore => true;

    public long Passes(Prospect ahead) => (3L * ahead.Settings.Draws + 3) * ahead.Sets.Examples;

    public CoreAblatedFacts? Ask(Subject subject)
    {
        if (subject.Found is null || !subject.Sets.Any) return null;
        var bySparsity = subject.BySparsity();
        List<CoreFacts> cores = [.. bySparsity.Select(s => CoreAt(subject, s.Sparsity, s.Kept, 1))];
        double share = subject.Settings.CoreShare;
        if (share < 1) cores.AddRange(bySparsity.Select(s => CoreAt(subject, s.Sparsity, s.Kept, share)));
        return new(cores[0], cores, Ablations(subject, [.. cores[0].Parts.Select(Part.Parse)]));
    }

    static CoreFacts CoreAt(Subject subject, Target sparsity, IReadOnlyList<IReadOnlyCollection<Part>> kept, double share)
    {
        if (!subject.Settings.Seeded)
            return CoreFacts.Single(sparsity, share, [.. kept[0].Select(p => p.ToString())], KindsOf([.. kept[0]]));
        Core core = Core.Shared(subject.Universe, kept, share, subject.Settings.Seeds[0]);
        string[] parts = [.. core.Parts.Select(p => p.ToString())];
        return new(sparsity, share, core.Subnetworks, parts, core.ExpectedByChance, core.Low, core.High, core.PValue, core.Method,
            KindsOf(core.Parts));

        string KindsOf(IReadOnlyList<Part> some) =>
            string.Join(", ", subject.Universe.Kinds.Select(kind => kind.Counted(some.Count(kind.Includes))));
    }

    static IReadOnlyList<AblatedFacts> Ablations(Subject subject, IReadOnlyList<Part> core)
    {
        if (core.Count == 0) return [];
        Universe universe = subject.Universe;
        ulong seed = subject.Settings.Seeds[0];
        int draws = subject.Settings.Draws;
        Part[] heads = [.. core.Where(Subject.IsHead)];
        IReadOnlyList<Part> Random(int draw) => RandomParts.Like(universe, [.. core], new(seed, "random parts"), draw);
        List<(string Name, string Kind, IReadOnlyList<Part> Ablated)> plan = [("core", "core", core)];
        if (heads.Length > 0) plan.Add(("core heads", "core", heads));
        plan.Add(("core alone", "core", [.. universe.Parts.Except(core)]));
        for (int i = 1; heads.Length > 0 && i <= draws; i++)
            plan.Add(($"random heads {i}", "random heads",
                RandomParts.LikeOf(Heads.Kind, universe, [.. core], new(seed, "random heads"), i)));
        for (int i = 1; i <= draws; i++) plan.Add(($"random parts {i}", "random parts", Random(i)));
        for (int i = 1; i <= draws; i++)
            plan.Add(($"random parts alone {i}", "random parts alone", [.. universe.Parts.Except(Random(i))]));
        var measured = subject.Ablated([.. plan.Select(p => p.Ablated)], "ablating the core");
        AblatedFacts[] facts = [.. plan.Zip(measured, (p, m) => Facts(p.Name, p.Kind, p.Ablated, m))];
        return [.. facts.Select(f => f with { Ranks = RanksAmongDraws(f, facts) })];
    }

    /// <summary>Figures of a model with parts ablated, as they are kept.</summary>
    internal static AblatedFacts Facts(string name, string kind, IReadOnlyList<Part> ablated, Measured measured) =>
        new(name, kind, [.. ablated.Select(a => a.ToString())], measured);

    // the core among random parts of the same numbers, its heads among random heads
    static AblatedRanks? RanksAmongDraws(AblatedFacts facts, AblatedFacts[] all) =>
        facts.Kind == "core" && draws.TryGetValue(facts.Name, out string? kind)
            ? Ranks(facts, kind, [.. all.Where(f => f.Kind == kind)]) : null;

    /// <summary>The place of one among others by accuracy; null where there are no others.</summary>
    internal static AblatedRanks? Ranks(AblatedFacts own, string among, AblatedFacts[] others)
    {
        if (others.Length == 0 || own.Measured.InDomain.N == 0) return null;                    // scores have no accuracy to rank
        RankFacts? outside = own.Measured.OutOfDomain is null ? null : Place(f => f.Measured.OutOfDomain!);
        return new(among, Place(f => f.Measured.InDomain), outside,
            own.Measured.Cases.Keys.ToDictionary(c => c, c => Place(f => f.Measured.Cases[c])));

        RankFacts Place(Func<AblatedFacts, Proportion> figure)
        {
            Rank rank = Rank.Among(figure(own).Value, [.. others.Select(o => figure(o).Value)]);
            return new(rank.AtLeastAsHarmful, rank.Draws);
        }
    }

    public string Words(CoreAblatedFacts facts, Findings findings)
    {
        List<string> lines = [.. facts.Cores.Select(c => CoreInWords(c, facts.Main.TargetSparsity))];
        foreach (AblatedFacts a in facts.Ablated.Where(a => a.Kind == "core"))
            lines.Add($"  {Shown(a.Name),-24} in-domain {Wording.Full(a.Measured.InDomain)}, "
                + $"out of domain {Wording.Percent(a.Measured.OutOfDomain)}{Placed(a)}\n");
        double[] heads = [.. facts.Ablated.Where(a => a.Kind == "random heads").Select(a => a.Measured.InDomain.Value * 100)];
        if (heads.Length > 0)
        {
            double median = MathNet.Numerics.Statistics.Statistics.Median(heads);
            lines.Add(Invariant($"  as many random heads     in-domain {median:0.0} % (median of {heads.Length} draws)\n"));
        }
        return string.Concat(lines);
    }

    static string CoreInWords(CoreFacts c, Target main)
    {
        string share = c.Share == 1 ? "all" : Invariant($"{c.Share:0 %}");
        string which = c.Share == 1 && c.TargetSparsity == main ? Invariant($"The core: {c.Parts.Count} parts are in all {c.Subnetworks} ")
            : Invariant($"at {c.TargetSparsity:0.##}, kept by {share} of {c.Subnetworks}: {c.Parts.Count} parts ");
        string chance = double.IsNaN(c.PValue) ? $"({c.Method})"
            : Invariant($"(by chance {c.ExpectedByChance:0.0}, {Wording.Probability(c.PValue)}, {c.Method})");
        return $"{which}{chance}: {Wording.First(c.Parts)}\n";
    }

    static string Placed(AblatedFacts a) => a.Ranks?.InDomain is not { } r ? ""
        : a.Name == "core alone" ? Invariant($"; {r.AtLeastAsHarmful} of {r.Draws} random sets kept alone do no better")
        : Invariant($"; {r.AtLeastAsHarmful} of {r.Draws} random sets hurt as much");

    static string Shown(string name) => name switch
    {
        "core" => "without the core",
        "core heads" => "without the core's heads",
        "core alone" => "the core alone",
        _ => name,
    };

    // ---- drawing

    // which random draws belong next to which of the core's sets
    static readonly Dictionary<string, string> draws = new()
    {
        ["core heads"] = "random heads",
        ["core"] = "random parts",
        ["core alone"] = "random parts alone",
    };

    public IReadOnlyList<Figure> Draw(CoreAblatedFacts facts, Findings findings)
    {
        if (facts.Ablated.Count == 0 || findings.Shown is not { } study) return [];
        Figure? cases = findings.Asking ? null : CoreCases.Draw(facts, study);
        return cases is null ? [Whole(facts, study, findings.Asking)] : [Whole(facts, study, findings.Asking), cases];
    }

    static Figure Whole(CoreAblatedFacts facts, Measurements study, bool asking)
    {
        var all = facts.Ablated;
        DataSet[] sets = [.. study.Sets.Where(set => all.Any(a => Entry.ForAblated(a).On(set) is not null))];
        List<Markup> keys = [Chart.Key(Shape.Diamond, "full", "full model"),
            Chart.Key(Shape.Disc, "core", "the core's sets, with their 95\u00A0% interval over examples")];
        if (all.Any(a => draws.ContainsValue(a.Kind))) keys.Add(Chart.Key(Shape.Ring, "random", "one random set of the same size each"));
        object?[] Row(AblatedFacts a) => [a.Name, a.Kind, a.Parts.Count, .. sets.SelectMany(s => Table.CellsOf(Entry.ForAblated(a).On(s))),
            a.Ranks?.Among, a.Rank?.AtLeastAsHarmful, a.Rank?.Draws, string.Join(" ", a.Parts)];
        return new("core", asking ? Asked
            : "The core ablated", string.Join(" ", Sentences(facts)), [.. sets.Select(set => Panel(facts, study, set))], keys,
            $"""
            Heads alone and heads with MLPs are kept apart because an MLP weighs so much that mixed sets say little.
            Under each name, how many of the random sets leave at most as much; for the core alone, random sets kept alone.
            """,
            [new("core", "the full model with sets of parts ablated", ["name", "kind", "parts ablated",
                .. sets.SelectMany(s => Table.ColumnsOf(Measurements.Name(s))), "compared with", "draws at least as harmful", "draws",
                    "parts"],
                [.. all.Select(Row)])]);
    }

    /// <summary>A core against chance, in a sentence.</summary>
    internal static string Sentence(CoreFacts core)
    {
        if (core.Subnetworks < 2) return $"At {Wording.Sparsity(core.TargetSparsity)} there is one subnetwork only, and nothing to share.";
        string who = core.Share >= 1 ? $"all {core.Subnetworks}" : $"at least {Wording.Percent(core.Share)} of {core.Subnetworks}";
        string size = core.Parts.Count == 0 ? "no part"
            : $"the same {Wording.Count(core.Parts.Count, "part")}{(core.Kinds == "" ? "" : $" ({core.Kinds})")}";
        string chance = double.IsNaN(core.PValue) && core.Method == CoreFacts.NotSeeded ? $"chance is {core.Method}"
            : $"chance gives {Wording.Number(core.ExpectedByChance, "0.0#")} (95\u00A0% between {Wording.Number(core.Low, "0")} and "
                + $"{Wording.Number(core.High, "0")}), {Wording.Probability(core.PValue)} ({core.Method})";
        return $"At {Wording.Sparsity(core.TargetSparsity)}, {who} subnetworks keep {size}; {chance}.";
    }

    /// <summary>
    /// What ablating the core's heads costs against random heads, the same of the whole core, and what the core does alone.
    /// </summary>
    internal static IEnumerable<string> Sentences(CoreAblatedFacts facts)
    {
        foreach (string name in (string[])["core heads", "core"])
            if (Find(facts, name) is { } a)
                yield return a.Parts.Count == 0 ? $"There is no part to ablate for the {name}."
                    : $"Ablating {Called(a)} leaves {Wording.Short(a.Measured.InDomain)} in-domain{Against(a)}.";
        if (Find(facts, "core alone") is { } alone)
        {
            string outside = Entry.ForAblated(alone).On(DataSet.OutOfDomain) is { } p ? $" and {Wording.Short(p)} out of domain" : "";
            yield return $"The core alone keeps {Wording.Short(alone.Measured.InDomain)} in-domain{outside}{AgainstAlone(alone)}.";
        }
    }

    /// <summary>The core's set of this name, null where it was not measured.</summary>
    internal static AblatedFacts? Find(CoreAblatedFacts facts, string name) =>
        facts.Ablated.FirstOrDefault(a => a.Kind == "core" && a.Name == name);

    // the core alone next to as many random parts alone: the other way round, most draws should do worse
    static string AgainstAlone(AblatedFacts alone) => alone.Rank is not { Draws: > 0 } rank ? ""
        : $"; {Few(rank)} of {rank.Draws} random sets of as many heads and MLPs, kept alone, "
            + $"{(rank.AtLeastAsHarmful == 1 ? "does" : "do")} no better in-domain";

    static string Against(AblatedFacts a)
    {
        if (a.Rank is not { Draws: > 0 } rank) return ", with no random sets to compare with";
        double p = new Rank(rank.AtLeastAsHarmful, rank.Draws).PValue;
        string sets = a.Ranks!.Among == "random heads" ? "random sets of as many heads" : "random sets of as many heads and MLPs";
        return $"; {Few(rank)} of {rank.Draws} {sets} {(rank.AtLeastAsHarmful == 1 ? "hurts" : "hurt")} at least as much "
            + $"({Wording.Probability(p)}{(p < 0.05 ? "" : ", so not clearly worse than chance")})";
    }

    static string Few(RankFacts rank) => rank.AtLeastAsHarmful == 0 ? "none" : $"{rank.AtLeastAsHarmful}";

    static string Called(AblatedFacts a) => a.Name == "core heads" ? $"the core's {Wording.Count(a.Parts.Count, "head")}"
        : $"the whole core ({Wording.Count(a.Parts.Count, "part")})";

    static Markup Panel(CoreAblatedFacts facts, Measurements study, DataSet set)
    {
        Strip[] rows = [.. Rows(facts, study, set)];
        List<(double, string)> lines = [(study.Chance(set), "chance")];
        if (study.Full.On(set) is { } full) lines.Add((full.Value, "level"));
        return Strips.Draw($"core-{set}", study.Accuracy(set), $"{study.Accuracy(set)} with parts ablated",
            $"{Wording.Count(rows.Length, "row")}: {Wording.List([.. rows.Select(r => r.Label)])}.", rows, Scale.Share(0, 1),
            study.Words(set).Accuracy, true, reference: lines);
    }

    static IEnumerable<Strip> Rows(CoreAblatedFacts facts, Measurements study, DataSet set)
    {
        if (study.Full.On(set) is { } full) yield return new("full model", [Mark.Share(full, "full", Shape.Diamond, study.Full.Tip)]);
        HashSet<string> drawn = [];
        var ordered = facts.Ablated.Where(a => a.Kind == "core")
            .OrderBy(a => a.Name switch { "core alone" => 0, "core heads" => 1, _ => 2 });
        foreach (AblatedFacts a in ordered)
        {
            bool alone = a.Name == "core alone";
            string? kind = a.Ranks?.Among ?? draws.GetValueOrDefault(a.Name);
            if (kind is not null) drawn.Add(kind);
            List<Mark> marks = [.. Draws(facts, kind, set)];
            if (Entry.ForAblated(a).On(set) is { } p) marks.Add(Mark.Share(p, "core", Shape.Disc, Tip(a, p)));
            string note = RankOn(facts, a, kind, set) is { Draws: > 0 } r
                ? $"{r.AtLeastAsHarmful} of {r.Draws} {(alone ? "no better" : "as bad")}"
                : alone ? "all else out" : "";
            yield return new(alone ? a.Name : $"− {a.Name}", marks, Note: note);
        }
        var others = facts.Ablated.Select(a => a.Kind).Where(k => k != "core" && !drawn.Contains(k)).Distinct();
        foreach (string kind in others.ToList())
            yield return new(kind == draws["core alone"] ? kind : $"− {kind}", [.. Draws(facts, kind, set)]);
    }

    // the rank as the run computed it; on unseen constructions, where it did not, by the same rule from the draws
    static RankFacts? RankOn(CoreAblatedFacts facts, AblatedFacts a, string? kind, DataSet set)
    {
        if (set != DataSet.Unseen) return set == DataSet.InDomain ? a.Ranks?.InDomain : a.Ranks?.OutOfDomain;
        double[] others = [.. facts.Ablated.Where(d => d.Kind == kind).Select(d => Entry.ForAblated(d).On(set)?.Value).OfType<double>()];
        if (Entry.ForAblated(a).On(set) is not { } own || others.Length == 0) return null;
        Rank rank = Rank.Among(own.Value, others);
        return new(rank.AtLeastAsHarmful, rank.Draws);
    }

    static IEnumerable<Mark> Draws(CoreAblatedFacts facts, string? kind, DataSet set) =>
        facts.Ablated.Where(a => kind is not null && a.Kind == kind).Select(a => (Facts: a, Share: Entry.ForAblated(a).On(set)))
            .Where(a => a.Share is not null).Select(a => new Mark(a.Share!.Value, "random", Shape.Ring, Tip(a.Facts, a.Share)));

    static string Tip(AblatedFacts a, Proportion p) => $"{a.Name}: {Wording.Count(a.Parts.Count, "part")} ablated\n{Wording.Full(p)}";
}
