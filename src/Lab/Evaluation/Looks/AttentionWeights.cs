using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Evaluation.Looks;

/// <summary>Is shown what one head attends to from one token.</summary>
/// <param name="head">place of the head in its layer</param>
/// <param name="query">place of the token in its sequence</param>
/// <param name="weights">the share of each token of the sequence, which add up to 1; 0 where the token does not see [token of the
/// sequence]</param>
/// <param name="layer">the layer</param>
/// <param name="sequence">place of the sequence in its batch</param>
public delegate void AttentionVisitor(int layer, int head, int sequence, int query, ReadOnlySpan<double> weights);

/// <summary>
/// What heads attend to: softmax(q·k / √headWidth) per sequence and head, its scores capped where the layer caps them
/// (<see cref="LayerShape.ScoreCap"/>), computed outside the pass from queries and keys as attention
/// reads them (<see cref="Point.AttentionQuery"/>, <see cref="Point.AttentionKey"/>; the attention op never holds all weights at once).
/// What a token sees the model says: all of its sequence, or itself and what stands before it (<see cref="IModel.Causal"/>), in a window
/// or not (<see cref="LayerShape.Window"/>).
/// </summary>
public static class AttentionWeights
{
    /// <summary>
    /// Visits every head's weights from every token that the model computes: in the last layer only from the one that is read.
    /// </summary>
    /// <param name="model">the model</param>
    /// <param name="batch">its input</param>
    /// <param name="visit">called by layer, sequence, token and head; the weights are its own only during the call</param>
    /// <param name="last">which tokens the last layer computes</param>
    public static void Each(IModel model, Batch batch, AttentionVisitor visit, Tokens last = Tokens.Read)
    {
        using Scope scope = Scope.Open();
        Recorder seen = new(site => site.Point is Point.AttentionQuery or Point.AttentionKey);
        model.Stream(batch, seen, last);
        for (int layer = 0; layer < model.Layers.Count; layer++)
        {
            if (model.Layers[layer].Heads == 0) continue;
            Tensor queries = seen.Seen[new(layer, Point.AttentionQuery)], keys = seen.Seen[new(layer, Point.AttentionKey)];
            Each(model, layer, queries, keys, batch, model.TokensOf(layer, last), visit);
        }
    }

    /// <summary>What the heads of a layer attended to in a pass that a cache holds, in one sequence.</summary>
    /// <param name="loaded">the model</param>
    /// <param name="cache">of a pass of all tokens, with <see cref="Point.AttentionQuery"/> and <see cref="Point.AttentionKey"/></param>
    /// <param name="layer">the layer</param>
    /// <param name="batch">the input of that pass</param>
    /// <param name="sequence">place of the sequence in the batch</param>
    /// <returns>[head token token]: from each token (the query) to each of its sequence; rows add up to 1</returns>
    /// <exception cref="ArgumentException">the layer has no head, or the batch no such sequence</exception>
    /// <exception cref="KeyNotFoundException">queries or keys were not recorded</exception>
    public static Tensor AttentionPattern(this LoadedModel loaded, ActivationCache cache, int layer, Batch batch, int sequence = 0)
    {
        int heads = loaded.Model.Layers[layer].Heads;
        if (heads == 0) throw new ArgumentException($"Layer {layer} has no head.");
        if ((uint)sequence >= (uint)batch.Count)
            throw new ArgumentException($"The batch has sequences 0 to {batch.Count - 1}, not {sequence}.");
        int length = batch.Offsets[sequence + 1] - batch.Offsets[sequence];
        Tensor pattern = Tensor.Zeros(heads, length, length);
        Tensor queries = cache[layer, Point.AttentionQuery], keys = cache[layer, Point.AttentionKey];
        Each(loaded.Model, layer, queries, keys, batch, Tokens.All, (_, head, s, query, weights) =>
        {
            if (s != sequence) return;
            Span<float> row = pattern.Change().Slice((head * length + query) * length, length);
            for (int j = 0; j < length; j++) row[j] = (float)weights[j];
        });
        return pattern;
    }

    /// <summary>The tokens of its sequence that a token sees.</summary>
    /// <param name="model">the model</param>
    /// <param name="layer">the layer</param>
    /// <param name="query">place of the token in its sequence</param>
    /// <param name="length">tokens of the sequence</param>
    public static Range Seen(IModel model, int layer, int query, int length) =>
        !model.Causal ? ..length : Math.Max(0, query + 1 - (model.Layers[layer].Window ?? length))..(query + 1);

    static void Each(IModel model, int layer, Tensor queries, Tensor keys, Batch batch, Tokens tokens, AttentionVisitor visit)
    {
        int heads = model.Layers[layer].Heads, headWidth = model.HeadWidth;
        int[] owners = KeyHeadOf(model.Layers[layer]);
        int width = heads * headWidth, keyWidth = (owners[^1] + 1) * headWidth;
        ReadOnlySpan<float> q = queries.Values, k = keys.Values;
        double[] weights = new double[Enumerable.Range(0, batch.Count).Max(s => batch.Offsets[s + 1] - batch.Offsets[s])];
        double scale = 1 / Math.Sqrt(headWidth);
        float? cap = model.Layers[layer].ScoreCap;
        for (int s = 0; s < batch.Count; s++)
        {
            int start = batch.Offsets[s], length = batch.Offsets[s + 1] - start;
            foreach (int query in tokens == Tokens.Read ? [model.Causal ? length - 1 : 0] : Enumerable.Range(0, length))
            {
                ReadOnlySpan<float> row = q.Slice((tokens == Tokens.Read ? s : start + query) * width, width);
                var (from, count) = Seen(model, layer, query, length).GetOffsetAndLength(length);
                for (int head = 0; head < heads; head++)
                {
                    ReadOnlySpan<float> asked = row.Slice(head * headWidth, headWidth);
                    Span<double> own = weights.AsSpan(0, length);
                    own.Clear();
                    for (int j = from; j < from + count; j++)
                    {
                        own[j] = scale * Dot(asked, k.Slice((start + j) * keyWidth + owners[head] * headWidth, headWidth));
                        if (cap is { } most) own[j] = most * Math.Tanh(own[j] / most);
                    }
                    Softmax(own.Slice(from, count));
                    visit(layer, head, s, query, own);
                }
            }
        }
    }

    // the key and value head of each head: its own, where heads do not share them
    static int[] KeyHeadOf(LayerShape shape) => shape.HeadsPerKeyValueHead.Count == 0 ? [.. Enumerable.Range(0, shape.Heads)]
        : [.. shape.HeadsPerKeyValueHead.SelectMany((heads, owner) => Enumerable.Repeat(owner, heads))];

    static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += (double)a[i] * b[i];
        return sum;
    }

    static void Softmax(Span<double> scores)
    {
        double most = double.NegativeInfinity, sum = 0;
        foreach (double score in scores) most = Math.Max(most, score);
        for (int i = 0; i < scores.Length; i++) sum += scores[i] = Math.Exp(scores[i] - most);
        for (int i = 0; i < scores.Length; i++) scores[i] /= sum;
    }
}
