namespace Heartwood.Tensors;

/// <summary>What training makes small. Each is a mean over the batch, in nats where it is a divergence.</summary>
public static class Losses
{
    /// <summary>−mean ln softmax(logits)[label].</summary>
    /// <param name="logits">[batch label]</param>
    /// <param name="labels">the right label of each row</param>
    public static Tensor CrossEntropy(this Tensor logits, int[] labels) => logits.LogSoftmax().Pick(labels).Mean() * -1;

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
