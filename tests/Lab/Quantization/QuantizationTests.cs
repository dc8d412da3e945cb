using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Quantization;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Quantization;

public class QuantizationTests
{
    const int Rows = 12, Columns = 40;

    static float[] Weights(ulong seed = 1, int rows = Rows, int columns = Columns) => Tensor.Normal(new(seed, "weights"), 1, rows, columns).Values.ToArray();

    // inputs that share few factors, so that errors can be passed on
    static Moments Correlated(int columns = Columns)
    {
        Tensor factors = Tensor.Normal(new(3, "factors"), 1, 200, 6), loads = Tensor.Normal(new(4, "loads"), 1, 6, columns);
        Moments moments = new(columns);
        moments.Add(factors.MatMul(loads) + Tensor.Normal(new(5, "noise"), 0.1f, 200, columns));
        return moments;
    }

    static double[] Identity(int n) => [.. Enumerable.Range(0, n * n).Select(i => i / n == i % n ? 1.0 : 0)];

    static ToRound Matrix(double[] h, Grid grid, double[]? r = null) =>
        new(Weights(), new(grid, Rows, Columns), r is null ? [new(0, Rows, h)] : [new(0, Rows / 2, h, r), new(Rows / 2, Rows / 2, h, r)]);

    static double Energy(ToRound matrix, Rounded made)
    {
        float[] difference = [.. made.Values.Zip(matrix.Weights, (a, b) => a - b)];
        return matrix.Blocks.Sum(block => block.Energy(difference, Columns));
    }

    [Theory]
    [InlineData(GridKind.Asymmetric, 3, 8)]
    [InlineData(GridKind.Symmetric, 4, 0)]
    [InlineData(GridKind.MinMax, 5, 16)]
    [InlineData(GridKind.Q8_0, 8, 32)]
    [InlineData(GridKind.Q4_0, 4, 32)]
    [InlineData(GridKind.F16, 8, 0)]
    public void Values_of_a_grid_stay_what_they_are_and_the_error_is_at_most_half_a_step_inside(GridKind kind, int bits, int group)
    {
        Grid grid = new(kind, bits, group);
        CellGrids cells = new(grid, Rows, Columns);
        float[] weights = Weights();
        Rounded made = cells.Nearest(weights);
        for (int i = 0; i < weights.Length; i++)
        {
            GridStep step = made.Steps[i / Columns * cells.Groups + i % Columns / cells.Size];
            Assert.Equal(made.Values[i], grid.Nearest(made.Values[i], step));
            if (kind == GridKind.F16) continue;
            float code = grid.Code(weights[i], step);
            if (code > grid.Low && code < grid.High) Assert.True(Math.Abs(made.Values[i] - weights[i]) <= 0.5001f * Math.Abs(step.Scale));
        }
    }

