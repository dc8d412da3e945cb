using Heartwood.Bench.Harness;
using Heartwood.Tensors;

namespace Heartwood.Bench.Ops;

/// <summary>What is timed of an operation.</summary>
static class Passes
{
    /// <summary>The operation, its results taken back at once.</summary>
    public static Action Forward(Func<Tensor> operation) => () =>
    {
        using Scope scope = Scope.Open();
        operation();
    };

    /// <summary>The backward pass alone, from a gradient of the result to those of the inputs; the forward pass is done and kept.</summary>
    /// <param name="result">what the inputs were made into</param>
    /// <param name="inputs">tracked</param>
    public static Action Backward(Tensor result, params Tensor[] inputs)
    {
        Tensor slope = Draw.Numbers("slope", result.Shape.Axes);
        Tensor root = Differentiation.Record("root", Tensor.Filled(0, new()), [], (result, _ => slope));
        return () =>
        {
            using Scope scope = Scope.Open();
            root.Gradients(inputs);
        };
    }
}

/// <summary>Inputs, the same in every run.</summary>
static class Draw
{
    /// <summary>Uniform numbers between −1 and 1, in memory that outlives scopes.</summary>
    public static Tensor Numbers(string purpose, params ReadOnlySpan<int> axes)
    {
        Tensor made = Tensor.Lasting(axes);
        Chance chance = new(1, purpose);
        Span<float> values = made.Change();
        for (int i = 0; i < values.Length; i++) values[i] = 2 * chance.Uniform(i) - 1;
        return made;
    }

    /// <summary>Whole numbers from 0 to below <paramref name="below"/>.</summary>
    public static int[] Indices(string purpose, int count, int below)
    {
        ChanceStream stream = new Chance(1, purpose).Stream();
        return [.. Enumerable.Range(0, count).Select(_ => stream.Below(below))];
    }
}

/// <summary>Means over an entry's rows.</summary>
static class Means
{
    /// <summary>One row with the geometric means of peak share and ratio.</summary>
    public static Row Geometric(IReadOnlyList<Row> rows, Target target)
    {
        double? share = GeometricMean(rows.Select(r => r.PeakShare)), ratio = GeometricMean(rows.Select(r => r.Ratio));
        return new Row
        {
            Entry = rows[0].Entry,
            Size = $"geometric mean of {rows.Count}",
            Threads = rows[0].Threads,
            PeakShare = share,
            PeakInterval = Interval.OfMean(rows.Select(r => r.PeakInterval), share),
            Ratio = ratio,
            RatioInterval = Interval.OfMean(rows.Select(r => r.RatioInterval), ratio),
        }.Judged(target);
    }

    static double? GeometricMean(IEnumerable<double?> values) =>
        values.All(v => v is not null) ? Math.Exp(values.Average(v => Math.Log(v!.Value))) : null;
}
