using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Questions;

/// <summary>Which of the subnetworks that are as good as the model in-domain generalize to which cases out of domain.</summary>
/// <param name="Tolerance">how far below the model in-domain still counts, a fraction</param>
/// <param name="Subnetworks">the subnetworks, in the order of the map: by sparsity, then by mean accuracy over the cases</param>
/// <param name="Clusters">the cases out of domain, in clusters, in the order of the map; the last cluster may hold those that no
/// subnetwork answers otherwise than another</param>
/// <param name="Correlation">mean correlation of cases of the same label against shuffles within each sparsity; null where too few cases
/// differ</param>
/// <param name="Partial">how many of the subnetworks solve some of the cases that the model solves and fail others, each by its 95 %
/// interval</param>
/// <param name="Whole">how many fail none</param>
/// <param name="Solved">how many cases the model itself solves</param>
public sealed record GeneralizationFacts(double Tolerance, IReadOnlyList<SubnetworkName> Subnetworks,
    IReadOnlyList<IReadOnlyList<string>> Clusters, Permutation? Correlation, int Partial, int Whole, int Solved);

/// <summary>Which subnetwork.</summary>
/// <param name="Seed">its seed</param>
/// <param name="TargetSparsity">its target sparsity</param>
public sealed record SubnetworkName(ulong Seed, Target TargetSparsity);

/// <summary>Which subnetworks generalize to which cases.</summary>
sealed class Generalization : IQuestion<GeneralizationFacts>
{
    public string Name => "generalization";

    public int Version => 2;

    public bool Usual => false;

    public GeneralizationFacts? Ask(Subject subject) => subject.Facts<AccuracyFacts>() is { Cases: not null } measured
        ? Among(measured, subject.Settings.Tolerance, subject.Settings.Seeds[0]) : null;

    /// <summary>
    /// The map's order and what it says; null where there is no case out of domain or no subnetwork as good as the model in-domain.
    /// </summary>
    /// <param name="measured">what was measured</param>
    /// <param name="tolerance">how far below the model in-domain still counts</param>
    /// <param name="seed">keys the shuffles</param>
    internal static GeneralizationFacts? Among(AccuracyFacts measured, double tolerance, ulong seed)
    {
        IReadOnlyDictionary<string, CaseFacts> cases = measured.Cases!;
        string[] names = [.. measured.Full.Cases.Keys.Where(c => cases[c].Set != "inDomain")];
        double model = measured.Full.InDomain.Value;
        MeasuredSubnetwork[] good = [.. measured.Subnetworks.Where(s => EffectiveSize.IsGood(s.Measured.InDomain.Value, model, tolerance))
            .OrderBy(s => s.TargetSparsity).ThenBy(s => names.Sum(c => s.Measured.Cases[c].Value)).ThenBy(s => s.Seed)];
        if (names.Length == 0 || good.Length == 0) return null;
        double[][] accuracies = [.. names.Select(c => good.Select(s => s.Measured.Cases[c].Value).ToArray())];
        string[] solved = [.. names.Where(c => Solves(measured.Full.Cases[c]))];
        int fails = good.Count(s => solved.Any(c => Fails(s.Measured.Cases[c])));
        int partial = good.Count(s => solved.Any(c => Fails(s.Measured.Cases[c])) && solved.Any(c => Solves(s.Measured.Cases[c])));
        IReadOnlyList<string>[] clusters =
            [.. CaseClusters.Find(accuracies).Select(cluster => (IReadOnlyList<string>)[.. cluster.Select(c => names[c])])];
        Permutation? together = CaseClusters.Agreement(accuracies, [.. names.Select(c => cases[c].Label ?? "")],
            [.. good.Select(s => s.TargetSparsity.Gone)], new(seed, "cases shuffled"));
        return new(tolerance, [.. good.Select(s => new SubnetworkName(s.Seed, s.TargetSparsity))], clusters, together,
            partial, good.Length - fails, solved.Length);
    }

    static bool Solves(Proportion p) => p.Low > 0.5;

