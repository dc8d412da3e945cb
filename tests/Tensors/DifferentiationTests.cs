using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.Tensors;

/// <summary>Gradients are returned, computed only where they are wanted, and refuse what has none; shapes are checked at the door.</summary>
public class DifferentiationTests
{
    [Fact]
    public void A_tensor_that_was_changed_before_its_gradient_is_refused()
    {
        Tensor x = Tensor.Ones(2, 3).Track(), w = Tensor.Ones(4, 3).KeepForever(), loss = x.Linear(w).Sum();
        w.Change()[0] = 2;
        Assert.Contains("'linear'", Assert.Throws<InvalidOperationException>(() => loss.Gradients(x)).Message);
    }

    [Fact]
    public void Gradients_with_respect_to_what_was_not_tracked_are_refused()
    {
        Tensor x = Tensor.Ones(3), tracked = Tensor.Ones(3).Track();
        Assert.Contains("Track()", Assert.Throws<InvalidOperationException>(() => (x * tracked).Sum().Gradients(x)).Message);
    }

    [Fact]
    public void Gradients_of_more_than_one_number_are_refused()
    {
        Tensor x = Tensor.Ones(3).Track();
        Assert.Contains("Sum or Mean", Assert.Throws<ShapeException>(() => (x * x).Gradients(x)).Message);
    }

    [Fact]
    public void What_the_root_does_not_depend_on_has_a_gradient_of_zeros()
    {
        Tensor x = Tensor.Ones(3).Track(), other = Tensor.Ones(2, 2).Track();
        Tensor[] slopes = x.Sum().Gradients(other, x);
        Assert.Equal([0, 0, 0, 0], slopes[0].Values.ToArray());
        Assert.Equal([1, 1, 1], slopes[1].Values.ToArray());
    }

    [Fact]
    public void An_expression_without_tracked_tensors_remembers_nothing()
    {
        Tensor y = Tensor.Ones(3, 4).Linear(Tensor.Ones(5, 4), null, Activation.GeluErf).Softmax();
        Assert.Null(y.Origin);
        Assert.False(y.Tracked);
    }

    [Fact]
    public void Gradients_themselves_remember_nothing_and_can_be_asked_for_twice()
    {
        Tensor x = Tensor.From([1, 2], 2).Track(), y = (x * x).Sum();
        Tensor first = y.Gradients(x)[0], second = y.Gradients(x)[0];
        Assert.Null(first.Origin);
        Assert.Equal([2, 4], first.Values.ToArray());
        Assert.Equal([2, 4], second.Values.ToArray());
    }

    [Fact]
    public void The_gradient_by_something_in_between_is_given()
    {
        Tensor x = Tensor.From([1, 2], 2).Track(), square = x * x;
        Assert.Equal([3, 3], (square * 3).Sum().Gradients(square)[0].Values.ToArray());
    }

    [Fact]
    public void A_gradient_that_is_not_wanted_costs_no_product()
    {
        Counting counting = new(Machine.Backend);
        using IDisposable choice = Machine.Using(counting);
        Tensor mask = Tensor.Ones(4).Track(), weight = Tensor.Ones(5, 4), trained = Tensor.Ones(5, 4).Track();
        Tensor frozenLoss = (Tensor.Ones(3, 4) * mask).Linear(weight).Sum(), trainedLoss = (Tensor.Ones(3, 4) * mask).Linear(trained).Sum();
        Assert.Equal(2, counting.Products);
        frozenLoss.Gradients(mask);
        Assert.Equal(3, counting.Products);                      // by the input only
        trainedLoss.Gradients(mask);
        Assert.Equal(4, counting.Products);                      // the weight is tracked, but was not asked for
        trainedLoss.Gradients(trained);
        Assert.Equal(5, counting.Products);                      // by the weight only
        trainedLoss.Gradients(mask, trained);
        Assert.Equal(7, counting.Products);
    }

    [Fact]
    public void A_chain_of_100_000_operations_has_gradients()
    {
        Tensor x = Tensor.Ones(1).Track(), y = x;
        for (int i = 0; i < 100_000; i++) y += x;
        Assert.Equal(100_001, y.Gradients(x)[0].Item);
    }

    [Fact]
    public void Indices_may_be_reused_before_the_gradient_is_taken()
    {
        Tensor table = Tensor.Ones(3, 2).Track();
        int[] rows = [2, 2], labels = [1, 1];
        Tensor chosen = table.Rows(rows), sum = chosen.Sum();
        rows[0] = 0;
        Assert.Equal([0, 0, 0, 0, 2, 2], sum.Gradients(table)[0].Values.ToArray());
        Tensor entropy = chosen.CrossEntropy(labels);
        labels[0] = 0;
        Assert.Equal([0, 0, 0, 0, 0.5f, -0.5f], entropy.Gradients(table)[0].Values.ToArray());
    }

    [Fact]
    public void A_backend_that_this_machine_lacks_is_refused_by_name()
    {
        Assert.Contains("HEARTWOOD_BACKEND=abacus, but this machine has: ", Assert.Throws<NotSupportedException>(() => Machine.Preferred("abacus")).Message);
        Assert.Equal("reference", Machine.Preferred("reference").Name);
        Assert.Same(Machine.All[0], Machine.Preferred(""));
    }

