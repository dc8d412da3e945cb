using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using static System.FormattableString;

namespace Heartwood.Lab.Studies;

/// <summary>What was found, measured or cut in words, where no question says it; each at most one screen.</summary>
public static class Summary
{
    /// <summary>A finished run: what was left out, what failed, the candidates, and what its questions say.</summary>
    /// <param name="result">its result</param>
    /// <param name="folder">its folder, with the page in it</param>
    public static string Finished(Result result, string folder)
    {
        Findings findings = new(result);
        double seconds = findings.Facts<MakingFacts>()?.Seconds ?? double.NaN;
        string leftOut = string.Concat(findings.LeftOut.Select(why => $"{why}\n"));
        string answer = $"{leftOut}{CandidateWords.Table(findings.Candidates, findings.Failed)}{findings.Words()}";
        return Invariant($"{answer}Report: {Path.Combine(folder, "report.html")}    ({seconds:0} s)\n");
    }

    /// <summary>Subnetworks that were found but not measured yet.</summary>
    /// <param name="found">the subnetworks</param>
    /// <param name="candidates">the same as candidates, next to the full model</param>
    /// <param name="failures">the searches that did not reach their size</param>
    /// <param name="folder">the run</param>
    public static string Found(
        IReadOnlyList<Subnetwork> found, IReadOnlyList<Candidate> candidates, IReadOnlyList<Failure> failures, string folder)
    {
        string Line(Subnetwork s)
        {
            string parts = Wording.First([.. s.Kept.Select(p => p.ToString())]);
            return Invariant(
                $"{s.Method}, seed {s.Seed,-3} at {s.TargetSparsity:0.##}: keeps {s.Kept.Count} of {s.Parts} parts: {parts}\n");
        }
        return CandidateWords.Table(candidates, failures) + string.Concat(found.Select(Line))
            + $"The subnetworks are in {Path.Combine(folder, "subnetworks")}\nMeasure them: heartwood evaluate {folder}\n";
    }

    /// <summary>
    /// A model that was measured, and the baselines next to it; one line per group of cases, or per case of a language model's tasks.
    /// </summary>
    /// <param name="measured">the model first</param>
    /// <param name="taskCases">see <see cref="Sets.TaskCases"/></param>
    public static string Models(IReadOnlyList<(string Name, Measured Figures)> measured, IReadOnlyDictionary<string,
        CaseFacts>? taskCases = null)
    {
        List<string> lines = [];
        foreach (var (name, m) in measured)
        {
            lines.Add(m.IsOfScores ? $"{name}\n" : $"{name,-28} {Shares(m)}\n");
            lines.Add(TaskFigures.Lines(m.Figures));
            lines.Add(SetBySet(m.Sets));
        }
        var (first, figures) = measured[0];
        if (figures.CaseFigures is { } byCase) lines.AddRange([$"{first}, by case\n", TaskFigures.Lines(byCase)]);
        if (taskCases is not null) lines.AddRange(Cases(figures.Cases, taskCases));
        else lines.AddRange(figures.Groups.Where(g => g.Value.Set != "inDomain").Select(g => Group(g.Key, g.Value, measured.Skip(1))));
        return string.Concat(lines);
    }

    /// <summary>One line per set of each role that has several.</summary>
    public static string SetBySet(IReadOnlyList<SetFigures> sets)
    {
        var roles = sets.GroupBy(s => s.Role).Where(role => role.Count() > 1);
        return string.Concat(roles.SelectMany(role => role.Select(set =>
            $"    {Measurements.Name(role.Key),-13} {set.Name,-28} {Wording.Full(set.Accuracy)}\n")));
    }

    static string Group(string group, GroupFacts g, IEnumerable<(string Name, Measured Figures)> baselines)
    {
        string auc = g.Auc is { } a ? Invariant($"{a.Value:0.000} ({a.Low:0.000} to {a.High:0.000})") : "none";
        IEnumerable<string> others = baselines.Select(b => Invariant($"; {b.Name} {b.Figures.Groups[group].Balanced.Value * 100:0.0} %"));
        string balanced = Invariant($"{g.Balanced.Value * 100,5:0.0} % ({g.Balanced.Low * 100:0.0} to {g.Balanced.High * 100:0.0})");
        string seen = g.Set == "unseen" ? "unseen" : "seen";
        return $"    {group,-26} {seen,-7} balanced {balanced}, AUC {auc}, n = {g.Balanced.N}{string.Concat(others)}\n";
    }

    static IEnumerable<string> Cases(IReadOnlyDictionary<string, Proportion> shares, IReadOnlyDictionary<string, CaseFacts> cases) =>
        cases.Where(c => shares.ContainsKey(c.Key)).OrderBy(c => c.Value.Set, StringComparer.Ordinal)
            .ThenBy(c => c.Key, StringComparer.Ordinal)
            .Select(c => $"    {Measurements.Name(c.Value.Set),-13} {Measurements.UnderHeading(c.Key),-40} right "
                + $"{Wording.Full(shares[c.Key])}\n");

