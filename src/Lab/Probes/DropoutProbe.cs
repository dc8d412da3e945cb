using Heartwood.Tensors;

namespace Heartwood.Lab.Probes;

/// <summary>
/// Dropout (Srivastava et al. 2014) for one training step: zeroes values with a probability and scales the others up, at the embeddings
/// and at what attention and MLP add to the residual stream, as BERT's hidden dropout does.
/// </summary>
/// <param name="share">probability that a value is dropped, 0 to 1 exclusive</param>
/// <param name="chance">the step's random numbers</param>
public sealed class DropoutProbe(float share, Chance chance) : IProbe
{
    long next;

    /// <inheritdoc/>
    public Tensor At(Site site, Tensor value)
    {
        if (share == 0 || site.Point is not (Point.Embeddings or Point.AttentionOut or Point.MlpOut or Point.BeforeScores)) return value;
        Tensor kept = value.Dropout(share, chance, next);
        next = Dropping.After(next, value.Count);
        return kept;
    }
}
