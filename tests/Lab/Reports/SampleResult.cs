using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Reports;

/// <summary>Made-up results of any shape, near enough to real ones to judge the report by: subnetworks alike in-domain that differ in how much they follow the shortcut.</summary>
internal sealed record SampleResult
{
    static readonly string[] constructions = ["swap", "pp_subj", "rel_subj", "embed", "if", "disj", "passive"];
    static readonly string[] others = ["after_if", "adv", "pp_obj", "rel_osub", "rel_obj", "conj_subj", "conj_obj"];

    public int Layers { get; init; } = 4;
    public int Heads { get; init; } = 8;
    public int Seeds { get; init; } = 6;
    public double[] Sparsities { get; init; } = [0.6, 0.5];
    public string[] Constructions { get; init; } = constructions;
    public string[] Others { get; init; } = others;
    public bool Randoms { get; init; } = true;
    public bool Baselines { get; init; } = true;
    public bool CaseFacts { get; init; } = true;
    public int Draws { get; init; } = 20;
    public string Title { get; init; } = "The heuristic core of a small model of a made-up language";
    public string Entailed { get; init; } = "entailment";

    /// <summary>The usual one: 4 layers of 8 heads, 6 seeds, 2 sparsities, 14 constructions with 2 labels each.</summary>
    public static RunResult Usual { get; } = new SampleResult().Make();

    /// <summary>Nothing but in-domain accuracy, one sparsity, one subnetwork.</summary>
    public static RunResult Least { get; } = new SampleResult { Seeds = 1, Sparsities = [0.5], Constructions = [], Others = [], Randoms = false, Baselines = false, CaseFacts = false, Draws = 0 }.Make();

    /// <summary>The usual one with its cut healed, and a random one as long.</summary>
    public static RunResult Healed { get; } = Usual with
    {
        Healing = new(200, ["labels"], 3e-4, 1024, [0], 8000,
        [
            new("structured-pruning-sparsity-0.6-seed-1", HealingStart.Cut, "labels", null, 0, Usual.Subnetworks[0].Parts, new(249_474, 997_896, "healed"), Usual.Subnetworks[0].Measured, Usual.Full with { OutOfDomain = Proportion.FromCounts(1640, 1680), InDomain = Proportion.FromCounts(1985, 2000) }),
            new("random-sparsity-0.6-seed-1", HealingStart.Random, "labels", null, 0, Usual.RandomSubnetworks[0].Parts, new(249_474, 997_896, "healed-random"), Usual.RandomSubnetworks[0].Measured, Usual.Full with { OutOfDomain = Proportion.FromCounts(1500, 1680), InDomain = Proportion.FromCounts(1960, 2000) }),
        ], []),
    };

    /// <summary>24 layers of 16 heads, 12 seeds, 3 sparsities, 30 constructions, no unseen ones.</summary>
    public static RunResult Large { get; } = new SampleResult
    {
        Layers = 24,
        Heads = 16,
        Seeds = 12,
        Sparsities = [0.6, 0.5, 0.7],
        Others = [],
        CaseFacts = false,
        Constructions = [.. Enumerable.Range(0, 30).Select(i => $"ln_subject/object_relative_clause_{i}")],
    }.Make();

    /// <summary>The usual one, made to fail: of all subnetworks of the main sparsity, or of the first alone.</summary>
    public static RunResult Failing(FailureKind kind, bool all = true)
    {
        RunResult r = Usual;
        bool Main(MeasuredSubnetwork s) => s.TargetSparsity == r.Core.TargetSparsity && (all || s.Seed == 1);
        MeasuredSubnetwork Reaching(MeasuredSubnetwork s, int right) =>
            Main(s) ? s with { Measured = s.Measured with { InDomain = Proportion.FromCounts(right, 2000) } } : s;
        IReadOnlyList<MeasuredSubnetwork> Found(Func<MeasuredSubnetwork, MeasuredSubnetwork> changed) => [.. r.Subnetworks.Select(changed)];
        return kind switch
        {
            FailureKind.Size => r with { Subnetworks = Found(s => Main(s) ? s with { Sparsity = 0.41 } : s) },
            FailureKind.Random => r with
            {
                Subnetworks = Found(s => Reaching(s, 1400)),
                RandomSubnetworks = [.. r.RandomSubnetworks.Select(s => s.Seed == 2 ? Reaching(s with { Seed = 1 }, 1380) with { Seed = 2 } : s)],
            },
            FailureKind.Baseline => r with { Subnetworks = Found(s => Reaching(s, 1800)) },
            _ => r with { Subnetworks = Found(s => Reaching(s, 1010)) },
        };
    }

    /// <summary>The usual one, with a full model that gets so many of 2,000 right in-domain.</summary>
    public static RunResult WithModel(int right) => Usual with { Full = Usual.Full with { InDomain = Proportion.FromCounts(right, 2000) } };

    Universe Universe => Small.HeadsAndMlps([.. Enumerable.Repeat(Heads, Layers)]);

