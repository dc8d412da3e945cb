using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Questions;

/// <summary>
/// Several runs side by side: every subnetwork next to random parts, in-domain and out of domain, and overlap and core of those of the
/// same universe, method and size. Asked by <c>compare RUN RUN … --out RUN</c>.
/// </summary>
sealed class Joined : IQuestion<JoinedRuns>
{
    // above so many characters, what differs stands in the table alone
    const int LongestShown = 500;

    public string Name => "joined";

    public int Version => 4;

    public bool Usual => false;

    public string? Missing(Subject subject) => subject.Join is null && subject.Settings.Asked.Contains(Name)
        ? "The question 'joined' is about several runs, and this is one: heartwood compare RUN RUN --out RUN." : null;

    public JoinedRuns? Ask(Subject subject) => subject.Join?.Invoke();

    public string Words(JoinedRuns facts, Findings findings) => JoinedWords.Text(facts);

    /// <summary>The finding in one line.</summary>
    internal static string Headline(JoinedRuns facts)
    {
        string all = $"{Wording.Count(facts.Rows.Count, "subnetwork")} of {Wording.Count(facts.Runs.Count, "run")}";
        int pairs = facts.Groups.Sum(g => g.Pairs.Count), more = facts.Groups.Sum(g => g.Pairs.Count(IsClear));
        return pairs == 0 ? $"{all}, none of which can be compared part by part"
            : $"{all}; {Wording.Count(more)} of {Wording.Count(pairs, "pair")} {(more == 1 ? "shares" : "share")} more parts than "
                + "chance gives";
    }

    /// <summary>The sentences under it: what failed comes first.</summary>
    internal static IReadOnlyList<string> Sentences(JoinedRuns facts)
    {
        string[] apart = [.. facts.Differences.Where(d => d.What.EndsWith("(hash)", StringComparison.Ordinal)
            && Measurements.SetOf(d.What.Split(' ')[0]) is not null).Select(d => Measurements.Name(d.What.Split(' ')[0]))];
        string mixed = apart.Length == 0 ? ""
            : $"The runs were not measured on the same data ({Wording.List(apart)}): accuracies of different runs say different things.";
        string[] reached = [.. facts.Runs.Select(run => Reached(run, facts))];
        return [.. JoinedAccuracy.NoBetter(facts), .. ((string[])[mixed, .. reached]).Where(sentence => sentence != "")];
    }

    static string Reached(JoinedRun run, JoinedRuns facts)
    {
        var sizes = facts.Rows.Where(r => r.Run == run.Name).GroupBy(r => (r.Method, r.Found.TargetSparsity)).ToArray();
        if (sizes.Length == 0) return "";
        var (method, sparsity) = sizes[0].Key;
        Entry full = Entry.ForModel("full model", EntryKind.Full, run.Full);
        string On(DataSet set)
        {
            Spread found = Spread.Across(sizes[0].Select(r => Entry.ForSubnetwork(r.Found, EntryKind.Subnetwork).On(set)));
            Spread random = Spread.Across(sizes[0].Select(r => Entry.ForSubnetwork(r.Random, EntryKind.Random).On(set)));
            return found.N == 0 ? "" : $"{Wording.Range(found.Low, found.High)} {Measurements.Say(set)} (random parts "
                + $"{Wording.Range(random.Low, random.High)}, the full model {Wording.Percent(full.On(set)?.Value ?? double.NaN)})";
        }
        string[] sets = [.. Enum.GetValues<DataSet>().Select(On).Where(words => words != "")];
        string count = sizes[0].Count() == 1 ? "one subnetwork reaches" : $"{sizes[0].Count()} subnetworks reach";
        return sets.Length == 0 ? "" : $"{run.Name}: by {method} at {Wording.Sparsity(sparsity)}, {count} {Wording.List(sets)}.";
    }

    public IReadOnlyList<Figure> Draw(JoinedRuns facts, Findings findings) =>
        [JoinedAccuracy.Draw(facts), .. facts.Groups.Count + facts.Apart.Count == 0 ? [] : (Figure[])[Overlap(facts)],
            .. facts.Differences.Count == 0 ? [] : (Figure[])[Differ(facts)]];

    static Figure Overlap(JoinedRuns facts)
    {
        string[] read = [.. facts.Groups.Select(Reading), .. facts.Apart.Select(apart => $"Only side by side: {apart}.")];
        string[] group = ["universe", "method", "target sparsity"], chance = ["expected", "low", "high", "p-value"];
        string[] pairs = [.. group, "a", "b", "shared", "jaccard", .. chance, "corrected"];
        string[] cores = [.. group, "subnetworks", "parts", .. chance, "addresses"];
        object?[][] rows = [.. facts.Groups.SelectMany(g => g.Pairs.Select(p => Pair(g, p)))];
        object?[] Pair(JoinedGroup g, JoinedPair p) => [g.Universe, g.Method, g.TargetSparsity, p.A, p.B, p.Shared, p.Jaccard, p.Expected,
            p.Low, p.High, p.PValue, p.Corrected];
        object?[] Core(JoinedGroup g) => [g.Universe, g.Method, g.TargetSparsity, g.Members.Count, g.Core.Parts.Count,
            g.Core.ExpectedByChance, g.Core.Low, g.Core.High, g.Core.PValue, string.Join(' ', g.Core.Parts)];
        return new("joined-overlap", "What subnetworks of the same parts, method and size share", string.Join(" ", read),
            [.. facts.Groups.Select((g, i) => Panel(facts, g, $"joined-overlap-{i}"))], [],
            $"""
            Each square is a pair of subnetworks: the number of parts that both keep, darker where that is more of what either keeps
            (Jaccard). Outlined: more than chance gives, at 5&nbsp;% after Holm's correction for the pairs of its map. Gaps part the runs.
            Chance: random subnetworks with the same numbers of parts of each kind.
            """,
            [new("joined-overlap", "overlap of pairs against chance", pairs, rows),
                new("joined-core", "parts that all of a group keep", cores, [.. facts.Groups.Select(Core)])]);
    }

