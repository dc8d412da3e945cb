using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Questions;

/// <summary>Over the subnetworks of each sparsity: in-domain loss against out-of-domain accuracy.</summary>
/// <param name="Sparsities">one correlation per sparsity</param>
public sealed record LossesFacts(IReadOnlyList<CorrelationFacts> Sparsities);

/// <summary>In-domain loss against out-of-domain accuracy, over subnetworks: what in-domain equality hides.</summary>
sealed class Losses : IQuestion<LossesFacts>
{
    const string Counterexamples = "The share of counterexamples is how often the training distribution contradicts its own shortcut: "
        + "a subnetwork that only follows the shortcut loses no more than that in-domain.";

    public string Name => "losses";

    public int Version => 2;

    public LossesFacts? Ask(Subject subject) => subject.Facts<AccuracyFacts>() is not { } measured ? null
        : new([.. subject.Settings.Sparsities.Select(s => Correlated(s, measured.Subnetworks))]);

    static CorrelationFacts Correlated(Target sparsity, IReadOnlyList<MeasuredSubnetwork> measured)
    {
        bool Both(MeasuredSubnetwork m) => m is { Measured.InDomainLoss: not null, Measured.OutOfDomain: not null };
        Measured[] here = [.. measured.Where(m => m.TargetSparsity == sparsity && Both(m)).Select(m => m.Measured)];
        Correlation c = Correlation.Between([.. here.Select(m => m.InDomainLoss!.Value)], [.. here.Select(m => m.OutOfDomain!.Value)]);
        return new(sparsity, here.Length, c.Pearson, c.Low, c.High);
    }

    public IReadOnlyList<Figure> Draw(LossesFacts facts, Findings findings)
    {
        if (findings.Asking) return [];
        Measurements study = findings.Measured!;
        bool Both(Entry e) => e.Loss is { } loss && double.IsFinite(loss) && e.On(DataSet.OutOfDomain) is not null;
        Entry[] shown = [.. study.Subnetworks.Where(Both)];
        if (shown.Length == 0) return [];
        bool full = Both(study.Full);
        Entry[] all = full ? [.. shown, study.Full] : shown;
        Scale x = Scatter.Along(all.Select(e => e.Loss!.Value), double.PositiveInfinity);
        Scale y = Scatter.Up(all.SelectMany(e => (double[])[e.On(DataSet.OutOfDomain)!.Low, e.On(DataSet.OutOfDomain)!.High]), 1);
        string accuracy = study.Accuracy(DataSet.OutOfDomain);
        Point PointOf(Entry e)
        {
            Proportion share = e.On(DataSet.OutOfDomain)!;
            bool model = e.Kind == EntryKind.Full;
            Mark mark = Mark.Share(share, model ? "full" : "sub", model ? Shape.Diamond : Shape.Disc, e.Tip);
            return new(e.Loss!.Value, share.Value, mark, e.Name);
        }
        Markup Panel(Target sparsity, int i)
        {
            string r = Coefficient(facts.Sparsities.FirstOrDefault(c => c.TargetSparsity == sparsity));
            return Scatter.Draw($"losses-{i}", $"{Wording.Sparsity(sparsity)}: {r}",
                $"In-domain loss against {accuracy} at {Wording.Sparsity(sparsity)}", $"One mark per subnetwork. {r}.",
                [.. all.Where(e => e.Target is null || e.Target == sparsity).Select(PointOf)],
                x, y, (study.Words(DataSet.InDomain).ShortLoss, accuracy), (false, true));
        }
        Markup subnetwork = Chart.Key(Shape.Disc, "sub", "subnetwork, with its seed");
        return [new("losses", "What in-domain equality hides", Reading(facts, study),
            [.. study.Sparsities.Where(s => shown.Any(e => e.Target == s)).Select(Panel)],
            full ? [Chart.Key(Shape.Diamond, "full", "full model (not part of the correlation)"), subnetwork] : [subnetwork],
            $"""
            Upright lines are 95&nbsp;% intervals over examples. {(study.HasOverlap ? Counterexamples : "")}
            """,
            [new("correlation", $"in-domain loss against {accuracy}, by sparsity",
                ["target sparsity", "subnetworks", "pearson", "low", "high"],
                [.. facts.Sparsities.Select(c => (object?[])[c.TargetSparsity, c.N, c.Pearson, c.Low, c.High])])])];
    }

    /// <summary>"r = −0.93 (−0.99 to −0.47)".</summary>
    internal static string Coefficient(CorrelationFacts? c)
    {
        if (c?.Pearson is not { } r || double.IsNaN(r)) return "correlation not computed";
        if (c.N < 3) return $"too few subnetworks ({c.N}) for a correlation";
        string said = $"r\u00A0=\u00A0{Wording.Number(r, "0.00")}";
        return c is { Low: { } low, High: { } high } && !double.IsNaN(low) && !double.IsNaN(high)
            ? $"{said} ({Wording.Number(low, "0.00")} to {Wording.Number(high, "0.00")})" : $"{said}, too few subnetworks for an interval";
    }

    /// <summary>Whether the correlation's interval leaves out zero.</summary>
    internal static bool IsClear(CorrelationFacts? c) => c is { Low: { } low, High: { } high } && (low > 0 || high < 0);

    static string Reading(LossesFacts facts, Measurements study)
    {
        CorrelationFacts? main = facts.Sparsities.FirstOrDefault(c =>
            study.Sparsities.Count > 0 && c.TargetSparsity == study.Sparsities[0]);
        string over = main is null ? "" : $" over {Wording.Count(main.N, "subnetwork")} at {Wording.Sparsity(main.TargetSparsity)}";
        string meaning = !study.HasOverlap ? "Equality in-domain need not mean the same function"
            : "Equal in-domain accuracy means equal within the share of counterexamples, not the same function";
        string accuracy = study.Accuracy(DataSet.OutOfDomain);
        if (main is not { Pearson: not null, N: >= 3 })
            return $"{meaning}; how in-domain loss and {accuracy} go together was not computed{over}, for want of subnetworks.";
        string settled = IsClear(main)
            ? $"so a lower in-domain loss goes with {(main.Pearson < 0 ? "better" : "worse")} generalization."
            : "an interval that holds zero or is missing: whether in-domain loss tells which subnetworks generalize is not settled.";
        return $"{meaning}: in-domain loss and {accuracy} have {Coefficient(main)}{over}, {settled}";
    }
}