    IEnumerable<string> Cases => Constructions.Concat(Others).SelectMany(c => (string[])[$"{c} {Entailed}", $"{c} non-{Entailed}"]);

    public RunResult Make()
    {
        var full = Measure("full", 0, inDomain: 0.997);
        MeasuredSubnetwork[] found = [.. Sparsities.SelectMany(s => Enumerable.Range(1, Seeds).Select(seed => Subnetwork(seed, s, random: false)))];
        CoreFacts[] cores = [.. Sparsities.Select(s => Core(s, found))];
        return new(
            Title, new("bert", Layers, [.. Enumerable.Repeat(Heads, Layers)], 16 * Heads, 573_186, [Entailed, $"non-{Entailed}"]), full,
            Baselines ? new Dictionary<string, Measured> { ["majority"] = Measure("majority", 1, 0.503), ["word overlap"] = Measure("overlap", 1, 0.951) } : [],
            found, Randoms ? [.. Sparsities.SelectMany(s => Enumerable.Range(1, Seeds).Select(seed => Subnetwork(seed, s, random: true)))] : [],
            [.. Sparsities.Select(s => new OverlapFacts(s, Pairs([.. found.Where(f => f.TargetSparsity == s)])))],
            [.. Sparsities.Select(s => new FrequencyFacts(s, Seeds, Universe.Parts.ToDictionary(p => $"{p}", p => found.Count(f => f.TargetSparsity == s && f.Parts.Contains($"{p}")))))],
            cores[0], cores, Ablations(cores[0]), [.. Universe.Parts.Select(PartAblated)],
            [.. Sparsities.Select(s => new CorrelationFacts(s, Seeds, Seeds < 3 || Constructions.Length == 0 ? null : -0.93, Seeds < 4 ? null : -0.99, Seeds < 4 ? null : -0.47))],
            new(1, Sparsities[0], "cut", 573_186, 249_474, 2.4e-6, 2.9e-6, 512, 0.00642, 0.00301, 2.13), 118.4,
            new("heartwood demo --out demo", "0.1.0", "AMD EPYC 9B14, 2 cores, 8 GB, Debian 13, .NET 10.0.1", "avx512", 2, [.. Enumerable.Range(1, Seeds).Select(s => (ulong)s)], "2026-11-20T16:05:00Z",
                new string('a', 64), [new("train", "world:training,seed=1", 100_000, new string('b', 64)), new("inDomain", "world:in-domain,seed=2", 2000, new string('c', 64))],
                new Dictionary<string, string> { ["sparsity"] = "0.6", ["steps"] = "300", ["ablation"] = "mean", ["learning rate"] = "0.1" }),
            CaseFacts ? Constructions.Concat(Others).SelectMany(c => (string[])[Entailed, $"non-{Entailed}"], (c, l) => (Name: $"{c} {l}", Facts: new CaseFacts(Constructions.Contains(c) ? "outOfDomain" : "unseen", c, l))).ToDictionary(c => c.Name, c => c.Facts) : null);
    }

    /// <param name="key">whose figures they are</param>
    /// <param name="shortcut">how far the overlap decides, 0 to 1</param>
    /// <param name="inDomain">true accuracy in-domain</param>
    Measured Measure(string key, double shortcut, double inDomain)
    {
        Dictionary<string, Proportion> cases = [];
        foreach (string name in Cases)
        {
            bool entailed = !name.Contains(" non-", StringComparison.Ordinal), seen = Constructions.Contains(name.Split(' ')[0]), structural = Array.IndexOf(Constructions, name.Split(' ')[0]) is >= 0 and < 3;
            double noise = 0.12 * new Chance(7, key + name).Normal(0);
            cases[name] = Draw(key + name, entailed ? 0.98 : !seen ? 0.15 - 0.1 * shortcut : structural ? 0.99 - (shortcut == 0 ? 0 : Math.Max(0, shortcut + noise)) : 0.985, 120);
        }
        Proportion? Together(string[] names) => names.Length == 0 ? null
            : Proportion.FromCounts(cases.Where(c => names.Contains(c.Key.Split(' ')[0])).Sum(c => (int)Math.Round(c.Value.Value * c.Value.N)), 240 * names.Length);
        var groups = Constructions.Concat(Others).ToDictionary(c => c, c => new GroupFacts(Constructions.Contains(c) ? "outOfDomain" : "unseen",
            Proportion.Mean([cases[$"{c} {Entailed}"], cases[$"{c} non-{Entailed}"]]), key == "majority" ? null : Draw(key + c, 0.95, 240)));
        return new(Draw(key, inDomain, 2000), Together(Constructions), Together(Others), cases, groups, key is "majority" ? null : 3.2 * (1 - inDomain) + 0.002 * shortcut);
    }

