using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Evaluation.Looks;

/// <summary>
/// How much of its attention each head gives to each kind of token: the sum of its weights on tokens of the kind, averaged over the
/// tokens of an example that see any token of the kind, then over examples. Next to it the average head, and what equal weights on all
/// tokens would give. In the last layer only the token counts that is read, so its heads are compared with the average of that layer alone;
/// and so are those of layers whose window is another.
/// </summary>
public sealed class AttentionMass
{
    const int TokensPerBatch = 1024;

    readonly IModel model;
    readonly int[] groups;                                       // of each layer: layers of one group see the same from the same tokens
    readonly double[][] masses, uniform, average;                // by head, by group: [example kind]

    AttentionMass(IModel model, int examples)
    {
        this.model = model;
        Examples = examples;
        var sights = model.Layers.Select((shape, layer) => (shape.Window, Last: layer == model.Layers.Count - 1)).ToList();
        var different = sights.Distinct().ToList();
        groups = [.. sights.Select(sight => different.IndexOf(sight))];
        Heads = Subnetworks.Heads.AllIn(model);
        masses = [.. Heads.Select(_ => Empty())];
        (uniform, average) = ([.. different.Select(_ => Empty())], [.. different.Select(_ => Empty())]);

        double[] Empty()
        {
            double[] figures = new double[examples * KeyKinds.All.Count];
            figures.AsSpan().Fill(double.NaN);
            return figures;
        }
    }

    /// <summary>Every head of the model, in address order.</summary>
    public IReadOnlyList<Part> Heads { get; }

    /// <summary>How many examples were looked at.</summary>
    public int Examples { get; }

    /// <summary>Looks at examples.</summary>
    /// <param name="model">the model</param>
    /// <param name="examples">the examples</param>
    /// <param name="texts">what the tokens of each example are</param>
    /// <param name="advance">told the number of examples that a batch finished</param>
    /// <param name="stop">ends the work</param>
    /// <exception cref="ArgumentException">there is none, or texts and examples are not of the same inputs</exception>
    public static AttentionMass Measure(
        IModel model, IReadOnlyList<Example> examples, IReadOnlyList<TokenWords> texts, Action<int>? advance = null,
        CancellationToken stop = default)
    {
        if (examples.Count == 0) throw new ArgumentException("Attention needs at least one example.", nameof(examples));
        if (examples.Count != texts.Count || examples.Zip(texts).Any(e => e.First.Input.Ids.Length != e.Second.Count))
            throw new ArgumentException($"{examples.Count} examples and {texts.Count} texts: each example needs the text of its own "
                + "tokens, no more and no fewer.", nameof(texts));
        var packed = Inputs.Pack([.. examples.Select(e => e.Input.Ids.Length)], TokensPerBatch);
        IReadOnlyList<Batch> batches = Inputs.Batches(examples, TokensPerBatch);
        AttentionMass mass = new(model, examples.Count);
        Parallelism.For(batches.Count, b =>
        {
            stop.ThrowIfCancellationRequested();
            mass.Add(batches[b], packed[b].Start, texts);
            advance?.Invoke(packed[b].Count);
        });
        return mass;
    }

