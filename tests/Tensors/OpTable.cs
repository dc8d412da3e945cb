using Heartwood.Tensors;

namespace Heartwood.Tests.Tensors;

/// <summary>One row of the table of ops: a function of tensors, the shapes that it takes, and how well it must agree.</summary>
/// <param name="Name">unique in the table</param>
/// <param name="Function">the op, or the expression, under test</param>
/// <param name="Inputs">shapes of the inputs</param>
sealed record Op(string Name, Func<Tensor[], Tensor> Function, params Shape[] Inputs)
{
    /// <summary>How an input value is made from a number in (−2, 2): keeps away from poles, and from kinks by 0.1 or more.</summary>
    internal Func<float, float> Domain { get; init; } = u => u;

    /// <summary>Largest difference from the reference, as a fraction of the largest value (at least 1).</summary>
    internal double Tolerance { get; init; } = 2e-6;

    /// <summary>Largest difference of a gradient from finite differences, as a fraction of the largest gradient (at least 1).</summary>
    internal double SlopeTolerance { get; init; } = 1e-4;

    /// <summary>The same function with frozen weights in bf16; null where there are none.</summary>
    internal Func<Tensor[], Tensor>? InBf16 { get; init; }

    /// <summary>A row about products with weights.</summary>
    internal static Op OfWeights(string name, Func<Tensor[], Precision, Tensor> function, params Shape[] inputs) =>
        new(name, t => function(t, Precision.Float32), inputs) { InBf16 = t => function(t, Precision.Bf16) };

    /// <summary>Inputs of these shapes, each of other numbers.</summary>
    internal Tensor[] Draw(ulong seed) =>
        [.. Inputs.Select((shape, i) =>
        {
            Chance chance = new(seed, $"{Name} {i}");
            float[] values = new float[shape.Count];
            for (int k = 0; k < values.Length; k++) values[k] = Domain(4 * chance.Uniform(k) - 2);
            return Tensor.From(values, shape.Axes);
        })];

    public override string ToString() => Name;
}

/// <summary>Every op at ragged sizes: what the agreement and gradient tests, and the benchmark, walk through.</summary>
static class OpTable
{
    static readonly int[] Sizes = [1, 7, 15, 16, 17, 31, 1000];
    static readonly int[] Lengths = [0, 1, 8, 8, 24, 57];       // packed sequences of 1, 7, 0, 16 and 33 tokens
    static readonly int[] Queries = [0, 1, 1, 1, 10, 43];   // of them 1, 0, 0, 9 and 33 queries

    internal static IReadOnlyList<Op> Rows { get; } =
        [.. Maps(), .. Zips(), .. Mixes(), .. Sums(), .. Products(), .. RowWise(), .. Attentions(), .. Moves(), .. Losses()];

    /// <summary>The row of a name.</summary>
    internal static Op Named(string name) => Rows.Single(r => r.Name == name);

    static float AwayFromZero(float u) => u < 0 ? u - 0.15f : u + 0.15f;

    static float Positive(float u) => u + 3;

    static IEnumerable<Op> Maps()
    {
        foreach (int n in Sizes)
        {
            Shape shape = new(n);
            yield return new($"exp {n}", t => t[0].Exp(), shape);
            yield return new($"log {n}", t => t[0].Log(), shape) { Domain = Positive };
            yield return new($"sqrt {n}", t => t[0].Sqrt(), shape) { Domain = Positive };
            yield return new($"abs {n}", t => t[0].Abs(), shape) { Domain = AwayFromZero };
            yield return new($"relu {n}", t => t[0].Relu(), shape) { Domain = AwayFromZero };
            yield return new($"sigmoid {n}", t => t[0].Sigmoid(), shape) { Domain = u => 4 * u };
            yield return new($"tanh {n}", t => t[0].Tanh(), shape);
            yield return new($"tanh near 0 {n}", t => t[0].Tanh(), shape) { Domain = u => u / 10 };
            yield return new($"gelu {n}", t => t[0].Gelu(), shape) { Domain = u => 3 * u };
            yield return new($"gelu tanh {n}", t => t[0].GeluTanh(), shape) { Domain = u => 3 * u };
            yield return new($"silu {n}", t => t[0].Silu(), shape) { Domain = u => 3 * u };
            yield return new($"affine {n}", t => t[0].Affine(-1.5f, 0.25f), shape);
            yield return new($"clamp {n}", t => t[0].Clamp(-0.5f, 0.75f), shape)
            {
                Domain = u => u < -0.6f ? u - 0.1f : u > 0.6f ? u + 0.3f : u * 0.5f,
            };
        }
        yield return new("map of many", t => t[0].Tanh(), new Shape(5, 7001));
    }

