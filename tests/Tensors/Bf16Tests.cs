using Heartwood.Tensors;
using Heartwood.Tensors.Backends;
using Heartwood.Tensors.Backends.Cpu;

namespace Heartwood.Tests.Tensors;

/// <summary>bf16: rounding, the machine code against plain C#, what stays float32, and where it is not to be had.</summary>
[Collection("the thread team")]
public sealed class Bf16Tests : IDisposable
{
    static readonly IBackend Plain = Machine.All[0];
    readonly IDisposable best = Machine.Using(Plain);           // also where HEARTWOOD_BACKEND names one without bf16

    public void Dispose() => best.Dispose();

    static int[] Bits(ReadOnlySpan<float> values) => Array.ConvertAll(values.ToArray(), BitConverter.SingleToInt32Bits);

    static void NeedsMachineCode() => Assert.SkipWhen(Bf16Code.WhyNot is not null, $"No machine code here: {Bf16Code.WhyNot}.");

    /// <summary>Every number of rows of a tile; inner axes that are odd, empty or longer than a block; columns around a panel.</summary>
    public static TheoryData<int, int, int> Sizes =>
        [.. from rows in (int[])[1, 2, 3, 4, 5, 6, 7, 8, 9, 250] from size in ((int, int)[])[(0, 3), (1, 1), (2, 48), (7, 49), (33, 47), (1601, 100)] select (rows, size.Item1, size.Item2)];

