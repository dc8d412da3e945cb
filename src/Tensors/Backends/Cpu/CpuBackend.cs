namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>The processor, with one instruction set.</summary>
/// <typeparam name="L">the instructions</typeparam>
/// <typeparam name="V">what they compute with at once</typeparam>
sealed unsafe class CpuBackend<L, V> : IBackend where L : struct, ILanes<V>
{
    /// <summary>The backend of an instruction set.</summary>
    /// <param name="name">as HEARTWOOD_BACKEND names it</param>
    /// <param name="dot">its bf16 products; null where it has no instruction for them, and float32's give the same values</param>
    public CpuBackend(string name, IProducts? dot = null)
    {
        Name = name;
        Bf16 = dot ?? new RoundedProducts(this);
    }

    public string Name { get; }

    public IProducts Bf16 { get; }

    public void Map(Unary op, ReadOnlySpan<float> x, Span<float> y, float p, float q)
    {
        fixed (float* px = x, py = y) MapOf(op)(px, py, x.Length, p, q);
    }

    static delegate*<float*, float*, int, float, float, void> MapOf(Unary op) => op switch
    {
        Unary.Affine => &Elementwise.Map<Affine, L, V>,
        Unary.Clamp => &Elementwise.Map<Clamp, L, V>,
        Unary.Exp => &Elementwise.Map<Exp, L, V>,
        Unary.Log => &Elementwise.Map<Log, L, V>,
        Unary.Sqrt => &Elementwise.Map<Sqrt, L, V>,
        Unary.Abs => &Elementwise.Map<Abs, L, V>,
        Unary.Sigmoid => &Elementwise.Map<Sigmoid, L, V>,
        Unary.Tanh => &Elementwise.Map<Tanh, L, V>,
        Unary.Relu => &Elementwise.Map<Relu, L, V>,
        Unary.GeluErf => &Elementwise.Map<GeluErf, L, V>,
        Unary.GeluTanh => &Elementwise.Map<GeluTanh, L, V>,
        Unary.Silu => &Elementwise.Map<Silu, L, V>,
        _ => throw new ArgumentOutOfRangeException(nameof(op), op, null),
    };

    public void MapSlope(Unary op, ReadOnlySpan<float> x, ReadOnlySpan<float> g, Span<float> y, float p, float q)
    {
        fixed (float* px = x, pg = g, py = y) SlopeOf(op)(px, pg, py, x.Length, p, q);
    }

    static delegate*<float*, float*, float*, int, float, float, void> SlopeOf(Unary op) => op switch
    {
        Unary.Affine => &Elementwise.MapSlope<Affine, L, V>,
        Unary.Clamp => &Elementwise.MapSlope<Clamp, L, V>,
        Unary.Exp => &Elementwise.MapSlope<Exp, L, V>,
        Unary.Log => &Elementwise.MapSlope<Log, L, V>,
        Unary.Sqrt => &Elementwise.MapSlope<Sqrt, L, V>,
        Unary.Abs => &Elementwise.MapSlope<Abs, L, V>,
        Unary.Sigmoid => &Elementwise.MapSlope<Sigmoid, L, V>,
        Unary.Tanh => &Elementwise.MapSlope<Tanh, L, V>,
        Unary.Relu => &Elementwise.MapSlope<Relu, L, V>,
        Unary.GeluErf => &Elementwise.MapSlope<GeluErf, L, V>,
        Unary.GeluTanh => &Elementwise.MapSlope<GeluTanh, L, V>,
        Unary.Silu => &Elementwise.MapSlope<Silu, L, V>,
        _ => throw new ArgumentOutOfRangeException(nameof(op), op, null),
    };

    public void Zip(Binary op, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y, Walk walk)
    {
        fixed (float* pa = a, pb = b, py = y)
            switch (op)
            {
                case Binary.Add: Elementwise.Zip<Add, L, V>(pa, pb, py, walk); break;
                case Binary.Subtract: Elementwise.Zip<Subtract, L, V>(pa, pb, py, walk); break;
                case Binary.Multiply: Elementwise.Zip<Multiply, L, V>(pa, pb, py, walk); break;
                case Binary.Divide: Elementwise.Zip<Divide, L, V>(pa, pb, py, walk); break;
                default: throw new ArgumentOutOfRangeException(nameof(op), op, null);
            }
    }

