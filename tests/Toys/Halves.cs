using Heartwood.Lab.Models;

namespace Heartwood.Tests.Toys;

/// <summary>
/// Halves of MLPs, <c>L3.HALF0</c>: the first and the second half of a layer's neurons, the first one larger by one where they are odd.
/// </summary>
static class Halves
{
    public static PartKind Kind { get; } = new("halves", "HALF", "half of an MLP", "halves of MLPs", Numbered: true, Places);

    static IEnumerable<Place> Places(IModel model)
    {
        for (int layer = 0; layer < model.Layers.Count; layer++)
        {
            LayerBlock mlp = model.Layers[layer].Mlp;
            int first = (mlp.Count + 1) / 2;
            if (first > 0) yield return Half(layer, mlp, 0, 0, first);
            if (first < mlp.Count) yield return Half(layer, mlp, 1, first, mlp.Count - first);
        }
    }

    static Place Half(int layer, LayerBlock mlp, int half, int from, int count)
    {
        Stretch read = Run(mlp.ReadBy);
        Stretch[] own = [.. mlp.Own.Select(Run), read];
        return new(Kind.Part(layer, half), Kind, new(layer, mlp.Inside), from * mlp.ItemWidth, count * mlp.ItemWidth, own, read, mlp.Bias);

        Stretch Run(Series series) => new(series.Tensor, series.Axis, series.Start + from * series.Length, count * series.Length);
    }
}
