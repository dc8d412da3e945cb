using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Questions;

/// <summary>What healing brought back and what it did not, in sentences.</summary>
static class HealingWords
{
    /// <summary>A model's figure on the sets of one role; null where it was not measured.</summary>
    /// <param name="set">"inDomain", "outOfDomain" or "unseen"</param>
    /// <param name="of">the model</param>
    /// <param name="measured">what the sets ask</param>
    public static CandidateFigure? On(string set, Measured of, AccuracyFacts measured) => MeasuredCandidates.FigureOn(set, of, measured);

    /// <summary>A figure as a sentence says it, of an accuracy with the percent sign.</summary>
    public static string Value(CandidateFigure figure) =>
        CandidateRows.Value(figure.Measure, figure.Value) + (figure.Measure == CandidateFigure.Accuracy ? "\u00A0%" : "");

    /// <summary>The sentences, one line each: what was healed, a random cut next to it, what came back and what did not.</summary>
    /// <param name="facts">what was trained</param>
    /// <param name="measured">what the sets ask</param>
    /// <param name="each">whether every loss, start and teacher has a line too, which the page draws</param>
    public static IEnumerable<string> Lines(HealingFacts facts, AccuracyFacts measured, bool each = false)
    {
        HealedFacts? cut = facts.First.FirstOrDefault(h => h.Start == HealingStart.Cut);
        HealedFacts? random = facts.First.FirstOrDefault(h => h.Start == HealingStart.Random);
        if (cut is null) yield break;
        string how = $"Healed for {Wording.Count(facts.Steps, "step")} ({facts.Losses[0]}"
            + $"{(facts.Sampled > 0 ? $", on {Wording.Count(facts.Sampled, "text")} of the full model's own" : "")}), the cut goes "
            + $"{Moves(cut, measured, full: true)}.";
        yield return random is null ? how : $"{how} Random parts healed as long go {Moves(random, measured, full: false)}.";
        if (Verdict(cut, random, measured) is { } verdict) yield return verdict;
        if (StillLost(cut, measured) is { } lost) yield return lost;
        HealedGroup[] groups = HealedGroup.All(facts);
        if (each && (groups.Length > 2 || facts.Seeds.Count > 1))
            foreach (HealedGroup group in groups) yield return Group(group, measured);
    }

    // "the cut: outputs=1: 86.2, 85.0 and 87.1 % out of domain (n = 1,800 each), …"
    static string Group(HealedGroup group, AccuracyFacts measured)
    {
        List<string> sets = [];
        foreach (string set in (string[])["outOfDomain", "inDomain", "unseen"])
        {
            CandidateFigure[] each = [.. group.Each.Select(h => On(set, h.After, measured)).OfType<CandidateFigure>()];
            if (each.Length == 0) continue;
            string values = Wording.List([.. each.Select(f => CandidateRows.Value(f.Measure, f.Value))]);
            string unit = each[0].Measure == CandidateFigure.Accuracy ? "\u00A0%" : $" {each[0].Measure}";
            string interval = each is [{ Low: { } low, High: { } high }]
                ? $"{CandidateRows.Value(each[0].Measure, low)} to {CandidateRows.Value(each[0].Measure, high)}, " : "";
            sets.Add($"{values}{unit} {Measurements.Name(set)} ({interval}n = {Wording.Count(each[0].N)})");
        }
        return $"{Wording.Capital(group.Name)}: {string.Join("; ", sets)}.";
    }

    // "from 82.5 to 97.6 % out of domain (full model 99.0 %), …": out of domain first, where there is such a set
    static string Moves(HealedFacts healed, AccuracyFacts measured, bool full)
    {
        List<string> moves = [];
        foreach (string set in (string[])["outOfDomain", "inDomain", "unseen"])
        {
            if (On(set, healed.Before, measured) is not { } before || On(set, healed.After, measured) is not { } after) continue;
            string name = before.Measure == CandidateFigure.Accuracy ? "" : $"{before.Measure} ";
            string whole = full && On(set, measured.Full, measured) is { } model ? $" (full model {Value(model)})" : "";
            string where = set == "unseen" ? "on unseen constructions" : Measurements.Name(set);
            moves.Add($"from {name}{CandidateRows.Value(before.Measure, before.Value)} to {Value(after)} {where}{whole}");
        }
        return Wording.List(moves);
    }

    // of accuracies alone: what intervals say of the points that were lost
    static string? Verdict(HealedFacts cut, HealedFacts? random, AccuracyFacts measured)
    {
        const string set = "outOfDomain";
        if (On(set, measured.Full, measured) is not { Measure: CandidateFigure.Accuracy } full
            || On(set, cut.Before, measured) is not { } before || On(set, cut.After, measured) is not { } after) return null;
        string what = Apart(before, full) is false || before.Value >= full.Value
                ? "The cut had lost nothing out of domain that the intervals show"
            : !Apart(before, after) ? "Nothing came back out of domain that the intervals show"
            : after.Value < before.Value ? $"Out of domain it cost {Points(before.Value - after.Value)} more"
            : !Apart(after, full) || after.Value >= full.Value
                ? $"What the cut had lost out of domain ({Points(full.Value - before.Value)}) came back within the intervals"
            : $"Of the {Points(full.Value - before.Value)} that the cut had lost out of domain {Points(after.Value - before.Value)} came "
                + $"back and {Points(full.Value - after.Value)} did not";
        if (random is null || On(set, random.After, measured) is not { } other) return $"{what}.";
        string next = !Apart(after, other)
                ? "random parts healed as long do as well, so that the training did this and not the choice of parts"
            : other.Value > after.Value ? $"random parts healed as long do better, by {Points(other.Value - after.Value)}"
            : $"random parts healed as long stay {Points(after.Value - other.Value)} below it";
        return $"{what}; {next}.";
    }

    // the cases out of domain on which the healed cut is still below the full model, the worst first
    static string? StillLost(HealedFacts cut, AccuracyFacts measured)
    {
        const int shown = 3;
        bool IsOutside(string name) => measured.Cases?.GetValueOrDefault(name)?.Set == "outOfDomain";
        (string Name, Proportion After, Proportion Full)[] cases = [.. measured.Full.Cases.Where(c => IsOutside(c.Key))
            .Where(c => cut.After.Cases.ContainsKey(c.Key)).Select(c => (c.Key, cut.After.Cases[c.Key], c.Value))];
        if (cases.Length == 0) return null;
        var lost = cases.Where(c => c.After.High < c.Full.Low).OrderBy(c => c.After.Value - c.Full.Value).ToArray();
        if (lost.Length == 0) return $"In none of {Wording.Count(cases.Length, "case")} out of domain is it still below the full model by "
            + "more than the intervals.";
        string worst = Wording.List([.. lost.Take(shown).Select(c =>
            $"{c.Name} ({Wording.Percent(c.After)}, full model {Wording.Percent(c.Full)})")]);
        string more = lost.Length > shown ? $" and {lost.Length - shown} more" : "";
        return $"Not back in {lost.Length} of {Wording.Count(cases.Length, "case")} out of domain: {worst}{more}.";
    }

    // whether two intervals do not touch
    static bool Apart(CandidateFigure a, CandidateFigure b) => a.High < b.Low || b.High < a.Low;

    static string Points(double difference) => Wording.Points(difference);
}