    static IEnumerable<Op> Zips()
    {
        foreach (int n in Sizes)
        {
            yield return new($"add {n}", t => t[0] + t[1], new Shape(n), new Shape(n));
            yield return new($"subtract {n}", t => t[0] - t[1], new Shape(n), new Shape(n));
            yield return new($"multiply {n}", t => t[0] * t[1], new Shape(n), new Shape(n));
            yield return new($"divide {n}", t => t[0] / t[1], new Shape(n), new Shape(n)) { Domain = u => 3 * AwayFromZero(u) };
            yield return new($"rows times [{n}]", t => t[0] * t[1], new Shape(3, n), new Shape(n));
            yield return new($"[{n}] minus rows", t => t[0] - t[1], new Shape(n), new Shape(3, n));
            yield return new($"rows over column {n}", t => t[0] / t[1], new Shape(5, n), new Shape(5, 1)) { Domain = u => 3 * AwayFromZero(u) };
            yield return new($"number times {n}", t => t[0] * t[1], new Shape(), new Shape(n));
            yield return new($"outer {n}", t => t[0] * t[1], new Shape(7, 1), new Shape(1, n));
            yield return new($"mask mixed {n}", t => t[1] * t[0] + (1 - t[1]) * t[2], new Shape(6, 3, n), new Shape(3, 1), new Shape(3, n));
        }
        yield return new("middle axis", t => t[0] * t[1], new Shape(2, 3, 4, 5), new Shape(2, 1, 4, 1));
        yield return new("both stretched", t => t[0] - t[1], new Shape(2, 1, 17), new Shape(3, 1));
        yield return new("same used twice", t => t[0] * t[0] + t[0], new Shape(17));
        yield return new("zip of many", t => t[0] * t[1], new Shape(3, 12007), new Shape(12007));
        yield return new("column of many", t => t[0] - t[1], new Shape(401, 97), new Shape(401, 1));
    }

    static IEnumerable<Op> Mixes()
    {
        foreach (int n in Sizes)
            yield return new($"mix 3 x {n}", t => t[0].Mix(t[1], Constant(3, n)), new Shape(5, 3 * n), new Shape(3));
        yield return new("mix of many rows", t => t[0].Mix(t[1], Constant(2, 33)), new Shape(501, 66), new Shape(2)) { Tolerance = 4e-6 };

        foreach (int n in Sizes)
            yield return new($"mix each {n}", t => t[0].Mix(t[1], t[2]), new Shape(5, 3 * n), new Shape(3), new Shape(5, 3 * n));

        foreach (int n in Sizes) yield return new($"dropout {n}", t => t[0].Dropout(0.25f, new(3, "dropout"), 128), new Shape(n));
        yield return new("dropout of many", t => t[0].Dropout(0.1f, new(3, "dropout")), new Shape(3, 20011));

        static Tensor Constant(int parts, int partWidth) => Tensor.Normal(new Chance(3, "ablation"), 1, parts, partWidth);
    }

    static IEnumerable<Op> Sums()
    {
        foreach (int n in Sizes)
        {
            yield return new($"sum {n}", t => t[0].Sum(), new Shape(n));
            yield return new($"mean {n}", t => t[0].Mean(), new Shape(3, n));
            yield return new($"sum of rows {n}", t => t[0].SumTo(new(4, 1)), new Shape(4, n));
            yield return new($"sum of columns {n}", t => t[0].SumTo(new(5)), new Shape(n, 5));
            yield return new($"sum to heads {n}", t => t[0].SumTo(new(3, 1)), new Shape(n, 3, 4));
        }
        yield return new("sum inside", t => t[0].SumTo(new(2, 1, 1, 5)), new Shape(2, 3, 4, 5));
        yield return new("sum around", t => t[0].SumTo(new(3, 1)), new Shape(2, 3, 5));
        yield return new("sum of many", t => t[0].Sum(), new Shape(3, 20011)) { Tolerance = 4e-6 };
        yield return new("sum of many rows", t => t[0].SumTo(new(33)), new Shape(700, 33));
        yield return new("spread", t => t[0].Spread(new(4, 3, 17)), new Shape(3, 1));
        yield return new("sum to a wider shape", t => t[0].SumTo(new(3, 4)), new Shape(3, 1));
    }

