using Heartwood.Lab.Models;

namespace Heartwood.Lab.Subnetworks;

/// <summary>
/// Whole attention blocks, <c>L3.ATT</c>: all that the attention of a layer adds to the residual stream, its bias included.
/// </summary>
public static class AttentionBlocks
{
    /// <summary>The kind.</summary>
    public static PartKind Kind { get; } = new("attention", "ATT", "attention block", "attention blocks", Numbered: false, Places);

    static IEnumerable<Place> Places(IModel model) => PartKinds.OfEach(model, Kind, shape => shape.Attention);
}
