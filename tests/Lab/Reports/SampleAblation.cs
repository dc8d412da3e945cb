using Heartwood.Lab.Discovery;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Tests.Lab.Reports;

/// <summary>The result of single ablations, made up: the first parts cost much, the last one helps when it is gone, the rest are noise.</summary>
static class SampleAblation
{
    public static Result Usual { get; } = Make(Lab.Small.HeadsAndMlps([4, 4, 4]), ["inDomain", "outOfDomain"], "nats");

    /// <summary>Nothing is more than noise, on one set, in points.</summary>
    public static Result Noise { get; } = Make(Lab.Small.HeadsAndMlps([12, 12]), ["inDomain"], "points", size: 0);

    static Result Make(Universe universe, string[] sets, string unit, double size = 0.8)
    {
        SetEffects One(string set, int s) => SetEffects.From(set, set == "inDomain" ? "dev" : "hans", universe,
            [.. universe.Parts.Select((_, i) => Sums(i < 3 ? size / (i + 1) * (s + 1) : i == universe.Count - 1 ? -size / 4 : 0.0004 * (i % 3 - 1)))],
            accuracy: false);
        PartEffectsFacts effects = new("loss", "loss of the right answers, nats per example", unit, "its mean over the data",
            "subnetworks/ablation.json", [.. sets.Select(One)]);
        object[] facts = [new SinglePartsFacts([]) { Effects = effects },
            new MakingFacts("The parts of a small model, one by one", RunKind.Ablation, new("bert", 3, [4, 4, 4], 16, 1234, ["yes", "no"]), 12)];
        return new(Manifests.Small, [.. facts.Select(f => new Answer(RunResult.Questions.First(q => q.FactsType == f.GetType()), f, null))]);
    }

    // 100 examples whose differences have this mean and a standard deviation of 0.05
    static PairedSums Sums(double mean) => new(100, 100 * mean, 99 * 0.05 * 0.05 + 100 * mean * mean, 100 * mean, 100, 100, 0, 0);
}
