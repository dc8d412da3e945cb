using Heartwood.Tensors.Backends;
using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>What one layer's attention maps are computed from.</summary>
/// <param name="Queries">[token heads·headWidth], the heads side by side, as attention reads them</param>
/// <param name="Keys">[token groups·headWidth]</param>
/// <param name="Groups">how many heads each key head serves, in the heads' order; 1 each where none are shared</param>
/// <param name="Window">how many keys a causal query sees at most, its own and those just before it; null for all</param>
/// <param name="Cap">cap · tanh(score / cap) takes the place of a score; null where it does not</param>
public readonly record struct AttentionMaps(Tensor Queries, Tensor Keys, IReadOnlyList<int> Groups, int? Window = null, float? Cap = null)
{
    /// <summary>Number of heads.</summary>
    public int Heads => Groups.Sum();
}

/// <summary>What tokens attend to, compared between two models.</summary>
public static class AttentionDivergence
{
    /// <summary>
    /// Mean KL divergence of one layer's attention maps from another's (Wang et al. 2020, "MiniLM", eq. 6): within each sequence
    /// KL(target's softmax(q kᵀ / √headWidth) ‖ the same of the changed model), nats. With as many heads, head by head, a mean over tokens
    /// and heads; with others, both models' maps are averaged over their heads before they are compared, and it is a mean over tokens.
    /// Nothing is kept between the passes but the gradients by queries and keys.
    /// </summary>
    /// <param name="own">of the model that is changed</param>
    /// <param name="target">of the model to be like; it gets no gradient</param>
    /// <param name="offsets">sequence s is tokens offsets[s] to offsets[s + 1]; the first is 0, the last the number of tokens</param>
    /// <param name="causal">whether a token attends only to itself and to what is before it</param>
    /// <returns>one number</returns>
    /// <exception cref="ShapeException">tokens, heads or offsets do not fit</exception>
    public static Tensor AttentionKl(this AttentionMaps own, AttentionMaps target, ReadOnlySpan<int> offsets, bool causal = false)
    {
        int tokens = Tokens(own), others = Tokens(target);
        if (tokens != others)
            throw new ShapeException($"Attention of {tokens} tokens is compared with that of {others}; both passes need the same.");
        if (offsets.Length < 2 || offsets[0] != 0 || offsets[^1] != tokens)
            throw new ShapeException($"Offsets of sequences go from 0 to {tokens}, found {string.Join(' ', offsets.ToArray())}.");
        int[] starts = offsets.ToArray();
        Tensor[] inputs = [own.Queries, own.Keys];
        bool recording = Recording(inputs);
        Tensor[] slopes = [.. inputs.Select(input => Tensor.Zeros(recording ? input.Shape.Axes.ToArray() : [0]))];
        double rows = (double)tokens * (own.Heads == target.Heads ? own.Heads : 1);
        double[] sums = new double[starts.Length - 1];
        Parallelism.For(sums.Length, s =>
        {
            Sequence one = new(starts[s], starts[s + 1] - starts[s], causal);
            sums[s] = one.Compare(own, target, recording ? slopes : [], (float)(1 / rows));
        });
        Tensor mean = Tensor.Filled((float)(sums.Sum() / rows), new());
        return Record("attention kl", mean, slopes, inputs, g => [slopes[0] * g.Item, slopes[1] * g.Item]);
    }

    static int Tokens(AttentionMaps maps)
    {
        var (tokens, width) = maps.Queries.AsTokens();
        if (maps.Heads < 1 || width % maps.Heads != 0)
            throw new ShapeException($"A width of {width} does not divide into {maps.Heads} heads.");
        maps.Keys.Require(new(tokens, width / maps.Heads * maps.Groups.Count));
        return tokens;
    }

