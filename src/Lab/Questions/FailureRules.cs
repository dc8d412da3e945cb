using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Questions;

/// <summary>In what way something failed.</summary>
public enum FailureKind
{
    /// <summary>a search that did not reach its size</summary>
    Size,

    /// <summary>a subnetwork that is no better in-domain than random parts of its make</summary>
    Random,

    /// <summary>a baseline that beats a model, or that the full model does not beat</summary>
    Baseline,

    /// <summary>a model that guesses as well</summary>
    Chance,
}

/// <summary>Something that failed, which is said before anything else.</summary>
/// <param name="Kind">in what way</param>
/// <param name="Candidates">the names of the candidates that failed so</param>
/// <param name="Set">"inDomain", "outOfDomain" or "unseen"; "" where it is about no set</param>
/// <param name="Sentence">the same in words, with the figures and the test</param>
public sealed record Failure(FailureKind Kind, IReadOnlyList<string> Candidates, string Set, string Sentence);

/// <summary>
/// What failed, computed from what was measured, by the 95 % intervals that the candidates have; in-domain, but for the full model. A size
/// is missed by at least one part and more than <see cref="SizeTolerance"/> of the parts in play. A subnetwork is no better than random
/// parts where its interval does not lie beyond that of the best of the random draws of its size. A baseline beats a model where the
/// baseline's interval lies beyond the model's; the full model has to beat every baseline in the same way. A model is at chance where its
/// interval does not lie beyond guessing.
/// </summary>
public static class FailureRules
{
    /// <summary>How far the sparsity of a subnetwork may lie from the one that was asked for.</summary>
    public const double SizeTolerance = 0.02;

    static readonly (string Set, string Where, Func<Candidate, CandidateFigure?> On)[] sets =
        [("inDomain", "in-domain", c => c.InDomain), ("outOfDomain", "out of domain", c => c.OutOfDomain),
            ("unseen", "on the unseen set", c => c.Unseen)];

    /// <summary>A subnetwork as it is judged: with what was asked for, and random parts of its make.</summary>
    /// <param name="Itself">its figures</param>
    /// <param name="Asked">the sparsity that was asked for; NaN where none was</param>
    /// <param name="Reached">what it has of it: a sparsity, or the share of weights, bytes or time</param>
    /// <param name="Kept">how many parts it keeps</param>
    /// <param name="Random">random parts of its make, every draw of its size</param>
    internal sealed record Tried(Candidate Itself, Target Asked, double Reached, int Kept, IReadOnlyList<Candidate> Random);