    static IEnumerable<Op> Products()
    {
        foreach (int n in Sizes)
        {
            int m = Math.Min(n, 31);
            yield return new($"matmul [{m} {n}] [{n} 5]", t => t[0].MatMul(t[1]), new Shape(m, n), new Shape(n, 5));
            yield return new($"matmul [5 3] [3 {n}]", t => t[0].MatMul(t[1]), new Shape(5, 3), new Shape(3, n));
            yield return new($"matmul [{n} 9] [9 17]", t => t[0].MatMul(t[1]), new Shape(n, 9), new Shape(9, 17));
            yield return Op.OfWeights($"linear [{n} 16] [49 16]", (t, p) => t[0].Linear(t[1], t[2], precision: p),
                new Shape(n, 16), new Shape(49, 16), new Shape(49));
            yield return Op.OfWeights($"linear, input first [{n} 16] [16 49]",
                (t, p) => t[0].Linear(t[1], t[2], inputFirst: true, precision: p), new Shape(n, 16), new Shape(16, 49), new Shape(49));
            yield return Op.OfWeights($"linear, input first, no bias {n}", (t, p) => t[0].Linear(t[1], inputFirst: true, precision: p),
                new Shape(m, n), new Shape(n, 7));
            yield return Op.OfWeights($"linear no bias {n}", (t, p) => t[0].Linear(t[1], precision: p), new Shape(m, n), new Shape(7, n));
        }
        foreach (Activation activation in Enum.GetValues<Activation>().Where(a => a != Activation.Relu))
        {
            Op activated = Op.OfWeights($"linear {activation}", (t, p) => t[0].Linear(t[1], t[2], activation, precision: p),
                new Shape(19, 17), new Shape(100, 17), new Shape(100));
            yield return activated with { Domain = u => u / 2 };
        }
        yield return Op.OfWeights("linear Relu", (t, p) => t[0].Linear(t[1], t[2], Activation.Relu, precision: p),
            new Shape(9, 2), new Shape(50, 2), new Shape(50)) with
        {
            Domain = u => AwayFromZero(MathF.Round(u)) * 2,     // sums of products of these stay 0.1 or more from 0
        };
        Op deep = Op.OfWeights("linear deep", (t, p) => t[0].Linear(t[1], t[2], precision: p),
            new Shape(13, 1601), new Shape(53, 1601), new Shape(53));
        yield return deep with { Domain = u => u / 8 };
        Op shared = Op.OfWeights("linear shared", (t, p) => t[0].Linear(t[1], t[2], precision: p),
            new Shape(250, 65), new Shape(130, 65), new Shape(130));
        yield return shared with { Domain = u => u / 4 };
    }

    static IEnumerable<Op> RowWise()
    {
        foreach (int n in Sizes)
        {
            yield return new($"softmax {n}", t => t[0].Softmax(), new Shape(3, n));
            yield return new($"log softmax {n}", t => t[0].LogSoftmax(), new Shape(3, n)) { SlopeTolerance = 1e-3 };
            yield return new($"layer norm {n}", t => t[0].LayerNorm(t[1], t[2], 1e-3f), new Shape(5, n), new Shape(n), new Shape(n)) { Tolerance = 1e-5, SlopeTolerance = 5e-4 };
        }
        foreach (int n in Sizes)
            yield return new($"rms norm {n}", t => t[0].RmsNorm(t[1], 1e-3f), new Shape(5, n), new Shape(n)) { Domain = AwayFromZero, Tolerance = 4e-6, SlopeTolerance = 5e-4 };
        yield return new("rms norm of many rows", t => t[0].RmsNorm(t[1], 1e-6f), new Shape(70, 33), new Shape(33)) { Tolerance = 5e-6 };
        foreach (int heads in new[] { 2, 3, 8 })
            yield return new($"rms norm of {heads} heads side by side", t => t[0].RmsNorm(t[1], 1e-3f), new Shape(5, heads * 12), new Shape(12)) { Domain = AwayFromZero, Tolerance = 4e-6, SlopeTolerance = 5e-4 };
        yield return new("softmax of many rows", t => t[0].Softmax(), new Shape(70, 3));
        foreach (int n in new[] { 4, 8, 24, 44 })                // rows that end in half a vector, of 8 lanes or of 16, are taken in pairs
        {
            yield return new($"softmax of pairs of rows of {n}", t => t[0].Softmax(), new Shape(7, n));
            yield return new($"log softmax of pairs of rows of {n}", t => t[0].LogSoftmax(), new Shape(7, n)) { SlopeTolerance = 1e-3 };
        }
        yield return new("layer norm of many rows", t => t[0].LayerNorm(t[1], t[2], 1e-12f), new Shape(70, 33), new Shape(33), new Shape(33)) { Tolerance = 5e-6 };
    }

