using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation.Looks;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Reports;

/// <summary>Made-up answers to the questions about a core's heads, to judge the paper's page by.</summary>
static class SampleHeads
{
    static readonly string[] sets = ["inDomain", "outOfDomain"];
    static readonly string[] words = "[CLS] the doctor <who> the antidisestablishmentarianism admired slept [SEP] the doctor admired the poet [SEP]".Split(' ');

    static Part[] Heads(RunResult r) => [.. Small.HeadsAndMlps(r.Model.HeadsPerLayer).Parts.Where(p => Heartwood.Lab.Subnetworks.Heads.Kind.Includes(p))];

    static Part[] Core(RunResult r) => [.. r.Core.Parts.Select(Part.Parse).Where(p => Heartwood.Lab.Subnetworks.Heads.Kind.Includes(p))];

    static double Draw(string key) => new Chance(9, key).Uniform(0);

    static Average Around(double value, double half, int n = 400) => new(value, n, value - half, value + half);

    public static AttentionFacts Attention(RunResult r)
    {
        int last = r.Model.Layers - 1;
        string[] all = [.. KeyKinds.All.Select(k => char.ToLowerInvariant($"{k}"[0]) + $"{k}"[1..])], read = ["unsharedWord", "next", "itself", "first", "separator"];
        return new([.. sets.Select(set => new AttentionSet(set, 400, [.. Heads(r).Select(h => new HeadAttention($"{h}", Core(r).Contains(h), h.Layer == last, [.. (h.Layer == last ? read : all).Select(kind =>
        {
            double mass = 0.6 * Draw($"{set} {h} {kind}"), mean = 0.3 * Draw($"{set} {kind}");
            return new KindAttention(kind, Around(mass, 0.02), Around(mass - mean, 0.02), mean, 0.1);
        })]))]))], [.. Core(r).Select(h => Page(h, h.Layer == last))], Core(r).Length);
    }

    static HeadPage Page(Part head, bool read)
    {
        DrawnExample Example(string why, int n)
        {
            int from = read ? 0 : 10;
            double[] weights = [.. words.Select((_, t) => Math.Pow(Draw($"{head} {why} {n} {t}"), 6))];
            double sum = weights.Sum();
            return new(sets[n % 2], "clause on subject, other words", "non-entailment", why, read ? double.NaN : 0.5, n - 1.5, from,
                [.. words.Select((w, t) => new DrawnToken(w, w.StartsWith('[') ? -1 : t > 8 ? 1 : 0, weights[t] / sum, read && t > 0 ? null : t * 7 % words.Length, read && t > 0 ? null : 0.4))]);
        }
        return new($"{head}", "sameWordOther", sets.ToDictionary(s => s, s => Around(0.3 * Draw(s), 0.1)), [Example("mass", 1), Example("mass", 2), Example("ablation", 3)]);
    }

    public static NeedFacts Needs(RunResult r)
    {
        Part[] core = Core(r), others = [.. Heads(r).Except(core)];
        AmongDraws Among(string key, int above) => new(0.3, 0.1, 0.6, above, 20 + (int)(5 * Draw(key)));
        return new([.. core.Select(c => $"{c}")], r.Model.HeadsPerLayer, 0.05, [.. sets.Select(set => new NeedSet(set, 200, [.. others.Select(h =>
        {
            int before = core.Count(c => c.Layer < h.Layer);
            double change = 2 * Draw($"{set} change {h}"), effect = Draw($"{set} effect {h}") - 0.4;
            return new HeadNeed($"{h}", before, before == 0 ? null : Around(change, 0.1, 200), before == 0 || h.Layer == 1 ? null : Among($"{h}", change > 1 ? 0 : 7), Around(0.2, 0.1, 200), Around(0.2 + effect, 0.1, 200), Around(effect, 0.2, 200), effect > 0.5 ? null : Among($"e {h}", effect > 0.3 ? 0 : 9));
        })], [.. core.SelectMany(c => others.Where(h => h.Layer > c.Layer).Select(h =>
        {
            double change = Draw($"{set} {c} {h}");
            return new NeedPair($"{c}", $"{h}", Around(change, 0.02, 200), new(0.2, 0.1, 0.5, change > 0.6 ? 0 : 9, 24), change > 0.6);
        }))]))]);
    }

    public static AddBackFacts AddBack(RunResult r)
    {
        string[] left = [.. Small.HeadsAndMlps(r.Model.HeadsPerLayer).Parts.Select(p => $"{p}").Except(r.Core.Parts)];
        AddBackPath Path(string kind, ulong seed, int length, double rate)
        {
            AddBackPoint[] points = [.. Enumerable.Range(0, length + 1).Select(n => new AddBackPoint(n, Proportion.FromCounts((int)(2000 * (1 - 0.1 * Math.Exp(-rate * n))), 2000), Proportion.FromCounts((int)(420 * (0.99 - 0.4 * Math.Exp(-rate * n))), 420)))];
            int back = Array.FindIndex(points, p => p.OutOfDomain.Value >= 0.96);
            return new(kind, seed, [.. left.Skip((int)seed).Concat(left).Take(length)], points, back < 0 ? null : back);
        }
        int longest = Math.Min(left.Length, 12);
        return new(r.Core.Parts, 0.03, 420, Proportion.FromCounts(1998, 2000), Proportion.FromCounts(416, 420),
            [Path("greedy", 0, Math.Min(longest, 6), 0.9), .. Enumerable.Range(1, 3).Select(s => Path("learned", (ulong)s, longest, 0.5 + 0.1 * s)), .. Enumerable.Range(1, 10).Select(d => Path("random", (ulong)d, longest, 0.05 * d))]);
    }
}
