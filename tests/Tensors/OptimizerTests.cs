using System.Text.Json;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.Tensors;

/// <summary>AdamW and clipping against an independent implementation (tests/goldens/optimizer/make.py).</summary>
[Collection("the thread team")]
public class OptimizerTests
{
    public static TheoryData<string> Backends => [.. Machine.Backends];

    static Tensor Read(JsonElement values) => Tensor.From([.. values.EnumerateArray().Select(v => v.GetSingle())], values.GetArrayLength());

    [Theory, MemberData(nameof(Backends))]
    public void Clipped_steps_with_decay_and_a_falling_rate_equal_the_independent_ones(string backend)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "goldens", "optimizer", "adamw.json")));
        JsonElement root = golden.RootElement, steps = root.GetProperty("steps");
        Tensor[] weights = [.. root.GetProperty("start").EnumerateArray().Select(Read)];
        AdamW adam = new(weights);
        float rate = root.GetProperty("rate").GetSingle(), decay = root.GetProperty("decay").GetSingle();
        for (int step = 0; step < steps.GetArrayLength(); step++)
        {
            Tensor[] gradients = [.. steps[step].GetProperty("gradients").EnumerateArray().Select(Read)];
            double norm = Clipping.Norm(gradients);
            Assert.Equal(steps[step].GetProperty("norm").GetDouble(), norm, 1e-5 * norm);
            adam.Step(gradients, rate * (1 - step / (float)steps.GetArrayLength()), [decay, 0], Clipping.Factor(norm, root.GetProperty("most").GetDouble()));
            foreach (var (weight, expected) in weights.Zip(steps[step].GetProperty("weights").EnumerateArray()))
                for (int i = 0; i < weight.Count; i++) Assert.Equal(expected[i].GetSingle(), weight.Values[i], 3e-6f);
        }
        Assert.Equal(12, adam.Steps);
    }

    [Fact]
    public void A_restored_optimizer_goes_on_to_the_same_bits()
    {
        Tensor[] Start() => [Tensor.Normal(new Chance(1, "w"), 1, 50)];
        Tensor gradient(int step) => Tensor.Normal(new Chance(1, "g").At(step), 1, 50);
        Tensor[] straight = Start(), resumed = Start();
        AdamW first = new(straight), before = new(resumed);
        for (int step = 0; step < 6; step++) first.Step([gradient(step)], 0.1f);
        for (int step = 0; step < 3; step++) before.Step([gradient(step)], 0.1f);
        AdamW after = new(resumed) { Steps = before.Steps };
        before.Means[0].Values.CopyTo(after.Means[0].Change());
        before.Squares[0].Values.CopyTo(after.Squares[0].Change());
        for (int step = 3; step < 6; step++) after.Step([gradient(step)], 0.1f);
        Assert.Equal(straight[0].Values.ToArray(), resumed[0].Values.ToArray());
    }

    [Fact]
    public void Many_tensors_at_once_take_the_same_step_as_one_by_one_on_any_number_of_threads()
    {
        int[] counts = [5, 70_000, 1, 9_000, 9_000, 65_536, 65_535, 300, 0, 20_000, 3];
        Tensor Made(string purpose, int i) => Tensor.Normal(new Chance(7, purpose).At(i), 1, counts[i]);
        Tensor[] gradients = [.. counts.Select((_, i) => Made("g", i))], alone = [.. counts.Select((_, i) => Made("w", i))];
        double square = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            new AdamW([alone[i]]).Step([gradients[i]], 0.1f, [i % 3], 0.5f);
            square += Math.Pow(Clipping.Norm([gradients[i]]), 2);
        }
        List<double> norms = [];
        int before = Machine.Threads;
        try
        {
            foreach (int threads in (int[])[1, 2, 3])
            {
                Machine.Threads = threads;
                Tensor[] together = [.. counts.Select((_, i) => Made("w", i))];
                new AdamW(together).Step(gradients, 0.1f, [.. counts.Select((_, i) => (float)(i % 3))], 0.5f);
                for (int i = 0; i < counts.Length; i++) Assert.Equal(alone[i].Values.ToArray(), together[i].Values.ToArray());
                norms.Add(Clipping.Norm(gradients));
            }
        }
        finally
        {
            Machine.Threads = before;
        }
        Assert.Equal(Math.Sqrt(square), norms[0], 1e-9);
        Assert.Single(norms.Distinct());
    }

    [Fact]
    public void A_scale_of_minus_one_climbs()
    {
        Tensor weight = Tensor.Zeros(1);
        new AdamW([weight]).Step([Tensor.Ones(1)], 0.5f, scale: -1);
        Assert.Equal(0.5f, weight.Item, 1e-6f);
    }

    [Fact]
    public void Gradients_of_another_shape_are_refused() =>
        Assert.Contains("should be [3], it is [4]", Assert.Throws<ShapeException>(() => new AdamW([Tensor.Ones(3)]).Step([Tensor.Ones(4)], 1)).Message);

    [Theory]
    [InlineData(0.5, 1, 1)]
    [InlineData(4, 1, 0.25)]
    [InlineData(0, 1, 1)]
    public void Clipping_only_shrinks(double norm, double most, float expected) => Assert.Equal(expected, Clipping.Factor(norm, most));

    [Theory, MemberData(nameof(Backends))]
    public void The_norm_is_of_all_gradients_and_the_same_on_any_number_of_threads(string backend)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        Tensor[] gradients = [.. new[] { 1, 7, 15, 16, 17, 31, 1000, 40001 }.Select(n => Tensor.Normal(new Chance(1, $"{n}"), 3, n))];
        double expected = Math.Sqrt(gradients.Sum(g => g.Values.ToArray().Sum(v => (double)v * v)));
        int before = Machine.Threads;
        try
        {
            Machine.Threads = 1;
            double one = Clipping.Norm(gradients);
            Assert.Equal(expected, one, 2e-6 * expected);
            Machine.Threads = 3;
            Assert.Equal(one, Clipping.Norm(gradients));
        }
        finally { Machine.Threads = before; }
    }
}
