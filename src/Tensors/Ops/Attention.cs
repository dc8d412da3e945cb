using Heartwood.Tensors.Backends;
using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>Attention over packed sequences.</summary>
public static class AttentionOps
{
    /// <summary>softmax(q kᵀ / √headWidth) v within each sequence and head (Vaswani et al. 2017, eq. 1).</summary>
    /// <param name="q">queries, [token width], the heads side by side: width = heads · headWidth</param>
    /// <param name="k">keys, the same shape</param>
    /// <param name="v">values, the same shape</param>
    /// <param name="offsets">sequence s is tokens offsets[s] to offsets[s + 1]; the first is 0, the last the number of tokens</param>
    /// <param name="heads">number of heads</param>
    /// <param name="causal">whether a token sees only itself and what stands before it</param>
    /// <returns>[token width], each head's mix of values</returns>
    /// <exception cref="ShapeException">shapes, heads or offsets do not fit</exception>
    public static Tensor Attention(this Tensor q, Tensor k, Tensor v, ReadOnlySpan<int> offsets, int heads, bool causal = false)
    {
        var (tokens, width) = q.AsTokens();
        k.Require(q.Shape);
        v.Require(q.Shape);
        if (heads < 1 || width % heads != 0) throw new ShapeException($"A width of {width} does not divide into {heads} heads.");
        if (offsets.IsEmpty || offsets[0] != 0 || offsets[^1] != tokens) throw new ShapeException($"Offsets must run from 0 to {tokens} tokens.");
        for (int i = 1; i < offsets.Length; i++)
            if (offsets[i] < offsets[i - 1]) throw new ShapeException($"Offset {i} ({offsets[i]}) is before offset {i - 1} ({offsets[i - 1]}).");

        AttentionPlan plan = new(offsets, heads, width / heads, causal);
        Tensor context = Tensor.Unset(q.Shape), probabilities = Tensor.Unset(new(plan.Probabilities));
        Machine.Backend.Attention(q.Values, k.Values, v.Values, plan, context.Writable, probabilities.Writable);
        return Record("attention", context, [q, k, v, probabilities], [q, k, v], g =>
        {
            Tensor dq = Tensor.Unset(q.Shape), dk = Tensor.Unset(q.Shape), dv = Tensor.Unset(q.Shape);
            Machine.Backend.AttentionSlope(q.Values, k.Values, v.Values, probabilities.Values, g.Values, plan, dq.Writable, dk.Writable, dv.Writable);
            return [dq, dk, dv];
        });
    }
}
