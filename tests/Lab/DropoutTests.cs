using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab;

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
    public void Only_what_joins_the_residual_stream_is_dropped_and_nothing_at_a_share_of_zero()
    {
        Tensor ones = Tensor.Ones(10, 4);
        foreach (Point point in Enum.GetValues<Point>())
        {
            Assert.Same(ones, new DropoutProbe(0, new(1, "dropout")).At(new(0, point), ones));
            Assert.Equal(point is Point.Embeddings or Point.AttentionOut or Point.MlpOut or Point.Pooled, !ReferenceEquals(ones, new DropoutProbe(0.5f, new(1, "dropout")).At(new(0, point), ones)));
        }
    }
}