    static IEnumerable<Op> Attentions()
    {
        foreach (bool causal in new[] { false, true })
            foreach (var (heads, width) in new[] { (1, 1), (3, 7), (2, 16), (2, 17), (1, 64) })
            {
                Shape shape = new(Lengths[^1], heads * width);
                yield return new($"attention {heads} x {width}{(causal ? " causal" : "")}", t => t[0].Attention(t[1], t[2], Lengths, heads, causal), shape, shape, shape);
            }
        foreach (bool causal in new[] { false, true })
            foreach (var (heads, width) in new[] { (2, 7), (2, 16), (1, 64) })
                yield return new($"attention of some tokens {heads} x {width}{(causal ? " causal" : "")}", t => t[0].Attention(t[1], t[2], Queries, Lengths, heads, causal),
                    new Shape(Queries[^1], heads * width), new Shape(Lengths[^1], heads * width), new Shape(Lengths[^1], heads * width));
        foreach (bool causal in new[] { false, true })
            foreach (var (groups, width) in new[] { (new[] { 2, 2 }, 16), (new[] { 1, 3 }, 7), (new[] { 4 }, 17), (new[] { 2, 1, 1 }, 8) })
            {
                string name = $"attention of groups {string.Join('+', groups)} x {width}{(causal ? " causal" : "")}";
                Shape keys = new(Lengths[^1], groups.Length * width);
                yield return new(name, t => t[0].Attention(t[1], t[2], Lengths, Lengths, groups, causal), new Shape(Lengths[^1], groups.Sum() * width), keys, keys);
                yield return new($"{name}, some tokens", t => t[0].Attention(t[1], t[2], Queries, Lengths, groups, causal), new Shape(Queries[^1], groups.Sum() * width), keys, keys);
            }
        foreach (int window in new[] { 1, 2, 9, 17, 40, 100 })
        {
            yield return new($"attention in a window of {window}",
                t => t[0].Attention(t[1], t[2], Lengths, 2, true, window),
                new Shape(Lengths[^1], 14), new Shape(Lengths[^1], 14), new Shape(Lengths[^1], 14));
            Shape queries = new(Queries[^1], 4 * 16), keys = new(Lengths[^1], 2 * 16);
            yield return new($"attention of groups in a window of {window}, some tokens",
                t => t[0].Attention(t[1], t[2], Queries, Lengths, [3, 1], true, window), queries, keys, keys);
            Shape many = new(139, 32);
            yield return new($"attention of many tokens in a window of {window}",
                t => t[0].Attention(t[1], t[2], [0, 139], 2, true, window), many, many, many)
            {
                Domain = u => u / 2,
            };
        }
        foreach (float cap in new[] { 0.5f, 3, 50 })
        {
            Shape few = new(Lengths[^1], 14), queries = new(Queries[^1], 4 * 16), keys = new(Lengths[^1], 2 * 16), many = new(139, 32);
            yield return new($"attention with a cap of {cap}", t => t[0].Attention(t[1], t[2], Lengths, 2, false, cap: cap), few, few, few);
            yield return new($"attention of groups with a cap of {cap}, some tokens",
                t => t[0].Attention(t[1], t[2], Queries, Lengths, [3, 1], true, cap: cap), queries, keys, keys);
            yield return new($"attention in a window of 9 with a cap of {cap}",
                t => t[0].Attention(t[1], t[2], [0, 139], 2, true, 9, cap), many, many, many);
        }
        yield return new("attention of the first token", t => t[0].Attention(t[1], t[2], [0, 1, 2], [0, 100, 139], 1, false), new Shape(2, 64), new Shape(139, 64), new Shape(139, 64));
        yield return new("attention of many tokens", t => t[0].Attention(t[1], t[2], [0, 139], 2, true), new Shape(139, 32), new Shape(139, 32), new Shape(139, 32)) { Domain = u => u / 2 };
        yield return new("self-attention", t => t[0].Attention(t[0], t[0], [0, 17, 18], 2), new Shape(18, 14));
    }

