using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Evaluation;

/// <summary>Is shown what one head attends to from one token.</summary>
/// <param name="head">place of the head in its layer</param>
/// <param name="query">place of the token in its sequence</param>
/// <param name="weights">the share of each token of the sequence, which add up to 1; 0 for those that a causal model may not see [token of the sequence]</param>
/// <param name="layer">the layer</param>
/// <param name="sequence">place of the sequence in its batch</param>
public delegate void AttentionVisitor(int layer, int head, int sequence, int query, ReadOnlySpan<double> weights);

/// <summary>
/// What heads attend to: softmax(q·k / √headWidth) per sequence and head, computed outside the pass from the queries and keys that a probe
/// sees (the attention op never holds them all at once). Whether a token sees those behind it is found out, not assumed: the weights must
/// give the mixes that the heads gave. A family that turns queries and keys (rotary positions) must show them turned at their sites.
/// </summary>
public static class AttentionWeights
{
    const double Rounding = 2e-3;                                // of the largest value: the mixes may come from bf16 products

    /// <summary>Visits every head's weights from every token that the model computes: in the last layer only from the one that is read.</summary>
    /// <param name="model">the model</param>
    /// <param name="batch">its input</param>
    /// <param name="causal">see <see cref="Causal"/></param>
    /// <param name="visit">called by layer, sequence, token and head; the weights are its own only during the call</param>
    public static void Each(IModel model, Batch batch, bool causal, AttentionVisitor visit)
    {
        using Scope scope = Scope.Open();
        Recorder seen = new(site => site.Point is Point.Query or Point.Key);
        model.Forward(batch, seen);
        for (int layer = 0; layer < model.Layers.Count; layer++)
            if (model.Layers[layer].Heads > 0)
                Each(layer, model.Layers[layer].Heads, model.HeadWidth, seen.Seen[new(layer, Point.Query)], seen.Seen[new(layer, Point.Key)], batch, causal, visit);
    }

    static void Each(int layer, int heads, int headWidth, Tensor queries, Tensor keys, Batch batch, bool causal, AttentionVisitor visit)
    {
        var (rows, width) = queries.AsTokens();
        var (_, keyWidth) = keys.AsTokens();
        int shared = width / keyWidth;                           // heads that share one key, where they do
        bool read = rows == batch.Count && rows < batch.Tokens;
        ReadOnlySpan<float> q = queries.Values, k = keys.Values;
        double[] weights = new double[Enumerable.Range(0, batch.Count).Max(s => batch.Offsets[s + 1] - batch.Offsets[s])];
        double scale = 1 / Math.Sqrt(headWidth);
        for (int s = 0; s < batch.Count; s++)
        {
            int start = batch.Offsets[s], length = batch.Offsets[s + 1] - start;
            foreach (int query in read ? [causal ? length - 1 : 0] : Enumerable.Range(0, length))
            {
                ReadOnlySpan<float> row = q.Slice((read ? s : start + query) * width, width);
                for (int head = 0; head < heads; head++)
                {
                    Span<double> own = weights.AsSpan(0, length);
                    for (int j = 0; j < length; j++)
                        own[j] = causal && j > query ? double.NegativeInfinity
                            : scale * Dot(row.Slice(head * headWidth, headWidth), k.Slice((start + j) * keyWidth + head / shared * headWidth, headWidth));
                    Softmax(own);
                    visit(layer, head, s, query, own);
                }
            }
        }
    }

    /// <summary>Whether the model's tokens see only those before them and themselves: with or without, the weights must give every head's mix.</summary>
    /// <exception cref="InvalidOperationException">neither does</exception>
    public static bool Causal(IModel model, Batch batch)
    {
        using Scope scope = Scope.Open();
        Recorder seen = new(site => site.Point is Point.Query or Point.Key or Point.Value or Point.Heads);
        model.Forward(batch, seen);
        double[] off = [Off(false), Off(true)];
        return off[0] <= Rounding ? false : off[1] <= Rounding ? true
            : throw new InvalidOperationException($"Attention computed from the queries and keys of this {model.Family} does not give its heads' mixes (off by {off[0]:0.000} of the largest value, {off[1]:0.000} with a causal mask). "
                + "Its family must show queries and keys at their sites as the attention reads them.");

        // the largest difference from the mixes, by their largest value
        double Off(bool causal)
        {
            double off = 0, most = 0;
            for (int layer = 0; layer < model.Layers.Count; layer++)
            {
                if (model.Layers[layer].Heads == 0) continue;
                Tensor values = seen.Seen[new(layer, Point.Value)], mixes = seen.Seen[new(layer, Point.Heads)];
                var (rows, width) = mixes.AsTokens();
                var (_, valueWidth) = values.AsTokens();
                int headWidth = model.HeadWidth, shared = width / valueWidth;
                foreach (float mix in mixes.Values) most = Math.Max(most, Math.Abs(mix));
                Each(layer, model.Layers[layer].Heads, headWidth, seen.Seen[new(layer, Point.Query)], seen.Seen[new(layer, Point.Key)], batch, causal, (_, head, s, query, weights) =>
                {
                    int row = rows == batch.Tokens ? batch.Offsets[s] + query : s;
                    for (int d = 0; d < headWidth; d++)
                    {
                        double mix = 0;
                        for (int j = 0; j < weights.Length; j++) mix += weights[j] * values.Values[(batch.Offsets[s] + j) * valueWidth + head / shared * headWidth + d];
                        off = Math.Max(off, Math.Abs(mix - mixes.Values[row * width + head * headWidth + d]));
                    }
                });
            }
            return most > 0 ? off / most : 0;
        }
    }

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
