using Heartwood.Lab.Models;

namespace Heartwood.Bench.Models;

/// <summary>How many floating-point operations a model's passes must do: matrix products and attention; all else is small beside them.</summary>
static class Arithmetic
{
    /// <summary>Of a pass to every hidden state behind the last layer.</summary>
    public static double Hidden(IModel model, Batch batch) => model.Layers.Sum(l => Layer(model, l, batch, batch.Tokens, batch.Lengths().Sum(n => (double)n * n)));

    /// <summary>Of a pass to the labels' scores: the last layer is needed behind its keys and values for one token of each sequence only.</summary>
    public static double Labels(IModel model, Batch batch) => Hidden(model, batch)
        + Layer(model, model.Layers[^1], batch, batch.Count, batch.Tokens) - Layer(model, model.Layers[^1], batch, batch.Tokens, batch.Lengths().Sum(n => (double)n * n));

    // keys and values of all tokens; queries, output projection and MLP of some; scores and mixes for so many pairs of tokens
    static double Layer(IModel model, LayerShape layer, Batch batch, double tokens, double pairs)
    {
        double heads = layer.Heads * model.HeadWidth;
        return 2.0 * model.Width * (batch.Tokens * 2 * heads + tokens * (2 * heads + 2.0 * layer.Neurons)) + 4 * pairs * heads;
    }
}
