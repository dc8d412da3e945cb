namespace Heartwood.Tensors.Backends;

/// <summary>How two broadcast operands are walked: up to four nested loops, innermost last, with the step of each operand per loop.</summary>
readonly record struct Walk(int[] Lengths, int[] StepsA, int[] StepsB)
{
    /// <summary>The walk of two shapes over what they broadcast to, with neighbouring loops joined where both operands allow it.</summary>
    internal static Walk Of(Shape a, Shape b, Shape joint)
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

/// <summary>One attention operation over packed sequences.</summary>
sealed class AttentionPlan
{
    internal AttentionPlan(ReadOnlySpan<int> offsets, int heads, int headWidth, bool causal)
    {
        (Offsets, Heads, HeadWidth, Causal) = (offsets.ToArray(), heads, headWidth, causal);
        long total = 0;
        Starts = new int[Sequences];
        for (int s = 0; s < Sequences; s++)
        {
            Starts[s] = checked((int)total);
            total += (long)heads * LengthOf(s) * RowStep(LengthOf(s));
            Longest = Math.Max(Longest, LengthOf(s));
        }
        Probabilities = checked((int)total);
    }

    /// <summary>Sequence s is tokens Offsets[s] to Offsets[s + 1].</summary>
    internal int[] Offsets { get; }

    internal int Heads { get; }

    internal int HeadWidth { get; }

    /// <summary>Whether a token sees only itself and what stands before it.</summary>
    internal bool Causal { get; }

    internal int Sequences => Offsets.Length - 1;

    internal int Longest { get; }

    internal float Scale => 1 / MathF.Sqrt(HeadWidth);

    /// <summary>How many floats the kept probabilities take.</summary>
    internal int Probabilities { get; }

    int[] Starts { get; }

    internal int LengthOf(int sequence) => Offsets[sequence + 1] - Offsets[sequence];

    /// <summary>Rows of probabilities are padded to whole vectors of 16.</summary>
    internal static int RowStep(int length) => (length + 15) & ~15;

    /// <summary>Where the probabilities of a sequence and head begin; row i of it is at i · RowStep.</summary>
    internal int ProbabilitiesAt(int sequence, int head) => Starts[sequence] + head * LengthOf(sequence) * RowStep(LengthOf(sequence));
}

/// <summary>A weight matrix [out in] arranged as the right side of x · Wᵀ and, when a gradient needs it, of g · W.</summary>
sealed class PackedMatrices(IBackend backend, int version)
{
    internal IBackend Backend => backend;

    /// <summary>The weight's version that was packed.</summary>
    internal int Version => version;

    internal Tensor? Forward { get; set; }

    internal Tensor? Backward { get; set; }
}