    /// <summary>What failed, in the order in which it is said; none where nothing did.</summary>
    /// <param name="tried">the subnetworks, the main size first</param>
    /// <param name="models">the full model first, then the baselines</param>
    /// <param name="guessing">the share that guessing reaches on a set, NaN where that is not known</param>
    /// <param name="less">whether less of the in-domain figure is better</param>
    internal static IReadOnlyList<Failure> Among(
        IReadOnlyList<Tried> tried, IReadOnlyList<Candidate> models, Func<string, double> guessing, bool less)
    {
        Candidate full = models[0];
        Candidate[] baselines = [.. models.Skip(1)];
        List<Failure> failures = [];
        foreach (var (set, where, on) in sets)
        {
            if (on(full) is not { } own) continue;
            double chance = Guess(own, guessing(set));
            if (!double.IsNaN(chance) && Low(own) <= chance)
                failures.Add(new(FailureKind.Chance, [full.Name], set, AtChance("The full model is", own, where, chance)));
            foreach (Candidate baseline in baselines.Where(b => on(b) is { } other && other.Measure == own.Measure))
            {
                CandidateFigure other = on(baseline)!;
                bool lower = less && set == "inDomain";
                if (Beyond(other, own, lower))
                    failures.Add(new(FailureKind.Baseline, [full.Name], set, $"The baseline {baseline.Name} beats the full model {where}: "
                        + $"{Said(other)} against {Said(own)}."));
                else if (set == "inDomain" && !Beyond(own, other, lower))
                    failures.Add(new(FailureKind.Baseline, [full.Name], set, $"The full model is not clearly better {where} than the "
                        + $"baseline {baseline.Name}: {Said(own)} against {Said(other)}, and the intervals overlap."));
            }
        }
        Candidate? best = baselines.Where(b => b.InDomain is not null).MaxBy(b => less ? -b.InDomain!.Value : b.InDomain!.Value);
        failures.AddRange(Sizes(tried));
        failures.AddRange(Found(tried, FailureKind.Random, t => NoBetter(t, less), (which, some) =>
            $"{which} no better in-domain than random parts of {(some.Length == 1 ? "its" : "their")} make: "
                + $"{Reach(some)}, and {Draws(some[0], less)}; the 95\u00A0% intervals overlap."));
        failures.AddRange(Found(tried, FailureKind.Baseline,
            t => best is not null && t.Itself.InDomain is { } own && own.Measure == best.InDomain!.Measure
                && Beyond(best.InDomain, own, less),
            (which, some) => $"{which} beaten in-domain by the baseline {best!.Name}: {Reach(some)} against {Said(best.InDomain!)}."));
        failures.AddRange(Found(tried, FailureKind.Chance,
            t => t.Itself.InDomain is { } own && Low(own) <= Guess(own, guessing("inDomain")), (which, some) =>
            {
                double chance = Guess(some[0].Itself.InDomain!, guessing("inDomain"));
                return $"{which} at chance in-domain: {Reach(some)}, and {Guessing(some[0].Itself.InDomain!, chance)}.";
            }));
        return failures;
    }

    /// <summary>The searches that did not reach their size.</summary>
    internal static IEnumerable<Failure> Sizes(IReadOnlyList<Tried> tried) =>
        Each(tried, FailureKind.Size, "", Missed, (asked, all, some) =>
    {
        string reached = Span(some.Select(t => t.Reached), v => Wording.Number(v, "0.00"));
        string who = all == 1 ? $"The search at {Wording.Sparsity(asked)}"
            : $"{some.Length} of {all} searches at {Wording.Sparsity(asked)}";
        return $"{who} did not reach {(some.Length == 1 ? "its" : "their")} size: what {(some.Length == 1 ? "it" : "they")} found has "
            + $"{asked.UnitName} {reached}.";
    });

    static bool Missed(Tried t)
    {
        // a share of weights, bytes or time is missed by more than there should be: parts may be too coarse for less
        if (!t.Asked.IsSparsity) return t.Reached > t.Asked.Value + SizeTolerance;
        double asked = t.Asked.Value;
        if (double.IsNaN(asked) || Math.Abs(t.Reached - asked) <= SizeTolerance) return false;
        double parts = t.Reached < 1 ? t.Kept / (1 - t.Reached) : double.PositiveInfinity;
        return Math.Abs(t.Reached - asked) * parts >= 1 - 1e-9;
    }

    static bool NoBetter(Tried t, bool less) =>
        t.Itself.InDomain is { } own && Best(t, less) is { } best && best.Measure == own.Measure && !Beyond(own, best, less);

    static CandidateFigure? Best(Tried t, bool less) =>
        t.Random.Select(r => r.InDomain).OfType<CandidateFigure>().MaxBy(r => less ? -Low(r) : High(r));

    // whether one interval lies wholly on the better side of another
    static bool Beyond(CandidateFigure one, CandidateFigure other, bool less) => less ? High(one) < Low(other) : Low(one) > High(other);

    static double Low(CandidateFigure figure) => figure.Low ?? figure.Value;

    static double High(CandidateFigure figure) => figure.High ?? figure.Value;

    // a correlation that guesses is none
    static double Guess(CandidateFigure figure, double share) =>
        figure.Measure == CandidateFigure.Accuracy ? share : figure.Measure == "Pearson" ? 0 : double.NaN;

