using Heartwood.Tensors.Backends;
using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>What training makes small, as a mean over the batch or row by row; in nats where it is a divergence.</summary>
public static class Losses
{
    /// <summary>−mean ln softmax(logits)[label].</summary>
    /// <param name="logits">[batch label]</param>
    /// <param name="labels">the right label of each row</param>
    /// <exception cref="ShapeException">not one label per row, a label that is not there, or no rows</exception>
    public static Tensor CrossEntropy(this Tensor logits, int[] labels)
    {
        var (batch, width) = logits.AsLogits();
        RequireLabels(logits, labels);
        labels = [.. labels];                                    // the gradient needs them after the caller may have changed the array
        Tensor statistics = Tensor.Unset(new(Recording(logits) ? batch : 0, 2));
        float[] losses = new float[batch];
        Machine.Backend.CrossEntropy(logits.Values, labels, width, losses, statistics.Writable);
        double sum = 0;
        foreach (float loss in losses) sum += loss;
        return Record("cross entropy", Tensor.Filled((float)(sum / batch), new()), [logits, statistics], (logits, g =>
        {
            Tensor back = Tensor.Unset(logits.Shape);
            Machine.Backend.CrossEntropySlope(logits.Values, labels, statistics.Values, g.Item / batch, width, back.Writable);
            return back;
        }
        ));
    }

    /// <summary>−ln softmax(logits)[label] of each row.</summary>
    /// <returns>[batch]</returns>
    /// <inheritdoc cref="CrossEntropy"/>
    public static Tensor CrossEntropies(this Tensor logits, int[] labels)
    {
        var (batch, width) = logits.AsLogits();
        RequireLabels(logits, labels);
        labels = [.. labels];
        Tensor statistics = Tensor.Unset(new(Recording(logits) ? batch : 0, 2)), losses = Tensor.Unset(new(batch));
        Machine.Backend.CrossEntropy(logits.Values, labels, width, losses.Writable, statistics.Writable);
        return Record("cross entropies", losses, [logits, statistics], (logits, g =>
        {
            float first = g.Values[0];
            bool even = !g.Values.ContainsAnyExcept(first);      // as in a mean: then one factor serves all rows
            Tensor back = Tensor.Unset(logits.Shape);
            Machine.Backend.CrossEntropySlope(logits.Values, labels, statistics.Values, even ? first : 1, width, back.Writable);
            return even ? back : back * g.As(batch, 1);
        }
        ));
    }

    static void RequireLabels(Tensor logits, int[] labels)
    {
        var (batch, width) = logits.AsLogits();
        if (labels.Length != batch || batch == 0)
            throw new ShapeException($"{logits.Shape} has {batch} rows, {labels.Length} labels were named; "
                + "one each of at least one row is needed.");
        foreach (int label in labels)
            if ((uint)label >= (uint)width) throw new ShapeException($"{logits.Shape} has no label {label}.");
    }

    /// <summary>mean KL(softmax(target) ‖ softmax(logits)) = mean Σ p (ln p − ln q).</summary>
    /// <param name="logits">[batch label], of the model that is changed</param>
    /// <param name="target">[batch label], of the model to be like</param>
    public static Tensor KlFrom(this Tensor logits, Tensor target)
    {
        var (batch, _) = logits.AsLogits();
        target.Require(logits.Shape);
        Tensor p = target.LogSoftmax();
        return (p.Exp() * (p - logits.LogSoftmax())).Sum() * (1f / batch);
    }

    /// <summary>KL(softmax(target) ‖ softmax(logits)) = Σ p (ln p − ln q) of each row.</summary>
    /// <returns>[batch]</returns>
    /// <inheritdoc cref="KlFrom"/>
    public static Tensor KlsFrom(this Tensor logits, Tensor target)
    {
        var (batch, _) = logits.AsLogits();
        Tensor p = target.Require(logits.Shape).LogSoftmax();
        return (p.Exp() * (p - logits.LogSoftmax())).SumTo(new(batch, 1)).As(batch);
    }

    /// <summary>mean (x − target)² over all values.</summary>
    public static Tensor SquaredError(this Tensor x, Tensor target)
    {
        Tensor difference = x - target.Require(x.Shape);
        return (difference * difference).Mean();
    }
}
