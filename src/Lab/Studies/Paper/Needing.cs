using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Looks;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Reports.Paper;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Lab.Studies.Paper;

/// <summary>What the heads outside the core need of it: how far their outputs and their effects move when the core's heads are absent.</summary>
static class Needing
{
    const double Threshold = 0.05, Level = 0.05;
    const int MostDraws = 200;

    /// <summary>Passes of one example through the model on one set: outputs under single heads, the core and draws before each layer, then every head knocked out of the full model, of the model without the core's heads, and of each draw.</summary>
    /// <param name="heads">heads of the model</param>
    /// <param name="core">heads of the core</param>
    /// <param name="layers">layers of the model</param>
    /// <param name="draws">random draws beside each figure</param>
    public static double Passes(int heads, int core, int layers, int draws)
    {
        double others = heads - core, inEach = core < others ? draws * others / (others - core) : 0;       // so many draws leave each head out often enough
        return heads + 1 + draws * (layers - 1) + (2 + Math.Min(MostDraws, inEach)) * (1 + others);
    }

    /// <summary>The figures, on at most so many examples of each set.</summary>
    public static NeedFacts Of(Subject subject, int most) => new([.. subject.CoreHeads.Select(h => $"{h}")], [.. subject.Model.Layers.Select(l => l.Heads)], Threshold,
        [.. subject.Two(most).Select(s => subject.Folder.Stage($"needs-{s.Set.Use}", () => On(subject, s.Set)))]);

    internal static NeedSet On(Subject subject, EvaluationSet set)
    {
        Action<int> advance = subject.Advance($"what other heads need, {set.Use}", Total(subject, set.Examples.Count), "examples");
        Outputs outputs = Outputs.Of(subject, set, advance);
        var effects = EffectsOn(subject, set, advance);
        IReadOnlyList<Part> core = subject.CoreHeads;
        return new(set.Use, set.Examples.Count,
            [.. subject.OtherHeads.Select(h => { var (output, among) = outputs.Need(h); var e = effects[h]; return new HeadNeed($"{h}", core.Count(c => c.Layer < h.Layer), output, among, e.Effect, e.Without, e.Change, e.Among); })],
            [.. core.SelectMany(c => subject.OtherHeads.Where(h => h.Layer > c.Layer).Select(h => outputs.Pair(c, h)))]);
    }

    // exactly, now that the core is known; heads that a draw holds are not asked about there
    static long Total(Subject subject, int examples)
    {
        int heads = subject.Universe.CountOf(Heads.Kind), others = subject.OtherHeads.Count, layers = subject.Model.Layers.Count;
        long outputs = heads + 1L + Enumerable.Range(1, layers - 1).Sum(l => DrawsBefore(subject, l).Count);
        return (outputs + 2L * (1 + others) + Effects(subject).Sum(d => 1L + others - d.Count)) * examples;
    }

    /// <summary>How far outputs move: without the core's heads, without each head alone, and without random heads before each layer.</summary>
    sealed class Outputs
    {
        readonly Subject subject;
        readonly Part[] heads;
        readonly Dictionary<Part, double[][]> alone = [];
        readonly Dictionary<int, double[][][]> drawn = [];
        double[][] core = [];

        Outputs(Subject subject) => (this.subject, heads) = (subject, [.. subject.Universe.PartsOf(Heads.Kind)]);

        public static Outputs Of(Subject subject, EvaluationSet set, Action<int> advance)
        {
            Outputs outputs = new(subject);
            int last = subject.Model.Layers.Count - 1;
            List<(float[] Mask, int Until)> masks = [(subject.Without(subject.CoreHeads), last), .. outputs.heads.Select(h => (subject.Without(h), last))];
            for (int layer = 1; layer <= last; layer++) masks.AddRange(DrawsBefore(subject, layer).Select(d => (subject.Without(d), layer)));
            double[][][] changes = OutputChange.Of(subject.Model, set.Examples, masks, subject.Absence, advance, subject.Stop);
            outputs.core = changes[0];
            foreach (var (h, head) in outputs.heads.Index()) outputs.alone[head] = changes[1 + h];
            int at = 1 + outputs.heads.Length;
            for (int layer = 1; layer <= last; layer++)
            {
                int count = DrawsBefore(subject, layer).Count;
                outputs.drawn[layer] = changes[at..(at + count)];
                at += count;
            }
            return outputs;
        }

