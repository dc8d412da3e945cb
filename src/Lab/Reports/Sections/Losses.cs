using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;

namespace Heartwood.Lab.Reports.Sections;

/// <summary>In-domain loss against out-of-domain accuracy, over subnetworks: what in-domain equality hides.</summary>
internal static class Losses
{
    /// <summary>The figure, or null where no subnetwork has both numbers.</summary>
    public static Figure? Draw(Findings study)
    {
        Entry[] shown = [.. study.Subnetworks.Where(e => e.Loss is { } l && double.IsFinite(l) && e.On(DataSet.OutOfDomain) is not null)];
        if (shown.Length == 0) return null;
        bool full = study.Full.Loss is { } loss && double.IsFinite(loss) && study.Full.On(DataSet.OutOfDomain) is not null;
        Entry[] all = full ? [.. shown, study.Full] : shown;
        Scale x = Scatter.Along(all.Select(e => e.Loss!.Value), double.PositiveInfinity);
        Scale y = Scatter.Up(all.SelectMany(e => (double[])[e.On(DataSet.OutOfDomain)!.Low, e.On(DataSet.OutOfDomain)!.High]), 1);
        return new("losses", "What in-domain equality hides", Reading(study), [.. study.Sparsities.Where(s => shown.Any(e => e.Target == s)).Select((s, i) =>
            Scatter.Draw($"losses-{i}", $"{Wording.Sparsity(s)}: {Coefficient(study.Result.Correlation.FirstOrDefault(c => c.TargetSparsity == s))}",
                $"In-domain loss against {study.Accuracy(DataSet.OutOfDomain)} at {Wording.Sparsity(s)}", $"One mark per subnetwork. {Coefficient(study.Result.Correlation.FirstOrDefault(c => c.TargetSparsity == s))}.",
                [.. all.Where(e => e.Target is null || e.Target == s).Select(e => new Point(e.Loss!.Value, e.On(DataSet.OutOfDomain)!.Value,
                    Mark.Of(e.On(DataSet.OutOfDomain)!, e.Kind == EntryKind.Full ? "full" : "sub", e.Kind == EntryKind.Full ? Shape.Diamond : Shape.Disc, e.Tip), e.Name))],
                x, y, (study.Words(DataSet.InDomain).Loss, study.Accuracy(DataSet.OutOfDomain)), (false, true)))],
            [.. full ? [Chart.Key(Shape.Diamond, "full", "full model (not part of the correlation)")] : (Markup[])[], Chart.Key(Shape.Disc, "sub", "subnetwork, with its seed")],
            $"""
            Upright lines are 95&nbsp;% intervals over examples. {(study.AsksTokens ? "" : Counterexamples)}
            """,
            [new("correlation", $"in-domain loss against {study.Accuracy(DataSet.OutOfDomain)}, by sparsity", ["target sparsity", "subnetworks", "pearson", "low", "high"],
                [.. study.Result.Correlation.Select(c => (object?[])[c.TargetSparsity, c.N, c.Pearson, c.Low, c.High])])]);
    }

    const string Counterexamples = "The share of counterexamples is how often the training distribution contradicts its own shortcut: a subnetwork that only follows the shortcut loses no more than that in-domain.";

    /// <summary>"r = −0.93 (−0.99 to −0.47)".</summary>
    public static string Coefficient(CorrelationFacts? c) => c?.Pearson is not { } r || double.IsNaN(r) ? "correlation not computed"
        : c.N < 3 ? $"too few subnetworks ({c.N}) for a correlation"
        : c.Low is { } low && c.High is { } high && !double.IsNaN(low) && !double.IsNaN(high) ? $"r\u00A0=\u00A0{Wording.Number(r, "0.00")} ({Wording.Number(low, "0.00")} to {Wording.Number(high, "0.00")})"
        : $"r\u00A0=\u00A0{Wording.Number(r, "0.00")}, too few subnetworks for an interval";

    /// <summary>Whether the correlation's interval leaves out zero.</summary>
    public static bool IsClear(CorrelationFacts? c) => c is { Low: { } low, High: { } high } && (low > 0 || high < 0);

    static string Reading(Findings study)
    {
        var main = study.Result.Correlation.FirstOrDefault(c => study.Sparsities.Count > 0 && c.TargetSparsity == study.Sparsities[0]);
        string over = main is null ? "" : $" over {Wording.Count(main.N, "subnetwork")} at {Wording.Sparsity(main.TargetSparsity)}";
        string meaning = study.AsksTokens ? "Equal shares right in-domain need not mean the same function" : "Equal in-domain accuracy means equal within the share of counterexamples, not the same function";
        return main is not { Pearson: not null, N: >= 3 } ? $"{meaning}; how in-domain loss and {study.Accuracy(DataSet.OutOfDomain)} go together was not computed{over}, for want of subnetworks."
            : $"{meaning}: in-domain loss and {study.Accuracy(DataSet.OutOfDomain)} have {Coefficient(main)}{over}, "
                + (IsClear(main) ? $"so a lower in-domain loss goes with {(main.Pearson < 0 ? "better" : "worse")} generalization."
                    : "an interval that holds zero or is missing: whether in-domain loss tells which subnetworks generalize is not settled.");
    }
}
