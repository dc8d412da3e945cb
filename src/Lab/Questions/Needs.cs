using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Looks;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Lab.Questions;

/// <summary>
/// What the heads outside the core need of it: how far their outputs and their effects move when the core's heads are ablated; drawn by
/// <see cref="NeedMaps"/>.
/// </summary>
sealed class Needs : IQuestion<NeedFacts>
{
    const double Threshold = 0.05, Level = 0.05;
    const int MostDraws = 200;

    public string Name => "needs";

    public int Version => 1;

    public bool Usual => false;

    // on half of the examples: outputs under single heads, the core and draws before each layer, then every head ablated in the full model,
    // in the model without the core's heads, and in each draw
    public long Passes(Prospect ahead)
    {
        int heads = ahead.Heads, core = ahead.CoreHeads, draws = ahead.Settings.HeadDraws;
        double others = heads - core;
        double inEach = core < others ? draws * others / (others - core) : 0;       // so many draws leave each head out often enough
        double passes = heads + 1 + draws * (ahead.Layers - 1) + (2 + Math.Min(MostDraws, inEach)) * (1 + others);
        return (long)(passes * (ahead.HeadExamples.Near + ahead.HeadExamples.Far) / 2);
    }

    public NeedFacts? Ask(Subject subject)
    {
        var sets = subject.TwoSets(subject.Settings.HeadExamples / 2);
        return sets.Count == 0 ? null : new([.. subject.CoreHeads.Select(h => $"{h}")], [.. subject.Model.Layers.Select(l => l.Heads)],
            Threshold,
            [.. sets.Select(s => subject.Folder.Stage($"needs-{s.Set.Use}", () => On(subject, s.Set)))]);
    }

    /// <summary>The figures on one set.</summary>
    internal static NeedSet On(Subject subject, EvaluationSet set)
    {
        Action<int> advance = subject.Advance($"what other heads need, {set.Use}", Total(subject, set.Examples.Count), "examples");
        Outputs outputs = Outputs.Compute(subject, set, advance);
        Dictionary<Part, Effect> effects = EffectsOn(subject, set, advance);
        IReadOnlyList<Part> core = subject.CoreHeads;
        HeadNeed Need(Part head)
        {
            var (output, among) = outputs.Need(head);
            Effect e = effects[head];
            return new($"{head}", core.Count(c => c.Layer < head.Layer), output, among, e.Full, e.Without, e.Change, e.Among);
        }
        IEnumerable<NeedPair> Pairs(Part from) => subject.OtherHeads.Where(h => h.Layer > from.Layer).Select(h => outputs.Pair(from, h));
        return new(set.Use, set.Examples.Count, [.. subject.OtherHeads.Select(Need)], [.. core.SelectMany(Pairs)]);
    }

    // exactly, now that the core is known; heads that a draw holds are not asked about there
    static long Total(Subject subject, int examples)
    {
        int heads = subject.Heads.Count, others = subject.OtherHeads.Count, layers = subject.Model.Layers.Count;
        long outputs = heads + 1L + Enumerable.Range(1, layers - 1).Sum(l => DrawsBefore(subject, l).Count);
        return (outputs + 2L * (1 + others) + DrawsForEffects(subject).Sum(d => 1L + others - d.Count)) * examples;
    }

    /// <summary>
    /// How far outputs move: without the core's heads, without each head alone, and without random heads before each layer.
    /// </summary>
    sealed class Outputs
    {
        readonly Subject subject;
        readonly IReadOnlyList<Part> heads;
        readonly Dictionary<Part, double[][]> alone = [];
        readonly Dictionary<int, double[][][]> drawn = [];
        double[][] core = [];

        Outputs(Subject subject) => (this.subject, heads) = (subject, subject.Heads);

        public static Outputs Compute(Subject subject, EvaluationSet set, Action<int> advance)
        {
            Outputs outputs = new(subject);
            int last = subject.Model.Layers.Count - 1;
            List<(float[] Mask, int Until)> masks = [(subject.Without(subject.CoreHeads), last)];
            masks.AddRange(outputs.heads.Select(h => (subject.Without(h), last)));
            for (int layer = 1; layer <= last; layer++)
                masks.AddRange(DrawsBefore(subject, layer).Select(d => (subject.Without(d), layer)));
            double[][][] changes = OutputChange.Measure(subject.Model, set.Examples, masks, subject.Ablation, advance, subject.Stop);
            outputs.core = changes[0];
            foreach (var (h, head) in outputs.heads.Index()) outputs.alone[head] = changes[1 + h];
            int at = 1 + outputs.heads.Count;
            for (int layer = 1; layer <= last; layer++)
            {
                int count = DrawsBefore(subject, layer).Count;
                outputs.drawn[layer] = changes[at..(at + count)];
                at += count;
            }
            return outputs;
        }

        int PlaceOf(Part head) => heads.Index().First(h => h.Item == head).Index;

