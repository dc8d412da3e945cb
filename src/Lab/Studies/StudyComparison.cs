using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies;

/// <summary>What the comparison of a study's subnetworks gives; kept as a stage of its run.</summary>
/// <param name="Overlap">pairs against chance, per sparsity</param>
/// <param name="Frequencies">how often each part is kept, per sparsity</param>
/// <param name="Cores">the core at each sparsity, then the wider one</param>
/// <param name="KnockOuts">the core and random sets knocked out</param>
/// <param name="PartKnockOuts">each part alone knocked out</param>
/// <param name="Correlation">in-domain loss against out-of-domain accuracy, per sparsity</param>
public sealed record ComparisonStage(
    IReadOnlyList<OverlapFacts> Overlap, IReadOnlyList<FrequencyFacts> Frequencies, IReadOnlyList<CoreFacts> Cores,
    IReadOnlyList<KnockOutFacts> KnockOuts, IReadOnlyList<KnockOutFacts> PartKnockOuts, IReadOnlyList<CorrelationFacts> Correlation);

public sealed partial class Study
{
    /// <summary>Compares the subnetworks with one another and with chance, and knocks out of the full model what they share.</summary>
    public ComparisonStage Compare()
    {
        EvaluationStage evaluation = Evaluate();
        IReadOnlyList<Subnetwork> found = FoundBy(MainMethod);
        return folder.Stage("comparison", () =>
        {
            var bySparsity = request.Sparsities.Select(s => (Sparsity: s, Kept: (IReadOnlyList<IReadOnlyCollection<Part>>)[.. found.Where(f => f.TargetSparsity == s).Select(f => f.Kept.ToArray())])).ToArray();
            CoreFacts[] cores = [.. bySparsity.Select(s => CoreOf(s.Sparsity, s.Kept, 1)), .. request.CoreShare < 1 ? bySparsity.Select(s => CoreOf(s.Sparsity, s.Kept, request.CoreShare)) : []];
            var (sharing, alone) = KnockOuts([.. cores[0].Parts.Select(Part.Parse)]);
            return new ComparisonStage([.. bySparsity.Select(s => Overlaps(s.Sparsity, s.Kept))], [.. bySparsity.Select(s => Frequency(s.Sparsity, s.Kept))], cores, sharing, alone,
                [.. request.Sparsities.Select(s => CorrelationOf(s, evaluation.Subnetworks))]);
        });
    }

    OverlapFacts Overlaps(double sparsity, IReadOnlyList<IReadOnlyCollection<Part>> kept) => new(sparsity, [.. Overlap.OfPairs(universe, kept).Select(o =>
        new PairFacts(request.Seeds[o.A], request.Seeds[o.B], o.Shared, o.Jaccard, o.Expected, o.Low, o.High, o.PValue, o.Corrected))]);

    FrequencyFacts Frequency(double sparsity, IReadOnlyList<IReadOnlyCollection<Part>> kept) =>
        new(sparsity, kept.Count, Core.Frequencies(universe, kept).ToDictionary(f => f.Part.ToString(), f => f.Kept));

    CoreFacts CoreOf(double sparsity, IReadOnlyList<IReadOnlyCollection<Part>> kept, double share)
    {
        if (!MainMethod.Finder.Facts.Seeded) return CoreFacts.OfOne(sparsity, share, [.. kept[0].Select(p => p.ToString())]);
        Core core = Core.Of(universe, kept, share, request.Seeds[0]);
        return new(sparsity, share, core.Subnetworks, [.. core.Parts.Select(p => p.ToString())], core.ExpectedByChance, core.Low, core.High, core.PValue, core.Method);
    }

    static CorrelationFacts CorrelationOf(double sparsity, IReadOnlyList<MeasuredSubnetwork> measured)
    {
        MeasuredSubnetwork[] here = [.. measured.Where(m => m.TargetSparsity == sparsity && m is { InDomainLoss: not null, OutOfDomain: not null })];
        Correlation c = Correlation.Of([.. here.Select(m => m.InDomainLoss!.Value)], [.. here.Select(m => m.OutOfDomain!.Value)]);
        return new(sparsity, here.Length, c.Pearson, c.Low, c.High);
    }

