using System.Text.Json;
using Heartwood.Tensors;

namespace Heartwood.Tests.Tensors;

/// <summary>The generator against an independent implementation (tests/goldens/chance/make.py), and the shape of its numbers.</summary>
public class ChanceTests
{
    const int Many = 200_000;

    [Fact]
    public void Bits_equal_those_of_an_independent_Philox()
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "goldens", "chance", "philox.json")));
        foreach (JsonElement row in golden.RootElement.EnumerateArray())
        {
            Chance chance = new Chance(row.GetProperty("seed").GetUInt64(), row.GetProperty("purpose").GetString()!).At(row.GetProperty("step").GetInt64());
            Assert.Equal(row.GetProperty("bits").GetUInt32(), chance.Bits(row.GetProperty("index").GetInt64()));
        }
        Assert.Equal(189, golden.RootElement.GetArrayLength());
    }

    [Fact]
    public void Uniform_numbers_fill_the_open_interval_evenly()
    {
        Chance chance = new(7, "uniform");
        int[] bins = new int[100];
        for (int i = 0; i < Many; i++)
        {
            float u = chance.Uniform(i);
            Assert.True(u is > 0 and < 1);
            bins[(int)(u * 100)]++;
        }
        double chiSquare = bins.Sum(b => Math.Pow(b - Many / 100.0, 2) / (Many / 100.0));
        Assert.InRange(chiSquare, 50, 160);                      // 99 degrees of freedom: 99 ± 14
    }

    [Fact]
    public void Normal_numbers_have_the_moments_of_the_normal_distribution()
    {
        Chance chance = new(7, "normal");
        double mean = 0, square = 0, fourth = 0, neighbours = 0;
        for (int i = 0; i < Many; i++)
        {
            double x = chance.Normal(i);
            mean += x / Many;
            square += x * x / Many;
            fourth += x * x * x * x / Many;
            neighbours += x * chance.Normal(i + 1) / Many;
        }
        Assert.Equal(0, mean, 0.01);
        Assert.Equal(1, square, 0.015);
        Assert.Equal(3, fourth, 0.12);
        Assert.Equal(0, neighbours, 0.01);
    }

    [Fact]
    public void Seeds_purposes_and_steps_share_no_numbers()
    {
        Chance[] all = [new(1, "a"), new(2, "a"), new(1, "b"), new(1, "ab"), new Chance(1, "a").At(1), new Chance(1, "a").At(1L << 32)];
        Assert.Equal(all.Length * 1000, all.SelectMany(c => Enumerable.Range(0, 1000).Select(i => ((ulong)c.Bits(4 * i) << 32) | c.Bits(4 * i + 1))).Distinct().Count());
    }

    [Fact]
    public void A_stream_draws_below_its_bound_and_shuffles_without_loss()
    {
        ChanceStream stream = new Chance(3, "stream").Stream();
        int[] seen = new int[7];
        for (int i = 0; i < 70_000; i++) seen[stream.Below(7)]++;
        Assert.All(seen, count => Assert.InRange(count, 9_600, 10_400));
        int[] items = [.. Enumerable.Range(0, 100)];
        stream.Shuffle(items.AsSpan());
        Assert.NotEqual(Enumerable.Range(0, 100), items);
        Assert.Equal(Enumerable.Range(0, 100), items.Order());
        Assert.InRange(Enumerable.Range(0, 10_000).Count(_ => stream.Flip(0.3)), 2_800, 3_200);
    }
}