    void Add(Batch batch, int first, IReadOnlyList<TokenWords> texts)
    {
        int kinds = KeyKinds.All.Count, sights = uniform.Length;
        int[][] held = [.. Enumerable.Range(0, batch.Count).Select(s => Held(texts[first + s]))];
        int[] places = [.. model.Layers.Select((_, layer) => Heads.TakeWhile(h => h.Layer < layer).Count())];
        double[][,] sums = [.. Heads.Select(_ => new double[batch.Count, kinds])];
        double[][,] even = [.. uniform.Select(_ => new double[batch.Count, kinds])];
        int[][,] counts = [.. uniform.Select(_ => new int[batch.Count, kinds])];
        double[] found = new double[kinds], shares = new double[kinds];
        int[] firstHead = [.. Enumerable.Repeat(-1, sights)];    // what depends on the tokens alone is counted at one head of each group
        AttentionWeights.Each(model, batch, (layer, head, s, query, weights) =>
        {
            Array.Clear(found);
            Array.Clear(shares);
            int place = places[layer] + head, group = groups[layer];
            var (from, seen) = AttentionWeights.Seen(model, layer, query, weights.Length).GetOffsetAndLength(weights.Length);
            for (int j = from; j < from + seen; j++)
                for (int bits = held[s][query * weights.Length + j], k = 0; bits != 0; bits >>= 1, k++)
                    if ((bits & 1) != 0) (found[k], shares[k]) = (found[k] + weights[j], shares[k] + 1.0 / seen);
            if (firstHead[group] < 0) firstHead[group] = place;
            for (int k = 0; k < kinds; k++)
            {
                if (shares[k] == 0) continue;
                sums[place][s, k] += found[k];
                if (place != firstHead[group]) continue;
                even[group][s, k] += shares[k];
                counts[group][s, k]++;
            }
        });
        for (int s = 0; s < batch.Count; s++)
            for (int k = 0; k < kinds; k++)
                for (int group = 0; group < sights; group++)
                {
                    if (counts[group][s, k] == 0) continue;
                    int at = (first + s) * kinds + k;
                    uniform[group][at] = even[group][s, k] / counts[group][s, k];
                    double sum = 0;
                    int heads = 0;
                    for (int h = 0; h < Heads.Count; h++)
                    {
                        if (groups[Heads[h].Layer] != group) continue;
                        sum += masses[h][at] = sums[h][s, k] / counts[group][s, k];
                        heads++;
                    }
                    average[group][at] = sum / heads;
                }
    }

    // for each token and each token that it may attend to, one bit per kind
    static int[] Held(TokenWords text)
    {
        int[] held = new int[text.Count * text.Count];
        // seen alike from everywhere, and the slowest to find
        bool[] unshared = [.. Enumerable.Range(0, text.Count).Select(t => KeyKind.UnsharedWord.Holds(text, t, t))];
        for (int from = 0; from < text.Count; from++)
            for (int to = 0; to < text.Count; to++)
                foreach (KeyKind kind in KeyKinds.All)
                    if (kind == KeyKind.UnsharedWord ? unshared[to] : kind.Holds(text, from, to))
                        held[from * text.Count + to] |= 1 << (int)kind;
        return held;
    }

    int Group(int head) => groups[Heads[head].Layer];

    double[] Column(double[] figures, KeyKind kind) =>
        [.. Enumerable.Range(0, Examples).Select(e => figures[e * KeyKinds.All.Count + (int)kind])];

    /// <summary>
    /// A head's mass on a kind in one example, 0 to 1; NaN where no token of it that the head reads from sees any of the kind.
    /// </summary>
    public double Mass(int example, int head, KeyKind kind) => masses[head][example * KeyKinds.All.Count + (int)kind];

    /// <summary>How much more than the average head it gives to a kind in one example, −1 to 1.</summary>
    public double Above(int example, int head, KeyKind kind) =>
        Mass(example, head, kind) - average[Group(head)][example * KeyKinds.All.Count + (int)kind];

    /// <summary>A head's mass on a kind over examples.</summary>
    public Average Mass(int head, KeyKind kind) => Average.Over(Column(masses[head], kind));

    /// <summary>The average head's mass, of the heads that read from the same tokens as this one.</summary>
    public Average AverageHead(int head, KeyKind kind) => Average.Over(Column(average[Group(head)], kind));

    /// <summary>The head's mass less the average head's, example by example.</summary>
    public Average Above(int head, KeyKind kind) => Average.Over(Enumerable.Range(0, Examples).Select(e => Above(e, head, kind)));

    /// <summary>What equal weights on all tokens that may be seen would give.</summary>
    public Average Uniform(int head, KeyKind kind) => Average.Over(Column(uniform[Group(head)], kind));

    /// <summary>
    /// The kind other than the token itself that it gives most to beyond the average head; the first such kind. Null where no example has
    /// any kind.
    /// </summary>
    public KeyKind? MostCharacteristic(int head)
    {
        var there = KeyKinds.All.Where(kind => kind != KeyKind.Itself).Select(kind => (Kind: kind, Above(head, kind).Value))
            .Where(k => !double.IsNaN(k.Value)).ToList();
        return there.Count == 0 ? null : there.MaxBy(k => k.Value).Kind;
    }
}
