using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Evaluation.Looks;

/// <summary>
/// How far heads' mixes (at the heads' site, before the output projection) move when parts before them are ablated: the root of the
/// squared change over the tokens of an example, by the root of the squared mixes there. Heads that stand in the layer of the first
/// ablated part or before it do not move.
/// </summary>
public static class OutputChange
{
    const int TokensPerBatch = 1024;

    /// <summary>The change of every head under every mask.</summary>
    /// <param name="model">the full model</param>
    /// <param name="examples">the examples</param>
    /// <param name="masks">each with one number per part, and the last layer whose heads are asked about</param>
    /// <param name="ablation">what stands in for ablated parts</param>
    /// <param name="advance">told the number of examples × masks that a batch finished</param>
    /// <param name="stop">ends the work</param>
    /// <returns>by mask and head (address order): one figure per example, 0 where the head cannot move, NaN in layers that are not asked
    /// about</returns>
    public static double[][][] Measure(
        IModel model, IReadOnlyList<Example> examples, IReadOnlyList<(float[] Mask, int Until)> masks, Ablation ablation,
        Action<int>? advance = null, CancellationToken stop = default)
    {
        using Scope outside = Scope.Open();
        Part[] heads = [.. Heads.AllIn(model)];
        (float[] Mask, int From, int Until)[] passes = [.. masks.Select(m => (m.Mask, FirstLayer(ablation.Universe, m.Mask), m.Until))];
        double[][][] changes = [.. passes
            .Select(p => heads.Select(h => Filled(examples.Count, h.Layer > p.Until ? double.NaN : 0)).ToArray())];
        var packed = Inputs.Pack([.. examples.Select(e => e.Input.Ids.Length)], TokensPerBatch);
        IReadOnlyList<Batch> batches = Inputs.Batches(examples, TokensPerBatch);
        Parallelism.For(batches.Count, b =>
        {
            stop.ThrowIfCancellationRequested();
            using Scope scope = Scope.Open();
            Batch batch = batches[b];
            Tensor[] entering = new Tensor[model.Layers.Count], mixes = new Tensor[model.Layers.Count];
            for (int layer = 0; layer < mixes.Length; layer++)
            {
                entering[layer] = layer == 0 ? model.Embed(batch, Probes.NoProbe.Instance)
                    : model.Finish(layer - 1, entering[layer - 1], mixes[layer - 1], batch, model.TokensOf(layer - 1),
                        Probes.NoProbe.Instance);
                mixes[layer] = model.Attend(layer, entering[layer], batch, model.TokensOf(layer), Probes.NoProbe.Instance);
            }
            IReadOnlyList<Example> own = [.. examples.Skip(packed[b].Start).Take(batch.Count)];
            var values = ablation.On(model, batch, Tokens.Read, Classification.Instance.PairsOf(own));
            for (int p = 0; p < passes.Length; p++)
            {
                var (mask, from, until) = passes[p];
                if (from >= until) continue;
                using Scope pass = Scope.Open();
                MaskProbe probe = new(Tensor.From(mask, mask.Length), ablation, values);
                Tensor x = entering[from], mix = mixes[from];
                for (int layer = from + 1; layer <= until; layer++)
                {
                    x = model.Finish(layer - 1, x, mix, batch, model.TokensOf(layer - 1), probe);
                    mix = model.Attend(layer, x, batch, model.TokensOf(layer), probe);
                    for (int h = 0; h < heads.Length; h++)
                        if (heads[h].Layer == layer)
                            Compare(mixes[layer], mix, heads[h].Index * model.HeadWidth, model.HeadWidth, batch,
                                changes[p][h].AsSpan(packed[b].Start, batch.Count));
                }
            }
            advance?.Invoke(batch.Count * passes.Length);
        });
        return changes;
    }

    // of the first part that is not all there; none where all are
    static int FirstLayer(Universe universe, float[] mask)
    {
        for (int i = 0; i < mask.Length; i++) if (mask[i] != 1) return universe.Places[i].Site.Layer;
        return int.MaxValue;
    }

    static double[] Filled(int count, double value)
    {
        double[] filled = new double[count];
        filled.AsSpan().Fill(value);
        return filled;
    }

    static void Compare(Tensor before, Tensor after, int column, int headWidth, Batch batch, Span<double> changes)
    {
        var (rows, width) = before.AsTokens();
        ReadOnlySpan<float> a = before.Values, b = after.Values;
        for (int s = 0; s < batch.Count; s++)
        {
            var (start, end) = rows == batch.Tokens ? (batch.Offsets[s], batch.Offsets[s + 1]) : (s, s + 1);
            double moved = 0, whole = 0;
            for (int t = start; t < end; t++)
                for (int at = t * width + column; at < t * width + column + headWidth; at++)
                {
                    double difference = (double)b[at] - a[at];
                    (moved, whole) = (moved + difference * difference, whole + (double)a[at] * a[at]);
                }
            changes[s] = moved == 0 ? 0 : Math.Sqrt(moved / whole);
        }
    }
}
