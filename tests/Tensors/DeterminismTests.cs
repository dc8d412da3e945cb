using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.Tensors;

/// <summary>The same machine, backend and seed give the same bits on any number of threads.</summary>
[Collection("the thread team")]
public class DeterminismTests
{
    public static TheoryData<string> Backends => [.. Machine.All.Select(b => b.Name)];

    /// <summary>Every backend with every precision that it has.</summary>
    public static TheoryData<string, Precision> Precisions =>
        [.. from backend in Machine.All from precision in Enum.GetValues<Precision>()
            where precision == Precision.Float32 || backend.Bf16 is not null select (backend.Name, precision)];

    static int[] BitsOf(float[] values) => Array.ConvertAll(values, BitConverter.SingleToInt32Bits);

    [Theory, MemberData(nameof(Backends))]
    public void Loss_and_gradients_have_the_same_bits_on_1_2_3_and_5_threads(string backend)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        int before = Machine.Threads;
        try
        {
            Machine.Threads = 1;
            int[] one = BitsOf(Network.Run());
            foreach (int threads in new[] { 1, 2, 3, 5 })
            {
                Machine.Threads = threads;
                Assert.Equal(one, BitsOf(Network.Run()));
            }
        }
        finally
        {
            Machine.Threads = before;
        }
    }

    [Theory, MemberData(nameof(Precisions))]
    public void Big_sums_and_products_have_the_same_bits_on_any_number_of_threads(string backend, Precision precision)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        int before = Machine.Threads;
        try
        {
            int[]? first = null;
            foreach (int threads in new[] { 1, 2, 3, 5 })
            {
                Machine.Threads = threads;
                using Scope scope = Scope.Open();
                Tensor x = Tensor.Normal(new Chance(1, "x"), 1, 900, 65).Track(), w = Tensor.Normal(new Chance(1, "w"), 1, 130, 65).Track(), gain = Tensor.Ones(130).Track();
                Tensor mask = Tensor.Filled(0.3f, new(5)).Track();
                Tensor y = x.Linear(w).LayerNorm(gain, Tensor.Zeros(130), 1e-5f).Tanh().Mix(mask, Tensor.Filled(0.1f, new(5, 26))).Sum();
                float[] values = [y.Item, .. y.Gradients(x, w, gain, mask).SelectMany(g => g.Values.ToArray()),
                    .. x.Linear(w.KeepForever(), gain, Activation.GeluErf, precision: precision).Values];
                int[] offsets = [.. Enumerable.Range(0, 10).Select(i => 100 * i)];
                Tensor k = Tensor.Normal(new Chance(1, "k"), 1, 900, 2 * 26).Track(), turns = Tensor.Normal(new Chance(1, "turns"), 1, 900, 26);
                Tensor mixed = x.Linear(w).RmsNorm(gain, 1e-5f).Rotate(turns, [.. Enumerable.Range(0, 900)])
                    .Rotate(turns.Slice(1, 0, 12), [.. Enumerable.Range(0, 900)], 26)
                    .Attention(k, k * 2, offsets, offsets, [3, 2], true)
                    .Attention(k, k * 3, offsets, offsets, [4, 1], true, 37)
                    .Attention(k, k, offsets, offsets, [3, 2], true, 37, 2).Silu().Sum();
                values = [.. values, mixed.Item, .. mixed.Gradients(x, w, gain, k).SelectMany(g => g.Values.ToArray())];
                Assert.Equal(first ??= BitsOf(values), BitsOf(values));
            }
        }
        finally
        {
            Machine.Threads = before;
        }
    }

    [Fact]
    public void Matrix_products_have_the_same_bits_on_every_fast_backend()
    {
        int[]? first = null;
        foreach (IBackend backend in Machine.All.Where(b => b.Name != "reference"))
        {
            using IDisposable choice = Machine.Using(backend);
            Tensor x = Tensor.Normal(new Chance(1, "x"), 1, 37, 1601), w = Tensor.Normal(new Chance(1, "w"), 1, 53, 1601), b = Tensor.Normal(new Chance(1, "b"), 1, 53);
            int[] bits = BitsOf(x.Linear(w, b).Values.ToArray());
            Assert.Equal(first ??= bits, bits);
        }
    }

    [Theory, MemberData(nameof(Precisions))]
    public void A_row_of_a_product_does_not_depend_on_the_rows_next_to_it(string backend, Precision precision)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        Tensor x = Tensor.Normal(new Chance(1, "x"), 1, 37, 50), w = Tensor.Normal(new Chance(1, "w"), 1, 53, 50);
        int[] all = BitsOf(x.Linear(w, precision: precision).Values.ToArray());
        for (int row = 0; row < 37; row++)
            Assert.Equal(all.AsSpan(row * 53, 53).ToArray(), BitsOf(x.Slice(0, row, 1).Linear(w, precision: precision).Values.ToArray()));
    }

    // rows that fill no vector, or end in half a one, taken several at once; and so many values that gradients are written past the caches
    [Theory, MemberData(nameof(Backends))]
    public void A_row_of_a_softmax_and_of_its_gradient_does_not_depend_on_the_rows_beside_it(string backend)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        foreach (var (rows, width) in ((int, int)[])[(37, 24), (21, 4), (19, 67), (700, 6007)])
            foreach (Func<Tensor, Tensor> softmax in (Func<Tensor, Tensor>[])[t => t.Softmax(), t => t.LogSoftmax()])
            {
                Tensor x = Tensor.Normal(new Chance(1, "x"), 1, rows, width), g = Tensor.Normal(new Chance(1, "g"), 1, rows, width);
                (int[] y, int[] dx) all = Of(softmax, x, g);
                foreach (int row in (int[])[0, 1, rows / 2, rows - 1])
                {
                    (int[] y, int[] dx) alone = Of(softmax, x.Slice(0, row, 1), g.Slice(0, row, 1));
                    Assert.Equal(all.y.AsSpan(row * width, width).ToArray(), alone.y);
                    Assert.Equal(all.dx.AsSpan(row * width, width).ToArray(), alone.dx);
                }
            }

        static (int[] Y, int[] Dx) Of(Func<Tensor, Tensor> softmax, Tensor x, Tensor g)
        {
            Tensor y = softmax(x.Track());
            return (BitsOf(y.Values.ToArray()), BitsOf((y * g).Sum().Gradients(x)[0].Values.ToArray()));
        }
    }

    // so large that it is cleared past the caches, in runs that begin anywhere in a cache line
    [Theory, MemberData(nameof(Backends))]
    public void The_gradient_of_a_table_that_no_cache_holds_is_zero_but_for_the_rows_that_were_read(string backend)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        const int rows = 70_000, width = 67;
        int[] read = [3, rows - 1, 3, 41_234];
        Tensor table = Tensor.Zeros(rows, width).Track(), g = Tensor.Normal(new Chance(1, "g"), 1, read.Length, width);
        using Scope scope = Scope.Open();
        Tensor before = Tensor.Normal(new Chance(1, "left in memory"), 1, rows, width);
        Scope.Replace(before, g);                                // its memory is lent again, not cleared
        float[] slopes = (table.Rows(read) * g).Sum().Gradients(table)[0].Values.ToArray(), expected = new float[rows * width];
        for (int i = 0; i < read.Length; i++)
            for (int c = 0; c < width; c++) expected[read[i] * width + c] += g.Values[i * width + c];
        Assert.True(expected.AsSpan().SequenceEqual(slopes));
    }

    [Theory, MemberData(nameof(Backends))]
    public void A_mask_of_ones_changes_nothing_and_a_mask_of_zeros_leaves_the_ablation(string backend)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        Tensor value = Tensor.Normal(new Chance(1, "value"), 1e3f, 40, 4 * 33), ablation = Tensor.Normal(new Chance(1, "ablation"), 1e-3f, 4, 33);
        (value.Change()[0], value.Change()[1], ablation.Change()[2]) = (-0f, float.PositiveInfinity, -0f);
        Assert.Equal(BitsOf(value.Values.ToArray()), BitsOf(value.Mix(Tensor.Ones(4), ablation).Values.ToArray()));
        Assert.Equal(BitsOf([.. Enumerable.Range(0, 40).SelectMany(_ => ablation.Values.ToArray())]), BitsOf(value.Mix(Tensor.Zeros(4), ablation).Values.ToArray()));
        Tensor other = Tensor.Normal(new Chance(2, "ablation"), 1e-3f, 40, 4 * 33);
        other.Change()[5] = -0f;
        Assert.Equal(BitsOf(value.Values.ToArray()), BitsOf(value.Mix(Tensor.Ones(4), other).Values.ToArray()));
        Assert.Equal(BitsOf(other.Values.ToArray()), BitsOf(value.Mix(Tensor.Zeros(4), other).Values.ToArray()));
    }
}