    readonly record struct Sequence(int Start, int Length, bool Causal)
    {
        // the sum of its rows' divergences; gradients of share of it are added to slopes, unless there are none
        internal double Compare(AttentionMaps own, AttentionMaps target, Tensor[] slopes, float share)
        {
            Head[] heads = Heads(own), wanted = Heads(target);
            bool each = heads.Length == wanted.Length;
            int square = Length * Length;
            float[][] wrong = slopes.Length == 0 ? [] : [.. heads.Select(_ => new float[square])];
            double sum = 0;
            for (int i = 0; i < Length; i++)
                if (!each) sum += Row(i, heads, wanted, wrong);
                else
                    for (int head = 0; head < heads.Length; head++)
                        sum += Row(i, [heads[head]], [wanted[head]], wrong.Length == 0 ? [] : [wrong[head]]);
            for (int head = 0; head < wrong.Length; head++) AddSlope(heads[head], wrong[head], own, slopes, share);
            return sum;
        }

        // KL(mean of the wanted ‖ mean of the heads) at one token; its gradient by the heads' scores goes into wrong
        static double Row(int token, Head[] heads, Head[] wanted, float[][] wrong)
        {
            var (from, to) = heads[0].Seen(token);
            var (first, last) = wanted[0].Seen(token);
            double sum = 0;
            double[] totals = new double[wrong.Length];
            for (int j = Math.Min(from, first); j < Math.Max(to, last); j++)
            {
                if (LogMean(wanted, token, j) is not { } aim) continue;
                double p = Math.Exp(aim), log = LogMean(heads, token, j) ?? Head.Unseen;
                sum += p * (aim - log);
                for (int head = 0; head < wrong.Length && j >= from && j < to; head++)
                {
                    double pull = p * Math.Exp(heads[head].Log(token, j) - log) / heads.Length;
                    totals[head] += pull;
                    wrong[head][heads[head].At(token, j)] = (float)-pull;
                }
            }
            for (int head = 0; head < wrong.Length; head++)
                for (int j = from; j < to; j++)
                    wrong[head][heads[head].At(token, j)] += (float)(totals[head] * Math.Exp(heads[head].Log(token, j)));
            return sum;
        }

        // ln of the mean over heads of what a token gives another; null where it does not see it
        static double? LogMean(Head[] heads, int token, int other)
        {
            var (from, to) = heads[0].Seen(token);
            if (other < from || other >= to) return null;
            if (heads.Length == 1) return heads[0].Log(token, other);
            double most = double.NegativeInfinity, sum = 0;
            foreach (Head head in heads) most = Math.Max(most, head.Log(token, other));
            foreach (Head head in heads) sum += Math.Exp(head.Log(token, other) - most);
            return most + Math.Log(sum / heads.Length);
        }

        // scores s = q kᵀ / √width: d/dq = G k / √width, d/dk = Gᵀ q / √width for a gradient G by the scores
        void AddSlope(Head head, float[] wrong, AttentionMaps maps, Tensor[] slopes, float share)
        {
            if (head.Cap is { } cap)
                for (int i = 0; i < wrong.Length; i++) wrong[i] *= 1 - head.Scores[i] / cap * (head.Scores[i] / cap);
            float[] turned = new float[wrong.Length], back = new float[Length * head.Width];
            for (int i = 0; i < Length; i++)
                for (int j = 0; j < Length; j++) turned[j * Length + i] = wrong[i * Length + j];
            float scale = share / MathF.Sqrt(head.Width);
            Machine.Backend.MatMulOnce(wrong, Length, Length, false, head.Keys, head.Width, false, [], null, back);
            Add(back, slopes[0].Writable, maps.Queries.Shape.Last, head.Place, head.Width, scale);
            Machine.Backend.MatMulOnce(turned, Length, Length, false, head.Queries, head.Width, false, [], null, back);
            Add(back, slopes[1].Writable, maps.Keys.Shape.Last, head.Group, head.Width, scale);
        }

        void Add(float[] values, Span<float> into, int rowWidth, int place, int width, float scale)
        {
            for (int i = 0; i < Length; i++)
            {
                Span<float> row = into.Slice((Start + i) * rowWidth + place * width, width);
                for (int k = 0; k < width; k++) row[k] += scale * values[i * width + k];
            }
        }

        Head[] Heads(AttentionMaps maps)
        {
            List<Head> heads = [];
            int width = maps.Queries.Shape.Last / maps.Heads;
            for (int group = 0; group < maps.Groups.Count; group++)
            {
                float[] keys = Block(maps.Keys, group, width);
                for (int member = 0; member < maps.Groups[group]; member++)
                    heads.Add(new(Block(maps.Queries, heads.Count, width), keys, width, heads.Count, group, Causal, maps.Window, maps.Cap));
            }
            return [.. heads];
        }

        float[] Block(Tensor tensor, int place, int width)
        {
            float[] block = new float[Length * width];
            ReadOnlySpan<float> values = tensor.Values;
            for (int i = 0; i < Length; i++)
                values.Slice((Start + i) * tensor.Shape.Last + place * width, width).CopyTo(block.AsSpan(i * width));
            return block;
        }
    }

    // one head over one sequence
    sealed class Head
    {
        // what stands for ln of a share that a token cannot give: a float's smallest
        internal const double Unseen = -103.3;

        readonly float[] log;
        readonly int length;
        readonly bool causal;
        readonly int? window;

        internal Head(float[] queries, float[] keys, int width, int place, int group, bool causal, int? window, float? cap)
        {
            (Queries, Keys, Width, Place, Group, Cap) = (queries, keys, width, place, group, cap);
            (length, this.causal, this.window) = (queries.Length / width, causal, window);
            Scores = new float[length * length];
            log = new float[length * length];
            Machine.Backend.MatMulOnce(queries, length, width, false, keys, length, true, [], null, Scores);
            float scale = 1 / MathF.Sqrt(width);
            for (int i = 0; i < Scores.Length; i++)
                Scores[i] = cap is { } most ? most * MathF.Tanh(Scores[i] * scale / most) : Scores[i] * scale;
            for (int i = 0; i < length; i++)
            {
                var (from, to) = Seen(i);
                Machine.Backend.Softmax(Scores.AsSpan(At(i, from), to - from), 1, to - from, true, log.AsSpan(At(i, from)));
            }
        }

        internal float[] Queries { get; }

        internal float[] Keys { get; }

        internal int Width { get; }

        // of its queries, and of its keys, among the heads side by side
        internal int Place { get; }

        internal int Group { get; }

        internal float? Cap { get; }

        // after the cap
        internal float[] Scores { get; }

        internal (int From, int To) Seen(int token) => causal ? (Math.Max(0, token + 1 - (window ?? length)), token + 1) : (0, length);

        internal int At(int token, int other) => token * length + other;

        internal double Log(int token, int other) => log[At(token, other)];
    }
}
