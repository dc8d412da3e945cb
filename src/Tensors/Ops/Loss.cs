using Heartwood.Tensors.Backends;
using static Heartwood.Tensors.Differentiation;

namespace Heartwood.Tensors;

/// <summary>What training makes small. Each is a mean over the batch, in nats where it is a divergence.</summary>
public static class Losses
{
    /// <summary>−mean ln softmax(logits)[label].</summary>
    /// <param name="logits">[batch label]</param>
    /// <param name="labels">the right label of each row</param>
    /// <exception cref="ShapeException">not one label per row, a label that is not there, or no rows</exception>
    public static Tensor CrossEntropy(this Tensor logits, int[] labels)
    {
        var (batch, width) = logits.AsLogits();
        if (labels.Length != batch || batch == 0)
            throw new ShapeException($"{logits.Shape} has {batch} rows, {labels.Length} labels were named; "
                + "one each of at least one row is needed.");
        foreach (int label in labels)
            if ((uint)label >= (uint)width) throw new ShapeException($"{logits.Shape} has no label {label}.");
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

    /// <summary>mean (x − target)² over all values.</summary>
    public static Tensor SquaredError(this Tensor x, Tensor target)
    {
        Tensor difference = x - target.Require(x.Shape);
        return (difference * difference).Mean();
    }
}
