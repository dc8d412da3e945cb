using Heartwood.Tensors.Backends;
using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>How tokens of a sequence stand to one another, compared between two models.</summary>
public static class Relations
{
    /// <summary>
    /// Mean KL divergence of the relations of one model's values from another's (Wang et al. 2021, "MiniLMv2", eq. 3 to 5): within each
    /// sequence and relation head KL(softmax(y yᵀ / √(width of y's head)) ‖ softmax(x xᵀ / √(width of x's head))), a mean over tokens and
    /// heads, nats. The two may be of different widths. Nothing is kept between the passes but the gradient by x.
    /// </summary>
    /// <param name="x">[token width] of the model that is changed; heads side by side</param>
    /// <param name="target">[token width of its own] of the model to be like; it gets no gradient</param>
    /// <param name="offsets">sequence s is tokens offsets[s] to offsets[s + 1]; the first is 0, the last the number of tokens</param>
    /// <param name="heads">number of relation heads; divides both widths</param>
    /// <param name="causal">whether a token stands only to itself and to what is before it</param>
    /// <returns>one number</returns>
    /// <exception cref="ShapeException">tokens, heads or offsets do not fit</exception>
    public static Tensor RelationKl(this Tensor x, Tensor target, ReadOnlySpan<int> offsets, int heads, bool causal = false)
    {
        var (tokens, width) = x.AsTokens();
        var (others, otherWidth) = target.AsTokens();
        if (tokens != others)
            throw new ShapeException($"The relations of {tokens} tokens are compared with those of {others}; both passes need the same.");
        if (heads < 1 || width % heads != 0 || otherWidth % heads != 0)
            throw new ShapeException($"{heads} relation heads do not divide widths of {width} and {otherWidth}.");
        if (offsets.Length < 2 || offsets[0] != 0 || offsets[^1] != tokens)
            throw new ShapeException($"Offsets of sequences go from 0 to {tokens}, found {string.Join(' ', offsets.ToArray())}.");
        int[] starts = offsets.ToArray();
        bool recording = Recording(x);
        Tensor slope = recording ? Tensor.Zeros(tokens, width) : Tensor.Zeros(0, width);
        double[] sums = new double[starts.Length - 1];
        Parallelism.For(sums.Length, s =>
        {
            Sequence one = new(starts[s], starts[s + 1] - starts[s], heads, causal, 1f / (tokens * heads));
            for (int head = 0; head < heads; head++)
                sums[s] += one.Compare(x.Values, width, target.Values, otherWidth, head, recording ? slope.Writable : []);
        });
        Tensor mean = Tensor.Filled((float)(sums.Sum() / ((double)tokens * heads)), new());
        return Record("relation kl", mean, [slope], (x, g => slope * g.Item));
    }

    // one sequence; share is what one of its rows weighs in the mean
    readonly record struct Sequence(int Start, int Length, int Heads, bool Causal, float Share)
    {
        // the sum of the divergences of a head's rows; the gradient of their share is added to slope, unless that is empty
        internal double Compare(
            ReadOnlySpan<float> x, int width, ReadOnlySpan<float> target, int otherWidth, int head, Span<float> slope)
        {
            int own = width / Heads, other = otherWidth / Heads, square = Length * Length;
            float[] values = Head(x, width, own, head);
            float[] log = LogRelations(values, own), wanted = LogRelations(Head(target, otherWidth, other, head), other);
            float[] wrong = new float[slope.IsEmpty ? 0 : square];
            double sum = 0;
            for (int i = 0; i < Length; i++)
                for (int j = 0; j < Seen(i); j++)
                {
                    int at = i * Length + j;
                    double p = Math.Exp(wanted[at]);
                    sum += p * (wanted[at] - log[at]);
                    if (wrong.Length > 0) wrong[at] = (float)(Math.Exp(log[at]) - p);
                }
            if (wrong.Length > 0) AddSlope(wrong, values, own, width, head, slope);
            return sum;
        }

        int Seen(int token) => Causal ? token + 1 : Length;

        // scores s = x xᵀ / √own: d/dx = (G + Gᵀ) x / √own for a gradient G by the scores
        void AddSlope(float[] wrong, float[] values, int own, int width, int head, Span<float> slope)
        {
            float[] both = new float[wrong.Length], back = new float[values.Length];
            for (int i = 0; i < Length; i++)
                for (int j = 0; j < Length; j++) both[i * Length + j] = wrong[i * Length + j] + wrong[j * Length + i];
            Machine.Backend.MatMulOnce(both, Length, Length, false, values, own, false, [], null, back);
            float scale = Share / MathF.Sqrt(own);
            for (int i = 0; i < Length; i++)
            {
                Span<float> into = slope.Slice((Start + i) * width + head * own, own);
                for (int k = 0; k < own; k++) into[k] += scale * back[i * own + k];
            }
        }

        // ln softmax of each row's scores, over what the row's token sees
        float[] LogRelations(float[] values, int own)
        {
            float[] scores = new float[Length * Length], log = new float[Length * Length];
            Machine.Backend.MatMulOnce(values, Length, own, false, values, Length, true, [], null, scores);
            float scale = 1 / MathF.Sqrt(own);
            for (int i = 0; i < scores.Length; i++) scores[i] *= scale;
            if (!Causal) Machine.Backend.Softmax(scores, Length, Length, true, log);
            else
                for (int i = 0; i < Length; i++)
                    Machine.Backend.Softmax(scores.AsSpan(i * Length, i + 1), 1, i + 1, true, log.AsSpan(i * Length, i + 1));
            return log;
        }

        float[] Head(ReadOnlySpan<float> values, int width, int own, int head)
        {
            float[] block = new float[Length * own];
            for (int i = 0; i < Length; i++)
                values.Slice((Start + i) * width + head * own, own).CopyTo(block.AsSpan(i * own));
            return block;
        }
    }
}