    static Markup Panel(JoinedRuns facts, JoinedGroup group, string id)
    {
        int[] runs = [.. group.Members.Select(m => facts.Runs.TakeWhile(r => !IsOf(m, r.Name)).Count())];
        int[] parted = [.. Enumerable.Range(1, Math.Max(0, runs.Length - 1)).Where(i => runs[i] != runs[i - 1])];
        Cell? At(string a, string b) =>
            group.Pairs.FirstOrDefault(p => (p.A == a && p.B == b) || (p.A == b && p.B == a)) is not { } p ? null
                : new(p.Jaccard, $"{p.Shared}", Tip(p), IsClear(p));
        HeatRow[] rows = [.. group.Members.Select((a, i) => new HeatRow(a, [.. group.Members.Select(b => At(a, b))], parted.Contains(i)))];
        string what = $"{group.Method}, {Wording.Sparsity(group.TargetSparsity)}";
        return HeatMap.Draw(id, what, $"Parts that pairs of {group.Members.Count} subnetworks share: {what}, {group.Universe}",
            Reading(group), rows, [.. group.Members.Select(m => m.Split(' ')[^1])], parted, "seeds, in the order of the rows");
    }

    static bool IsOf(string member, string run) => member.StartsWith($"{run}, seed ", StringComparison.Ordinal);

    static string Tip(JoinedPair p) => $"{p.A} and {p.B}\n"
        + $"{Wording.Count(p.Shared, "shared part")}, Jaccard {Wording.Number(p.Jaccard, "0.00")}\n"
        + $"chance {Wording.Number(p.Expected, "0.0")} ({Wording.Number(p.Low, "0")} to {Wording.Number(p.High, "0")})\n"
        + $"{Wording.Probability(p.PValue)}, corrected {Wording.Probability(p.Corrected)}";

    static bool IsClear(JoinedPair pair) => pair.Corrected < 0.05;

    static string Reading(JoinedGroup group)
    {
        int least = group.Pairs.Min(p => p.Shared), most = group.Pairs.Max(p => p.Shared), more = group.Pairs.Count(IsClear);
        CoreFacts core = group.Core;
        string named = core.Parts.Count == 0 ? "" : $": {string.Join(' ', core.Parts.Take(16))}{(core.Parts.Count > 16 ? " …" : "")}";
        string shared = least == most ? $"{least}" : $"{least} to {most}", pairs = Wording.Count(group.Pairs.Count, "pair");
        return $"{Wording.Capital(group.Method)} at {Wording.Sparsity(group.TargetSparsity)}, {group.Members.Count} subnetworks of "
            + $"{group.Universe}: pairs share {shared} parts where chance gives "
            + $"{Wording.Number(group.Pairs.Average(p => p.Expected), "0.0")}; {more} of {pairs} share more than chance gives. "
            + $"{Wording.Count(core.Parts.Count, "part")} {(core.Parts.Count == 1 ? "is" : "are")} in all (by chance "
            + $"{Wording.Number(core.ExpectedByChance, "0.0")}, {Wording.Probability(core.PValue)}){named}.";
    }

    static Figure Differ(JoinedRuns facts)
    {
        string each = Wording.List([.. facts.Differences.Select(d => d.What)]);
        string shown = string.Concat(facts.Differences.Select(d => $" {Wording.Capital(Each(d))}."));
        return new("joined-differences", "What the runs were asked and given otherwise",
            $"The runs differ in {each}; what is not named here is the same in all.{(shown.Length <= LongestShown ? shown : "")}",
            [], [], Markup.Empty, [new("joined-differences", "what differs, run by run", ["what", .. facts.Runs.Select(r => r.Name)],
                [.. facts.Differences.Select(d => Row(facts, d))])]);
    }

    static object?[] Row(JoinedRuns facts, Difference what) =>
        [what.What, .. facts.Runs.Select(r => Given(what.ByRun.GetValueOrDefault(r.Name, "")))];

    /// <summary>"seeds: a 1 2; b 3 4"</summary>
    internal static string Each(Difference difference) =>
        $"{difference.What}: {string.Join("; ", difference.ByRun.Select(r => $"{r.Key} {Given(r.Value)}"))}";

    static string Given(string value) => value == "" ? "not given" : value;
}