    static bool Fails(Proportion p) => p.High < 0.5;

    public IReadOnlyList<Figure> Draw(GeneralizationFacts facts, Findings findings)
    {
        Measurements study = findings.Measured!;
        Entry[] subnetworks = [.. facts.Subnetworks
            .Select(n => study.Subnetworks.Single(s => s.Seed == n.Seed && s.Target == n.TargetSparsity))];
        int[] first = [.. Enumerable.Range(0, subnetworks.Length).Where(i => i == 0 || subnetworks[i].Target != subnetworks[i - 1].Target)];
        List<HeatRow> rows = [];
        foreach (var (c, cluster) in facts.Clusters.Index())
            foreach (var (i, name) in cluster.Index())
                rows.Add(new(name, [.. subnetworks.Append(study.Full).Select(s => Square(s, name))], c > 0 && i == 0));
        string[] columns = [.. subnetworks.Select((s, i) => first.Contains(i) ? Wording.Short(s.Target!.Value) : ""), "full"];
        int cases = facts.Clusters.Sum(c => c.Count);
        string size = $"{Wording.Count(cases, "case")} in {Wording.Count(facts.Clusters.Count, "cluster")}, "
            + $"{Wording.Count(subnetworks.Length, "subnetwork")}.";
        object?[] Row(int cluster, string name, Entry s) => [cluster + 1, name, s.Seed, s.Target, .. Table.CellsOf(s.Cases[name])];
        return [new("generalization", "Does a subnetwork that generalizes to one case generalize to the others?", Reading(facts),
            [HeatMap.Draw("generalization-map", "accuracy of each subnetwork on each case",
                "Accuracy of each subnetwork on each case out of domain",
                size, rows, columns, [.. first.Skip(1), subnetworks.Length],
                    "subnetworks by sparsity, then by mean accuracy; the full model last")],
            [], $"""
            Rows are cases, gaps part their clusters; columns are the subnetworks within {Wording.Points(facts.Tolerance)} of the model
            in-domain. Red is above 50%, blue below it, the stronger the farther:
            a case holds one label, so that 50% is neither kept nor lost.
            """,
            [new("generalization", "accuracy per case, of the subnetworks as good as the model in-domain",
                ["cluster", "case", "seed", "target sparsity", .. Table.ColumnsOf("accuracy")],
                [.. facts.Clusters.Index().SelectMany(c => c.Item.SelectMany(name => subnetworks.Select(s => Row(c.Index, name, s))))])])];
    }

    static Cell Square(Entry s, string name)
    {
        Proportion p = s.Cases[name];
        return new(2 * (p.Value - 0.5), "", $"{s.Title}\n{name}: {Wording.Full(p)}", false);
    }

    static string Reading(GeneralizationFacts facts)
    {
        int n = facts.Subnetworks.Count;
        string partly = $"Of {Wording.Count(n, "subnetwork")} within {Wording.Points(facts.Tolerance)} of the model in-domain, "
            + $"{facts.Partial} solve "
            + $"some of the {Wording.Count(facts.Solved, "case")} that the model solves and fail others (each by its 95\u00A0% interval), "
            + $"{facts.Whole} fail none";
        if (facts.Correlation is not { } c) return $"{partly}; too few cases differ between them to say whether cases go together.";
        string along = facts.Partial > 0 ? " without bringing them along" : "";
        string meaning = c.PValue < 0.05 ? $"generalizing to one case makes the others likelier{along}"
            : "which cases a subnetwork keeps is not told by the others that it keeps";
        return $"{partly}; cases of one label go together over subnetworks with a mean correlation of "
            + $"{Wording.Number(c.Observed, "0.00")}, "
            + $"where shuffling within each sparsity gives {Wording.Number(c.Low, "0.00")} to {Wording.Number(c.High, "0.00")} "
            + $"(95\u00A0% of {Wording.Count(c.Shuffles)}; {Wording.Probability(c.PValue)}), so that {meaning}.";
    }
}