    (IReadOnlyList<KnockOutFacts> Sharing, IReadOnlyList<KnockOutFacts> Alone) KnockOuts(IReadOnlyList<Part> core)
    {
        List<(string Name, string Kind, IReadOnlyList<Part> Absent)> plan = [];
        Part[] coreHeads = [.. core.Where(Heads.Kind.Includes)];
        if (core.Count > 0)
        {
            plan.Add(("core", "core", core));
            if (coreHeads.Length > 0) plan.Add(("core heads", "core", coreHeads));
            plan.Add(("core alone", "core", [.. universe.Parts.Except(core)]));
            for (int i = 1; coreHeads.Length > 0 && i <= request.Draws; i++) plan.Add(($"random heads {i}", "random heads", RandomParts.LikeOf(Heads.Kind, universe, [.. core], new(request.Seeds[0], "random heads"), i)));
            for (int i = 1; i <= request.Draws; i++) plan.Add(($"random parts {i}", "random parts", RandomParts.Like(universe, [.. core], new(request.Seeds[0], "random parts"), i)));
            for (int i = 1; i <= request.Draws; i++) plan.Add(($"random parts alone {i}", "random parts alone", [.. universe.Parts.Except(RandomParts.Like(universe, [.. core], new(request.Seeds[0], "random parts"), i))]));
        }
        plan.AddRange(universe.Parts.Select(p => (p.ToString(), "part", (IReadOnlyList<Part>)[p])));

        Sets thin = sets.Thin(request.KnockOutExamples);
        float[][] masks = [.. plan.Select(p => Without(p.Absent))];
        var scores = thin.Scores(Model, masks, Absent(), stop, Advance("knock-outs", (long)plan.Count * thin.Examples, "examples"));
        KnockOutFacts[] facts = [.. plan.Zip(scores, (p, s) =>
        {
            Measured m = thin.Measure(s, null);
            return new KnockOutFacts(p.Name, p.Kind, [.. p.Absent.Select(a => a.ToString())], m.InDomain, m.OutOfDomain, m.Unseen, m.Cases) { Figures = m.Figures, Sets = m.Sets };
        })];
        return ([.. facts.Where(f => f.Kind != "part").Select(f => f with { Ranks = RanksOf(f, facts) })], [.. facts.Where(f => f.Kind == "part").Select(f => f with { Ranks = RanksOf(f, facts) })]);
    }

    // the core against random parts of the same numbers, its heads against random heads, a part against all of its kind
    KnockOutRanks? RanksOf(KnockOutFacts of, KnockOutFacts[] all)
    {
        PartKind? own = of.Kind == "part" ? universe.KindOf(Part.Parse(of.Name)) : null;
        var (among, draws) = (of.Kind, of.Name) switch
        {
            ("core", "core") => ("random parts", all.Where(f => f.Kind == "random parts")),
            ("core", "core heads") => ("random heads", all.Where(f => f.Kind == "random heads")),
            ("core", "core alone") => ("random parts alone", all.Where(f => f.Kind == "random parts alone")),
            ("part", _) => (own!.Many, all.Where(f => f.Kind == "part" && own.Includes(Part.Parse(f.Name)) && f.Name != of.Name)),
            _ => ("", []),
        };
        KnockOutFacts[] others = [.. draws];
        if (others.Length == 0 || of.InDomain.N == 0) return null;                     // scores have no accuracy to rank
        return new(among, Place(f => f.InDomain), of.OutOfDomain is null ? null : Place(f => f.OutOfDomain!), of.Cases.Keys.ToDictionary(c => c, c => Place(f => f.Cases[c])));

        RankFacts Place(Func<KnockOutFacts, Proportion> figure)
        {
            Rank rank = Rank.Of(figure(of).Value, [.. others.Select(o => figure(o).Value)]);
            return new(rank.AtLeastAsHarmful, rank.Draws);
        }
    }

    internal float[] Without(IEnumerable<Part> absent)
    {
        using Scope scope = Scope.Open();
        return MaskProbe.Without(universe, absent).Values.ToArray();
    }

    /// <summary>Figures of the full model.</summary>
    internal Measured FullModel()
    {
        return sets.Measure(FullScores, null);
    }

    /// <summary>Which examples of each set (by its use) the model answers right without these parts, one entry per list of parts; at most as many examples as knock-outs are asked for.</summary>
    internal IReadOnlyList<IReadOnlyDictionary<string, bool[]>> Right(IReadOnlyList<IReadOnlyList<Part>> absent)
    {
        Sets thin = sets.Thin(request.KnockOutExamples);
        var scores = thin.Scores(Model, [.. absent.Select(Without)], Absent(), stop, Advance("knock-outs", (long)absent.Count * thin.Examples, "examples"));
        return [.. scores.Select(thin.Right)];
    }
}