    [Fact]
    public void Codes_scales_and_zeros_are_counted_as_a_file_holds_them()
    {
        Assert.Equal(Rows * ((4 * 32 + 16 + 4) + (4 * 8 + 16 + 4)), new CellGrids(new(GridKind.Asymmetric, 4, 32), Rows, Columns).Bits);
        Assert.Equal(Rows * (3 * Columns + 16), new CellGrids(new(GridKind.Symmetric, 3), Rows, Columns).Bits);
        Assert.Equal(18 * 8, new CellGrids(new(GridKind.Q4_0, 4, 32), 1, 32).Bits);
        Assert.Equal(34 * 8, new CellGrids(new(GridKind.Q8_0, 8, 32), 1, 32).Bits);
        CellGrids mixed = new(new(GridKind.Symmetric, 3, 8), Rows, Columns);
        mixed.Raise(2, 1, 10, 8, 8);                             // touches two groups of eight
        Assert.Equal(8, mixed.At(2, 1).Bits);
        Assert.Equal(8, mixed.At(2, 2).Bits);
        Assert.Equal(3, mixed.At(2, 0).Bits + mixed.At(2, 3).Bits - mixed.At(1, 1).Bits);
        Assert.Equal(3 + 5.0 * 16 / (Rows * Columns), mixed.CodeBits, 12);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    public void GPTQ_loses_less_of_correlated_outputs_than_nearest_and_is_nearest_where_inputs_are_independent(int group)
    {
        Grid grid = new(GridKind.Asymmetric, 3, group);
        NearestRounding nearest = new();
        GptqRounding gptq = new("gptq", false);
        ToRound free = Matrix(Identity(Columns), grid), bound = Matrix(Correlated().Squares, grid);
        Small.SameBits(nearest.Round(free, default).Values, gptq.Round(free, default).Values, "independent inputs");
        Assert.True(Energy(bound, gptq.Round(bound, default)) < 0.7 * Energy(bound, nearest.Round(bound, default)));
    }

    [Fact]
    public void With_rows_of_no_moment_BoA_is_GPTQ_to_the_bit_and_with_one_it_loses_less_of_what_that_weighs()
    {
        Grid grid = new(GridKind.Asymmetric, 3, 8);
        double[] h = Correlated().Squares, r = Correlated(Rows / 2).Squares;
        GptqRounding boa = new("boa", true), gptq = new("gptq", false);
        ToRound plain = Matrix(h, grid), rows = Matrix(h, grid, r);
        Small.SameBits(gptq.Round(plain, default).Values, boa.Round(Matrix(h, grid, Identity(Rows / 2)), default).Values, "R = 1");
        Assert.True(Energy(rows, boa.Round(rows, default)) < Energy(rows, gptq.Round(plain, default)));
    }

    [Fact]
    public void Learned_rounding_loses_less_than_nearest_and_every_value_is_next_to_its_weight()
    {
        ToRound matrix = Matrix(Correlated().Squares, new(GridKind.Asymmetric, 3, 8), Correlated(Rows / 2).Squares);
        Rounded nearest = new NearestRounding().Round(matrix, default), learned = new LearnedRounding().Round(matrix, default);
        Assert.True(Energy(matrix, learned) < 0.6 * Energy(matrix, nearest), $"{Energy(matrix, learned)} of {Energy(matrix, nearest)}");
        for (int i = 0; i < matrix.Weights.Length; i++)
            Assert.True(Math.Abs(learned.Values[i] - matrix.Weights[i]) <= 1.001f * nearest.Steps[i / Columns * matrix.Grids.Groups + i % Columns / 8].Scale);
    }

    [Fact]
    public void Rounding_does_not_depend_on_the_number_of_threads()
    {
        ToRound matrix = Matrix(Correlated().Squares, new(GridKind.Asymmetric, 4, 8), Correlated(Rows / 2).Squares);
        int before = Heartwood.Tensors.Backends.Machine.Threads;
        try
        {
            foreach (IRounding rounding in (IRounding[])[new GptqRounding("boa", true), new LearnedRounding(new(Steps: 20))])
            {
                Heartwood.Tensors.Backends.Machine.Threads = 1;
                float[] one = rounding.Round(matrix, default).Values;
                Heartwood.Tensors.Backends.Machine.Threads = 4;
                Small.SameBits(one, rounding.Round(matrix, default).Values, rounding.Name);
            }
        }
        finally { Heartwood.Tensors.Backends.Machine.Threads = before; }
    }

    public static TheoryData<string> Families => [.. ModelFolder.Families];

    [Theory]
    [MemberData(nameof(Families))]
    public void What_matrices_read_passes_a_site_and_rows_of_heads_make_their_queries_keys_and_values(string family)
    {
        IModel model = Small.Model(family: family);
        Recorder seen = new();
        model.Stream(Small.Batch(), seen, Heartwood.Lab.Models.Tokens.All);
        foreach (WeightMatrix matrix in WeightMatrix.InLayers(model))
        {
            Tensor read = seen.Seen[matrix.Reads!.Value];
            Assert.Equal(matrix.Columns, read.Shape[1]);
            if (matrix.Heads.Count == 0) continue;
            Assert.Equal(matrix.Rows, matrix.Heads.Sum(h => h.Count));
            Tensor made = read.Linear(Tensor.From(matrix.Read(model.Weights), matrix.Rows, matrix.Columns),
                model.Weights.All.GetValueOrDefault(matrix.Name.Replace(".weight", ".bias")));
            foreach (HeadRows head in matrix.Heads)
            {
                Tensor there = seen.Seen[new(matrix.Reads.Value.Layer, Enum.Parse<Point>($"{head.What}"))];
                Small.Close(there.Slice(1, head.Head * head.Count, head.Count).Values, made.Slice(1, head.Start, head.Count).Values, $"{matrix.Name} {head}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Scaling_inputs_leaves_the_function_where_it_folds(string family)
    {
        IModel model = Small.Model(family: family), scaled = model;
        Batch batch = Small.Batch();
        int folded = 0;
        foreach (Point point in (Point[])[Point.AttentionIn, Point.Heads, Point.MlpIn, Point.Neurons])
            if (InputScaling.Folds(model, 1, point))
            {
                int width = WeightMatrix.InLayer(model, 1).First(m => m.Reads!.Value.Point == point).Columns;
                double[] scales = [.. Enumerable.Range(0, width).Select(i => 0.5 + (i * 7 % 5) / 2.0)];
                IModel changed = scaled.With(scaled.Config, InputScaling.Fold(scaled, 1, point, InputScaling.Shared(scaled, 1, point, scales)));
                Assert.Contains(changed.Weights.All, t => !t.Value.Values.SequenceEqual(scaled.Weights.All[t.Key].Values));
                scaled = changed;
                folded++;
            }
        Assert.True(folded >= 1);
        Small.Close(model.Forward(batch, NoProbe.Instance).Values, scaled.Forward(batch, NoProbe.Instance).Values, family);
    }

    // δᵀ R δ is what an error δ of every query adds to the scores, squared and summed: asked of the model itself
    [Theory]
    [InlineData("bert")]
    [InlineData("gpt2")]
    [InlineData("gpt_neox")]
    [InlineData("llama")]
    [InlineData("gemma2")]
    public void Moments_of_queries_and_keys_are_the_squared_scores_of_an_error(string family)
    {
        IModel model = Small.Model(family: family, width: 16);
        Batch batch = Small.Batch();
        Tensor stream = model.Embed(batch, NoProbe.Instance);
        int width = model.HeadWidth, heads = model.Layers[0].Heads;
        float[] error = [.. Enumerable.Range(0, width).Select(i => MathF.Cos(i + 1))];
        Recorder plain = new();
        model.Attend(0, stream, batch, Heartwood.Lab.Models.Tokens.All, plain);
        AttentionMoments moments = new(model, 0, batch.Positions.Max() + 1);
        moments.Add(batch, stream, plain.Seen[new(0, Point.AttentionIn)], plain.Seen[new(0, Point.AttentionQuery)], plain.Seen[new(0, Point.AttentionKey)]);
        foreach (Projection what in (Projection[])[Projection.Query, Projection.Key])
        {
            Point from = what == Projection.Query ? Point.Query : Point.Key, read = what == Projection.Query ? Point.AttentionQuery : Point.AttentionKey;
            Tensor spread = Tensor.From([.. Enumerable.Range(0, batch.Tokens * heads).SelectMany(_ => error)], batch.Tokens, heads * width);
            Recorder turned = new(inner: new ProbeAt(new(0, from), _ => spread));
            model.Attend(0, stream, batch, Heartwood.Lab.Models.Tokens.All, turned);
            Tensor mine = turned.Seen[new(0, read)], met = plain.Seen[new(0, what == Projection.Query ? Point.AttentionKey : Point.AttentionQuery)];
            double expected = 0;
            for (int s = 0; s < batch.Count; s++)
                for (int t = batch.Offsets[s]; t < batch.Offsets[s + 1]; t++)
                    for (int u = batch.Offsets[s]; u < batch.Offsets[s + 1]; u++)
                    {
                        if (model.Causal && (what == Projection.Query ? u > t : u < t)) continue;
                        double score = 0;
                        for (int i = 0; i < width; i++) score += (double)mine.Values[t * heads * width + i] * met.Values[u * heads * width + i];
                        expected += score * score;
                    }
            double[] r = moments.Outputs(what, 0)!;
            double actual = Enumerable.Range(0, width * width).Sum(i => r[i] * error[i / width] * error[i % width]);
            Assert.True(Math.Abs(actual - expected) <= 1e-4 * expected, $"{what}: {actual}, expected {expected}");
        }
        // the mixes of inputs are what values make of them: W z = the head's mix, without a bias
        WeightMatrix values = WeightMatrix.InLayer(model, 0).Single(m => m.Heads.Any(h => h.What == Projection.Value));
        HeadRows first = values.Heads.First(h => h is { What: Projection.Value, Head: 0 });
        Tensor w = Tensor.From(values.Read(model.Weights), values.Rows, values.Columns).Slice(0, first.Start, first.Count);
        Tensor unbiased = plain.Seen[new(0, Point.AttentionIn)].Linear(w);
        Tensor all = Movement.Concatenate(1, [.. Enumerable.Repeat(unbiased, heads)]);
        Tensor mixes = model.Attend(0, stream, batch, Heartwood.Lab.Models.Tokens.All, new ProbeAt(new(0, Point.Value), _ => all)).Slice(1, 0, width);
        double energy = mixes.Values.ToArray().Sum(v => (double)v * v), own = new RowBlock(0, width, moments.Inputs(0)).Energy(w.Values.ToArray(), values.Columns);
        Assert.True(Math.Abs(energy - own) <= 1e-3 * energy, $"{own}, expected {energy}");
    }

    [Theory]
    [InlineData("llama", "gptq")]
    [InlineData("qwen3", "boa")]
    [InlineData("gpt2", "boa")]
    [InlineData("bert", "learned")]
    [InlineData("gpt_neox", "nearest")]
    public void A_quantized_model_has_few_values_per_group_and_its_bytes_are_counted(string family, string rounding)
    {
        IModel model = Small.Model(family: family, width: 16);
        Scheme scheme = Scheme.Read(TenantSpec.Parse($"quantize,bits=3,group=8,rounding={rounding},embeddings=4", "change"));
        QuantizedModel made = ModelQuantization.Make(model, scheme, [Small.Batch(40)]);
        foreach (WeightMatrix matrix in WeightMatrix.InLayers(model).Concat(WeightMatrix.OfWords(model)))
        {
            float[] values = matrix.Read(made.Model.Weights);
            int most = matrix.Reads is null ? 16 : 8;
            for (int row = 0; row < matrix.Rows; row++)
                foreach (float[] group in values.AsSpan(row * matrix.Columns, matrix.Columns).ToArray().Chunk(8))
                    Assert.True(group.Distinct().Count() <= most, $"{matrix.Name} row {row}");
        }
        Assert.Equal(3, made.Bits);
        Assert.InRange(made.Error, 1e-6, 0.3);
        long codes = made.Matrices.Sum(m => m.Bytes), rest = model.Weights.Count - made.Matrices.Sum(m => (long)m.Rows * m.Columns);
        Assert.Equal(codes + 4 * rest, made.Bytes);
        Assert.True(made.Bytes < model.Weights.StoredBytes / 2);
    }

    [Fact]
    public void A_budget_is_kept_and_goes_where_the_loss_falls_most()
    {
        Dictionary<string, IReadOnlyDictionary<int, BitPlan.Cost>> costs = new()
        {
            ["a"] = new Dictionary<int, BitPlan.Cost> { [2] = new(20, 10), [4] = new(40, 1), [8] = new(80, 0.1) },
            ["b"] = new Dictionary<int, BitPlan.Cost> { [2] = new(20, 2), [4] = new(40, 0.5), [8] = new(80, 0.1) },
        };
        Assert.Equal([2, 2], BitPlan.Within(costs, 59).Matrices.Values);
        Assert.Equal([4, 2], BitPlan.Within(costs, 60).Matrices.Values);
        Assert.Equal([4, 4], BitPlan.Within(costs, 100).Matrices.Values);
        Assert.Equal([8, 8], BitPlan.Within(costs, 1000).Matrices.Values);
        Assert.Contains("larger budget", Assert.Throws<ArgumentException>(() => BitPlan.Within(costs, 39)).Message);
    }

    [Fact]
    public void Kept_parts_have_more_bits_than_the_others()
    {
        IModel model = Small.Model(family: "llama", width: 16);
        Universe universe = model.Universe();
        Part kept = universe.Parts.First(p => $"{p}" == "L0.H1");
        BitPlan plan = BitPlan.ByParts(model, universe, [kept], 8, 3);
        WeightMatrix query = WeightMatrix.InLayer(model, 0)[0];
        CellGrids cells = new(new(GridKind.Symmetric, plan.BitsOf(query.Name)!.Value, 8), query.Rows, query.Columns);
        plan.Raise(query, cells);
        Assert.Equal([3, 8], [cells.At(0, 0).Bits, cells.At(8, 0).Bits]);
        Assert.Equal(5.5, cells.CodeBits);
    }

    [Theory]
    [InlineData("bits=9", "from 2 to 8")]
    [InlineData("bits=4,grid=q4_0", "Leave out bits")]
    [InlineData("group=7", "8 to 4096")]
    [InlineData("bits=3,others=4", "more than bits")]
    [InlineData("rounding=gtpq", "takes gptq, nearest")]
    [InlineData("budget=0.2,bits=4", "Leave out bits")]
    [InlineData("bit=4", "bits")]
    public void Options_that_make_no_sense_are_refused(string options, string said) =>
        Assert.Contains(said, Assert.Throws<ArgumentException>(() => Scheme.Read(TenantSpec.Parse($"quantize,{options}", "change"))).Message);
}
