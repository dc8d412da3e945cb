using System.Globalization;
using System.Text;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Reports;
using Heartwood.Lab.Subnetworks;
using MathNet.Numerics.Statistics;

namespace Heartwood.Lab.Studies;

/// <summary>Results in words, each at most one screen.</summary>
public static class Summary
{
    /// <summary>A share with its interval: "97.9 % (97.1 to 98.4, n = 2000)".</summary>
    public static string Of(Proportion? share) => share is null or { N: 0 } ? "not measured"
        : share is { N: 1, Low: 0, High: 1 } ? Text($"{share.Value * 100:0.0} % (no interval, n = 1)")
        : Text($"{share.Value * 100:0.0} % ({share.Low * 100:0.0} to {share.High * 100:0.0}, n = {share.N})");

    /// <summary>A finished study.</summary>
    public static string Of(RunResult result, string folder)
    {
        StringBuilder text = new();
        double sparsity = result.Core.TargetSparsity;
        MeasuredSubnetwork[] main = [.. result.Subnetworks.Where(s => s.TargetSparsity == sparsity)];
        Line(text, $"full model           in-domain {Of(result.Full.InDomain)}; out of domain {Of(result.Full.OutOfDomain)}");
        text.Append(Figures(result.Full.Figures));
        foreach (MeasuredSubnetwork s in main)
            Line(text, $"subnetwork, seed {s.Seed,-3} in-domain {s.InDomain.Value * 100,5:0.0} %, out of domain {Percent(s.OutOfDomain)}, unseen {Percent(s.Unseen)}; {s.Parts.Count} of {Parts(result)} parts");
        if (main.Length > 1) Line(text, $"In-domain they differ by {Spread(main.Select(s => s.InDomain)):0.0} points{(result.Full.OutOfDomain is null ? "" : Text($", out of domain by {Spread(main.Select(s => s.OutOfDomain!)):0.0}{Widest(main, result)}"))}.");
        Line(text, $"The core: {result.Core.Parts.Count} parts are in all {main.Length} (by chance {result.Core.ExpectedByChance:0.0}, p = {Small(result.Core.PValue)}): {Short(result.Core.Parts)}");
        foreach (KnockOutFacts k in result.KnockOuts.Where(k => k.Kind == "core")) Line(text, $"  {Said(k.Name),-24} in-domain {Of(k.InDomain)}{Placed(k)}");
        if (result.KnockOuts.Where(k => k.Kind == "random heads").ToArray() is { Length: > 0 } random)
            Line(text, $"  as many random heads     in-domain {random.Select(k => k.InDomain.Value).Median() * 100:0.0} % (median of {random.Length} draws)");
        CutFacts cut = result.Cut;
        if (cut.ParametersBefore > 0) Line(text, $"Cut out (seed {cut.Seed}): {cut.ParametersBefore:N0} to {cut.ParametersAfter:N0} weights, {cut.SpeedUp:0.00} times as fast, logits equal to the masked model's within {cut.LargestDifference:0.0e+0} on {cut.Compared} examples");
        if (cut.NoFullSize is { } why) Line(text, $"{(cut.ParametersBefore > 0 ? "" : "Nothing was cut. ")}{why}");
        Line(text, $"Report: {Path.Combine(folder, "report.html")}    ({result.Seconds:0} s)");
        return text.ToString();
    }

    /// <summary>Subnetworks that were found but not measured yet.</summary>
    public static string Of(IReadOnlyList<Subnetwork> found, string folder) =>
        string.Concat(found.Select(s => Text($"seed {s.Seed,-3} at {s.TargetSparsity:0.##}: keeps {s.Kept.Count} of {s.Parts} parts: {Short([.. s.Kept.Select(p => p.ToString())])}\n")))
        + $"The subnetworks are in {Path.Combine(folder, "subnetworks")}\nMeasure them: heartwood evaluate {folder}\n";