    [Fact]
    public void Rounding_goes_to_the_nearest_and_from_halfway_to_even()
    {
        foreach (float value in Patterns())
        {
            ushort found = Bf16.Bits(value), down = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16), up = (ushort)(down + 1);
            if (float.IsNaN(value)) Assert.True(float.IsNaN(Bf16.Value(found)), $"{value} became {Bf16.Value(found)}");
            else if (float.IsInfinity(value)) Assert.Equal(down, found);
            else
            {
                double below = Math.Abs(Distance(down)), above = Math.Abs(Distance(up));
                Assert.Equal(below < above || (below == above && down % 2 == 0) ? down : up, found);

                // above the largest bf16 the next step would be 2^128, where infinity stands
                double Distance(ushort bits) => (float.IsInfinity(Bf16.Value(bits)) ? Math.CopySign(Math.Pow(2, 128), value) : Bf16.Value(bits)) - (double)value;
            }
        }
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(15), InlineData(16), InlineData(17), InlineData(393_216)]
    public void Rounding_many_is_rounding_each(int count)
    {
        float[] values = [.. Patterns().Take(count)];
        ushort[] found = new ushort[values.Length];
        Bf16.Round(values, found);
        Assert.Equal(Array.ConvertAll(values, Bf16.Bits), found);
    }

    // every upper half with the lower halves at which rounding turns
    static IEnumerable<float> Patterns() =>
        from upper in Enumerable.Range(0, 1 << 16)
        from lower in (int[])[0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF]
        select BitConverter.UInt32BitsToSingle((uint)(upper << 16 | lower));

    [Theory, MemberData(nameof(Sizes))]
    public void Machine_code_and_plain_code_give_the_same_bits(int rows, int inner, int columns)
    {
        NeedsMachineCode();
        foreach (bool transposed in new[] { true, false })
            foreach (Unary? activation in inner == 0 ? new Unary?[] { null } : [null, Unary.GeluErf])
                foreach (bool biased in new[] { true, false })
                {
                    float[] a = Numbers("a", rows * inner), b = Numbers("b", inner * columns), bias = biased ? Numbers("bias", columns) : [];
                    float[] found = Product(new Bf16Products(), a, b, bias, activation), expected = Product(new RoundedProducts(Plain), a, b, bias, activation);
                    Assert.Equal(Bits(expected), Bits(found));

                    float[] Product(IProducts products, float[] left, float[] right, float[] start, Unary? function) =>
                        ProductOf(products, left, rows, inner, right, transposed, columns, start, function);
                }
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Plain_code_is_a_chain_of_multiply_adds_of_rounded_numbers_each_pair_s_second_first(int rows, int inner, int columns)
    {
        float[] a = Numbers("a", rows * inner), b = Numbers("b", inner * columns), found = ProductOf(new RoundedProducts(Plain), a, rows, inner, b, true, columns, [], null);
        for (int r = 0; r < rows; r += 3)
            for (int j = 0; j < columns; j++)
            {
                float sum = 0;
                for (int k = 0; k < inner; k += 2)
                {
                    if (k + 1 < inner) Add(k + 1);
                    Add(k);
                }
                Assert.Equal(sum, found[r * columns + j]);

                void Add(int k) => sum = MathF.FusedMultiplyAdd(Bf16.Value(Bf16.Bits(a[r * inner + k])), Bf16.Value(Bf16.Bits(b[j * inner + k])), sum);
            }
    }

    [Fact]
    public void Numbers_below_the_normal_range_count_as_zero_and_NaN_and_infinity_as_themselves()
    {
        const float tiny = 1e-39f, large = 1e38f, infinity = float.PositiveInfinity;
        (float[] A, float[] B, float Sum)[] cases =
        [
            ([tiny, 1], [large, 2], 2), ([large, 1], [tiny, 2], 2), ([infinity, 1], [1, 1], infinity), ([float.NaN, 1], [1, 1], float.NaN),
            ([infinity, 1], [0, 1], float.NaN), ([large, large], [large, -large], -infinity), ([3.4e38f], [1], infinity),
        ];
        foreach (var (a, b, sum) in cases)
            foreach (IProducts products in (IProducts[])[.. Bf16Code.WhyNot is null ? [new Bf16Products()] : Array.Empty<IProducts>(), new RoundedProducts(Plain)])
                Assert.Equal(sum, ProductOf(products, a, 1, a.Length, b, true, 1, [], null)[0]);
        if (Bf16Code.WhyNot is null) Assert.Equal(0, ProductOf(new Bf16Products(), [1e-20f], 1, 1, [1e-20f], true, 1, [], null)[0]);
    }

    [Fact]
    public void Machine_code_stands_in_memory_that_can_be_executed_and_not_written()
    {
        NeedsMachineCode();
        ulong at = AddressOfTile(8);
        string[] maps = [.. File.ReadLines("/proc/self/maps").Where(line => line.Split(' ')[0].Split('-') is [var from, var to] && Convert.ToUInt64(from, 16) <= at && at < Convert.ToUInt64(to, 16))];
        Assert.Equal("r-xp", Assert.Single(maps).Split(' ')[1]);
    }

    static unsafe ulong AddressOfTile(int rows) => (ulong)(nint)Bf16Code.Tile(rows);

    [Fact]
    public void The_variable_forbids_machine_code()
    {
        var (tiles, why) = Bf16Code.Make("1");
        Assert.Empty(tiles);
        Assert.Equal("HEARTWOOD_NO_MACHINE_CODE=1 forbids machine code", why);
        NeedsMachineCode();
        Assert.Null(Bf16Code.Make(null).WhyNot);
        Assert.Equal(8, Bf16Code.Make("").Tiles.Length);
    }

    [Fact]
    public void Weights_that_are_tracked_stay_float32_with_their_gradients_and_frozen_ones_are_bf16_both_ways()
    {
        Tensor weight = Tensor.Normal(new(1, "w"), 1, 50, 33), frozen = weight.KeepForever(), bias = Tensor.Zeros(50), draw = Tensor.Normal(new(1, "x"), 1, 20, 33);
        (float[] Value, float[] OfX, float[] OfWeight)[] found = [.. new[] { Precision.Float32, Precision.Bf16 }.Select(precision =>
        {
            Tensor x = draw.Detach().Track(), trained = weight.KeepForever().Track();
            Tensor y = x.Linear(trained, bias, precision: precision), z = x.Linear(frozen, bias, precision: precision);
            return (y.Values.ToArray(), z.Sum().Gradients(x)[0].Values.ToArray(), y.Sum().Gradients(trained)[0].Values.ToArray());
        })];
        Assert.Equal(found[0].Value, found[1].Value);
        Assert.Equal(found[0].OfWeight, found[1].OfWeight);
        Assert.NotEqual(found[0].OfX, found[1].OfX);
        Assert.All(found[0].OfX.Zip(found[1].OfX), of => Assert.Equal(of.First, of.Second, 0.1));        // sums of 50 numbers of size 1, each rounded by at most 2⁻⁹
    }

    [Fact]
    public void A_weight_can_be_multiplied_at_one_precision_and_at_the_other_from_several_threads_at_once()
    {
        int before = Machine.Threads;
        Machine.Threads = 3;
        Tensor x = Tensor.Normal(new(1, "x"), 1, 9, 40), w = Tensor.Normal(new(1, "w"), 1, 7, 40).KeepForever();
        float[] exact = At(Precision.Float32), rounded = At(Precision.Bf16);
        float[][] found = new float[64][];
        Parallelism.For(found.Length, i => found[i] = At(i % 2 == 0 ? Precision.Float32 : Precision.Bf16));
        Machine.Threads = before;
        Assert.NotEqual(exact, rounded);
        for (int i = 0; i < found.Length; i++) Assert.Equal(i % 2 == 0 ? exact : rounded, found[i]);

        float[] At(Precision precision) => x.Linear(w, precision: precision).Values.ToArray();
    }

    [Fact]
    public void Every_instruction_set_has_bf16_but_the_reference()
    {
        Tensor x = Tensor.Ones(1, 2), weight = Tensor.Ones(1, 2).KeepForever();
        foreach (string name in Machine.Backends.Where(n => n != "reference"))
        {
            using IDisposable choice = Machine.Using(Machine.Preferred(name));
            string named = Machine.BackendAt(Precision.Bf16);
            Assert.StartsWith($"{name}-", named);
            Assert.Contains("rounded to bf16", Machine.Explain(named));
            Assert.Equal(named.EndsWith("-bf16", StringComparison.Ordinal), Machine.WhyBf16IsSlow is null);
            Assert.Equal((name, null), (Machine.BackendAt(Precision.Float32), Machine.Explain(name)));
        }
        using IDisposable reference = Machine.Using(Machine.Preferred("reference"));
        foreach (Action asked in (Action[])[() => Machine.BackendAt(Precision.Bf16), () => x.Linear(weight, precision: Precision.Bf16)])
            Assert.Contains("computes in float32 only", Assert.Throws<NotSupportedException>(asked).Message);
        Assert.Contains("--precision bf16", Assert.Throws<NotSupportedException>(() => Machine.Preferred("avx2-rounded")).Message);
        Assert.Null(Machine.Explain("reference"));
    }

    static float[] Numbers(string name, int count) => Tensor.Normal(new(1, name), 1, count).Values.ToArray();

    static float[] ProductOf(IProducts products, float[] a, int rows, int inner, float[] b, bool transposed, int columns, float[] bias, Unary? activation)
    {
        Tensor packed = Tensor.Lasting(products.PackedCount(inner, columns));
        products.Pack(b, inner, columns, transposed, packed.Writable);
        float[] c = new float[rows * columns];
        products.MatMul(a, rows, inner, packed.Values, columns, bias, activation, c);
        return c;
    }
}