    static IEnumerable<Op> Moves()
    {
        foreach (int n in Sizes)
        {
            int[] rows = [.. Enumerable.Range(0, 9).Select(i => i * i % n)];
            yield return new($"rotate heads of {2 * n}", t => t[0].Rotate(Turns(2 * n), [0, 3, 1, 4]), new Shape(4, 3 * 2 * n)) { Tolerance = 4e-6 };
            yield return new($"rotate {2 * n} values of heads of {2 * n + 5}",
                t => t[0].Rotate(Turns(2 * n), [0, 3, 1, 4], 2 * n + 5), new Shape(4, 3 * (2 * n + 5)))
            { Tolerance = 4e-6 };
            yield return new($"rows of {n}", t => t[0].Rows(rows), new Shape(n, 5));
            yield return new($"slice of {n}", t => t[0].Slice(1, n / 3, n - n / 3), new Shape(2, n, 3));
            yield return new($"concatenate {n}", t => Movement.Concatenate(1, t[0], t[1], t[0]), new Shape(3, n), new Shape(3, 2));
        }
        yield return new("concatenate rows", t => Movement.Concatenate(0, t[0], t[1]), new Shape(3, 5), new Shape(4, 5));
        yield return new("slice of rows", t => t[0].Slice(0, 1, 3), new Shape(5, 4));
        yield return new("rotate many rows", t => t[0].Rotate(Turns(24), [.. Enumerable.Range(0, 501).Select(i => i % 5)]), new Shape(501, 48));
        yield return new("as", t => t[0].As(4, 3, 5) * t[1], new Shape(12, 5), new Shape(3, 1));

        static Tensor Turns(int headWidth)
        {
            Chance chance = new(3, "turns");
            float[] angles = [.. Enumerable.Range(0, 5 * headWidth / 2).Select(i => 6 * chance.Uniform(i))];
            return Tensor.From([.. angles.Chunk(headWidth / 2).SelectMany(row => row.Select(MathF.Cos).Concat(row.Select(MathF.Sin)))], 5, headWidth);
        }
    }

    static IEnumerable<Op> Losses()
    {
        foreach (int n in Sizes)
        {
            yield return new($"cross entropy of {n}", t => t[0].CrossEntropy([0, n - 1, n / 2]), new Shape(3, n));
            yield return new($"kl of {n}", t => t[0].KlFrom(t[1]), new Shape(3, n), new Shape(3, n));
            yield return new($"cross entropies of {n}", t => t[0].CrossEntropies([0, n - 1, n / 2]), new Shape(3, n));
            yield return new($"kls of {n}", t => t[0].KlsFrom(t[1]), new Shape(3, n), new Shape(3, n));
            yield return new($"recomputed {n}", t => t[0].Recomputed(x => (x * t[1]).LogSoftmax()), new Shape(3, n), new Shape(3, n));
            foreach (bool causal in (bool[])[false, true])
                yield return new($"relation kl of {n}{(causal ? ", causal" : "")}", t => t[0].RelationKl(Tensor.Normal(new Chance(7, "relations"), 0.5f, 9, 2 * n), [0, 2, 2, 3, 9], n % 2 == 0 ? 2 : 1, causal), new Shape(9, n));
            foreach (int heads in (int[])[2, 3])
            {
                Tensor queries = Tensor.Normal(new Chance(7, "queries"), 0.5f, 9, 2 * heads), keys = Tensor.Normal(new Chance(7, "keys"), 0.5f, 9, 2);
                AttentionMaps target = new(queries, keys, [heads]);
                yield return new($"attention kl of {n}, {heads} heads", t => new AttentionMaps(t[0], t[1], [1, 1]).AttentionKl(target, [0, 2, 2, 3, 9]), new Shape(9, 2 * n), new Shape(9, 2 * n));
                yield return new($"attention kl of {n}, {heads} heads, causal", t => new AttentionMaps(t[0], t[1], [2], 3, 1.5f).AttentionKl(target with { Window = 3 }, [0, 2, 2, 3, 9], true), new Shape(9, 2 * n), new Shape(9, n));
            }
            yield return new($"squared error {n}", t => t[0].SquaredError(t[1]), new Shape(2, n), new Shape(2, n));
        }
    }
}
