using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.Tensors;

/// <summary>Attention of some tokens is that of all, read there.</summary>
public class AttentionTests
{
    const int Heads = 2, Width = 2 * 20;
    static readonly int[] Offsets = [0, 5, 5, 105, 154];         // sequences of 5, 0, 100 and 49 tokens

    public static TheoryData<string, bool> Backends => [.. from backend in Machine.Backends from causal in new[] { false, true } select (backend, causal)];

    static Tensor Drawn(string name, int rows) => Tensor.Normal(new Chance(1, name), 1, rows, Width);

    [Theory, MemberData(nameof(Backends))]
    public void Queries_of_some_tokens_have_the_bits_of_all_tokens_attention(string backend, bool causal)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        Tensor q = Drawn("q", Offsets[^1]), k = Drawn("k", Offsets[^1]), v = Drawn("v", Offsets[^1]), all = q.Attention(k, v, Offsets, Heads, causal);
        foreach (int most in new[] { 1, 2, 17, 60 })
        {
            int[] counts = [.. Offsets.Skip(1).Zip(Offsets, (end, start) => Math.Min(most, end - start))], queries = [0, .. counts.Select((_, s) => counts[..(s + 1)].Sum())];
            int[] rows = [.. counts.SelectMany((count, s) => Enumerable.Range(causal ? Offsets[s + 1] - count : Offsets[s], count))];
            Assert.Equal(Bits(all.Rows(rows)), Bits(q.Rows(rows).Attention(k, v, queries, Offsets, Heads, causal)));
        }
    }

    [Theory, MemberData(nameof(Backends))]
    public void A_token_that_is_no_query_leaves_the_gradients_as_if_nothing_flowed_to_it(string backend, bool causal)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        int[] offsets = [0, 33, 53];
        int[] read = causal ? [32, 52] : [0, 33];
        Tensor q = Drawn("q", 53).Track(), k = Drawn("k", 53).Track(), v = Drawn("v", 53).Track(), weights = Drawn("g", 2);
        Tensor all = q.Attention(k, v, offsets, Heads, causal), some = q.Rows(read).Attention(k, v, [0, 1, 2], offsets, Heads, causal);
        Tensor[] expected = (all.Rows(read) * weights).Sum().Gradients(q, k, v), found = (some * weights).Sum().Gradients(q, k, v);
        for (int i = 0; i < 3; i++)
            for (int at = 0; at < expected[i].Count; at++) Assert.Equal(expected[i].Values[at], found[i].Values[at], 1e-6f);
    }

    [Theory, MemberData(nameof(Backends))]
    public void Heads_that_share_keys_and_values_give_the_bits_of_heads_with_copies_of_them(string backend, bool causal)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        Tensor q = Drawn("q", Offsets[^1]), k = Drawn("k", Offsets[^1]).Slice(1, 0, 16), v = Drawn("v", Offsets[^1]).Slice(1, 0, 16);
        Tensor shared = q.Attention(k, v, Offsets, Offsets, [1, 4], causal), copied = q.Attention(Copied(k), Copied(v), Offsets, 5, causal);
        Assert.Equal(Bits(copied), Bits(shared));

        static Tensor Copied(Tensor x) => Movement.Concatenate(1, [.. new[] { 0, 1, 1, 1, 1 }.Select(head => x.Slice(1, 8 * head, 8))]);
    }

    public static TheoryData<string> Names => [.. Machine.Backends];

    [Theory, MemberData(nameof(Names))]
    public void A_window_as_long_as_the_sequence_gives_the_bits_of_none_forth_and_back(string backend)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        Tensor q = Drawn("q", Offsets[^1]).Track(), k = Drawn("k", Offsets[^1]).Track(), v = Drawn("v", Offsets[^1]).Track(),
            weights = Drawn("g", Offsets[^1]);
        Tensor none = q.Attention(k, v, Offsets, Heads, true);
        Tensor[] slopes = (none * weights).Sum().Gradients(q, k, v);
        foreach (int window in new[] { 100, 101, int.MaxValue })
        {
            Tensor windowed = q.Attention(k, v, Offsets, Heads, true, window);
            Assert.Equal(Bits(none), Bits(windowed));
            Tensor[] found = (windowed * weights).Sum().Gradients(q, k, v);
            for (int i = 0; i < 3; i++) Assert.Equal(Bits(slopes[i]), Bits(found[i]));
        }
        Assert.NotEqual(Bits(none), Bits(q.Attention(k, v, Offsets, Heads, true, 99)));
    }

    [Theory, MemberData(nameof(Names))]
    public void A_query_with_a_window_has_the_values_of_a_sequence_that_begins_there(string backend)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        const int tokens = 75;
        Tensor q = Drawn("q", tokens), k = Drawn("k", tokens), v = Drawn("v", tokens);
        foreach (int window in new[] { 1, 2, 7, 16, 33, 64 })
        {
            Tensor all = q.Attention(k, v, [0, tokens], Heads, true, window);
            for (int t = 0; t < tokens; t++)
            {
                int from = Math.Max(0, t + 1 - window);
                Assert.Equal(
                    Bits(q.Slice(0, t, 1).Attention(k.Slice(0, from, t + 1 - from), v.Slice(0, from, t + 1 - from),
                        [0, 1], [0, t + 1 - from], Heads, true)),
                    Bits(all.Slice(0, t, 1)));
            }
            foreach (int last in new[] { 1, 5, 20 })
                Assert.Equal(Bits(all.Slice(0, tokens - last, last)),
                    Bits(q.Slice(0, tokens - last, last).Attention(k, v, [0, last], [0, tokens], Heads, true, window)));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Keys_that_no_query_sees_are_not_computed_and_get_no_gradient(string backend)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        const int tokens = 60, asked = 3, window = 10, unseen = tokens - asked - window + 1;
        Tensor q = Drawn("q", asked).Track(), k = Broken("k").Track(), v = Broken("v").Track();
        Tensor mixes = q.Attention(k, v, [0, asked], [0, tokens], Heads, true, window);
        Assert.All(mixes.Values.ToArray(), value => Assert.True(float.IsFinite(value)));
        Tensor[] slopes = mixes.Sum().Gradients(q, k, v);
        Assert.All(slopes, slope => Assert.All(slope.Values.ToArray(), value => Assert.True(float.IsFinite(value))));
        foreach (Tensor slope in slopes[1..])
        {
            Assert.All(slope.Values[..(unseen * Width)].ToArray(), value => Assert.Equal(0, value));
            Assert.Contains(slope.Values.Slice(unseen * Width, Width).ToArray(), value => value != 0);
        }

        // not a number where nobody looks
        static Tensor Broken(string name)
        {
            Tensor drawn = Drawn(name, tokens).KeepForever();
            drawn.Change()[..(unseen * Width)].Fill(float.NaN);
            return drawn;
        }
    }

    [Fact]
    public void A_window_that_shows_nothing_or_of_attention_to_both_sides_is_refused()
    {
        Tensor q = Drawn("q", 3);
        Assert.Contains("A window of 0 shows a query no key",
            Assert.Throws<ShapeException>(() => q.Attention(q, q, [0, 3], Heads, true, 0)).Message);
        Assert.Contains("A window of 2 is one of causal attention",
            Assert.Throws<ShapeException>(() => q.Attention(q, q, [0, 3], Heads, false, 2)).Message);
    }

    [Theory, MemberData(nameof(Names))]
    public void A_cap_gives_the_same_bits_piece_by_piece_and_one_far_above_all_scores_changes_next_to_nothing(string backend)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        const int tokens = 75;
        Tensor q = Drawn("q", tokens), k = Drawn("k", tokens), v = Drawn("v", tokens);
        Tensor none = q.Attention(k, v, [0, tokens], Heads, true, 16), all = q.Attention(k, v, [0, tokens], Heads, true, 16, 2),
            far = q.Attention(k, v, [0, tokens], Heads, true, 16, 1e4f);
        foreach (int last in new[] { 1, 5, 20 })
            Assert.Equal(Bits(all.Slice(0, tokens - last, last)),
                Bits(q.Slice(0, tokens - last, last).Attention(k, v, [0, last], [0, tokens], Heads, true, 16, 2)));
        for (int at = 0; at < none.Count; at++) Assert.Equal(none.Values[at], far.Values[at], 1e-5f);
        Assert.Contains(Enumerable.Range(0, none.Count), at => MathF.Abs(none.Values[at] - all.Values[at]) > 0.01f);
    }

    [Theory, InlineData(0), InlineData(-1), InlineData(float.NaN), InlineData(float.PositiveInfinity)]
    public void A_cap_that_holds_nothing_is_refused(float cap)
    {
        Tensor q = Drawn("q", 3);
        Assert.Contains($"A cap of {cap} holds no score",
            Assert.Throws<ShapeException>(() => q.Attention(q, q, [0, 3], Heads, true, cap: cap)).Message);
    }

    [Fact]
    public void Queries_that_see_nothing_are_refused()
    {
        Tensor q = Drawn("q", 2), k = Drawn("k", 3);
        Assert.Contains("Sequence 1 has 1 queries and 0 keys; a query needs a key", Assert.Throws<ShapeException>(() => q.Attention(k, k, [0, 1, 2], [0, 3, 3], Heads, false)).Message);
        Assert.Contains("Sequence 0 has 2 queries and 1 keys; a causal query needs a key of its own", Assert.Throws<ShapeException>(() => q.Attention(k, k, [0, 2, 2], [0, 1, 3], Heads, true)).Message);
        Assert.Contains("Queries are of 1 sequences, keys of 2", Assert.Throws<ShapeException>(() => q.Attention(k, k, [0, 2], [0, 1, 3], Heads, true)).Message);
    }

    static int[] Bits(Tensor x) => Array.ConvertAll(x.Values.ToArray(), BitConverter.SingleToInt32Bits);
}