        int PlaceOf(Part head) => Array.IndexOf(heads, head);

        public (Average?, AmongDraws?) Need(Part head)
        {
            if (!subject.CoreHeads.Any(c => c.Layer < head.Layer)) return (null, null);
            int h = PlaceOf(head);
            Average output = Average.Of(core[h]);
            return (output, AmongDraws.Of(output.Value, [.. drawn[head.Layer].Select(d => d[h].Average())]));
        }

        // beside every two heads outside the core that stand in the same two layers
        public NeedPair Pair(Part from, Part to)
        {
            Average output = Average.Of(alone[from][PlaceOf(to)]);
            IReadOnlyList<Part> others = subject.OtherHeads;
            AmongDraws? among = AmongDraws.Of(output.Value, [.. others.Where(a => a.Layer == from.Layer).SelectMany(a => others.Where(b => b.Layer == to.Layer).Select(b => alone[a][PlaceOf(b)].Average()))]);
            return new($"{from}", $"{to}", output, among, output.Value >= Threshold && among?.PValue <= Level);
        }
    }

    // as many heads outside the core as the core has before the layer, drawn from the layers before it; none where there are not enough different sets
    static IReadOnlyList<IReadOnlyList<Part>> DrawsBefore(Subject subject, int layer)
    {
        int wanted = subject.CoreHeads.Count(c => c.Layer < layer);
        Part[] from = [.. subject.OtherHeads.Where(h => h.Layer < layer)];
        if (wanted == 0 || wanted > from.Length || MathNet.Numerics.Combinatorics.Combinations(from.Length, wanted) < subject.Draws) return [];
        Part[] not = [.. subject.Universe.Parts.Except(from)];
        return [.. Enumerable.Range(1, subject.Draws).Select(d => RandomParts.DrawOf(Heads.Kind, subject.Universe, wanted, new(subject.Seed, $"heads before layer {layer}"), d, not))];
    }

    // as many heads outside the core as the core has, until each head stands outside enough of the draws
    static IReadOnlyList<IReadOnlyList<Part>> Effects(Subject subject)
    {
        IReadOnlyList<Part> others = subject.OtherHeads;
        int wanted = subject.CoreHeads.Count;
        if (wanted == 0 || wanted > others.Count - 1) return [];
        Part[] not = [.. subject.Universe.Parts.Except(others)];
        List<IReadOnlyList<Part>> draws = [];
        while (draws.Count < MostDraws && others.Any(h => draws.Count(d => !d.Contains(h)) < subject.Draws))
            draws.Add(RandomParts.DrawOf(Heads.Kind, subject.Universe, wanted, new(subject.Seed, "heads absent beside another"), draws.Count + 1, not));
        return draws;
    }

    // what knocking out each head takes from the correct label's logit: of the full model, without the core's heads, without each draw
    static Dictionary<Part, (Average Effect, Average Without, Average Change, AmongDraws? Among)> EffectsOn(Subject subject, EvaluationSet set, Action<int> advance)
    {
        Answers answers = new(set.Examples);
        IReadOnlyList<Part> others = subject.OtherHeads;
        Dictionary<Part, double[]> full = Taken([]), without = Taken(subject.CoreHeads);
        Dictionary<Part, List<double>> drawn = others.ToDictionary(h => h, _ => new List<double>());
        foreach (IReadOnlyList<Part> draw in Effects(subject))
            foreach (var (head, taken) in Taken(draw)) drawn[head].Add(Math.Abs(taken.Zip(full[head], (a, b) => a - b).Average()));
        return others.ToDictionary(h => h, h =>
        {
            Average change = Average.Of(without[h].Zip(full[h], (a, b) => a - b));
            return (Average.Of(full[h]), Average.Of(without[h]), change, AmongDraws.Of(Math.Abs(change.Value), drawn[h]));
        });

        Dictionary<Part, double[]> Taken(IReadOnlyList<Part> absent)
        {
            Part[] asked = [.. others.Except(absent)];
            float[][] masks = [subject.Without(absent), .. asked.Select(h => subject.Without([.. absent, h]))];
            double[][] logits = [.. answers.Of(subject.Model, masks, subject.Absence, advance, subject.Stop, masks[0]).Select(s => LabelLogit.Of(set, s))];
            return asked.Index().ToDictionary(h => h.Item, h => (double[])[.. logits[0].Zip(logits[h.Index + 1], (with, out_) => with - out_)]);
        }
    }
}