    [Fact]
    public void Shape_errors_name_the_tensor_and_both_shapes()
    {
        Tensor hidden = Tensor.Ones(2, 3, 4), q = Tensor.Ones(4, 6), keys = Tensor.Ones(5, 6);
        Assert.Equal("'hidden' should be [token width], it is [2 3 4].", Assert.Throws<ShapeException>(() => hidden.AsTokens()).Message);
        Assert.Contains("[2 3] and [4] do not broadcast", Assert.Throws<ShapeException>(() => Tensor.Ones(2, 3) + Tensor.Ones(4)).Message);
        Assert.Contains("[7 4] takes a width of 4, the input is [4 6]", Assert.Throws<ShapeException>(() => q.Linear(Tensor.Ones(7, 4))).Message);
        Assert.Contains("should be [4 6], it is [5 6]", Assert.Throws<ShapeException>(() => q.Attention(keys, q, [0, 4], 2)).Message);
        Assert.Contains("4 heads", Assert.Throws<ShapeException>(() => q.Attention(q, q, [0, 4], 4)).Message);
        Assert.Contains("0 to 4 tokens", Assert.Throws<ShapeException>(() => q.Attention(q, q, [0, 3], 2)).Message);
        Assert.Contains("before offset", Assert.Throws<ShapeException>(() => q.Attention(q, q, [0, 3, 2, 4], 2)).Message);
        Assert.Contains("rows 0 to 3", Assert.Throws<ArgumentOutOfRangeException>(() => q.Rows([0, 4])).Message);
        Assert.Contains("rows 0 to 3", Assert.Throws<ArgumentOutOfRangeException>(() => q.Rows([0, -1])).Message);
        Assert.Equal([0, 6], Tensor.Ones(0, 6).Rows([]).Shape.Axes);
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Ones(0, 6).Rows([0]));
        Assert.Contains("no label 6", Assert.Throws<ShapeException>(() => q.CrossEntropy([0, 6, 0, 0])).Message);
        Assert.Contains("no label -1", Assert.Throws<ShapeException>(() => q.CrossEntropy([0, -1, 0, 0])).Message);
        Assert.Contains("no run of 3 from 2", Assert.Throws<ShapeException>(() => q.Slice(0, 2, 3)).Message);
        Assert.Contains("cannot be read as [5 5]", Assert.Throws<ShapeException>(() => q.As(5, 5)).Message);
        Assert.Contains("6 columns meet 4 rows", Assert.Throws<ShapeException>(() => q.MatMul(q)).Message);
        Assert.Contains("should be [6], it is [4 6]", Assert.Throws<ShapeException>(() => q.LayerNorm(Tensor.Ones(6), q, 0)).Message);
        Assert.Contains("width of 6 does not divide into 4 parts", Assert.Throws<ShapeException>(() => q.Mix(Tensor.Ones(4), Tensor.Ones(4, 1))).Message);
        Assert.Contains("'ablation' should be [2 3], it is [3 2]", Assert.Throws<ShapeException>(() => q.Mix(Tensor.Ones(2), Tensor.Ones(3, 2))).Message);
        Assert.Contains("is a constant", Assert.Throws<InvalidOperationException>(() => q.Mix(Tensor.Ones(2), Tensor.Ones(2, 3).Track())).Message);
        Assert.Contains("from 0 to 1 exclusive", Assert.Throws<ArgumentOutOfRangeException>(() => q.Dropout(1, default)).Message);
        Assert.Contains("multiple of 64", Assert.Throws<ArgumentOutOfRangeException>(() => q.Dropout(0.5f, default, 24)).Message);
        Assert.Contains("should be [4 3], it is [4 6]", Assert.Throws<ShapeException>(() => q.Attention(q, q, [0, 4], [0, 4], [2], false)).Message);
        Assert.Contains("one head or more, not 0", Assert.Throws<ShapeException>(() => q.Attention(q, q, [0, 4], [0, 4], [2, 0], false)).Message);
        Assert.Contains("width of 6 does not divide into heads of 4", Assert.Throws<ShapeException>(() => q.Rotate(Tensor.Ones(4, 4), [0, 1, 2, 3])).Message);
        Assert.Contains("heads of 3, an even number", Assert.Throws<ShapeException>(() => q.Rotate(Tensor.Ones(4, 3), [0, 1, 2, 3])).Message);
        Assert.Contains("4 values of a head are turned, a head has 3", Assert.Throws<ShapeException>(() => q.Rotate(Tensor.Ones(4, 4), [0, 1, 2, 3], 3)).Message);
        Assert.Contains("width of 6 does not divide into heads of 4", Assert.Throws<ShapeException>(() => q.Rotate(Tensor.Ones(4, 2), [0, 1, 2, 3], 4)).Message);
        Assert.Contains("4 rows, 3 positions", Assert.Throws<ShapeException>(() => q.Rotate(Tensor.Ones(4, 2), [0, 1, 2])).Message);
        Assert.Contains("positions 0 to 3", Assert.Throws<ArgumentOutOfRangeException>(() => q.Rotate(Tensor.Ones(4, 2), [0, 1, 2, 4])).Message);
        Assert.Contains("do not concatenate along axis 1", Assert.Throws<ShapeException>(() => Movement.Concatenate(1, q, keys)).Message);
    }

    /// <summary>A backend that counts its matrix products.</summary>
    sealed class Counting(IBackend inner) : IBackend
    {
        internal int Products { get; private set; }

        public string Name => inner.Name;

        public void MatMul(ReadOnlySpan<float> a, int rows, int depth, ReadOnlySpan<float> packed, int columns, ReadOnlySpan<float> bias, Unary? activation, Span<float> c)
        {
            Products++;
            inner.MatMul(a, rows, depth, packed, columns, bias, activation, c);
        }

        public void MatMulOnce(ReadOnlySpan<float> a, int rows, int depth, bool transposed, ReadOnlySpan<float> b, int columns, bool turned, ReadOnlySpan<float> bias, Unary? activation, Span<float> c)
        {
            Products++;
            inner.MatMulOnce(a, rows, depth, transposed, b, columns, turned, bias, activation, c);
        }

        public void Map(Unary op, ReadOnlySpan<float> x, Span<float> y, float p = 0, float q = 0) => inner.Map(op, x, y, p, q);
        public void MapSlope(Unary op, ReadOnlySpan<float> x, ReadOnlySpan<float> g, Span<float> y, float p = 0, float q = 0) => inner.MapSlope(op, x, g, y, p, q);
        public void Zip(Binary op, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y, Walk walk) => inner.Zip(op, a, b, y, walk);
        public void Sum(ReadOnlySpan<float> x, int outer, int count, int width, Span<float> y) => inner.Sum(x, outer, count, width, y);
        public double SumOfSquares(ReadOnlySpan<float> x) => inner.SumOfSquares(x);
        public void Rows(ReadOnlySpan<float> table, ReadOnlySpan<int> indices, int width, Span<float> y) => inner.Rows(table, indices, width, y);
        public void RowsSlope(ReadOnlySpan<float> g, ReadOnlySpan<int> indices, int width, Span<float> dTable) => inner.RowsSlope(g, indices, width, dTable);
        public void CrossEntropy(ReadOnlySpan<float> x, ReadOnlySpan<int> labels, int width, Span<float> losses, Span<float> statistics) => throw new NotSupportedException();
        public void CrossEntropySlope(ReadOnlySpan<float> x, ReadOnlySpan<int> labels, ReadOnlySpan<float> statistics, float factor, int width, Span<float> dx) => throw new NotSupportedException();
        public int PackedCount(int depth, int columns) => inner.PackedCount(depth, columns);
        public void Pack(ReadOnlySpan<float> b, int depth, int columns, bool turned, Span<float> packed) => inner.Pack(b, depth, columns, turned, packed);
        public void Softmax(ReadOnlySpan<float> x, int rows, int width, bool logarithm, Span<float> y) => throw new NotSupportedException();
        public void SoftmaxSlope(ReadOnlySpan<float> y, ReadOnlySpan<float> g, int rows, int width, bool logarithm, Span<float> dx) => throw new NotSupportedException();
        public void LayerNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> shift, int rows, int width, float epsilon, Span<float> y, Span<float> statistics) => throw new NotSupportedException();
        public void LayerNormSlope(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> statistics, ReadOnlySpan<float> g, int rows, int width, Span<float> dx, Span<float> dGain, Span<float> dShift) => throw new NotSupportedException();
        public void RmsNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, int rows, int width, float epsilon, Span<float> y, Span<float> statistics) => throw new NotSupportedException();
        public void RmsNormSlope(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> statistics, ReadOnlySpan<float> g, int rows, int width, Span<float> dx, Span<float> dGain) => throw new NotSupportedException();
        public void Rotate(ReadOnlySpan<float> x, ReadOnlySpan<float> turns, ReadOnlySpan<int> positions, int headWidth, int turned, bool back, Span<float> y) => throw new NotSupportedException();
        public void Attention(ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, AttentionPlan plan, Span<float> context, Span<float> statistics) => throw new NotSupportedException();
        public void AttentionSlope(ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, ReadOnlySpan<float> statistics, ReadOnlySpan<float> g, AttentionPlan plan, Span<float> dq, Span<float> dk, Span<float> dv) => throw new NotSupportedException();
        public void Mix(ReadOnlySpan<float> x, ReadOnlySpan<float> mask, ReadOnlySpan<float> ablation, int rows, Span<float> y) => throw new NotSupportedException();
        public void MixSlope(ReadOnlySpan<float> x, ReadOnlySpan<float> mask, ReadOnlySpan<float> ablation, ReadOnlySpan<float> g, int rows, Span<float> dx, Span<float> dMask) => throw new NotSupportedException();
        public void Dropout(ReadOnlySpan<float> x, Chance chance, long first, float share, Span<float> y) => throw new NotSupportedException();
        public void AdamW(Span<float> weight, ReadOnlySpan<float> gradient, Span<float> mean, Span<float> square, AdamStep step) => throw new NotSupportedException();
    }
}
