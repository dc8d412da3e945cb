using Heartwood.Lab.Models;

namespace Heartwood.Bench.Models;

/// <summary>How many floating-point operations a model's passes must do: matrix products and attention; all else is small beside them.</summary>
static class Arithmetic
{
    /// <summary>Of a forward pass through every layer.</summary>
    public static double Forward(IModel model, Batch batch)
    {
        double pairs = Enumerable.Range(0, batch.Count).Sum(s => Math.Pow(batch.Offsets[s + 1] - batch.Offsets[s], 2));
        return model.Layers.Sum(l => 2.0 * batch.Tokens * model.Width * (4.0 * l.Heads * model.HeadWidth + 2.0 * l.Neurons) + 4.0 * pairs * l.Heads * model.HeadWidth);
    }
}
