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
    /// <param name="window">
    /// how many keys a causal query sees at most, its own and those just before it (a sliding window, Beltagy et al. 2020); null for all
    /// </param>
    /// <param name="cap">
    /// the size that no score reaches: cap · tanh(score / cap) takes the place of a score q kᵀ / √headWidth (a soft cap, Gemma Team 2024,
    /// section 2); null for none
    /// </param>
    /// <returns>[token width], each head's mix of values</returns>
    /// <exception cref="ShapeException">shapes, heads or offsets do not fit, the window shows nothing, or the cap is no size</exception>
    public static Tensor Attention(
        this Tensor q, Tensor k, Tensor v, ReadOnlySpan<int> offsets, int heads, bool causal = false, int? window = null,
        float? cap = null) =>
        q.Attention(k.Require(q.Shape), v, offsets, offsets, heads, causal, window, cap);

    /// <summary>
    /// The same for some tokens of each sequence only, as where nothing but the first or the last is read; the bits are those of all
    /// tokens' attention.
    /// </summary>
    /// <param name="q">queries, [query width], the heads side by side: width = heads · headWidth</param>
    /// <param name="k">keys, [token width]</param>
    /// <param name="v">values, the same shape</param>
    /// <param name="queryOffsets">the queries of sequence s are rows queryOffsets[s] to queryOffsets[s + 1] of q</param>
    /// <param name="offsets">the keys and values of sequence s are rows offsets[s] to offsets[s + 1] of k and v</param>
    /// <param name="heads">number of heads</param>
    /// <param name="causal">
    /// whether the queries of a sequence are its last tokens, each of which sees only itself and what stands before it; else queries may be
    /// of any tokens and see all
    /// </param>
    /// <param name="window">
    /// how many keys a causal query sees at most, its own and those just before it (a sliding window, Beltagy et al. 2020); null for all
    /// </param>
    /// <param name="cap">
    /// the size that no score reaches: cap · tanh(score / cap) takes the place of a score q kᵀ / √headWidth (a soft cap, Gemma Team 2024,
    /// section 2); null for none
    /// </param>
    /// <returns>[query width], each head's mix of values</returns>
    /// <exception cref="ShapeException">shapes, heads or offsets do not fit, or a sequence has queries and nothing that they see, or the
    /// window shows nothing, or the cap is no size</exception>
    public static Tensor Attention(
        this Tensor q, Tensor k, Tensor v, ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> offsets,
        int heads, bool causal, int? window = null, float? cap = null)
    {
        Span<int> each = new int[Math.Max(0, heads)];
        each.Fill(1);
        return q.Attention(k, v, queryOffsets, offsets, each, causal, window, cap);
    }

    /// <summary>
    /// The same where heads share keys and values (Ainslie et al. 2023): group i of heads, one after another, reads key and value head i.
    /// </summary>
    /// <param name="q">queries, [query width], the heads side by side: width = heads · headWidth</param>
    /// <param name="k">keys, [token groups·headWidth]</param>
    /// <param name="v">values, the same shape</param>
    /// <param name="queryOffsets">the queries of sequence s are rows queryOffsets[s] to queryOffsets[s + 1] of q</param>
    /// <param name="offsets">the keys and values of sequence s are rows offsets[s] to offsets[s + 1] of k and v</param>
    /// <param name="groups">how many heads each group has, at least one; they may differ</param>
    /// <param name="causal">
    /// whether the queries of a sequence are its last tokens, each of which sees only itself and what stands before it; else queries may be
    /// of any tokens and see all
    /// </param>
    /// <param name="window">
    /// how many keys a causal query sees at most, its own and those just before it (a sliding window, Beltagy et al. 2020); null for all
    /// </param>
    /// <param name="cap">
    /// the size that no score reaches: cap · tanh(score / cap) takes the place of a score q kᵀ / √headWidth (a soft cap, Gemma Team 2024,
    /// section 2); null for none
    /// </param>
    /// <returns>[query width], each head's mix of values</returns>
    /// <exception cref="ShapeException">shapes, groups or offsets do not fit, or a sequence has queries and nothing that they see, or the
    /// window shows nothing, or the cap is no size</exception>
    public static Tensor Attention(
        this Tensor q, Tensor k, Tensor v, ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> offsets,
        ReadOnlySpan<int> groups, bool causal, int? window = null, float? cap = null)
    {
        var (queries, width) = q.AsTokens();
        int tokens = k.AsTokens().Tokens, heads = 0;
        foreach (int group in groups)
        {
            if (group < 1) throw new ShapeException($"A key and value head serves one head or more, not {group}.");
            heads += group;
        }
        if (heads < 1 || width % heads != 0) throw new ShapeException($"A width of {width} does not divide into {heads} heads.");
        k.Require(new(tokens, width / heads * groups.Length));
        v.Require(k.Shape);
        Check(offsets, tokens, "tokens");
        Check(queryOffsets, queries, "queries");
        if (queryOffsets.Length != offsets.Length)
            throw new ShapeException(
                $"Queries are of {queryOffsets.Length - 1} sequences, keys of {offsets.Length - 1}; give each sequence its queries.");
        if (window is { } keys && (keys < 1 || !causal))
            throw new ShapeException(keys < 1 ? $"A window of {keys} shows a query no key; give 1 or more, or none."
                : $"A window of {keys} is one of causal attention; give causal: true, or no window.");
        if (cap is { } most && !(most > 0 && float.IsFinite(most)))
            throw new ShapeException($"A cap of {most} holds no score; give a number above 0, or none.");
        AttentionPlan plan = new(queryOffsets, offsets, groups, width / heads, causal, window, cap);
        for (int s = 0; s < plan.Sequences; s++)
            if (plan.QueriesOf(s) is var asked && asked > (causal ? plan.LengthOf(s) : plan.LengthOf(s) > 0 ? asked : 0))
                throw new ShapeException($"Sequence {s} has {asked} queries and {plan.LengthOf(s)} keys; "
                    + $"{(causal ? "a causal query needs a key of its own" : "a query needs a key")}.");

        bool recording = Recording(q, k, v);
        Tensor context = Tensor.Unset(q.Shape), statistics = Tensor.Unset(new(recording ? plan.Statistics : 0));
        Machine.Backend.Attention(q.Values, k.Values, v.Values, plan, context.Writable, statistics.Writable);
        return Record("attention", context, [q, k, v, statistics], [q, k, v], g =>
        {
            Tensor dq = Tensor.Unset(q.Shape), dk = Tensor.Unset(k.Shape), dv = Tensor.Unset(v.Shape);
            Machine.Backend.AttentionSlope(
                q.Values, k.Values, v.Values, statistics.Values, g.Values, plan, dq.Writable, dk.Writable, dv.Writable);
            return [dq, dk, dv];
        });
    }

    static void Check(ReadOnlySpan<int> offsets, int rows, string what)
    {
        if (offsets.IsEmpty || offsets[0] != 0 || offsets[^1] != rows)
            throw new ShapeException($"Offsets must run from 0 to {rows} {what}.");
        for (int i = 1; i < offsets.Length; i++)
            if (offsets[i] < offsets[i - 1])
                throw new ShapeException($"Offset {i} of {what} ({offsets[i]}) is before offset {i - 1} ({offsets[i - 1]}).");
    }
}
