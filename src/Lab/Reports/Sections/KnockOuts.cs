using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Reports.Sections;

/// <summary>The core knocked out, against random sets of the same size.</summary>
internal static class KnockOuts
{
    /// <summary>Which random draws belong beside which of the core's sets.</summary>
    static readonly Dictionary<string, string> draws = new() { ["core heads"] = "random heads", ["core"] = "random parts", ["core alone"] = "random parts alone" };

    /// <summary>The figure, or null where nothing was knocked out.</summary>
    public static Figure? Draw(Findings study)
    {
        var all = study.Result.KnockOuts;
        if (all.Count == 0) return null;
        DataSet[] sets = [.. study.Sets.Where(set => all.Any(k => Entry.Of(k).On(set) is not null))];
        return new("knock-outs", "Knocking out the core", string.Join(" ", Readings(study)), [.. sets.Select(set => Panel(study, set))],
            [Chart.Key(Shape.Diamond, "full", "full model"), Chart.Key(Shape.Disc, "core", "the core's sets, with their 95\u00A0% interval over examples"),
                .. all.Any(k => draws.ContainsValue(k.Kind)) ? [Chart.Key(Shape.Ring, "random", "one random set of the same size each")] : (Markup[])[]],
            $"Heads alone and heads with MLPs are kept apart because an MLP weighs so much that mixed sets say little. Under each name, how many of the random sets leave at most as much; for the core alone, random sets kept alone.",
            [new("knock-outs", "sets of parts knocked out", ["name", "kind", "parts absent", .. sets.SelectMany(s => Table.ColumnsOf(Findings.Name(s))), "compared with", "draws at least as harmful", "draws", "parts"],
                [.. all.Select(k => (object?[])[k.Name, k.Kind, k.Parts.Count, .. sets.SelectMany(s => Table.CellsOf(Entry.Of(k).On(s))), k.Ranks?.Among, k.Rank?.AtLeastAsHarmful, k.Rank?.Draws, string.Join(" ", k.Parts)])])]);
    }

    /// <summary>What knocking out the core's heads costs against random heads, and the same of the whole core, in sentences.</summary>
    public static IEnumerable<string> Readings(Findings study)
    {
        foreach (string name in (string[])["core heads", "core"])
            if (Find(study, name) is { } k)
                yield return k.Parts.Count == 0 ? $"There is no part to knock out for the {name}." : $"Knocking out {Called(k)} leaves {Wording.Short(k.InDomain)} in-domain{Against(k)}.";
        if (Find(study, "core alone") is { } alone)
            yield return $"The core alone keeps {Wording.Short(alone.InDomain)} in-domain{(Entry.Of(alone).On(DataSet.OutOfDomain) is { } p ? $" and {Wording.Short(p)} out of domain" : "")}{BesideAlone(alone)}.";
    }

    /// <summary>The core's set of this name, null where it was not measured.</summary>
    public static KnockOutFacts? Find(Findings study, string name) => study.Result.KnockOuts.FirstOrDefault(k => k.Kind == "core" && k.Name == name);

    /// <summary>How the core alone does beside as many random parts alone: the other way round, most draws should do worse.</summary>
    static string BesideAlone(KnockOutFacts alone) => alone.Rank is not { Draws: > 0 } rank ? ""
        : $"; {(rank.AtLeastAsHarmful == 0 ? "none" : $"{rank.AtLeastAsHarmful}")} of {rank.Draws} random sets of as many heads and MLPs, kept alone, {(rank.AtLeastAsHarmful == 1 ? "does" : "do")} no better in-domain";

    static string Against(KnockOutFacts k)
    {
        if (k.Rank is not { Draws: > 0 } rank) return ", with no random sets to compare with";
        double p = new Comparison.Rank(rank.AtLeastAsHarmful, rank.Draws).PValue;
        string sets = k.Ranks!.Among == "random heads" ? "random sets of as many heads" : "random sets of as many heads and MLPs";
        return $"; {(rank.AtLeastAsHarmful == 0 ? "none" : $"{rank.AtLeastAsHarmful}")} of {rank.Draws} {sets} {(rank.AtLeastAsHarmful == 1 ? "hurts" : "hurt")} at least as much "
            + $"({Wording.Probability(p)}{(p < 0.05 ? "" : ", so not clearly worse than chance")})";
    }

