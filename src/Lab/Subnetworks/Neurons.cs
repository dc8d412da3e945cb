using Heartwood.Lab.Models;

namespace Heartwood.Lab.Subnetworks;

/// <summary>
/// Neurons of the MLP, <c>L3.N512</c>: what each gives after the activation (of a gated MLP the product of gate and value), before the
/// last matrix reads it. A layer has thousands, so chance draws in each layer apart.
/// </summary>
public static class Neurons
{
    /// <summary>The kind.</summary>
    public static PartKind Kind { get; } = new("neurons", "N", "neuron", "neurons", Numbered: true, Places) { ByLayer = true };

    static IEnumerable<Place> Places(IModel model) => PartKinds.InEach(model, Kind, shape => shape.Mlp);
}