    /// <summary>A model that was measured, and the baselines beside it; one line per group of cases, or per case of a language model's tasks.</summary>
    /// <param name="measured">the model first</param>
    /// <param name="taskCases">see <see cref="Sets.TaskCases"/></param>
    public static string Of(IReadOnlyList<(string Name, Measured Figures)> measured, IReadOnlyDictionary<string, CaseFacts>? taskCases = null)
    {
        StringBuilder text = new();
        foreach (var (name, m) in measured)
        {
            if (OfScores(m)) Line(text, $"{name}");
            else Line(text, $"{name,-28} in-domain {Of(m.InDomain)}; out of domain {Of(m.OutOfDomain)}; unseen {Of(m.Unseen)}");
            text.Append(Figures(m.Figures));
        }
        if (measured[0].Figures.CaseFigures is { } byCase)
        {
            Line(text, $"{measured[0].Name}, by case");
            text.Append(Figures(byCase));
        }
        if (taskCases is not null) return text.Append(Cases(measured[0].Figures.Cases, taskCases)).ToString();
        foreach (var (group, g) in measured[0].Figures.Groups.Where(g => g.Value.Set != "inDomain"))
            Line(text, $"    {group,-26} {(g.Set == "unseen" ? "unseen" : "seen"),-7} balanced {g.Balanced.Value * 100,5:0.0} % ({g.Balanced.Low * 100:0.0} to {g.Balanced.High * 100:0.0}), AUC {(g.Auc is { } a ? Text($"{a.Value:0.000} ({a.Low:0.000} to {a.High:0.000})") : "none")}, n = {g.Balanced.N}{string.Concat(measured.Skip(1).Select(b => Text($"; {b.Name} {b.Figures.Groups[group].Balanced.Value * 100:0.0} %")))}");
        return text.ToString();
    }

    /// <summary>Whether figures are of scores, which have no share that is right.</summary>
    public static bool OfScores(Measured measured) => measured is { InDomain.N: 0, Figures.Count: > 0 };

    static string Cases(IReadOnlyDictionary<string, Proportion> shares, IReadOnlyDictionary<string, CaseFacts> cases)
    {
        StringBuilder text = new();
        foreach (var (name, facts) in cases.Where(c => shares.ContainsKey(c.Key)).OrderBy(c => c.Value.Set, StringComparer.Ordinal)
            .ThenBy(c => c.Key, StringComparer.Ordinal))
            Line(text, $"    {Findings.Name(facts.Set),-13} {Findings.UnderHeading(name),-40} right {Of(shares[name])}");
        return text.ToString();
    }

    /// <summary>The tasks' own figures, one line per set.</summary>
    public static string Figures(IReadOnlyDictionary<string, IReadOnlyDictionary<string, Quantity>>? figures)
    {
        StringBuilder text = new();
        foreach (var (set, own) in (figures ?? new Dictionary<string, IReadOnlyDictionary<string, Quantity>>()).OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            IEnumerable<string> each = own.Select(f => double.IsNaN(f.Value.Value)
                ? Text($"{f.Key} none (one of the two never changes, n = {f.Value.N})")
                : Text($"{f.Key} {f.Value.Value:0.0000} ({Interval(f.Value)}, n = {f.Value.N})"));
            Line(text, $"    {Findings.Name(set)}: {string.Join("; ", each)}");
        }
        return text.ToString();

        static string Interval(Quantity q) => double.IsNaN(q.Low) ? "no interval" : Text($"{q.Low:0.0000} to {q.High:0.0000}");
    }

    /// <summary>Subnetworks beside random masks of the same size.</summary>
    public static string Of(IReadOnlyList<MeasuredSubnetwork> found, IReadOnlyList<MeasuredSubnetwork> random)
    {
        StringBuilder text = new();
        foreach (var (s, r) in found.Zip(random))
        {
            Line(text, $"seed {s.Seed,-3} at {s.Sparsity:0.00}: in-domain {Of(s.InDomain)}, out of domain {Percent(s.OutOfDomain)}, unseen {Percent(s.Unseen)}, agreement {Percent(s.Agreement)}, KL {s.Kl:0.000}; cut and masked differ by at most {s.LargestDifference:0.0e+0}; random mask {Percent(r.InDomain)} in-domain");
            text.Append(Figures(s.Figures));
        }
        return text.ToString();
    }

