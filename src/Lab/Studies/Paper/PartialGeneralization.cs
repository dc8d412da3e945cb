using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Reports.Paper;

namespace Heartwood.Lab.Studies.Paper;

/// <summary>Which of the subnetworks that are as good as the model in-domain generalize to which cases out of domain.</summary>
static class PartialGeneralization
{
    /// <summary>The map's order and what it says; null where there is no case out of domain or no subnetwork as good as the model in-domain.</summary>
    /// <param name="measured">the study's measurements</param>
    /// <param name="cases">what each case is</param>
    /// <param name="tolerance">how far below the model in-domain still counts</param>
    /// <param name="seed">keys the shuffles</param>
    public static GeneralizationFacts? Of(EvaluationStage measured, IReadOnlyDictionary<string, CaseFacts> cases, double tolerance, ulong seed)
    {
        string[] names = [.. measured.Full.Cases.Keys.Where(c => cases[c].Set != "inDomain")];
        MeasuredSubnetwork[] good = [.. measured.Subnetworks.Where(s => EffectiveSize.IsGood(s.InDomain.Value, measured.Full.InDomain.Value, tolerance))
            .OrderBy(s => s.TargetSparsity).ThenBy(s => names.Sum(c => s.Cases[c].Value)).ThenBy(s => s.Seed)];
        if (names.Length == 0 || good.Length == 0) return null;
        double[][] accuracies = [.. names.Select(c => good.Select(s => s.Cases[c].Value).ToArray())];
        string[] solved = [.. names.Where(c => Solves(measured.Full.Cases[c]))];
        int fails = good.Count(s => solved.Any(c => Fails(s.Cases[c]))), partial = good.Count(s => solved.Any(c => Fails(s.Cases[c])) && solved.Any(c => Solves(s.Cases[c])));
        return new([.. good.Select(s => new SubnetworkName(s.Seed, s.TargetSparsity))], [.. CaseClusters.Of(accuracies).Select(cluster => (IReadOnlyList<string>)[.. cluster.Select(c => names[c])])],
            CaseClusters.Agreement(accuracies, [.. names.Select(c => cases[c].Label ?? "")], [.. good.Select(s => s.TargetSparsity)], new(seed, "cases shuffled")),
            partial, good.Length - fails, solved.Length);
    }

    static bool Solves(Proportion p) => p.Low > 0.5;

    static bool Fails(Proportion p) => p.High < 0.5;
}