        public (Average?, AmongDraws?) Need(Part head)
        {
            if (!subject.CoreHeads.Any(c => c.Layer < head.Layer)) return (null, null);
            int h = PlaceOf(head);
            Average output = Average.Over(core[h]);
            return (output, AmongDraws.Rank(output.Value, [.. drawn[head.Layer].Select(d => d[h].Average())]));
        }

        // next to every two heads outside the core that stand in the same two layers
        public NeedPair Pair(Part from, Part to)
        {
            Average output = Average.Over(alone[from][PlaceOf(to)]);
            Part[] before = [.. subject.OtherHeads.Where(a => a.Layer == from.Layer)];
            Part[] after = [.. subject.OtherHeads.Where(b => b.Layer == to.Layer)];
            double[] others = [.. before.SelectMany(a => after.Select(b => alone[a][PlaceOf(b)].Average()))];
            AmongDraws? among = AmongDraws.Rank(output.Value, others);
            return new($"{from}", $"{to}", output, among, output.Value >= Threshold && among?.PValue <= Level);
        }
    }

    // as many heads outside the core as the core has before the layer, drawn from the layers before it; none where there are not enough
    // different sets
    static IReadOnlyList<IReadOnlyList<Part>> DrawsBefore(Subject subject, int layer)
    {
        int wanted = subject.CoreHeads.Count(c => c.Layer < layer), draws = subject.Settings.HeadDraws;
        Part[] from = [.. subject.OtherHeads.Where(h => h.Layer < layer)];
        if (wanted == 0 || wanted > from.Length) return [];
        if (MathNet.Numerics.Combinatorics.Combinations(from.Length, wanted) < draws) return [];
        Part[] not = [.. subject.Universe.Parts.Except(from)];
        return [.. Enumerable.Range(1, draws).Select(d => RandomParts.DrawOf(
            Heads.Kind, subject.Universe, wanted, new(subject.Settings.Seeds[0], $"heads before layer {layer}"), d, not))];
    }

    // as many heads outside the core as the core has, until each head stands outside enough of the draws
    static List<IReadOnlyList<Part>> DrawsForEffects(Subject subject)
    {
        IReadOnlyList<Part> others = subject.OtherHeads;
        int wanted = subject.CoreHeads.Count;
        if (wanted == 0 || wanted > others.Count - 1) return [];
        Part[] not = [.. subject.Universe.Parts.Except(others)];
        List<IReadOnlyList<Part>> draws = [];
        while (draws.Count < MostDraws && others.Any(h => draws.Count(d => !d.Contains(h)) < subject.Settings.HeadDraws))
            draws.Add(RandomParts.DrawOf(Heads.Kind, subject.Universe, wanted,
                new(subject.Settings.Seeds[0], "heads absent beside another"), draws.Count + 1, not));
        return draws;
    }

    // what ablating a head takes from the correct label's logit: in the full model, without the core's heads, and the change among draws
    sealed record Effect(Average Full, Average Without, Average Change, AmongDraws? Among);

    static Dictionary<Part, Effect> EffectsOn(Subject subject, EvaluationSet set, Action<int> advance)
    {
        Answers answers = new(set.Examples);
        IReadOnlyList<Part> others = subject.OtherHeads;
        Dictionary<Part, double[]> full = Taken([]), without = Taken(subject.CoreHeads);
        Dictionary<Part, List<double>> drawn = others.ToDictionary(h => h, _ => new List<double>());
        foreach (IReadOnlyList<Part> draw in DrawsForEffects(subject))
            foreach (var (head, taken) in Taken(draw)) drawn[head].Add(Math.Abs(taken.Zip(full[head], (a, b) => a - b).Average()));
        return others.ToDictionary(h => h, h =>
        {
            Average change = Average.Over(without[h].Zip(full[h], (a, b) => a - b));
            return new Effect(Average.Over(full[h]), Average.Over(without[h]), change, AmongDraws.Rank(Math.Abs(change.Value), drawn[h]));
        });

        Dictionary<Part, double[]> Taken(IReadOnlyList<Part> ablated)
        {
            Part[] asked = [.. others.Except(ablated)];
            float[][] masks = [subject.Without(ablated), .. asked.Select(h => subject.Without([.. ablated, h]))];
            float[][] scores = answers.Scores(subject.Model, masks, subject.Ablation, advance, subject.Stop, masks[0]);
            double[][] logits = [.. scores.Select(s => LabelLogit.PerExample(set, s))];
            double[] Lost(int head) => [.. logits[0].Zip(logits[head + 1], (with, less) => with - less)];
            return asked.Index().ToDictionary(h => h.Item, h => Lost(h.Index));
        }
    }

    public IReadOnlyList<Figure> Draw(NeedFacts facts, Findings findings) =>
        facts.Core.Count == 0 || facts.Sets.Count == 0 || facts.Sets[0].Heads.Count == 0 ? [] : [NeedMaps.Draw(facts)];
}
