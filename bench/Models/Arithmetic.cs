using Heartwood.Lab.Models;

namespace Heartwood.Bench.Models;

/// <summary>How many floating-point operations a model's passes must do: matrix products and attention; all else is small.</summary>
static class Arithmetic
{
    /// <summary>Of a pass to every hidden state after the last layer.</summary>
    public static double Hidden(IModel model, Batch batch) => model.Layers.Sum(l => Layer(model, l, batch));

    /// <summary>
    /// Of a pass to the labels' scores: after its keys and values, the last layer is needed for one token of each sequence only.
    /// </summary>
    public static double Labels(IModel model, Batch batch)
    {
        LayerShape last = model.Layers[^1];
        return Hidden(model, batch) - Layer(model, last, batch) + Layer(model, last, batch, batch.Count, batch.Tokens);
    }

    static double Layer(IModel model, LayerShape layer, Batch batch) =>
        Layer(model, layer, batch, batch.Tokens, batch.Lengths().Sum(n => (double)n * n));

    // keys and values of all tokens; queries, output projection and MLP of some; scores and mixes for `pairs` pairs of tokens
    static double Layer(IModel model, LayerShape layer, Batch batch, double tokens, double pairs)
    {
        double heads = layer.Heads * model.HeadWidth;
        return 2.0 * model.Width * (batch.Tokens * 2 * heads + tokens * (2 * heads + 2.0 * layer.Neurons)) + 4 * pairs * heads;
    }
}
