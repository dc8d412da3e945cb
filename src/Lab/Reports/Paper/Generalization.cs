using Heartwood.Lab.Charts;

namespace Heartwood.Lab.Reports.Paper;

/// <summary>Which subnetwork generalizes to which cases.</summary>
internal static class Generalization
{
    /// <summary>The figure.</summary>
    public static Figure Draw(Findings study, PaperFacts paper, GeneralizationFacts facts)
    {
        Entry[] subnetworks = [.. facts.Subnetworks.Select(n => study.Subnetworks.Single(s => s.Seed == n.Seed && s.Target == n.TargetSparsity))];
        int[] first = [.. Enumerable.Range(0, subnetworks.Length).Where(i => i == 0 || subnetworks[i].Target != subnetworks[i - 1].Target)];
        IEnumerable<HeatRow> Rows() => facts.Clusters.SelectMany((cluster, c) => cluster.Select((name, i) => new HeatRow(name, [.. subnetworks.Append(study.Full).Select(s => Square(s, name))], c > 0 && i == 0)));
        return new("generalization", "Does a subnetwork that generalizes to one case generalize to the others?", Reading(paper, facts),
            [HeatMap.Draw("generalization-map", "accuracy of each subnetwork on each case", "Accuracy of each subnetwork on each case out of domain",
                $"{Wording.Count(facts.Clusters.Sum(c => c.Count), "case")} in {Wording.Count(facts.Clusters.Count, "cluster")}, {Wording.Count(subnetworks.Length, "subnetwork")}.", [.. Rows()],
                [.. subnetworks.Select((s, i) => first.Contains(i) ? Wording.Number(s.Target, "0.0#") : ""), "full"], [.. first.Skip(1), subnetworks.Length], "subnetworks by sparsity, then by mean accuracy; the full model last")],
            [], $"""
            Rows are cases, gaps part their clusters; columns are the subnetworks within {Wording.Points(paper.Tolerance)} of the model in-domain. Red is above 50%, blue below it, the stronger the farther:
            a case holds one label, so that 50% is neither kept nor lost.
            """,
            [new("generalization", "accuracy per case, of the subnetworks as good as the model in-domain", ["cluster", "case", "seed", "target sparsity", .. Table.ColumnsOf("accuracy")],
                [.. facts.Clusters.SelectMany((cluster, c) => cluster.SelectMany(name => subnetworks.Select(s => (object?[])[c + 1, name, s.Seed, s.Target, .. Table.CellsOf(s.Cases[name])])))])]);
    }

    static Cell Square(Entry s, string name)
    {
        var p = s.Cases[name];
        return new(2 * (p.Value - 0.5), "", $"{s.Title}\n{name}: {Wording.Full(p)}", false);
    }

    static string Reading(PaperFacts paper, GeneralizationFacts facts)
    {
        int n = facts.Subnetworks.Count;
        string partly = $"Of {Wording.Count(n, "subnetwork")} within {Wording.Points(paper.Tolerance)} of the model in-domain, {facts.Partial} solve some of the {Wording.Count(facts.Solved, "case")} that the model solves and fail others "
            + $"(each by its 95\u00A0% interval), {facts.Whole} fail none";
        return facts.Correlation is not { } c ? $"{partly}; too few cases differ between them to say whether cases go together."
            : $"{partly}; cases of one label go together over subnetworks with a mean correlation of {Wording.Number(c.Observed, "0.00")}, where shuffling within each sparsity gives {Wording.Number(c.Low, "0.00")} to {Wording.Number(c.High, "0.00")} "
                + $"(95\u00A0% of {Wording.Count(c.Shuffles)}; {Wording.Probability(c.PValue)}), so that {(c.PValue < 0.05 ? $"generalizing to one case makes the others likelier{(facts.Partial > 0 ? " without bringing them along" : "")}" : "which cases a subnetwork keeps is not told by the others that it keeps")}.";
    }
}
