using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Questions;

/// <summary>
/// When each head begins to matter: every head ablated alone at every checkpoint of training, the core's heads together, and as many random
/// heads. Drawn by <see cref="EmergenceMaps"/> and <see cref="WithoutCore"/>.
/// </summary>
sealed class Emergence : IQuestion<EmergenceFacts>
{
    public string Name => "emergence";

    public int Version => 1;

    public bool Usual => false;

    public long Passes(Prospect ahead) =>
        (long)ahead.Checkpoints * (ahead.Heads + ahead.Settings.Draws + 3) * ahead.Sets.Examples;

    public string? Missing(Subject subject) => subject.Checkpoints.Count > 0 || subject.Settings.Kind != RunKind.Paper ? null
        : "The run was given no checkpoints of the model's training: keep some while training (heartwood train --checkpoints "
            + "500,1000,2000) "
            + "and name their folders with --checkpoints to see when each head begins to matter, and how the smallest subnetwork grows or "
            + "shrinks.";

    public EmergenceFacts? Ask(Subject subject)
    {
        if (subject.Checkpoints.Count == 0 || subject.Facts<AccuracyFacts>() is not { } measured) return null;
        IReadOnlyList<Part> core = subject.CoreHeads;
        int tests = subject.Checkpoints.Count * subject.Heads.Count;
        CheckpointAblations At(ICheckpoint checkpoint) => checkpoint.Look(
            s => Measure(s, checkpoint, core, tests, measured.Full, subject.Settings.Tolerance),
            SearchProgress.Under(checkpoint.Name, subject.Progress));
        return Over([.. subject.Checkpoints.Select(At)], core, tests, subject.Settings.Tolerance, subject.Settings.Seeds[0]);
    }

    /// <summary>Measures one checkpoint.</summary>
    /// <param name="subject">the checkpoint's model, in a run of its own whose ablation is the checkpoint's</param>
    /// <param name="checkpoint">which</param>
    /// <param name="core">the core's heads in the trained model</param>
    /// <param name="tests">how many intervals hold together</param>
    /// <param name="trained">the model that the training ended with</param>
    /// <param name="tolerance">how far above guessing a model must stand, interval and all, to have learned anything; it must also have
    /// come
    /// half the way to the trained one, for before that every part of it is fragile</param>
    static CheckpointAblations Measure(
        Subject subject, ICheckpoint checkpoint, IReadOnlyList<Part> core, int tests, Measured trained, double tolerance)
    {
        return subject.Folder.Stage("heads", () =>
        {
            Measured full = subject.Sets.Measure(subject.FullScores, null);
            IReadOnlyList<Part> heads = subject.Heads;
            List<IReadOnlyList<Part>> ablated = [[], .. heads.Select(h => (IReadOnlyList<Part>)[h])];
            if (core.Count > 0) ablated.AddRange(Together(subject, core));
            var right = subject.RightWithout(ablated, "ablating heads");
            LossFacts[] lost = [.. right.Skip(1).Select((r, i) => Lost(right[0], r, i < heads.Count ? tests : 1))];
            LossFacts[] together = lost[heads.Count..];
            var guessing = subject.Sets.Guessing();
            bool Learned(Proportion? now, Proportion? then, string set) => now is not null
                && now.Low > guessing[set] + tolerance && now.Value >= (guessing[set] + then!.Value) / 2;
            CheckpointFacts facts = new(checkpoint.Name, checkpoint.Step, checkpoint.Sha256, full,
                Learned(full.InDomain, trained.InDomain, "inDomain"), Learned(full.OutOfDomain, trained.OutOfDomain, "outOfDomain"),
                together.FirstOrDefault(), [.. together.Skip(1)]);
            return new CheckpointAblations(facts, heads.Zip(lost).ToDictionary(l => l.First.ToString(), l => l.Second));
        });
    }

    // the core's heads, then as many random ones
    static IEnumerable<IReadOnlyList<Part>> Together(Subject subject, IReadOnlyList<Part> core)
    {
        Chance chance = new(subject.Settings.Seeds[0], "random heads");
        var random = Enumerable.Range(1, subject.Settings.Draws)
            .Select(i => RandomParts.LikeOf(Heads.Kind, subject.Universe, [.. core], chance, i));
        return random.Prepend(core);
    }

    static LossFacts Lost(IReadOnlyDictionary<string, bool[]> full, IReadOnlyDictionary<string, bool[]> without, int tests)
    {
        PairedDifference? On(string set) => full.ContainsKey(set) ? PairedDifference.Between(full[set], without[set], tests) : null;
        return new(On("inDomain")!, On("outOfDomain"));
    }

    /// <summary>The heads through training.</summary>
    /// <param name="measured">the checkpoints in order</param>
    /// <param name="core">the core's heads in the trained model</param>
    /// <param name="tests">how many intervals hold together</param>
    /// <param name="tolerance">how far above guessing a checkpoint's model must stand to count</param>
    /// <param name="seed">keys the shuffles</param>
    internal static EmergenceFacts Over(
        IReadOnlyList<CheckpointAblations> measured, IReadOnlyList<Part> core, int tests, double tolerance, ulong seed)
    {
        HashSet<string> inCore = [.. core.Select(p => $"{p}")];
        HeadFacts Head(string name) => new(name, inCore.Contains(name), [.. measured.Select(m => m.Heads[name])],
            First(measured, m => m.Facts.LearnedInDomain ? m.Heads[name].InDomain : null),
            First(measured, m => m.Facts.LearnedOutOfDomain ? m.Heads[name].OutOfDomain : null));
        HeadFacts[] heads = [.. measured[0].Heads.Keys.Select(Head)];
        bool outside = measured.Any(m => m.Facts.Full.OutOfDomain is not null);
        int never = measured.Count;
        return new(tolerance, [.. measured.Select(m => m.Facts)], heads, tests,
            Earlier(heads, h => h.FirstInDomain, never, new(seed, "heads shuffled")),
            outside ? Earlier(heads, h => h.FirstOutOfDomain, never, new(seed, "heads shuffled, out of domain")) : null);
    }

    static Permutation? Earlier(HeadFacts[] heads, Func<HeadFacts, int?> begins, int never, Chance chance)
    {
        double[] first = [.. heads.Select(h => (double)(begins(h) ?? never))];
        bool[] inCore = [.. heads.Select(h => h.Core)];
        return inCore.Distinct().Count() < 2 ? null : Permutation.Test(MeanEarlier(first, inCore), stream =>
        {
            bool[] shuffled = [.. inCore];
            stream.Shuffle<bool>(shuffled);
            return MeanEarlier(first, shuffled);
        }, chance);
    }

    static double MeanEarlier(double[] first, bool[] core) =>
        first.Where((_, i) => !core[i]).Average() - first.Where((_, i) => core[i]).Average();

    static int? First(IReadOnlyList<CheckpointAblations> measured, Func<CheckpointAblations, PairedDifference?> loss) =>
        Enumerable.Range(0, measured.Count).Where(i => loss(measured[i]) is { Low: > 0 }).Select(i => (int?)i).FirstOrDefault();

    public IReadOnlyList<Figure> Draw(EmergenceFacts facts, Findings findings)
    {
        Figure maps = EmergenceMaps.Draw(facts, findings.Measured!);
        return WithoutCore.Draw(facts, findings.Measured!) is { } without ? [maps, without] : [maps];
    }
}
