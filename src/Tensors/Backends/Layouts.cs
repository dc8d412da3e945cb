using Heartwood.Tensors.Backends.Cpu;

namespace Heartwood.Tensors.Backends;

/// <summary>
/// How two broadcast operands are walked: up to four nested loops, innermost last, with the step of each operand per loop.
/// </summary>
readonly record struct Walk(int[] Lengths, int[] StepsA, int[] StepsB)
{
    /// <summary>The walk of two shapes over what they broadcast to, with neighbouring loops joined where both operands allow it.</summary>
    internal static Walk Broadcast(Shape a, Shape b, Shape joint)
    {
        List<(int Length, int A, int B)> loops = [];
        int stepA = 1, stepB = 1;
        for (int i = 1; i <= joint.Rank; i++)
        {
            int length = joint[-i], inA = i <= a.Rank ? a[-i] : 1, inB = i <= b.Rank ? b[-i] : 1;
            (int Length, int A, int B) loop = (length, inA == 1 ? 0 : stepA, inB == 1 ? 0 : stepB);
            stepA *= inA;
            stepB *= inB;
            if (length == 1) continue;
            if (loops.Count > 0 && loops[^1] is var inner && loop.A == inner.A * inner.Length && loop.B == inner.B * inner.Length)
                loops[^1] = inner with { Length = inner.Length * length };
            else
                loops.Add(loop);
        }
        if (loops.Count == 0) loops.Add((joint.Count, 1, 1));
        loops.Reverse();
        return new([.. loops.Select(l => l.Length)], [.. loops.Select(l => l.A)], [.. loops.Select(l => l.B)]);
    }

    /// <summary>Length of the innermost loop.</summary>
    internal int Inner => Lengths[^1];

    /// <summary>How many times the innermost loop runs.</summary>
    internal int Outer
    {
        get
        {
            int outer = 1;
            for (int i = 0; i < Lengths.Length - 1; i++) outer *= Lengths[i];
            return outer;
        }
    }

    /// <summary>Where both operands stand at the start of innermost loop number <paramref name="outer"/>.</summary>
    internal (int A, int B) Start(int outer)
    {
        int a = 0, b = 0;
        for (int i = Lengths.Length - 2; i >= 0; i--)
        {
            (outer, int at) = Math.DivRem(outer, Lengths[i]);
            a += at * StepsA[i];
            b += at * StepsB[i];
        }
        return (a, b);
    }
}

/// <summary>One attention operation over packed sequences: query i of sequence s mixes the values of that sequence.</summary>
sealed class AttentionPlan
{
    /// <param name="queryOffsets">see <see cref="QueryOffsets"/></param>
    /// <param name="offsets">see <see cref="Offsets"/></param>
    /// <param name="groups">how many heads each key and value head serves, in the order of the heads</param>
    /// <param name="headWidth">width of every head</param>
    /// <param name="causal">see <see cref="Causal"/></param>
    /// <param name="window">see <see cref="Window"/>; null where a query sees all before it</param>
    /// <param name="cap">see <see cref="Cap"/></param>
    internal AttentionPlan(
        ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> offsets, ReadOnlySpan<int> groups, int headWidth, bool causal,
        int? window = null, float? cap = null)
    {
        (Window, Cap) = (window ?? int.MaxValue, cap);
        Starts = new int[groups.Length + 1];
        for (int group = 0; group < groups.Length; group++) Starts[group + 1] = Starts[group] + groups[group];
        Owners = new int[Starts[^1]];
        for (int group = 0; group < groups.Length; group++) Owners.AsSpan(Starts[group], groups[group]).Fill(group);
        (QueryOffsets, Offsets, HeadWidth, Causal) = (queryOffsets.ToArray(), offsets.ToArray(), headWidth, causal);
        long[] work = new long[Sequences];
        Order = new int[Sequences];
        for (int s = 0; s < Sequences; s++) (Order[s], work[s]) = (s, -(QueriesOf(s) + 1L) * Math.Min(LengthOf(s), Window));
        int threads = Workers.Threads, start = 0;
        for (int t = 0; t < threads; t++)
        {
            int end = (int)((long)Sequences * (t + 1) / threads);
            Array.Sort(work, Order, start, end - start);
            start = end;
        }
    }

    /// <summary>The queries of sequence s are rows QueryOffsets[s] to QueryOffsets[s + 1].</summary>
    internal int[] QueryOffsets { get; }

    /// <summary>The keys and values of sequence s are rows Offsets[s] to Offsets[s + 1].</summary>
    internal int[] Offsets { get; }

    internal int Heads => Owners.Length;

    /// <summary>Heads of keys and values: fewer than of queries where several share one.</summary>
    internal int KeyHeads => Starts.Length - 1;

    /// <summary>The key and value head of each head.</summary>
    internal int[] Owners { get; }

    /// <summary>The heads of a key and value head are Starts[it] to Starts[it + 1].</summary>
    internal int[] Starts { get; }

    internal int HeadWidth { get; }

    /// <summary>From one query to the next.</summary>
    internal int Step => Heads * HeadWidth;

    /// <summary>From one key to the next.</summary>
    internal int KeyStep => KeyHeads * HeadWidth;

    /// <summary>Whether a sequence's queries are its last tokens, each of which sees only itself and what stands before it.</summary>
    internal bool Causal { get; }

    /// <summary>
    /// How many keys a causal query sees at most: its own and those of the tokens just before it. int.MaxValue where there is no window.
    /// </summary>
    internal int Window { get; }

    /// <summary>The size that no score reaches: cap · tanh(score / cap) takes the place of a score. Null where there is none.</summary>
    internal float? Cap { get; }

    /// <summary>
    /// The sequences in the order in which threads take them. The part that each begins with is neighbours in memory, as in the operations
    /// before and after; in it those with most work come first, so that threads end together.
    /// </summary>
    internal int[] Order { get; }

    internal int Sequences => Offsets.Length - 1;

    internal int Queries => QueryOffsets[^1];

    internal float Scale => 1 / MathF.Sqrt(HeadWidth);

    /// <summary>How many floats the gradient needs kept: per head, then query, the largest score and the inverse of the sum.</summary>
    internal int Statistics => checked(2 * Heads * Queries);

    internal int LengthOf(int sequence) => Offsets[sequence + 1] - Offsets[sequence];

    internal int QueriesOf(int sequence) => QueryOffsets[sequence + 1] - QueryOffsets[sequence];

    /// <summary>Where a head's part of a query begins.</summary>
    internal int Query(int sequence, int head, int query) => (QueryOffsets[sequence] + query) * Step + head * HeadWidth;

    /// <summary>Where the part of a sequence's first key that a head reads begins; values lie alike.</summary>
    internal int Key(int sequence, int head) => Offsets[sequence] * KeyStep + Owners[head] * HeadWidth;

    /// <summary>The first key that a query of a sequence sees.</summary>
    internal int From(int sequence, int query) => Math.Max(0, Seen(sequence, query) - Window);

    /// <summary>Where the keys that a query of a sequence sees end.</summary>
    internal int Seen(int sequence, int query) => Causal ? LengthOf(sequence) - QueriesOf(sequence) + query + 1 : LengthOf(sequence);
}
