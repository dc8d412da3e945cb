namespace Heartwood.Lab.Probes;

/// <summary>
/// Which value of a layer passes; shapes are packed, tokens first. In the last layer of an ordinary pass only the tokens that are
/// read are computed: there, all but keys and values show [batch …], one row per sequence. What heads share has fewer heads.
/// </summary>
public enum Point
{
    /// <summary>what the embeddings give to the first layer, [token width]; its layer is 0</summary>
    Embeddings,

    /// <summary>
    /// the residual stream that enters the layer, of the tokens that the layer computes, [token width]; it passes after the heads' mixes
    /// are made and before anything is added, and only what is added to comes from it
    /// </summary>
    LayerIn,

    /// <summary>
    /// what the matrices of queries, keys and values read, [token width]: the normalized stream where a norm stands before attention, else
    /// the stream that enters; of all tokens, in every layer
    /// </summary>
    AttentionIn,

    /// <summary>queries of all heads, [token heads·headWidth]</summary>
    Query,

    /// <summary>keys of all heads, [token heads·headWidth]</summary>
    Key,

    /// <summary>values of all heads, [token heads·headWidth]</summary>
    Value,

    /// <summary>
    /// queries as attention reads them: turned by their positions or scaled, where the family does so, else the same as at
    /// <see cref="Query"/>, [token heads·headWidth]
    /// </summary>
    AttentionQuery,

    /// <summary>keys as attention reads them, [token heads·headWidth]</summary>
    AttentionKey,

    /// <summary>each head's mix of values before the output projection, [token heads·headWidth]</summary>
    Heads,

    /// <summary>what attention adds to the residual stream, bias and a norm after it included, [token width]</summary>
    AttentionOut,

    /// <summary>
    /// the residual stream between attention and MLP, [token width]; nothing passes here where the two stand side by side
    /// </summary>
    Middle,

    /// <summary>what the MLP's first matrices read, [token width]: normalized where a norm stands before the MLP</summary>
    MlpIn,

    /// <summary>the MLP's neurons after their activation, [token neuron]</summary>
    Neurons,

    /// <summary>what the MLP adds to the residual stream, bias and a norm after it included, [token width]</summary>
    MlpOut,

    /// <summary>the residual stream after the layer, [token width]</summary>
    LayerOut,

    /// <summary>what the scores are computed from, [batch width], or [token width] of a language model; its layer is the last</summary>
    BeforeScores,

    /// <summary>scores of the labels, [batch label], or of the vocabulary, [token vocabulary]; its layer is the last</summary>
    Logits,
}

/// <summary>A named point of the forward pass, for example <c>L3.Heads</c>.</summary>
/// <param name="Layer">the layer, from 0</param>
/// <param name="Point">which of its values</param>
public readonly record struct Site(int Layer, Point Point)
{
    /// <summary>For example <c>L3.Heads</c>.</summary>
    public override string ToString() => $"L{Layer}.{Point}";
}
