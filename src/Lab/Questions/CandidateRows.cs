using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;

namespace Heartwood.Lab.Questions;

/// <summary>A line of the table of candidates: one of them, or several that are shown by their range.</summary>
/// <param name="Label">what to call it under the heading before it</param>
/// <param name="Of">the candidates; none of a heading</param>
/// <param name="Under">whether it stands under a heading</param>
sealed record CandidateRow(string Label, IReadOnlyList<Candidate> Of, bool Under);

/// <summary>Candidates in the lines of one table: those whose names differ by the seed alone stand together, random parts as one.</summary>
static class CandidateRows
{
    /// <summary>
    /// With more candidates than this, only those that stand with the chosen one are shown one by one; with more of these, it alone.
    /// </summary>
    const int Many = 10;

    const string Seed = "-seed-";

    /// <summary>What a candidate costs, a column each: its heading, its value, how that is said.</summary>
    public static IReadOnlyList<(string Name, Func<Candidate, double?> Value, Func<double, string> Text)> Costs { get; } =
    [
        ("weights", c => c.Weights, n => n < 1e7 ? Wording.Count((long)n) : $"{Wording.Number(n / 1e6, "0.0")} M"),
        ("MB", c => c.Bytes / 1e6, n => Wording.Number(n, n < 10 ? "0.00" : "0.0")),
        ("ms*", c => 1000 * c.SecondsPer1000Tokens, n => Wording.Number(n, "0.00")),
    ];

    /// <summary>A figure's number; of an accuracy in percent.</summary>
    public static string Value(string measure, double value) => measure == CandidateFigure.Accuracy ? Wording.Number(100 * value, "0.0")
        : Wording.Number(value, Math.Abs(value) < 1 ? "0.000" : "0.00");

    /// <summary>The least and the largest of some values; one where all are said alike, "" where there is none.</summary>
    public static string Range(IEnumerable<double?> values, Func<double, string> text)
    {
        string[] all = [.. values.OfType<double>().Order().Select(text).Distinct()];
        return all.Length switch { 0 => "", 1 => all[0], _ => $"{all[0]} to {all[^1]}" };
    }

    /// <summary>The lines, in the order of the candidates.</summary>
    public static IReadOnlyList<CandidateRow> Arrange(IReadOnlyList<Candidate> candidates)
    {
        Candidate? main = candidates.FirstOrDefault(c => c.Chosen) ?? candidates.FirstOrDefault(c => c.Kind == CandidateKind.Subnetwork);
        string shown = main is null ? "" : Group(main);
        bool many = candidates.Count(c => c.Kind != CandidateKind.Random) > Many;
        List<CandidateRow> rows = [];
        foreach (var group in candidates.GroupBy(Group))
        {
            Candidate[] of = [.. group];
            if (of.Length == 1 && of[0].Kind is not (CandidateKind.Random or CandidateKind.Healed)) rows.Add(new(of[0].Name, of, false));
            else if (of[0].Kind == CandidateKind.Healed)
            {
                rows.Add(new(group.Key, [], false));
                rows.AddRange(of.Select(c => new CandidateRow(Began(c, shown), [c], true)));
            }
            else if (of[0].Kind == CandidateKind.Random) rows.Add(new(Random(group.Key, of.Length), of, false));
            else if (of.Length > Many && of.FirstOrDefault(c => c.Chosen) is { } chosen)
            {
                rows.Add(new(group.Key, [], false));
                rows.Add(new(SeedOf(chosen, group.Key), [chosen], true));
                rows.Add(new($"the other {of.Length - 1} seeds", [.. of.Where(c => c != chosen)], true));
            }
            else if (many && group.Key != shown) rows.Add(new($"{group.Key}, {of.Length} seeds", of, false));
            else
            {
                rows.Add(new(group.Key, [], false));
                rows.AddRange(of.Select(c => new CandidateRow(SeedOf(c, group.Key), [c], true)));
            }
        }
        return rows;
    }

    /// <summary>
    /// The lines that are shown at once on a page: all, or where many are ranges of other sizes, those that stand for one candidate and
    /// the first range of every kind.
    /// </summary>
    public static IReadOnlyList<CandidateRow> First(IReadOnlyList<CandidateRow> rows)
    {
        CandidateRow[] ranges = [.. rows.Where(row => !row.Under && row.Of.Count > 1)];
        int random = Array.FindIndex(ranges, row => row.Of[0].Kind == CandidateKind.Random);
        return ranges.Length <= Ranges ? rows : [.. rows.Except(ranges.Skip(random + 1))];
    }

    // with more ranges than this, those of other sizes are folded
    const int Ranges = 6;

    // "random-sparsity-0.6" as a reader says it
    static string Random(string group, int draws)
    {
        string size = group.Replace('-', ' ')[MeasuredCandidates.RandomPrefix.Length..];
        return draws == 1 ? $"random parts{(size == "" ? "" : $",{size}")}" : $"random parts,{size}, {draws} draws";
    }

    static string SeedOf(Candidate c, string group) => c.Name[(group.Length + 1)..].Replace('-', ' ');

    // what a healed one began as: of the size that is shown, its seed alone
    static string Began(Candidate healed, string shown)
    {
        string from = healed.From ?? healed.Name;
        if (from.StartsWith($"{shown}{Seed}", StringComparison.Ordinal)) return from[(shown.Length + 1)..].Replace('-', ' ');
        return IsOfRandom(healed) ? Random(from, 1) : from;
    }

    /// <summary>Whether a healed candidate began as random parts.</summary>
    public static bool IsOfRandom(Candidate candidate) => candidate.Kind == CandidateKind.Healed
        && candidate.From?.StartsWith($"{MeasuredCandidates.RandomPrefix}-", StringComparison.Ordinal) == true;

    // the name without its seed
    static string Group(Candidate candidate) => candidate.Kind == CandidateKind.Healed ? "healed" :
        candidate.Name.LastIndexOf(Seed, StringComparison.Ordinal) is > 0 and int at ? candidate.Name[..at] : candidate.Name;
}
