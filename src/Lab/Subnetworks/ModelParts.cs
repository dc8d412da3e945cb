using Heartwood.Lab.Models;

namespace Heartwood.Lab.Subnetworks;

/// <summary>The parts of a model.</summary>
public static class ModelParts
{
    /// <summary>Every head and every MLP block that the model has, each counting one.</summary>
    public static Universe Universe(this IModel model) => new(model.Layers.SelectMany((shape, layer) =>
        Enumerable.Range(0, shape.Heads).Select(h => Part.Head(layer, h)).Concat(shape.Neurons > 0 ? [Part.Mlp(layer)] : Array.Empty<Part>())));

    /// <summary>What files of the model's subnetworks say of it.</summary>
    public static ModelSizes Sizes(this IModel model) => new(model.Family, [.. model.Layers.Select(l => l.Heads)], [.. model.Layers.Select(l => l.Neurons > 0)], model.Width);

    /// <summary>Width of the value that a part contributes: headWidth for a head (before the output projection), width for an MLP block.</summary>
    public static int WidthOf(this IModel model, Part part) => part.Kind == PartKind.Head ? model.HeadWidth : model.Width;
}