    MeasuredSubnetwork Subnetwork(int seed, double sparsity, bool random)
    {
        Chance chance = new((ulong)seed, $"sample {sparsity} {random}");
        double shortcut = random ? 0.8 : Math.Clamp((sparsity - 0.45) * 4 * chance.Uniform(0), 0.01, 0.95);
        var m = Measure($"{seed} {sparsity} {random}", shortcut, random ? 0.5 + 0.2 * chance.Uniform(1) : 0.996 - 0.02 * shortcut);
        double Order(Part p, int i) => chance.Normal(100 + i) + (random ? 0 : Mlps.Kind.Includes(p) ? 4 : 2.2 * new Chance(3, "worth").Normal(i));
        string[] parts = [.. Universe.Parts.Select((p, i) => (Part: p, Order: Order(p, i))).OrderByDescending(p => p.Order).Take(Universe.KeptAt(sparsity)).Select(p => p.Part).Order().Select(p => $"{p}")];
        return new((ulong)seed, sparsity, 1 - (double)parts.Length / Universe.Count, parts, m with { Agreement = Draw("agree" + seed, 0.98, 2000), Kl = 0.01 + shortcut / 20 }, 3.1e-6)
        {
            Stored = new(249_474, 997_896, random ? null : System.FormattableString.Invariant($"subnetworks/structured-pruning-sparsity-{sparsity}-seed-{seed}.json")),
        };
    }

    static PairFacts[] Pairs(MeasuredSubnetwork[] found) => [.. found.SelectMany((a, i) => found.Skip(i + 1).Select(b =>
    {
        int shared = a.Parts.Intersect(b.Parts).Count();
        double expected = a.Parts.Count * (1 - a.Sparsity);
        return new PairFacts(a.Seed, b.Seed, shared, (double)shared / a.Parts.Union(b.Parts).Count(), expected, Math.Floor(expected - 2.4), Math.Ceiling(expected + 2.4), 0.0004, 0.006);
    }))];

    CoreFacts Core(double sparsity, MeasuredSubnetwork[] found)
    {
        string[] parts = [.. Universe.Parts.Select(p => $"{p}").Where(p => found.Where(f => f.TargetSparsity == sparsity).All(f => f.Parts.Contains(p)))];
        return new(sparsity, 1, Seeds, parts, 0.12, 0, 1, 1.2e-9, "exact");
    }

    AblatedFacts[] Ablations(CoreFacts core)
    {
        string[] heads = [.. core.Parts.Where(p => !p.EndsWith("MLP", StringComparison.Ordinal))];
        AblatedFacts Out(string name, string kind, IReadOnlyList<string> parts, double inDomain, double shortcut) => new(name, kind, parts, Measure(name, shortcut, inDomain));
        AblatedFacts[] Random(string kind, int parts, double low, double high) => [.. Enumerable.Range(1, Draws).Select(i =>
            Out($"{kind} {i}", kind, [.. Universe.Parts.Skip(i).Take(parts).Select(p => $"{p}")], low + (high - low) * Math.Sqrt(new Chance((ulong)i, kind).Uniform(0)), 0.3))];
        AblatedFacts[] randomHeads = Random("random heads", heads.Length, 0.87, 0.998), randomParts = Random("random parts", core.Parts.Count, 0.45, 0.75);
        AblatedFacts[] randomAlone = Random("random parts alone", core.Parts.Count, 0.48, 0.81);
        AblatedFacts Ranked(AblatedFacts k, AblatedFacts[] draws)
        {
            RankFacts Rank(Func<AblatedFacts, Proportion> of) => new(draws.Count(d => of(d).Value <= of(k).Value), Draws);
            return k with { Ranks = Draws == 0 ? null : new(draws[0].Kind, Rank(d => d.Measured.InDomain), k.Measured.OutOfDomain is null ? null : Rank(d => d.Measured.OutOfDomain!), k.Measured.Cases.Keys.ToDictionary(c => c, c => Rank(d => d.Measured.Cases[c]))) };
        }
        return [Ranked(Out("core", "core", core.Parts, 0.502, 1), randomParts), Ranked(Out("core heads", "core", heads, 0.833, 0.5), randomHeads),
            Ranked(Out("core alone", "core", [.. Universe.Parts.Select(p => $"{p}").Except(core.Parts)], 0.979, 0.85), randomAlone), .. randomHeads, .. randomParts, .. randomAlone];
    }

    AblatedFacts PartAblated(Part part)
    {
        Chance chance = new(11, $"{part}");
        double lost = Mlps.Kind.Includes(part) ? 0.1 + 0.35 * chance.Uniform(0) : 0.04 * Math.Pow(chance.Uniform(0), 6) - 0.001;
        var m = Measure($"{part}", Math.Min(0.9, 3 * Math.Max(0, lost)), 0.997 - lost);
        return new($"{part}", "part", [$"{part}"], m);
    }

    static Proportion Draw(string key, double p, int n) =>
        Proportion.FromCounts((int)Math.Clamp(Math.Round(n * Math.Clamp(p, 0, 1) + Math.Sqrt(n * Math.Max(0, p * (1 - p))) * new Chance(5, key).Normal(0)), 0, n), n);
}
