using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using MathNet.Numerics.Statistics;
using static System.FormattableString;

namespace Heartwood.Lab.Questions;

/// <summary>Several runs in words for the terminal: one table, what differs, overlap and core.</summary>
static class JoinedWords
{
    /// <summary>The table has one line per run, method and size: the mean over its subnetworks, least and most.</summary>
    /// <param name="joined">what was joined</param>
    public static string Text(JoinedRuns joined) => $"{Table(joined)}Accuracy in percent, mean over subnetworks (least to most), each run "
        + "on its own sets.\n"
        + string.Concat(joined.Differences.Select(Differ)) + string.Concat(joined.Groups.Select(Group))
        + string.Concat(joined.Apart.Select(apart => $"In the table only: {apart}.\n"));

    static string Table(JoinedRuns joined)
    {
        List<string[]> lines = [["run", "method", "sparsity", "subnetworks", "in-domain", "random", "out of domain", "random", "unseen"]];
        foreach (JoinedRun run in joined.Runs)
        {
            Measured full = run.Full;
            lines.Add([run.Name, "full model", "0", "", Share([full.InDomain]), "", Share([full.OutOfDomain]), "", Share([full.Unseen])]);
            foreach (var rows in joined.Rows.Where(r => r.Run == run.Name).GroupBy(r => (r.Method, r.Found.TargetSparsity)))
                lines.Add(["", rows.Key.Method, Invariant($"{rows.Key.TargetSparsity:0.##}"), Invariant($"{rows.Count()}"),
                    Share(rows.Select(r => r.Found.Measured.InDomain)), Share(rows.Select(r => r.Random.Measured.InDomain)),
                    Share(rows.Select(r => r.Found.Measured.OutOfDomain)), Share(rows.Select(r => r.Random.Measured.OutOfDomain)),
                    Share(rows.Select(r => r.Found.Measured.Unseen))]);
        }
        int[] widths = [.. Enumerable.Range(0, lines[0].Length).Select(c => lines.Max(l => l[c].Length))];
        string Cell(string cell, int column) => column < 2 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]);
        string Line(string[] line) => string.Join("  ", line.Select(Cell));
        return string.Concat(lines.Select(line => $"{Line(line).TrimEnd()}\n"));
    }

    /// <summary>"They differ in seeds: a 1 2; b 3 4", a line.</summary>
    static string Differ(Difference difference) => $"They differ in {Joined.Each(difference)}\n";

    static string Group(JoinedGroup group)
    {
        double jaccard = group.Pairs.Select(p => p.Jaccard).Mean();
        int more = group.Pairs.Count(p => p.Corrected < 0.05);
        CoreFacts core = group.Core;
        return Invariant($"{group.Method} at {group.TargetSparsity:0.##}, {group.Members.Count} subnetworks of {group.Universe}:\n")
            + Invariant($"  mean overlap (Jaccard) {jaccard:0.00}; {more} of {group.Pairs.Count} pairs share more than chance")
            + " (p < 0.05, corrected)\n"
            + Invariant($"  {core.Parts.Count} parts are in all (by chance {core.ExpectedByChance:0.0}, p = {core.PValue:0.0e+0})\n");
    }

    static string Share(IEnumerable<Proportion?> shares)
    {
        double[] values = [.. shares.Where(s => s is { N: > 0 }).Select(s => 100 * s!.Value)];
        if (values.Length == 0) return "";
        return values.Min() == values.Max() ? Invariant($"{values[0]:0.0}")
            : Invariant($"{values.Average():0.0} ({values.Min():0.0} to {values.Max():0.0})");
    }
}
