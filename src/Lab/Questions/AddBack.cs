using Heartwood.Lab.Charts;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Questions;

/// <summary>
/// Parts added back to the core until generalization returns: greedily by accuracy on one half of the examples out of domain, by masks that
/// are learned next to the core on the same half, and at random. The other half, which chooses nothing, measures all of them. Drawn by
/// <see cref="AddBackLines"/>.
/// </summary>
sealed class AddBack : IQuestion<AddBackFacts>
{
    const int MostAdded = 24, Patience = 3, Draws = 10, LearnedOrders = 3;

    public string Name => "add-back";

    public int Version => 1;

    public bool Usual => false;

    public bool PerPart => true;

    public int Searches(Prospect ahead) => LearnedOrders;

    // as if the core had no part: each set that the greedy path looks at if it adds as many as it may, and each size of each path measured
    public long Passes(Prospect ahead)
    {
        var (inDomain, outside, _) = ahead.HeadExamples;
        int left = ahead.Universe.Count;
        long paths = 1L + LearnedOrders + Draws;
        return GreedyAddition.SetsLookedAt(left,
            MostAdded) * (outside + 1) / 2 + paths * (Longest(left, MostAdded) + 1) * (inDomain + outside / 2);
    }

    static int Longest(int left, int added) => Math.Min(left, 2 * added + 4);

    public AddBackFacts? Ask(Subject subject)
    {
        bool outside = subject.TwoSets(subject.Settings.HeadExamples).Any(s => s.Set.Use == "outOfDomain");
        return subject.Core.Count == subject.Universe.Count || !outside ? null : new Paths(subject).Facts();
    }

