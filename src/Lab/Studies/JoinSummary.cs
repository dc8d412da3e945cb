using System.Globalization;
using System.Text;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using MathNet.Numerics.Statistics;

namespace Heartwood.Lab.Studies;

/// <summary>Several runs in words: one table, what differs, overlap and core.</summary>
public static class JoinSummary
{
    /// <summary>The table has one line per run, method and size: the mean over its subnetworks, least and most.</summary>
    /// <param name="joined">what was joined</param>
    /// <param name="folder">the run that keeps it</param>
    public static string Text(JoinedRuns joined, string folder)
    {
        List<string[]> lines = [["run", "method", "sparsity", "subnetworks", "in-domain", "random", "out of domain", "random", "unseen"]];
        foreach (JoinedRun run in joined.Runs)
        {
            Measured full = run.Full;
            lines.Add([run.Name, "full model", "0", "", Share([full.InDomain]), "", Share([full.OutOfDomain]), "", Share([full.Unseen])]);
            foreach (var rows in joined.Rows.Where(r => r.Run == run.Name).GroupBy(r => (r.Method, r.Found.TargetSparsity)))
                lines.Add(["", rows.Key.Method, In($"{rows.Key.TargetSparsity:0.##}"), In($"{rows.Count()}"),
                    Share(rows.Select(r => r.Found.InDomain)), Share(rows.Select(r => r.Random.InDomain)),
                    Share(rows.Select(r => r.Found.OutOfDomain)), Share(rows.Select(r => r.Random.OutOfDomain)),
                    Share(rows.Select(r => r.Found.Unseen))]);
        }
        int[] widths = [.. Enumerable.Range(0, lines[0].Length).Select(c => lines.Max(l => l[c].Length))];
        StringBuilder text = new();
        foreach (string[] line in lines)
        {
            IEnumerable<string> cells = line.Select((cell, c) => c < 2 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]));
            text.AppendLine(string.Join("  ", cells).TrimEnd());
        }
        text.AppendLine("Accuracy in percent, mean over subnetworks (least to most), each run on its own sets.");
        foreach (Difference difference in joined.Differences)
        {
            string each = string.Join("; ", difference.ByRun.Select(r => $"{r.Key} {Or(r.Value)}"));
            text.AppendLine($"They differ in {difference.What}: {each}");
        }
        foreach (JoinedGroup group in joined.Groups)
        {
            double jaccard = group.Pairs.Select(p => p.Jaccard).Mean();
            int pairs = group.Pairs.Count, more = group.Pairs.Count(p => p.Corrected < 0.05);
            CoreFacts core = group.Core;
            text.AppendLine(In($"{group.Method} at {group.TargetSparsity:0.##}, {group.Members.Count} subnetworks of {group.Universe}:"));
            text.AppendLine(In($"  mean overlap (Jaccard) {jaccard:0.00}; {more} of {pairs} pairs share more than chance")
                + " (p < 0.05, corrected)");
            text.AppendLine(In($"  {core.Parts.Count} parts are in all (by chance {core.ExpectedByChance:0.0}, p = {core.PValue:0.0e+0})"));
        }
        foreach (string apart in joined.Apart) text.AppendLine($"In the table only: {apart}.");
        return text.AppendLine($"The comparison is in {Path.Combine(folder, "comparison.json")}").ToString();
    }

    static string Or(string value) => value == "" ? "not given" : value;

    static string Share(IEnumerable<Proportion?> shares)
    {
        double[] values = [.. shares.Where(s => s is { N: > 0 }).Select(s => 100 * s!.Value)];
        if (values.Length == 0) return "";
        return values.Min() == values.Max() ? In($"{values[0]:0.0}")
            : In($"{values.Average():0.0} ({values.Min():0.0} to {values.Max():0.0})");
    }

    static string In(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