    static string Called(KnockOutFacts k) => k.Name == "core heads" ? $"the core's {Wording.Count(k.Parts.Count, "head")}" : $"the whole core ({Wording.Count(k.Parts.Count, "part")})";

    static Markup Panel(Findings study, DataSet set)
    {
        Strip[] rows = [.. Rows(study, set)];
        return Strips.Draw($"knock-outs-{set}", study.Accuracy(set), $"{study.Accuracy(set)} after knock-outs",
            $"{Wording.Count(rows.Length, "row")}: {Wording.List([.. rows.Select(r => r.Label)])}.", rows, Scale.Share(0, 1), study.Words(set).Accuracy, true,
            reference: [(study.Chance(set), "chance"), .. study.Full.On(set) is { } full ? [(full.Value, "level")] : ((double, string)[])[]]);
    }

    static IEnumerable<Strip> Rows(Findings study, DataSet set)
    {
        if (study.Full.On(set) is { } full) yield return new("full model", [Mark.Of(full, "full", Shape.Diamond, study.Full.Tip)]);
        HashSet<string> drawn = [];
        foreach (var k in study.Result.KnockOuts.Where(k => k.Kind == "core").OrderBy(k => k.Name switch { "core alone" => 0, "core heads" => 1, _ => 2 }))
        {
            string? kind = k.Ranks?.Among ?? draws.GetValueOrDefault(k.Name);
            if (kind is not null) drawn.Add(kind);
            yield return new(k.Name == "core alone" ? k.Name : $"− {k.Name}", [.. Draws(study, kind, set), .. Entry.Of(k).On(set) is { } p ? [Mark.Of(p, "core", Shape.Disc, Tip(k, p))] : (Mark[])[]],
                Note: Rank(study, k, kind, set) is { Draws: > 0 } r ? $"{r.AtLeastAsHarmful} of {r.Draws} {(k.Name == "core alone" ? "no better" : "as bad")}" : k.Name == "core alone" ? "all else out" : "");
        }
        foreach (string kind in study.Result.KnockOuts.Select(k => k.Kind).Where(k => k is not ("core" or "part")).Distinct().Where(k => !drawn.Contains(k)).ToList())
            yield return new(kind == draws["core alone"] ? kind : $"− {kind}", [.. Draws(study, kind, set)]);
    }

    /// <summary>The rank as the run computed it; on unseen constructions, where it did not, by the same rule from the draws.</summary>
    static RankFacts? Rank(Findings study, KnockOutFacts k, string? kind, DataSet set)
    {
        if (set != DataSet.Unseen) return set == DataSet.InDomain ? k.Ranks?.InDomain : k.Ranks?.OutOfDomain;
        double[] others = [.. study.Result.KnockOuts.Where(d => d.Kind == kind).Select(d => Entry.Of(d).On(set)?.Value).OfType<double>()];
        return Entry.Of(k).On(set) is { } own && others.Length > 0 && Comparison.Rank.Of(own.Value, others) is var rank ? new(rank.AtLeastAsHarmful, rank.Draws) : null;
    }

    static IEnumerable<Mark> Draws(Findings study, string? kind, DataSet set) => study.Result.KnockOuts.Where(k => kind is not null && k.Kind == kind)
        .Select(k => (Facts: k, Share: Entry.Of(k).On(set))).Where(k => k.Share is not null).Select(k => new Mark(k.Share!.Value, "random", Shape.Ring, Tip(k.Facts, k.Share)));

    static string Tip(KnockOutFacts k, Proportion p) => $"{k.Name}: {Wording.Count(k.Parts.Count, "part")} absent\n{Wording.Full(p)}";
}