    public IReadOnlyList<Figure> Draw(AddBackFacts facts, Findings findings) => [AddBackLines.Draw(facts)];

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
        EvaluationSet Half(bool which) => set.Only([.. Enumerable.Range(0, set.Examples.Count).Where(i => first[i] == which)]);
        return (Half(true), Half(false));
    }

    sealed record Kept(string Part, double Accuracy);

    // the paths of one subject
    sealed class Paths
    {
        readonly Subject subject;
        readonly EvaluationSet inDomain, chosen, measured;
        readonly Answers inDomainAnswers, chosenAnswers, measuredAnswers;
        readonly double tolerance;
        readonly ulong first;

        public Paths(Subject subject)
        {
            var sets = subject.TwoSets(subject.Settings.HeadExamples);
            (this.subject, tolerance, first, inDomain) = (subject, subject.Settings.Tolerance, subject.Settings.Seeds[0], sets[0].Set);
            (chosen, measured) = Halves(sets.Single(s => s.Set.Use == "outOfDomain").Set);
            (inDomainAnswers, chosenAnswers, measuredAnswers) = (new(inDomain.Examples), new(chosen.Examples), new(measured.Examples));
        }

        public AddBackFacts Facts()
        {
            Proportion full = Accuracy(measured, measuredAnswers.Scores(subject.Model, null, subject.Stop));
            IReadOnlyList<Part> greedy = Greedy();
            int longest = Longest(subject.Universe.Count - subject.Core.Count, greedy.Count);
            List<AddBackPath> paths = [Measured("greedy", 0, greedy, full)];
            for (ulong seed = first; seed < first + LearnedOrders; seed++)
                paths.Add(Measured("learned", seed, [.. Learned(seed, greedy.Count).Take(longest)], full));
            for (ulong draw = 1; draw <= Draws; draw++)
                paths.Add(Measured("random", draw, [.. Random((long)draw, greedy).Take(longest)], full));
            Proportion near = Accuracy(inDomain, inDomainAnswers.Scores(subject.Model, null, subject.Stop));
            return new([.. subject.Core.Select(p => $"{p}")], tolerance, chosen.Examples.Count, near, full, paths);
        }

        // goes on until the half that chooses has been within the tolerance for some steps, or it has added enough; every step is kept, so
        // that a run which stops goes on
        IReadOnlyList<Part> Greedy()
        {
            const string file = "stages/add-back-greedy-order.json";
            double goal = Accuracy(chosen, chosenAnswers.Scores(subject.Model, null, subject.Stop)).Value - tolerance;
            GreedyAddition search = new(subject.Universe, subject.Core, Worth);
            List<Kept> added = subject.Folder.Has(file) ? [.. subject.Folder.ReadJson<Kept[]>(file)] : [];
            bool Enough() => added.Count >= MostAdded || (added.Count >= Patience && added.TakeLast(Patience).All(a => a.Accuracy >= goal));
            while (search.Left(Parts()).Count > 0 && !Enough())
            {
                subject.Stop.ThrowIfCancellationRequested();
                Addition next = search.Next(Parts());
                added.Add(new($"{next.Part}", next.Worth.Objective));
                subject.Folder.WriteJson(file, added.ToArray());
                subject.Progress.Report(new("adding parts back to the core", added.Count, subject.Universe.Count - subject.Core
                    .Count, "parts",
                    $"{next.Part}: {next.Worth.Objective:0.000}"));
            }
            return Parts();

            Part[] Parts() => [.. added.Select(a => Part.Parse(a.Part))];
        }

        // accuracy on the half that chooses; between equals, the mean log-probability of the correct label
        Worth[] Worth(IReadOnlyList<Part> parts, IReadOnlyList<Part> candidates)
        {
            float[][] masks = [.. candidates.Select(c => subject.Only([.. parts, c]))];
            float[][] scores = chosenAnswers.Scores(subject.Model, masks, subject.Ablation, null, subject.Stop, subject.Only(parts));
            double LogProbability(float[] s) => LabelLogit.PerExample(chosen, s).Average(l => -Math.Log(1 + Math.Exp(-l)));
            return [.. scores.Select(s => new Worth(Accuracy(chosen, s).Value, LogProbability(s)))];
        }

        // the order of a search with the core always present, on the half that chooses: highest score first; it aims at about the size that
        // greedy adding needed
        IReadOnlyList<Part> Learned(ulong seed, int size)
        {
            int parts = subject.Universe.Count, left = parts - subject.Core.Count;
            if (left == 1) return [.. subject.Universe.Parts.Except(subject.Core)];            // there is no order to learn
            PruningOptions pruning = subject.Settings.Pruning;
            int kept = subject.Core.Count + Math.Clamp(size, 1, left - 1);
            string[] order = subject.Folder.Stage($"add-back-learned-{seed}-order", () =>
            {
                float[] full = chosenAnswers.Scores(subject.Model, null, subject.Stop);
                Search asked = new(subject.Model, subject.Universe, subject.Ablation, Classification.Instance, chosen.Examples)
                {
                    FullScores = () => full,
                    Sparsity = 1 - (double)kept / parts,
                    Seed = seed,
                };
                PruningSearch search = new(asked, pruning, subject.Core);
                while (!search.IsDone())
                {
                    subject.Stop.ThrowIfCancellationRequested();
                    PruningLine line = search.Take();
                    subject.Progress.Report(new($"masks next to the core, seed {seed}", line.Step, pruning.Steps, "steps",
                        $"KL {line.Distance:0.000}, sparsity {line.Sparsity:0.00}"));
                }
                return (string[])[.. search.Scores.Ranked(subject.Universe).Except(subject.Core).Select(part => $"{part}")];
            });
            return [.. order.Select(Part.Parse)];
        }

        // a random order that adds a part of the kind that the greedy path adds; what that did not add comes last, in any order
        IReadOnlyList<Part> Random(long draw, IReadOnlyList<Part> greedy)
        {
            Part[] left = [.. subject.Universe.Parts.Except(subject.Core)];
            new Chance(first, "parts added at random").At(draw).Stream().Shuffle<Part>(left);
            List<Part> rest = [.. left], order = [];
            foreach (string kind in greedy.Select(g => g.Kind))
            {
                Part next = rest.First(p => p.Kind == kind);
                rest.Remove(next);
                order.Add(next);
            }
            return [.. order, .. rest];
        }

        AddBackPath Measured(string kind, ulong seed, IReadOnlyList<Part> order, Proportion full) =>
            subject.Folder.Stage($"add-back-{kind}-{seed}", () =>
        {
            float[][] masks = [.. Enumerable.Range(0, order.Count + 1).Select(n => subject.Only([.. subject.Core, .. order.Take(n)]))];
            string stage = $"measuring {kind} additions{(kind == "greedy" ? "" : $" {seed}")}";
            Action<int> advance = subject.Advance(stage, (long)masks.Length * (inDomain.Examples.Count + measured.Examples.Count),
                "examples");
            float[][] Scores(Answers answers) => answers.Scores(subject.Model, masks, subject.Ablation, advance, subject.Stop, masks[0]);
            float[][] near = Scores(inDomainAnswers), far = Scores(measuredAnswers);
            AddBackPoint[] points = [.. masks
                .Select((_, n) => new AddBackPoint(n, Accuracy(inDomain, near[n]), Accuracy(measured, far[n])))];
            int back = Array.FindIndex(points, p => p.OutOfDomain.Value >= full.Value - tolerance);
            return new AddBackPath(kind, seed, [.. order.Select(p => $"{p}")], points, back < 0 ? null : back);
        });

        static Proportion Accuracy(EvaluationSet set, float[] scores) =>
            Proportion.FromCounts(Measuring.Right(set, scores).Count(right => right), set.Examples.Count);
    }
}
