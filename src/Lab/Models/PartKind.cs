namespace Heartwood.Lab.Models;

/// <summary>
/// A kind of part: its words, how its addresses are written, and where its parts lie in a model. Everything else (cutting,
/// draws, comparison, files) goes by places and never asks which kind a part is of.
/// </summary>
/// <param name="Name">as <c>--parts</c> and files write it, "heads"</param>
/// <param name="Letters">what addresses have after the layer: "H" of <c>L3.H7</c>; capital letters, or "" for whole layers</param>
/// <param name="One">a part of it in words, "head"</param>
/// <param name="Many">several in words, "heads"</param>
/// <param name="Numbered">whether a layer may have several, numbered from 0</param>
/// <param name="Places">where the parts of a model lie, in address order; none where the model has none</param>
public sealed record PartKind(
    string Name, string Letters, string One, string Many, bool Numbered, Func<IModel, IEnumerable<Place>> Places)
{
    /// <summary>
    /// Whether chance draws in each layer apart, as many as the set that it imitates has there; else over all layers together. For
    /// kinds of which a layer has so many that their share differs from layer to layer.
    /// </summary>
    public bool ByLayer { get; init; }

    /// <summary>The part of this kind in a layer, with its number where there are several.</summary>
    public Part Part(int layer, int index = -1) => new(layer, Letters, index);

    /// <summary>Whether a part is of this kind.</summary>
    public bool Includes(Part part) => part.Kind == Letters;

    /// <summary>"1 head", "12 heads"</summary>
    public string Counted(int count) => $"{count} {(count == 1 ? One : Many)}";
}