    /// <summary>Accuracy on each role's sets, in one line.</summary>
    internal static string Shares(Measured m) =>
        $"in-domain {Wording.Full(m.InDomain)}; out of domain {Wording.Full(m.OutOfDomain)}; unseen {Wording.Full(m.Unseen)}";

    /// <summary>Subnetworks next to random masks of the same size.</summary>
    public static string Subnetworks(IReadOnlyList<MeasuredSubnetwork> found, IReadOnlyList<MeasuredSubnetwork> random)
    {
        List<string> lines = [];
        foreach (var (s, r) in found.Zip(random))
        {
            Measured m = s.Measured;
            string shares = $"in-domain {Wording.Full(m.InDomain)}, out of domain {Wording.Percent(m.OutOfDomain)}, unseen "
                + $"{Wording.Percent(m.Unseen)}";
            string equal = Invariant($"cut and masked differ by at most {s.LargestDifference:0.0e+0}");
            string agreement = Invariant($"agreement {Wording.Percent(s.Measured.Agreement)}, KL {s.Measured.Kl:0.000}");
            lines.Add(Invariant($"seed {s.Seed,-3} at {s.Sparsity:0.00}: {shares}, {agreement}; {equal}; ")
                + $"random mask {Wording.Percent(r.Measured.InDomain)} in-domain\n{TaskFigures.Lines(s.Measured.Figures)}");
        }
        return string.Concat(lines);
    }

    /// <summary>What changes made of a subnetwork.</summary>
    public static string Changed(ChangesFacts made)
    {
        List<string> lines = [Invariant($"Of the subnetwork of seed {made.Seed}, sparsity {made.Sparsity:0.00}; ")
            + Invariant($"the full model has {made.ParametersBefore:N0} weights:\n")];
        foreach (ChangeFacts change in made.Changes)
        {
            if (change.WhyNot is { } why)
            {
                lines.Add($"{change.Name}: not made. {why}\n");
                continue;
            }
            string rounded = change.BeforeStoring is { } before
                ? Invariant($" as stored in {change.Dtype} (before it was rounded to that, within {before:0.0e+0})") : "";
            string proof = Invariant($"within {change.LargestDifference:0.0e+0} in any logit of {change.Compared} examples{rounded}");
            string size = Invariant($"{change.Parameters:N0} weights, {DiskSpace.InWords(change.Bytes)}");
            lines.Add($"{change.Name}: {size}; {change.Claim}, {proof}\n");
            if (change.Speed is { } speed) lines.Add(Invariant($"    {speed.SpeedUp:0.00} times as fast as the full model\n"));
            if (change.Own is { } own && !own.IsOfScores)
                lines.Add($"    in-domain {Wording.Full(own.InDomain)}; out of domain {Wording.Full(own.OutOfDomain)}\n");
            lines.Add(TaskFigures.Lines(change.Own?.Figures));
            lines.AddRange(change.Exports.Select(export => $"    {export.Key}: {export.Value}\n"));
            if (change.HowLoaded is { } how) lines.Add($"    {how}\n");
        }
        return string.Concat(lines);
    }

    /// <summary>A model that was cut.</summary>
    /// <param name="cut">the cut</param>
    /// <param name="into">the folder that holds it</param>
    /// <param name="failed">whether the subnetwork failed: then nothing is said for its speed</param>
    public static string Cut(CutFacts cut, string into, bool failed = false)
    {
        double left = (double)cut.ParametersAfter / cut.ParametersBefore;
        double before = cut.SecondsPer1000TokensBefore * 1000, after = cut.SecondsPer1000TokensAfter * 1000;
        string proof = Invariant($"by at most {cut.LargestDifference:0.0e+0} in any logit of {cut.Compared} examples") + Cuts.Rounded(cut);
        string full = Invariant($", full-size and masked model by at most {cut.FullSizeDifference:0.0e+0}");
        string next = $"; a model of full size that computes the same, for any software, in {Path.Combine(into, Study.FullSizeFolder)}";
        string size = Invariant($"{cut.ParametersBefore:N0} weights became {cut.ParametersAfter:N0} ({left:0.00} of them), ")
            + $"{DiskSpace.InWords(cut.BytesBefore)} became {DiskSpace.InWords(cut.BytesAfter)}";
        string chosen = cut.Choice is { } choice ? $"{choice.Subnetwork}: {choice.Reason}\n" : "";
        return chosen + Invariant($"{size}; sparsity {cut.Sparsity:0.00}\n")
            + (failed ? "" : Invariant($"{before:0.0} ms per 1,000 tokens became {after:0.0}: {cut.SpeedUp:0.00} times as fast\n"))
            + Cuts.Figures(cut)
            + $"Cut and masked model differ {proof}{(cut.NoFullSize is null ? full : "")}.\n"
            + $"The cut model is in {Path.Combine(into, Study.CutFolder)}{(cut.NoFullSize is { } why ? $". {why}" : next)}\n"
            + (cut.HowLoaded is { } how ? $"The cut model in other programs: {how}.\n" : "");
    }
}
