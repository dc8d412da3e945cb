using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Reports.Paper;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies.Paper;

/// <summary>What the knock-outs of one checkpoint give; kept as a stage of its run.</summary>
/// <param name="Facts">the checkpoint</param>
/// <param name="Heads">what knocking out each head loses</param>
public sealed record CheckpointKnockOuts(CheckpointFacts Facts, IReadOnlyDictionary<string, LossFacts> Heads);

/// <summary>When each head begins to matter: every head knocked out alone at every checkpoint of training, the core's heads together, and as many random heads.</summary>
static class Emergence
{
    /// <summary>Measures one checkpoint, in a study of its own whose absence is the checkpoint's.</summary>
    /// <param name="study">the checkpoint's study</param>
    /// <param name="checkpoint">which</param>
    /// <param name="core">the core's heads in the trained model</param>
    /// <param name="tests">how many intervals hold together</param>
    /// <param name="trained">the model that the training ended with</param>
    /// <param name="tolerance">how far above guessing a model must stand, interval and all, to have learned anything; it must also have come half the way to the trained one, for before that every part of it is fragile</param>
    public static CheckpointKnockOuts Measure(Study study, TrainingCheckpoint checkpoint, IReadOnlyList<Part> core, int tests, Measured trained, double tolerance) => study.Folder.Stage("heads", () =>
    {
        Measured full = study.FullModel();
        Part[] heads = [.. study.Universe.PartsOf(Heads.Kind)];
        IReadOnlyList<Part>[] absent = [[], .. heads.Select(h => (IReadOnlyList<Part>)[h]), .. core.Count == 0 ? [] : Together(study, core)];
        var right = study.Right(absent);
        LossFacts[] lost = [.. right.Skip(1).Select((r, i) => Lost(right[0], r, i < heads.Length ? tests : 1))];
        LossFacts[] together = lost[heads.Length..];
        var guessing = study.Sets.Guessing();
        bool Learned(Proportion? now, Proportion? then, string set) => now is not null && now.Low > guessing[set] + tolerance && now.Value >= (guessing[set] + then!.Value) / 2;
        return new CheckpointKnockOuts(new(checkpoint.Name, checkpoint.Step, checkpoint.Sha256, full, Learned(full.InDomain, trained.InDomain, "inDomain"), Learned(full.OutOfDomain, trained.OutOfDomain, "outOfDomain"),
            together.FirstOrDefault(), [.. together.Skip(1)]), heads.Zip(lost).ToDictionary(l => l.First.ToString(), l => l.Second));
    });

    /// <summary>The heads through training.</summary>
    /// <param name="measured">the checkpoints in order</param>
    /// <param name="core">the core's heads in the trained model</param>
    /// <param name="tests">how many intervals hold together</param>
    /// <param name="seed">keys the shuffles</param>
    public static EmergenceFacts Of(IReadOnlyList<CheckpointKnockOuts> measured, IReadOnlyList<Part> core, int tests, ulong seed)
    {
        HeadFacts[] heads = [.. measured[0].Heads.Keys.Select(name => new HeadFacts(name, core.Contains(Part.Parse(name)), [.. measured.Select(m => m.Heads[name])],
            First(measured, m => m.Facts.LearnedInDomain ? m.Heads[name].InDomain : null), First(measured, m => m.Facts.LearnedOutOfDomain ? m.Heads[name].OutOfDomain : null)))];
        bool outside = measured.Any(m => m.Facts.Full.OutOfDomain is not null);
        return new([.. measured.Select(m => m.Facts)], heads, tests, Earlier(heads, h => h.FirstInDomain, measured.Count, new(seed, "heads shuffled")),
            outside ? Earlier(heads, h => h.FirstOutOfDomain, measured.Count, new(seed, "heads shuffled, out of domain")) : null);
    }

    static Permutation? Earlier(HeadFacts[] heads, Func<HeadFacts, int?> begins, int never, Chance chance)
    {
        double[] first = [.. heads.Select(h => (double)(begins(h) ?? never))];
        bool[] inCore = [.. heads.Select(h => h.Core)];
        return inCore.Distinct().Count() < 2 ? null : Permutation.Of(Earlier(first, inCore), stream =>
        {
            bool[] shuffled = [.. inCore];
            stream.Shuffle<bool>(shuffled);
            return Earlier(first, shuffled);
        }, chance);
    }

    static IEnumerable<IReadOnlyList<Part>> Together(Study study, IReadOnlyList<Part> core) =>
        Enumerable.Range(1, study.Request.Draws).Select(i => RandomParts.LikeOf(Heads.Kind, study.Universe, [.. core], new(study.Request.Seeds[0], "random heads"), i)).Prepend(core);

    static LossFacts Lost(IReadOnlyDictionary<string, bool[]> full, IReadOnlyDictionary<string, bool[]> without, int tests) =>
        new(PairedDifference.Of(full["inDomain"], without["inDomain"], tests), full.ContainsKey("outOfDomain") ? PairedDifference.Of(full["outOfDomain"], without["outOfDomain"], tests) : null);

    static int? First(IReadOnlyList<CheckpointKnockOuts> measured, Func<CheckpointKnockOuts, PairedDifference?> loss) =>
        Enumerable.Range(0, measured.Count).Where(i => loss(measured[i]) is { Low: > 0 }).Select(i => (int?)i).FirstOrDefault();

    static double Earlier(double[] first, bool[] core) => first.Where((_, i) => !core[i]).Average() - first.Where((_, i) => core[i]).Average();
}
