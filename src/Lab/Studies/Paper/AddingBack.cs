using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Reports.Paper;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies.Paper;

/// <summary>
/// Parts added back to the core until generalization returns: greedily by accuracy on one half of the examples out of domain, by masks that are
/// learned beside the core on the same half, and at random. The other half, which chooses nothing, measures all of them.
/// </summary>
sealed class AddingBack
{
    const int MostAdded = 24, Patience = 3, Draws = 10;

    /// <summary>Searches that learn masks beside the core.</summary>
    public const int Searches = 3;

    readonly Subject subject;
    readonly EvaluationSet inDomain, chosen, measured;
    readonly Answers inDomainAnswers, chosenAnswers, measuredAnswers;
    readonly double tolerance;
    readonly PruningOptions pruning;

    AddingBack(Subject subject, int most, double tolerance, PruningOptions pruning)
    {
        var sets = subject.Two(most);
        (this.subject, this.tolerance, this.pruning, inDomain) = (subject, tolerance, pruning, sets[0].Set);
        (chosen, measured) = Halves(sets.Single(s => s.Set.Use == "outOfDomain").Set);
        (inDomainAnswers, chosenAnswers, measuredAnswers) = (new(inDomain.Examples), new(chosen.Examples), new(measured.Examples));
    }

    /// <summary>Passes of one example through the model besides the searches, at the most: each set of parts that the greedy path looks at if it adds as many as it may, and each size of each path measured.</summary>
    /// <param name="left">parts outside the core</param>
    /// <param name="inDomain">examples in-domain</param>
    /// <param name="outside">examples out of domain</param>
    public static long Passes(int left, int inDomain, int outside) =>
        GreedyAddition.SetsLookedAt(left, MostAdded) * (outside + 1) / 2 + (1L + Searches + Draws) * (Longest(left, MostAdded) + 1) * (inDomain + outside / 2);

    static int Longest(int left, int added) => Math.Min(left, 2 * added + 4);

    /// <summary>The paths, on at most so many examples of each set; null without a set out of domain, or where the core is the whole model.</summary>
    public static AddBackFacts? Of(Subject subject, int most, double tolerance, PruningOptions pruning) =>
        subject.Core.Count == subject.Universe.Count || !subject.Two(most).Any(s => s.Set.Use == "outOfDomain") ? null : new AddingBack(subject, most, tolerance, pruning).Facts();

    /// <summary>A set in two halves, each with half of every case; equal inputs stand in the same half.</summary>
    internal static (EvaluationSet Chosen, EvaluationSet Measured) Halves(EvaluationSet set)
    {
        bool[] first = new bool[set.Examples.Count];
        bool turn = false;
        foreach (var one in set.Examples.Index().GroupBy(e => (e.Item.Case, e.Item.Label)))
            foreach (var same in one.GroupBy(e => string.Join(' ', e.Item.Input.Ids)))
            {
                turn = !turn;
                foreach (var (i, _) in same) first[i] = turn;
            }
        ILookup<bool, int> halves = Enumerable.Range(0, set.Examples.Count).ToLookup(i => first[i]);
        return (set.Only([.. halves[true]]), set.Only([.. halves[false]]));
    }

    AddBackFacts Facts()
    {
        Proportion full = Accuracy(measured, measuredAnswers.Of(subject.Model, null, subject.Stop));
        IReadOnlyList<Part> greedy = Greedy();
        int longest = Longest(subject.Universe.Count - subject.Core.Count, greedy.Count);
        List<AddBackPath> paths = [Measured("greedy", 0, greedy, full)];
        for (ulong seed = subject.Seed; seed < subject.Seed + Searches; seed++) paths.Add(Measured("learned", seed, [.. Learned(seed, greedy.Count).Take(longest)], full));
        for (ulong draw = 1; draw <= Draws; draw++) paths.Add(Measured("random", draw, [.. Random((long)draw, greedy).Take(longest)], full));
        return new([.. subject.Core.Select(p => $"{p}")], tolerance, chosen.Examples.Count, Accuracy(inDomain, inDomainAnswers.Of(subject.Model, null, subject.Stop)), full, paths);
    }

    // goes on until the half that chooses has been within the tolerance for some steps, or it has added enough; every step is kept, so that a run which stops goes on
    IReadOnlyList<Part> Greedy()
    {
        const string file = "stages/add-back-greedy-order.json";
        double goal = Accuracy(chosen, chosenAnswers.Of(subject.Model, null, subject.Stop)).Value - tolerance;
        GreedyAddition search = new(subject.Universe, subject.Core, Worth);
        List<Kept> added = subject.Folder.Has(file) ? [.. subject.Folder.ReadJson<Kept[]>(file)] : [];
        while (search.Left(Parts()).Count > 0 && added.Count < MostAdded && (added.Count < Patience || added.TakeLast(Patience).Any(a => a.Accuracy < goal)))
        {
            subject.Stop.ThrowIfCancellationRequested();
            Addition next = search.Next(Parts());
            added.Add(new($"{next.Part}", next.Worth.Objective));
            subject.Folder.WriteJson(file, added.ToArray());
            subject.Progress.Report(new("adding parts back to the core", added.Count, subject.Universe.Count - subject.Core.Count, "parts", $"{next.Part}: {next.Worth.Objective:0.000}"));
        }
        return Parts();

        Part[] Parts() => [.. added.Select(a => Part.Parse(a.Part))];
    }

