using Heartwood.Lab.Probes;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.Lab;

[Collection("the thread team")]
public class DropoutTests
{
    [Fact]
    public void About_the_share_is_dropped_the_rest_is_scaled_up_and_passes_differ()
    {
        DropoutProbe probe = new(0.25f, new(1, "dropout"));
        Tensor ones = Tensor.Ones(100, 40);
        float[] first = probe.At(new(0, Point.MlpOut), ones).Values.ToArray(), second = probe.At(new(1, Point.MlpOut), ones).Values.ToArray();
        Assert.Equal(0.25, first.Count(v => v == 0) / 4000.0, 0.03);
        Assert.All(first.Where(v => v != 0), v => Assert.Equal(4 / 3f, v, 1e-6f));
        Assert.NotEqual(first, second);
        Assert.Equal(first, new DropoutProbe(0.25f, new(1, "dropout")).At(new(0, Point.MlpOut), ones).Values.ToArray());
    }

    [Fact]
    public void Every_backend_and_any_number_of_threads_drop_the_same_values()
    {
        Tensor x = Tensor.Normal(new(2, "x"), 1, 300, 131);
        float[]? first = null;
        int before = Machine.Threads;
        try
        {
            foreach (IBackend backend in Machine.All)
                foreach (int threads in (int[])[1, 3])
                {
                    using IDisposable choice = Machine.Using(backend);
                    Machine.Threads = threads;
                    float[] kept = x.Dropout(0.3f, new Chance(1, "dropout").At(7), 64L << 40).Values.ToArray();
                    Small.SameBits(first ??= kept, kept, $"{backend.Name} on {threads} threads");
                }
        }
        finally { Machine.Threads = before; }
        Assert.Equal(0.3, first!.Count(v => v == 0) / (double)first!.Length, 0.01);
        Assert.Equal(x.Values.ToArray().Average(), first!.Average(), 0.02);
    }

    [Fact]
    public void Each_value_has_a_number_of_its_own_and_so_has_each_of_the_next_tensor()
    {
        long next = Dropping.After(0, 70);
        Assert.Equal(128, next);
        Assert.Equal(Enumerable.Range(0, 256), Enumerable.Range(0, 256).Select(i => (int)DropoutNumbers.IndexFor(i)).Order());
        Assert.All(Enumerable.Range(0, 128), i => Assert.True(DropoutNumbers.IndexFor(i) < next && DropoutNumbers.IndexFor(next + i) >= next));
    }

    [Fact]
    public void The_gradient_is_dropped_where_the_value_was()
    {
        Tensor x = Tensor.Ones(50, 20).Track(), y = x.Dropout(0.4f, new(1, "dropout"));
        Small.SameBits(y.Values, y.Sum().Gradients(x)[0].Values, "gradient");
        Assert.Contains(0f, y.Values.ToArray());
    }

    [Fact]
    public void Only_what_joins_the_residual_stream_is_dropped_and_nothing_at_a_share_of_zero()
    {
        Tensor ones = Tensor.Ones(10, 4);
        foreach (Point point in Enum.GetValues<Point>())
        {
            Assert.Same(ones, new DropoutProbe(0, new(1, "dropout")).At(new(0, point), ones));
            Assert.Equal(point is Point.Embeddings or Point.AttentionOut or Point.MlpOut or Point.BeforeScores, !ReferenceEquals(ones, new DropoutProbe(0.5f, new(1, "dropout")).At(new(0, point), ones)));
        }
    }
}