    /// <summary>What subnetworks share, against chance.</summary>
    public static string Of(ComparisonStage stage)
    {
        StringBuilder text = new();
        foreach (OverlapFacts o in stage.Overlap.Where(o => o.Pairs.Count > 0))
            Line(text, $"at {o.TargetSparsity:0.##}: {o.Pairs.Count} pairs share {o.Pairs.Average(p => p.Shared):0.0} parts on average (by chance {o.Pairs.Average(p => p.Expected):0.0}); {o.Pairs.Count(p => p.Corrected < 0.05)} of them more than chance gives (p < 0.05 after Holm's correction)");
        foreach (CoreFacts c in stage.Cores)
            Line(text, $"at {c.TargetSparsity:0.##}, kept by {(c.Share == 1 ? "all" : Text($"{c.Share:0 %}"))} of {c.Subnetworks}: {c.Parts.Count} parts (by chance {c.ExpectedByChance:0.0}, p = {Small(c.PValue)}, {c.Method}): {Short(c.Parts)}");
        foreach (KnockOutFacts k in stage.KnockOuts.Where(k => k.Kind == "core")) Line(text, $"  {Said(k.Name),-24} in-domain {Of(k.InDomain)}, out of domain {Percent(k.OutOfDomain)}{Placed(k)}");
        return text.ToString();
    }

    /// <summary>A model that was cut.</summary>
    public static string Of(CutFacts cut, string into)
    {
        StringBuilder text = new();
        double left = (double)cut.ParametersAfter / cut.ParametersBefore;
        double before = cut.SecondsPer1000TokensBefore * 1000, after = cut.SecondsPer1000TokensAfter * 1000;
        Line(text,
            $"{cut.ParametersBefore:N0} weights became {cut.ParametersAfter:N0} ({left:0.00} of them); sparsity {cut.Sparsity:0.00}");
        Line(text, $"{before:0.0} ms per 1,000 tokens became {after:0.0}: {cut.SpeedUp:0.00} times as fast");
        string proof = Text($"by at most {cut.LargestDifference:0.0e+0} in any logit of {cut.Compared} examples");
        string full = Text($", full-size and masked model by at most {cut.FullSizeDifference:0.0e+0}");
        string next = $"; a model of full size that computes the same, for any software, in {Path.Combine(into, Study.FullSizeFolder)}";
        Line(text, $"Cut and masked model differ {proof}{(cut.NoFullSize is null ? full : "")}.");
        Line(text, $"The cut model is in {Path.Combine(into, Study.CutFolder)}{(cut.NoFullSize is { } why ? $". {why}" : next)}");
        return text.ToString();
    }

    static int Parts(RunResult result) => result.Frequencies[0].Kept.Count;

    // of labels the groups, whose accuracy is balanced; of a language model's tasks the cases
    static string Widest(MeasuredSubnetwork[] nets, RunResult result)
    {
        bool labelled = result.Tasks is null;
        var widest = nets.SelectMany(n => labelled ? n.Groups.Where(g => g.Value.Set == "outOfDomain").Select(g => (g.Key, Share: g.Value.Balanced))
                : n.Cases.Where(c => result.Cases?.GetValueOrDefault(c.Key)?.Set == "outOfDomain").Select(c => (c.Key, Share: c.Value)))
            .GroupBy(g => g.Key, g => g.Share).Select(g => (Name: g.Key, Spread: Spread(g))).OrderByDescending(g => g.Spread).FirstOrDefault();
        return widest.Name is null ? "" : Text($", most on \"{widest.Name}\": {widest.Spread:0.0} points{(labelled ? " of balanced accuracy" : "")}");
    }

    static string Placed(KnockOutFacts k) => k.Ranks?.InDomain is not { } r ? ""
        : k.Name == "core alone" ? Text($"; {r.AtLeastAsHarmful} of {r.Draws} random sets kept alone do no better") : Text($"; {r.AtLeastAsHarmful} of {r.Draws} random sets hurt as much");

    static string Said(string name) => name switch { "core" => "without the core", "core heads" => "without the core's heads", "core alone" => "the core alone", _ => name };

    static string Short(IReadOnlyList<string> parts) => string.Join(' ', parts.Take(16)) + (parts.Count > 16 ? Text($" … ({parts.Count})") : "");

    static string Percent(Proportion? share) => share is null ? "not measured" : Text($"{share.Value * 100,5:0.0} %");

    // in points
    static double Spread(IEnumerable<Proportion> shares) => (shares.Max(s => s.Value) - shares.Min(s => s.Value)) * 100;

    static string Small(double p) => p < 1e-4 ? p.ToString("0.0e+0", CultureInfo.InvariantCulture) : p.ToString("0.0000", CultureInfo.InvariantCulture);

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    static void Line(StringBuilder text, FormattableString line) => text.AppendLine(Text(line));
}
