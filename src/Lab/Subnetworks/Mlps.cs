using Heartwood.Lab.Models;

namespace Heartwood.Lab.Subnetworks;

/// <summary>Whole MLP blocks, <c>L3.MLP</c>: all that the MLP of a layer adds to the residual stream, its bias included.</summary>
public static class Mlps
{
    /// <summary>The kind.</summary>
    public static PartKind Kind { get; } = new("mlps", "MLP", "MLP", "MLPs", Numbered: false, Places);

    static IEnumerable<Place> Places(IModel model) => PartKinds.OfEach(model, Kind, shape => shape.Mlp);
}