    // ---- words

    static IEnumerable<Failure> Found(
        IReadOnlyList<Tried> tried, FailureKind kind, Func<Tried, bool> failed, Func<string, Tried[], string> sentence) =>
        Each(tried, kind, "inDomain", failed, (asked, all, some) =>
        {
            string at = double.IsNaN(asked.Value) ? "" : $"At {Wording.Sparsity(asked)} ";
            string which = all == 1 ? $"{at}{(at == "" ? some[0].Itself.Name : "the subnetwork")} is"
                : $"{at}{(some.Length < all ? $"{some.Length} of {all}" : all == 2 ? "both" : $"all {all}")} "
                    + $"subnetworks {(some.Length == 1 ? "is" : "are")}";
            return sentence(which, some);
        });

    // one sentence a size; the sizes after the first in one
    static IEnumerable<Failure> Each(IReadOnlyList<Tried> tried, FailureKind kind, string set, Func<Tried, bool> failed,
        Func<Target, int, Tried[], string> sentence)
    {
        var groups = tried.GroupBy(t => double.IsNaN(t.Asked.Value) ? t.Itself.Name : t.Asked.ToString())
            .Select(g => (g.First().Asked, All: g.Count(), Failed: g.Where(failed).ToArray())).Where(g => g.Failed.Length > 0).ToArray();
        foreach (var (asked, all, some) in groups.Take(2))
            yield return new(kind, [.. some.Select(t => t.Itself.Name)], set, sentence(asked, all, some));
        if (groups.Length <= 2) yield break;
        Tried[] rest = [.. groups.Skip(2).SelectMany(g => g.Failed)];
        string sizes = Wording.List([.. groups.Skip(2).Select(g => Wording.Short(g.Asked))]);
        yield return new(kind, [.. rest.Select(t => t.Itself.Name)], set,
            $"The same is so of {rest.Length} of {groups.Skip(2).Sum(g => g.All)} at sparsity {sizes}.");
    }

    static string AtChance(string who, CandidateFigure own, string where, double chance) =>
        $"{who} at chance {where}: {Said(own)}, and {Guessing(own, chance)}.";

    static string Guessing(CandidateFigure own, double chance) => own.Measure == CandidateFigure.Accuracy
        ? $"guessing reaches {Wording.Percent(chance)}" : $"guessing has a {own.Measure} of 0";

    static string Reach(Tried[] some)
    {
        CandidateFigure[] figures = [.. some.Select(t => t.Itself.InDomain!)];
        if (figures.Length == 1) return $"it reaches {Said(figures[0])}";
        string range = Span(figures.Select(f => f.Value), v => CandidateRows.Value(figures[0].Measure, v));
        return $"they reach {Measured(figures[0])}{range}{Unit(figures[0])}";
    }

    static string Draws(Tried one, bool less)
    {
        string best = Said(Best(one, less)!);
        return one.Random.Count == 1 ? $"the random draw {best}" : $"the best of {one.Random.Count} random draws {best}";
    }

    static string Span(IEnumerable<double> values, Func<double, string> text) => CandidateRows.Range(values.Select(v => (double?)v), text);

    // "97.8 % (97.1 to 98.4)", "perplexity 12.10 (11.20 to 13.00)"
    static string Said(CandidateFigure f)
    {
        string interval = f is { Low: { } low, High: { } high }
            ? $" ({CandidateRows.Value(f.Measure, low)} to {CandidateRows.Value(f.Measure, high)})" : "";
        return $"{Measured(f)}{CandidateRows.Value(f.Measure, f.Value)}{Unit(f)}{interval}";
    }

    static string Measured(CandidateFigure f) => f.Measure == CandidateFigure.Accuracy ? "" : $"{f.Measure} ";

    static string Unit(CandidateFigure f) => f.Measure == CandidateFigure.Accuracy ? "\u00A0%" : "";
}
