using Heartwood.Lab.Models;

namespace Heartwood.Lab.Subnetworks;

/// <summary>Attention heads, <c>L3.H7</c>: each head's mix of values, before the output projection reads it.</summary>
public static class Heads
{
    /// <summary>The kind.</summary>
    public static PartKind Kind { get; } = new("heads", "H", "head", "heads", Numbered: true, Places);

    /// <summary>All heads of a model, in address order.</summary>
    public static IReadOnlyList<Part> AllIn(IModel model) => [.. Places(model).Select(place => place.Part)];

    static IEnumerable<Place> Places(IModel model) => PartKinds.InEach(model, Kind, shape => shape.Attention);
}
