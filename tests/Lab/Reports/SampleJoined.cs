using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Questions;

namespace Heartwood.Tests.Lab.Reports;

/// <summary>Made-up runs side by side, to judge their page by.</summary>
static class SampleJoined
{
    /// <summary>Two runs of one model and other seeds, and one of scores that nothing can be compared with.</summary>
    public static Result Usual { get; } = Make();

    static Result Make()
    {
        RunResult sample = SampleResult.Usual;
        string universe = "bert, 4 layers of 8 heads, 36 parts in play: heads, mlps";
        var main = sample.Core.TargetSparsity;
        MeasuredSubnetwork[] found = [.. sample.Subnetworks.Where(s => s.TargetSparsity == main)];
        MeasuredSubnetwork[] random = [.. sample.RandomSubnetworks.Where(s => s.TargetSparsity == main)];
        Dictionary<string, IReadOnlyDictionary<string, Quantity>> scores = new()
        {
            ["inDomain"] = new Dictionary<string, Quantity> { ["Spearman"] = new(0.81, 400, 0.77, 0.85) },
        };
        Measured ofScores = sample.Full with { InDomain = Proportion.FromCounts(0, 0), OutOfDomain = null, Unseen = null, Figures = scores };
        MeasuredSubnetwork Scored(MeasuredSubnetwork s) => s with { Measured = s.Measured with { InDomain = ofScores.InDomain, OutOfDomain = null, Unseen = null, Figures = scores } };
        JoinedRun Run(string name, Measured full) => new(name, $"runs/{name}", "models/mnli", new string('a', 64), universe, full);
        JoinedRow[] rows = [.. found.Zip(random, (f, r) => new JoinedRow(f.Seed % 2 == 0 ? "even" : "odd", "structured-pruning", f, r)),
            new("scores", "random", Scored(found[0]), Scored(random[0]))];
        string[] members = [.. rows.SkipLast(1).OrderBy(r => r.Run, StringComparer.Ordinal).Select(r => $"{r.Run}, seed {r.Found.Seed}")];
        JoinedPair[] pairs = [.. members.SelectMany((a, i) => members.Skip(i + 1).Select((b, k) => new JoinedPair(a, b, 10 + k, 0.5, 8.1, 6, 10, 0.001, k == 0 ? 0.01 : 0.2)))];
        JoinedRuns facts = new([Run("even", sample.Full), Run("odd", sample.Full), Run("scores", ofScores)],
            [new("seeds", new Dictionary<string, string> { ["even"] = "2 4 6", ["odd"] = "1 3 5", ["scores"] = "1" }),
                new("inDomain (hash)", new Dictionary<string, string> { ["even"] = "aa", ["odd"] = "aa", ["scores"] = "bb" })],
            rows, [new(universe, "structured-pruning", main, members, pairs, sample.Core with { Kinds = "" })],
            ["scores, seed 1 (random at 0.5): no other subnetwork has its universe, method and size"]);
        IQuestion Named(string name) => RunResult.Questions.Single(q => q.Name == name);
        return new(sample.Manifest, [new(Named("joined"), facts, null),
            new(Named("making"), new MakingFacts("even, odd and scores side by side", RunKind.Comparison, null, 3), null)]);
    }
}