    public double SumOfSquares(ReadOnlySpan<float> x)
    {
        fixed (float* px = x) return Elementwise.SumOfSquares<L, V>(px, x.Length);
    }

    public void Sum(ReadOnlySpan<float> x, int outer, int count, int inner, Span<float> y)
    {
        fixed (float* px = x, py = y) Elementwise.Sum<L, V>(px, outer, count, inner, py);
    }

    public void Rows(ReadOnlySpan<float> table, ReadOnlySpan<int> indices, int width, Span<float> y)
    {
        fixed (float* pt = table, py = y) fixed (int* pi = indices) Table.Rows<L, V>(pt, table.Length, pi, indices.Length, width, py);
    }

    public void RowsSlope(ReadOnlySpan<float> g, ReadOnlySpan<int> indices, int width, Span<float> dTable)
    {
        fixed (float* pg = g, pd = dTable)
        fixed (int* pi = indices)
            Table.RowsSlope<L, V>(pg, pi, indices.Length, width, dTable.Length / Math.Max(1, width), pd);
    }

    public int PackedCount(int inner, int columns) => Gemm<L, V>.PackedCount(inner, columns);

    public void Pack(ReadOnlySpan<float> b, int inner, int columns, bool turned, Span<float> packed)
    {
        fixed (float* pb = b, pp = packed) Gemm<L, V>.Pack(pb, inner, columns, turned, pp);
    }

    public void MatMul(
        ReadOnlySpan<float> a, int rows, int inner, ReadOnlySpan<float> packed, int columns, ReadOnlySpan<float> bias, Unary? activation,
        Span<float> c)
    {
        fixed (float* pa = a, pp = packed, pb = bias, pc = c)
            MatMul(new() { A = pa, Rows = rows, Inner = inner, Packed = pp, Columns = columns, Bias = pb, C = pc }, activation);
    }

    public void MatMulOnce(
        ReadOnlySpan<float> a, int rows, int inner, bool transposed, ReadOnlySpan<float> b, int columns, bool turned,
        ReadOnlySpan<float> bias, Unary? activation, Span<float> c)
    {
        fixed (float* pa = a, pr = b, pb = bias, pc = c)
        {
            Gemm<L, V>.Product work = new() { A = pa, Rows = rows, Inner = inner, Transposed = transposed, B = pr, Turned = turned };
            MatMul(work with { Columns = columns, Bias = pb, C = pc }, activation);
        }
    }

    static void MatMul(Gemm<L, V>.Product work, Unary? activation)
    {
        switch (activation)
        {
            case null: Gemm<L, V>.MatMul<Affine>(work, false); break;
            case Unary.GeluErf: Gemm<L, V>.MatMul<GeluErf>(work, true); break;
            case Unary.GeluTanh: Gemm<L, V>.MatMul<GeluTanh>(work, true); break;
            case Unary.Tanh: Gemm<L, V>.MatMul<Tanh>(work, true); break;
            case Unary.Relu: Gemm<L, V>.MatMul<Relu>(work, true); break;
            case Unary.Silu: Gemm<L, V>.MatMul<Silu>(work, true); break;
            default:
                throw new ArgumentOutOfRangeException(nameof(activation), activation, "No matrix product is fused with this function.");
        }
    }

    public void Softmax(ReadOnlySpan<float> x, int rows, int width, bool logarithm, Span<float> y)
    {
        fixed (float* px = x, py = y) Softmax<L, V>.Forward(px, rows, width, logarithm, py);
    }

    public void SoftmaxSlope(ReadOnlySpan<float> y, ReadOnlySpan<float> g, int rows, int width, bool logarithm, Span<float> dx)
    {
        fixed (float* py = y, pg = g, pd = dx) Softmax<L, V>.Backward(py, pg, rows, width, logarithm, pd);
    }

    public void CrossEntropy(ReadOnlySpan<float> x, ReadOnlySpan<int> labels, int width, Span<float> losses, Span<float> statistics)
    {
        fixed (float* px = x, pl = losses, ps = statistics)
        fixed (int* pi = labels)
            Softmax<L, V>.Loss(px, pi, labels.Length, width, pl, ps);
    }

    public void CrossEntropySlope(
        ReadOnlySpan<float> x, ReadOnlySpan<int> labels, ReadOnlySpan<float> statistics, float factor, int width, Span<float> dx)
    {
        fixed (float* px = x, ps = statistics, pd = dx)
        fixed (int* pi = labels)
            Softmax<L, V>.LossSlope(px, pi, ps, factor, labels.Length, width, pd);
    }

