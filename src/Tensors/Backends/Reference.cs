namespace Heartwood.Tensors.Backends;

/// <summary>The meaning of right: plain loops, every sum in double, one thread. Everything fast is compared with it.</summary>
sealed class Reference : IBackend
{
    public string Name => "reference";

    static double Apply(Unary op, double x, double p, double q) => op switch
    {
        Unary.Affine => p * x + q,
        Unary.Clamp => Math.Min(q, Math.Max(p, x)),
        Unary.Exp => Math.Exp(x),
        Unary.Log => Math.Log(x),
        Unary.Sqrt => Math.Sqrt(x),
        Unary.Abs => Math.Abs(x),
        Unary.Sigmoid => 1 / (1 + Math.Exp(-x)),
        Unary.Tanh => Math.Tanh(x),
        Unary.Relu => Math.Max(0, x),
        Unary.GeluErf => x < -Far ? 0 : x * Normal(x),
        Unary.GeluTanh => x < -Far ? 0 : 0.5 * x * (1 + Math.Tanh(Inner(x))),
        Unary.Silu => x < -Farther ? 0 : x / (1 + Math.Exp(-x)),
        _ => throw new ArgumentOutOfRangeException(nameof(op), op, null),
    };

    static double Slope(Unary op, double x, double p, double q) => op switch
    {
        Unary.Affine => p,
        Unary.Clamp => x > p && x < q ? 1 : 0,
        Unary.Exp => Math.Exp(x),
        Unary.Log => 1 / x,
        Unary.Sqrt => 0.5 / Math.Sqrt(x),
        Unary.Abs => x > 0 ? 1 : x < 0 ? -1 : 0,
        Unary.Sigmoid => 1 / (1 + Math.Exp(-x)) / (1 + Math.Exp(x)),
        Unary.Tanh => 1 - Math.Pow(Math.Tanh(x), 2),
        Unary.Relu => x > 0 ? 1 : 0,
        Unary.GeluErf or Unary.GeluTanh when Math.Abs(x) > Far => x > 0 ? 1 : 0,
        Unary.Silu when Math.Abs(x) > Farther => x > 0 ? 1 : 0,
        Unary.Silu => 1 / (1 + Math.Exp(-x)) * (1 + x / (1 + Math.Exp(x))),
        Unary.GeluErf => Normal(x) + x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI),
        Unary.GeluTanh => 0.5 * (1 + Math.Tanh(Inner(x)))
            + 0.5 * x * (1 - Math.Pow(Math.Tanh(Inner(x)), 2)) * Math.Sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x),
        _ => throw new ArgumentOutOfRangeException(nameof(op), op, null),
    };

    const double Far = 40, Farther = 120;                        // beyond it GELU (SiLU) is 0 or x, and infinity times 0 would not be

    static double Inner(double x) => Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);

    // Φ(x): the series of erf near 0, the continued fraction of erfc (Lentz) in the tails; about 1e-15
    static double Normal(double x)
    {
        double z = Math.Abs(x) / Math.Sqrt(2);
        if (z < 2.5)
        {
            double sum = 0, term = z;
            for (int n = 0; Math.Abs(term) > 1e-18 && n < 200; n++)
            {
                sum += term / (2 * n + 1);
                term *= -z * z / (n + 1);
            }
            double erf = 2 / Math.Sqrt(Math.PI) * sum;
            return 0.5 * (1 + Math.Sign(x) * erf);
        }
        double fraction = 0;
        for (int n = 60; n >= 1; n--) fraction = n / 2.0 / (z + fraction);
        double tail = 0.5 * Math.Exp(-z * z) / Math.Sqrt(Math.PI) / (z + fraction);
        return x < 0 ? tail : 1 - tail;
    }

    public void Map(Unary op, ReadOnlySpan<float> x, Span<float> y, float p, float q)
    {
        for (int i = 0; i < x.Length; i++) y[i] = (float)Apply(op, x[i], p, q);
    }

    public void MapSlope(Unary op, ReadOnlySpan<float> x, ReadOnlySpan<float> g, Span<float> y, float p, float q)
    {
        for (int i = 0; i < x.Length; i++) y[i] = (float)(g[i] * Slope(op, x[i], p, q));
    }

    public void Zip(Binary op, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y, Walk walk)
    {
        for (int o = 0, at = 0; o < walk.Outer; o++)
        {
            (int atA, int atB) = walk.Start(o);
            for (int i = 0; i < walk.Inner; i++, at++, atA += walk.StepsA[^1], atB += walk.StepsB[^1])
            {
                float left = a[atA], right = b[atB];
                y[at] = op switch
                {
                    Binary.Add => left + right,
                    Binary.Subtract => left - right,
                    Binary.Multiply => left * right,
                    _ => left / right,
                };
            }
        }
    }

    public double SumOfSquares(ReadOnlySpan<float> x)
    {
        double sum = 0;
        foreach (float value in x) sum += (double)value * value;
        return sum;
    }

    public void Sum(ReadOnlySpan<float> x, int outer, int count, int inner, Span<float> y)
    {
        for (int o = 0; o < outer; o++)
            for (int i = 0; i < inner; i++)
            {
                double sum = 0;
                for (int c = 0; c < count; c++) sum += x[(o * count + c) * inner + i];
                y[o * inner + i] = (float)sum;
            }
    }

    public void Rows(ReadOnlySpan<float> table, ReadOnlySpan<int> indices, int width, Span<float> y)
    {
        for (int i = 0; i < indices.Length; i++) table.Slice(indices[i] * width, width).CopyTo(y[(i * width)..]);
    }

    public void RowsSlope(ReadOnlySpan<float> g, ReadOnlySpan<int> indices, int width, Span<float> dTable)
    {
        double[] sums = new double[dTable.Length];
        for (int i = 0; i < g.Length; i++) sums[indices[i / width] * width + i % width] += g[i];
        for (int i = 0; i < sums.Length; i++) dTable[i] = (float)sums[i];
    }

    public int PackedCount(int inner, int columns) => inner * columns;

    public void Pack(ReadOnlySpan<float> b, int inner, int columns, bool turned, Span<float> packed)
    {
        for (int k = 0; k < inner; k++)
            for (int j = 0; j < columns; j++) packed[k * columns + j] = turned ? b[j * inner + k] : b[k * columns + j];
    }

    public void MatMul(
        ReadOnlySpan<float> a, int rows, int inner, ReadOnlySpan<float> packed, int columns, ReadOnlySpan<float> bias, Unary? activation,
        Span<float> c) =>
        MatMulOnce(a, rows, inner, false, packed, columns, false, bias, activation, c);

    public void MatMulOnce(
        ReadOnlySpan<float> a, int rows, int inner, bool transposed, ReadOnlySpan<float> b, int columns, bool turned,
        ReadOnlySpan<float> bias, Unary? activation, Span<float> c)
    {
        for (int r = 0; r < rows; r++)
            for (int j = 0; j < columns; j++)
            {
                double sum = bias.IsEmpty ? 0 : bias[j];
                for (int k = 0; k < inner; k++)
                {
                    double left = transposed ? a[k * rows + r] : a[r * inner + k];
                    sum += left * (turned ? b[j * inner + k] : b[k * columns + j]);
                }
                // rounded before the activation, so that fused and apart give the same bits
                float product = (float)sum;
                c[r * columns + j] = activation is { } op ? (float)Apply(op, product, 0, 0) : product;
            }
    }

    public void Softmax(ReadOnlySpan<float> x, int rows, int width, bool logarithm, Span<float> y)
    {
        for (int r = 0; r < rows; r++)
        {
            (double max, double sum) = Sums(x.Slice(r * width, width));
            for (int i = 0; i < width; i++)
                y[r * width + i] = (float)(logarithm ? x[r * width + i] - max - Math.Log(sum) : Math.Exp(x[r * width + i] - max) / sum);
        }
    }

    public void SoftmaxSlope(ReadOnlySpan<float> y, ReadOnlySpan<float> g, int rows, int width, bool logarithm, Span<float> dx)
    {
        for (int r = 0; r < rows; r++)
        {
            double sum = 0;
            for (int i = r * width; i < (r + 1) * width; i++) sum += logarithm ? g[i] : (double)g[i] * y[i];
            for (int i = r * width; i < (r + 1) * width; i++)
                dx[i] = (float)(logarithm ? g[i] - Math.Exp(y[i]) * sum : y[i] * (g[i] - sum));
        }
    }

    public void CrossEntropy(ReadOnlySpan<float> x, ReadOnlySpan<int> labels, int width, Span<float> losses, Span<float> statistics)
    {
        for (int r = 0; r < labels.Length; r++)
        {
            (double max, double sum) = Sums(x.Slice(r * width, width));
            losses[r] = (float)(max + Math.Log(sum) - x[r * width + labels[r]]);
        }
        statistics.Clear();                                      // as in attention
    }

    public void CrossEntropySlope(
        ReadOnlySpan<float> x, ReadOnlySpan<int> labels, ReadOnlySpan<float> statistics, float factor, int width, Span<float> dx)
    {
        for (int r = 0; r < labels.Length; r++)
        {
            (double max, double sum) = Sums(x.Slice(r * width, width));
            for (int i = 0; i < width; i++)
            {
                double share = Math.Exp(x[r * width + i] - max) / sum;
                dx[r * width + i] = (float)((share - (i == labels[r] ? 1 : 0)) * factor);
            }
        }
    }

    static (double Max, double Sum) Sums(ReadOnlySpan<float> row)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (float value in row) max = Math.Max(max, value);
        foreach (float value in row) sum += Math.Exp(value - max);
        return (max, sum);
    }

    public void LayerNorm(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> shift, int rows, int width, float epsilon, Span<float> y,
        Span<float> statistics)
    {
        for (int r = 0; r < rows; r++)
        {
            double mean = 0, square = 0;
            for (int i = 0; i < width; i++) mean += x[r * width + i];
            mean /= width;
            for (int i = 0; i < width; i++) square += Math.Pow(x[r * width + i] - mean, 2);
            double inverse = 1 / Math.Sqrt(square / width + epsilon);
            for (int i = 0; i < width; i++) y[r * width + i] = (float)((x[r * width + i] - mean) * inverse * gain[i] + shift[i]);
            (statistics[2 * r], statistics[2 * r + 1]) = ((float)mean, (float)inverse);
        }
    }

    public void LayerNormSlope(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> statistics, ReadOnlySpan<float> g, int rows, int width,
        Span<float> dx, Span<float> dGain, Span<float> dShift)
    {
        double[] gains = new double[width], shifts = new double[width];
        for (int r = 0; r < rows; r++)
        {
            double mean = statistics[2 * r], inverse = statistics[2 * r + 1], along = 0, across = 0;
            for (int i = 0; i < width; i++)
            {
                int at = r * width + i;
                double n = (x[at] - mean) * inverse, h = (double)g[at] * gain[i];
                along += h / width;
                across += h * n / width;
                gains[i] += g[at] * n;
                shifts[i] += g[at];
            }
            for (int i = 0; i < width; i++)
            {
                int at = r * width + i;
                dx[at] = (float)(((double)g[at] * gain[i] - along - (x[at] - mean) * inverse * across) * inverse);
            }
        }
        for (int i = 0; i < dGain.Length; i++) (dGain[i], dShift[i]) = ((float)gains[i], (float)shifts[i]);
    }

    public void RmsNorm(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, int rows, int width, float epsilon, Span<float> y, Span<float> statistics)
    {
        for (int r = 0; r < rows; r++)
        {
            double inverse = 1 / Math.Sqrt(Dot(x, r * width, x, r * width, width) / width + epsilon);
            for (int i = 0; i < width; i++) y[r * width + i] = (float)(x[r * width + i] * inverse * gain[i]);
            statistics[r] = (float)inverse;
        }
    }

    public void RmsNormSlope(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> statistics, ReadOnlySpan<float> g, int rows, int width,
        Span<float> dx, Span<float> dGain)
    {
        double[] gains = new double[width];
        for (int r = 0; r < rows; r++)
        {
            double inverse = statistics[r], across = 0;
            for (int i = r * width; i < (r + 1) * width; i++)
            {
                gains[i % width] += g[i] * (x[i] * inverse);
                across += (double)g[i] * gain[i % width] * (x[i] * inverse) / width;
            }
            for (int i = r * width; i < (r + 1) * width; i++)
                dx[i] = (float)(((double)g[i] * gain[i % width] - x[i] * inverse * across) * inverse);
        }
        for (int i = 0; i < dGain.Length; i++) dGain[i] = (float)gains[i];
    }

    public void Rotate(
        ReadOnlySpan<float> x, ReadOnlySpan<float> turns, ReadOnlySpan<int> positions, int headWidth, int turned, bool back,
        Span<float> y)
    {
        int half = turned / 2, width = x.Length / Math.Max(1, positions.Length);
        for (int i = 0; i < x.Length; i++)
        {
            int d = i % width % headWidth, turn = positions[i / width] * turned + d % half;
            if (d >= turned)
            {
                y[i] = x[i];
                continue;
            }
            double cosine = turns[turn], sine = back ? -turns[turn + half] : turns[turn + half];
            y[i] = (float)(d < half ? x[i] * cosine - x[i + half] * sine : x[i] * cosine + x[i - half] * sine);
        }
    }

    public void Attention(
        ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, AttentionPlan plan,
        Span<float> context, Span<float> statistics)
    {
        for (int s = 0; s < plan.Sequences; s++)
            for (int h = 0; h < plan.Heads; h++)
                for (int i = 0; i < plan.QueriesOf(s); i++)
                {
                    double[] p = Probabilities(q, k, plan, s, h, i);
                    int atI = plan.Query(s, h, i), start = FirstKey(plan, s, h, i);
                    for (int d = 0; d < plan.HeadWidth; d++)
                    {
                        double mix = 0;
                        for (int j = 0; j < p.Length; j++) mix += p[j] * v[start + j * plan.KeyStep + d];
                        context[atI + d] = (float)mix;
                    }
                }
        statistics.Clear();                                      // the gradient computes the probabilities anew, in double
    }

    // where the part of the first key that a query sees begins
    static int FirstKey(AttentionPlan plan, int s, int h, int i) => plan.Key(s, h) + plan.From(s, i) * plan.KeyStep;

    static double[] Probabilities(ReadOnlySpan<float> q, ReadOnlySpan<float> k, AttentionPlan plan, int s, int h, int i)
    {
        int atI = plan.Query(s, h, i), start = FirstKey(plan, s, h, i);
        double[] p = new double[plan.Seen(s, i) - plan.From(s, i)];
        for (int j = 0; j < p.Length; j++) p[j] = Score(q, atI, k, start + j * plan.KeyStep, plan);
        double max = p.Max(), sum = 0;
        for (int j = 0; j < p.Length; j++) sum += p[j] = Math.Exp(p[j] - max);
        for (int j = 0; j < p.Length; j++) p[j] /= sum;
        return p;
    }

    static double Score(ReadOnlySpan<float> q, int atQ, ReadOnlySpan<float> k, int atK, AttentionPlan plan)
    {
        double score = Dot(q, atQ, k, atK, plan.HeadWidth) * plan.Scale;
        return plan.Cap is { } cap ? cap * Math.Tanh(score / cap) : score;
    }

    public void AttentionSlope(
        ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, ReadOnlySpan<float> statistics, ReadOnlySpan<float> g,
        AttentionPlan plan, Span<float> dq, Span<float> dk, Span<float> dv)
    {
        int width = plan.HeadWidth;
        double[] sumQ = new double[dq.Length], sumK = new double[dk.Length], sumV = new double[dv.Length];
        for (int s = 0; s < plan.Sequences; s++)
            for (int h = 0; h < plan.Heads; h++)
                for (int i = 0; i < plan.QueriesOf(s); i++)
                {
                    double[] p = Probabilities(q, k, plan, s, h, i);
                    int atI = plan.Query(s, h, i), start = FirstKey(plan, s, h, i);
                    double along = 0;
                    for (int j = 0; j < p.Length; j++) along += p[j] * Dot(g, atI, v, start + j * plan.KeyStep, width);
                    for (int j = 0; j < p.Length; j++)
                    {
                        int atJ = start + j * plan.KeyStep;
                        double slope = p[j] * (Dot(g, atI, v, atJ, width) - along) * plan.Scale;
                        if (plan.Cap is { } cap) slope *= 1 - Math.Pow(Score(q, atI, k, atJ, plan) / cap, 2);
                        for (int d = 0; d < width; d++)
                        {
                            sumV[atJ + d] += p[j] * g[atI + d];
                            sumQ[atI + d] += slope * k[atJ + d];
                            sumK[atJ + d] += slope * q[atI + d];
                        }
                    }
                }
        for (int i = 0; i < dq.Length; i++) dq[i] = (float)sumQ[i];
        for (int i = 0; i < dk.Length; i++) (dk[i], dv[i]) = ((float)sumK[i], (float)sumV[i]);
    }

    static double Dot(ReadOnlySpan<float> a, int atA, ReadOnlySpan<float> b, int atB, int count)
    {
        double sum = 0;
        for (int i = 0; i < count; i++) sum += (double)a[atA + i] * b[atB + i];
        return sum;
    }

    public void Mix(ReadOnlySpan<float> x, ReadOnlySpan<float> mask, ReadOnlySpan<float> ablation, int rows, Span<float> y)
    {
        int partWidth = ablation.Length / Math.Max(1, mask.Length);
        for (int i = 0; i < rows * ablation.Length; i++)
        {
            int column = i % ablation.Length;
            double share = mask[column / partWidth];
            y[i] = share == 1 ? x[i] : share == 0 ? ablation[column] : (float)(share * x[i] + (1 - share) * ablation[column]);
        }
    }

    public void MixSlope(
        ReadOnlySpan<float> x, ReadOnlySpan<float> mask, ReadOnlySpan<float> ablation, ReadOnlySpan<float> g, int rows, Span<float> dx,
        Span<float> dMask)
    {
        int partWidth = ablation.Length / Math.Max(1, mask.Length);
        double[] sums = new double[mask.Length];
        for (int i = 0; i < rows * ablation.Length; i++)
        {
            int column = i % ablation.Length;
            if (!dx.IsEmpty) dx[i] = mask[column / partWidth] * g[i];
            sums[column / partWidth] += (double)g[i] * ((double)x[i] - ablation[column]);
        }
        for (int p = 0; p < dMask.Length; p++) dMask[p] = (float)sums[p];
    }

    public void Dropout(ReadOnlySpan<float> x, Chance chance, long first, float share, Span<float> y)
    {
        for (int i = 0; i < x.Length; i++) y[i] = x[i] * (chance.Uniform(DropoutNumbers.IndexFor(first + i)) < share ? 0 : 1 / (1 - share));
    }

    public void AdamW(Span<float> weight, ReadOnlySpan<float> gradient, Span<float> mean, Span<float> square, AdamStep step)
    {
        for (int i = 0; i < weight.Length; i++)
        {
            double g = (double)gradient[i] * step.GradientScale;
            double m = mean[i] + (1 - step.MeanDecay) * (g - mean[i]), s = square[i] + (1 - step.SquareDecay) * (g * g - square[i]);
            double move = m * step.MeanScale / (Math.Sqrt(s * step.SquareScale) + step.Epsilon) + step.WeightDecay * weight[i];
            (mean[i], square[i], weight[i]) = ((float)m, (float)s, (float)(weight[i] - step.Rate * move));
        }
    }
}