    sealed record Kept(string Part, double Accuracy);

    // accuracy on the half that chooses; between equals, the mean log-probability of the correct label
    Worth[] Worth(IReadOnlyList<Part> parts, IReadOnlyList<Part> candidates) =>
        [.. chosenAnswers.Of(subject.Model, [.. candidates.Select(c => subject.Only([.. parts, c]))], subject.Absence, null, subject.Stop, subject.Only(parts))
            .Select(s => new Worth(Accuracy(chosen, s).Value, LabelLogit.Of(chosen, s).Average(l => -Math.Log(1 + Math.Exp(-l)))))];

    /// <summary>The order of a search with the core always present, on the half that chooses: highest score first. It aims at about the size that greedy adding needed.</summary>
    IReadOnlyList<Part> Learned(ulong seed, int size)
    {
        int parts = subject.Universe.Count, left = parts - subject.Core.Count;
        if (left == 1) return [.. subject.Universe.Parts.Except(subject.Core)];            // there is no order to learn
        int kept = subject.Core.Count + Math.Clamp(size, 1, left - 1);
        string[] order = subject.Folder.Stage($"add-back-learned-{seed}-order", () =>
        {
            Search asked = new(subject.Model, subject.Universe, subject.Absence, Classification.Instance, chosen.Examples)
            {
                FullScores = () => chosenAnswers.Of(subject.Model, null, subject.Stop),
                Sparsity = 1 - (double)kept / parts,
                Seed = seed,
            };
            PruningSearch search = new(asked, pruning, subject.Core);
            while (!search.IsDone())
            {
                subject.Stop.ThrowIfCancellationRequested();
                PruningLine line = search.Take();
                subject.Progress.Report(new($"masks beside the core, seed {seed}", line.Step, pruning.Steps, "steps", $"KL {line.Distance:0.000}, sparsity {line.Sparsity:0.00}"));
            }
            return (string[])[.. search.Scores.Ranked(subject.Universe).Except(subject.Core).Select(part => $"{part}")];
        });
        return [.. order.Select(Part.Parse)];
    }

    /// <summary>A random order that adds a head where the greedy path adds a head, and an MLP where it adds one; what it did not add comes last, in any order.</summary>
    IReadOnlyList<Part> Random(long draw, IReadOnlyList<Part> greedy)
    {
        Part[] left = [.. subject.Universe.Parts.Except(subject.Core)];
        new Chance(subject.Seed, "parts added at random").At(draw).Stream().Shuffle<Part>(left);
        List<Part> rest = [.. left], order = [];
        foreach (string kind in greedy.Select(g => g.Kind))
        {
            Part next = rest.First(p => p.Kind == kind);
            rest.Remove(next);
            order.Add(next);
        }
        return [.. order, .. rest];
    }

    AddBackPath Measured(string kind, ulong seed, IReadOnlyList<Part> order, Proportion full) => subject.Folder.Stage($"add-back-{kind}-{seed}", () =>
    {
        float[][] masks = [.. Enumerable.Range(0, order.Count + 1).Select(n => subject.Only([.. subject.Core, .. order.Take(n)]))];
        string stage = $"measuring {kind} additions{(kind == "greedy" ? "" : $" {seed}")}";
        Action<int> advance = subject.Advance(stage, (long)masks.Length * (inDomain.Examples.Count + measured.Examples.Count), "examples");
        float[][] near = inDomainAnswers.Of(subject.Model, masks, subject.Absence, advance, subject.Stop, masks[0]), far = measuredAnswers.Of(subject.Model, masks, subject.Absence, advance, subject.Stop, masks[0]);
        AddBackPoint[] points = [.. masks.Select((_, n) => new AddBackPoint(n, Accuracy(inDomain, near[n]), Accuracy(measured, far[n])))];
        int back = Array.FindIndex(points, p => p.OutOfDomain.Value >= full.Value - tolerance);
        return new AddBackPath(kind, seed, [.. order.Select(p => $"{p}")], points, back < 0 ? null : back);
    });

    Proportion Accuracy(EvaluationSet set, float[] scores)
    {
        int labels = subject.Model.Labels.Count;
        return Proportion.Of(set.Examples.Index().Count(e => set.MapLabel[Measuring.Largest(Measuring.LogSoftmax(scores.AsSpan(e.Index * labels, labels)))] == e.Item.Label), set.Examples.Count);
    }
}