    public void LayerNorm(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> shift, int rows, int width, float epsilon, Span<float> y,
        Span<float> statistics)
    {
        fixed (float* px = x, pg = gain, ps = shift, py = y, pt = statistics)
            Cpu.Rows.LayerNorm<L, V>(px, pg, ps, rows, width, epsilon, py, pt);
    }

    public void LayerNormSlope(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> statistics, ReadOnlySpan<float> g, int rows, int width,
        Span<float> dx, Span<float> dGain, Span<float> dShift)
    {
        fixed (float* px = x, pn = gain, pt = statistics, pg = g, pd = dx, pdn = dGain, pds = dShift)
            Cpu.Rows.LayerNormSlope<L, V>(px, pn, pt, pg, rows, width, pd, pdn, pds);
    }

    public void RmsNorm(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, int rows, int width, float epsilon, Span<float> y, Span<float> statistics)
    {
        fixed (float* px = x, pg = gain, py = y, pt = statistics) RmsNorm<L, V>.Forward(px, pg, rows, width, epsilon, py, pt);
    }

    public void RmsNormSlope(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> statistics, ReadOnlySpan<float> g, int rows, int width,
        Span<float> dx, Span<float> dGain)
    {
        fixed (float* px = x, pn = gain, pt = statistics, pg = g, pd = dx, pdn = dGain)
            RmsNorm<L, V>.Slope(px, pn, pt, pg, rows, width, pd, pdn);
    }

    public void Rotate(
        ReadOnlySpan<float> x, ReadOnlySpan<float> turns, ReadOnlySpan<int> positions, int headWidth, int turned, bool back,
        Span<float> y)
    {
        int width = x.Length / Math.Max(1, positions.Length);
        fixed (float* px = x, pt = turns, py = y)
        fixed (int* pp = positions)
            Rotary<L, V>.Rotate(px, pt, pp, positions.Length, width, headWidth, turned, back, py);
    }

    public void Attention(
        ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, AttentionPlan plan,
        Span<float> context, Span<float> statistics)
    {
        fixed (float* pq = q, pk = k, pv = v, pc = context, ps = statistics) Attention<L, V>.Forward(pq, pk, pv, plan, pc, ps);
    }

    public void AttentionSlope(
        ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, ReadOnlySpan<float> statistics, ReadOnlySpan<float> g,
        AttentionPlan plan, Span<float> dq, Span<float> dk, Span<float> dv)
    {
        fixed (float* pq = q, pk = k, pv = v, ps = statistics, pg = g, pdq = dq, pdk = dk, pdv = dv)
            Attention<L, V>.Backward(pq, pk, pv, ps, pg, plan, pdq, pdk, pdv);
    }

    public void Mix(ReadOnlySpan<float> x, ReadOnlySpan<float> mask, ReadOnlySpan<float> ablation, int rows, Span<float> y)
    {
        fixed (float* px = x, pm = mask, pa = ablation, py = y)
            Mixing<L, V>.Mix(px, pm, pa, rows, mask.Length, ablation.Length / Math.Max(1, mask.Length), py);
    }

    public void MixSlope(
        ReadOnlySpan<float> x, ReadOnlySpan<float> mask, ReadOnlySpan<float> ablation, ReadOnlySpan<float> g, int rows, Span<float> dx,
        Span<float> dMask)
    {
        fixed (float* px = x, pm = mask, pa = ablation, pg = g, pd = dx, pdm = dMask)
            Mixing<L, V>.Slope(px, pm, pa, pg, rows, mask.Length, ablation.Length / Math.Max(1, mask.Length), pd, pdm);
    }

    public void Dropout(ReadOnlySpan<float> x, Chance chance, long first, float share, Span<float> y)
    {
        fixed (float* px = x, py = y) Dropout<L, V>.Drop(px, x.Length, chance, first, share, py);
    }

    public void AdamW(Span<float> weight, ReadOnlySpan<float> gradient, Span<float> mean, Span<float> square, AdamStep step)
    {
        fixed (float* pw = weight, pg = gradient, pm = mean, ps = square) Elementwise.AdamW<L, V>(pw, pg, pm, ps, weight.Length, step);
    }
}
